"""Scenarios as data, and the stories told from them: a message, who wrote it, and who must not be
taken for them.

A scenario says who writes, who else there is, and what is remembered of the account. What a
message gives away decides whether its writer can be found at all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.linkbench.town import Citizen, Town, built, holds
from benchmarks.linkbench.voice import GROUPS, NO_NAMES, NUMBERS, OFFICERS, Voice, shown_name
from triage.model import Author, Item, PriorLink
from triage.taxonomy import Kind

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
PHRASINGS = Path(__file__).with_name("phrasings.txt")
SLOT = re.compile(r"\{(me|other|fake)\.(\w+)\}")
HALVES = {"all": slice(None), "mend": slice(0, None, 2), "judge": slice(1, None, 2)}
"""Which lines of a scenario are told: whoever mends linking looks at every other line only."""

NAMED = frozenset({"full", "turned", "typo", "short", "lower", "new"})
UNIQUE = {"phone": "phone", "spoken": "phone", "email": "email", "spelt": "email", "ref": "ref"}
UNIQUE |= {"plate": "plate"}
WITH_A_NAME = {"dob": "dob", "address": "address", "postcode": "address", "landline": "landline"}
HAS = {"phone": "mobile", "spoken": "mobile", "landline": "landline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`me` writes; `other` is somebody else of the story, drawn as `cast` says.

    `account`: new; confirmed (for me or for other); expired, revoked, gone (for me); rejected (for
    other); on record (mine stands in my record); handle (other's handle, another account).
    `shared` accounts are those where a confirmation for somebody else must not be followed.
    """

    name: str
    cast: str = "one"
    account: str = "new"
    shared: bool = False
    shown: str = "any"
    tie: bool = False


