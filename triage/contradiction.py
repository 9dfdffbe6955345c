"""What in a text speaks against the person whom a human confirmed for the account."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from triage.claims import Claim
from triage.evidence import compare
from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.identify.contacts import phone_key
from triage.identify.naming import fold, parse_name
from triage.identify.owned import says_mine
from triage.identify.owners import MINE_AFTER
from triage.identify.quoting import is_quoted
from triage.model import Person
from triage.name_evidence import name_rows
from triage.otherhands import OTHER_HANDS, other_hands

NOT_THEIRS = "the writer says the account is somebody else's"
KIN = "the writer says to be a relative of this person"
OTHER_NAME = "the writer gives another name"
NOTHING_FITS = "of what the writer says of themselves, nothing is on record"
TOO_YOUNG = "the writer has family that somebody of this person's age has not"
SOMEBODY_ELSE = frozenset({NOT_THEIRS, KIN, OTHER_NAME, TOO_YOUNG, *OTHER_HANDS})
"""Reasons after which it is likelier somebody else than this person who writes."""

BY_HAND = (Place.TEXT, Place.THREAD)
NOBODYS_OWN = ("+44800", "+44808", "+443", "+4484", "+4487")
"""Numbers that only help lines and firms have."""

OFFICIAL = re.compile(
    r"\b(?:pc|pcso|dc|ds|sgt|sergeant|inspector|officers?|constable|police|101|999|help ?line|line"
    r"|charity|refuge|centre|solicitors?|support|aid|advised?|told|gave|given|card|leaflet|poster"
    r"|letter|switchboard|desk|team|unit|hospital|ward|school|bank|office|number for|called?"
    r"|ringing|rang|texted|text from|email from)\b",
    re.IGNORECASE,
)
"""Words beside which a number may be an office's, or a caller's."""

NEAR = 30
"""Characters between a name and a number that is given with it."""

OWN_THINGS = (Trait.PHONE, Trait.EMAIL, Trait.DATE_OF_BIRTH)

_OF_MINE = r"\b(?:my|our)[ \t]+(?:\w{2,12}[ \t]+)?"
_AT_18 = r"(?:daughters?|sons?|kids?|children|wife|husband|tenants?|staff|\d{1,2} years?[- ]old)\b"
_AT_34 = r"grand(?:sons?|daughters?|kids|children|child)\b"
FAMILY = (
    (re.compile(_OF_MINE + _AT_18, re.IGNORECASE), 18),
    (re.compile(_OF_MINE + _AT_34, re.IGNORECASE), 34),
)
"""Family, and at what age people have it."""

CLASHES = ("different", "different year", "another initial")


def contradictions(
    identifiers: Identifiers, person: Person, today: date, text: str = ""
) -> tuple[str, ...]:
    """Reasons to doubt, without what was written; empty if nothing contradicts.

    `text` is what the writer typed, for what it says of the person by name. Display names and
    handles prove nothing; `triage.doubts` looks at the account.
    """
    typed = [each for each in identifiers.found if _typed(each, text)]
    return (
        *_reasons(identifiers, typed, text, person, today),
        *other_hands(text, identifiers, person),
    )


def _typed(found: Found, text: str) -> bool:
    """Whether the writer gives it as their own, and does not pass on what somebody wrote."""
    quoted = found.place is Place.TEXT and is_quoted(text, found.span.start)
    return found.place in BY_HAND and found.role is Whose.WRITER and not quoted


def _reasons(
    identifiers: Identifiers, typed: list[Found], text: str, person: Person, today: date
) -> Iterator[str]:
    if identifiers.not_owner:
        yield NOT_THEIRS
    if any(_fits(name, person) for name in identifiers.kin_of):
        yield KIN
    if any(_clashes(each.value, person) for each in typed if each.kind is Trait.NAME):
        yield OTHER_NAME
    if _other_phone([each for each in typed if _said_outright(each, typed, text)], person):
        yield "the writer gives another phone number"
    for each in compare(_birth_only(typed), person, today=today):
        if each.field in ("date_of_birth", "age") and each.level in CLASHES:
            yield f"the writer gives another {each.field.replace('_', ' ')}"
    if _nothing_fits(typed, text, person, today):
        yield NOTHING_FITS
    if _too_young(text, person, today):
        yield TOO_YOUNG


def _nothing_fits(typed: Iterable[Found], text: str, person: Person, today: date) -> bool:
    """Whether they give a number, mail or birth date of their own, and the record has none of it.

    Whoever gives the person's name, or one thing that the record holds, may have new others.
    Homes do not count: people move, and tell of many places.
    """
    own = [each for each in typed if each.place is Place.TEXT]
    given = [each for each in own if each.kind in OWN_THINGS]
    given = [each for each in given if _is_own_thing(each, own, text)]
    if all(each.value.startswith(NOBODYS_OWN) for each in given):
        return False
    claim = Claim(
        names=tuple(parse_name(each.value) for each in own if each.kind is Trait.NAME),
        values={kind: tuple(each.value for each in own if each.kind is kind) for kind in Trait},
    )
    mine = any(each.kind is Trait.EMAIL and _spells(each.value, person) for each in given)
    return not mine and not any(each.weight > 0 for each in compare(claim, person, today=today))


def _is_own_thing(found: Found, own: Iterable[Found], text: str) -> bool:
    """Numbers of officers and offices are passed on: beside such a word one's own is called so."""
    passed_on = found.kind in (Trait.PHONE, Trait.EMAIL) and OFFICIAL.search(text)
    return not passed_on or _said_outright(found, own, text)


