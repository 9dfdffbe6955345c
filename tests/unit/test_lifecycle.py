from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW, SENT, a_case, an_item
from triage.errors import Refused
from triage.inhand import InHand, Word
from triage.lifecycle import (
    CLOCKS,
    MOVES,
    REASSESS,
    RESULTS,
    Tell,
    Verb,
    acknowledged,
    acknowledgement_ends_at,
    escalated,
    next_state,
    next_step_at,
    offer_lapses_at,
    reached,
    standing,
    started,
    up_for_reassessment,
    without_acknowledgement,
)
from triage.model import Case, Priority, State
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority


def a_case_at(priority: Priority, state: State = State.OPEN, **fields: Any) -> Case:
    values: dict[str, Any] = {}
    if state is State.CLAIMED:
        values = {"claimed_by": "alice", "claimed_at": NOW}
    if state is State.OFFERED:
        values = {"offered_to": Lane.SAFEGUARDING, "offered_by": "alice", "offered_at": NOW}
    return replace(a_case(), priority=priority, state=state, **(values | fields))


def after(**amount: float) -> datetime:
    return SENT + timedelta(**amount)


def told(case: Case, now: datetime) -> Tell | None:
    step = reached(case, now)[1]
    return step.tell if step else None


# --- states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("state", State)
def test_a_verb_moves_only_as_the_table_says(verb: Verb, state: State) -> None:
    case = a_case_at(P3, state)
    if state in MOVES[verb]:
        assert next_state(case, verb) is MOVES[verb][state]
        return
    with pytest.raises(Refused, match=case.ref):
        next_state(case, verb)


def test_no_officer_moves_what_the_machine_is_reading() -> None:
    assert all(State.RECEIVED not in {*moves, *moves.values()} for moves in MOVES.values())
    with pytest.raises(Refused, match="being read: try again in a moment"):
        next_state(a_case_at(P1, State.RECEIVED), Verb.CLAIM)


def test_only_a_result_or_no_risk_closes() -> None:
    closing = {
        verb
        for verb, moves in MOVES.items()
        for start, end in moves.items()
        if end is State.CLOSED and start is not State.CLOSED
    }
    assert closing == {Verb.RESULT, Verb.NOT_RISK}
    assert all(RESULTS.values())


@pytest.mark.parametrize(
    ("fields", "stands"),
    [
        ({}, State.OPEN),
        ({"claimed_by": "alice"}, State.CLAIMED),
        ({"offered_to": Lane.COMMS}, State.OFFERED),
    ],
)
def test_while_a_changed_text_is_read_claim_and_offer_stand(
    fields: dict[str, Any], stands: State
) -> None:
    assert standing(a_case_at(P2, State.RECEIVED, **fields)) is stands


# --- escalation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priority", "seconds", "tell"),
    [
        (P1, 59, None),
        (P1, 60, Tell.SECOND_ROUTE),
        (P1, 120, Tell.SUPERVISOR),
        (P1, 300, Tell.DUTY),
        (P2, 449, None),
        (P2, 450, Tell.OWNER),
        (P2, 900, Tell.SUPERVISOR),
        (P3, 3599, None),
        (P3, 3600, Tell.OWNER),
        (P4, 12_599, None),
        (P4, 12_600, Tell.OWNER),
        (P5, 10**6, None),
    ],
)
def test_who_is_told_when_nobody_acts(priority: Priority, seconds: int, tell: Tell | None) -> None:
    assert told(a_case_at(priority), after(seconds=seconds)) is tell


def test_a_claim_stills_the_steps_until_the_decision_is_late() -> None:
    claimed = a_case_at(P1, State.CLAIMED)
    assert told(claimed, after(minutes=2, seconds=29)) is None
    assert told(claimed, after(minutes=2, seconds=30)) is Tell.OWNER
    assert told(replace(claimed, escalation=3), after(minutes=4, seconds=59)) is None
    assert told(claimed, after(minutes=5)) is Tell.DUTY


def test_half_of_the_clock_is_told_to_whoever_had_the_case_by_then_and_to_nobody_else() -> None:
    assert reached(a_case_at(P1, escalation=2), after(minutes=3)) == (2, None)
    later = a_case_at(P1, State.CLAIMED, claimed_at=after(minutes=2, seconds=31), escalation=2)
    assert reached(later, after(minutes=3)) == (2, None)
    assert told(a_case_at(P2, State.CLAIMED), after(minutes=7, seconds=30)) is Tell.OWNER


