"""Postcodes, address lines and vehicle registrations in a text."""

import re
from functools import lru_cache

from triage.found import Trait
from triage.identify.lexicon import NO_STREET, STREET_SHORT, STREET_TYPES, english_words, words
from triage.identify.pieces import Page
from triage.identify.postcodes import known, mended

# --- postcodes ------------------------------------------------------------------------------------

POSTCODE = re.compile(
    r"(?P<it>(?P<out>[A-Za-z](?<![A-Za-z0-9].)[A-Za-z]?\d[A-Za-z\d]?)[ \t\-]{0,2}"
    r"(?P<in>\d[A-Za-z]{2}))(?![A-Za-z0-9])"
)
MISREAD = re.compile(
    r"(?P<it>[A-Za-z01](?<![A-Za-z0-9].)[A-Za-z0-9]{1,3}[ \t]?[0-9OoIiLl][A-Za-z]{2})"
    r"(?![A-Za-z0-9])"
)
ORDINALS = re.compile(r"1st|2nd|3rd|[04-9]th")
HOURS = re.compile(r"[1-9][ap]m", re.IGNORECASE)
NOT_IN_A_CODE = re.compile(r"[^A-Z0-9]")
THINGS = re.compile(r"\d(?:dr|wd|lt|tb|gb)")
"""Doors, driven wheels, litres, bytes: `bmw m3 3dr`."""

POSTCODE_TALK = re.compile(
    r"\b(?:post[ -]?code|zip|live|living|lives|address|addr|home|house|flat)\b[^.!?\n]{0,40}$"
    r"|(?:road|rd|street|st|lane|avenue|ave|close|drive|court|way|terrace|place)[ \t,]{1,3}$",
    re.IGNORECASE,
)
IN_A_LIST = re.compile(r"(?:^|[,\n]|\b\d{1,4}[a-z]?(?:[ \t]+[^\W\d]{2,20}){0,3})[ \t,]*$")
"""Behind a comma, or behind a house number and the words of its street."""

CALLED = re.compile(r"\bpost[ -]?code\b[^.!?\n\d]{0,25}$", re.IGNORECASE)


def postcodes(page: Page) -> None:
    """Postcodes as `WB4 7QT`, also where O and 0 or I and 1 were mixed up.

    One of a sector that there is not counts only beside other identifiers, unless it is written as
    postcodes are or the words before it are about a home.
    """
    page.take(Trait.POSTCODE, MISREAD, _misread)
    page.take(Trait.POSTCODE, POSTCODE, _sure_postcode)
    page.take(Trait.POSTCODE, POSTCODE, _postcode, sure=False)


def _sure_postcode(match: re.Match[str]) -> str:
    value, raw = _postcode(match), match["it"]
    if not value or (raw.isupper() and raw[-4] == " ") or POSTCODE_TALK.search(_before(match)):
        return value
    likely = known(*value.split(" ")) or IN_A_LIST.search(_before(match))
    return value if likely and not THINGS.fullmatch(match["in"]) else ""


def _postcode(match: re.Match[str]) -> str:
    out, unit = match["out"], match["in"]
    if HOURS.fullmatch(unit) or (ORDINALS.fullmatch(unit.lower()) and not unit.isupper()):
        return ""
    return f"{out} {unit}".upper()


def _misread(match: re.Match[str]) -> str:
    """A reading that is the only one; of small letters and words only behind the word for it."""
    raw: str = match["it"]
    plain = raw.isupper() and any(map(str.isdigit, raw)) and raw[-3:].lower() not in english_words()
    if PLATE.fullmatch(raw) or not (plain or CALLED.search(_before(match))):
        return ""
    whole = postcode_key(raw)
    return "" if known(whole[:-3], whole[-3:]) else mended(whole)


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 60) : match.start()]


def postcode_key(raw: str) -> str:
    """A postcode as it is compared: `WB47QT`."""
    return NOT_IN_A_CODE.sub("", raw.upper())


# --- addresses ------------------------------------------------------------------------------------

_TYPES = "|".join(sorted(STREET_TYPES, key=len, reverse=True))
_SURE_TYPES = "road|rd|street|lane|avenue|ave|crescent|terrace|gardens|gdns|grove|mews"
_WORD = r"[^\W\d_][\w'’.-]{0,24}"
_NAME = rf"(?P<name>(?:{_WORD}[ \t]+){{1,3}}?)(?:{_TYPES})(?![\w'’]|[ \t]+(?:{_SURE_TYPES})\b)"
NUMBERED = re.compile(
    r"(?P<it>\d(?<![\w£/.:-].)\d{0,3}[a-z]?(?:[-/]\d{1,4})?,?[ \t]+" + _NAME + ")",
    re.IGNORECASE,
)
FLAT = re.compile(
    r"\b(?P<it>(?:flat|apartment|apt|unit|room)\.?[ \t]*(?:\d{1,4}[a-z]?|[a-z])\b,?[ \t]+"
    r"(?:\d{1,4}[a-z]?,?[ \t]+)?" + _NAME + ")",
    re.IGNORECASE,
)
FLAT_LAST = re.compile(
    rf"\b(?P<it>(?P<name>(?-i:(?:[A-Z][\w'’-]{{1,24}}[ \t]+){{1,2}})|{_WORD}[ \t]+)(?:{_TYPES})"
    r",?[ \t]+"
    r"(?P<flat>(?:flat|apartment|apt|unit|room)\.?[ \t]*\d{1,4}[a-z]?))(?![\w'’])",
    re.IGNORECASE,
)
STREET = re.compile(
    rf"(?P<it>(?P<name>(?:[A-Z](?<!\w.)[\w'’-]{{1,24}}[ \t]+){{1,3}})(?:{_TYPES.title()}|{_TYPES}))"
    r"(?![\w'’])"
)
LOWER_STREET = re.compile(
    rf"\b(?P<it>(?P<name>[a-z][\w'’-]{{2,24}}[ \t]+)(?:{_SURE_TYPES}))(?![\w'’])"
)
UNITS = words("flat apartment apt unit room")
SURE_ENDS = tuple(f" {each}" for each in _SURE_TYPES.split("|"))


