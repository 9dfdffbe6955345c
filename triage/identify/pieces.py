"""What was recognised in a text before anybody knows whose it is."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from triage.found import Trait, Whose


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something recognised at [start, end) of a text.

    `role` is None until the words around it are read. `sure` is false for what counts only
    beside other identifiers: a date that may be a birth date, a name that may be a place.
    """

    kind: Trait
    value: str
    start: int
    end: int
    role: Whose | None = None
    sure: bool = True

    def unsure(self) -> "Piece":
        """The same, counting only beside other identifiers."""
        return replace(self, sure=False)


MASK = "\x1f"
"""Stands for what was taken: no word, no blank, and the end of whatever came before."""

WORDS = re.compile(r"[^\W\d_]+")

Reader = Callable[[re.Match[str]], str]
"""What a match says, normalised; "" if it is none after all."""


class Taken:
    """Which letters of a text belong to something already."""

    def __init__(self, size: int) -> None:
        self._marks = bytearray(size)

    def take(self, start: int, end: int) -> None:
        """Mark the letters from `start` to before `end`."""
        self._marks[start:end] = b"\1" * (end - start)

    def free(self, piece: Piece) -> bool:
        """Whether none of a piece's letters is taken."""
        return not any(self._marks[piece.start : piece.end])


class Page:
    """A text out of which pieces are taken.

    What is taken is masked in `left`, so that a reference is never read again as a phone.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.left = text
        self.lower = text.lower()
        self.words = frozenset(WORDS.findall(self.lower))
        self.pieces: list[Piece] = []

    def has(self, *words: str) -> bool:
        """Whether any of the words stands in the text: the cheap look before a pattern."""
        return any(word in self.lower for word in words)

    def take(
        self, kind: Trait, pattern: re.Pattern[str], read: Reader, *, sure: bool = True
    ) -> None:
        """Take every match that `read` accepts; its group `it`, if there is one, is the piece."""
        group = "it" if "it" in pattern.groupindex else 0
        taken: list[tuple[int, int]] = []
        for match in pattern.finditer(self.left):
            value = read(match)
            if value:
                start, end = match.span(group)
                self.pieces.append(Piece(kind=kind, value=value, start=start, end=end, sure=sure))
                taken.append((start, end))
        self.mask(taken)

    def mask(self, spans: list[tuple[int, int]]) -> None:
        """Mask ordered, separate spans."""
        if not spans:
            return
        parts, last = [], 0
        for start, end in spans:
            parts += [self.left[last:start], MASK * (end - start)]
            last = end
        self.left = "".join([*parts, self.left[last:]])
