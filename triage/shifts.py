"""When shifts end: local times of day, over daylight saving, as moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """From `start` to before `end`, in UTC; the next one is over at `next_end`."""

    start: datetime
    end: datetime
    next_end: datetime

    @property
    def key(self) -> str:
        """What tells it from every other: the same on every node and after a restart."""
        return f"{self.end:%Y%m%dT%H%MZ}"


def last_shift(now: datetime, ends: Sequence[str], zone: tzinfo) -> Shift | None:
    """The shift that ended last, at `now` or before; None where no ends are set.

    Args:
        ends: local times, `HH:MM`.
    """
    if not ends:
        return None
    today = now.astimezone(zone).date()
    moments = sorted({_moment(today + n * DAY, each, zone) for n in range(-3, 4) for each in ends})
    over = [moment for moment in moments if moment <= now]
    later = next(moment for moment in moments if moment > now)
    return Shift(start=over[-2], end=over[-1], next_end=later)


def last_day(now: datetime, at: str, zone: tzinfo) -> Shift:
    """The day from `at` to `at` that ended last."""
    found = last_shift(now, [at], zone)
    assert found is not None
    return found


def _moment(day: date, at: str, zone: tzinfo) -> datetime:
    """A local time of a day. One that comes twice means the first, one that never comes the same
    hour by the clock that stood before."""
    local = datetime.combine(day, time.fromisoformat(at), tzinfo=zone)
    return local.astimezone(UTC)


def shift_began(now: datetime, ends: Sequence[str], zone: tzinfo) -> datetime:
    """The last local time at which a shift ended, in UTC; midnight where no ends are set."""
    found = last_shift(now, ends or ("00:00",), zone)
    assert found is not None
    return found.end
