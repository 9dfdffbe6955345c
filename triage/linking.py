"""Who may be writing: memory first, then evidence. Only a human's earlier word confirms.

The waterfall of a candidate starts with the prior, adds what speaks for and against the record,
and ends with what others take: other records that fit, or somebody else of the household. The
probability is that of the sum, less the doubt that the words were read wrongly.
"""

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import log2
from typing import Protocol, runtime_checkable

from triage.bits import row, total
from triage.blocking import claim_keys
from triage.claims import Claim, mentioned_claims, stable_id, writer_claim
from triage.contradiction import SOMEBODY_ELSE, contradictions
from triage.doubts import IDLE, SHARED_BY_NAME, doubts
from triage.evidence import compare
from triage.found import Identifiers
from triage.identifiers import extract
from triage.identify.places import address_core, postcode_key
from triage.items import platform_of
from triage.model import (
    AccountPast,
    Address,
    Evidence,
    Item,
    Link,
    LinkDecision,
    Mention,
    Person,
    PriorLink,
)
from triage.otherhands import BE_SURE, asks_for_record
from triage.ports import People
from triage.weighing import Weighed, candidate, settle
from triage.weights import SHIPPED, Weights, digest_of

Reader = Callable[[Item, Sequence[str]], Identifiers]
"""Identifiers of an item and of the sender's earlier texts: `triage.identifiers.extract`."""

SUGGEST_AT = 0.2
"""A candidate less likely than this is not shown."""

LASTS = timedelta(days=365)

WORLD = 100_000
"""How many people may write to a force, as far as nothing is known of the writer."""

SHOWN = 3
MEMORY, MEMORY_DOUBTED, MEMORY_DENIED, HOUSEMATE = 30.0, 15.0, 8.0, 10.0
FITS = 3.0
"""Bits of their own by which a housemate must fit."""

TELL_NOT = SOMEBODY_ELSE | {SHARED_BY_NAME}
"""Reasons after which the account tells little about who writes."""

OF_NAMES = ("forename", "surname", "middle_names")
OF_THE_ACCOUNT = ("account", "handle")
SPOKEN_OF, MAY_BE_SPOKEN_OF = -12.0, -4.0

EXPIRED = "An earlier confirmation of this account has expired."
GONE = "The account was confirmed for a record that is no longer there."
DOUBTED = "This account was confirmed for {record_id}, but: {reasons}."
NAMESAKES = "{one} and {other} agree on name and birth date: two records, perhaps two people."
SHARED = "{records} share what was given: it does not tell them apart."
NOT_ALLOWED = "Linking is switched off for this platform."


@runtime_checkable
class KnowsAccounts(Protocol):
    """A store that remembers what people settled about accounts."""

    def account_past(self, platform: str, account_id: str) -> AccountPast:
        """Whom an account was confirmed for, and what was noted about it."""
        ...


@runtime_checkable
class KnowsRefusals(Protocol):
    """A store that remembers which records a human said an account is not."""

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        """Their record ids."""
        ...


def link(  # noqa: PLR0913  the terms of a look-up
    item: Item,
    people: People,
    *,
    thread: Sequence[str] = (),
    suggest_at: float = SUGGEST_AT,
    allowed: bool = True,
    lasts: timedelta = LASTS,
    idle: timedelta = IDLE,
    weights: Weights = SHIPPED,
    read: Reader = extract,
    now: datetime,
) -> Link:
    """Candidates for the writer of an item and records of persons it mentions.

    `thread` are earlier texts of the same sender. `allowed` is the platform's policy: without
    it nothing is looked up. `lasts` is how long a confirmation holds that does not say itself
    when it ends: accounts change hands; so does `idle`, after which a silent account is asked
    about again. `weights` are what each level of evidence is worth; the link names them.
    `read` finds the identifiers.
    `CONFIRMED` comes only from an earlier link that a human confirmed for this very account and
    that nothing in text and account contradicts.
    """
    if not allowed:
        return Link(notes=(NOT_ALLOWED,))
    found = read(item, thread)
    search = _Search(
        people=people,
        prior=_prior(people),
        today=item.sent_at.date(),
        weights=weights,
        refused=_refused(item, people),
    )
    linked = _linked(item, found, search, suggest_at, _Age(lasts=lasts, idle=idle, now=now))
    if not linked.candidates:
        return linked
    asks = linked.decision is LinkDecision.SUGGESTED and asks_for_record(item.text)
    notes = (*linked.notes, BE_SURE) if asks else linked.notes
    return replace(linked, notes=notes, weights=digest_of(weights))


