"""What a shift or a day came to, in counts: no text, no name, nothing about any person."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Protocol, TypeVar

from triage.lifecycle import RESULTS
from triage.model import Case, Event, Outgoing, Priority
from triage.shifts import Shift
from triage.taxonomy import Lane

LONGEST = 3
"""So many of those that wait longest are named by their reference."""

Key = TypeVar("Key", int, str)
Counts = Mapping[int, int]
"""By priority: 1 to 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item that nobody has: its reference, its priority and when it was sent."""

    ref: str
    priority: int
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one lane, or several together, came to in a time.

    `received`, `decided` and `decided_late` fall into the time; the rest is how it stands now:
    `open` are all that nobody decided, `offered` those handed over and not accepted. `late` are
    over their clock, `due_next` will be by the end of the next shift, `windows` are private
    messages which the platform takes no reply to after it. `longest` are unclaimed.
    """

    received: Counts = field(default_factory=dict)
    decided: Counts = field(default_factory=dict)
    decided_late: int = 0
    results: Mapping[str, int] = field(default_factory=dict)
    open: Counts = field(default_factory=dict)
    unclaimed: int = 0
    claimed: int = 0
    offered: int = 0
    late: int = 0
    due_next: int = 0
    windows: int = 0
    longest: tuple[Waiting, ...] = ()


class ShiftFigures(Protocol):
    """What the domain asks of a store about shifts."""

    def figures(
        self, shift: Shift, *, reply_hours: Mapping[str, float], only: Priority | None = None
    ) -> Mapping[Lane, Figures]:
        """What each lane came to; of one priority only, if one is given.

        Args:
            reply_hours: how long a platform takes a reply to a private message, where it has a
                limit.
        """
        ...

    def open_at(self, priority: Priority, *, sent_before: datetime, limit: int) -> list[Case]:
        """Open cases of a priority, oldest first."""
        ...

    def told(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these messages are owed or were delivered."""
        ...

    def tell_once(
        self, messages: Sequence[Outgoing], *, events: Sequence[Event], now: datetime
    ) -> int:
        """Owe those that are new, with the events if there are any, in one transaction."""
        ...

    def first_received(self) -> datetime | None:
        """When the first case came in."""
        ...


def together(each: Sequence[Figures]) -> Figures:
    """The figures of several lanes as one."""
    waiting = sorted((one for figures in each for one in figures.longest), key=_by_age)
    return Figures(
        received=_sum(figures.received for figures in each),
        decided=_sum(figures.decided for figures in each),
        decided_late=sum(figures.decided_late for figures in each),
        results=_sum(figures.results for figures in each),
        open=_sum(figures.open for figures in each),
        unclaimed=sum(figures.unclaimed for figures in each),
        claimed=sum(figures.claimed for figures in each),
        offered=sum(figures.offered for figures in each),
        late=sum(figures.late for figures in each),
        due_next=sum(figures.due_next for figures in each),
        windows=sum(figures.windows for figures in each),
        longest=tuple(waiting[:LONGEST]),
    )


def _by_age(waiting: Waiting) -> tuple[datetime, str]:
    return waiting.sent_at, waiting.ref


def _sum(counts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    total: Counter[Key] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


# --- in words -------------------------------------------------------------------------------------


def shift_lines(
    figures: Figures, shift: Shift, *, alarms: int, now: datetime, zone: tzinfo
) -> tuple[str, ...]:
    """The digest of a shift: what it came to, and what the next one inherits."""
    late = f", {figures.decided_late} of them late" if figures.decided_late else ""
    lines = [
        f"Received: {by_priority(figures.received)}",
        f"Decided: {by_priority(figures.decided)}{late}",
        f"The next shift inherits: {by_priority(figures.open)}",
    ]
    if figures.open:
        lines.append(
            f"Of these {figures.unclaimed} nobody has, {figures.claimed} claimed, "
            f"{figures.offered} handed over and not accepted, {figures.late} late"
        )
    until = f"{shift.next_end.astimezone(zone):%H:%M}"
    due = [f"{figures.due_next} to decide"] if figures.due_next else []
    due += [f"{figures.windows} to answer before the platform closes"] if figures.windows else []
    if due:
        lines.append(f"Due by {until}: {', '.join(due)}")
    lines += longest_lines(figures, now)
    lines.append(f"Service alarms open: {alarms or 'none'}")
    return tuple(lines)


def daily_lines(figures: Figures, *, now: datetime) -> tuple[str, ...]:
    """The digest of what is only for information, once a day."""
    lines = [
        f"Received: {_total(figures.received)}, decided: {_total(figures.decided)}",
        f"Open: {_total(figures.open)}, late: {figures.late}",
    ]
    return (*lines, *longest_lines(figures, now))


def comms_lines(figures: Figures, *, now: datetime) -> tuple[str, ...]:
    """The digest of the comms lane, once a day."""
    late = f", {figures.decided_late} of them late" if figures.decided_late else ""
    lines = [
        f"Received: {by_priority(figures.received)}",
        f"Decided: {by_priority(figures.decided)}{late}",
    ]
    if figures.results:
        lines.append(f"Results: {', '.join(_results(figures.results))}")
    lines.append(f"Open: {by_priority(figures.open)}, late: {figures.late}")
    if figures.windows:
        lines.append(f"To answer before the platform closes today: {figures.windows}")
    return (*lines, *longest_lines(figures, now))


def longest_lines(figures: Figures, now: datetime) -> list[str]:
    """The references of those that wait longest, with how long."""
    if not figures.longest:
        return []
    named = [
        f"{each.ref} (P{each.priority}, {waited(now - each.sent_at)})" for each in figures.longest
    ]
    return [f"Waiting longest, and nobody has them: {', '.join(named)}"]


def by_priority(counts: Counts) -> str:
    """`12 (P1 1 · P2 3 · P4 8)`, or `none`."""
    if not _total(counts):
        return "none"
    parts = (f"P{priority} {counts[priority]}" for priority in sorted(counts) if counts[priority])
    return f"{_total(counts)} ({' · '.join(parts)})"


def waited(length: timedelta) -> str:
    """`45 min`, `7 h`, `3 days`."""
    minutes = max(int(length.total_seconds() // 60), 0)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _total(counts: Counts) -> int:
    return sum(counts.values())


def _results(counts: Mapping[str, int]) -> list[str]:
    """The results in the words shown for them, the most frequent first."""
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [f"{RESULTS.get(code, code.replace('_', ' '))} {count}" for code, count in most]
