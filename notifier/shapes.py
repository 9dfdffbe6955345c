"""What chat tools send, read without trust in its shape: what is odd is taken for missing."""

import json
from collections.abc import Mapping
from typing import Any


def part(value: object, name: str) -> dict[str, Any]:
    """An object inside another; {} if it is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, dict) else {}


def parts(value: object, name: str) -> list[dict[str, Any]]:
    """The objects of a list inside an object; what is no object is left out."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def named(value: object) -> str:
    """A text; "" of anything else."""
    return value if isinstance(value, str) else ""


def kept_bytes(value: object) -> bytes:
    """JSON of what was sent, to be kept as evidence; nothing if it is nested too deep."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        return b""
