"""Whether what comes in, and how it is read, is still what it was: days against a reference.

A figure has moved if the mean of the last days lies outside of where it would lie by the days
before, or if a distribution is another one by its population stability index. Days, not messages,
are what is compared: the messages of one day have too much in common.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import NormalDist, mean, variance

from triage.model import Verdict
from triage.taxonomy import Label

WINDOW = 7
REFERENCE = 28
FEWEST_DAYS, FEWEST_REFERENCE_DAYS = 5, 14
FEWEST_MESSAGES = 100
SURE = 0.99
"""Of each figure. Their intervals are wide: of simulated quiet weeks one in 80 was an error."""

PSI_MOVED = 0.2
SCORE_BINS = 10
LENGTH_ENDS = (20, 60, 140, 280, 1000)
NO_LANGUAGE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """What a day came to, in sums that can be added. It holds nothing of what anybody wrote.

    `scores` and `lengths` are counts by bin; `words` and `unknown` are words read as English, and
    those of them that the model's English rows do not have. `judged` are cases people decided
    something about that day, `surprises` those they gave another class than the machine.
    `drawn`, `checked` and `found` are of the audit sample: found were emergencies.
    """

    day: date
    messages: int = 0
    score_sum: float = 0.0
    letters: int = 0
    alerts: int = 0
    unsure: int = 0
    degraded: int = 0
    uncovered: int = 0
    scores: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()
    langs: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    words: int = 0
    unknown: int = 0
    judged: int = 0
    surprises: int = 0
    drawn: int = 0
    checked: int = 0
    found: int = 0


def read_figures(
    day: date, read: Iterable[tuple[str, Verdict]], strange: Callable[[str], tuple[int, int]]
) -> DayFigures:
    """The figures of a day's messages. `strange` counts a text's words, and the unknown ones."""
    counts: Counter[str] = Counter()
    scores, lengths = [0] * SCORE_BINS, [0] * (len(LENGTH_ENDS) + 1)
    langs: Counter[str] = Counter()
    models: Counter[str] = Counter()
    score_sum = 0.0
    for text, verdict in read:
        score = verdict.scores.get(Label.EMERGENCY, 0.0)
        words, unknown = strange(text) if verdict.lang == "en" else (0, 0)
        counts.update(
            messages=1,
            letters=len(text),
            alerts=verdict.label is Label.EMERGENCY,
            unsure=verdict.unsure,
            degraded=bool(verdict.degraded),
            uncovered=not verdict.covered,
            words=words,
            unknown=unknown,
        )
        score_sum += score
        scores[min(int(score * SCORE_BINS), SCORE_BINS - 1)] += 1
        lengths[sum(len(text) > end for end in LENGTH_ENDS)] += 1
        langs[verdict.lang or NO_LANGUAGE] += 1
        models[verdict.model.partition("/")[0]] += 1
    return DayFigures(
        day=day,
        score_sum=round(score_sum, 4),
        scores=tuple(scores),
        lengths=tuple(lengths),
        langs=dict(langs),
        models=dict(models),
        **counts,
    )


# --- figures with an interval ---------------------------------------------------------------------


def _messages(day: DayFigures) -> float:
    return day.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A figure that is a sum over another, mostly over the messages: how many of them are alerts.

    A difference under `least` is nothing to tell people about, however sure it is.
    """

    name: str
    words: str
    over: Callable[[DayFigures], float]
    least: float
    of: Callable[[DayFigures], float] = _messages
    counted: bool = True  # both are counts, so that chance alone moves their share


