"""What speaks for and against a record, field by field, in bits: log2 of how much likelier it is
to see this if the person is the writer than if somebody else is.

Fellegi and Sunter's sum of log-likelihood ratios. The weights of what is nearly unique (phones,
e-mails, accounts, plates) are set from how many people share one; names weigh by how common they
are.
"""

from collections.abc import Iterable
from datetime import date

from triage.bits import row
from triage.blocking import references_of, swapped
from triage.claims import Claim
from triage.found import Trait
from triage.identify.contacts import phone_key, reference_key
from triage.identify.naming import similar
from triage.identify.places import postcode_key, split_address, vehicle_key
from triage.model import Address, Evidence, Handle, Person
from triage.name_evidence import name_rows

HOUSEHOLD_LOSS = {
    "phone": 4.0,
    "email": 6.0,
    "account": 8.0,
    "handle": 8.0,
    "address": 0.5,
    "surname": 1.0,
    "vehicle": 1.5,
    "crime_ref": 3.0,
}
"""How many bits a field loses if not the person but somebody of their household is the writer.
Fields that are not named here are the person's own: they say nothing for the household."""


def compare(claim: Claim, person: Person, *, today: date) -> tuple[Evidence, ...]:
    """Every field that both sides have, with its level and weight."""
    rows = [
        _account(claim, person),
        _phone(claim, person),
        _email(claim, person),
        _birth(claim, person, today),
        _place(claim, person),
        _vehicle(claim, person),
        _reference(claim, person),
        _handle(claim, person),
    ]
    return (*(each for each in rows if each is not None), *name_rows(claim, person))


def household(rows: Iterable[Evidence]) -> float:
    """What the same evidence says for another member of the person's household."""
    return sum(max(each.weight - _loss(each), 0.0) for each in rows if each.field in HOUSEHOLD_LOSS)


def _loss(evidence: Evidence) -> float:
    """A landline belongs to the house."""
    if evidence.level == "landline":
        return 1.0
    return HOUSEHOLD_LOSS[evidence.field]


# --- accounts, phones, mail -----------------------------------------------------------------------


def _account(claim: Claim, person: Person) -> Evidence | None:
    known = [
        each.account_id
        for each in person.handles
        if each.platform == claim.platform and each.account_id
    ]
    if not claim.account_id or not known:
        return None
    if claim.account_id in known:
        return row("account", "same account", 21.0)
    return row("account", "another account", -0.5)


def _handle(claim: Claim, person: Person) -> Evidence | None:
    """Handles change hands: alone they suggest nobody."""
    best = None
    for written in dict.fromkeys([claim.handle, *claim.named_handles]):
        for known in person.handles:
            handle = known.handle.lstrip("@").lower()
            found = _handle_row(written, handle, same=known.platform == claim.platform)
            if found and _taken_over(claim, known):
                found = row("handle", "same, another account", 2.0)
            if found and written in claim.named_handles and found.level == "same":
                found = row("handle", "named in the text", 17.0)
            if found and (best is None or found.weight > best.weight):
                best = found
    return best


def _taken_over(claim: Claim, known: Handle) -> bool:
    """Whether the platform says that this handle is another account than the record's."""
    return (
        known.platform == claim.platform
        and bool(known.account_id and claim.account_id)
        and known.account_id != claim.account_id
    )


def _handle_row(written: str, known: str, *, same: bool) -> Evidence | None:
    if not written or not known:
        return None
    if written == known:
        return row("handle", "same", 13.0) if same else row("handle", "same elsewhere", 8.0)
    bare, other = (each.strip("_.0123456789").replace("_", "") for each in (written, known))
    if len(bare) > 5 and (bare == other or similar(bare, other)):
        return row("handle", "similar", 4.0)
    return None


def _phone(claim: Claim, person: Person) -> Evidence | None:
    known = {phone_key(phone) for phone in person.phones} - {""}
    written = claim.of(Trait.PHONE)
    if not written or not known:
        return None
    shared = [phone for phone in written if phone in known]
    if not shared:
        return row("phone", "different", -1.0)
    if any(phone.startswith(("+447", "+3538")) or not phone.startswith("+44") for phone in shared):
        return row("phone", "same", 20.0)
    return row("phone", "landline", 18.5)


def _email(claim: Claim, person: Person) -> Evidence | None:
    known = {email.lower() for email in person.emails}
    if known & set(claim.of(Trait.EMAIL)):
        return row("email", "same", 20.5)
    return None


# --- birth ----------------------------------------------------------------------------------------


