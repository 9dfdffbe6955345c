"""What in a text speaks against the person whom a human confirmed for the account."""

from collections.abc import Iterable, Iterator
from datetime import date

from triage.claims import Claim
from triage.evidence import compare
from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.identify.contacts import phone_key
from triage.identify.naming import parse_name
from triage.model import Person
from triage.name_evidence import name_rows

BY_HAND = (Place.TEXT, Place.THREAD)
CLASHES = ("different", "different year", "another initial")


def contradictions(
    identifiers: Identifiers, claim: Claim, person: Person, today: date
) -> tuple[str, ...]:
    """Reasons to doubt, without what was written; empty if nothing contradicts.

    Only what the writer typed counts: display names and handles change and prove nothing.
    """
    typed = [
        each for each in identifiers.found if each.place in BY_HAND and each.role is Whose.WRITER
    ]
    return tuple(_reasons(identifiers, typed, claim, person, today))


def _reasons(
    identifiers: Identifiers, typed: list[Found], claim: Claim, person: Person, today: date
) -> Iterator[str]:
    if identifiers.not_owner:
        yield "the writer says the account is somebody else's"
    if any(_fits(name, person) for name in identifiers.kin_of):
        yield "the writer says to be a relative of this person"
    if any(_clashes(each.value, person) for each in typed if each.kind is Trait.NAME):
        yield "the writer gives another name"
    if _other_phone(typed, person):
        yield "the writer gives another phone number"
    for each in compare(_birth_only(typed), person, today=today):
        if each.field in ("date_of_birth", "age") and each.level in CLASHES:
            yield f"the writer gives another {each.field.replace('_', ' ')}"


def _fits(name: str, person: Person) -> bool:
    rows = name_rows(Claim(names=(parse_name(name),)), person)
    return bool(rows) and all(each.weight > 0 for each in rows)


def _clashes(name: str, person: Person) -> bool:
    rows = name_rows(Claim(names=(parse_name(name),)), person)
    return any(each.level in CLASHES and each.field != "middle_names" for each in rows)


def _other_phone(typed: Iterable[Found], person: Person) -> bool:
    known = {phone_key(phone) for phone in person.phones}
    given = {each.value for each in typed if each.kind is Trait.PHONE}
    return bool(known and given and not known & given)


def _birth_only(typed: Iterable[Found]) -> Claim:
    births = tuple(each.value for each in typed if each.kind is Trait.DATE_OF_BIRTH)
    ages = tuple(each.value for each in typed if each.kind is Trait.AGE)
    return Claim(values={Trait.DATE_OF_BIRTH: births, Trait.AGE: ages})
