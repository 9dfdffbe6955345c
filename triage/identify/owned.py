"""Whose an identifier is, and whether it is one at all: what the rules say, weighed with the words
around it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from triage.found import Trait, Whose
from triage.identify.context import Setting, features, line_of
from triage.identify.forms import scan
from triage.identify.names import known_first
from triage.identify.naming import parse_name
from triage.identify.people import spot_names
from triage.identify.pieces import Piece, Taken
from triage.identify.quoting import is_quoted
from triage.identify.speaker import MOST as MOST_NAMES
from triage.identify.speaker import Speaker
from triage.identify.spotting import dotted_pieces, loose_ages, name_pieces
from triage.identify.weights import NOTHING, shipped_weights
from triage.identify.whose import CONTACTS, PLACES, assign_roles

MINE = 0.6
"""What is less surely the writer's than this is nobody's in particular."""

HOME = 0.9
"""The same for a place that the rules do not call the writer's: it may be where it happens."""

MY_CONTACT = re.compile(
    r"(?:\b(?:(?:my|mine)(?:[ \t]+(?!(?:ex|mate|other)\b)\w+)?[ \t]+(?:number|no|mobile|mob|phone"
    r"|cell|tel|telephone|landline|e-?mail|address)(?:['’]?s|[ \t]+is)?"
    r"|(?:ring|call|phone|text|reach|contact|get|e-?mail|write to|whatsapp|message)[ \t]+me"
    r"(?:[ \t]+back)?(?:[ \t]+(?:on|at|via|by e-?mail|by phone))?|i['’]?m[ \t]+on|mine[ \t]+is)"
    r"|(?:^|\n)[ \t]*(?:tel|telephone|mob|mobile|phone|contact|e-?mail)\b)"
    r"[ \t]*[:,-]?[ \t]*$",
    re.IGNORECASE,
)
"""Words that leave no doubt, right before a phone or e-mail."""

GAP = 3
"""Letters at most between a name and what belongs to it in a list."""

LISTED = 12
"""The same for a phone or e-mail that the rules give to the writer too."""

MOST = 150
"""So many identifiers of a text are weighed; what comes after them is left to the rules."""


def candidates(text: str, today: date, speaker: Speaker) -> list[Piece]:
    """Everything in a text that may be an identifier, in order and apart from each other.

    A role is what the rules say; None where they take it for no identifier.
    """
    page = scan(text, today)
    dotted = dotted_pieces(page)
    ruled = assign_roles(text, [*page.pieces, *spot_names(page)], speaker)
    kept = {(piece.start, piece.kind) for piece in ruled}
    left = [
        piece
        for piece in page.pieces
        if (piece.start, piece.kind) not in kept
        and (piece.sure or piece.kind is not Trait.POSTCODE)
    ]
    taken = Taken(len(text))
    for piece in ruled:
        if piece.kind is Trait.NAME:
            taken.take(piece.start, piece.end)
    names = filter(taken.free, name_pieces(page))
    return _apart([*ruled, *left, *names, *dotted, *loose_ages(page)])


def _apart(pieces: Sequence[Piece]) -> list[Piece]:
    """Of pieces that overlap the first, and of those the longest."""
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: (each.start, -each.end)):
        if not found or piece.start >= found[-1].end:
            found.append(piece)
    return found


def _is_own(piece: Piece, speaker: Speaker, own_end: int) -> bool:
    """Whether it is the account's own name, or stands in the list behind it, by the rules."""
    if piece.role is not Whose.WRITER:
        return False
    named = piece.kind is Trait.NAME and speaker.is_named(piece.value)
    return bool(named) or 0 <= piece.start - own_end <= GAP


def _told_names(pieces: Sequence[Piece]) -> Speaker:
    """Whoever the writer says to be, by the rules."""
    names = [
        parse_name(piece.value)
        for piece in pieces
        if piece.kind is Trait.NAME and piece.role is Whose.WRITER
    ]
    return Speaker(names=tuple(names[:MOST_NAMES]))


def _role(piece: Piece, chances: Mapping[str, float], told: Speaker) -> Whose | None:
    """The likeliest answer, but for what is surer.

    Nothing is the writer's that words give to somebody else, no word that only may be a name (it
    may be the codeword), and no other name of one who has told theirs.
    """
    best = max(chances, key=lambda each: chances[each])
    if best == NOTHING:
        return None
    if best != Whose.WRITER:
        return Whose(best)
    if piece.role is Whose.OTHER:
        return Whose.OTHER
    if piece.kind is Trait.NAME and piece.role is not Whose.WRITER:
        maybe_a_word = piece.role is None and not known_first(piece.value)
        if maybe_a_word or told.is_named(piece.value) is False:
            return Whose.UNKNOWN
    scene = piece.kind in PLACES and piece.role is not Whose.WRITER
    return Whose.WRITER if chances[best] >= (HOME if scene else MINE) else Whose.UNKNOWN


def _is_said(text: str, piece: Piece) -> bool:
    """Whether the words right before a phone or e-mail say outright that it is the writer's."""
    if piece.role is not Whose.WRITER or piece.kind not in CONTACTS:
        return False
    return says_mine(text, piece.start) and not is_quoted(text, piece.start)


def _is_listed(piece: Piece, told_end: int) -> bool:
    """Whether a phone or e-mail follows the name that the writer gives: "Jo Vane, mobile 07700"."""
    mine = piece.role is Whose.WRITER and piece.kind in CONTACTS
    return mine and 0 <= piece.start - told_end <= LISTED


def says_mine(text: str, start: int) -> bool:
    """Whether the words right before a phone or e-mail say that it is the writer's."""
    return MY_CONTACT.search(text, max(0, start - 40), start) is not None


def owned(text: str, pieces: Sequence[Piece], setting: Setting, speaker: Speaker) -> list[Piece]:
    """The pieces that are identifiers, with whose they are. Linear in the length of the text."""
    line, weights, found = line_of(text, pieces, setting), shipped_weights(), []
    told = _told_names(pieces)
    own_end = -GAP - 1  # of the list that the account's own name heads
    told_end = -LISTED - 1  # of the name that the writer gives last
    for index, piece in enumerate(pieces[:MOST]):
        if _is_own(piece, speaker, own_end):
            role: Whose | None = Whose.WRITER
            own_end = piece.end
        elif _is_said(text, piece) or _is_listed(piece, told_end):
            role = Whose.WRITER
        else:
            role = _role(piece, weights.chances(features(line, index)), told)
            if role is Whose.WRITER and is_quoted(text, piece.start):
                role = Whose.QUOTED
        if piece.kind is Trait.NAME and role is piece.role is Whose.WRITER:
            told_end = piece.end
        if role is not None:
            found.append(replace(piece, role=role))
    return [*found, *(piece for piece in pieces[MOST:] if piece.role is not None)]
