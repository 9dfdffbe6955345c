"""What each feature says about whose an identifier is: a linear model as a table of text.

Learned by `classifiers/training/owners.py`. A line of the table is a feature and a weight for
every answer, in hundredths; the chances are the softmax of the sums.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from math import exp
from pathlib import Path

from triage.errors import BadInput
from triage.found import Whose

TABLE = Path(__file__).with_name("owned.tsv")
NOTHING = "nothing"
ANSWERS = (*Whose, NOTHING)
"""Whose an identifier is, or that it is none: another number, a word that is no name."""

UNIT = 100.0
LANE = 32
"""Bits of an answer in a row that is written as one whole number, to be summed at once."""

_ZERO = 1 << (LANE - 1)
_ZEROS = sum(_ZERO << (LANE * place) for place in range(len(ANSWERS)))
_MASK = (1 << LANE) - 1
_SHIFTS = tuple(LANE * place for place in range(len(ANSWERS)))


class Weights:
    """Weights by feature, one for each of `ANSWERS`; features that are not listed say nothing."""

    def __init__(self, table: Mapping[str, tuple[int, ...]]) -> None:
        self._rows = {feature: _in_lanes(weights) for feature, weights in table.items()}

    def chances(self, features: Iterable[str]) -> dict[str, float]:
        """The chance of every answer."""
        weight_of = self._rows.get
        lanes = sum([weight_of(feature, 0) for feature in features], _ZEROS)
        sums = [((lanes >> shift) & _MASK) - _ZERO for shift in _SHIFTS]
        top = max(sums)
        powers = [exp((each - top) / UNIT) for each in sums]
        whole = sum(powers)
        return {answer: power / whole for answer, power in zip(ANSWERS, powers, strict=True)}


def _in_lanes(weights: Iterable[int]) -> int:
    """The weights side by side; below zero they borrow from the next, which sums pay back."""
    return sum(weight << shift for weight, shift in zip(weights, _SHIFTS, strict=True))


def read_weights(path: Path) -> Weights:
    """Weights from a table.

    Raises:
        BadInput: it is missing or damaged; the line is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"weights cannot be read: {error}") from error
    table: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(lines, 1):
        feature, *weights = line.split("\t")
        try:
            table[feature] = tuple(map(int, weights))
        except ValueError as error:
            raise BadInput(f"{path}:{number}", f"weights cannot be read: {error}") from error
        if len(weights) != len(ANSWERS):
            raise BadInput(f"{path}:{number}", f"{len(weights)} weights for {len(ANSWERS)}")
    return Weights(table)


@cache
def shipped_weights() -> Weights:
    """The weights that come with the product."""
    return read_weights(TABLE)