def test_a_late_start_tells_only_the_furthest() -> None:
    count, step = reached(a_case_at(P1), after(hours=9))
    assert step is not None
    assert (count, step.tell) == (5, Tell.DUTY)


def test_a_step_is_taken_once() -> None:
    assert reached(a_case_at(P1, escalation=4), after(hours=3)) == (4, None)
    assert reached(a_case_at(P1, escalation=5), after(hours=9)) == (5, None)


def test_after_a_late_start_a_reminder_does_not_speak_in_place_of_a_supervisor() -> None:
    order = [step.tell for step in CLOCKS[P1].steps]
    assert order.index(Tell.OWNER) > order.index(Tell.SUPERVISOR)
    assert told(a_case_at(P1), after(minutes=4)) is Tell.SUPERVISOR


@pytest.mark.parametrize("priority", [P1, P2, P3, P4])
@pytest.mark.parametrize("state", [State.OPEN, State.CLAIMED])
def test_what_is_undecided_for_three_and_a_half_hours_is_put_up_once(
    priority: Priority, state: State
) -> None:
    steps = CLOCKS[priority].steps
    case = a_case_at(priority, state, escalation=len(steps) - 1)
    assert reached(case, after(hours=3, minutes=29))[1] is None
    assert reached(case, after(hours=3, minutes=30)) == (len(steps), REASSESS)
    assert not up_for_reassessment(case)
    put_up = replace(case, escalation=len(steps))
    assert up_for_reassessment(put_up)
    assert reached(put_up, after(hours=30)) == (len(steps), None)


@pytest.mark.parametrize("priority", [P1, P2, P3])
def test_a_call_to_assess_anew_never_takes_the_place_of_an_escalation(priority: Priority) -> None:
    for taken in range(len(CLOCKS[priority].steps) - 1):
        step = reached(a_case_at(priority, escalation=taken), after(hours=9))[1]
        assert step is not None
        assert not step.reassess


def test_a_call_to_assess_anew_is_no_escalation() -> None:
    assert not escalated(a_case_at(P4, escalation=1))
    assert escalated(a_case_at(P3, escalation=1))
    assert not escalated(a_case_at(P3, State.CLOSED, escalation=1))
    assert not up_for_reassessment(a_case_at(P4, State.CLOSED, escalation=1))


def test_an_edited_claimed_case_is_not_called_unclaimed_while_it_is_read() -> None:
    reading = a_case_at(P1, State.RECEIVED, claimed_by="alice", claimed_at=NOW)
    assert told(reading, after(minutes=2)) is None


def test_what_is_closed_or_not_read_yet_does_not_escalate() -> None:
    assert reached(a_case_at(P1, State.CLOSED), after(hours=9)) == (0, None)
    fresh = Case(ref="FC-1", item=an_item(), received_at=NOW)
    assert reached(fresh, after(hours=9)) == (0, None)
    assert next_step_at(fresh) is None


def test_the_clock_runs_from_the_platforms_sent_time_not_from_ours() -> None:
    late = replace(a_case_at(P1), received_at=after(days=3))
    assert started(late) == SENT
    assert told(late, after(days=3)) is Tell.DUTY


def test_a_sender_whose_clock_is_fast_gains_nothing() -> None:
    fast = replace(a_case_at(P1), item=an_item(sent_at=NOW + timedelta(minutes=4)), received_at=NOW)
    assert started(fast) == NOW
    assert told(fast, NOW + timedelta(minutes=1)) is Tell.SECOND_ROUTE


@pytest.mark.parametrize("priority", Priority)
def test_an_offer_lapses_after_half_the_deciding_clock(priority: Priority) -> None:
    case = a_case_at(priority, State.OFFERED)
    assert offer_lapses_at(case) == NOW + CLOCKS[priority].decided / 2
    assert offer_lapses_at(a_case_at(priority)) is None


# --- the index of what is due ---------------------------------------------------------------------

spoken = st.builds(
    Word,
    by=st.just("alice"),
    at=st.just(NOW),
    priority=st.integers(1, 5),
    texts=st.integers(1, 2),
)
hands = st.builds(
    InHand,
    acknowledged=st.none() | spoken,
    until=st.integers(0, 3000).map(lambda seconds: after(seconds=seconds)),
    stopped=st.none() | spoken,
)
cases = st.builds(
    a_case_at,
    st.sampled_from(Priority),
    st.sampled_from([State.OPEN, State.CLAIMED, State.OFFERED]),
    escalation=st.integers(0, 5),
    in_hand=hands,
)


