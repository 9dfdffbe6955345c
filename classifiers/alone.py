"""A text by itself, as measurements read it: nothing is known of its writer, no clock runs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from triage.items import parse_item
from triage.model import History, Item, Priority, Verdict
from triage.ports import Reading
from triage.priority import prioritise

SENT = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)  # any moment: clocks play no part
CHUNK = 256

T = TypeVar("T")


def item_alone(raw: Mapping[str, Any], where: str) -> Item:
    """An item out of its fields. Raises BadInput, as `parse_item`."""
    return parse_item(raw, where, now=SENT)


def priority_alone(item: Item, verdict: Verdict, thread: Sequence[str]) -> Priority:
    """The priority of an item by itself: floors and thread, but no history."""
    return prioritise(item, verdict, History(), thread=thread).priority


def in_chunks(readings: Sequence[Reading], ask: Callable[[Sequence[Reading]], list[T]]) -> list[T]:
    """What is answered to readings, in order, asked for some at a time."""
    answers: list[T] = []
    for at in range(0, len(readings), CHUNK):
        answers += ask(readings[at : at + CHUNK])
    return answers
