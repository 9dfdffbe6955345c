"""Who joins an incident is told in the thread of its first item's card: one line for each item.

Pure: the store reads who joined and writes what `lines_of` makes of it, in one transaction
(storage/threads.py). A line says which item, how urgent and when it was sent, and nothing else.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from triage.model import Case, Outgoing, Priority
from triage.taxonomy import Lane

JOINING = ("grouped", "merge")
"""The events that put an item to an incident: by the machine, and by a person."""

THREAD = "thread:"
URGENCY = 5
"""Lines wait behind every card: the item has a card of its own."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A card of an incident's first item, in one place, and what its thread was told this minute.

    `folded` items wait to be told together, the most urgent of them of priority `worst`.
    """

    card: str
    destination: str
    case_ref: str
    told: int = 0
    folded: int = 0
    worst: Priority | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is owed to a thread. A line of several items is sent when its minute is over."""

    message: Outgoing
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How lines are made: at most `most` single ones a minute in a thread, times in `zone`.

    `has_threads` says whether a destination can show a line under a card. Items less urgent than
    `show_up_to` have no cards, and no lines.
    """

    zone: tzinfo
    most: int
    has_threads: Callable[[str], bool]
    show_up_to: Priority = Priority.P5


class Threads(Protocol):
    """Lines under cards."""

    def tell_threads(self, telling: Telling, *, now: datetime) -> int:
        """Owe lines for those who joined an incident since the last call; returns how many.

        One transaction: killed in between, nothing is told twice and nobody is left out. The
        first call ever begins with what happens after it.
        """
        ...


def first_of(incident: str) -> str:
    """The reference of the item an incident began with."""
    return f"FC-{incident.removeprefix('IN-').partition('.')[0]}"


def minute_of(now: datetime) -> datetime:
    """When the minute began in which lines are counted."""
    return now.replace(second=0, microsecond=0)


def lines_of(
    joined: Sequence[Case], threads: Mapping[str, Sequence[Thread]], telling: Telling, now: datetime
) -> list[Line]:
    """What is owed for those who joined, oldest first; `threads` by the first item's reference."""
    lines: list[Line] = []
    for first in dict.fromkeys(first_of(case.incident) for case in joined):
        told = [case for case in joined if _told_of(case, first, telling)]
        for thread in threads.get(first, ()):
            if told and telling.has_threads(thread.destination):
                lines += _lines(told, thread, telling, now)
    return lines


def folded_in(body: str) -> tuple[int, Priority | None]:
    """How many items a line of several tells of, and the most urgent; 0 of any other body."""
    try:
        raw = json.loads(body)
        worst = raw["worst"]
        return int(raw["count"]), Priority(worst) if worst else None
    except (ValueError, KeyError, TypeError):
        return 0, None


def _told_of(case: Case, first: str, telling: Telling) -> bool:
    """Whether a case is told of under the first one's card: not itself, nothing restricted."""
    if first_of(case.incident) != first or case.ref == first or case.lane is Lane.STANDARDS:
        return False
    return case.priority is not None and case.priority <= telling.show_up_to


def _lines(told: Sequence[Case], thread: Thread, telling: Telling, now: datetime) -> list[Line]:
    room = max(telling.most - thread.told, 0) if not thread.folded else 0
    single, rest = told[:room], told[room:]
    lines = [_single(case, thread, telling, now) for case in single]
    return [*lines, _several(rest, thread, now)] if rest else lines


def _single(case: Case, thread: Thread, telling: Telling, now: datetime) -> Line:
    sent = case.item.sent_at.astimezone(telling.zone)
    day = "" if sent.date() == now.astimezone(telling.zone).date() else f"{sent:%d %b} "
    priority = case.priority.name if case.priority else "not graded"
    text = f"{case.ref} joined this incident: {priority}, {day}{sent:%H:%M}"
    key = f"{THREAD}{thread.card}:{case.ref}"
    return Line(message=_message(key, {"text": text}, thread, now))


def _several(rest: Sequence[Case], thread: Thread, now: datetime) -> Line:
    count = thread.folded + len(rest)
    ranks = [case.priority for case in rest if case.priority]
    worst = min([*ranks, *([thread.worst] if thread.worst else [])], default=None)
    items = "1 more item" if count == 1 else f"{count} more items"
    urgent = f", the most urgent {worst.name}" if worst else ""
    body = {"text": f"{items} joined this incident{urgent}", "count": count, "worst": worst}
    minute = minute_of(now)
    key = f"{THREAD}{thread.card}:more:{minute:%Y%m%dT%H%M}"
    return Line(message=_message(key, body, thread, now), not_before=minute + MINUTE)


def _message(key: str, body: Mapping[str, object], thread: Thread, now: datetime) -> Outgoing:
    return Outgoing(
        key=key,
        destination=thread.destination,
        urgency=URGENCY,
        case_ref=thread.case_ref,
        body=json.dumps(body),
        created_at=now,
        under=thread.card,
    )


def counted(thread: Thread, *, told: int, body: str) -> Thread:
    """A thread with what it was told this minute, out of the rows of the outbox."""
    folded, worst = folded_in(body)
    return replace(thread, told=told, folded=folded, worst=worst)
