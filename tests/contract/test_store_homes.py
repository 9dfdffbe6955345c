"""What officers' homes are made of, over every store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage.store import SqlStore
from tests.conftest import NOW, SteppingClock
from tests.stores import a_post, an_item, settle, take, the_case
from triage.homes import OpenHome, Present, Standing
from triage.model import Event, Officer, Priority, State
from triage.taxonomy import Lane

ALL = tuple(Lane)
DESK = (Lane.DESK,)


@pytest.fixture
def three(store: SqlStore) -> tuple[str, ...]:
    """A P1 of the control room, a P3 and a P4 of the desk, and one nobody read."""
    refs = take(store, an_item(1), an_item(2), a_post(3), an_item(4))
    settle(store, refs[0], priority=Priority.P1, owner=Lane.CONTROL_ROOM)
    settle(store, refs[1], priority=Priority.P3)
    settle(store, refs[2], priority=Priority.P4)
    return refs


def an_event(actor: str, action: str, subject: str = "queue", *, ago: float = 0) -> Event:
    return Event(at=NOW - timedelta(minutes=ago), actor=actor, action=action, subject=subject)


def change(store: SqlStore, ref: str, **fields: Any) -> None:
    case = the_case(store, ref)
    store.change(case, replace(case, **fields), events=())


def test_items_are_counted_by_priority_and_state_within_lanes(
    store: SqlStore, three: tuple[str, ...]
) -> None:
    later = NOW + timedelta(minutes=30)

    assert set(store.standings(ALL, now=later)) == {
        Standing(priority=Priority.P1, state=State.OPEN, count=1, late=1),
        Standing(priority=Priority.P3, state=State.OPEN, count=1, late=0),
        Standing(priority=Priority.P4, state=State.OPEN, count=1, late=0),
        Standing(priority=None, state=State.RECEIVED, count=1, late=1),
    }
    desk = {each.priority for each in store.standings(DESK, now=later)}
    assert desk == {Priority.P3, Priority.P4, None}


def test_late_is_what_is_past_its_deciding_clock_and_open(
    store: SqlStore, three: tuple[str, ...]
) -> None:
    later = NOW + timedelta(hours=2)
    assert [case.ref for case in store.late_cases(ALL, now=later, limit=9)] == [*three[:2]]
    assert [case.ref for case in store.late_cases(DESK, now=later, limit=9)] == [three[1]]
    assert [case.ref for case in store.late_cases(ALL, now=later, limit=1)] == [three[0]]

    change(store, three[0], state=State.CLOSED, closed_at=later, result="advice")

    assert [case.ref for case in store.late_cases(ALL, now=later, limit=9)] == [three[1]]


def test_what_is_offered_to_a_lane_is_found_there(store: SqlStore, three: tuple[str, ...]) -> None:
    change(store, three[1], state=State.OFFERED, offered_to=Lane.SAFEGUARDING, offered_at=NOW)

    assert [case.ref for case in store.offered_cases([Lane.SAFEGUARDING], limit=9)] == [three[1]]
    assert store.offered_cases(DESK, limit=9) == []


def test_private_messages_are_found_by_platform_and_sent_time(
    store: SqlStore, three: tuple[str, ...]
) -> None:
    def found(platform: str, **span: float) -> list[str]:
        cases = store.private_cases(
            [platform], ALL, since=NOW - timedelta(**span), until=NOW, limit=9
        )
        return [case.ref for case in cases]

    assert found("x", minutes=1) == [three[0], three[1]]
    assert (found("facebook", minutes=1), found("x", seconds=1)) == ([], [])
    assert store.private_cases([], ALL, since=NOW, until=NOW, limit=9) == []


def test_who_did_or_looked_at_something_lately_is_present(
    store: SqlStore, three: tuple[str, ...]
) -> None:
    for name in ("ada", "ben", "gone"):
        store.save_officer(Officer(id=name, name=name.title()))
    store.record([an_event("gone", "viewed", ago=5), an_event("ben", "viewed", ago=40)])
    store.record([an_event("ada", "claim", three[0], ago=9), an_event("machine", "triaged")])
    change(store, three[0], state=State.CLAIMED, claimed_by="ada", claimed_at=NOW)
    store.remove_officer("gone")

    assert store.present(since=NOW - timedelta(minutes=30)) == [
        Present(officer="ada", seen_at=NOW - timedelta(minutes=9), items=1)
    ]


def test_an_item_counts_as_claimed_when_it_was_claimed_first(
    store: SqlStore, three: tuple[str, ...]
) -> None:
    sent = NOW - timedelta(seconds=30)
    store.record([an_event("ada", "claim", three[0], ago=700)])
    store.record(
        [an_event("ada", "claim", three[0], ago=6), an_event("ada", "claim", three[1], ago=5)]
    )
    store.record([an_event("ben", "accept", three[1], ago=2), an_event("ben", "note", three[2])])

    times = store.claim_times(since=NOW - timedelta(hours=1))

    assert times == [(sent, NOW - timedelta(minutes=5))]


# --- homes that are open --------------------------------------------------------------------------


def behind(store: SqlStore, clock: SteppingClock, mark: int) -> list[OpenHome]:
    now = clock()
    return store.homes_behind(
        "slack",
        mark=mark,
        opened=now - timedelta(minutes=30),
        drawn=now - timedelta(seconds=15),
        aged=now - timedelta(seconds=60),
        limit=9,
    )


def test_a_home_is_behind_when_the_desk_changed_or_time_went_by(
    store: SqlStore, clock: SteppingClock
) -> None:
    store.home_opened("slack", "U01", now=clock())
    assert behind(store, clock, 7) == []
    clock.step(seconds=20)
    (home,) = behind(store, clock, 7)
    assert store.home_taken(home, mark=7, now=clock())
    clock.step(seconds=20)
    assert behind(store, clock, 7) == []
    assert [each.account for each in behind(store, clock, 8)] == ["U01"]
    clock.step(seconds=41)
    assert [each.account for each in behind(store, clock, 7)] == ["U01"]


def test_one_node_draws_a_home_and_those_drawn_longest_ago_come_first(
    store: SqlStore, clock: SteppingClock
) -> None:
    for account in ("U02", "U01"):
        store.home_opened("slack", account, now=clock())
        clock.step(seconds=1)
    store.home_opened("teams", "T01", now=clock())
    clock.step(seconds=20)

    first, second = behind(store, clock, 1)

    assert (first.account, second.account) == ("U02", "U01")
    assert store.home_taken(first, mark=1, now=clock())
    assert not store.home_taken(first, mark=1, now=clock())


def test_a_home_that_is_closed_or_was_opened_long_ago_is_left_alone(
    store: SqlStore, clock: SteppingClock
) -> None:
    store.home_opened("slack", "U01", now=clock())
    store.home_opened("slack", "U02", now=clock())
    clock.step(minutes=20)
    store.home_closed("slack", "U02")
    assert [each.account for each in behind(store, clock, 1)] == ["U01"]
    clock.step(minutes=20)
    assert behind(store, clock, 1) == []
