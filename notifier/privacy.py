"""How much of an item a place may show, and how an excerpt hides who is meant."""

import re
from collections.abc import Collection, Mapping

from triage.model import Author, Case
from triage.routing import discloses
from triage.taxonomy import Lane

RESTRICTED = frozenset({Lane.SAFEGUARDING, Lane.CONTROL_ROOM})
"""The lanes that may see what a disclosure says."""

HIDDEN = "▒▒▒"

_IDENTIFYING = re.compile(
    r"(?:https?://|www\.)\S+"  # links
    r"|\S+@\S+"  # e-mail addresses
    r"|@\w[\w.]*"  # handles
    r"|\b[A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[A-Za-z]{2}\b"  # postcodes
    r"|\S*\d[\d\s().+/-]*\d\S*|\S*\d\S*"  # phones, plates, house numbers, dates
)
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][\w'’-]+")
_COMMON_WORDS = (
    "a an and are as at but can could did do does for from had has have he hello help her here "
    "hey hi his how i'm i’m i've i’ve if in is it it's it’s its just me my no not now of on or "
    "our out please police she so some someone somebody sorry thank thanks that that's that’s "
    "the their them there there's there’s they this to was we were what when where who why will "
    "with would yes you your"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def level_of(case: Case, lanes: Collection[Lane], privacy: Mapping[Lane, int]) -> int:
    """The privacy level of a place that serves `lanes`: the strictest of theirs; 0 if not set.

    Whatever is set, a disclosure, or an item nobody could read, shows nothing outside
    safeguarding and control room, and comms sees no private message.
    """
    if not lanes:
        return 0
    if not set(lanes) <= RESTRICTED and not _harmless(case):
        return 0
    if Lane.COMMS in lanes and case.item.private:
        return 0
    return min(privacy.get(lane, 0) for lane in lanes)


def _harmless(case: Case) -> bool:
    """Whether it was read, in full, and tells of no abuse."""
    verdict = case.verdict
    if verdict is None or verdict.degraded or not verdict.covered:
        return False
    return not discloses(verdict) and not case.history.disclosed_before


def masked(text: str, author: Author) -> str:
    """The text without links, addresses, handles, numbers and anything that may be a name."""
    hidden = _IDENTIFYING.sub(HIDDEN, text)
    for name in _names(author):
        hidden = re.sub(rf"\b{re.escape(name)}\b", HIDDEN, hidden, flags=re.IGNORECASE)
    hidden = _CAPITALISED.sub(_unless_common, hidden)
    return re.sub(rf"{HIDDEN}(?:\s*{HIDDEN})+", HIDDEN, hidden)


def _names(author: Author) -> list[str]:
    parts = [author.handle.lstrip("@"), *author.display_name.split()]
    return sorted((part for part in parts if len(part) > 1), key=len, reverse=True)


def _unless_common(match: re.Match[str]) -> str:
    word = match.group()
    return word if word.casefold() in _COMMON else HIDDEN
