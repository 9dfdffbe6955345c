"""Whether somebody who is known is asked again for what their record holds.

Ask once: a victim should not have to say twice who they are. English wordings only; what is asked
in another way, or by telephone, is not seen.
"""

import re
from collections.abc import Mapping

from triage.model import Case, LinkDecision, Person
from triage.ports import People

_ASKS = (
    r"(?:what(?:['’]?s| is| was)|(?:can|could|may|would|will) (?:you|i|we)|please|kindly"
    r"|need to know|we need|i need|let (?:me|us) (?:know|have)|send|give|confirm|provide|tell"
    r"|asked)"
)
_YOURS = r"(?:your|ur|yr|her|his|their|the|a|for)"
_ALL: Mapping[str, str] = {
    "name": r"(?:full |first |last |sur|preferred )?names?\b(?!\s+of\b)",
    "birth date": r"(?:date of birth|d\.?o\.?b\b|birth ?(?:date|day)|age\b)",
    "address": r"(?:home |full |current |postal )?address\b|post ?code\b",
    "phone": r"(?:(?:tele)?phone|mobile|contact) ?(?:number|no\b)?|phone number",
}
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    what: re.compile(rf"\b(?:{said})", re.IGNORECASE) for what, said in _ALL.items()
}
_ASKED = re.compile(
    rf"\b{_ASKS}\b[^.?!\n]{{0,60}}?\b{_YOURS}\s+(?:\w+\s+){{0,2}}?"
    rf"((?:{'|'.join(_ALL.values())})[^.?!\n]{{0,80}})",
    re.IGNORECASE,
)
"""What is asked for, and what else stands in the list: "your name, address and date of birth"."""

_WHO = re.compile(
    r"\bwho (?:am i|are we|is this|are you|is writing)\b|\bwhat are you called\b"
    r"|\bwhere do you live\b|\bhow old are you\b|\bwhen were you born\b",
    re.IGNORECASE,
)
_BY_WORDS: Mapping[str, str] = {
    "who": "name",
    "what": "name",
    "where": "address",
    "how": "birth date",
    "when": "birth date",
}


def held(person: Person) -> tuple[str, ...]:
    """What a record holds, so that nobody needs to ask for it."""
    has = {
        "name": bool(person.forename or person.surname),
        "birth date": person.date_of_birth is not None,
        "address": any(each.current for each in person.addresses),
        "phone": bool(person.phones),
    }
    return tuple(what for what, there in has.items() if there)


def asked_again(text: str, person: Person) -> tuple[str, ...]:
    """What a text asks the person for although the record holds it, in the order of `held`."""
    lists = [found[1] for found in _ASKED.finditer(text)]
    asked = {what for what, pattern in _PATTERNS.items() if any(map(pattern.search, lists))}
    asked |= {_BY_WORDS[found[0].split()[0].lower()] for found in _WHO.finditer(text)}
    return tuple(what for what in held(person) if what in asked)


def told_of(text: str, case: Case, people: People) -> Mapping[str, object]:
    """For the trail: what a text to or about a confirmed person asks for although it is held;
    nothing where nobody is confirmed."""
    if case.link.decision is not LinkDecision.CONFIRMED or not case.link.candidates:
        return {}
    person = people.person(case.link.candidates[0].record_id)
    return {"known": True, "asked": list(asked_again(text, person)) if person else []}