def _birth(claim: Claim, person: Person, today: date) -> Evidence | None:
    born = person.date_of_birth
    if born is None:
        return None
    dates = [_birth_row(written, born) for written in claim.of(Trait.DATE_OF_BIRTH)]
    ages = [_age_row(int(age), born, today) for age in claim.of(Trait.AGE)]
    return max(dates or ages, key=lambda each: each.weight, default=None)


def _birth_row(written: str, born: date) -> Evidence:
    known = born.isoformat()
    if written == known:
        return row("date_of_birth", "same", 14.5)
    if len(written) == 4:
        gap = abs(int(written) - born.year)
        levels = {0: ("same year", 5.5), 1: ("a year off", 0.5)}
        return row("date_of_birth", *levels.get(gap, ("different", -6.0)))
    if known in swapped(written):
        return row("date_of_birth", "day and month swapped", 11.0)
    if sum(a != b for a, b in zip(written, known, strict=True)) == 1:
        return row("date_of_birth", "one digit off", 4.0)
    if written[5:] == known[5:]:
        return row("date_of_birth", "another year", 2.0)
    return row("date_of_birth", "different", -8.0)


def _age_row(age: int, born: date, today: date) -> Evidence:
    real = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    gap = abs(real - age)
    if gap == 0:
        return row("age", "same", 5.5)
    return row("age", "a year off", 2.0) if gap == 1 else row("age", "different", -6.0)


# --- places, vehicles, references -----------------------------------------------------------------


ELSEWHERE = -2.0
"""People move, and records are late: another address speaks against a record, but not loudly."""


def _place(claim: Claim, person: Person) -> Evidence | None:
    if not person.addresses:
        return None
    lines, postcodes = claim.of(Trait.ADDRESS), claim.of(Trait.POSTCODE)
    best = max(
        (_address_row(lines, postcodes, each) for each in person.addresses),
        key=lambda each: each.weight,
    )
    if lines or postcodes:
        return best
    near = claim.nearby
    found = max(
        (
            _address_row(near.get(Trait.ADDRESS, ()), near.get(Trait.POSTCODE, ()), each)
            for each in person.addresses
        ),
        key=lambda each: each.weight,
    )
    if found.weight <= 0:
        return None
    return row("address", f"{found.level}, told of", min(found.weight / 2, 6.0))


def _address_row(lines: Iterable[str], postcodes: Iterable[str], known: Address) -> Evidence:
    """How well what was written fits one address of the record."""
    wanted = postcode_key(known.postcode)
    written = [postcode_key(each) for each in postcodes]
    code = bool(wanted) and wanted in written
    sector = bool(wanted) and any(each[:-2] == wanted[:-2] for each in written)
    level, weight = _line_level(lines, known.line)
    if written and wanted and not sector and level == "line":
        level, weight = "line in another area", 2.0
    elif code:
        level, weight = _with_postcode(level)
    elif sector and weight < 4.5:
        level, weight = "postcode sector", 4.5
    if not known.current and weight > 0:
        level, weight = f"{level}, earlier address", weight - 2.0
    return row("address", level, weight)


def _with_postcode(level: str) -> tuple[str, float]:
    if level == "line":
        return "line and postcode", 16.0
    if level == "same street, another number":
        return "postcode, another number", 9.0
    return "postcode", 11.5


def _line_level(lines: Iterable[str], known: str) -> tuple[str, float]:
    best = ("elsewhere", ELSEWHERE)
    own_unit, own_street = split_address(known)
    if not own_street:
        return best
    for line in lines:
        unit, street = split_address(line)
        if street != own_street:
            continue
        if unit and unit == own_unit:
            return ("line", 13.5)
        level = ("same street, another number", 3.0) if unit else ("street", 7.5)
        best = max(best, level, key=lambda each: each[1])
    return best


def _vehicle(claim: Claim, person: Person) -> Evidence | None:
    known = {vehicle_key(vehicle) for vehicle in person.vehicles}
    if known & set(claim.of(Trait.VEHICLE)):
        return row("vehicle", "same", 17.5)
    return None


def _reference(claim: Claim, person: Person) -> Evidence | None:
    """Everybody of a case knows its reference: the one harmed, the suspect, the witness."""
    known = {reference_key(reference) for reference in references_of(person)}
    shared = [each for each in claim.of(Trait.CRIME_REF) if reference_key(each) in known]
    if not shared:
        return None
    long = any(sum(letter.isdigit() for letter in each) >= 6 for each in shared)
    return row("crime_ref", "same", 16.5) if long else row("crime_ref", "same short number", 8.0)
