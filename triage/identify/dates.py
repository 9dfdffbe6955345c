"""Dates of birth in the orders people use in the United Kingdom, and ages."""

import re
from datetime import date

from triage.found import Trait
from triage.identify.pieces import Page

OLDEST, YOUNGEST = 115, 4
"""Ages between which somebody may have a birth date that is told to us."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:19|20)\d\d|\d\d"
_DAY_FIRST = (
    r"(?P<it>(?P<iso>(?:19|20)\d\d)(?P<s1>[-/.])(?P<isom>\d{1,2})(?P=s1)(?P<isod>\d{1,2})"
    rf"|(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:[ \t]of)?[ \t.,/-]{{0,2}}(?P<mw>{_MONTH})"
    rf"[ \t.,/'’-]{{0,3}}(?P<yw>{_YEAR})"
    rf"|(?P<dn>\d{{1,2}})(?P<sep>[ \t]?[/.\-][ \t]?|[ \t])(?P<mn>\d{{1,2}})(?P=sep)(?P<yn>{_YEAR}))"
    r"(?![\w/-])"
)
DAY_FIRST = re.compile(rf"(?=\d)(?<![\w/.£$:-]){_DAY_FIRST}", re.IGNORECASE)
MONTH_FIRST = re.compile(
    rf"\b(?P<it>(?P<mw>{_MONTH})[ \t.]{{1,2}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ \t,]{{1,2}}"
    r"(?P<yw>(?:19|20)\d\d))(?!\w)",
    re.IGNORECASE,
)
BORN = re.compile(
    r"(?:\bd\.?[ \t]?o\.?[ \t]?b\b\.?|\bbirth[ \t-]?(?:date|day)|\bdate[ \t]of[ \t]birth|\bb-?day"
    r"|\bborn(?:[ \t](?:on|in))?)(?:[ \t]*(?:is|was|=|:|-))?[ \t]*(?:on[ \t])?(?:the[ \t])?[(]?$",
    re.IGNORECASE,
)
RUN_TOGETHER = re.compile(r"(?<![\w/.£-])(?P<it>\d{8}|\d{6}|(?:19|20)\d\d)(?![\w/-])")


def births(page: Page, today: date) -> None:
    """Dates that are, or beside other identifiers may be, dates of birth, as `1994-08-21`."""
    first = len(page.pieces)
    page.take(Trait.DATE_OF_BIRTH, DAY_FIRST, lambda match: _in_words_or_digits(match, today))
    if page.has(*MONTHS):
        page.take(Trait.DATE_OF_BIRTH, MONTH_FIRST, lambda match: _in_words(match, today))
    if page.has("ob", "born", "birth", "day"):
        page.take(Trait.DATE_OF_BIRTH, RUN_TOGETHER, lambda match: _run_together(match, today))
    for index in range(first, len(page.pieces)):
        piece = page.pieces[index]
        if not said_to_be_birth(page.text, piece.start):
            page.pieces[index] = piece.unsure()


def said_to_be_birth(text: str, start: int) -> bool:
    """Whether the words before `start` speak of a birth date."""
    return BORN.search(text[max(0, start - 40) : start]) is not None


def _in_words_or_digits(match: re.Match[str], today: date) -> str:
    if match["iso"]:
        return _checked(int(match["iso"]), int(match["isom"]), int(match["isod"]), today)
    if match["mw"]:
        return _in_words(match, today)
    day, month, year = int(match["dn"]), int(match["mn"]), _year(match["yn"], today)
    return _checked(year, month, day, today) or _checked(year, day, month, today)


def _in_words(match: re.Match[str], today: date) -> str:
    month = MONTHS.index(match["mw"][:3].lower()) + 1
    return _checked(_year(match["yw"], today), month, int(match["d"]), today)


def _run_together(match: re.Match[str], today: date) -> str:
    """`210894`, `21081994` or a year alone; only where a birth is spoken of."""
    text: str = match["it"]
    if not said_to_be_birth(match.string, match.start()):
        return ""
    if len(text) == 4:
        return text if today.year - OLDEST <= int(text) <= today.year - YOUNGEST else ""
    return _checked(_year(text[4:], today), int(text[2:4]), int(text[:2]), today)


def _year(text: str, today: date) -> int:
    """Two digits mean the latest year in which somebody who writes may have been born."""
    if len(text) == 4:
        return int(text)
    year = today.year // 100 * 100 + int(text)
    return year if year <= today.year - YOUNGEST else year - 100


def _checked(year: int, month: int, day: int, today: date) -> str:
    if not today.year - OLDEST <= year <= today.year - YOUNGEST:
        return ""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


# --- ages -----------------------------------------------------------------------------------------

NUMBER = re.compile(r"\d(?<![\w.£/:,-].)\d?(?![\d%])")
YEARS_OLD = re.compile(r"[ \t-]?(?:y(?:ea)?rs?[ \t-]?old|y/?o|yr[ \t]?old)\b", re.IGNORECASE)
I_AM = re.compile(
    r"(?:\b(?:i['’]?m|i am|(?:he|she)(?:['’]?s| is)|turned)"
    r"(?:[ \t](?:only|just|now|about|nearly))?|\baged?)[ \t]$",
    re.IGNORECASE,
)
AGED = re.compile(r"\baged?[ \t]$", re.IGNORECASE)
AGE_ENDS = re.compile(
    r"[ \t]*(?:$|[.,;!?)\n]|(?:and|but|now|with|male|female|m|f)\b)", re.IGNORECASE
)


def ages(page: Page) -> None:
    """Ages in years, where the words leave no doubt: "im 34", "aged 12", "15 year old"."""
    page.take(Trait.AGE, NUMBER, _age)


def _age(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    if int(match[0]) < YOUNGEST:
        return ""
    before, after = text[max(0, start - 20) : start], text[end : end + 12]
    if YEARS_OLD.match(after) or AGED.search(before):
        return match[0]
    return match[0] if I_AM.search(before) and AGE_ENDS.match(after) else ""
