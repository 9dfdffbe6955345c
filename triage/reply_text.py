"""What a reply says, measured: its length as each platform counts, and what must not be in it."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping

from triage.errors import Refused
from triage.items import clean_text

LIMITS: Mapping[str, int] = {
    "x_mention": 280,
    "x_dm": 10_000,
    "fb_comment": 8_000,
    "fb_message": 2_000,
}
"""Characters a platform takes, by channel; on X in public they are weighted (`length`)."""

LINK_WEIGHT = 23
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))  # code points that count as one
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    "|(?:[\u203c-\u3299\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*\u200d?)+"
)
_SITE = r"(?:com|org|net|info|uk|police|gov|eu|io|co|me|app|link|ly|gl|be|social|tv|biz)"
LINK = re.compile(rf"(?:https?://|www\.)\S+|\b(?:[a-z0-9-]+\.)+{_SITE}\b(?:/\S*)?", re.IGNORECASE)
REFERENCE = re.compile(
    r"\bFC-\d{2}-\d{4}-\d{4}\b"
    r"|\b(?:ref(?:erence)?|crime|incident|log|urn|case)\b[^\w\n]{0,3}(?:no|num(?:ber)?)?\b[\s.:#]*"
    r"(?=[A-Z0-9/-]*\d{2})[A-Z0-9/-]{3,}"
    r"|\b[A-Z]{0,4}\d{1,8}/\d{2,8}(?:/\d{2,4})?\b",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"\{[^{}\n]{0,60}\}|\[\[[^\]\n]{0,60}\]\]")


def written(text: str) -> str:
    """A text as it will be sent: line ends as platforms want them, no blanks around it."""
    return clean_text(text).replace("\r\n", "\n").replace("\r", "\n").strip()


def digest(text: str) -> str:
    """What an approval is bound to: SHA-256 of the text."""
    return hashlib.sha256(text.encode()).hexdigest()


def length(text: str, channel: str) -> int:
    """The length of a text as the platform of a channel counts it."""
    return weighted(text) if channel == "x_mention" else len(text)


def weighted(text: str) -> int:
    """The length of a public post on X: links count 23, emoji and most scripts of Asia two."""
    text = unicodedata.normalize("NFC", text)
    links = len(LINK.findall(text))
    text = LINK.sub("", text)
    emoji = len(_EMOJI.findall(text))
    text = _EMOJI.sub("", text)
    return LINK_WEIGHT * links + 2 * emoji + sum(_weight(ord(each)) for each in text)


def _weight(point: int) -> int:
    return 1 if any(first <= point <= last for first, last in _LIGHT) else 2


def refuse_unfit(text: str, channel: str) -> None:
    """Refuse a text that must not be sent as it stands.

    Raises:
        Refused: it is empty, too long for the platform, or has a place left to fill in.
    """
    if not text:
        raise Refused("There is nothing in the reply")
    gap = PLACEHOLDER.search(text)
    if gap is not None:
        raise Refused(f"Fill in {gap[0]} first, or take it out")
    refuse_too_long(text, channel)


def refuse_too_long(text: str, channel: str) -> None:
    """Refuse a text that the platform would cut or refuse.

    Raises:
        Refused: says by how many characters.
    """
    most = LIMITS.get(channel, 0)
    over = length(text, channel) - most
    if over > 0:
        raise Refused(f"Too long by {over}: at most {most} characters here")


def traceable(text: str) -> str:
    """What in a text shows a bystander that the police were asked: a link or a number; else ""."""
    link = LINK.search(text)
    if link is not None:
        return "a link"
    return "a reference number" if REFERENCE.search(text) else ""


def quotes_note(text: str, note: str) -> bool:
    """Whether a text repeats a line of the staff's notes: those are never for the public."""
    said = _folded(text)
    lines = (_folded(line.partition(": ")[2] or line) for line in note.splitlines())
    return any(len(line) >= NOTE_LINE and line in said for line in lines)


def unquoted(said: str, text: str) -> str:
    """What a platform said, for the trail and for notices, which hold no message text."""
    quoted = _folded(said)
    folded = _folded(text)
    width = min(QUOTED, len(folded))
    pieces = (folded[at : at + width] for at in range(len(folded) - width + 1))
    if width and any(piece in quoted for piece in pieces):
        return "the answer quotes the reply: it stands with the reply"
    return said


QUOTED = 16
"""So many characters of a reply in a row are a quotation of it."""

NOTE_LINE = 20
"""A shorter line ("Rang her") may be said to a citizen in the same words by chance."""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
