"""The cursor of X, and paging that survives a kill."""

from datetime import timedelta

import pytest

from collectors.paging import Walk, later, moment
from collectors.x_state import WATCHED, XState
from tests.collector_rigs import NOW


def test_ids_are_compared_as_numbers() -> None:
    assert later("1000", "999")
    assert not later("999", "1000")
    assert later("1", "")


def test_the_mark_moves_when_the_last_page_is_stored() -> None:
    walk = Walk(mark="10").begun("10").after(["40", "39"], "next")
    assert (walk.mark, walk.newest, walk.since, walk.token) == ("10", "40", "10", "next")
    assert walk.after(["38"], "") == Walk(mark="40")


def test_a_walk_given_up_keeps_its_mark() -> None:
    assert Walk(mark="10", token="t", newest="40", since="10").restarted() == Walk(mark="10")


def test_a_state_survives_its_cursor() -> None:
    state = XState(held={"dms": 5.0}, day="2026-11-23", spent=7, lately=["1"])
    state.walks["mentions"] = Walk(mark="10", token="t", newest="40", since="10")
    state.remember("11", "12", NOW)
    assert XState.read(state.write(), "x") == state


def test_only_so_many_mentions_are_watched_and_only_for_a_day() -> None:
    state = XState()
    for number in range(WATCHED + 50):
        state.remember(str(number), str(number), NOW)
    assert len(state.watch) == WATCHED
    assert "0" not in state.watch
    state.remember("9999", "9999", NOW + timedelta(hours=2))
    state.forget_before(NOW + timedelta(hours=25))
    assert list(state.watch) == ["9999"]


def test_the_bill_begins_anew_each_day() -> None:
    state = XState()
    state.charge(5, NOW)
    state.charge(5, NOW)
    assert state.spent_today(NOW) == 10
    assert state.spent_today(NOW + timedelta(days=1)) == 0


@pytest.mark.parametrize("value", [None, 7, "yesterday", "2026-11-23T09:00:00"])
def test_a_time_without_zone_is_no_time(value: object) -> None:
    with pytest.raises(ValueError, match=r"time|Invalid"):
        moment(value, NOW)
