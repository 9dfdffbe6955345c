"""A desk with clocks, officers and cases, for tests of what time does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.stores import an_item, settle, take, the_case
from triage.actions import Command
from triage.desk import Desk
from triage.flow import carry_out, run_clocks
from triage.lifecycle import Tell, Verb
from triage.model import Case, Event, Link, Officer, Outgoing, Priority, Role, Verdict
from triage.ports import Reading
from triage.taxonomy import Lane

ALICE = Officer(id="alice", name="Alice Ames", slack_id="U01ALICE", teams_id="aad-alice")
BOB = Officer(id="bob", name="Bob Birch")
SUE = Officer(id="sue", name="Sue Sharp", roles=frozenset({Role.SUPERVISOR}), slack_id="U02SUE")
DAN = Officer(id="dan", name="Dan Dace", teams_id="aad-dan")


class Unasked:
    """A classifier for tests whose cases are settled by hand."""

    name = "unasked"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        raise AssertionError("nothing is read here")


def places(lane: Lane, tell: Tell) -> list[str]:
    """Cards in a chat; what goes further also by mail."""
    chat, mail = f"chat:{lane.value}", f"mail:{lane.value}"
    return [chat] if tell is Tell.OWNER else [chat, mail]


@dataclass
class Shift:
    """A desk over a store, and what tests do to it."""

    store: SqlStore
    clock: SteppingClock
    more: dict[str, Any] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for officer in (ALICE, BOB, SUE, DAN):
            self.store.save_officer(officer)
        values: dict[str, Any] = {
            "store": self.store,
            "classifier": Unasked(),
            "linker": lambda item, thread, people: Link(),
            "destinations": places,
            "clock": self.clock,
        }
        self.desk = Desk(**(values | self.more))
        self.began = self.clock()

    def case(
        self, priority: Priority, number: int = 1, owner: Lane = Lane.DESK, **fields: Any
    ) -> str:
        """An open case sent just now; returns its reference."""
        item = an_item(number, **({"sent_at": self.clock(), "thread_id": f"t{number}"} | fields))
        places = self.desk.destinations(owner, Tell.OWNER)
        (ref,) = take(self.store, item, now=self.clock())
        settle(self.store, ref, priority=priority, owner=owner, places=places)
        self.refs.append(ref)
        return ref

    def at(self, **amount: float) -> int:
        """Go to so long after the beginning, by way of every second tick; returns the steps."""
        target, taken = self.began + timedelta(**amount), 0
        while self.clock() < target:
            self.clock.step(seconds=min(10.0, (target - self.clock()).total_seconds()))
            taken += run_clocks(self.desk)
        return taken

    def press(self, ref: str, verb: Verb, officer: Officer = ALICE, **args: str) -> str:
        """What an officer does; returns what they are told."""
        command = Command(verb=verb, ref=ref, officer=officer, args=args)
        return carry_out(self.desk, command).said

    def now(self, ref: str) -> Case:
        return the_case(self.store, ref)

    def notices(self, ref: str) -> list[Outgoing]:
        return [each for each in self.store.messages_of(ref) if each.body]

    def heard(self, ref: str) -> list[tuple[str, str]]:
        """The titles and texts told so far, once each however many places heard them."""
        bodies = [json.loads(each.body) for each in self.notices(ref)]
        return list(dict.fromkeys((body["title"], body["text"]) for body in bodies))

    def titles(self, ref: str) -> list[str]:
        return [title for title, _ in self.heard(ref)]

    def events(self, ref: str, *actions: str) -> list[Event]:
        return [each for each in self.store.events(ref) if each.action in actions]
