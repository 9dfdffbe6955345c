"""Identifiers from what people write: phones, e-mails, names and the rest, and whose they are.

What has a form is found by rules; whose it is, and what is a name, is told by the words around
it, with weights that can be read (`identify/owned.tsv`). Linear in the length of the text.
"""

from collections.abc import Sequence
from datetime import date

from triage.blocking import keys_for, keys_of
from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.identify.account import account_finds, speaker_of
from triage.identify.borrowed import kin_of, not_owner
from triage.identify.context import Setting, setting_of
from triage.identify.owned import candidates, owned
from triage.identify.speaker import Speaker
from triage.model import Item, Span

__all__ = [
    "Found",
    "Identifiers",
    "Place",
    "Trait",
    "Whose",
    "extract",
    "keys_for",
    "keys_of",
]


def extract(item: Item, thread: Sequence[str] = ()) -> Identifiers:
    """Identifiers of an item, and of the same sender's earlier texts (`thread`, oldest first).

    Any text is taken; spans point into the place a thing was found in (`Found`).
    """
    today = item.sent_at.date()
    setting = setting_of(item, thread)
    speaker = speaker_of(item)
    found = list(_read(item.text, speaker, setting, today, Place.TEXT, 0, own=item.account))
    for index, text in enumerate(thread):
        earlier = setting_of(item, thread[:index])
        found += _read(text, speaker, earlier, today, Place.THREAD, index, own=item.account)
    texts = (item.text, *thread)
    borrowed = tuple(dict.fromkeys(words for text in texts for words in not_owner(text)))
    kin = tuple(dict.fromkeys(name for text in texts for name in kin_of(text)))
    found += account_finds(item, today, borrowed=bool(borrowed))
    return Identifiers(found=tuple(found), not_owner=borrowed, kin_of=kin)


def _read(
    text: str,
    speaker: Speaker,
    setting: Setting,
    today: date,
    place: Place,
    index: int,
    *,
    own: str,
) -> list[Found]:
    return [
        Found(
            kind=piece.kind,
            value=piece.value,
            raw=text[piece.start : piece.end],
            span=Span(start=piece.start, end=piece.end),
            role=piece.role or Whose.UNKNOWN,
            place=place,
            index=index,
        )
        for piece in owned(text, candidates(text, today, speaker), setting, speaker)
        if not (piece.kind is Trait.HANDLE and piece.value == own.lower())
    ]
