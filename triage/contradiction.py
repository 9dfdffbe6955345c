"""What in a text speaks against the person whom a human confirmed for the account."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from triage.claims import Claim
from triage.evidence import compare
from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.identify.contacts import phone_key
from triage.identify.namelist import AMBIGUOUS_FORENAMES
from triage.identify.naming import fold, parse_name
from triage.identify.owned import says_mine
from triage.identify.owners import MINE_AFTER
from triage.identify.quoting import is_quoted
from triage.model import Person
from triage.name_evidence import name_rows
from triage.otherhands import OTHER_HANDS, other_hands

TOLD_OF = (
    r"['’]s\b|\s+(?:is|was|are|has|had|isn['’]?t|wasn['’]?t|hasn['’]?t|can['’]?t|cannot|could"
    r"|can not|doesn['’]?t|does not|didn['’]?t|won['’]?t|will|needs|wants|asked|told|said|says|left"
    r"|died|passed|lives|lived|used|moved|went|got|gave|lost|lent)\b(?!\s+(?:my|the)\s+name\b)"
)
"""What follows the name of somebody who is told of. "Liam is my name" is no such thing."""

DOING_FOR = (
    r"(?:on behalf of|in place of|instead of|who(?:['’]?s| is)|don['’]?t know (?:an?|any|who)"
    r"|(?:typing|writing|messaging|texting|posting)\s+(?:this\s+)?for|no|no ?(?:one|body) called"
    r"|calling me|wrong person[^\w\n]{1,3}not)"
)
"""What stands before the name of somebody whom the writer is not."""

OWN_WORDS = re.compile(
    r"(?:\bi['’]?m|\bi am|\bim|\bit['’]?s|\bit is|\bthis is|\bname(?:['’]?s| is)?|\bme"
    r"|\bcalled|[-–:])\s*$",
    re.IGNORECASE,
)

NOT_THEIRS = "the writer says the account is somebody else's"
KIN = "the writer says to be a relative of this person"
OTHER_NAME = "the writer gives another name"
SPOKEN_OF = "the writer speaks of this person as of somebody else"
SOMEBODY_ELSE = frozenset({NOT_THEIRS, KIN, OTHER_NAME, SPOKEN_OF, *OTHER_HANDS})
"""Reasons after which it is likelier somebody else than this person who writes."""

BY_HAND = (Place.TEXT, Place.THREAD)
NOBODYS_OWN = ("+44800", "+44808", "+443", "+4484", "+4487")
"""Numbers that only help lines and firms have."""

NEAR = 30
"""Characters between a name and a number that is given with it."""

CLASHES = ("different", "different year", "another initial")


def contradictions(
    identifiers: Identifiers, person: Person, today: date, text: str = ""
) -> tuple[str, ...]:
    """Reasons to doubt, without what was written; empty if nothing contradicts.

    `text` is what the writer typed, for what it says of the person by name. Display names and
    handles prove nothing; `triage.doubts` looks at the account.
    """
    typed = [each for each in identifiers.found if _typed(each, text)]
    reasons = [
        *_reasons(identifiers, typed, text, person, today),
        *other_hands(text, identifiers, person),
    ]
    if speaks_of(text, person):
        return (*reasons, SPOKEN_OF)
    return tuple(reasons)


def _typed(found: Found, text: str) -> bool:
    """Whether the writer gives it as their own, and does not pass on what somebody wrote."""
    quoted = found.place is Place.TEXT and is_quoted(text, found.span.start)
    return found.place in BY_HAND and found.role is Whose.WRITER and not quoted


def speaks_of(text: str, person: Person) -> bool:
    """Whether a text tells of the person by first name: "Liam is in hospital", "for Liam"."""
    firsts = {name.split()[0] for name in (person.forename, person.preferred_name) if name.strip()}
    return any(_told_of(text, first) for first in firsts if len(first) > 1)


def _told_of(text: str, first: str) -> bool:
    """ "the bill is too high" tells of no Bill: a first name that is a word needs its capital."""
    written = first if fold(first) in AMBIGUOUS_FORENAMES else f"(?i:{re.escape(first)})"
    name = rf"(?<![\w'’@]){written}(?:\s+[A-Z][\w'’-]+)?"
    for found in re.finditer(rf"{name}(?i:{TOLD_OF})", text):
        theirs = re.search(r"['’]s$", found[0], re.IGNORECASE)
        if theirs or not OWN_WORDS.search(text, 0, found.start()):
            return True
    return re.search(rf"\b(?i:{DOING_FOR})\s+{name}\b", text) is not None


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