def _linked(
    item: Item,
    found: Identifiers,
    search: "_Search",
    suggest_at: float,
    age: "_Age",
) -> Link:
    people, claim = search.people, writer_claim(item, found)
    mentions = search.mentions(mentioned_claims(item, found), suggest_at)
    prior, notes = _memory(item, people, age)
    if prior is None:
        return _suggested(claim, search, mentions, _Memory(notes=notes), suggest_at)
    person = people.person(prior.record_id)
    if person is None:
        return _suggested(claim, search, mentions, _Memory(notes=(GONE,)), suggest_at)
    reasons = (
        *contradictions(found, person, search.today, item.text),
        *doubts(item, prior, person, _past(item, people, age), age.idle),
    )
    if not reasons:
        return _confirmed(person, claim, search, mentions, prior.ref)
    said = DOUBTED.format(record_id=person.record_id, reasons="; ".join(reasons))
    denied = not TELL_NOT.isdisjoint(reasons)
    memory = _Memory(notes=(said,), doubted=person, through=prior.ref, denied=denied)
    bare = replace(claim, shown_names=(), account_id="", handle="") if denied else claim
    return _suggested(bare, search, mentions, memory, suggest_at)


# --- memory ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Age:
    """How old a confirmation may be, and an account's silence, before a person is asked again."""

    lasts: timedelta
    idle: timedelta
    now: datetime

    def allows(self, prior: PriorLink) -> bool:
        """Whether a confirmation still holds."""
        return (prior.expires_at or prior.confirmed_at + self.lasts) > self.now


def _memory(item: Item, people: People, age: _Age) -> tuple[PriorLink | None, tuple[str, ...]]:
    """The link a human confirmed for this very account. A handle is no account."""
    account_id = stable_id(item)
    prior = people.prior_link(platform_of(item.channel), account_id) if account_id else None
    if prior is not None and not age.allows(prior):
        return None, (EXPIRED,)
    return prior, ()


def _confirmed(
    person: Person,
    claim: Claim,
    search: "_Search",
    mentions: Sequence["_Spoken"],
    through: str,
) -> Link:
    memory = row("prior_link", "confirmed by a person", MEMORY)
    weighed = search.weighed(person, (memory, *search.compare(claim, person)))
    return Link(
        decision=LinkDecision.CONFIRMED,
        candidates=(candidate(weighed),),
        mentions=_shown_mentions(mentions, {person.record_id}),
        through=through,
    )


