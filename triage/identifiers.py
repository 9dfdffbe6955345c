"""Identifiers from what people write: phones, e-mails, names and the rest, and whose they are.

Rules and small tables, no model: what is found can be shown and explained. Linear in the
length of the text.
"""

from collections.abc import Sequence

from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.model import Item, Person

__all__ = [
    "Found",
    "Identifiers",
    "Place",
    "Trait",
    "Whose",
    "extract",
    "keys_for",
    "keys_of",
]


def extract(item: Item, thread: Sequence[str] = ()) -> Identifiers:
    """Identifiers of an item, and of the same sender's earlier texts (`thread`, oldest first)."""
    return Identifiers()


def keys_of(person: Person) -> tuple[str, ...]:
    """The blocking keys a record is indexed under, each once."""
    return ()


def keys_for(item: Item, identifiers: Identifiers) -> tuple[str, ...]:
    """The keys under which the writer's record may stand, rarest kinds first."""
    return ()
