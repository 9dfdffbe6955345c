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
_NONE = (0,) * len(ANSWERS)


class Weights:
    """Weights by feature, one for each of `ANSWERS`; features that are not listed say nothing."""

    def __init__(self, table: Mapping[str, tuple[int, ...]]) -> None:
        self._table = table

    def chances(self, features: Iterable[str]) -> dict[str, float]:
        """The chance of every answer."""
        table = self._table
        rows = [table[feature] for feature in features if feature in table]
        sums = [sum(column) for column in zip(_NONE, *rows, strict=True)]
        top = max(sums)
        powers = [exp((each - top) / UNIT) for each in sums]
        whole = sum(powers)
        return {answer: power / whole for answer, power in zip(ANSWERS, powers, strict=True)}


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
