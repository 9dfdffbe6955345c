"""How many bits each level of agreement is worth: one table, for officers and for the code.

What is shipped are priors, to be estimated anew from a force's own records
(`firstcontact link train`). A level's name is what an officer reads in the waterfall.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache

from triage.bits import row
from triage.identify.namelist import FORENAME_BITS, SURNAME_BITS
from triage.model import Evidence

Table = Mapping[str, Mapping[str, float]]
"""Field, then level (or name), then bits."""

FARTHEST = 8.0
"""So many bits at most lie between a prior and what is estimated, or the estimate is a mistake."""

MARKS = ("earlier address", "told of", "turned round", "as shown")
"""What is added to a level's name where it weighs less."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights:
    """Bits for and against, in log2 of how much likelier it is to see this of the person.

    `levels` are whole weights. `names` are levels of names, weighed beside how rare the name is:
    added to its bits in `rarity`, or to those of a name that is not listed, in `unlisted`.
    `less` is what a level loses that is marked so. `shared` is what a field, or one level of it,
    loses if not the person but somebody of their household is the writer; fields that are not
    named there are the person's own: they say nothing for the household.
    """

    levels: Table
    names: Table
    rarity: Table
    unlisted: Mapping[str, float]
    less: Mapping[str, float]
    shared: Mapping[str, float]

    def row(self, field: str, level: str) -> Evidence:
        """The row of the waterfall that says this."""
        return row(field, level, self.levels[field][level])

    def name_row(self, field: str, level: str, names: Iterable[str]) -> Evidence:
        """The same for a name that stands for any of these: the commonest counts."""
        bits = min(self.bits_of_name(field, name) for name in names)
        return row(field, level, bits + self.names[field][level])

    def bits_of_name(self, field: str, name: str) -> float:
        """How rare a name is."""
        return self.rarity[field].get(name, self.unlisted[field])

    def marked(self, evidence: Evidence, mark: str) -> Evidence:
        """A row that speaks for the person, with a mark for which it weighs less."""
        return row(evidence.field, f"{evidence.level}, {mark}", evidence.weight - self.less[mark])

    def of_household(self, rows: Iterable[Evidence]) -> float:
        """What the same evidence says for another member of the person's household."""
        return sum(
            max(each.weight - self._lost(each), 0.0) for each in rows if self.is_shared(each)
        )

    def is_shared(self, evidence: Evidence) -> bool:
        """Whether a household has this in common."""
        return evidence.field in self.shared

    def _lost(self, evidence: Evidence) -> float:
        return self.shared.get(evidence.level, self.shared[evidence.field])


@cache
def digest_of(weights: Weights) -> str:
    """Which weights these are: SHA-256 of the whole table, its first twelve digits."""
    tables = {each.name: getattr(weights, each.name) for each in fields(weights)}
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:12]


def bare_level(level: str) -> str:
    """The level without the marks for which it weighs less."""
    name, _, mark = level.rpartition(", ")
    return bare_level(name) if mark in MARKS else level


SHIPPED = Weights(
    levels={
        "account": {"same account": 21.0, "another account": -0.5},
        "phone": {"same": 20.0, "landline": 18.5, "different": -1.0},
        "email": {"same": 20.5},
        "date_of_birth": {
            "same": 14.5,
            "day and month swapped": 11.0,
            "same year": 5.5,
            "one digit off": 4.0,
            "another year": 2.0,
            "a year off": 0.5,
            "different year": -6.0,
            "different": -8.0,
        },
        "age": {"same": 5.5, "a year off": 2.0, "different": -6.0},
        "address": {
            "line and postcode": 16.0,
            "line": 13.5,
            "postcode": 11.5,
            "postcode, another number": 9.0,
            "street": 7.5,
            "postcode sector": 4.5,
            "same street, another number": 3.0,
            "line in another area": 2.0,
            # People move, and records are late: this speaks against a record, but not loudly.
            "elsewhere": -2.0,
        },
        "vehicle": {"same": 17.5},
        # Everybody of a case knows its reference: the one harmed, the suspect, the witness.
        "crime_ref": {"same": 16.5, "same short number": 8.0},
        # Handles change hands: alone they suggest nobody.
        "handle": {
            "named in the text": 17.0,
            "same": 13.0,
            "same elsewhere": 8.0,
            "similar": 4.0,
            "same, another account": 2.0,
        },
        "surname": {"initial": 3.5, "another initial": -4.0, "different": -5.0},
        "forename": {"initial": 3.5, "another initial": -6.0, "different": -7.0},
        "middle_names": {"same": 5.0, "initial": 2.5, "different": -2.0},
        "title": {"fits": 1.0, "does not fit": -5.0},
    },
    names={
        "surname": {"same": 0.0, "one of two": -1.5, "similar": -3.0, "sounds alike": -4.5},
        "forename": {
            "same": 0.0,
            "nickname": -1.0,
            "short form": -2.0,
            "middle name": -2.5,
            "similar": -2.5,
        },
    },
    rarity={"surname": SURNAME_BITS, "forename": FORENAME_BITS},
    # Capped, for rare names run in families.
    unlisted={"surname": 10.5, "forename": 8.0},
    less={"earlier address": 2.0, "as shown": 1.0, "turned round": 1.0},
    shared={
        "phone": 4.0,
        "landline": 1.0,  # belongs to the house
        "email": 6.0,
        "account": 8.0,
        "handle": 8.0,
        "address": 0.5,
        "surname": 1.0,
        "vehicle": 1.5,
        "crime_ref": 3.0,
    },
)
