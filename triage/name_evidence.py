"""What names say for and against a record, by how common they are."""

from collections.abc import Iterable

from triage.bits import row, total
from triage.blocking import names_of
from triage.claims import Claim
from triage.identify.namelist import FEMALE_TITLES, MALE_TITLES
from triage.identify.naming import Name, forenames_agree, similar, sound, stands_for
from triage.model import Evidence, Person
from triage.weights import SHIPPED, Weights

AGAINST_AS_SHOWN = 3
"""What an account shows against a record weighs a third: display names are chosen for show."""

BARE_PARTICLES = frozenset({"de", "al", "el", "van", "da", "bin"})
"""Parts of a double surname that many share."""


def name_rows(claim: Claim, person: Person, weights: Weights = SHIPPED) -> tuple[Evidence, ...]:
    """Names in the text first; what the account shows fills in what they leave open."""
    known = names_of(person)
    if not known:
        return ()
    told = _best(claim.names, known, person, weights)
    shown = _best(claim.shown_names, known, person, weights)
    have = {each.field for each in told}
    clash = any(each.field == "forename" and each.weight < 0 for each in (*told, *shown))
    extra = [_as_shown(each, weights) for each in shown if each.field not in have]
    return (*told, *(each for each in extra if not (have and clash and each.weight > 0)))


def _as_shown(evidence: Evidence, weights: Weights) -> Evidence:
    if evidence.weight > 0:
        return weights.marked(evidence, "as shown")
    return row(evidence.field, f"{evidence.level}, as shown", evidence.weight / AGAINST_AS_SHOWN)


def _best(
    written: Iterable[Name], known: tuple[Name, ...], person: Person, weights: Weights
) -> tuple[Evidence, ...]:
    pairs = [_pair(one, other, person, weights) for one in written for other in known]
    pairs += [
        tuple(weights.marked(each, "turned round") for each in rows)
        for one in written
        for other in known
        if one.full and not one.middles and len(one.surname) == 1
        for rows in [_pair(_turned(one), other, person, weights)]
        if all(each.weight > 0 for each in rows)
    ]
    return max(pairs, key=lambda rows: (total(rows), len(rows)), default=())


def _turned(name: Name) -> Name:
    return Name(forename=name.family, surname=(name.forename,))


def _pair(written: Name, known: Name, person: Person, weights: Weights) -> tuple[Evidence, ...]:
    rows = (
        _surname(written, known, weights),
        _forename(written, known, weights),
        _middle(written, known, weights),
        _title(written, person, weights),
    )
    return tuple(each for each in rows if each is not None)


def _surname(written: Name, known: Name, weights: Weights) -> Evidence | None:
    if not written.surname or not known.surname:
        return None
    level = _surname_level(written, known)
    if level in weights.names["surname"]:
        return weights.name_row("surname", level, (written.family,))
    return weights.row("surname", level)


def _surname_level(written: Name, known: Name) -> str:
    one, other = written.family, known.family
    if one == other:
        return "same"
    if len(one) == 1:
        return "initial" if one == other[0] else "another initial"
    if (set(written.surname) & set(known.surname)) - BARE_PARTICLES:
        return "one of two"
    if similar(one, other):
        return "similar"
    return "sounds alike" if sound(one) == sound(other) and one[0] == other[0] else "different"


def _forename(written: Name, known: Name, weights: Weights) -> Evidence | None:
    if not written.forename or not known.forename:
        return None
    level = _forename_level(written.forename, known)
    if level in weights.names["forename"]:
        names = {written.forename, *stands_for(written.forename)}
        return weights.name_row("forename", level, names)
    return weights.row("forename", level)


def _forename_level(one: str, known: Name) -> str:
    other = known.forename
    if one == other:
        return "same"
    if 1 in (len(one), len(other)):
        return "initial" if one[0] == other[0] else "another initial"
    if stands_for(one) & stands_for(other):
        return "nickname"
    if forenames_agree(one, other):
        return "short form"
    if one in known.middles:
        return "middle name"
    alike = similar(one, other) or (other.startswith(one[:4]) and sound(one) == sound(other))
    return "similar" if alike else "different"


def _middle(written: Name, known: Name, weights: Weights) -> Evidence | None:
    if not written.middles or not known.middles:
        return None
    one, other = written.middles[0], known.middles[0]
    initial = 1 in (len(one), len(other)) and one[0] == other[0]
    level = "same" if one == other else "initial" if initial else "different"
    return weights.row("middle_names", level)


def _title(written: Name, person: Person, weights: Weights) -> Evidence | None:
    sex = person.sex[:1].upper()
    if not sex or written.title not in FEMALE_TITLES | MALE_TITLES:
        return None
    fits = sex == ("F" if written.title in FEMALE_TITLES else "M")
    return weights.row("title", "fits" if fits else "does not fit")
