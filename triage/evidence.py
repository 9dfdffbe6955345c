"""What speaks for and against a record, field by field, in bits: log2 of how much likelier it is
to see this if the person is the writer than if somebody else is.

Fellegi and Sunter's sum of log-likelihood ratios. Here is told how well each field agrees; how
many bits that is worth stands in triage/weights.py.
"""

from collections.abc import Collection
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
from triage.weights import SHIPPED, Weights

TOLD_OF_AT_MOST = 6.0
"""Bits of a place that nobody calls their own: half of what it would weigh, and no more."""


def compare(
    claim: Claim, person: Person, *, today: date, weights: Weights = SHIPPED
) -> tuple[Evidence, ...]:
    """Every field that both sides have, with its level and weight."""
    rows = [
        _account(claim, person, weights),
        _phone(claim, person, weights),
        _email(claim, person, weights),
        _birth(claim, person, today, weights),
        _place(claim, person, weights),
        _vehicle(claim, person, weights),
        _reference(claim, person, weights),
        _handle(claim, person, weights),
    ]
    return (*(each for each in rows if each is not None), *name_rows(claim, person, weights))


# --- accounts, phones, mail -----------------------------------------------------------------------


def _account(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    known = [
        each.account_id
        for each in person.handles
        if each.platform == claim.platform and each.account_id
    ]
    if not claim.account_id or not known:
        return None
    if claim.account_id in known:
        return weights.row("account", "same account")
    return weights.row("account", "another account")


def _handle(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    levels = (
        _handle_level(claim, written, known)
        for written in dict.fromkeys([claim.handle, *claim.named_handles])
        for known in person.handles
    )
    rows = [weights.row("handle", level) for level in levels if level]
    return max(rows, key=lambda each: each.weight, default=None)


def _handle_level(claim: Claim, written: str, known: Handle) -> str:
    same_platform = known.platform == claim.platform
    level = _spelt(written, known.handle.lstrip("@").lower(), same_platform=same_platform)
    if level and _taken_over(claim, known):
        return "same, another account"
    if level == "same" and written in claim.named_handles:
        return "named in the text"
    return level


def _taken_over(claim: Claim, known: Handle) -> bool:
    """Whether the platform says that this handle is another account than the record's."""
    return (
        known.platform == claim.platform
        and bool(known.account_id and claim.account_id)
        and known.account_id != claim.account_id
    )


def _spelt(written: str, known: str, *, same_platform: bool) -> str:
    if not written or not known:
        return ""
    if written == known:
        return "same" if same_platform else "same elsewhere"
    bare, other = (each.strip("_.0123456789").replace("_", "") for each in (written, known))
    alike = len(bare) > 5 and (bare == other or similar(bare, other))
    return "similar" if alike else ""


def _phone(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    known = {phone_key(phone) for phone in person.phones} - {""}
    written = claim.of(Trait.PHONE)
    if not written or not known:
        return None
    shared = [phone for phone in written if phone in known]
    if not shared:
        return weights.row("phone", "different")
    if any(phone.startswith(("+447", "+3538")) or not phone.startswith("+44") for phone in shared):
        return weights.row("phone", "same")
    return weights.row("phone", "landline")


def _email(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    known = {email.lower() for email in person.emails}
    if known & set(claim.of(Trait.EMAIL)):
        return weights.row("email", "same")
    return None


# --- birth ----------------------------------------------------------------------------------------


def _birth(claim: Claim, person: Person, today: date, weights: Weights) -> Evidence | None:
    born = person.date_of_birth
    if born is None:
        return None
    dates = [
        weights.row("date_of_birth", _birth_level(written, born))
        for written in claim.of(Trait.DATE_OF_BIRTH)
    ]
    ages = [weights.row("age", _age_level(int(age), born, today)) for age in claim.of(Trait.AGE)]
    return max(dates or ages, key=lambda each: each.weight, default=None)


def _birth_level(written: str, born: date) -> str:
    known = born.isoformat()
    if written == known:
        return "same"
    if len(written) == 4:
        gap = abs(int(written) - born.year)
        return {0: "same year", 1: "a year off"}.get(gap, "different year")
    if known in swapped(written):
        return "day and month swapped"
    if sum(a != b for a, b in zip(written, known, strict=True)) == 1:
        return "one digit off"
    return "another year" if written[5:] == known[5:] else "different"


def _age_level(age: int, born: date, today: date) -> str:
    real = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return {0: "same", 1: "a year off"}.get(abs(real - age), "different")


# --- places, vehicles, references -----------------------------------------------------------------


def _place(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    if not person.addresses:
        return None
    lines, postcodes = claim.of(Trait.ADDRESS), claim.of(Trait.POSTCODE)
    if lines or postcodes:
        return _best_address(lines, postcodes, person, weights)
    near = claim.nearby
    lines, postcodes = near.get(Trait.ADDRESS, ()), near.get(Trait.POSTCODE, ())
    found = _best_address(lines, postcodes, person, weights)
    if found.weight <= 0:
        return None
    return row("address", f"{found.level}, told of", min(found.weight / 2, TOLD_OF_AT_MOST))


def _best_address(
    lines: Collection[str], postcodes: Collection[str], person: Person, weights: Weights
) -> Evidence:
    rows = (_address_row(lines, postcodes, each, weights) for each in person.addresses)
    return max(rows, key=lambda each: each.weight)


def _address_row(
    lines: Collection[str], postcodes: Collection[str], known: Address, weights: Weights
) -> Evidence:
    found = weights.row("address", _address_level(lines, postcodes, known))
    if known.current or found.weight <= 0:
        return found
    return weights.marked(found, "earlier address")


def _address_level(lines: Collection[str], postcodes: Collection[str], known: Address) -> str:
    """How well what was written fits one address of the record."""
    wanted = postcode_key(known.postcode)
    written = [postcode_key(each) for each in postcodes]
    sector = bool(wanted) and any(each[:-2] == wanted[:-2] for each in written)
    level = _line_level(lines, known.line)
    if wanted and wanted in written:
        return _WITH_POSTCODE.get(level, "postcode")
    if written and wanted and not sector and level == "line":
        return "line in another area"
    return "postcode sector" if sector and level in (ANOTHER_NUMBER, "elsewhere") else level


ANOTHER_NUMBER = "same street, another number"
_WITH_POSTCODE = {"line": "line and postcode", ANOTHER_NUMBER: "postcode, another number"}


def _line_level(lines: Collection[str], known: str) -> str:
    own_unit, own_street = split_address(known)
    units = [unit for unit, street in map(split_address, lines) if street and street == own_street]
    if not units:
        return "elsewhere"
    if own_unit and own_unit in units:
        return "line"
    return ANOTHER_NUMBER if all(units) else "street"


def _vehicle(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    known = {vehicle_key(vehicle) for vehicle in person.vehicles}
    if known & set(claim.of(Trait.VEHICLE)):
        return weights.row("vehicle", "same")
    return None


def _reference(claim: Claim, person: Person, weights: Weights) -> Evidence | None:
    known = {reference_key(reference) for reference in references_of(person)}
    shared = [each for each in claim.of(Trait.CRIME_REF) if reference_key(each) in known]
    if not shared:
        return None
    long = any(sum(letter.isdigit() for letter in each) >= 6 for each in shared)
    return weights.row("crime_ref", "same" if long else "same short number")
