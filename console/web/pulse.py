"""What has changed on the desk, shared by everyone who watches it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from notifier import words
from triage.actions import lanes_of
from triage.lifecycle import standing
from triage.model import Case, Priority, State
from triage.ports import Clock, QueueFilter, Store
from triage.taxonomy import Lane

OPEN_STATES = (State.RECEIVED, State.OPEN, State.CLAIMED, State.OFFERED)
MOST = 1000
MOST_NAMED = 3
REST = 4  # times as long as a look took is waited before the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """As much of an open case as a list has to know. Never what was written.

    `entered_at` is when it came to its lanes with its priority, `changed_at` when anything
    else about it last changed.
    """

    ref: str
    version: int
    lane: Lane | None
    lanes: frozenset[Lane]  # owner, who is asked to take it, and copies
    priority: Priority | None
    state: State
    claimed_by: str
    kind: str
    sent_at: datetime
    entered_at: datetime
    changed_at: datetime

    @property
    def unclaimed_emergency(self) -> bool:
        """Whether everybody must be told."""
        return self.priority is Priority.P1 and self.state in (State.OPEN, State.OFFERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """An emergency nobody has claimed, in words without content."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The open cases at a moment, and those that left since the pulse began (the latest).

    `more` says that there are open cases beyond the most urgent thousand.
    """

    at: datetime
    beats: tuple[Beat, ...] = ()
    gone: tuple[Beat, ...] = ()
    more: bool = False

    def urgent(self, now: datetime, zone: tzinfo) -> tuple[Urgent, ...]:
        """Emergencies that nobody has claimed: the first three, and how many more."""
        waiting = [beat for beat in self.beats if beat.unclaimed_emergency]
        named = [
            Urgent(href=f"/item/{beat.ref}", text=_urgent_text(beat, now, zone))
            for beat in waiting[:MOST_NAMED]
        ]
        if len(waiting) > MOST_NAMED:
            more = f"and {len(waiting) - MOST_NAMED} more"
            named.append(Urgent(href="/queue?priority=1", text=more))
        return tuple(named)


def _urgent_text(beat: Beat, now: datetime, zone: tzinfo) -> str:
    # No age in it: the line would change by itself and be read out again and again.
    sent = words.clock_time(beat.sent_at, now=now, zone=zone)
    return f"{beat.ref} · {beat.kind} · sent {sent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a list does not show yet."""

    new: int = 0
    emergencies: int = 0
    changed: int = 0

    @property
    def text(self) -> str:
        """`3 new, 1 emergency · 2 changed`, or "" if the list is up to date."""
        fresh = [f"{self.new} new"] if self.new else []
        if self.emergencies:
            plural = "y" if self.emergencies == 1 else "ies"
            fresh.append(f"{self.emergencies} emergenc{plural}")
        parts = [", ".join(fresh), f"{self.changed} changed" if self.changed else ""]
        return " · ".join(part for part in parts if part)


def news(
    snapshot: Snapshot, shown: Callable[[Beat], bool], *, since: datetime, me: str = ""
) -> News:
    """What happened after `since` among the cases a list would show. One's own claims are none."""
    here = [beat for beat in snapshot.beats if shown(beat) and beat.state is not State.RECEIVED]
    new = [beat for beat in here if beat.entered_at > since]
    changed = [beat for beat in here if beat.entered_at <= since < beat.changed_at]
    left = [beat for beat in snapshot.gone if beat.changed_at > since and shown(beat)]
    others = [beat for beat in (*changed, *left) if not me or beat.claimed_by != me]
    emergencies = sum(beat.priority is Priority.P1 for beat in new)
    return News(new=len(new), emergencies=emergencies, changed=len(others))


class Pulse:
    """Looks at the desk at most once every `every` seconds, however many people watch.

    In a flood a look takes longer; then it is taken less often, so that watching never costs
    more than a fifth of a core.
    """

    def __init__(
        self, store: Store, clock: Clock, changes: Callable[[], int], *, every: float = 1.0
    ) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes  # a number that grows with every change
        self._every = every
        self._mark = -1
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._gone: deque[Beat] = deque(maxlen=500)
        self._last: Snapshot | None = None

    def now(self) -> Snapshot:
        """The desk as of a moment ago."""
        with self._lock:
            if self._last is not None and time.monotonic() < self._next:
                return self._last
            return self._look()

    def fresh(self) -> Snapshot:
        """The desk as it is now."""
        with self._lock:
            return self._look()

    def _look(self) -> Snapshot:
        began, at, mark = time.monotonic(), self._clock(), self._changes()
        if self._last is not None and mark == self._mark:
            self._last = replace(self._last, at=at)
        else:
            self._last = self._compare(at)
        self._mark = mark
        ended = time.monotonic()
        self._next = ended + max(self._every, REST * (ended - began))
        return self._last

    def _compare(self, at: datetime) -> Snapshot:
        cases = self._store.queue(QueueFilter(states=OPEN_STATES), limit=MOST + 1)
        before = {beat.ref: beat for beat in self._last.beats} if self._last else None
        beats = tuple(_beat(case, before, at) for case in cases[:MOST])
        self._note_gone(before or {}, (beat.ref for beat in beats), at)
        return Snapshot(at=at, beats=beats, gone=tuple(self._gone), more=len(cases) > MOST)

    def _note_gone(self, before: Mapping[str, Beat], now: Iterable[str], at: datetime) -> None:
        here = set(now)
        self._gone.extend(
            replace(beat, changed_at=at) for ref, beat in before.items() if ref not in here
        )


def _beat(case: Case, before: Mapping[str, Beat] | None, at: datetime) -> Beat:
    """`before` None means that nobody watched until now: old items are then no news."""
    old = before.get(case.ref) if before is not None else None
    since = case.received_at if before is None else at
    beat = Beat(
        ref=case.ref,
        version=case.version,
        lane=case.lane,
        lanes=frozenset(lanes_of(case)),
        priority=case.priority,
        state=standing(case) if case.priority else case.state,
        claimed_by=case.claimed_by,
        kind=words.kind(case.item),
        sent_at=case.item.sent_at,
        entered_at=since,
        changed_at=since,
    )
    if old is None:
        return beat
    settled = old.state is not State.RECEIVED
    same_place = settled and old.lanes == beat.lanes and old.priority == beat.priority
    same = old.version == beat.version
    return replace(
        beat,
        entered_at=old.entered_at if same_place else at,
        changed_at=old.changed_at if same else at,
    )
