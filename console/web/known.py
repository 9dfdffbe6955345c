"""What we already know about who is writing, and why we think so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.web.site import WORKING, Site
from triage.model import Candidate, Case, Evidence, LinkDecision, Officer, Person, Role
from triage.safe_contact import rules_in_force

MOST_CANDIDATES = 5
MAY_LOOK = WORKING | {Role.AUDITOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row of the waterfall: from `x`, `width` long, in hundredths of the drawing."""

    field: str
    level: str
    weight: str
    x: float
    width: float
    speaks_for: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person who may be writing, or is.

    Until a human confirms a person only what is needed to decide about it is filled: one
    party's record must not be read in the other's thread by mistake.
    """

    record_id: str
    name: str
    confirmed: bool
    chance: str = ""
    bars: Sequence[Bar] = ()
    zero: float = 0
    born: str = ""
    postcode: str = ""
    markers: Sequence[str] = ()
    contacts: Sequence[str] = ()
    cases: Sequence[str] = ()
    safe_note: str = ""
    codeword: str = ""
    mentioned: bool = False


def known_persons(
    site: Site, case: Case, officer: Officer, *, mentions: bool = False
) -> list[Known]:
    """The persons of a case, best first; with `mentions` also those it speaks about.

    Reviewers of public posts are shown nobody.
    """
    if not officer.roles & MAY_LOOK:
        return []
    confirmed = case.link.decision is LinkDecision.CONFIRMED
    candidates = case.link.candidates[: 1 if confirmed else MOST_CANDIDATES]
    persons = [_known(site, candidate, confirmed=confirmed) for candidate in candidates]
    if not mentions:
        return persons
    others = [site.store.person(each.record_id) for each in case.link.mentions]
    return persons + [_mentioned(person) for person in others if person]


def person_for_safety(site: Site, case: Case) -> Person | None:
    """The confirmed person; else the likeliest one who has safe-contact rules."""
    candidates = case.link.candidates
    if case.link.decision is LinkDecision.CONFIRMED:
        return site.store.person(candidates[0].record_id) if candidates else None
    persons = [site.store.person(each.record_id) for each in candidates[:MOST_CANDIDATES]]
    return next((person for person in persons if person and person.safe_contact), None)


def _known(site: Site, candidate: Candidate, *, confirmed: bool) -> Known:
    person = site.store.person(candidate.record_id)
    bars, zero = waterfall(candidate.evidence)
    if person is None:
        name = "Record no longer held"
        return Known(record_id=candidate.record_id, name=name, confirmed=confirmed)
    rules = rules_in_force(person, site.now())
    return Known(
        record_id=person.record_id,
        name=person.name or person.record_id,
        confirmed=confirmed,
        chance=chance(candidate.probability),
        bars=bars,
        zero=zero,
        born=f"{person.date_of_birth:%d %b %Y}" if person.date_of_birth else "",
        postcode=next((each.postcode for each in person.addresses if each.current), ""),
        markers=[marker.replace("_", " ") for marker in person.markers] if confirmed else (),
        contacts=_contacts(person) if confirmed else (),
        cases=[_case_line(each) for each in person.cases] if confirmed else (),
        safe_note=rules.note if rules and confirmed else "",
        codeword=rules.codeword if rules and confirmed else "",
    )


def _mentioned(person: Person) -> Known:
    return Known(
        record_id=person.record_id,
        name=person.name or person.record_id,
        confirmed=False,
        born=f"{person.date_of_birth:%d %b %Y}" if person.date_of_birth else "",
        markers=[marker.replace("_", " ") for marker in person.markers],
        mentioned=True,
    )


def _contacts(person: Person) -> list[str]:
    places = [
        ", ".join(part for part in (each.line, each.postcode) if part)
        for each in person.addresses
        if each.current
    ]
    return [place for place in places if place] + [*person.phones, *person.emails]


def _case_line(case: Mapping[str, Any]) -> str:
    parts = (case.get("reference"), case.get("summary"), case.get("status"), case.get("officer"))
    return " · ".join(str(part) for part in parts if part)


def chance(probability: float) -> str:
    """A probability as people say it; never a certainty."""
    if probability >= 0.995:
        return "over 99 in 100"
    if probability < 0.005:
        return "under 1 in 100"
    return f"about {round(probability * 100)} in 100"


def waterfall(evidence: Sequence[Evidence]) -> tuple[list[Bar], float]:
    """Each piece of evidence as a step from the sum before it, and where zero lies."""
    sums = [0.0]
    for piece in evidence:
        sums.append(sums[-1] + piece.weight)
    low, high = min(sums), max(sums)
    scale = 100 / (high - low) if high > low else 0.0
    bars = [
        Bar(
            field=piece.field.replace("_", " "),
            level=piece.level.replace("_", " "),
            weight=f"{piece.weight:+.1f}",
            x=round((min(before, after) - low) * scale, 1),
            width=max(round(abs(after - before) * scale, 1), 0.8),
            speaks_for=piece.weight >= 0,
        )
        for piece, before, after in zip(evidence, sums, sums[1:], strict=False)
    ]
    return bars, round(-low * scale, 1)
