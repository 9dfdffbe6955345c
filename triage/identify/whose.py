"""Whom an identifier belongs to: the words before it, behind it, and the list it stands in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.found import Trait, Whose
from triage.identify.lexicon import words
from triage.identify.names import known_first
from triage.identify.naming import Name, forenames_agree, parse_name
from triage.identify.owners import (
    ASKS,
    LINKS,
    MINE_AFTER,
    OTHERS,
    OWN_RELATION_AFTER,
    PREDICATE,
    SCAM,
    THEIRS_AFTER,
    WRITERS,
)
from triage.identify.people import HEAD, starts_clause
from triage.identify.pieces import WORDS, Piece

PLACES = (Trait.ADDRESS, Trait.POSTCODE)
CONTACTS = (Trait.PHONE, Trait.EMAIL)
ENDS = re.compile(r"[ \t]*(?:$|[,.;:!?\n(x–-])")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """What the account says of the writer, against which names in the text are held."""

    names: tuple[Name, ...] = ()
    private: bool = False

    def is_named(self, value: str) -> bool | None:
        """Whether a name is the account's own; None where the account tells no name."""
        if not self.names:
            return None
        name = parse_name(value)
        return any(compatible(name, own) for own in self.names)


def compatible(one: Name, other: Name) -> bool:
    """Whether two written names may be one person: no part that both have disagrees."""
    if one.family and other.family:
        if one.family != other.family and not _families_meet(one, other):
            return False
    elif not (one.forename and other.forename):
        return False
    if not (one.forename and other.forename):
        return True
    if 1 in (len(one.forename), len(other.forename)):
        return one.forename[0] == other.forename[0]
    return forenames_agree(one.forename, other.forename)


def _families_meet(one: Name, other: Name) -> bool:
    """One part of a double name, or an initial, is enough to agree."""
    if 1 in (len(one.family), len(other.family)):
        return one.family[0] == other.family[0]
    return bool(set(one.surname) & set(other.surname))


def assign_roles(text: str, pieces: Sequence[Piece], speaker: Speaker) -> list[Piece]:
    """The pieces with roles; those that only count in a list and stand in none are left out."""
    ordered = sorted(pieces, key=lambda piece: (piece.start, piece.end))
    found = [
        _explicit(text, piece, ordered[index - 1] if index else None)
        for index, piece in enumerate(ordered)
    ]
    found = _chained(text, _named(text, found, speaker))
    return [
        replace(piece, role=piece.role or _default(text, piece, found, speaker))
        for piece in found
        if piece.sure or (speaker.private and _bare_reply(text, found))
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


# --- names ----------------------------------------------------------------------------------------


def _named(text: str, pieces: list[Piece], speaker: Speaker) -> list[Piece]:
    own = [
        parse_name(piece.value)
        for piece in pieces
        if piece.kind is Trait.NAME and piece.role is Whose.WRITER
    ]
    return [
        replace(piece, role=_name_role(text, piece, pieces, own, speaker))
        if piece.kind is Trait.NAME and piece.role is None
        else piece
        for piece in pieces
    ]


def _name_role(
    text: str, piece: Piece, pieces: list[Piece], own: list[Name], speaker: Speaker
) -> Whose:
    """A name that nobody introduced: the account's own, or written where people write theirs."""
    if OWN_RELATION_AFTER.match(text, piece.end):
        return Whose.OTHER
    is_named = speaker.is_named(piece.value)
    if is_named:
        return Whose.WRITER
    if own:
        same = any(compatible(parse_name(piece.value), each) for each in own)
        return Whose.WRITER if same else Whose.UNKNOWN
    if is_named is False or not speaker.private:
        return Whose.UNKNOWN
    return Whose.WRITER if _written_as_own(text, piece, pieces) else Whose.UNKNOWN


def _written_as_own(text: str, piece: Piece, pieces: list[Piece]) -> bool:
    """At the very beginning or end of a private message, and nothing is said of the name."""
    end = piece.end
    for other in pieces:
        if other.start >= end and other.start - end <= 40:
            end = other.end if LINKS.fullmatch(text[end : other.start]) else end
    head = HEAD.fullmatch(text, 0, piece.start) is not None
    listed = end > piece.end
    if not listed and not (known_first(piece.value) and ENDS.match(text, end)):
        return False
    opens = starts_clause(text, piece.start) and not text[: piece.start].rstrip().endswith(":")
    ends = opens and not text[end:].strip(" .!x\n")
    return (head or ends) and not PREDICATE.match(text, end)


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


def _default(text: str, piece: Piece, pieces: list[Piece], speaker: Speaker) -> Whose:
    """What the kind of message makes likely; in public nothing is taken for the writer's."""
    if piece.kind is Trait.CRIME_REF:
        return Whose.WRITER
    if piece.kind is Trait.VEHICLE and OWN_VEHICLE.search(text):
        alone = sum(each.kind is Trait.VEHICLE for each in pieces) == 1
        return Whose.WRITER if alone else Whose.UNKNOWN
    if not speaker.private or piece.kind in (Trait.VEHICLE, Trait.HANDLE) or SCAM.search(text):
        return Whose.UNKNOWN
    mine = _bare_reply(text, pieces) or (
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
