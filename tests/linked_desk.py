"""A desk with the real linker over any store, and people who write to it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.factories import ALICE, a_command, a_disclosure, a_verdict
from tests.stores import SOURCE, a_harvest, an_item, arriving, the_case
from triage.flow import Desk, carry_out, triage_waiting
from triage.identifiers import keys_of
from triage.lifecycle import Tell, Verb
from triage.linking import link
from triage.model import Author, Case, Change, Item, Link, LinkDecision, Officer, Verdict
from triage.ports import People, Reading
from triage.taxonomy import Lane, SignalName

MARA = {
    "record_id": "MARA",
    "forename": "Mara",
    "surname": "Quill",
    "phones": ["07700 900219"],
    "markers": ["domestic_abuse"],
    "addresses": [{"line": "9 Plover Close", "postcode": "WB4 7QA"}],
}
OTTO = {
    "record_id": "OTTO",
    "forename": "Otto",
    "surname": "Quill",
    "phones": ["07700 900230"],
    "addresses": [{"line": "9 Plover Close", "postcode": "WB4 7QA"}],
}
HITS = "he hits me, ring me on 07700 900219"
OTTOS = "this is Otto, ring me on 07700 900230"


class ByPhrase:
    """A classifier for tests: blows are a disclosure, all else is routine."""

    name = "by-phrase"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        """A verdict for each."""
        return [
            a_disclosure() if "hits me" in each.text else a_verdict(SignalName.CRIME_REPORT)
            for each in readings
        ]


def places(lane: Lane, tell: Tell) -> Sequence[str]:
    """One place for each lane."""
    return [f"chat:{lane.value}"] if tell is Tell.OWNER else [f"mail:{lane.value}"]


@dataclass
class LinkedDesk:
    """What tests do to a desk. `told` are the cases whose cards changed."""

    store: SqlStore
    clock: SteppingClock
    told: list[str] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.desk = Desk(
            store=self.store,
            classifier=ByPhrase(),
            linker=self._linker,
            destinations=places,
            clock=self.clock,
            acted=self.told.append,
        )

    def _linker(self, item: Item, thread: Sequence[str], people: People) -> Link:
        return link(item, people, thread=thread, now=self.clock())

    def knows(self, *people: dict[str, object]) -> None:
        """Import citizen records."""
        rows = [json.dumps(person) for person in people or (MARA, OTTO)]
        self.store.import_records(rows, keys_of=keys_of, now=self.clock())

    def arrives(self, text: str = HITS, account: str = "77", **author: str) -> Case:
        """A private message of an account, in a conversation of its own, triaged."""
        ref = self.stored(text, account, **author)
        triage_waiting(self.desk, limit=50)
        return self.case(ref)

    def stored(self, text: str = HITS, account: str = "77", **author: str) -> str:
        """A message that waits to be triaged; its reference."""
        self.number += 1
        item = an_item(
            f"{account}-{self.number}",
            text,
            author=Author(account_id=account, **author),
            thread_id=f"thread-{account}-{self.number}",
            sent_at=self.clock(),
        )
        return self.store.take_in(SOURCE, a_harvest(item), now=self.clock()).refs[0]

    def edited(self, case: Case, text: str) -> Case:
        """The sender changes the text."""
        item = arriving(replace(case.item, text=text), Change.EDIT)
        self.store.take_in(SOURCE, a_harvest(item), now=self.clock())
        triage_waiting(self.desk, limit=50)
        return self.case(case.ref)

    def case(self, ref: str) -> Case:
        """A case as it is now."""
        return the_case(self.store, ref)

    def press(self, case: Case, verb: Verb, officer: Officer = ALICE, **fields: str) -> Case:
        """An officer acts."""
        return carry_out(self.desk, a_command(verb, officer, on=case.ref, **fields)).case

    def actions(self, case: Case) -> list[str]:
        """What the trail says was done to a case."""
        return [each.action for each in self.store.events(case.ref)]


def consistent(desk: LinkedDesk, account: str) -> bool:
    """Whether cases, links and trail of an account tell the same story, and the chain holds."""
    desk.store.verify()
    live = desk.store.prior_link("x", account)
    for case in desk.store.cases_from("x", account):
        confirmed = case.link.decision is LinkDecision.CONFIRMED
        assert confirmed == _confirmed_by_trail(desk, case), (case.ref, desk.actions(case))
        assert desk.actions(case).count("combined") == desk.actions(case).count("link")
        if live is not None and live.ref == case.ref:
            assert confirmed, case.ref
        if live is not None and confirmed and live.ref in (case.ref, case.link.through):
            assert live.record_id == case.link.candidates[0].record_id
    return True


def _confirmed_by_trail(desk: LinkedDesk, case: Case) -> bool:
    """What the last event that speaks of the link says."""
    confirmed = False
    for event in desk.store.events(case.ref):
        match event.action:
            case "link":
                confirmed = True
            case "unlink" | "unlinked":
                confirmed = False
            case "triaged":
                confirmed = event.detail["link"] == LinkDecision.CONFIRMED.value
    return confirmed
