"""Patterns of ownership: the words before and behind an identifier that say whose it is."""

import re

from triage.found import Trait
from triage.identify.lexicon import RELATION

_POSSESSED = (
    rf"\b(?:my|our|the|an?|his|her|their)[ \t]+(?:\w{{2,15}}[ \t]+)?{RELATION}(?:['’]?s)?\b"
)
_THIRD = (
    r"\b(?:his|hers?|him|their|theirs|them|he|he['’]?s|she|she['’]?s|they|they['’]?re|someone"
    r"|somebody|someone['’]?s|scammers?|suspect|offender|driver"
    r"|(?:mum|mam|mom|dad|nan|gran|grandma|grandad|hubby|wife)(?:['’]?s)?)\b"
)
_SOMEBODYS = (
    r"\b(?!(?:it|that|what|here|there|let|who|where|how|today|number|phone|mobile|email|name|address"
    r"|dob|everyone|everybody)['’])[^\W\d_]{2,20}['’]s\b"
)
_CALLED_FROM = (
    r"\b(?:calls?|texts?|messages?|e-?mails?|letters?|links?|sms|ring|rings|rang|called|phoned|texted|messaged|calling"
    r"|phoning|texting|ringing|contacted|contacting|numbers?)\b[^.!?\n]{0,25}"
    r"\b(?:from|off|by|using)\b[^.!?\n]{0,25}$"
    r"|\bi[ \t]+(?:called|rang|phoned|dialled|texted|have (?:called|rung))\b[^.!?\n]{0,40}$"
    r"|\bkeeps?[ \t]+(?:on[ \t]+)?(?:calling|ringing|texting|phoning|messaging)\b[^.!?\n]{0,25}$"
    r"|\b(?:scam|spam|hoax|fraud)\w*\b[^.!?\n]{0,40}$"
)
_MINE = (
    r"\b(?:my|mine|our|mi|mój|moj|meu|minha|mio|mein|meine|mera|meri|benim|мій|мой|mon num[eé]ro"
    r"|num[aă]rul meu)\b"
)
_CALL_ME = (
    r"\b(?:call|ring|phone|text|contact|reach|get|message|msg|whatsapp|bell|buzz|tell|catch|email"
    r"|mail|answer|reply to)[ \t]+(?:\w+[ \t]+){0,2}?(?:me|us)\b"
)
_NOT_NEAR = (
    r"(?![^.!?\n]{0,15}\b(?:next|opposite|near|behind|above|below|across|round|beside|by)\b)"
)
_LIVE = (
    r"\b(?:i|we|i['’]?m|im|we['’]?re|i['’]?ve|ive)\b[^.!?\n]{0,20}\b(?:live|stay|reside|living"
    rf"|staying|moved|based|rent|own)\b{_NOT_NEAR}|\bliving\b{_NOT_NEAR}|\bi['’]?m from\b"
    r"|\b(?:my|our)[ \t]+(?:\w+[ \t]+){0,2}?(?:address|house|home|flat|place|property|postcode"
    r"|post code|door|bungalow|garage|garden|bedsit|room|shop|street|road|block|building)\b"
)
_THEY_LIVE = (
    rf"(?:{_POSSESSED}|\b(?:he|she|they|who|he['’]?s|she['’]?s|they['’]?re)\b)[^.!?\n]{{0,40}}"
    r"\b(?:live|lives|living|lived|stay|stays|staying|reside|resides|moved|address)\b"
    r"|\b(?:his|her|their|RELATION['’]s)[ \t]+(?:\w+[ \t]+)?"
    r"(?:address|house|home|flat|place|postcode|property)\b"
).replace("RELATION", RELATION)
_SELF = r"\b(?:my|i|i['’]m|im|i was|me)\b"


def _compiled(patterns: dict[Trait, str]) -> dict[Trait, re.Pattern[str]]:
    return {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in patterns.items()}


OTHERS = _compiled(
    {
        Trait.PHONE: rf"{_POSSESSED}|{_THIRD}|{_SOMEBODYS}|{_CALLED_FROM}",
        Trait.EMAIL: rf"{_POSSESSED}|{_THIRD}|{_SOMEBODYS}|{_CALLED_FROM}",
        Trait.DATE_OF_BIRTH: rf"{_POSSESSED}|{_THIRD}|{_SOMEBODYS}",
        Trait.AGE: rf"{_POSSESSED}|{_THIRD}",
        Trait.ADDRESS: _THEY_LIVE,
        Trait.POSTCODE: _THEY_LIVE,
        Trait.VEHICLE: rf"{_POSSESSED}|{_THIRD}",
        Trait.CRIME_REF: rf"{_POSSESSED}|\b(?:his|her|their)\b",
        Trait.HANDLE: rf"{_POSSESSED}|{_THIRD}",
    }
)
"""Words before an identifier that give it to somebody else."""

