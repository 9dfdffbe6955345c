"""Charts as geometry: paths and bars that a template draws as SVG, with the numbers beside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from triage.tuning.history import BINS, HOURS_OF_WEEK, Judged, Known
from triage.tuning.outcome import WORDS, Outcome, line_words, number, percent

WIDTH, HEIGHT = 600, 220
LEFT, BOTTOM = 44, 24
STEPS = 6  # shades of the hours of the week
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TABLE_EVERY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark at an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve over the line with its band; `rows` are the same as a table."""

    path: str
    band: str
    ticks: Sequence[Tick]
    limit: float | None
    rows: Sequence[tuple[str, str, str]]


def across(line: float) -> float:
    """Where a line stands in a chart."""
    return round(LEFT + min(1.0, max(0.0, line)) * WIDTH, 1)


def caught_curve(points: Sequence[Outcome]) -> Curve:
    """The share of known emergencies caught, with its 95 % band."""

    def y(share: float) -> float:
        return round(HEIGHT * (1 - share), 1)

    upper = [(across(each.line), y(each.caught.high)) for each in points]
    lower = [(across(each.line), y(each.caught.low)) for each in points]
    return Curve(
        path=_path([(across(each.line), y(each.caught.share)) for each in points]),
        band=_path([*upper, *lower[::-1]]) + "Z",
        ticks=[Tick(at=y(share), text=f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)],
        limit=None,
        rows=[
            (
                line_words(each.line),
                f"{each.caught.hits} of {each.caught.of}",
                f"{percent(each.caught.low)} to {percent(each.caught.high)}",
            )
            for each in points[::TABLE_EVERY]
        ],
    )


def alerts_curve(points: Sequence[Outcome], limit_a_shift: float) -> Curve:
    """Alerts a shift on a scale of tens, with the desk's limit."""
    most = max(10.0, limit_a_shift * 2, max(each.alerts_a_shift for each in points))
    least = 0.01
    span = math.log10(most / least)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - math.log10(max(value, least) / least) / span), 1)

    marks = [10.0**power for power in range(-2, math.ceil(math.log10(most)))]
    return Curve(
        path=_path([(across(each.line), y(each.alerts_a_shift)) for each in points]),
        band="",
        ticks=[Tick(at=y(mark), text=f"{mark:,g}") for mark in marks],
        limit=y(limit_a_shift),
        rows=[
            (line_words(each.line), number(each.alerts_a_shift), number(each.alerts_a_day))
            for each in points[::TABLE_EVERY]
        ],
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points)


# --- by true label -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """How many items of one kind have which score. Each kind has its own scale."""

    name: str
    kind: str
    counts: Sequence[int]
    bars: Sequence[tuple[float, float, float]]  # left, top, height

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)


BAR_HEIGHT = 60


def histogram(all_bins: Sequence[int], known: Known) -> list[Bars]:
    """Scores by what people said of the items; those by rule stand at 1."""
    real, other = _binned(known.real), _binned(known.others)
    rest = [
        max(0, every - one - two) for every, one, two in zip(all_bins, real, other, strict=True)
    ]
    return [
        _bars(f"Known {WORDS[known.of].many}", "real", real),
        _bars("Known to be something else", "other", other),
        _bars("Not judged by anybody", "rest", rest),
    ]


def _binned(judged: Sequence[Judged]) -> list[int]:
    counts = [0] * BINS
    for each in judged:
        counts[min(BINS - 1, int(min(each.reach, 1.0) * BINS))] += 1
    return counts


def _bars(name: str, kind: str, counts: Sequence[int]) -> Bars:
    most = max(1, *counts)
    wide = WIDTH / BINS
    bars = []
    for place, count in enumerate(counts):
        # One among a million is seen, too: nothing that is there has no height.
        high = max(2.0, BAR_HEIGHT * count / most) if count else 0.0
        bars.append((round(LEFT + place * wide, 1), round(BAR_HEIGHT - high, 1), round(high, 1)))
    return Bars(name=name, kind=kind, counts=counts, bars=bars)


def bin_names() -> list[str]:
    """The parts of [0, 1] that the histogram counts."""
    return [f"{place / BINS:.2f} to {(place + 1) / BINS:.2f}" for place in range(BINS)]


# --- by hour of the week -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Alerts by day and hour: `cells` are shades from 0 to `STEPS` - 1."""

    days: Sequence[tuple[str, Sequence[int]]]
    shades: Sequence[Sequence[int]]
    worst: str


def hours_of_week(counts: Sequence[int]) -> Hours:
    """Alerts by hour of the week over the window."""
    most = max(counts)
    shades = [math.ceil((STEPS - 1) * count / most) if most else 0 for count in counts]
    busiest = max(range(HOURS_OF_WEEK), key=lambda hour: counts[hour])
    day, hour = divmod(busiest, 24)
    return Hours(
        days=[(name, counts[at * 24 : at * 24 + 24]) for at, name in enumerate(DAYS)],
        shades=[shades[at * 24 : at * 24 + 24] for at in range(7)],
        worst=f"{DAYS[day]} {hour:02d}:00 to {(hour + 1) % 24:02d}:00, {counts[busiest]} in all"
        if most
        else "",
    )