SHARES = (
    Share(
        name="score",
        words="mean emergency score",
        over=lambda day: day.score_sum,
        least=0.01,
        counted=False,
    ),
    Share(
        name="alerts",
        words="share read as an emergency",
        over=lambda day: day.alerts,
        least=0.005,
    ),
    Share(
        name="unsure",
        words="share in the band of doubt",
        over=lambda day: day.unsure,
        least=0.01,
    ),
    Share(
        name="degraded",
        words="share read by a fall-back",
        over=lambda day: day.degraded,
        least=0.01,
    ),
    Share(
        name="uncovered",
        words="share in languages not covered",
        over=lambda day: day.uncovered,
        least=0.01,
    ),
    Share(
        name="surprises",
        words="share of judged items people gave another class",
        over=lambda day: day.surprises,
        of=lambda day: day.judged,
        least=0.02,
    ),
    Share(
        name="letters",
        words="letters a message",
        over=lambda day: day.letters,
        least=10,
        counted=False,
    ),
    Share(
        name="unknown_words",
        words="share of English words the model did not learn from",
        over=lambda day: day.unknown,
        of=lambda day: day.words,
        least=0.01,
        counted=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the last days beside the reference. None: too little to say."""

    name: str
    words: str
    now: float | None
    reference: float | None
    low: float | None = None
    high: float | None = None

    @property
    def moved(self) -> bool:
        """Whether it lies outside of its interval."""
        if self.now is None or self.low is None or self.high is None:
            return False
        return not self.low <= self.now <= self.high


def compared(share: Share, now: Sequence[DayFigures], before: Sequence[DayFigures]) -> Figure:
    """A share of the last days, and between what it would lie by the days before."""
    value, reference = _pooled(share, now), _pooled(share, before)
    figure = Figure(name=share.name, words=share.words, now=value, reference=reference)
    days = [share.over(day) / share.of(day) for day in before if share.of(day)]
    today = [day for day in now if share.of(day)]
    if reference is None or len(days) < FEWEST_REFERENCE_DAYS or len(today) < FEWEST_DAYS:
        return figure
    half = max(share.least, _half(share, days, today, reference))
    return Figure(
        name=share.name,
        words=share.words,
        now=value,
        reference=reference,
        low=max(0.0, reference - half),
        high=reference + half,
    )


def _pooled(share: Share, days: Sequence[DayFigures]) -> float | None:
    of = sum(share.of(day) for day in days)
    return sum(share.over(day) for day in days) / of if of else None


def _half(
    share: Share, days: Sequence[float], now: Sequence[DayFigures], reference: float
) -> float:
    """Half a prediction interval for the mean of some days by the spread of others.

    Of counts the spread is never taken for less than chance alone makes it: a month without a
    single degraded message does not make one of them a change.
    """
    spread = variance(days)
    if share.counted:
        usual = mean(share.of(day) for day in now)
        likely = (reference * usual * len(days) + 0.5) / (usual * len(days) + 1)
        spread = max(spread, likely * (1 - likely) / usual)
    scale = math.sqrt(spread * (1 / len(days) + 1 / len(now)))
    return student(SURE, len(days) - 1) * scale


def student(sure: float, degrees: int) -> float:
    """Two-sided quantile of Student's t (Cornish and Fisher); good from about 8 degrees on."""
    z = NormalDist().inv_cdf(0.5 + sure / 2)
    first = (z**3 + z) / (4 * degrees)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    return z + first + second + third


# --- distributions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far a distribution is from the reference, and from where on it has moved."""

    name: str
    words: str
    psi: float | None
    line: float

    @property
    def moved(self) -> bool:
        """Whether it is another distribution."""
        return self.psi is not None and self.psi > self.line


def stability(now: Mapping[str, int], before: Mapping[str, int]) -> float:
    """Population stability index over the same bins; empty ones count as half a message."""
    bins = sorted({*now, *before})
    some, others = sum(now.values()), sum(before.values())
    width = 0.5 * len(bins)
    total = 0.0
    for each in bins:
        one = (now.get(each, 0) + 0.5) / (some + width)
        other = (before.get(each, 0) + 0.5) / (others + width)
        total += (one - other) * math.log(one / other)
    return total


def stability_line(bins: int, now: int, before: int) -> float:
    """From which index on a distribution has moved: 0.2 by custom, more where chance reaches it."""
    if not now or not before or bins < 2:
        return PSI_MOVED
    degrees = bins - 1
    z = NormalDist().inv_cdf(SURE)
    part = 2 / (9 * degrees)
    chi_squared = degrees * (1 - part + z * math.sqrt(part)) ** 3  # Wilson and Hilferty
    return max(PSI_MOVED, chi_squared * (1 / now + 1 / before))


Binned = Callable[[DayFigures], Mapping[str, int]]

DISTRIBUTIONS: tuple[tuple[str, str, Binned], ...] = (
    ("scores", "emergency scores", lambda day: _numbered(day.scores)),
    ("languages", "languages", lambda day: day.langs),
    ("lengths", "lengths", lambda day: _numbered(day.lengths)),
)


def _numbered(counts: Sequence[int]) -> Mapping[str, int]:
    return {str(number): count for number, count in enumerate(counts)}


def _summed(days: Iterable[DayFigures], binned: Binned) -> Counter[str]:
    total: Counter[str] = Counter()
    for day in days:
        total.update(binned(day))
    return total


def _shift(
    name: str, words: str, binned: Binned, now: Sequence[DayFigures], before: Sequence[DayFigures]
) -> Shift:
    one, other = _summed(now, binned), _summed(before, binned)
    some, others = sum(one.values()), sum(other.values())
    line = stability_line(len({*one, *other}), some, others)
    enough = min(some, others) >= FEWEST_MESSAGES
    psi = stability(one, other) if enough else None
    return Shift(name=name, words=words, psi=psi, line=line)


# --- the report -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The last days beside the reference. `first` and `last` are days, both included."""

    first: date
    last: date
    reference_first: date
    reference_last: date
    messages: int
    reference_messages: int
    figures: tuple[Figure, ...]
    shifts: tuple[Shift, ...]
    models: tuple[str, ...]
    reference_models: tuple[str, ...]
    drawn: int
    checked: int
    found: int

    @property
    def enough(self) -> bool:
        """Whether there is anything to compare."""
        return any(each.low is not None for each in self.figures)

    @property
    def all(self) -> tuple[Figure | Shift, ...]:
        """Figures, then distributions."""
        both: tuple[Figure | Shift, ...] = self.figures
        return both + self.shifts

    @property
    def moved(self) -> tuple[Figure | Shift, ...]:
        """What has moved."""
        return tuple(each for each in self.all if each.moved)

    @property
    def other_model(self) -> bool:
        """Whether another model read in the last days than in the reference."""
        return bool(self.reference_models) and set(self.models) != set(self.reference_models)


def drift(days: Iterable[DayFigures], *, today: date, reference_from: date | None = None) -> Drift:
    """The last seven whole days against 28 days: those before, or from a day on that is named."""
    last = today - timedelta(days=1)
    first = today - timedelta(days=WINDOW)
    begins = reference_from or first - timedelta(days=REFERENCE)
    ends = min(begins + timedelta(days=REFERENCE), first) - timedelta(days=1)
    known = sorted(days, key=lambda day: day.day)
    now = [day for day in known if first <= day.day <= last]
    before = [day for day in known if begins <= day.day <= ends]
    return Drift(
        first=first,
        last=last,
        reference_first=begins,
        reference_last=ends,
        messages=sum(day.messages for day in now),
        reference_messages=sum(day.messages for day in before),
        figures=tuple(compared(share, now, before) for share in SHARES),
        shifts=tuple(_shift(*each, now, before) for each in DISTRIBUTIONS),
        models=_models(now),
        reference_models=_models(before),
        drawn=sum(day.drawn for day in (*before, *now)),
        checked=sum(day.checked for day in (*before, *now)),
        found=sum(day.found for day in (*before, *now)),
    )


def _models(days: Iterable[DayFigures]) -> tuple[str, ...]:
    return tuple(sorted(_summed(days, lambda day: day.models)))
