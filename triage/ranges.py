"""Between what a share lies: Wilson's interval, and a bootstrap by days for few events."""

import math
import random
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

Z95 = 1.959964
ENOUGH = 30
"""Under so many there is not enough to say a share at all."""

FEW = 200
"""Under so many events their days matter: those of one day have too much in common."""

DRAWS = 400
SEED = 20_261_127


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share; (0, 1) for nothing."""
    if not of:
        return (0.0, 1.0)
    share, square = hits / of, Z95 * Z95
    middle = share + square / (2 * of)
    spread = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    scale = 1 + square / of
    return (max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """`hits` of `of` with the 95 % range of their share."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The plain share; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def enough(self) -> bool:
        """Whether there are enough to say a share at all."""
        return self.of >= ENOUGH


def counted(hits: int, of: int) -> Range:
    """A share with Wilson's interval alone."""
    low, high = wilson(hits, of)
    return Range(hits=hits, of=of, low=low, high=high)


class Days:
    """The days of a window, drawn again and again with replacement.

    Each day counts as often as it was drawn: a share over the drawn days shows how much it hangs
    on single days. The draws are seeded, so that the same question has the same answer.
    """

    def __init__(self, count: int, *, draws: int = DRAWS) -> None:
        self.count = count
        self.draws = draws

    @cached_property
    def _times(self) -> list[int]:
        """By day: how often each draw has it, 32 bits a draw in one long number.

        So one addition adds them for all draws, forty times as fast as one by one.
        """
        drawn = random.Random(SEED)  # noqa: S311 - a simulation that must repeat
        times = [[0] * self.draws for _ in range(self.count)]
        for draw in range(self.draws):
            for day in drawn.choices(range(self.count), k=self.count):
                times[day][draw] += 1
        return [int.from_bytes(self._packing.pack(*each), "little") for each in times]

    @cached_property
    def _packing(self) -> struct.Struct:
        return struct.Struct(f"<{self.draws}I")

    def totals(self, days: Iterable[int]) -> Sequence[int]:
        """For each draw, how many events it has; `days` are those of the events."""
        total = sum(events * self._times[day] for day, events in Counter(days).items())
        return self._packing.unpack(total.to_bytes(self._packing.size, "little"))


class Sample:
    """Events with a yes or no each, of which the share and its range are asked again and again.

    Args:
        of: the day of each event, counted from the first of the window.
        days: how the days are drawn.
    """

    def __init__(self, of: Sequence[int], days: Days) -> None:
        self._of = of
        self._days = days

    @cached_property
    def _totals(self) -> Sequence[int]:
        return self._days.totals(self._of)

    def range(self, *, no: Sequence[int]) -> Range:
        """The share of yes, where `no` has the days of the events that are none.

        Wilson's interval, and for few events the bootstrap by days where that is wider: it is
        never narrower, since a sample without a single no would look certain.
        """
        hits, of = len(self._of) - len(no), len(self._of)
        low, high = wilson(hits, of)
        if ENOUGH <= of < FEW and no:
            first, last = self._drawn(no)
            low, high = min(low, first), max(high, last)
        return Range(hits=hits, of=of, low=low, high=high)

    def _drawn(self, no: Sequence[int]) -> tuple[float, float]:
        missed = self._days.totals(no)
        shares = sorted(
            1 - without / of for without, of in zip(missed, self._totals, strict=True) if of
        )
        edge = len(shares) // 40
        return shares[edge], shares[-1 - edge]
