"""References, e-mails, handles and phones in a text."""

import re

from triage.found import Trait
from triage.identify.lexicon import words
from triage.identify.pieces import Page

# --- references -----------------------------------------------------------------------------------

REF_FORMED = re.compile(
    r"(?<![\w/-])(?:(?:[A-Za-z]{1,4}[/-]?|[A-Z]{2,4} )\d{3,8}/\d{2,4}"
    r"|\d{2}[A-Za-z]{0,3}/\d{3,7}/\d{2}|[A-Z]{2,4}[/-]\d{2}[/-]\d{3,8}"
    r"|\d{5,9}/\d{2}|FC-\d{2}-\d{4}-\d{4}|[A-Za-z]{2,4}-\d{6,8}-\d{3,5}"
    r"|[A-Z]{2,4}-\d{3,8}-(?:20)?\d{2}|CRI[/-]?\d{5,10})(?![\w/]|-\d)"
)
REF_NAMED = re.compile(
    r"\b(?:(?:crime|incident|case|police|occurrence|investigation|report|job|property)[ \t]+)?"
    r"(?:ref(?:erence)?|crime|incident|case|log|occurrence|urn)\.?"
    r"(?:[ \t]*(?:id|ref(?:erence)?|no|num|number|code)\b\.?)?[ \t]*(?:is|was|=|:|#|-)?[ \t]*#?"
    r"(?P<it>\d{2} \d{4,8} \d{2}|\d{2} ?/ ?\d{4,8}(?: ?/ ?(?:\d{2}|[A-Za-z]{2}))?"
    r"|(?:(?-i:[A-Z]{1,4})[ /-]?|[A-Za-z]{1,4}[/-]?|[A-Za-z]{1,4} (?=\d+/))?"
    r"(?:\d{2}/\d{4,8}|\d[\dA-Za-z]{2,11})(?:[/-][\dA-Za-z]{2,6}){0,2})(?![\w/]|-\w)",
    re.IGNORECASE,
)
CAD = re.compile(
    r"\bCAD[ \t]*(?:(?:no|number|ref)\b\.?)?[:# \t]{0,3}(?P<number>\d{2,6})(?!\w)", re.IGNORECASE
)
OF_A_DAY = re.compile(
    r"\b(?:log|inc(?:ident)?)[ \t]*(?P<named>(?:no|number|ref)\b\.?(?:[ \t]is)?)?[:# \t]{0,3}"
    r"(?P<it>\d{1,6})(?!\w|[.,:/-]\d)"
    r"(?P<day>[ \t,]{0,2}(?:(?:of|from|on|dated)[ \t]|today|yesterday|this|last|/))?",
    re.IGNORECASE,
)
"""The number of a call or incident within its day: `log 88 of today`."""

BLANKS = re.compile(r"[\s#:]+")
SMALL_WORD = re.compile(r"[a-z]{1,4} ")
NO_REFERENCE = re.compile(
    r"(?:19|20)\d\d|0[1-37]\d{8,9}|44\d{10}|\d{1,4}(?:AM|PM|TH|ST|ND|RD|HRS?)"
)

NOT_DIGITS = re.compile(r"\D")
LETTERS_OR_DIGITS = re.compile(r"[A-Z]+|\d+")


def references(page: Page) -> None:
    """Crime, incident and CAD references: in upper case without blanks."""
    if page.has("/", "-"):
        page.take(Trait.CRIME_REF, REF_FORMED, lambda match: _reference(match[0]))
    if page.has("ref", "crime", "incident", "case", "log", "urn", "occurrence"):
        page.take(Trait.CRIME_REF, REF_NAMED, lambda match: _reference(match["it"]))
    if page.has("cad"):
        page.take(Trait.CRIME_REF, CAD, lambda match: f"CAD{match['number']}")
    if page.has("log", "inc"):
        page.take(Trait.CRIME_REF, OF_A_DAY, _of_a_day)


def _reference(raw: str) -> str:
    """ "" for a year, a time or a phone number behind a weak word."""
    if SMALL_WORD.match(raw) and "/" not in raw:
        return ""
    parts = raw.upper().split() if re.match(r"\d+ \d", raw) else []
    value = "/".join(parts) or BLANKS.sub("", raw.upper())
    if sum(each.isdigit() for each in value) < 3:
        return ""
    return "" if NO_REFERENCE.fullmatch(value) else value


def _of_a_day(match: re.Match[str]) -> str:
    """ "" for what may be another number: `log 2 calls`, `inc 3 children`."""
    number: str = match["it"]
    return number if match["day"] or match["named"] else ""


def reference_key(value: str) -> str:
    """How references are compared: `WB/021874/26` and `wb21874/26` are one."""
    parts = LETTERS_OR_DIGITS.findall(value.upper())
    return "-".join(part.lstrip("0") or "0" for part in parts)


# --- e-mails, web addresses, handles --------------------------------------------------------------

