"""Who has an escalated case in hand, how that ends, and how reminders are stopped."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from storage.memory import memory_store
from storage.store import connect
from tests.conftest import PATIENCE, SteppingClock
from tests.escalation_rig import ALICE, BOB, SUE, Shift
from triage.errors import Refused, Stale
from triage.flow import run_clocks
from triage.lifecycle import Verb, acknowledged, in_hand_for
from triage.model import Priority
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority


@pytest.fixture
def shift(clock: SteppingClock) -> Iterator[Shift]:
    store = memory_store(clock=clock)
    yield Shift(store, clock)
    store.close()


# --- reminders ------------------------------------------------------------------------------------


def test_whoever_claimed_is_called_by_name_at_half_of_the_clock_and_at_its_end(
    shift: Shift,
) -> None:
    ref = shift.case(P2)
    shift.press(ref, Verb.CLAIM)
    shift.at(minutes=15)
    said = [json.loads(each.body) for each in shift.notices(ref)]
    called = [{"id": "alice", "name": "Alice Ames", "slack": "U01ALICE", "teams": "aad-alice"}]
    assert [each["to"] for each in said] == [called] * len(said)
    assert shift.titles(ref) == ["Reminder", "Escalation: supervisor"]
    assert {each.destination for each in shift.notices(ref)[:1]} == {"chat:desk"}


def test_what_nobody_has_is_told_to_its_lane_which_calls_nobody(shift: Shift) -> None:
    ref = shift.case(P2, owner=Lane.SAFEGUARDING)
    shift.at(minutes=8)
    (told,) = shift.notices(ref)
    assert told.destination == "chat:safeguarding"
    assert "to" not in json.loads(told.body)


def test_the_owner_of_an_emergency_is_reminded_before_the_duty_officer_is_told(
    shift: Shift,
) -> None:
    ref = shift.case(P1, owner=Lane.CONTROL_ROOM)
    shift.press(ref, Verb.CLAIM)
    shift.at(minutes=5)
    assert shift.titles(ref) == ["Reminder", "Escalation: duty officer"]


# --- in hand --------------------------------------------------------------------------------------


def test_while_somebody_has_a_case_in_hand_no_step_speaks_and_then_it_says_who_had_it(
    shift: Shift,
) -> None:
    ref = shift.case(P2)
    shift.at(minutes=8)
    said = shift.press(ref, Verb.ACKNOWLEDGE)
    assert said == f"{ref} is in your hands until 09:56 UTC: claim it or decide by then"
    shift.at(minutes=15)
    assert shift.titles(ref) == ["Reminder", "In hand"]
    assert acknowledged(shift.now(ref), shift.clock()) is not None
    shift.at(minutes=16)
    title, text = shift.heard(ref)[-1]
    assert title == "Escalation: supervisor"
    assert text.endswith("Alice Ames had it in hand at 09:49 UTC, and nothing was decided since")
    (expired,) = shift.events(ref, "acknowledgement_expired")
    assert expired.detail["by"] == "alice"
    assert acknowledged(shift.now(ref), shift.clock()) is None


def test_those_who_were_told_hear_who_has_it_in_hand(shift: Shift) -> None:
    ref = shift.case(P1, owner=Lane.CONTROL_ROOM)
    shift.at(minutes=2)
    shift.press(ref, Verb.ACKNOWLEDGE, BOB)
    told = [each for each in shift.notices(ref) if json.loads(each.body)["title"] == "In hand"]
    assert [each.destination for each in told] == ["chat:control_room"]
    assert "Bob Birch has it in hand" in json.loads(told[0].body)["text"]


def test_what_only_its_lane_was_told_of_is_told_to_no_other_lane(shift: Shift) -> None:
    ref = shift.case(P3, owner=Lane.STANDARDS)
    shift.at(minutes=61)
    shift.press(ref, Verb.ACKNOWLEDGE, SUE)
    assert {each.destination for each in shift.notices(ref)} == {"chat:standards"}


def test_the_last_step_of_all_speaks_again_when_nobody_acted(shift: Shift) -> None:
    ref = shift.case(P3)
    shift.at(minutes=61)
    shift.press(ref, Verb.ACKNOWLEDGE)
    shift.at(minutes=92)
    assert shift.titles(ref) == ["Reminder", "In hand", "Reminder"]


def test_a_claim_ends_it_and_the_duty_officer_hears_of_what_stays_undecided(
    shift: Shift,
) -> None:
    ref = shift.case(P1)
    shift.at(minutes=2)
    shift.press(ref, Verb.ACKNOWLEDGE)
    shift.press(ref, Verb.CLAIM, BOB)
    shift.at(minutes=6)
    assert shift.titles(ref)[-1] == "Escalation: duty officer"
    assert shift.events(ref, "acknowledgement_expired") == []


def test_two_who_say_so_are_told_who_was_first_and_nobody_says_so_twice(shift: Shift) -> None:
    ref = shift.case(P2)
    shift.at(minutes=8)
    shift.press(ref, Verb.ACKNOWLEDGE)
    with pytest.raises(Stale, match="Alice Ames has it in hand since 09:49 UTC"):
        shift.press(ref, Verb.ACKNOWLEDGE, BOB)
    shift.at(minutes=17)
    with pytest.raises(Refused, match="you had it in hand already"):
        shift.press(ref, Verb.ACKNOWLEDGE)
    shift.press(ref, Verb.ACKNOWLEDGE, BOB)


def test_nobody_has_in_hand_what_was_not_escalated(shift: Shift) -> None:
    ref = shift.case(P1)
    with pytest.raises(Refused, match="no reminder has gone out: claim it"):
        shift.press(ref, Verb.ACKNOWLEDGE)


@pytest.mark.parametrize("priority", [P1, P2, P3])
def test_one_officer_alone_never_silences_a_case_for_longer_than_half_its_clock(
    shift: Shift, priority: Priority
) -> None:
    ref, quiet = shift.case(priority), timedelta()
    shift.at(hours=1)
    since, count = shift.clock(), len(shift.notices(ref))
    for _ in range(6 * 60 * 3):
        try:
            shift.press(ref, Verb.ACKNOWLEDGE)
        except Refused:
            pass
        else:
            since, count = shift.clock(), len(shift.notices(ref))
        shift.clock.step(seconds=10)
        run_clocks(shift.desk)
        if len(shift.notices(ref)) > count:
            quiet = max(quiet, shift.clock() - since)
            break
    assert timedelta() < quiet <= in_hand_for(priority) + timedelta(seconds=10)


def test_an_acknowledgement_and_its_end_survive_a_kill_and_are_told_once_by_two_nodes(
    store_url: str, clock: SteppingClock
) -> None:
    first, second = (connect(store_url, PATIENCE, clock=clock) for _ in range(2))
    first.migrate()
    one, other = Shift(first, clock), Shift(second, clock)
    ref = one.case(P2)
    one.at(minutes=8)
    one.press(ref, Verb.ACKNOWLEDGE)
    first.close()  # killed; the other node goes on
    clock.step(minutes=9)
    assert run_clocks(other.desk) == 2
    assert run_clocks(other.desk) == run_clocks(one.desk) == 0
    assert other.titles(ref).count("Escalation: supervisor") == 1
    assert len(other.events(ref, "acknowledgement_expired")) == 1
    first.close()
    second.close()


# --- stopping reminders ---------------------------------------------------------------------------


def test_reminders_are_stopped_with_a_reason_that_stands_in_the_trail(shift: Shift) -> None:
    ref = shift.case(P3)
    shift.press(ref, Verb.CLAIM)
    with pytest.raises(Refused, match="reason is missing"):
        shift.press(ref, Verb.STOP_REMINDERS)
    shift.press(ref, Verb.STOP_REMINDERS, reason="waiting for the bank")
    shift.at(hours=5)
    assert shift.titles(ref) == []
    (event,) = shift.events(ref, "stop_reminders")
    assert (event.actor, event.detail["reason"]) == ("alice", "waiting for the bank")


def test_a_case_that_changes_hands_reminds_again(shift: Shift) -> None:
    ref = shift.case(P3)
    shift.press(ref, Verb.CLAIM)
    shift.press(ref, Verb.STOP_REMINDERS, reason="waiting for the bank")
    shift.at(minutes=70)
    shift.press(ref, Verb.RELEASE)
    shift.at(minutes=71)
    assert shift.titles(ref) == ["Reminder"]


def test_nobody_stops_the_reminders_of_another_but_a_supervisor(shift: Shift) -> None:
    ref = shift.case(P3)
    shift.press(ref, Verb.CLAIM)
    with pytest.raises(Stale):
        shift.press(ref, Verb.STOP_REMINDERS, BOB, reason="quiet please")
    shift.press(ref, Verb.STOP_REMINDERS, SUE, reason="I spoke with Alice")
    with pytest.raises(Refused, match="stopped already"):
        shift.press(ref, Verb.STOP_REMINDERS, reason="again")


def test_no_reason_silences_an_emergency_that_nobody_claims(shift: Shift) -> None:
    ref = shift.case(P1)
    shift.press(ref, Verb.STOP_REMINDERS, reason="surely a prank")
    shift.at(minutes=6)
    assert shift.titles(ref) == [
        "Escalation: second route",
        "Escalation: supervisor",
        "Escalation: duty officer",
    ]


def test_a_raised_case_reminds_again(shift: Shift) -> None:
    ref = shift.case(P3)
    shift.press(ref, Verb.STOP_REMINDERS, reason="waiting for the bank")
    shift.press(ref, Verb.GRADE, ALICE, priority="2", reason="he is outside now")
    shift.at(minutes=16)
    assert "Escalation: supervisor" in shift.titles(ref)
