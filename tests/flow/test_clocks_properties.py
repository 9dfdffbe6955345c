"""Whatever officers press and however time goes: never silent, never twice, never backwards."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.escalation_rig import ALICE, BOB, SUE, Shift
from triage.errors import Refused
from triage.flow import run_clocks
from triage.lifecycle import CLOCKS, Tell, Verb, in_hand_for, standing, started
from triage.model import Case, Event, Officer, Priority, State
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority
OFFICERS = (ALICE, BOB, SUE)
TICK = timedelta(seconds=10)
RESETS = {"release", "return", "grade", "reopen", "offer_lapsed", "acknowledgement_expired"}
"""After these a step may speak again."""

presses = st.one_of(
    st.tuples(st.just(Verb.ACKNOWLEDGE), st.sampled_from(OFFICERS), st.just({})),
    st.tuples(st.just(Verb.CLAIM), st.sampled_from(OFFICERS), st.just({})),
    st.tuples(st.just(Verb.RELEASE), st.sampled_from(OFFICERS), st.just({})),
    st.tuples(
        st.just(Verb.STOP_REMINDERS), st.sampled_from(OFFICERS), st.just({"reason": "waiting"})
    ),
    st.tuples(st.just(Verb.OFFER), st.sampled_from(OFFICERS), st.just({"lane": "safeguarding"})),
    st.tuples(st.just(Verb.ACCEPT), st.sampled_from(OFFICERS), st.just({})),
)
waits = st.integers(1, 60).map(lambda ticks: ticks * TICK)
moves = st.lists(st.one_of(presses, waits), max_size=14)

Press = tuple[Verb, Officer, dict[str, str]]
Look = Callable[[Shift, Case, Case, datetime], None]


def live(priority: Priority, plan: list[Press | timedelta], look: Look) -> Shift:
    """A case of a priority through a plan, looked at before and after every tick."""
    clock = SteppingClock()
    shift = Shift(memory_store(clock=clock), clock)
    ref = shift.case(priority, 1, Lane.DESK)
    for move in plan:
        if not isinstance(move, timedelta):
            verb, officer, args = move
            with suppress(Refused):
                shift.press(ref, verb, officer, **args)
            continue
        for _ in range(move // TICK):
            clock.step(seconds=TICK.total_seconds())
            before = shift.now(ref)
            run_clocks(shift.desk)
            look(shift, before, shift.now(ref), clock())
    return shift


def ignore(shift: Shift, before: Case, after: Case, now: datetime) -> None:
    """Nothing is looked at on the way."""


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.sampled_from([P1, P2, P3]), moves)
def test_no_step_speaks_twice_unless_something_began_anew(
    priority: Priority, plan: list[Press | timedelta]
) -> None:
    shift = live(priority, plan, ignore)
    (ref,) = shift.refs
    said: Counter[int] = Counter()
    for event in shift.store.events(ref):
        if event.action in RESETS:
            said.clear()
        elif event.action in ("escalated", "reassess"):
            assert _number(event) > max(said, default=0), "a step was taken twice, or backwards"
            said[_number(event)] += 1
    keys = [each.key for each in shift.notices(ref)]
    assert len(keys) == len(set(keys))
    shift.store.close()


def _number(event: Event) -> int:
    return int(event.detail["step"])


@quick
@given(st.sampled_from([P1, P2, P3]), moves)
def test_the_steps_of_a_case_never_go_back_but_where_the_trail_says_so(
    priority: Priority, plan: list[Press | timedelta]
) -> None:
    def look(shift: Shift, before: Case, after: Case, now: datetime) -> None:
        if after.escalation < before.escalation:
            done = {each.action for each in shift.store.events(after.ref) if each.at == now}
            assert done & RESETS

    live(priority, plan, look).store.close()


@quick
@given(moves)
def test_an_emergency_nobody_has_is_never_silent_for_longer_than_it_is_in_hand(
    plan: list[Press | timedelta],
) -> None:
    """While it is unclaimed, every step that time has reached was spoken, or an officer's
    acknowledgement that has not run out holds it back. No reason stops it."""

    def look(shift: Shift, before: Case, after: Case, now: datetime) -> None:
        if standing(after) is not State.OPEN:
            return
        until = after.in_hand.until
        if after.in_hand.acknowledged is not None and until is not None:
            assert now < until <= after.in_hand.acknowledged.at + in_hand_for(P1)
            return
        due = [
            number
            for number, step in enumerate(CLOCKS[P1].steps, start=1)
            if not (step.reassess or step.while_claimed) and started(after) + step.after <= now
        ]
        assert after.escalation >= max(due, default=0)

    live(P1, plan, look).store.close()


@quick
@given(moves)
def test_whoever_says_most_often_that_it_is_in_hand_says_it_once_before_a_claim(
    plan: list[Press | timedelta],
) -> None:
    shift = live(P1, plan, ignore)
    (ref,) = shift.refs
    had: set[str] = set()
    for event in shift.store.events(ref):
        if event.action in ("claim", "release", "offer", "accept", "return", "offer_lapsed"):
            had.clear()
        elif event.action == "acknowledge":
            assert event.actor not in had
            had.add(event.actor)
    shift.store.close()


def test_a_service_that_was_away_speaks_once_and_by_the_furthest_step() -> None:
    def heard(hours: float) -> list[str]:
        clock = SteppingClock()
        shift = Shift(memory_store(clock=clock), clock)
        ref = shift.case(P1)
        clock.step(hours=hours)
        run_clocks(shift.desk)
        run_clocks(shift.desk)
        tells = [each.detail["tell"] for each in shift.events(ref, "escalated", "reassess")]
        shift.store.close()
        return tells

    assert heard(0.05) == [Tell.SUPERVISOR.value]
    assert heard(1) == [Tell.DUTY.value]
    assert heard(9) == [Tell.DUTY.value]
