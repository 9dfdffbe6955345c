"""Texts as token windows, the same in training and serving."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifiers.normalise import for_model, plain
from triage.errors import BadInput

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLS, SEP = 101, 102
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
    types: tuple[int, ...]


class Tokens:
    """The encoder's own word pieces (tokenizer.json), without truncation or padding."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    @classmethod
    def from_file(cls, path: Path) -> "Tokens":
        """Read tokenizer.json.

        Raises:
            BadInput: the file is missing or damaged.
        """
        from tokenizers import Tokenizer

        try:
            return cls(Tokenizer.from_str(path.read_text(encoding="utf-8")))
        except Exception as error:
            raise BadInput(str(path), f"tokenizer cannot be read: {error}") from error

    def ids(self, text: str) -> list[int]:
        """Word pieces of a text as it stands, without special tokens."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def windows(self, text: str, thread: Sequence[str] = ()) -> list[Window]:
        """At least one window; a text of up to 190 word pieces is exactly one.

        The text comes first, so that it stands alike with and without earlier messages.
        """
        before = self._context(thread)
        pieces = self.ids(shown(text))
        room = MAX_TOKENS - 2 - (len(before) + 1 if before else 0)
        return [_window(pieces[start : start + room], before) for start in _starts(pieces, room)]

    def _context(self, thread: Sequence[str]) -> list[int]:
        joined = " . ".join(thread)[-CONTEXT_CHARS:]
        return self.ids(shown(joined))[-CONTEXT_TOKENS:] if joined else []


def shown(text: str) -> str:
    """What the encoder reads of a text."""
    if len(text) > 2 * TAIL_CHARS:
        text = text[:TAIL_CHARS] + " … " + text[-TAIL_CHARS:]
    return for_model(plain(text).text)


def _starts(pieces: Sequence[int], room: int) -> list[int]:
    """Where windows begin: overlapping, and the middle thinned where there are too many."""
    step = room - OVERLAP
    last = max(0, len(pieces) - room)
    starts = [*range(0, last, step), last]
    if len(starts) <= MAX_WINDOWS:
        return starts
    stride = (len(starts) - 1) / (MAX_WINDOWS - 1)
    return [starts[round(index * stride)] for index in range(MAX_WINDOWS)]


def _window(pieces: Sequence[int], before: Sequence[int]) -> Window:
    ids = [CLS, *pieces, SEP]
    types = [0] * len(ids)
    if before:
        ids += [*before, SEP]
        types += [1] * (len(before) + 1)
    return Window(ids=tuple(ids), types=tuple(types))
