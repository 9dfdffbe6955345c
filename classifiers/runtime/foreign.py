"""Word pieces by an encoder's own tokenizer.json, for encoders that are not the pinned one."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifiers.runtime.pieces import REMEMBERED
from classifiers.runtime.tokens import Tokens
from triage.errors import BadInput

TOKENIZER = "tokenizer.json"


class ForeignPieces:
    """Words cut one by one. What a message holds is text: nobody who writes </s> ends it."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        layout = json.loads(tokenizer.to_str())
        # Such a vocabulary tells words apart by the blank before them, which others do without.
        self._before = " " if _holds(layout["pre_tokenizer"], "ByteLevel") else ""
        self._remembered = lru_cache(REMEMBERED)(self._cut)

    def cut(self, word: str) -> tuple[int, ...]:
        """Ids of the pieces of one word."""
        return self._remembered(word)

    def _cut(self, word: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(self._before + word, add_special_tokens=False).ids)


def foreign_tokens(path: Path) -> Tokens:
    """Windows of the word pieces of a tokenizer.json, between the marks it puts around a text.

    Raises:
        BadInput: the file cannot be read, or it puts no mark of start and end around a text.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the package raises nothing narrower
        raise BadInput(str(path), f"tokenizer cannot be read: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    marks = tokenizer.encode("").ids
    if len(marks) != 2:
        raise BadInput(
            str(path), f"puts {len(marks)} marks around a text: one of start and one of end needed"
        )
    tokenizer.encode_special_tokens = True
    return Tokens(ForeignPieces(tokenizer), start=marks[0], end=marks[1])


def _holds(layout: Mapping[str, Any] | None, kind: str) -> bool:
    if layout is None:
        return False
    return layout["type"] == kind or any(
        _holds(each, kind) for each in layout.get("pretokenizers", ())
    )
