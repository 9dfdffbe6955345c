"""When shifts end over daylight saving, and what a digest says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.shift_figures import (
    Figures,
    Waiting,
    comms_lines,
    daily_lines,
    shift_lines,
    together,
    waited,
)
from triage.shifts import Shift, last_day, last_shift

LONDON = ZoneInfo("Europe/London")
ENDS = ("06:00", "14:00", "22:00")
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SHIFT = Shift(start=NOW - timedelta(hours=8), end=NOW, next_end=NOW + timedelta(hours=8))

LONGEST = (
    "Waiting longest, and nobody has them: FC-26-1123-0001 (P4, 7 h), FC-26-1123-0009 (P2, 14 min)"
)

times = st.times().map(lambda each: f"{each:%H:%M}")
moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(
    ["Europe/London", "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
).map(ZoneInfo)


def shift_at(now: datetime, ends: tuple[str, ...] = ENDS) -> Shift:
    found = last_shift(now, ends, LONDON)
    assert found is not None
    return found


@given(moments, st.lists(times, min_size=1, max_size=5), zones)
def test_the_last_shift_is_over_and_the_next_is_not(
    now: datetime, ends: list[str], zone: ZoneInfo
) -> None:
    shift = last_shift(now, ends, zone)
    assert shift is not None
    assert shift.start < shift.end <= now < shift.next_end
    assert shift.end - shift.start <= timedelta(hours=25)
    assert f"{shift.end.astimezone(zone):%H:%M}" in {*ends} or _in_a_gap(shift.end, zone)


def _in_a_gap(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks went forward around a moment."""
    before, after = moment - timedelta(hours=2), moment + timedelta(hours=2)
    return before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()


@given(moments, st.lists(times, min_size=1, max_size=5), zones)
def test_one_shift_begins_when_the_one_before_ends(
    now: datetime, ends: list[str], zone: ZoneInfo
) -> None:
    shift = last_shift(now, ends, zone)
    assert shift is not None
    before = last_shift(shift.start, ends, zone)
    assert before is not None
    assert (before.end, before.next_end) == (shift.start, shift.end)


@pytest.mark.parametrize(
    ("month", "day", "hours"),
    [(3, 28, 8), (3, 29, 7), (10, 24, 8), (10, 25, 9)],
    ids=["ordinary", "clocks go forward", "ordinary", "clocks go back"],
)
def test_a_night_is_an_hour_shorter_in_spring_and_longer_in_autumn(
    month: int, day: int, hours: int
) -> None:
    six = datetime(2026, month, day, 6, 0, tzinfo=LONDON).astimezone(UTC)
    shift = shift_at(six)
    assert shift.end == six
    assert shift.end - shift.start == timedelta(hours=hours)


def test_a_shift_that_ends_in_the_hour_that_comes_twice_ends_once() -> None:
    keys = set()
    for minute in range(0, 240, 5):
        now = datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minute)
        keys.add(shift_at(now, ("01:30", "13:00")).key)
    assert keys == {"20261024T1200Z", "20261025T0030Z"}


def test_a_shift_that_ends_in_the_hour_that_never_comes_ends_all_the_same() -> None:
    now = datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    assert shift_at(now, ("01:30", "13:00")).key == "20260329T0130Z"


def test_without_ends_there_are_no_shifts() -> None:
    assert last_shift(NOW, (), LONDON) is None
    assert last_day(NOW, "08:00", LONDON).end == datetime(2026, 11, 23, 8, tzinfo=UTC)


# --- what a digest says ---------------------------------------------------------------------------


def test_the_digest_of_a_shift_reads_as_the_desk_talks() -> None:
    figures = Figures(
        received={4: 30, 1: 1, 2: 3},
        decided={4: 25, 1: 1},
        decided_late=2,
        open={4: 7, 2: 2},
        unclaimed=5,
        claimed=3,
        offered=1,
        late=2,
        due_next=4,
        windows=1,
        longest=(
            Waiting(ref="FC-26-1123-0001", priority=4, sent_at=NOW - timedelta(hours=7)),
            Waiting(ref="FC-26-1123-0009", priority=2, sent_at=NOW - timedelta(minutes=14)),
        ),
    )
    assert shift_lines(figures, SHIFT, alarms=0, now=NOW, zone=LONDON) == (
        "Received: 34 (P1 1 · P2 3 · P4 30)",
        "Decided: 26 (P1 1 · P4 25), 2 of them late",
        "The next shift inherits: 9 (P2 2 · P4 7)",
        "Of these 5 nobody has, 3 claimed, 1 handed over and not accepted, 2 late",
        "Due by 22:00: 4 to decide, 1 to answer before the platform closes",
        LONGEST,
        "Service alarms open: none",
    )


def test_a_quiet_shift_says_so_in_few_words() -> None:
    assert shift_lines(Figures(), SHIFT, alarms=1, now=NOW, zone=LONDON) == (
        "Received: none",
        "Decided: none",
        "The next shift inherits: none",
        "Service alarms open: 1",
    )


def test_the_daily_digests_count_what_is_for_information_and_what_comms_did() -> None:
    figures = Figures(
        received={5: 40},
        decided={5: 38},
        results={"no_action": 30, "spam": 8},
        open={5: 2},
        late=1,
    )
    assert daily_lines(figures, now=NOW) == ("Received: 40, decided: 38", "Open: 2, late: 1")
    assert comms_lines(figures, now=NOW) == (
        "Received: 40 (P5 40)",
        "Decided: 38 (P5 38)",
        "Results: No police action needed 30, Spam or not for police 8",
        "Open: 2 (P5 2), late: 1",
    )


counts = st.dictionaries(st.integers(1, 5), st.integers(0, 99), max_size=5)
some_figures = st.builds(
    Figures, received=counts, decided=counts, open=counts, late=st.integers(0, 9)
)


@given(st.lists(some_figures, max_size=5))
def test_lanes_together_count_what_they_count_each(each: list[Figures]) -> None:
    whole = together(each)
    assert sum(whole.received.values()) == sum(sum(one.received.values()) for one in each)
    assert whole.late == sum(one.late for one in each)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 min"), (119, "119 min"), (120, "2 h"), (2880, "2 days"), (-5, "0 min")],
)
def test_how_long_something_waits_is_said_in_its_largest_unit(minutes: int, said: str) -> None:
    assert waited(timedelta(minutes=minutes)) == said
