"""What a citizen record says, line by line, each with where it comes from and how old it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from console.web.reading import masked_sender
from notifier import words
from triage.actions import may_see_text
from triage.lifecycle import RESULTS
from triage.model import Case, Officer, Person, SafeContact, State
from triage.record_cases import closed

CONTACTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line: what it is, what the record says, who says so and since when."""

    term: str
    text: str
    source: str = ""


def masked(person: Person) -> str:
    """Enough to tell two persons apart, not enough to know who it is: `Z. Q., 1984, WB1`."""
    parts = person.name.split()
    initials = " ".join(f"{part[0].upper()}." for part in parts if part[0].isalpha())
    year = str(person.date_of_birth.year) if person.date_of_birth else ""
    known = (initials or "No name", f"born {year}" if year else "", outward_code(person))
    return ", ".join(part for part in known if part)


def outward_code(person: Person) -> str:
    """The first half of the present postcode: a town, not a door."""
    codes = (each.postcode for each in person.addresses if each.current and each.postcode)
    code = next(codes, "")
    return code.split()[0] if " " in code else code[:-3]


def needs_of(person: Person, rules: SafeContact | None, zone: tzinfo) -> Iterator[Fact]:
    """What an answer has to heed, whoever it is: shown before the record is opened."""
    source = record_source(person, zone)
    if rules is not None:
        channels = ", ".join(each.replace("_", " ") for each in rules.channels)
        safe = "; ".join(part for part in (channels or "no channel", rules.note) if part)
        said = sourced(rules.set_by, rules.set_at, zone)
        yield Fact(term="Safe contact", text=safe, source=said)
    if person.markers:
        marked = ", ".join(marker.replace("_", " ") for marker in person.markers)
        yield Fact(term="Markers", text=marked, source=source)
    if person.language:
        yield Fact(term="Language", text=person.language, source=source)
    for need in person.needs:
        said = sourced(need.source, need.updated_at, zone) or source
        yield Fact(term="Needs", text=need.text, source=said)


def identity_of(person: Person, zone: tzinfo) -> Iterator[Fact]:
    """Who it is, as far as it takes to decide whether they are writing."""
    source = record_source(person, zone)
    registered = (person.forename, person.middle_names, person.surname)
    if person.preferred_name and person.preferred_name != person.forename:
        text = " ".join(part for part in registered if part)
        yield Fact(term="Registered as", text=text, source=source)
    if person.pronunciation:
        yield Fact(term="Say", text=person.pronunciation, source=source)
    if person.date_of_birth:
        born = person.date_of_birth
        yield Fact(term="Born", text=f"{born.day} {born:%b %Y}", source=source)
    postcode = next((each.postcode for each in person.addresses if each.current), "")
    if postcode:
        yield Fact(term="Postcode", text=postcode, source=source)


def work_of(person: Person) -> Iterator[Fact]:
    """What the police already have to do with a confirmed person, once it is opened."""
    for case in sorted(person.cases, key=closed):
        yield Fact(term="Case", text=_case_line(case), source=_case_source(case))


def contacts_of(
    cases: Sequence[Case], case: Case, officer: Officer, *, now: datetime, zone: tzinfo
) -> Iterator[tuple[str, Fact]]:
    """Earlier contacts the officer may read, newest first: reference and line."""
    earlier = [
        each
        for each in cases
        if each.ref != case.ref
        and each.item.sent_at <= case.item.sent_at
        and may_see_text(each, officer)
    ]
    for each in earlier[:CONTACTS]:
        when = words.clock_time(each.item.sent_at, now=now, zone=zone)
        became = RESULTS.get(each.result, "") if each.state is State.CLOSED else "open"
        parts = (words.platform(each.item.channel), became or "closed")
        yield each.ref, Fact(term=when, text=" · ".join(parts), source=masked_sender(each.item))


def record_source(person: Person, zone: tzinfo) -> str:
    """Where the record comes from, and of when it is."""
    return sourced(person.source, person.updated_at, zone)


def sourced(source: str, at: datetime | None, zone: tzinfo) -> str:
    """`DC 3310 Lockyer, 9 Nov 2026`; "" if neither is known."""
    day = at.astimezone(zone) if at else None
    return ", ".join(part for part in (source, f"{day.day} {day:%b %Y}" if day else "") if part)


def _case_line(case: Mapping[str, Any]) -> str:
    parts = (case.get("reference") or case.get("ref"), case.get("summary"), case.get("status"))
    return " · ".join(str(part) for part in parts if part)


def _case_source(case: Mapping[str, Any]) -> str:
    day = case.get("updated_at") or case.get("opened")
    return ", ".join(str(part) for part in (case.get("officer"), day) if part)