def addresses(page: Page) -> None:
    """Address lines, and streets without a number: `flat 3 merlin court`, `weir lane`."""
    if page.words & UNITS:
        page.take(Trait.ADDRESS, FLAT_LAST, _flat_last)
        page.take(Trait.ADDRESS, FLAT, _address)
    page.take(Trait.ADDRESS, NUMBERED, _address)
    page.take(Trait.ADDRESS, STREET, _address)
    if page.has(*SURE_ENDS):
        page.take(Trait.ADDRESS, LOWER_STREET, _address)


def _address(match: re.Match[str]) -> str:
    if any(word in NO_STREET for word in match["name"].lower().split()):
        return ""
    return address_value(match["it"])


def _flat_last(match: re.Match[str]) -> str:
    """ "Heron House, flat 31" as `flat 31 heron house`."""
    if any(word in NO_STREET for word in match["name"].lower().split()):
        return ""
    street = match["it"][: match.start("flat") - match.start("it")]
    return address_value(f"{match['flat']} {street}")


def address_value(raw: str) -> str:
    """An address line in lower case, without commas, its street type written out."""
    words = raw.lower().replace("’", "'").replace(",", " ").replace(".", " ").split()
    if words and words[-1] in STREET_SHORT:
        words[-1] = STREET_SHORT[words[-1]]
    return " ".join(words)


def address_core(line: str) -> str:
    """An address line up to its street: `12 church lane, ferncombe` → `12 church lane`."""
    return " ".join(part for part in split_address(line) if part)


@lru_cache(maxsize=20_000)
def split_address(line: str) -> tuple[str, str]:
    """What is in the street, and the street: `("flat 3", "merlin court")`, `("", "beck lane")`."""
    before: list[str] = []
    for part in line.split(","):
        words = address_value(part).split()
        last = max([index for index, word in enumerate(words) if word in STREET_TYPES] or [0])
        if last or "," not in line:
            words = [*words[:last], STREET_SHORT.get(words[last], words[last])] if last else words
            cut = _units(words)
            return " ".join([*before, *words[:cut]]), " ".join(words[cut:])
        before += words
    return "", " ".join(before)


def _units(words: list[str]) -> int:
    """How many words at the beginning number a house or a flat."""
    cut = 0
    while cut < len(words) and (
        words[cut][0].isdigit()
        or words[cut] in UNITS
        or (len(words[cut]) == 1 and cut > 0 and words[cut - 1] in UNITS)
    ):
        cut += 1
    return cut


# --- vehicles -------------------------------------------------------------------------------------

PLATE = re.compile(
    r"(?P<it>[A-Za-z](?<![A-Za-z0-9].)[A-Za-z]\d{2}[ \t]?[A-Za-z]{3})(?![A-Za-z0-9])"
)
PLATE_TALK = re.compile(
    r"\b(?:reg|regs|registration|plates?|vrm|car|van|vehicle|driving|drives?|drove|motorbike|moped|owner"
    r"|parked|blocking|speeding|overtook)\b",
    re.IGNORECASE,
)
_YEAR_LETTER = "[A-HJ-NPR-TV-Ya-hj-npr-tv-y]"
OLD_PLATE = re.compile(
    rf"(?<![A-Za-z0-9])(?P<it>{_YEAR_LETTER}\d{{1,3}}[ \t]?[A-Za-z]{{3}}"
    rf"|[A-Za-z]{{3}}[ \t]?\d{{1,3}}{_YEAR_LETTER}"
    r"|[A-Z]{1,3}[ \t]?\d{3,4}|\d{3,4}[ \t]?[A-Z]{2,3})(?![A-Za-z0-9])"
)
NO_TAIL = words(
    """
    the and was you for are but not all has had his her its our who why how now out off one two any
    can did get got him she may say see too use way yes yet let man men car van bus old new min mins
    hrs day
    """
)


def plates(page: Page) -> None:
    """Registrations of today's form, and older ones where a vehicle is spoken of: `AB12CDE`."""
    page.take(Trait.VEHICLE, PLATE, _plate)
    page.take(Trait.VEHICLE, OLD_PLATE, _old_plate)


def _plate(match: re.Match[str]) -> str:
    raw: str = match["it"]
    if raw[-3:].lower() in NO_TAIL and not raw.isupper():
        return ""
    return vehicle_key(raw)


def _old_plate(match: re.Match[str]) -> str:
    around = match.string[max(0, match.start() - 40) : match.end() + 25]
    return _plate(match) if PLATE_TALK.search(around) else ""


def vehicle_key(raw: str) -> str:
    """A registration as it is compared: `AB12CDE`."""
    return NOT_IN_A_CODE.sub("", raw.upper())
