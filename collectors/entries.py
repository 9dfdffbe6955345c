"""Vendors' entries read without trust in their shape: what is odd is left out or rejected."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from triage.items import MAX_CHARS, SHORT_CHARS, clean_text

Raw = Mapping[str, Any]
Rejected = tuple[str, bytes]

UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)
"""What a shape nobody foresaw may raise while an entry is read; its neighbours must arrive."""

REFUSED = 200
"""How many entries that could not be read are known again."""

DEEPEST = 64
"""How deep an entry that cannot be written whole is kept."""


def dicts(value: object) -> list[Raw]:
    """The objects of a list; one object alone is a list of one, anything else is none."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def strays(value: object) -> list[object]:
    """What stands where entries should, and is no object."""
    if isinstance(value, list):
        return [each for each in value if not isinstance(each, dict)]
    return [] if value is None or isinstance(value, dict) else [value]


def named(value: object, longest: int = SHORT_CHARS) -> str:
    """A name, number or address as text, cut where it is too long; "" of anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return clean_text(value)[:longest] if isinstance(value, str) else ""


def written(value: object, field: str) -> str:
    """What somebody wrote; nothing at all is "".

    Raises:
        ValueError: it is no text.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{field}: not a string")
    return clean_text(value)[:MAX_CHARS]


def as_bytes(value: object) -> bytes:
    """JSON of what a vendor sent; what is nested too deep to be written is cut off there."""
    try:
        return _dumped(value)
    except RecursionError:
        return _dumped(_cut(value, DEEPEST))


def refused(known: list[str], reason: str, raw: object) -> list[Rejected]:
    """An entry that could not be read, unless it is known; notes it in `known`.

    Platforms show the same entry at every poll: once is enough for the record and the alarm.
    """
    kept = as_bytes(raw)
    digest = blake2b(kept, digest_size=8).hexdigest()
    if digest in known:
        return []
    known.append(digest)
    del known[:-REFUSED]
    return [(reason, kept)]


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _cut(value: object, depth: int) -> object:
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return "…"
    if isinstance(value, dict):
        return {key: _cut(each, depth - 1) for key, each in value.items()}
    return [_cut(each, depth - 1) for each in value]
