"""Weights of evidence in bits, on a grain on which sums are exact."""

from collections.abc import Iterable

from triage.model import Evidence

GRAIN = 256


def row(field: str, level: str, weight: float) -> Evidence:
    """One row of the waterfall, its weight on the grain."""
    return Evidence(field=field, level=level, weight=round(weight * GRAIN) / GRAIN)


def total(rows: Iterable[Evidence]) -> float:
    """The sum of the weights: exact."""
    return sum(each.weight for each in rows)
