"""Whatever officers press and however time goes: never silent, never twice, never backwards."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
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
TICK = timedelta(seconds=30)
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
waits = st.integers(1, 20).map(lambda ticks: ticks * TICK)
moves = st.lists(st.one_of(presses, waits), max_size=14)

Press = tuple[Verb, Officer, dict[str, str]]
Look = Callable[[Shift, Case, Case, datetime], None]


def ignore(shift: Shift, before: Case, after: Case, now: datetime) -> None:
    """Nothing is looked at on the way."""


class Lives:
    """Case after case at one desk: to make a store takes longer than a case lives."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.shift = Shift(memory_store(clock=self.clock), self.clock)

    def live(self, priority: Priority, plan: list[Press | timedelta], look: Look = ignore) -> str:
        """A case through a plan, looked at before and after every tick; then it is closed."""
        shift = self.shift
        ref = shift.case(priority, len(shift.refs) + 1, Lane.DESK)
        for move in plan:
            if isinstance(move, timedelta):
                self._wait(ref, move, look)
                continue
            verb, officer, args = move
            with suppress(Refused):
                shift.press(ref, verb, officer, **args)
        shift.press(ref, Verb.NOT_RISK, SUE, reason="over")
        return ref

    def _wait(self, ref: str, length: timedelta, look: Look) -> None:
        for _ in range(length // TICK):
            self.clock.step(seconds=TICK.total_seconds())
            before = self.shift.now(ref) if look is not ignore else None
            run_clocks(self.shift.desk)
            if before is not None:
                look(self.shift, before, self.shift.now(ref), self.clock())


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    made = Lives()
    yield made
    made.shift.store.close()


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.sampled_from([P1, P2, P3]), moves)
def test_no_step_speaks_twice_unless_something_began_anew(
    lives: Lives, priority: Priority, plan: list[Press | timedelta]
) -> None:
    shift, ref = lives.shift, lives.live(priority, plan)
    said: Counter[int] = Counter()
    for event in shift.store.events(ref):
        if event.action in RESETS:
            said.clear()
        elif event.action in ("escalated", "reassess"):
            assert _number(event) > max(said, default=0), "a step was taken twice, or backwards"
            said[_number(event)] += 1
    keys = [each.key for each in shift.notices(ref)]
    assert len(keys) == len(set(keys))


def _number(event: Event) -> int:
    return int(event.detail["step"])


@quick
@given(st.sampled_from([P1, P2, P3]), moves)
def test_the_steps_of_a_case_never_go_back_but_where_the_trail_says_so(
    lives: Lives, priority: Priority, plan: list[Press | timedelta]
) -> None:
    def look(shift: Shift, before: Case, after: Case, now: datetime) -> None:
        if after.escalation < before.escalation:
            done = {each.action for each in shift.store.events(after.ref) if each.at == now}
            assert done & RESETS

    lives.live(priority, plan, look)


@quick
@given(moves)
def test_an_emergency_nobody_has_is_never_silent_for_longer_than_it_is_in_hand(
    lives: Lives, plan: list[Press | timedelta]
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

    lives.live(P1, plan, look)


insistent = st.lists(
    st.one_of(
        st.tuples(st.just(Verb.ACKNOWLEDGE), st.sampled_from(OFFICERS), st.just({})),
        st.integers(2, 6).map(lambda ticks: ticks * TICK),
    ),
    min_size=8,
    max_size=24,
)


@quick
@given(insistent)
def test_whoever_says_most_often_that_it_is_in_hand_says_it_once_before_a_claim(
    lives: Lives, plan: list[Press | timedelta]
) -> None:
    shift, ref = lives.shift, lives.live(P1, plan)
    had: set[str] = set()
    for event in shift.store.events(ref):
        if event.action in ("claim", "release", "offer", "accept", "return", "offer_lapsed"):
            had.clear()
        elif event.action == "acknowledge":
            assert event.actor not in had
            had.add(event.actor)


def test_a_service_that_was_away_speaks_once_and_by_the_furthest_step(lives: Lives) -> None:
    def heard(hours: float) -> list[str]:
        shift = lives.shift
        ref = shift.case(P1, len(shift.refs) + 1)
        lives.clock.step(hours=hours)
        run_clocks(shift.desk)
        run_clocks(shift.desk)
        return [each.detail["tell"] for each in shift.events(ref, "escalated", "reassess")]

    assert heard(0.05) == [Tell.SUPERVISOR.value]
    assert heard(1) == [Tell.DUTY.value]
    assert heard(9) == [Tell.DUTY.value]
