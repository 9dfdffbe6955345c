"""Whom an identifier belongs to: the words before it, behind it, and the list it stands in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.found import Trait, Whose
from triage.identify.lexicon import words
from triage.identify.owners import (
    ASKS,
    LINKS,
    MINE_AFTER,
    OTHERS,
    PROXY,
    SCAM,
    THEIRS_AFTER,
    WRITERS,
)
from triage.identify.pieces import WORDS, Piece
from triage.identify.speaker import Speaker, with_named

PLACES = (Trait.ADDRESS, Trait.POSTCODE)
CONTACTS = (Trait.PHONE, Trait.EMAIL)
OWN_VEHICLE = re.compile(
    r"\b(?:my|our)[ \t]+(?:\w+[ \t]+)?"
    r"(?:car|van|bike|motorbike|moped|scooter|lorry|truck|vehicle)\b",
    re.IGNORECASE,
)
FILLERS = words(
    """
    yes yeah yep its is it s thanks thank you ta hi hello sure ok okay here go number no please and
    the sorry mine my that on for x again sir dob born date of birth age postcode post code address
    tel mobile mob phone email e mail name ref reference write to at
    """
)
SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")


def assign_roles(text: str, pieces: Sequence[Piece], speaker: Speaker) -> list[Piece]:
    """The pieces with roles; those that only count in a list and stand in none are left out."""
    ordered = sorted(pieces, key=lambda piece: (piece.start, piece.end))
    found = [
        _explicit(text, piece, ordered[index - 1] if index else None)
        for index, piece in enumerate(ordered)
    ]
    found = _chained(text, with_named(text, found, speaker))
    message = _Message.of(text, found, speaker)
    return [
        replace(piece, role=piece.role or _default(text, piece, message))
        for piece in found
        if piece.sure or message.bare_reply
    ]


# --- one by one -----------------------------------------------------------------------------------


def _explicit(text: str, piece: Piece, previous: Piece | None) -> Piece:
    """The piece with the role that the words of its own clause give it, if they give one."""
    if piece.kind is Trait.NAME or piece.role is not None or not piece.sure:
        return piece
    after = text[piece.end : piece.end + 50]
    if THEIRS_AFTER.match(after):
        return replace(piece, role=Whose.OTHER)
    if piece.kind not in (*PLACES, Trait.HANDLE) and MINE_AFTER.match(after):
        return replace(piece, role=Whose.WRITER)
    before = _clause_before(text, piece, previous)
    other, mine = _last_end(OTHERS[piece.kind], before), _last_end(WRITERS[piece.kind], before)
    if other == mine == -1:
        return piece
    return replace(piece, role=Whose.OTHER if other >= mine else Whose.WRITER)


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match ends: who is spoken of last has it. "My ex's" is about the ex."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _clause_before(text: str, piece: Piece, previous: Piece | None) -> str:
    """Up to 90 characters of the sentence before a piece, back to the piece before it."""
    start = max(0, piece.start - 90)
    if previous is not None and previous.end <= piece.start and previous.kind is not Trait.AGE:
        start = max(start, previous.end)
    return SENTENCE_END.split(text[start : piece.start])[-1]


# --- lists ----------------------------------------------------------------------------------------


def _chained(text: str, pieces: list[Piece]) -> list[Piece]:
    """A list belongs to one person: "Jade Pemberton, 9 Plover Close, 07700 900266"."""
    found = list(pieces)
    for index in range(1, len(found)):
        if _linked(text, found[index - 1], found[index], heir=found[index]):
            found[index] = replace(found[index], role=found[index - 1].role, sure=True)
    for index in range(len(found) - 2, -1, -1):
        if _linked(text, found[index], found[index + 1], heir=found[index]):
            found[index] = replace(found[index], role=found[index + 1].role, sure=True)
    return found


def _linked(text: str, first: Piece, second: Piece, *, heir: Piece) -> bool:
    """Whether the piece without a role may take its neighbour's."""
    giver = first if heir is second else second
    gap = text[first.end : second.start]
    if heir.role is not None or giver.role is None or len(gap) > 40:
        return False
    if "." in gap and (giver is second or heir.kind in PLACES):
        return False
    return LINKS.fullmatch(gap.replace(". ", ", ")) is not None


# --- what is left ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """What kind of message it is: read once, used for every piece."""

    private: bool
    bare_reply: bool
    scam: bool
    own_vehicle: bool
    proxy: bool

    @classmethod
    def of(cls, text: str, pieces: list[Piece], speaker: Speaker) -> "_Message":
        vehicles = sum(piece.kind is Trait.VEHICLE for piece in pieces)
        return cls(
            private=speaker.private,
            bare_reply=speaker.private and _bare_reply(text, pieces),
            scam=SCAM.search(text) is not None,
            proxy=PROXY.search(text) is not None,
            own_vehicle=vehicles == 1 and OWN_VEHICLE.search(text) is not None,
        )


def _default(text: str, piece: Piece, message: _Message) -> Whose:
    """What the kind of message makes likely; in public nothing is taken for the writer's."""
    if piece.kind is Trait.CRIME_REF and message.proxy:
        return Whose.UNKNOWN
    if piece.kind is Trait.CRIME_REF or (piece.kind is Trait.VEHICLE and message.own_vehicle):
        return Whose.WRITER
    if not message.private or message.scam or piece.kind in (Trait.VEHICLE, Trait.HANDLE):
        return Whose.UNKNOWN
    mine = message.bare_reply or (
        piece.kind in CONTACTS and (_own_sentence(text, piece) or _asked_for(text, piece))
    )
    return Whose.WRITER if mine else Whose.UNKNOWN


def _asked_for(text: str, piece: Piece) -> bool:
    return ASKS.search(text[max(0, piece.start - 40) : piece.start]) is not None


def _own_sentence(text: str, piece: Piece) -> bool:
    """Whether a phone or e-mail is a sentence by itself, as people sign."""
    before = text[max(0, piece.start - 20) : piece.start].rstrip(" \t")
    after = text[piece.end : piece.end + 20].lstrip(" \t")
    opens = not before or before[-1] in ".!?\n,-"
    return opens and (not after or after[0] in ".!?\n,")


def _bare_reply(text: str, pieces: list[Piece]) -> bool:
    """Whether a message is little more than the identifiers somebody asked for."""
    if any(piece.kind is Trait.NAME and piece.role is not Whose.WRITER for piece in pieces):
        return False
    spans = [(piece.start, piece.end) for piece in pieces]
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(text)]
    rest = " ".join(text[end:start] for end, start in zip(ends, starts, strict=True)).lower()
    return sum(word not in FILLERS for word in WORDS.findall(rest)) <= 1