EMAIL = re.compile(
    r"[A-Za-z0-9](?<![\w.+-].)[A-Za-z0-9._%+'-]{0,63}"
    r"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)
_NO_MAILBOX = "|".join(
    words(
        """
    look is was are be me us him her them it you at that live lives work works stay arrived seen
    saw meet met staying living parked outside inside here there home now someone page website
    site online up over back house shop report reported one looking working
    """
    )
)
SPELT_EMAIL = re.compile(
    rf"(?<![\w.@])(?!(?:{_NO_MAILBOX})[ \t])"
    r"(?P<it>(?P<name>[a-z0-9][a-z0-9._+-]{0,40}"
    r"(?:[ \t](?:dot|underscore|dash|hyphen)[ \t][a-z0-9]{1,30}){0,3})"
    r"(?P<at>[ \t]*(?:@|\(at\)|\[at\]|\{at\})[ \t]*|[ \t]at[ \t])"
    r"(?P<host>[a-z0-9-]{1,40}"
    r"(?:(?:[ \t]dot[ \t]|[ \t]?[(\[]dot[)\]][ \t]?|\.)[a-z0-9-]{2,20}){1,3}))(?![\w@])",
    re.IGNORECASE,
)
SPELT_DOT = re.compile(r"[ (\[]+dot[ )\]]+")
URL = re.compile(
    r"https?://\S{1,2000}|\bwww\.\S{1,2000}"
    r"|(?<![@\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.(?:com|co\.uk|org|net|uk|io|gov)\b"
    r"(?:/\S{0,2000})?",
    re.IGNORECASE,
)
HANDLE = re.compile(r"@(?<![\w@.]@)(?P<it>[A-Za-z0-9_][A-Za-z0-9_.]{1,30})")


def mails_and_handles(page: Page) -> None:
    """E-mails, also spelt out, in lower case; handles without `@`. Web addresses are no handles."""
    if "@" in page.text:
        page.take(Trait.EMAIL, EMAIL, lambda match: match[0].rstrip(".'-").lower())
    if page.has("@", " dot ", "(at)", "[at]", "{at}"):
        page.take(Trait.EMAIL, SPELT_EMAIL, _spelt_email)
    if page.has("http", "www.", ".com", ".uk", ".org", ".net", ".io"):
        page.mask([match.span() for match in URL.finditer(page.left)])
    if "@" in page.text:
        page.take(Trait.HANDLE, HANDLE, lambda match: match["it"].rstrip(".").lower())


def _spelt_email(match: re.Match[str]) -> str:
    """`jo dot bloggs at mail dot example`; a plain "at" needs a spelt "dot" behind it."""
    name, host, sign = (match[key].lower() for key in ("name", "host", "at"))
    if sign.strip() == "at" and " dot " not in host:
        return ""
    for word, mark in ((" dot ", "."), (" underscore ", "_"), (" dash ", "-"), (" hyphen ", "-")):
        name = name.replace(word, mark)
    return f"{name}@{SPELT_DOT.sub('.', host)}"


# --- phones ---------------------------------------------------------------------------------------

_GAP = r"[ \t.\-–()/]{0,3}"
PHONE = re.compile(
    r"(?<![\w+])(?P<it>(?:"
    rf"\(?(?:\+|00){_GAP}44\)?{_GAP}(?:\(0\))?{_GAP}0?|44[ \t-]?(?=7)|\(?[0Oo])"
    rf"(?:{_GAP}[1-9])(?:{_GAP}[\dOo]){{8,9}}(?![\dA-Za-z])"
    rf"|(?:\+|00)[1-9](?:{_GAP}\d){{6,14}}(?![\dA-Za-z]))"
)
DIGIT_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3",
    "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
REPEATED = {"double": 2, "treble": 3, "triple": 3}
_SPOKEN_DIGIT = (
    r"(?:(?:double|treble|triple)[ \t-])?"
    r"(?:zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine|\d)"
)
SPOKEN = re.compile(
    rf"\b(?P<it>(?:zero|oh|o|nought|0)(?:[ \t,-]{{1,2}}{_SPOKEN_DIGIT}){{6,12}})\b", re.IGNORECASE
)
DIGIT = re.compile(r"\d")
NATIONAL = re.compile(r"[1-35789]\d{9}|(?:1|80|50)\d{8}|8001111")


MOBILE_CUT = re.compile(r"7\d{9}")
"""A mobile number out of a spreadsheet, which took it for a number and cut the nought."""


def phones(page: Page) -> None:
    """Phone numbers in E.164, also spoken ("oh seven seven double oh …")."""
    if DIGIT.search(page.left):
        page.take(Trait.PHONE, PHONE, lambda match: phone_key(match["it"]))
    if page.has(" seven ", " one ", " two ", " double "):
        page.take(Trait.PHONE, SPOKEN, _spoken_phone)


def phone_key(raw: str) -> str:
    """A number as people write it, in E.164; "" if it cannot be one.

    Only the shape is checked: Ofcom's ranges for drama (07700 900xxx) are possible numbers.
    """
    text = raw.replace("(0)", "").strip()
    digits = NOT_DIGITS.sub("", text.replace("O", "0").replace("o", "0"))
    abroad = text.lstrip("( ").startswith("+")
    if digits.startswith("00"):
        digits, abroad = digits[2:], True
    if digits.startswith("44") and (abroad or len(digits) == 12):
        digits, abroad = digits[2:].removeprefix("0"), False
    elif not abroad and digits.startswith("0"):
        digits = digits[1:]
    elif not abroad and not MOBILE_CUT.fullmatch(digits):
        return ""
    if abroad:
        return f"+{digits}" if 8 <= len(digits) <= 15 else ""
    return f"+44{digits}" if NATIONAL.fullmatch(digits) else ""


def _spoken_phone(match: re.Match[str]) -> str:
    digits: list[str] = []
    times = 1
    for word in re.findall(r"[a-z]+|\d", match["it"].lower()):
        if word in REPEATED:
            times = REPEATED[word]
            continue
        digits.append(DIGIT_WORDS.get(word, word) * times)
        times = 1
    return phone_key("".join(digits))
