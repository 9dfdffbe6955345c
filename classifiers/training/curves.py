"""Curves of a measurement: precision against recall, and said chances against what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from classifiers.training.shares import Share

BINS = 10
MOST_POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a line would do: of what is said, `precision` is real; of what is real, `recall`."""

    line: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Precision against recall from the highest line to the lowest.

    `area` is the mean precision over the real ones (average precision), those that no line
    reaches counting as 0. Of very many points, evenly spaced ones are kept.
    """

    points: tuple[Point, ...]
    area: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A tenth of the rows by said chance: the mean of what was said, and how often it came."""

    said: float
    came: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Whether chances mean what they say, in bins with equally many rows, lowest first."""

    bins: tuple[Bin, ...]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of said and came, weighed by rows."""
        rows = sum(each.came.of for each in self.bins)
        away = sum(abs(each.said - each.came.value) * each.came.of for each in self.bins)
        return away / rows if rows else 0.0


def curve_of(scores: Sequence[float], real: Sequence[bool]) -> Curve:
    """The curve of a score. What is said wherever the line stands comes with an infinite score.

    A row that no line reaches comes with a score under 0.
    """
    wanted = sum(real)
    ranked = sorted(zip(scores, real, strict=True), key=lambda pair: -pair[0])
    points: list[Point] = []
    said = hits = 0
    area = 0.0
    for place, (score, is_real) in enumerate(ranked):
        if score < 0:
            break
        said, hits = said + 1, hits + is_real
        last_of_score = place + 1 == len(ranked) or ranked[place + 1][0] < score
        if last_of_score and wanted:
            before = points[-1].recall if points else 0.0
            point = Point(line=min(score, 1.0), precision=hits / said, recall=hits / wanted)
            area += (point.recall - before) * point.precision
            points.append(point)
    return Curve(points=tuple(_thinned(points)), area=area)


def _thinned(points: Sequence[Point]) -> list[Point]:
    if len(points) <= MOST_POINTS:
        return list(points)
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(index * step)] for index in range(MOST_POINTS)]


def reliability_of(
    chances: Sequence[float], came: Sequence[bool], *, bins: int = BINS
) -> Reliability:
    """Bins of equally many rows (one more in some), by said chance."""
    ranked = sorted(zip(chances, came, strict=True), key=lambda pair: pair[0])
    cuts = [round(index * len(ranked) / bins) for index in range(bins + 1)]
    parts = [ranked[low:high] for low, high in pairwise(cuts) if high > low]
    return Reliability(
        bins=tuple(
            Bin(
                said=sum(chance for chance, _ in part) / len(part),
                came=Share(hits=sum(is_so for _, is_so in part), of=len(part)),
            )
            for part in parts
        )
    )
