"""What names say for and against a record, by how common they are."""

from collections.abc import Iterable

from triage.bits import row, total
from triage.blocking import names_of
from triage.claims import Claim
from triage.identify.namelist import FEMALE_TITLES, FORENAME_BITS, MALE_TITLES, SURNAME_BITS
from triage.identify.naming import Name, forenames_agree, similar, sound, stands_for
from triage.model import Evidence, Person

RARE_SURNAME, RARE_FORENAME = 10.5, 8.0
"""Bits of a name that is not listed: capped, for rare names run in families."""


def name_rows(claim: Claim, person: Person) -> tuple[Evidence, ...]:
    """Names in the text first; what the account shows fills in what they leave open."""
    known = names_of(person)
    if not known:
        return ()
    told = _best(claim.names, known, person)
    shown = _best(claim.shown_names, known, person)
    have = {each.field for each in told}
    clash = any(each.field == "forename" and each.weight < 0 for each in (*told, *shown))
    extra = [_as_shown(each) for each in shown if each.field not in have]
    return (*told, *(each for each in extra if not (have and clash and each.weight > 0)))


def _as_shown(evidence: Evidence) -> Evidence:
    """A display name is chosen for show: it weighs less either way."""
    weight = evidence.weight - 1.0 if evidence.weight > 0 else evidence.weight / 3
    return row(evidence.field, f"{evidence.level}, as shown", weight)


def _best(written: Iterable[Name], known: tuple[Name, ...], person: Person) -> tuple[Evidence, ...]:
    pairs = [_pair(one, other, person) for one in written for other in known]
    pairs += [
        tuple(row(each.field, f"{each.level}, turned round", each.weight - 1.0) for each in rows)
        for one in written
        for other in known
        if one.full and not one.middles and len(one.surname) == 1
        for rows in [_pair(Name(forename=one.family, surname=(one.forename,)), other, person)]
        if all(each.weight > 0 for each in rows)
    ]
    return max(pairs, key=lambda rows: (total(rows), len(rows)), default=())


def _pair(written: Name, known: Name, person: Person) -> tuple[Evidence, ...]:
    rows = (
        _surname(written, known),
        _forename(written, known),
        _middle(written, known),
        _title(written, person),
    )
    return tuple(each for each in rows if each is not None)


def _surname(written: Name, known: Name) -> Evidence | None:
    if not written.surname or not known.surname:
        return None
    one, other = written.family, known.family
    bits = SURNAME_BITS.get(one, RARE_SURNAME)
    if one == other:
        return row("surname", "same", bits)
    if len(one) == 1:
        return (
            row("surname", "initial", 3.5) if one == other[0] else row("surname", "different", -4.0)
        )
    if (set(written.surname) & set(known.surname)) - {"de", "al", "el", "van", "da", "bin"}:
        return row("surname", "one of two", bits - 1.5)
    if similar(one, other):
        return row("surname", "similar", bits - 3.0)
    if sound(one) == sound(other) and one[0] == other[0]:
        return row("surname", "sounds alike", bits - 4.5)
    return row("surname", "different", -5.0)


def _forename(written: Name, known: Name) -> Evidence | None:
    one, other = written.forename, known.forename
    if not one or not other:
        return None
    bits = min(FORENAME_BITS.get(each, RARE_FORENAME) for each in {one, *stands_for(one)})
    if one == other:
        return row("forename", "same", bits)
    if 1 in (len(one), len(other)):
        fits = one[0] == other[0]
        return row("forename", "initial", 3.5) if fits else row("forename", "different", -6.0)
    if stands_for(one) & stands_for(other):
        return row("forename", "nickname", bits - 1.0)
    if forenames_agree(one, other):
        return row("forename", "short form", bits - 2.0)
    if one in known.middles:
        return row("forename", "middle name", bits - 2.5)
    if similar(one, other) or (other.startswith(one[:4]) and sound(one) == sound(other)):
        return row("forename", "similar", bits - 2.5)
    return row("forename", "different", -7.0)


def _middle(written: Name, known: Name) -> Evidence | None:
    if not written.middles or not known.middles:
        return None
    one, other = written.middles[0], known.middles[0]
    if one == other:
        return row("middle_names", "same", 5.0)
    if 1 in (len(one), len(other)) and one[0] == other[0]:
        return row("middle_names", "initial", 2.5)
    return row("middle_names", "different", -2.0)


def _title(written: Name, person: Person) -> Evidence | None:
    sex = person.sex[:1].upper()
    if not sex or written.title not in FEMALE_TITLES | MALE_TITLES:
        return None
    fits = sex == ("F" if written.title in FEMALE_TITLES else "M")
    return row("title", "fits", 1.0) if fits else row("title", "does not fit", -5.0)
