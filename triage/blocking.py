"""Blocking keys: under which a record is indexed, and under which a writer is looked up.

A key is short text that two persons seldom share. Both sides are made here, so that they
cannot drift apart.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b

from triage.claims import Claim, writer_claim
from triage.found import Identifiers, Trait
from triage.identify.contacts import phone_key, reference_key
from triage.identify.naming import Name, fold, parse_name, sound, stands_for
from triage.identify.places import address_core, postcode_key, vehicle_key
from triage.model import Address, Handle, Item, Person

REFERENCE_FIELDS = ("reference", "ref", "crime_ref", "case_ref", "number", "urn")
"""Under which names records of different systems keep a case's reference."""


def keys_of(person: Person) -> tuple[str, ...]:
    """The keys a record is indexed under, each once."""
    return tuple(dict.fromkeys(_record_keys(person)))


def keys_for(item: Item, identifiers: Identifiers) -> tuple[str, ...]:
    """The keys under which the writer's record may stand, rarest kinds first.

    Only of what the writer says of themselves and of their account: never of others.
    """
    return claim_keys(writer_claim(item, identifiers))


def claim_keys(claim: Claim) -> tuple[str, ...]:
    """The keys of one person as an item tells of them, rarest kinds first."""
    return tuple(dict.fromkeys(_claim_keys(claim)))


def key_numbers(keys: Iterable[str]) -> bytes:
    """Keys as numbers of 64 bits, 8 bytes each, lowest byte first: what an index holds of them.

    The same on every machine. Two keys may have one number, once in some 10^19 pairs: then a
    record too many is weighed.
    """
    return b"".join(
        [
            blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            for key in dict.fromkeys(keys)
            if key
        ]
    )


# --- records --------------------------------------------------------------------------------------


def names_of(person: Person) -> tuple[Name, ...]:
    """Every name a record has: as registered, as preferred, and aliases."""
    preferred = parse_name(person.preferred_name)
    written = [
        Name(
            forename=fold(person.forename),
            middles=tuple(fold(person.middle_names).split()),
            surname=tuple(fold(person.surname).split()),
        )
    ]
    if preferred.forename and preferred.forename != written[0].forename:
        surname = preferred.surname or written[0].surname
        written.append(Name(forename=preferred.forename, surname=surname))
    written += [parse_name(alias) for alias in person.aliases]
    return tuple(dict.fromkeys(name for name in written if name.forename or name.surname))


def _record_keys(person: Person) -> Iterator[str]:
    names = names_of(person)
    yield from (f"phone:{phone_key(phone) or phone}" for phone in person.phones)
    yield from (f"email:{email.lower()}" for email in person.emails)
    for handle in person.handles:
        yield from _handle_keys(handle)
    yield from (f"reg:{vehicle_key(vehicle)}" for vehicle in person.vehicles)
    yield from (f"case:{reference_key(reference)}" for reference in references_of(person))
    if person.date_of_birth:
        yield from _birth_keys(person.date_of_birth.isoformat(), names)
    for address in person.addresses:
        yield from _address_keys(address, names)
    yield from _name_keys(names)


def references_of(person: Person) -> tuple[str, ...]:
    """The references of a record's cases."""
    found = (str(case.get(key) or "") for case in person.cases for key in REFERENCE_FIELDS)
    return tuple(each for each in found if each)


def _handle_keys(handle: Handle) -> Iterator[str]:
    if handle.account_id:
        yield f"acct:{handle.platform}:{handle.account_id}"
    if handle.handle:
        yield f"handle:{handle.platform}:{handle.handle.lstrip('@').lower()}"


def _address_keys(address: Address, names: Iterable[Name]) -> Iterator[str]:
    if address.line:
        yield f"addr:{address_core(address.line)}"
    if address.postcode:
        yield from _postcode_keys(address.postcode, names)


# --- both sides -----------------------------------------------------------------------------------


def _name_keys(names: Iterable[Name]) -> Iterator[str]:
    for name in names:
        forenames = _forenames(name.forename)
        for family, sounds in _families(name.surname):
            for forename in forenames:
                yield f"name:{family}|{forename}"
                yield f"sound:{sounds}|{forename}"
            if name.forename:
                yield f"name:{family}|{name.forename[0]}."


@lru_cache(maxsize=20_000)
def _families(surname: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """A surname in one word, and each part of a double one, with how they sound."""
    parts = [part for part in surname if len(part) > 2]
    families = dict.fromkeys(["".join(surname), *parts]) if surname else {}
    return tuple((family, sound(family)) for family in families)


@lru_cache(maxsize=20_000)
def _forenames(forename: str) -> tuple[str, ...]:
    """What a first name may stand for; an initial is none."""
    return tuple(sorted(stands_for(forename))) if len(forename) > 1 else ()


def _birth_keys(born: str, names: Iterable[Name]) -> Iterator[str]:
    key = f"dob:{born}"
    yield key
    yield from _with_names(key, names)


def _postcode_keys(postcode: str, names: Iterable[Name]) -> Iterator[str]:
    key = f"pc:{postcode_key(postcode)}"
    yield key
    yield from _with_names(key, names)


def _with_names(key: str, names: Iterable[Name]) -> Iterator[str]:
    for name in names:
        for _, sounds in _families(name.surname):
            yield f"{key}|sn:{sounds}"
        for forename in _forenames(name.forename):
            yield f"{key}|fn:{forename}"


# --- items ----------------------------------------------------------------------------------------


def _claim_keys(claim: Claim) -> Iterator[str]:
    names = tuple(dict.fromkeys([*claim.names, *claim.shown_names]))
    if claim.account_id:
        yield f"acct:{claim.platform}:{claim.account_id}"
    yield from (f"phone:{phone}" for phone in claim.of(Trait.PHONE))
    yield from (f"email:{email}" for email in claim.of(Trait.EMAIL))
    yield from (f"reg:{vehicle}" for vehicle in claim.of(Trait.VEHICLE))
    yield from (f"case:{reference_key(each)}" for each in claim.of(Trait.CRIME_REF))
    for handle in dict.fromkeys([claim.handle, *claim.named_handles]):
        if handle:
            yield f"handle:{claim.platform}:{handle}"
    yield from _dated_and_placed(claim, names)
    yield from _name_keys(names)
    yield from _name_keys(_turned(names))


def _dated_and_placed(claim: Claim, names: tuple[Name, ...]) -> Iterator[str]:
    """Keys with a name first: a birth date alone is shared by many."""
    for born in claim.of(Trait.DATE_OF_BIRTH):
        for reading in (born, *swapped(born)):
            yield from reversed(list(_birth_keys(reading, names)))
    yield from (f"addr:{address_core(line)}" for line in claim.of(Trait.ADDRESS))
    for postcode in claim.of(Trait.POSTCODE):
        yield from reversed(list(_postcode_keys(postcode, names)))


def _turned(names: Iterable[Name]) -> Iterator[Name]:
    """Names with the family first, as many write them."""
    for name in names:
        if name.full and not name.middles and len(name.surname) == 1:
            yield Name(forename=name.family, surname=(name.forename,))


def swapped(born: str) -> tuple[str, ...]:
    """The date with day and month exchanged, if that is a date too."""
    if len(born) != 10 or int(born[8:]) > 12 or born[5:7] == born[8:]:
        return ()
    return (f"{born[:4]}-{born[8:]}-{born[5:7]}",)
