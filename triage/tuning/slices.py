"""Whom a line serves worse: the share caught by language, channel, length and dialect."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from triage.ranges import ENOUGH, Range, Sample, counted
from triage.tuning.history import SLICES, Judged, Known

DIFFERENCE = 0.05
"""From so much on a difference has to be acknowledged in writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The known emergencies of one part beside all the others of its kind."""

    kind: str
    name: str
    caught: Range
    rest: Range

    @property
    def key(self) -> str:
        """What an acknowledgement names."""
        return f"{self.kind}:{self.name}"

    @property
    def enough(self) -> bool:
        """Whether anything can be said of it."""
        return self.caught.of >= ENOUGH

    @property
    def difference(self) -> float | None:
        """Points over (or under) the others; None where either has too few."""
        if not self.enough or self.rest.of < ENOUGH:
            return None
        return self.caught.share - self.rest.share

    @property
    def to_acknowledge(self) -> bool:
        """Whether it differs so much that somebody must say why that is acceptable."""
        difference = self.difference
        return difference is not None and abs(difference) > DIFFERENCE + 1e-9


class Slices:
    """Every part that some known emergency belongs to, arranged for any line."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._parts: list[tuple[str, str, list[Judged], Sample, list[float]]] = []
        for kind, word in enumerate(SLICES):
            names = sorted({each.parts[kind] for each in known.real} - {""})
            for name in names:
                rest = [each.reach for each in known.real if each.parts[kind] not in (name, "")]
                self._parts.append((word, name, *known.part(kind, name), rest))

    def at(self, line: float) -> Sequence[Slice]:
        """The parts at a line."""
        return [
            Slice(
                kind=kind,
                name=name,
                caught=sample.range(no=_under(part, line)),
                rest=counted(len(rest) - bisect_left(rest, line), len(rest)),
            )
            for kind, name, part, sample, rest in self._parts
        ]


def _under(part: Sequence[Judged], line: float) -> list[int]:
    return [each.day for each in part if each.reach < line]