# --- evidence -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """A record that the item speaks about, and whether it says so of somebody else."""

    record_id: str
    probability: float
    somebody_else: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """The records with the prior, the weights and the day against which ages are held."""

    people: People
    prior: Evidence
    today: date
    weights: Weights
    refused: frozenset[str] = frozenset()

    def compare(self, claim: Claim, person: Person) -> tuple[Evidence, ...]:
        """Every field that both sides have."""
        return compare(claim, person, today=self.today, weights=self.weights)

    def weighed(self, person: Person, rows: Sequence[Evidence]) -> Weighed:
        """The person with what speaks for and against."""
        return Weighed.of(person, rows, self.prior, self.weights)

    def weigh(self, claim: Claim) -> list[Weighed]:
        """Every record that shares a key with the claim, weighed."""
        return [
            self.weighed(person, self.compare(claim, person))
            for person in self.people.candidates(claim_keys(claim))
        ]

    def housemates(self, person: Person, claim: Claim) -> list[Weighed]:
        """Who lives with the person and fits what the writer says of themselves."""
        homes = {_home(each) for each in person.addresses if each.current and each.line}
        keys = [f"addr:{home}" for home, _ in homes]
        keys += [f"pc:{postcode}" for _, postcode in homes if postcode]
        shared = row("prior_link", "confirmed for a housemate", HOUSEMATE)
        found = []
        for each in self.people.candidates(keys):
            lives_there = homes & {_home(address) for address in each.addresses}
            rows = self.compare(claim, each)
            own = [one for one in rows if not self.weights.is_shared(one)]
            if each.record_id != person.record_id and lives_there and total(own) > FITS:
                found.append(self.weighed(each, (shared, *rows)))
        return found

    def mentions(self, claims: Iterable[Claim], least: float) -> list[_Spoken]:
        """Records of persons spoken about, best first."""
        found: dict[str, _Spoken] = {}
        for claim in claims:
            for each in settle(self.weigh(claim)):
                before = found.get(each.record_id)
                if each.probability < max(least, before.probability if before else 0.0):
                    continue
                found[each.record_id] = _Spoken(
                    record_id=each.record_id,
                    probability=each.probability,
                    somebody_else=claim.somebody_else,
                )
        return sorted(found.values(), key=lambda each: (-each.probability, each.record_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What an earlier confirmation leaves where it does not confirm: notes, and the record.

    `denied` if the text sounds like somebody else's than the person's whose record it is.
    """

    notes: tuple[str, ...] = ()
    doubted: Person | None = None
    denied: bool = False
    through: str | None = None


def _suggested(
    claim: Claim, search: _Search, mentions: Sequence[_Spoken], memory: _Memory, least: float
) -> Link:
    weighed = [_less_if_spoken_of(each, mentions) for each in search.weigh(claim)]
    weighed = [each for each in weighed if each.person.record_id not in search.refused]
    if memory.doubted is not None:
        weighed = _with_memory(weighed, memory.doubted, claim, search, denied=memory.denied)
    settled = settle(weighed)
    shown = [each for each in settled if each.probability >= least][:SHOWN]
    if memory.doubted is not None and not shown:
        shown = [each for each in settled if each.record_id == memory.doubted.record_id]
    ids = {each.record_id for each in shown}
    beside = _notes([each for each in weighed if each.person.record_id in ids], weighed)
    return Link(
        decision=LinkDecision.SUGGESTED if shown else LinkDecision.NONE,
        candidates=tuple(shown),
        mentions=_shown_mentions(mentions, ids),
        notes=(*memory.notes, *beside),
        through=memory.through,
    )


def _less_if_spoken_of(weighed: Weighed, mentions: Sequence[_Spoken]) -> Weighed:
    """Whom the writer speaks about is not the writer."""
    for each in mentions:
        if each.record_id == weighed.person.record_id:
            weight = SPOKEN_OF if each.somebody_else else MAY_BE_SPOKEN_OF
            rows = (*weighed.evidence, row("mention", "spoken of", weight))
            return replace(weighed, evidence=rows, mine=weighed.mine + rows[-1].weight)
    return weighed


def _with_memory(
    weighed: list[Weighed], person: Person, claim: Claim, search: _Search, *, denied: bool
) -> list[Weighed]:
    """The record the account was confirmed for stays in sight, though the text contradicts it.

    What the record says of the account is the same fact once more, and does not count twice.
    Whoever of the same household has the name that is given may be using the account.
    """
    weight = MEMORY_DENIED if denied else MEMORY_DOUBTED
    memory = row("prior_link", "confirmed before, contradicted now", weight)
    rows = [each for each in search.compare(claim, person) if each.field not in OF_THE_ACCOUNT]
    if denied:  # "I'm not Liam" names Liam too
        rows = [each for each in rows if each.field not in OF_NAMES or each.weight < 0]
    found = {each.person.record_id: each for each in weighed}
    found |= {each.person.record_id: each for each in search.housemates(person, claim)}
    found[person.record_id] = search.weighed(person, (memory, *rows))
    return list(found.values())


def _home(address: Address) -> tuple[str, str]:
    """Line and postcode, as they are compared."""
    return address_core(address.line), postcode_key(address.postcode)


def _past(item: Item, people: People, age: _Age) -> AccountPast:
    """What was settled about the account and still holds."""
    if not isinstance(people, KnowsAccounts):
        return AccountPast()
    past = people.account_past(platform_of(item.channel), stable_id(item))
    return replace(past, links=tuple(each for each in past.links if age.allows(each)))


def _refused(item: Item, people: People) -> frozenset[str]:
    account_id = stable_id(item)
    if not account_id or not isinstance(people, KnowsRefusals):
        return frozenset()
    return people.rejected_records(platform_of(item.channel), account_id)


def _prior(people: People) -> Evidence:
    return prior_of(len(people) if isinstance(people, Sized) else 0)


def prior_of(records: int) -> Evidence:
    """What speaks for a record before anything is compared: it is one of so many people."""
    world = max(WORLD, records)
    return row("prior", f"one in {world:,}", -log2(world))


# --- what is said with it -------------------------------------------------------------------------


def _shown_mentions(mentions: Sequence[_Spoken], writers: set[str]) -> tuple[Mention, ...]:
    """Nobody is shown both as writer and as spoken of."""
    return tuple(
        Mention(record_id=each.record_id, probability=each.probability)
        for each in mentions
        if each.record_id not in writers
    )


def _notes(shown: Sequence[Weighed], weighed: Sequence[Weighed]) -> tuple[str, ...]:
    notes = []
    for one in shown:
        for other in weighed:
            if other is not one and _namesakes(one.person, other.person):
                first, second = sorted((one.person.record_id, other.person.record_id))
                notes.append(NAMESAKES.format(one=first, other=second))
    if len(shown) > 1 and not notes and _alike(shown):
        notes.append(SHARED.format(records=" and ".join(each.person.record_id for each in shown)))
    return tuple(dict.fromkeys(notes))


def _namesakes(one: Person, other: Person) -> bool:
    return (
        one.date_of_birth is not None
        and one.date_of_birth == other.date_of_birth
        and one.surname.casefold() == other.surname.casefold()
        and one.forename.casefold() == other.forename.casefold()
    )


def _alike(shown: Sequence[Weighed]) -> bool:
    return abs(shown[0].mine - shown[1].mine) < 1.0
