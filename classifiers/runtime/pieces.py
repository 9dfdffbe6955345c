"""Word pieces by the unigram model: of all ways to cut a word, the likeliest.

Method: Kudo, Subword Regularization, ACL 2018. Written here because the tokenizers package needs
0.7 s and 300 MB to load this vocabulary, and sentencepiece as long; cutting is 2 % of reading.
"""

from array import array
from collections.abc import Sequence
from functools import lru_cache

SPACE = "\u2581"  # stands before every word
UNKNOWN_COST = 10.0  # below the worst piece, for a letter that no piece holds
NEVER = -1e9
REMEMBERED = 8192
MARKS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


class Unigram:
    """A vocabulary of pieces with their log-probabilities; a piece's place is its id."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float], *, unknown: int) -> None:
        self._ids = dict(zip(pieces, range(len(pieces)), strict=True))
        for mark in MARKS:  # nobody who writes </s> ends the text
            self._ids.pop(mark, None)
        self._scores = array("f", scores)
        self._longest = max(map(len, self._ids))
        self._unknown, self._cost = unknown, min(scores) - UNKNOWN_COST
        self._remembered = lru_cache(REMEMBERED)(self._cut)

    def cut(self, word: str) -> tuple[int, ...]:
        """Ids of the pieces of one word."""
        return self._remembered(SPACE + word)

    def _cut(self, word: str) -> tuple[int, ...]:
        """The likeliest cut of one word (Viterbi)."""
        size = len(word)
        best = [0.0] + [NEVER] * size
        came = [(0, self._unknown)] * (size + 1)
        for start in range(size):
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = self._ids.get(word[start:end], self._unknown)
                known = piece != self._unknown
                cost = self._scores[piece] if known else self._cost
                if (known or end == start + 1) and best[start] + cost > best[end]:
                    best[end], came[end] = best[start] + cost, (start, piece)
        return self._walked(came)

    def _walked(self, came: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Pieces from the end back to the start; unknown letters in a row are one."""
        pieces: list[int] = []
        at = len(came) - 1
        while at > 0:
            at, piece = came[at]
            if not (piece == self._unknown and pieces and pieces[-1] == piece):
                pieces.append(piece)
        return tuple(reversed(pieces))
