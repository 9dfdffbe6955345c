"""The cases a citizen record names, in whatever words a force's own system has for them."""

from collections.abc import Mapping
from typing import Any

from triage.model import Person

CLOSED_WORDS = frozenset({"closed", "finalised", "filed", "resolved", "no further action", "nfa"})


def open_cases(person: Person) -> int:
    """How many cases of the record are not over."""
    return sum(not closed(each) for each in person.cases)


def closed(case: Mapping[str, Any]) -> bool:
    """Whether a case says that it is over; one that says nothing is open."""
    return str(case.get("status", "")).casefold().strip() in CLOSED_WORDS