WRITERS = _compiled(
    {
        Trait.PHONE: rf"{_MINE}|\bme (?:back )?(?:on|at|via)\b|{_CALL_ME}|\bi['’]?m on\b",
        Trait.EMAIL: rf"{_MINE}|\bme (?:back )?(?:on|at|via)\b|{_CALL_ME}",
        Trait.DATE_OF_BIRTH: _SELF,
        Trait.AGE: _SELF,
        Trait.ADDRESS: _LIVE,
        Trait.POSTCODE: _LIVE,
        Trait.VEHICLE: r"\b(?:my|our|mine)\b|\bi (?:drive|own|have|ride)\b|\bi['’]?m driving\b",
        Trait.CRIME_REF: r"\b(?:my|our|mine)\b",
        Trait.HANDLE: (
            r"\b(?:my[ \t]+(?:\w+[ \t]+){1,2}(?:is|:)|i['’]?m|i am|me (?:at|on))[ \t]*@?$"
        ),
    }
)
"""Words before an identifier that make it the writer's."""

MINE_AFTER = re.compile(
    rf"\W{{0,3}}(?:(?:(?:is|was|that['’]?s|thats|that is|it['’]?s)[ \t]+)?(?:my|mine|me)\b"
    rf"(?![ \t]+(?:\w{{2,15}}[ \t]+)?{RELATION}\b)"
    r"|(?:is|that['’]?s)[ \t]+(?:the house|our|the home)\b|here\b)",
    re.IGNORECASE,
)
THEIRS_AFTER = re.compile(
    r"\W{0,3}(?:(?:is|was|that['’]?s|thats|belongs to|it['’]?s)[ \t]+"
    rf"(?:his\b|her\b|their\b|the scammer|{_POSSESSED})|\((?:his|hers?|their)\b"
    rf"|(?:yrs?|years?)?[- \t]*old[ \t]+(?:\w+[ \t]+)?{RELATION}\b)",
    re.IGNORECASE,
)
OWN_RELATION_AFTER = re.compile(
    r"(?:[^.!?\n]{0,25}[,(–-][ \t]*(?:is |was )?|[ \t]+(?:is|was)[ \t]+)(?:my|his|her|our)[ \t]+"
    rf"(?:\w{{2,15}}[ \t]+)?{RELATION}\b",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:call|ring|phone|text|contact|contactable|reach|tel|telephone|mob|mobile|cell|number|no"
    r"|num|landline|line|whatsapp|e-?mail|ph|reply|answer|numer|numero|número|telefon|telefono"
    r"|телефон|номер)\b\.?[^.!?\n\d@]{0,20}$",
    re.IGNORECASE,
)
SCAM = re.compile(
    r"\b(?:scam|spam|hoax|fraud|phishing|locksmith|loans?|whatsapp me|click|deals?|calls? from"
    r"|withheld|keeps? (?:calling|ringing|texting))",
    re.IGNORECASE,
)
LINKS = re.compile(
    r"[\s,;:()/|&–-]*(?:(?:and|at|of|from|aka|dob|d\.o\.b\.?|born|on|address|postcode|post code"
    r"|tel|telephone|mob|mobile|phone|landline|e-?mail|number|no|ref|reference|live|living|lives|ph"
    r"|case|crime|incident|is|or|my|contact|call|me|if|i|the|also|age|aged|reg|date|birth|here|bike"
    r"|log|name|car)\b[\s,;:()./-]*){0,5}",
    re.IGNORECASE,
)
PROXY = re.compile(
    r"\b(?:solicitors?|my client|i act for|on behalf of|representing|power of attorney)\b",
    re.IGNORECASE,
)
PREDICATE = re.compile(
    r"[ \t)]*,?[ \t]*(?:is|was|has|had|keeps?|kept|hit|beat|lives?|works?|sells?|deals?|dealing"
    r"|threatened|attacked|stole|took|did|does|said|says|told|came|comes|went|goes|will|who|and i\b"
    r"|been|got|robbed|punched|stabbed|wants|would|owes|rang|called|phoned|should|needs|drives|drove|can"
    r"|could|from|of)\b",
    re.IGNORECASE,
)
