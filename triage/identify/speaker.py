"""Which of the names in a text is the writer's own, where nobody introduced it."""

import re
from dataclasses import dataclass, replace

from triage.found import Trait, Whose
from triage.identify.names import known_first
from triage.identify.naming import Name, forenames_agree, parse_name
from triage.identify.owners import LINKS, OWN_RELATION_AFTER, PREDICATE
from triage.identify.people import HEAD, starts_clause
from triage.identify.pieces import Piece

MOST = 20
"""So many own names are held against others; nobody has more."""

ENDS = re.compile(r"[ \t]*(?:$|[,.;:!?\nx–-])")


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


def with_named(text: str, pieces: list[Piece], speaker: Speaker) -> list[Piece]:
    """The pieces, with a role for each name that nobody introduced."""
    told = dict.fromkeys(
        piece.value for piece in pieces if piece.kind is Trait.NAME and piece.role is Whose.WRITER
    )
    own = [parse_name(value) for value in list(told)[:MOST]]
    return [
        replace(piece, role=_name_role(text, pieces[index : index + MOST], own, speaker))
        if piece.kind is Trait.NAME and piece.role is None
        else piece
        for index, piece in enumerate(pieces)
    ]


def _name_role(text: str, pieces: list[Piece], own: list[Name], speaker: Speaker) -> Whose:
    """Of the first piece: the account's own name, or one written where people write theirs."""
    piece = pieces[0]
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
    return Whose.WRITER if _written_as_own(text, pieces) else Whose.UNKNOWN


def _written_as_own(text: str, pieces: list[Piece]) -> bool:
    """At the very beginning or end of a private message, and nothing is said of the name."""
    piece, end = pieces[0], _list_end(text, pieces)
    if end == piece.end and not (known_first(piece.value) and ENDS.match(text, end)):
        return False
    if PREDICATE.match(text, end):
        return False
    if HEAD.fullmatch(text, 0, piece.start):
        return True
    before = text[max(0, piece.start - 20) : piece.start].rstrip()
    closes = len(text) - end < 40 and not text[end:].strip(" .!x\n")
    return closes and starts_clause(text, piece.start) and not before.endswith(":")


def _list_end(text: str, pieces: list[Piece]) -> int:
    """Where the list ends that the first piece, a name, begins: at the next name at the latest."""
    end = pieces[0].end
    for piece in pieces[1:]:
        near = piece.kind is not Trait.NAME and piece.start - end <= 40
        if not near or not LINKS.fullmatch(text, end, max(end, piece.start)):
            break
        end = max(end, piece.end)
    return end