SCENARIOS = (
    Scenario(name="known: writes as usual", account="confirmed for me"),
    Scenario(name="known: gives the own name", account="confirmed for me"),
    Scenario(name="known: tells of others", cast="one, other", account="confirmed for me"),
    Scenario(
        name="known: passes on what somebody wrote", cast="one, other", account="confirmed for me"
    ),
    Scenario(name="known: an officer's or a charity's number", account="confirmed for me"),
    Scenario(
        name="known: handle and display name changed", account="confirmed for me", shown="nothing"
    ),
    Scenario(
        name="other: partner writes", cast="partners", account="confirmed for other", shared=True
    ),
    Scenario(
        name="other: mother on the daughter's phone",
        cast="mother, child",
        account="confirmed for other",
        shared=True,
    ),
    Scenario(
        name="other: this is not", cast="anybody, other", account="confirmed for other", shared=True
    ),
    Scenario(
        name="other: account sold or taken over",
        cast="anybody, other",
        account="confirmed for other",
        shared=True,
    ),
    Scenario(
        name="other: never heard of the person",
        cast="anybody, other",
        account="confirmed for other",
        shared=True,
    ),
    Scenario(
        name="other: gives details that do not fit",
        cast="anybody, other",
        account="confirmed for other",
        shared=True,
    ),
    Scenario(
        name="other: a colleague on the organisation's account",
        cast="anybody, other",
        account="confirmed for other",
        shared=True,
        shown="group",
    ),
    Scenario(
        name="other: tells of the person the account was confirmed for",
        cast="anybody, other",
        account="confirmed for other",
        shared=True,
    ),
    Scenario(name="memory: expired", account="expired"),
    Scenario(name="memory: revoked", account="revoked"),
    Scenario(name="memory: rejected before", cast="namesakes", account="rejected for other"),
    Scenario(name="memory: the record is gone", account="gone"),
    Scenario(name="new: name only"),
    Scenario(name="new: name and birth date"),
    Scenario(name="new: phone"),
    Scenario(name="new: e-mail"),
    Scenario(name="new: name and address"),
    Scenario(name="new: name and postcode"),
    Scenario(name="new: reference"),
    Scenario(name="new: plate and name"),
    Scenario(name="new: several at once"),
    Scenario(name="namesake: nothing tells them apart", cast="namesakes", tie=True),
    Scenario(name="namesake: told apart", cast="namesakes"),
    Scenario(name="twins", cast="twins"),
    Scenario(name="parent and child of one name", cast="junior, senior"),
    Scenario(name="third party: stranger reports a known person", cast="stranger, other"),
    Scenario(name="third party: a known writer reports a known person", cast="one, other"),
    Scenario(name="new: an officer's or a charity's number"),
    Scenario(name="new: quoted text", cast="one, other"),
    Scenario(name="impostor", cast="stranger, other", shown="nothing"),
    Scenario(name="stranger with a near-miss name", cast="near miss"),
    Scenario(name="written badly: typos and short forms"),
    Scenario(name="written badly: spoken numbers"),
    Scenario(name="thread: identifiers only in earlier messages"),
    Scenario(name="display name only", shown="full"),
    Scenario(name="recycled phone: the number was somebody else's", cast="anybody, other"),
    Scenario(name="shared phone or e-mail of a household"),
    Scenario(name="recycled handle", cast="anybody, other", account="handle of other"),
    Scenario(name="two records of one person", cast="double"),
    Scenario(name="nobody: the writer is in no record", cast="stranger"),
    Scenario(name="moved: the record has the old address"),
    Scenario(name="changed name: married, divorced, by deed"),
    Scenario(
        name="on record: the account stands in a record, nobody confirmed it", account="on record"
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A message with what is true of it.

    `right` are the writer's records; `near` those of people who must not be shown in their place.
    `known`: the account is confirmed for the writer and nothing speaks against it. `linkable`:
    what was given is on record and tells the writer from others. `tie`: another record fits as
    well, so both have to be shown, and said.
    """

    scenario: str
    item: Item
    thread: tuple[str, ...] = ()
    right: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    prior: PriorLink | None = None
    known: bool = False
    shared: bool = False
    linkable: bool = False
    tie: bool = False


def phrasings() -> dict[str, list[str]]:
    """The lines of every section of phrasings.txt."""
    found: dict[str, list[str]] = {}
    for line in PHRASINGS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("# "):
            section.append(line.replace("\\n", "\n"))
    return found


class Teller:
    """Tells stories of a town."""

    def __init__(self, seed: int, half: str = "all") -> None:
        self.random = Random(f"stories:{seed}")
        self.town: Town = built(seed)
        self.phrasings = {section: lines[HALVES[half]] for section, lines in phrasings().items()}
        self._pools = _pools(self.town)
        self._by_name: dict[tuple[str, str], list[Citizen]] = {}
        for each in self.town.citizens:
            self._by_name.setdefault((each.forename, each.surname), []).append(each)

    def stories(self, count: int) -> Iterator[Story]:
        """So many, each scenario as often as any other."""
        for number in range(count):
            yield self._story(SCENARIOS[number % len(SCENARIOS)], number)

    def _story(self, scenario: Scenario, number: int) -> Story:
        template = self.random.choice(self.phrasings[scenario.name])
        slots = SLOT.findall(template)
        me, other = self._cast(scenario, slots)
        texts = [self._told(one, me, other) for one in self._lines(template)]
        author, prior = self._account(scenario, me, other, number)
        return Story(
            scenario=scenario.name,
            item=self._item(texts[-1], author, number, private=scenario.name != "twins"),
            thread=tuple(texts[:-1]),
            right=frozenset(me.recorded),
            near=self._near(me, other),
            refused=frozenset(other.recorded) if "rejected" in scenario.account else frozenset(),
            prior=prior,
            known=scenario.account == "confirmed for me",
            shared=scenario.shared,
            linkable=self._linkable(scenario, me, slots),
            tie=scenario.tie,
        )

    # --- who ---

    def _cast(
        self, scenario: Scenario, slots: Sequence[tuple[str, str]]
    ) -> tuple[Citizen, Citizen]:
        """Two people who have what the message names; the second is a stranger if none is asked."""
        mine = {what for who, what in slots if who == "me"}
        theirs = {what for who, what in slots if who == "other"}
        if scenario.account == "on record":
            mine.add("account")
        if scenario.account == "handle of other":
            theirs.add("handle")
        while True:
            me, other = self._drawn(scenario.cast, mine, theirs)
            if _fits(me, mine) and _fits(other, theirs):
                return me, other

    def _drawn(self, cast: str, mine: set[str], theirs: set[str]) -> tuple[Citizen, Citizen]:
        """A pair of the town, a stranger and whom they resemble, or one and another."""
        if cast == "near miss":
            return self._near_miss()
        if cast in self._pools.pairs:
            return self._pair(cast)
        first, _, second = cast.partition(", ")
        return self._one(first, mine), self._one(second or "stranger", theirs)

    def _pair(self, cast: str) -> tuple[Citizen, Citizen]:
        """Either may be the writer, but a mother is."""
        one, other = self.random.choice(self._pools.pairs[cast])
        turned = cast != "mother, child" and self.random.random() < 0.5
        return (other, one) if turned else (one, other)

    def _one(self, who: str, wanted: set[str]) -> Citizen:
        """One person; who is on record has there what only they have, mostly."""
        if who == "anybody":
            who = self.random.choice(("one", "stranger"))
        if who == "stranger":
            return self._pools.draw(self.random, "stranger", wanted & {"phone", "spoken"})
        if who == "double":
            return self.random.choice(self.town.doubles)
        held = {UNIQUE[each] for each in wanted if each in UNIQUE}
        held |= wanted & {"account", "handle", "landline"}
        return self._pools.draw(self.random, "one", held)

    def _near_miss(self) -> tuple[Citizen, Citizen]:
        """A stranger whose name is nearly that of somebody on record."""
        other = self._pools.draw(self.random, "one", set())
        stranger = self._pools.draw(self.random, "stranger", set())
        slip = Voice(citizen=other, random=self.random)
        forename, surname = other.forename, other.surname
        if self.random.random() < 0.5:
            forename, _, surname = slip.typo.partition(" ")
        days = self.random.choice((-400, -30, -9, 3, 21, 365, 730, 4000))
        me = replace(
            stranger,
            forename=forename,
            surname=surname,
            sex=other.sex,
            born=other.born + timedelta(days=days),
            mobile=stranger.mobile or self.random.choice(self.town.free_mobiles),
        )
        return me, other

    def _near(self, me: Citizen, other: Citizen) -> frozenset[str]:
        """Records of everybody who could be taken for the writer: named, at home, or namesakes."""
        namesakes = self._by_name.get((me.forename, me.surname), [])
        people = [other, *self.town.housemates(me), *namesakes]
        people += self.town.housemates(other) if other.recorded else []
        return frozenset(id_ for one in people for id_ in one.recorded) - set(me.recorded)

    def _linkable(self, scenario: Scenario, me: Citizen, slots: Sequence[tuple[str, str]]) -> bool:
        if not me.recorded:
            return False
        given = {what for who, what in slots if who == "me"}
        held = [self.town.records[each] for each in me.recorded]
        wanted = {UNIQUE[each] for each in given if each in UNIQUE}
        if given & NAMED:
            wanted |= {WITH_A_NAME[each] for each in given if each in WITH_A_NAME}
        if scenario.account == "on record":
            wanted.add("account")
        return any(holds(record, me, each) for record in held for each in wanted)

    # --- what is written, and where ---

    def _lines(self, template: str) -> list[str]:
        return [one.strip(" ") for one in template.split("||")]

    def _told(self, line: str, me: Citizen, other: Citizen) -> str:
        random = self.random
        fake = self._pools.draw(random, "stranger", {"phone"})
        away = self._pools.draw(random, "stranger", set())
        text = line.format(
            me=Voice(citizen=me, random=random),
            other=Voice(citizen=other, random=random),
            fake=Voice(citizen=fake, random=random),
            away=f"{away.line}, {away.postcode}",
            officer=random.choice(OFFICERS),
            number=random.choice(NUMBERS),
            matter=random.choice(self.phrasings["matter"]),
        )
        draw = random.random()
        return text.lower() if draw < 0.12 else text.upper() if draw < 0.14 else text

    def _item(self, text: str, author: Author, number: int, *, private: bool) -> Item:
        return Item(
            id=f"m{number}",
            channel="x_dm" if private else "x_mention",
            account="westbridgepolice",
            sent_at=NOW,
            text=text,
            kind=Kind.DM if private else Kind.MENTION,
            author=author,
        )

    def _account(
        self, scenario: Scenario, me: Citizen, other: Citizen, number: int
    ) -> tuple[Author, PriorLink | None]:
        holder = other if scenario.account == "confirmed for other" else me
        account_id = me.account if scenario.account == "on record" else str(2 * 10**15 + number)
        handle = other.handle if scenario.account == "handle of other" else f"user{number:06}"
        author = Author(
            account_id=account_id, handle=handle, display_name=self._shown(scenario, holder)
        )
        if scenario.account.split()[0] not in ("confirmed", "expired", "gone"):
            return author, None
        return author, self._prior(scenario, account_id, holder)

    def _shown(self, scenario: Scenario, holder: Citizen) -> str:
        if scenario.shown == "full":
            return f"{holder.forename} {holder.surname}"
        if scenario.shown == "group":
            return self.random.choice(GROUPS)
        if scenario.shown == "nothing":
            return self.random.choice(NO_NAMES)
        return shown_name(holder, self.random)

    def _prior(self, scenario: Scenario, account_id: str, holder: Citizen) -> PriorLink:
        expired = scenario.account == "expired"
        days = self.random.randint(370, 900) if expired else self.random.randint(2, 170)
        return PriorLink(
            platform="x",
            account_id=account_id,
            record_id="R999999" if scenario.account == "gone" else holder.recorded[0],
            confirmed_by="PC 2071",
            confirmed_at=NOW - timedelta(days=days),
        )


@dataclass(kw_only=True)
class _Pools:
    """People by what their records hold, and pairs by how they stand to one another."""

    town: Town
    pairs: dict[str, list[tuple[Citizen, Citizen]]]
    found: dict[tuple[str, frozenset[str]], list[Citizen]]

    def draw(self, random: Random, who: str, wanted: set[str]) -> Citizen:
        key = (who, frozenset(wanted))
        if key not in self.found:
            self.found[key] = [each for each in self.town.citizens if self._is(each, *key)]
        return random.choice(self.found[key])

    def _is(self, citizen: Citizen, who: str, wanted: frozenset[str]) -> bool:
        if NOW.year - citizen.born.year < 14 or (who == "one") != bool(citizen.recorded):
            return False
        if who == "stranger":
            return bool(citizen.mobile) or not wanted
        record = self.town.records[citizen.recorded[0]]
        return all(holds(record, citizen, each) for each in wanted)


def _pools(town: Town) -> _Pools:
    at_home = [
        (one, other)
        for house in town.houses.values()
        for one in house
        for other in house
        if one.number < other.number and one.recorded and other.recorded
    ]
    grown = [
        (one, other)
        for one, other in at_home
        if abs(one.born.year - other.born.year) < 10 and one.forename != other.forename
    ]
    mothers = [
        (one, other)
        for one, other in at_home
        if one.sex == "F"
        and other.born.year - one.born.year > 12
        and one.forename != other.forename
    ]
    pairs = {
        "partners": grown,
        "mother, child": mothers,
        "twins": _recorded(town.twins),
        "junior, senior": _recorded(town.same_name),
        "namesakes": _recorded(town.namesakes),
    }
    return _Pools(town=town, pairs=pairs, found={})


def _recorded(pairs: Sequence[tuple[Citizen, Citizen]]) -> list[tuple[Citizen, Citizen]]:
    return [(one, other) for one, other in pairs if one.recorded and other.recorded]


def _fits(citizen: Citizen, wanted: set[str]) -> bool:
    """Whether they have what the message names: not everybody has a phone."""
    return all(bool(getattr(citizen, HAS[each])) for each in wanted if each in HAS)
