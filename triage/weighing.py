"""What is left of a candidate's evidence once others have taken their share.

The hypotheses: each record that fits, somebody else of a household (who shares its phone,
address and surname), and nobody of the records. The last row of a waterfall says what the others
take, so that the probability is that of the sum of the weights, less a little doubt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

from triage.bits import row, row_at_most, total
from triage.identify.contacts import phone_key
from triage.identify.naming import fold
from triage.model import Candidate, Evidence, Person
from triage.weights import Weights

DOUBT = 0.003
"""How often what was read is not the writer's after all, however well it fits."""

WORTH_A_ROW = 0.002
"""The share of the probability from which on others are shown in the waterfall."""

WEAK, STRONG = -2.0, 2.5
"""Bits between which a record that nobody rivals is the writer's in about two of three cases,
whatever the sum says: measured on invented towns (docs/why/linking.md). Elsewhere the sum holds."""

WORTH, SLOPE = 0.9, 0.15
"""What a sum between them is worth: so many bits, and a little more the higher it is."""

NOBODY = -100.0
"""Bits of a hypothesis that is out of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A record with what speaks for and against it, before the others take their share."""

    person: Person
    evidence: tuple[Evidence, ...]
    mine: float
    housemate: float

    @classmethod
    def of(
        cls, person: Person, rows: Sequence[Evidence], prior: Evidence, weights: Weights
    ) -> "Weighed":
        """The person as a candidate, and the sum of what would speak for a housemate."""
        shared = weights.of_household(rows)
        return cls(
            person=person,
            evidence=(prior, *rows),
            mine=total((prior, *rows)),
            housemate=prior.weight + shared if shared > 0 else NOBODY,
        )


def settle(weighed: Sequence[Weighed]) -> list[Candidate]:
    """Candidates, best first, with what the others take as the last row of each waterfall."""
    if not weighed:
        return []
    housemate = _power(max(each.housemate for each in weighed))
    strengths = {each.person.record_id: _power(each.mine) for each in weighed}
    everybody = housemate + sum(strengths.values())
    found = [
        candidate(each, max(everybody - _same_person(each, weighed, strengths), 0.0), housemate)
        for each in weighed
    ]
    return sorted(found, key=lambda each: (-each.weight, each.record_id))


def _calibrated(weight: float) -> tuple[Evidence, ...]:
    """The row that makes weak evidence say what it turned out to be worth."""
    if not WEAK <= weight < STRONG:
        return ()
    return (row("calibration", "nobody else fits", WORTH + SLOPE * weight - weight),)


def _same_person(one: Weighed, weighed: Sequence[Weighed], strengths: Mapping[str, float]) -> float:
    """The strength of a record and of others that are plainly of the same person.

    They take nothing from each other: whichever is meant, it is this person who writes.
    """
    return sum(
        strengths[each.person.record_id]
        for each in weighed
        if each is one or recorded_twice(one.person, each.person)
    )


def recorded_twice(one: Person, other: Person) -> bool:
    """Whether two records agree on name and birth date, and share what only one person has."""
    if one.date_of_birth is None or one.date_of_birth != other.date_of_birth:
        return False
    if (fold(one.forename), fold(one.surname)) != (fold(other.forename), fold(other.surname)):
        return False
    shared = (
        {phone_key(phone) for phone in one.phones} & {phone_key(phone) for phone in other.phones},
        {email.lower() for email in one.emails} & {email.lower() for email in other.emails},
        {(each.line, each.postcode) for each in one.addresses if each.line}
        & {(each.line, each.postcode) for each in other.addresses},
    )
    return any(shared)


def candidate(weighed: Weighed, others: float = 0.0, housemate: float = 0.0) -> Candidate:
    """The person as a candidate beside `others`, of whom the `housemate` is no record.

    Strengths are odds against nobody of the records. Where the others take next to nothing, no
    row is spent on them.
    """
    rows = weighed.evidence
    mine = _power(weighed.mine)
    if others / (1.0 + mine + others) >= WORTH_A_ROW:
        level = "somebody of the household" if 2 * housemate > others else "other records fit too"
        rows = (*rows, row_at_most("others", level, log2(mine / (1.0 + others)) - weighed.mine))
    if others < mine / 2:
        rows = (*rows, *_calibrated(total(rows)))
    weight = total(rows)
    return Candidate(
        record_id=weighed.person.record_id,
        probability=(1.0 - DOUBT) / (1.0 + _power(-weight)),
        weight=weight,
        evidence=rows,
    )


def _power(weight: float) -> float:
    return float(2.0 ** max(-200.0, min(weight, 200.0)))
