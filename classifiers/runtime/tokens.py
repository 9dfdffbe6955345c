"""Texts as token windows, the same in training and serving."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from classifiers.normalise import for_model, plain

MAX_TOKENS = 256
CONTEXT_TOKENS = 64
OVERLAP = 48
MAX_WINDOWS = 12
CONTEXT_CHARS = 600
TAIL_CHARS = 12_000  # of a long text, this much of the beginning and of the end is tokenised


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Token ids of a stretch of text, followed by what the sender wrote before."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a text as they are read, and which of them each token belongs to.

    `owners[w][t]` is the word of token t of window w, or -1 for a mark or an earlier message.
    """

    words: tuple[str, ...]
    windows: tuple[Window, ...]
    owners: tuple[tuple[int, ...], ...]


class Pieces(Protocol):
    """A way to cut a text into word pieces."""

    def cut(self, word: str) -> Sequence[int]:
        """Ids of the pieces of one word."""
        ...


class Tokens:
    """Windows of an encoder's own word pieces, between its marks of start and end."""

    def __init__(self, pieces: Pieces, *, start: int, end: int) -> None:
        self._pieces, self._start, self._end = pieces, start, end

    def windows(self, text: str, thread: Sequence[str] = ()) -> list[Window]:
        """At least one window; a text of up to 190 word pieces is exactly one.

        The text comes first, so that it stands alike with and without earlier messages.
        """
        return self._framed(self.ids(shown(text)), self._context(thread))

    def words(self, text: str, thread: Sequence[str] = ()) -> Words:
        """The same windows, with the words they are made of."""
        before, words = self._context(thread), shown(text).split()
        cuts = [self._pieces.cut(word) for word in words]
        owners = [at for at, cut in enumerate(cuts) for _ in cut]
        room = _room(before)
        around = [-1] * (len(before) + 2 if before else 1)
        return Words(
            words=tuple(words),
            windows=tuple(self._framed([piece for cut in cuts for piece in cut], before)),
            owners=tuple(
                (-1, *owners[start : start + room], *around) for start in _starts(owners, room)
            ),
        )

    def ids(self, text: str) -> list[int]:
        """Ids of the pieces of a text as it stands, without marks."""
        return [piece for word in text.split() for piece in self._pieces.cut(word)]

    def _framed(self, pieces: Sequence[int], before: Sequence[int]) -> list[Window]:
        room = _room(before)
        return [
            self._window(pieces[start : start + room], before) for start in _starts(pieces, room)
        ]

    def _window(self, pieces: Sequence[int], before: Sequence[int]) -> Window:
        tail = (*before, self._end) if before else ()
        return Window(ids=(self._start, *pieces, self._end, *tail))

    def _context(self, thread: Sequence[str]) -> list[int]:
        joined = " . ".join(thread)[-CONTEXT_CHARS:]
        return self.ids(shown(joined))[-CONTEXT_TOKENS:] if joined else []


def _room(before: Sequence[int]) -> int:
    return MAX_TOKENS - 2 - (len(before) + 1 if before else 0)


def shown(text: str) -> str:
    """What the encoder reads of a text: in lower case, so that capitals change nothing."""
    if len(text) > 2 * TAIL_CHARS:
        text = text[:TAIL_CHARS] + " … " + text[-TAIL_CHARS:]
    return for_model(plain(text).text).lower()


def _starts(pieces: Sequence[int], room: int) -> list[int]:
    """Where windows begin: overlapping, and the middle thinned where there are too many."""
    step = room - OVERLAP
    last = max(0, len(pieces) - room)
    starts = [*range(0, last, step), last]
    if len(starts) <= MAX_WINDOWS:
        return starts
    stride = (len(starts) - 1) / (MAX_WINDOWS - 1)
    return [starts[round(index * stride)] for index in range(MAX_WINDOWS)]
