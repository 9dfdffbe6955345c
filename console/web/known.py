"""What we already know about who is writing, and why we think so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from console.web.facts import (
    Fact,
    contacts_of,
    identity_of,
    masked,
    needs_of,
    work_of,
)
from console.web.site import WORKING, Site
from notifier import words
from triage.model import Candidate, Case, Event, Evidence, LinkDecision, Officer, Person, Role
from triage.record_cases import open_cases
from triage.repeat_questions import held
from triage.safe_contact import rules_in_force

MOST_CANDIDATES = 5
MAY_LOOK = WORKING | {Role.AUDITOR}
CONSULTED = "consulted"
OPEN_FOR = timedelta(minutes=30)
"""So long a record stays open for the officer who opened it on an item."""

LATEST = 50


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

    `who` is masked until the record is opened, a press that is recorded. Until a human confirms
    a person, even an opened record shows only what is needed to decide about it: one party's
    record must not be read in the other's thread by mistake.
    """

    record_id: str
    who: str
    confirmed: bool
    opened: bool = False
    mentioned: bool = False
    chance: str = ""
    bars: Sequence[Bar] = ()
    zero: float = 0
    held: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    contacts: Sequence[tuple[str, Fact]] = ()
    addresses: Sequence[str] = ()
    codeword: str = ""


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
    opened = opened_records(site.store.events(case.ref), officer.id, site.now())
    looking = _Looking(site=site, case=case, officer=officer, opened=opened)
    persons = [looking.at(candidate) for candidate in candidates]
    if not mentions:
        return persons
    others = [site.store.person(each.record_id) for each in case.link.mentions]
    return persons + [_mentioned(site, person) for person in others if person]


def person_for_safety(site: Site, case: Case) -> Person | None:
    """The confirmed person; else the likeliest one who has safe-contact rules."""
    candidates = case.link.candidates
    if case.link.decision is LinkDecision.CONFIRMED:
        return site.store.person(candidates[0].record_id) if candidates else None
    persons = [site.store.person(each.record_id) for each in candidates[:MOST_CANDIDATES]]
    return next((person for person in persons if person and person.safe_contact), None)


def opened_records(events: Sequence[Event], officer_id: str, now: datetime) -> frozenset[str]:
    """Records that an officer opened on an item a short time ago, by the item's events."""
    return frozenset(
        str(record_id)
        for event in events
        if event.action == CONSULTED and event.actor == officer_id and event.at > now - OPEN_FOR
        for record_id in event.detail.get("records", ())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """An officer's look at the persons of a case."""

    site: Site
    case: Case
    officer: Officer
    opened: frozenset[str]

    def at(self, candidate: Candidate) -> Known:
        person = self.site.store.person(candidate.record_id)
        confirmed = self.case.link.decision is LinkDecision.CONFIRMED
        if person is None:
            name = "Record no longer held"
            return Known(record_id=candidate.record_id, who=name, confirmed=confirmed)
        opened = person.record_id in self.opened
        bars, zero = waterfall(candidate.evidence)
        known = Known(
            record_id=person.record_id,
            who=(person.name or person.record_id) if opened else masked(person),
            confirmed=confirmed,
            opened=opened,
            chance=words.chance(candidate.probability),
            bars=bars,
            zero=zero,
            facts=list(identity_of(person, self.site.zone)) if opened else (),
        )
        return self._confirmed(known, person) if confirmed else known

    def _confirmed(self, known: Known, person: Person) -> Known:
        site, now = self.site, self.site.now()
        contacts = site.store.cases_of(person.record_id, limit=LATEST)
        rules = rules_in_force(person, now)
        facts = [*known.facts, *needs_of(person, rules, site.zone)]
        known = replace(
            known,
            held=held(person),
            facts=facts,
            contacts=list(contacts_of(contacts, self.case, self.officer, now=now, zone=site.zone)),
        )
        if not known.opened:
            count = open_cases(person)
            counted = Fact(term="Cases", text=f"{count} open" if count else "none open")
            return replace(known, facts=[*facts, counted])
        return replace(
            known,
            facts=[*facts, *work_of(person)],
            addresses=_addresses(person),
            codeword=rules.codeword if rules else "",
        )


def _mentioned(site: Site, person: Person) -> Known:
    facts = (*identity_of(person, site.zone), *needs_of(person, None, site.zone))
    return Known(
        record_id=person.record_id,
        who=person.name or person.record_id,
        confirmed=False,
        opened=True,
        mentioned=True,
        facts=[fact for fact in facts if fact.term in ("Born", "Markers")],
    )


def _addresses(person: Person) -> list[str]:
    places = [
        ", ".join(part for part in (each.line, each.postcode) if part)
        for each in person.addresses
        if each.current
    ]
    return [place for place in places if place] + [*person.phones, *person.emails]


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
