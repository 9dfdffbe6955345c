"""Officers part and join incidents, and take it back; a person's word is final."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.factories import ALICE, BOB, REX, SUE, a_command, a_verdict, an_emergency, an_item
from tests.flow.test_flow import SOURCE, ByHand, ByPhrase, places
from tests.stores import a_harvest, arriving
from triage.errors import Refused, Stale
from triage.flow import Desk, carry_out, triage_waiting
from triage.lifecycle import Verb
from triage.model import Case, Change, Item, Officer, Priority
from triage.taxonomy import Lane, SignalName

P1, P2, P3, P4, P5 = Priority
FIRE = "smoke coming out of 3 Loom Street, fire"


@dataclass
class Force:
    store: SqlStore
    desk: Desk

    def arrives(self, number: int, text: str = FIRE, minutes: float = 0) -> Case:
        at = self.desk.clock() + timedelta(minutes=minutes)
        item = an_item(text, id=str(number), sent_at=at, thread_id=f"t{number}")
        return self.reads(item)

    def reads(self, item: Item, change: Change = Change.NEW) -> Case:
        self.store.take_in(SOURCE, a_harvest(arriving(item, change)), now=self.desk.clock())
        triage_waiting(self.desk, limit=9)
        case = self.store.case_by_key(*item.key)
        assert case is not None
        return case

    def press(self, case: Case, verb: Verb, officer: Officer = ALICE, **args: str) -> Case:
        return carry_out(self.desk, a_command(verb, officer, on=case.ref, **args)).case

    def now(self, case: Case) -> Case:
        found = self.store.case(case.ref)
        assert found is not None
        return found

    def actions(self, case: Case) -> list[str]:
        return [event.action for event in self.store.events(case.ref)]


@pytest.fixture
def force(clock: SteppingClock) -> Iterator[Force]:
    store = memory_store(clock=clock)
    report = a_verdict(SignalName.CRIME_REPORT)
    book = {"trapped": an_emergency(SignalName.RESCUE), "": report}
    desk = Desk(
        store=store,
        classifier=ByPhrase(book),
        linker=ByHand(),
        destinations=places,
        clock=clock,
    )
    yield Force(store, desk)
    store.close()


def test_an_urgent_item_raises_those_before_it_and_their_lane_is_told(force: Force) -> None:
    first = force.arrives(1)
    force.arrives(2, f"{FIRE}, people are trapped", 3)
    raised = force.now(first)
    assert raised.priority is P1
    told = [each.destination for each in force.store.messages_of(first.ref)]
    assert {"chat:control_room", "chat:desk"} <= set(told)


def test_a_grade_that_raises_one_raises_its_incident(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, minutes=3)
    force.press(first, Verb.GRADE, priority="P2", reason="gas bottles")
    assert force.now(second).priority is P2
    assert "raised" in force.actions(second)


def test_a_grade_that_lowers_one_leaves_the_others_as_they_are(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, f"{FIRE}, trapped", 3)
    force.press(second, Verb.GRADE, priority="P4", reason="a drill")
    assert force.now(first).priority is P1


def test_what_is_parted_stays_apart_whatever_comes(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, minutes=3)
    parted = force.press(second, Verb.SPLIT, reason="the house behind")
    assert parted.incident not in ("", first.incident)
    item = replace(second.item, text=f"{FIRE}, spreading")
    assert force.reads(item, Change.EDIT).incident == parted.incident
    third = force.arrives(3, minutes=5)
    assert third.incident in (first.incident, parted.incident)
    assert force.now(first).incident == first.incident
    assert force.now(second).incident == parted.incident


def test_parting_lowers_nobody(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, f"{FIRE}, trapped", 3)
    force.press(second, Verb.SPLIT, reason="the house behind")
    assert force.now(first).priority is P1


def test_joining_brings_all_of_the_other_incident_and_the_most_urgent_speaks(
    force: Force,
) -> None:
    first = force.arrives(1)
    others = [
        force.arrives(2, "trapped in the lift at Pike Mill", 3),
        force.arrives(3, "man trapped in a lift, pike mill", 4),
    ]
    assert others[0].incident == others[1].incident != first.incident
    joined = force.press(first, Verb.MERGE, other=others[0].ref, reason="one building")
    assert {force.now(each).incident for each in others} == {joined.incident}
    assert joined.priority is P1
    assert all("merge" in force.actions(each) for each in (first, *others))


@pytest.mark.parametrize("on", [0, 1, 2])
def test_a_joining_is_undone_exactly_from_whichever_item(force: Force, on: int) -> None:
    first = force.arrives(1)
    others = [force.arrives(2, "lift at Pike Mill", 3), force.arrives(3, "pike mill, lift", 4)]
    cases = [first, *others]
    before = [force.now(each).incident for each in cases]
    force.press(first, Verb.MERGE, other=others[1].ref, reason="one building")
    force.press(cases[on], Verb.REGROUP)
    assert [force.now(each).incident for each in cases] == before


def test_a_parting_is_undone(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, minutes=3)
    force.press(second, Verb.SPLIT, reason="the house behind")
    assert force.press(second, Verb.REGROUP).incident == first.incident
    with pytest.raises(Refused, match="no split or merge to undo"):
        force.press(second, Verb.REGROUP)


def test_what_makes_no_sense_is_refused(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, minutes=3)
    alone = force.arrives(3, "lost dog on Moor Road", 5)
    for case, verb, args, why in (
        (alone, Verb.SPLIT, {"reason": "x"}, "in no incident with others"),
        (first, Verb.SPLIT, {}, "reason is missing"),
        (first, Verb.MERGE, {"reason": "x"}, "other is missing"),
        (first, Verb.MERGE, {"other": "FC-1", "reason": "x"}, "no such item"),
        (first, Verb.MERGE, {"other": second.ref, "reason": "x"}, "one incident already"),
        (alone, Verb.MERGE, {"other": alone.ref, "reason": "x"}, "one incident already"),
    ):
        with pytest.raises(Refused, match=why):
            force.press(case, verb, **args)


def test_a_page_that_is_old_parts_nothing(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, minutes=3)
    force.press(first, Verb.NOTE, text="looking")
    stale = a_command(Verb.SPLIT, on=first.ref, reason="x", version=first.version)
    with pytest.raises(Stale, match="changed since you looked"):
        carry_out(force.desk, stale)
    assert force.now(first).incident == second.incident


def test_only_officers_part_and_others_may_have_the_item(force: Force) -> None:
    first, _ = force.arrives(1), force.arrives(2, minutes=3)
    force.press(first, Verb.CLAIM, BOB)
    with pytest.raises(Refused):
        force.press(first, Verb.SPLIT, REX, reason="x")
    assert force.press(first, Verb.SPLIT, ALICE, reason="x").claimed_by == BOB.id


def test_nobody_moves_what_they_may_not_read(force: Force) -> None:
    first = force.arrives(1)
    hidden = force.arrives(2, "the officer keeps texting me for nudes", 3)
    assert hidden.lane is Lane.STANDARDS
    with pytest.raises(Refused, match="restricted"):
        force.press(first, Verb.MERGE, other=hidden.ref, reason="x")
    assert force.press(first, Verb.MERGE, SUE, other=hidden.ref, reason="x")


def test_the_trail_holds_through_all_of_it(force: Force) -> None:
    first, second = force.arrives(1), force.arrives(2, minutes=3)
    force.press(second, Verb.SPLIT, reason="the house behind")
    force.press(second, Verb.REGROUP)
    force.press(first, Verb.MERGE, other=force.arrives(3, "x", 4).ref, reason="one call")
    assert force.store.verify() > 0


def test_who_follows_an_item_is_told_when_its_incident_raises_it(force: Force) -> None:
    force.store.save_officer(ALICE)
    force.desk = replace(force.desk, direct=lambda officer: [f"chat:{officer.id}"])
    first = force.arrives(1)
    force.press(first, Verb.FOLLOW)

    force.arrives(2, f"{FIRE}, somebody is trapped", minutes=2)

    owed = force.store.owed(limit=99, now=force.desk.clock())
    told = [each.body for each in owed if each.destination == "chat:alice"]
    assert [f"{first.ref}: P1 Emergency now" in each for each in told] == [True]
