"""Weights of evidence in bits, on a grain on which sums are exact."""

import math
from collections.abc import Iterable

from triage.model import Evidence

GRAIN = 16
"""Sixteenths of a bit: exact as floats, and in the four decimals that people are shown."""


def row(field: str, level: str, weight: float) -> Evidence:
    """One row of the waterfall, its weight on the grain."""
    return Evidence(field=field, level=level, weight=round(weight * GRAIN) / GRAIN)


def row_at_most(field: str, level: str, weight: float) -> Evidence:
    """The same, rounded down: what others take is never understated."""
    return Evidence(field=field, level=level, weight=math.floor(weight * GRAIN) / GRAIN)


def total(rows: Iterable[Evidence]) -> float:
    """The sum of the weights: exact."""
    return sum(each.weight for each in rows)