def _spells(email: str, person: Person) -> bool:
    """Whether an address is made of the person's surname."""
    surname = fold(person.surname).replace(" ", "")
    return len(surname) > 2 and surname in fold(email.partition("@")[0]).replace(" ", "")


def _too_young(text: str, person: Person, today: date) -> bool:
    """ "My daughter", where the person is a child; "my grandson", where they are hardly grown."""
    born = person.date_of_birth
    if born is None:
        return False
    age = today.year - born.year
    return any(
        age < least and not is_quoted(text, found.start())
        for pattern, least in FAMILY
        for found in pattern.finditer(text)
    )


def _fits(name: str, person: Person) -> bool:
    rows = name_rows(Claim(names=(parse_name(name),)), person)
    return bool(rows) and all(each.weight > 0 for each in rows)


def _clashes(name: str, person: Person) -> bool:
    rows = name_rows(Claim(names=(parse_name(name),)), person)
    return any(each.level in CLASHES and each.field != "middle_names" for each in rows)


def _other_phone(typed: Iterable[Found], person: Person) -> bool:
    known = {phone_key(phone) for phone in person.phones}
    given = {
        each.value
        for each in typed
        if each.kind is Trait.PHONE and not each.value.startswith(NOBODYS_OWN)
    }
    return bool(known and given and not known & given)


def _said_outright(found: Found, typed: Iterable[Found], text: str) -> bool:
    """ "My number is", "ring me on", or behind the writer's name: many numbers are passed on."""
    if found.place is not Place.TEXT:
        return True
    start, end = found.span.start, found.span.end
    behind_name = any(
        each.kind is Trait.NAME and each.place is Place.TEXT and 0 < start - each.span.end < NEAR
        for each in typed
    )
    return behind_name or says_mine(text, start) or MINE_AFTER.match(text, end) is not None


def _birth_only(typed: Iterable[Found]) -> Claim:
    births = tuple(each.value for each in typed if each.kind is Trait.DATE_OF_BIRTH)
    ages = tuple(each.value for each in typed if each.kind is Trait.AGE)
    return Claim(values={Trait.DATE_OF_BIRTH: births, Trait.AGE: ages})
