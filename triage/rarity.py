"""How common names are among a force's own records: rare ones weigh more."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2

from triage.bits import GRAIN
from triage.blocking import names_of
from triage.model import Person
from triage.weights import Table, Weights

SHIPPED_COUNT = 1000
"""The shipped frequencies count like so many records."""

LEAST = 5
"""A name with fewer bearers is not listed: it weighs like all that are rare."""

LISTED = 5000
"""Of each kind of name, the commonest."""

RAREST = {"surname": 13.0, "forename": 11.0}
"""Bits of the rarest names: capped, for they run in families."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rarity:
    """Bits of listed names, of any other, and of a typical pair of strangers with one name."""

    bits: Table
    unlisted: Mapping[str, float]
    typical: Mapping[str, float]


def rarity_of(people: Iterable[Person], base: Weights) -> Rarity:
    """Count the registered names. With few records, much stays as it is in `base`."""
    names = [known[0] for person in people if (known := names_of(person))]
    counts = {
        "surname": Counter(name.family for name in names if name.surname),
        "forename": Counter(name.forename for name in names if name.forename),
    }
    listed = {field: _listed(field, each, base) for field, each in counts.items()}
    unlisted = {
        field: _unlisted(field, each, listed[field], base) for field, each in counts.items()
    }
    typical = {
        field: _typical(each, listed[field], unlisted[field]) for field, each in counts.items()
    }
    return Rarity(bits=listed, unlisted=unlisted, typical=typical)


def _listed(field: str, counts: Counter[str], base: Weights) -> dict[str, float]:
    common = [name for name, count in counts.most_common(LISTED) if count >= LEAST]
    return {
        name: _bits(field, counts[name], counts.total(), base.bits_of_name(field, name))
        for name in sorted({*common, *base.rarity[field]})
    }


def _unlisted(
    field: str, counts: Counter[str], listed: Mapping[str, float], base: Weights
) -> float:
    """Of a name as its bearers meet it: the more bear it, the more of them meet it."""
    rest = [count for name, count in counts.items() if name not in listed]
    bearers = sum(count * count for count in rest) / max(sum(rest), 1)
    return _bits(field, bearers, counts.total(), base.unlisted[field])


def _bits(field: str, count: float, of: int, shipped: float) -> float:
    share = (count + SHIPPED_COUNT * 2.0**-shipped) / (of + SHIPPED_COUNT)
    return min(round(-log2(share) * GRAIN) / GRAIN, RAREST[field])


def _typical(counts: Counter[str], listed: Mapping[str, float], unlisted: float) -> float:
    """Bits of the chance that two strangers have the same name."""
    together = sum(
        count / max(counts.total(), 1) * 2.0 ** -listed.get(name, unlisted)
        for name, count in counts.items()
    )
    return -log2(together) if together else unlisted
