"""The scores of a window and what people said of them: what lines are measured on."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from triage.corrections import Basis
from triage.model import Priority
from triage.ranges import Days, Range, Sample
from triage.taxonomy import Label

HOURS_OF_WEEK = 168
BINS = 20
LENGTHS = ("to 60 letters", "61 to 200 letters", "over 200 letters")
SLICES = ("language", "channel", "length", "dialect")


def length_of(letters: int) -> str:
    """The slice of a text by its length."""
    return LENGTHS[0] if letters <= 60 else LENGTHS[1] if letters <= 200 else LENGTHS[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One item that a person has judged, with the score it had.

    `reach` is the highest line at which it alerts, `day` counts from the first of the window,
    `parts` names its slice of each kind in `SLICES` ("" where that is not known).
    """

    ref: str
    reach: float
    day: int
    label: Label
    basis: Basis
    under: Priority
    drawn: bool = False
    parts: tuple[str, ...] = ("", "", "", "")


class History(Protocol):
    """All scores that one model gave in a window, sorted.

    Each answer takes a few milliseconds for a million items, whatever the line.
    """

    model: str
    first: datetime  # of the window, by when items were sent
    last: datetime
    days: int  # whole days of the window, at least 1
    total: int
    judged: Sequence[Judged]  # ascending by reach

    def alerts(self, line: float) -> int:
        """How many items reach a line."""
        ...

    def hours(self, line: float) -> Sequence[int]:
        """Those by hour of the week in the desk's zone, Monday 0:00 first."""
        ...

    def flips(self, low: float, high: float) -> Mapping[Priority, int]:
        """Of the items from `low` to before `high` how many have which priority without."""
        ...

    def bins(self) -> Sequence[int]:
        """How many items lie in each of `BINS` equal parts of [0, 1]; by rule counts as 1."""
        ...

    def up(self, line: float) -> float | None:
        """The lowest score at or over a line; None if only rules reach it."""
        ...

    def read_since(self, moment: datetime, line: float) -> tuple[int, int]:
        """Of the items read from a moment on: how many, and how many reach the line."""
        ...


class Known:
    """What people said of the items of a history, arranged for any line."""

    def __init__(self, judged: Sequence[Judged], *, days: int, of: Label = Label.EMERGENCY) -> None:
        self.of = of
        self.real = [each for each in judged if each.label is of]
        # At another line than the emergency's, what is graver is no false find.
        self.others = [
            each
            for each in judged
            if each.label is not of and (of is Label.EMERGENCY or each.label is Label.ROUTINE)
        ]
        self.drawn = [each for each in judged if each.drawn]
        self._real_reach = [each.reach for each in self.real]
        self._other_reach = [each.reach for each in self.others]
        self._days = Days(days)
        self._caught = Sample([each.day for each in self.real], self._days)

    @property
    def count(self) -> int:
        """How many are known to be real."""
        return len(self.real)

    def missed(self, line: float) -> list[Judged]:
        """The real ones under a line, highest score first."""
        return self.real[: bisect_left(self._real_reach, line)][::-1]

    def misses(self, line: float) -> int:
        """How many of the real ones lie under a line."""
        return bisect_left(self._real_reach, line)

    def caught(self, line: float) -> Range:
        """The share of the real ones that a line catches."""
        under = self.real[: self.misses(line)]
        return self._caught.range(no=[each.day for each in under])

    def alarms(self, line: float) -> Range:
        """Of the judged alerts at a line, those that were real."""
        caught = self.real[self.misses(line) :]
        false = self.others[bisect_left(self._other_reach, line) :]
        days = [each.day for each in (*caught, *false)]
        return Sample(days, self._days).range(no=[each.day for each in false])

    def judged_under(self, line: float) -> int:
        """How many judged items lie under a line."""
        return self.misses(line) + bisect_left(self._other_reach, line)

    def part(self, kind: int, name: str) -> tuple[list[Judged], Sample]:
        """The real ones of a slice."""
        found = [each for each in self.real if each.parts[kind] == name]
        return found, Sample([each.day for each in found], self._days)

    @property
    def scores(self) -> list[float]:
        """The reach of each real one, ascending."""
        return self._real_reach
