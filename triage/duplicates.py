"""Records that may be one person's: told with reasons, and merged by nobody here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from triage.blocking import keys_of
from triage.estimation import as_claim
from triage.evidence import compare
from triage.linking import prior_of
from triage.model import Candidate, Evidence, Person
from triage.ports import People
from triage.weighing import Weighed, settle
from triage.weights import SHIPPED, Weights

NAME = frozenset({"surname", "forename", "middle_names"})
BIRTH = "date_of_birth"

TELLS = 7.0
"""Bits from which on something else than name and birth date tells namesakes apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Two records; `candidate` is the other one, with what speaks for and against."""

    record_id: str
    candidate: Candidate

    @property
    def namesakes_only(self) -> bool:
        """Whether nothing but name and birth date speaks for it: that may well be two people."""
        rows = self.candidate.evidence
        born = any(each.field == BIRTH and each.weight > 0 for each in rows)
        beside = [each for each in rows if each.field not in NAME | {BIRTH}]
        return born and all(each.weight < TELLS for each in beside)


def sharing_a_key(people: Iterable[Person], index: People) -> Iterator[tuple[Person, Person]]:
    """Pairs of records, each once; `index` finds the same records by their keys."""
    done: set[str] = set()
    for person in people:
        done.add(person.record_id)
        for other in index.candidates(keys_of(person)):
            if other.record_id not in done:
                yield person, other


def duplicates(
    pairs: Iterable[tuple[Person, Person]],
    *,
    count: int,
    today: date,
    at_least: float = 0.9,
    weights: Weights = SHIPPED,
) -> Iterator[Duplicate]:
    """The pairs that are likely one person's.

    Args:
        pairs: of records.
        count: how many records there are, for the prior.
        today: the day against which ages are held.
        at_least: the least probability that is told.
        weights: of evidence.
    """
    prior = prior_of(count)
    for person, other in pairs:
        rows = compare(as_claim(person), other, today=today, weights=weights)
        found = _weighed(other, rows, prior, weights)
        if found.probability >= at_least:
            yield Duplicate(record_id=person.record_id, candidate=found)


def _weighed(
    person: Person, rows: tuple[Evidence, ...], prior: Evidence, weights: Weights
) -> Candidate:
    """Beside a housemate and a stranger, and no other record: a person may have three."""
    return settle([Weighed.of(person, rows, prior, weights)])[0]
