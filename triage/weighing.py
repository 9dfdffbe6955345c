"""What is left of a candidate's evidence once others have taken their share.

The hypotheses: each record that fits, somebody else of a household (who shares its phone,
address and surname), and nobody of the records. The last row of a waterfall says what the others
take, so that the probability is that of the sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from triage.bits import row, total
from triage.evidence import household
from triage.model import Candidate, Evidence, Person

DOUBT = 0.003
"""How often what was read is not the writer's after all, however well it fits."""

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
    def of(cls, person: Person, rows: Sequence[Evidence], prior: Evidence) -> "Weighed":
        """The person as a candidate, and the sum of what would speak for a housemate."""
        shared = household(rows)
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
    housemate = max(each.housemate for each in weighed)
    strengths = {each.person.record_id: _power(each.mine) for each in weighed}
    everybody = 1.0 + _power(housemate) + sum(strengths.values())
    found = []
    for each in weighed:
        others = everybody - 1.0 - strengths[each.person.record_id]
        level = "others fit too" if others > 0.05 else "reading may err"
        found.append(settled_with(each, max(others, 0.0), level))
    return sorted(found, key=lambda each: (-each.weight, each.record_id))


def settled_with(weighed: Weighed, others: float, level: str) -> Candidate:
    mine = _power(weighed.mine)
    probability = mine / (1.0 + mine + others) * (1 - DOUBT)
    rows = weighed.evidence
    if mine > 1e-9:
        share = row("others", level, log2(probability / (1 - probability)) - weighed.mine)
        rows = (*rows, share) if share.weight else rows
    weight = total(rows)
    return Candidate(
        record_id=weighed.person.record_id,
        probability=1.0 / (1.0 + _power(-weight)),
        weight=weight,
        evidence=rows,
    )


def _power(weight: float) -> float:
    return float(2.0 ** max(-200.0, min(weight, 200.0)))