@given(cases, st.integers(0, 600) | st.integers(0, 3 * 24 * 3600))
def test_nothing_is_due_before_the_index_says_so(case: Case, seconds: int) -> None:
    now, due = after(seconds=seconds), next_step_at(case)
    moments = (offer_lapses_at(case), acknowledgement_ends_at(case))
    ends = any(moment is not None and moment <= now for moment in moments)
    acts = reached(case, now)[1] is not None or ends
    assert acts == (due is not None and due <= now)


@given(cases, st.integers(0, 10**5), st.integers(0, 10**5))
def test_time_never_takes_a_step_back(case: Case, one: int, more: int) -> None:
    assert reached(case, after(seconds=one))[0] <= reached(case, after(seconds=one + more))[0]


# --- in hand --------------------------------------------------------------------------------------


def in_hand(case: Case, **fields: Any) -> Case:
    """The case in Alice's hands from NOW for ten minutes."""
    word = Word(by="alice", at=NOW, priority=int(case.priority or 5), texts=1)
    hand = InHand(acknowledged=word, until=NOW + timedelta(minutes=10), had=("alice",))
    return replace(case, in_hand=replace(hand, **fields))


@st.composite
def held_cases(draw: st.DrawFn) -> Case:
    """An escalated case that somebody has in hand."""
    priority = draw(st.sampled_from([P1, P2, P3]))
    state = draw(st.sampled_from([State.OPEN, State.CLAIMED]))
    taken = draw(st.integers(1, len(CLOCKS[priority].steps)))
    case = a_case_at(priority, state, claimed_at=SENT if state is State.CLAIMED else None)
    seconds = draw(st.integers(0, 3000))
    return in_hand(replace(case, escalation=taken), until=after(seconds=seconds))


@given(held_cases(), st.integers(0, 4000))
def test_while_a_case_is_in_hand_nothing_speaks_and_it_is_looked_at_when_that_ends(
    case: Case, seconds: int
) -> None:
    now = after(seconds=seconds)
    assert next_step_at(case) == case.in_hand.until
    if acknowledged(case, now) is None:
        assert case.in_hand.until is not None
        assert case.in_hand.until <= now
    else:
        assert reached(case, now) == (case.escalation, None)


@given(held_cases(), st.integers(0, 10**5))
def test_what_was_escalated_speaks_again_once_nobody_acted_on_an_acknowledgement(
    case: Case, seconds: int
) -> None:
    now = max(case.in_hand.until or NOW, after(minutes=60)) + timedelta(seconds=seconds)
    spoke = CLOCKS[case.priority or P1].steps[: case.escalation]
    _, step = reached(without_acknowledgement(case), now)
    assert step is not None
    assert not step.reassess
    assert [each.tell for each in spoke].count(step.tell) or step.tell is not Tell.OWNER


def test_a_case_that_became_graver_speaks_although_it_was_in_hand() -> None:
    case = in_hand(a_case_at(P2, escalation=1))
    assert told(case, NOW + timedelta(minutes=9)) is None
    assert told(replace(case, priority=P1, escalation=0), NOW + timedelta(minutes=9)) is Tell.DUTY
    assert told(replace(case, text_versions=2), after(minutes=15)) is Tell.SUPERVISOR


def test_reminders_do_not_stop_beyond_the_owner_for_a_p1_or_what_nobody_has() -> None:
    word = Word(by="alice", at=NOW, priority=1, texts=1)
    for priority in Priority:
        stopped = a_case_at(
            priority, State.CLAIMED, in_hand=InHand(stopped=replace(word, priority=int(priority)))
        )
        heard = told(stopped, after(hours=9))
        assert heard is (Tell.DUTY if priority is P1 else None)
    free = a_case_at(P2, in_hand=InHand(stopped=replace(word, priority=2)))
    assert told(free, after(minutes=8)) is None
    assert told(free, after(minutes=15)) is Tell.SUPERVISOR
    unclaimed = a_case_at(P1, in_hand=InHand(stopped=word))
    moments = [after(minutes=minutes) for minutes in (1, 2, 5)]
    assert [told(unclaimed, now) for now in moments] == [
        Tell.SECOND_ROUTE,
        Tell.SUPERVISOR,
        Tell.DUTY,
    ]
