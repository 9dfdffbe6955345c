"""Lines worth looking at, each by another wish; and how much hangs on what a miss counts for."""

from collections.abc import Callable
from dataclasses import dataclass

from triage.taxonomy import Label
from triage.tuning.history import History, Known
from triage.tuning.outcome import GRID, WORDS, snapped

CATCH = 0.99
WEIGHTS = (50, 100, 200, 500, 1000, 2000)

Promised = Callable[[list[float], float], float | None]
"""The highest line that misses at most a share of emergencies, given the reach of known ones;
None where they are too few (`classifiers.guarantee.promised_line`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A line with the wish it meets; None with the reason where none does."""

    name: str
    words: str
    line: float | None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a force asks of its line (settings `tuner`)."""

    alerts_a_shift: float
    shifts_a_day: int
    miss_per_thousand: float
    miss_cost: float


def candidates(
    history: History, known: Known, wishes: Wishes, *, promised: Promised
) -> list[Candidate]:
    """One line by each wish."""
    catch, x = _catching(known), wishes.miss_per_thousand
    promise = promised(known.scores, x / 1000) if known.count else None
    fitting = fits(history, wishes.alerts_a_shift * wishes.shifts_a_day)
    cheapest = cheapest_line(history, known, wishes.miss_cost)
    words = WORDS[known.of]
    none = f"no {words.one} is known"
    limit = Candidate(
        name="limit",
        words=f"At most {wishes.alerts_a_shift:g} alerts a shift",
        line=fitting,
        why_not="every line alerts more often, by rules alone",
    )
    return [
        Candidate(name="catch", words="Catch 99 % of the known ones", line=catch, why_not=none),
        Candidate(
            name="promise",
            words=f"Miss at most {x:g} in 1,000, with 95 % confidence",
            line=promise,
            why_not=f"{words.real(known.count)} are too few to promise that",
        ),
        *([limit] if known.of is Label.EMERGENCY else ()),
        Candidate(
            name="cost",
            words=f"Lowest cost, a miss counted as {wishes.miss_cost:g} alerts",
            line=cheapest,
            why_not=none,
        ),
    ]


def _catching(known: Known) -> float | None:
    """The highest line that catches 99 in 100 of the known emergencies."""
    if not known.count:
        return None
    allowed = int(known.count * (1 - CATCH) + 1e-9)
    score = min(1.0, known.scores[allowed])
    return int(score * GRID) / GRID


def fits(history: History, alerts_a_day: float) -> float | None:
    """The lowest line with at most so many alerts a day; None if every line has more."""
    most = alerts_a_day * history.days
    if history.alerts(1.0) > most:
        return None
    low, high = 0, GRID
    if history.alerts(0.0) <= most:
        return 0.0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if history.alerts(middle / GRID) <= most else (middle, high)
    return high / GRID


def cheapest_line(history: History, known: Known, weight: float) -> float | None:
    """The line where alerts and misses together cost least, a miss counting as so many alerts.

    Between two known emergencies a higher line only saves alerts, so that the cheapest stands at
    one of them, or at the top. Among equals the lowest.
    """
    if not known.count:
        return None
    found: tuple[float, float] | None = None
    for missed, score in enumerate((*known.scores, 1.0)):
        line = int(min(1.0, score) * GRID) / GRID
        cost = weight * known.misses(line) + history.alerts(line)
        if found is None or cost < found[0]:
            found = (cost, line)
        if weight * missed > found[0]:
            break
    return found[1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """The cheapest line for one weight of a miss, with what it brings."""

    weight: int
    line: float
    alerts_a_day: float
    missed: int


def sensitivity(history: History, known: Known) -> list[Priced]:
    """How far the cheapest line moves with what a miss counts for."""
    lines = ((weight, cheapest_line(history, known, weight)) for weight in WEIGHTS)
    return [
        Priced(
            weight=weight,
            line=line,
            alerts_a_day=history.alerts(line) / history.days,
            missed=known.misses(line),
        )
        for weight, line in lines
        if line is not None
    ]


def tidy(history: History, line: float) -> float:
    """A line asked for, kept in [0, 1] and snapped to where the outcome changes."""
    return snapped(history, min(1.0, max(0.0, line)))
