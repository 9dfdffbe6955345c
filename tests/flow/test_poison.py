"""One item on which the service breaks holds up none beside it, and reaches a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import update

from storage.memory import memory_store
from storage.store import SqlStore
from storage.tables import items
from tests.conftest import SteppingClock
from tests.factories import a_verdict, an_emergency, an_item, suggested
from tests.stores import a_harvest
from triage.errors import Unavailable
from triage.flow import BROKE_ALARM, Desk, triage_waiting
from triage.lifecycle import Tell
from triage.model import Arrival, Case, Change, Item, Link, Priority, State, Verdict
from triage.ports import People, Reading
from triage.scenes import Scene
from triage.taxonomy import Kind, Lane, SignalName

ODD: Any = object()
"""Nothing that a verdict or a link may hold: what works with it raises."""

KNIFE, POISON = "he has a knife at the door", "a very odd text"


@dataclass
class Reader:
    """A classifier whose verdict on an odd text breaks the rules."""

    breaks: bool = True
    name: str = "reader"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [self._verdict(each.text) for each in readings]

    def _verdict(self, text: str) -> Verdict:
        if "knife" in text:
            verdict = an_emergency(SignalName.WEAPON, SignalName.OFFENDER_PRESENT)
        else:
            verdict = a_verdict()
        odd = self.breaks and POISON in text
        return replace(verdict, signals=(*verdict.signals, ODD)) if odd else verdict


@dataclass
class Finder:
    """A linker that finds or raises by the text."""

    by_text: dict[str, Link | Exception] = field(default_factory=dict)

    def __call__(self, item: Item, thread: Sequence[str], people: People) -> Link:
        found = self.by_text.get(item.text, Link())
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Place:
    store: SqlStore
    reader: Reader
    finder: Finder
    desk: Desk

    def arrive(self, *texts: str, change: Change = Change.NEW, **fields: Any) -> list[Item]:
        some = [an_item(text, id=f"{n}", **fields) for n, text in enumerate(texts)]
        whole = [Arrival(item=each, payload=each.text.encode(), change=change) for each in some]
        self.store.take_in("x:westbridge", a_harvest(*whole), now=self.desk.clock())
        return some

    def triage(self) -> int:
        return len(triage_waiting(self.desk, limit=50))

    def case(self, item: Item) -> Case:
        found = self.store.case_by_key(*item.key)
        assert found is not None
        return found

    def alarms(self) -> list[str]:
        return [alarm.key for alarm in self.store.alarms()]


def places(lane: Lane, tell: Tell) -> Sequence[str]:
    return [f"chat:{lane.value}"]


@pytest.fixture
def place(clock: SteppingClock) -> Iterator[Place]:
    store = memory_store(clock=clock)
    reader, finder = Reader(), Finder()
    desk = Desk(store=store, classifier=reader, linker=finder, destinations=places, clock=clock)
    yield Place(store, reader, finder, desk)
    store.close()


def test_what_breaks_the_rules_is_shown_unread_and_its_neighbours_as_ever(place: Place) -> None:
    odd, knife = place.arrive(POISON, KNIFE)
    assert place.triage() == 2
    assert place.case(knife).priority is Priority.P1
    case = place.case(odd)
    assert (case.state, case.priority, case.lane) == (State.OPEN, Priority.P2, Lane.DESK)
    assert [each.destination for each in place.store.messages_of(case.ref)] == ["chat:desk"]
    assert case.ref in next(a.text for a in place.store.alarms() if a.key == BROKE_ALARM)


def test_an_emergency_on_which_the_rules_break_is_still_one(place: Place) -> None:
    (item,) = place.arrive(f"{KNIFE}, {POISON}")
    place.triage()
    case = place.case(item)
    assert (case.priority, case.lane) == (Priority.P1, Lane.CONTROL_ROOM)


def test_a_public_post_on_which_the_rules_break_is_p3(place: Place) -> None:
    (item,) = place.arrive(POISON, channel="x_mention", kind=Kind.MENTION)
    place.triage()
    assert place.case(item).priority is Priority.P3


def test_a_break_never_lowers_what_a_case_was(place: Place) -> None:
    (item,) = place.arrive(KNIFE)
    place.triage()
    place.arrive(POISON, change=Change.EDIT)
    place.triage()
    case = place.case(item)
    assert (case.priority, case.lane) == (Priority.P1, Lane.CONTROL_ROOM)


def test_what_the_store_cannot_write_is_shown_unread_and_its_neighbours_as_ever(
    place: Place,
) -> None:
    place.finder.by_text["unwritable"] = replace(suggested("R1"), notes=(ODD,))
    odd, knife = place.arrive("unwritable", KNIFE)
    assert place.triage() == 2
    assert place.case(knife).priority is Priority.P1
    case = place.case(odd)
    assert (case.state, case.priority) == (State.OPEN, Priority.P2)
    assert place.alarms() == [BROKE_ALARM]


def test_an_item_on_which_the_linker_breaks_is_decided_by_the_rest(place: Place) -> None:
    place.finder.by_text[KNIFE] = RecursionError("a name in a name in a name")
    (item,) = place.arrive(KNIFE)
    place.triage()
    assert place.case(item).priority is Priority.P1


def test_a_row_that_cannot_be_read_is_told_and_its_neighbours_are_read(place: Place) -> None:
    spoilt, knife = place.arrive("hello", KNIFE)
    ref = place.case(spoilt).ref
    with place.store.database.write() as tx:
        tx.execute(update(items).where(items.c.ref == ref).values(rest="{"))
    assert len(triage_waiting(place.desk, limit=9, refs=[ref, place.case(knife).ref])) == 1
    assert place.case(knife).priority is Priority.P1
    assert place.alarms() == [BROKE_ALARM]


def test_an_item_the_database_fails_on_waits_and_its_neighbours_do_not(place: Place) -> None:
    place.finder.by_text["slow"] = Unavailable("database: statement timeout")
    slow, knife = place.arrive("slow", KNIFE)
    assert place.triage() == 1
    assert place.case(knife).state is State.OPEN
    assert place.case(slow).state is State.RECEIVED
    del place.finder.by_text["slow"]
    assert place.triage() == 1


def test_a_database_that_fails_on_everything_is_a_failure_of_the_batch(place: Place) -> None:
    place.finder.by_text = dict.fromkeys(("a", "b"), Unavailable("database: gone"))
    place.arrive("a", "b")
    with pytest.raises(Unavailable):
        place.triage()


def test_a_text_whose_place_breaks_the_service_is_decided_and_stands_by_itself(
    place: Place,
) -> None:
    def broken(item: Item) -> Scene:
        raise RuntimeError("no such street")

    place.desk = replace(place.desk, scene_of=broken)
    (knife,) = place.arrive(KNIFE)
    assert place.triage() == 1
    assert (place.case(knife).priority, place.case(knife).incident) == (Priority.P1, "")
