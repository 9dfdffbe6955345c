"""Blocking keys: under which a record is indexed, and under which a writer is looked up.

A key is short text that two persons seldom share. Both sides are made here, so that they
cannot drift apart.
"""

from collections.abc import Iterable, Iterator
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


def key_number(key: str) -> int:
    """A key as a signed number of 64 bits, the same on every machine: what an index holds.

    Two keys may have one number, once in some 10^19 pairs: then a record too many is weighed.
    """
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


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
        for family in _families(name):
            for forename in sorted(_forenames(name)):
                yield f"name:{family}|{forename}"
                yield f"sound:{sound(family)}|{forename}"
            if name.forename:
                yield f"name:{family}|{name.forename[0]}."


def _families(name: Name) -> list[str]:
    """A surname in one word, and each part of a double one."""
    parts = [part for part in name.surname if len(part) > 2]
    return list(dict.fromkeys([name.family, *parts])) if name.surname else []


def _forenames(name: Name) -> frozenset[str]:
    return stands_for(name.forename) if len(name.forename) > 1 else frozenset()


def _birth_keys(born: str, names: Iterable[Name]) -> Iterator[str]:
    yield f"dob:{born}"
    for name in names:
        for family in _families(name):
            yield f"dob:{born}|sn:{sound(family)}"
        for forename in sorted(_forenames(name)):
            yield f"dob:{born}|fn:{forename}"


def _postcode_keys(postcode: str, names: Iterable[Name]) -> Iterator[str]:
    key = postcode_key(postcode)
    yield f"pc:{key}"
    for name in names:
        for family in _families(name):
            yield f"pc:{key}|sn:{sound(family)}"
        for forename in sorted(_forenames(name)):
            yield f"pc:{key}|fn:{forename}"


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
