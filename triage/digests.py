"""When more comes in than a chat channel can take, one message stands for the routine cards.

It only spares the channel: every item is stored and in the console's queue at all times. What is
P1 to P3, tells of abuse, was handed over or claimed, or concerns somebody known to be at risk is
always posted as a card of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from triage.model import Case, Event, Outgoing, Priority, State
from triage.routing import discloses, was_read
from triage.taxonomy import Lane

KIND = "digest"
LEAST_URGENT_CARD = Priority.P3
"""Cards up to this priority are never put into a digest."""

LANES = frozenset({Lane.DESK, Lane.COMMS})
"""The other lanes are restricted: little comes there, and each of it counts."""

QUIET = 0.5
"""A surge is over when no more comes in than this share of what its beginning took."""

FEW = 0.1
"""At its end so many cards, by the same measure, are few enough to be posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """What is owed to a destination: how much, and since when the oldest of it waits.

    `dead` are messages that will not be tried again; they are in no other number.
    """

    destination: str
    urgent: int = 0
    routine: int = 0
    dead: int = 0
    oldest: datetime | None = None
    oldest_urgent: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A message that stands for cards. `waiting` are those of open cases, by priority; `recent`
    is how many came into it of late; `said_at` is when its words last changed."""

    key: str
    destination: str
    began_at: datetime
    said_at: datetime
    ended_at: datetime | None = None
    waiting: Mapping[Priority, int] = field(default_factory=dict)
    recent: int = 0

    @property
    def live(self) -> bool:
        """Whether new routine cards go into it."""
        return self.ended_at is None

    @property
    def count(self) -> int:
        """How many open cases it stands for."""
        return sum(self.waiting.values())


class Digests(Protocol):
    """Pressure on the chat channels, and the messages that stand for cards."""

    def pressure(self) -> list[Pressure]:
        """Every destination to which anything is owed or given up."""
        ...

    def digests(self, *, since: datetime) -> list[Digest]:
        """Digests that stand, oldest first; `recent` counts from `since` on."""
        ...

    def begin_digest(
        self, message: Outgoing, *, notices: Sequence[Outgoing], event: Event, now: datetime
    ) -> int:
        """Put the routine cards owed to a place into a digest, shown by `message`.

        One transaction with notices and event. Returns how many were put into it; 0 if there are
        none or the place has a live digest, and then nothing is written. An older digest of the
        place goes into the new one. More than a step's worth is taken by `fold_more`.
        """
        ...

    def fold_more(self, digest: Digest) -> int:
        """Put further routine cards that are owed into a live digest; returns how many."""
        ...

    def say_digest(self, key: str, body: str, *, now: datetime) -> bool:
        """Have a digest say this; False if it does."""
        ...

    def end_digest(
        self,
        key: str,
        body: str,
        *,
        post_rest: bool,
        notices: Sequence[Outgoing],
        event: Event,
        now: datetime,
    ) -> bool:
        """The surge is over; False if it was already. `post_rest` owes the open cards again."""
        ...

    def close_digest(self, key: str, body: str, *, now: datetime) -> bool:
        """Nothing in it waits any more: it says so, and stands no longer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeMode:
    """From when on a channel is spared (settings `chat`). `within` zero means never."""

    within: timedelta = timedelta(minutes=5)
    edit_every: timedelta = timedelta(seconds=15)

    def capacity(self, per_second: float) -> float:
        """How many messages a channel can take within the time."""
        return per_second * self.within.total_seconds()

    def begins(self, pressure: Pressure, per_second: float) -> bool:
        """Whether more waits than the channel can take within the time."""
        return bool(self.within) and pressure.routine > self.capacity(per_second)

    def ends(self, digest: Digest, pressure: Pressure, per_second: float, *, now: datetime) -> bool:
        """Whether so little comes in and waits that cards can be posted again."""
        quiet = QUIET * self.capacity(per_second)
        lasted = now - digest.began_at >= self.within
        return lasted and digest.recent <= quiet and pressure.routine <= quiet

    def few(self, count: int, per_second: float) -> bool:
        """Whether so many cards can still be posted without burying what is new."""
        return count <= max(1.0, FEW * self.capacity(per_second))


def foldable(case: Case) -> bool:
    """Whether a digest may stand for the card of a case.

    Nobody has it, nothing about it is urgent, and it was read in full and tells of no abuse.
    """
    verdict, history = case.verdict, case.history
    if case.state is not State.OPEN or case.claimed_by or case.offered_to is not None:
        return False
    if case.priority is None or case.priority <= LEAST_URGENT_CARD or case.lane not in LANES:
        return False
    if verdict is None or not was_read(verdict) or verdict.unsure or discloses(verdict):
        return False
    return not (history.disclosed_before or history.markers)


def may_stay(case: Case) -> bool:
    """Whether a card that is in a digest may stay there: a closed case needs no card at all, and
    one whose text is read again is judged when that is done."""
    unclaimed = not case.claimed_by and case.offered_to is None
    return not case.open or (case.state is State.RECEIVED and unclaimed) or foldable(case)


def waiting_words(waiting: Mapping[Priority, int]) -> str:
    """`87 routine items wait in the queue: 60 P5, 27 P4`."""
    count = sum(waiting.values())
    parts = [f"{waiting[each]} {each.name}" for each in sorted(waiting, reverse=True)]
    what = "1 routine item waits" if count == 1 else f"{count} routine items wait"
    return f"{what} in the queue: {', '.join(part for part in parts)}"
