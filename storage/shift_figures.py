"""Counts of a shift by lane, and messages that are told once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from storage.audit import append
from storage.chat_tables import outbox
from storage.database import Database, chunks
from storage.outbox import add
from storage.rows import case_of
from storage.tables import NOT_CLOSED, items
from triage.model import Case, Event, Outgoing, Priority, State
from triage.shift_figures import LONGEST, Figures, Waiting
from triage.shifts import Shift
from triage.taxonomy import Lane


@dataclass(slots=True)
class _Tally:
    """The figures of a lane while they are counted."""

    received: dict[int, int] = field(default_factory=dict)
    decided: dict[int, int] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    decided_late: int = 0
    unclaimed: int = 0
    claimed: int = 0
    offered: int = 0
    late: int = 0
    due_next: int = 0
    windows: int = 0
    longest: tuple[Waiting, ...] = ()

    @property
    def figures(self) -> Figures:
        """What was counted."""
        return Figures(**{each.name: getattr(self, each.name) for each in fields(self)})


Tallies = defaultdict[Lane, _Tally]
Which = Sequence[ColumnElement[bool]]


class ShiftFiguresPart:
    """`triage.shift_figures.ShiftFigures` over SQL."""

    _db: Database

    def figures(
        self, shift: Shift, *, reply_hours: Mapping[str, float], only: Priority | None = None
    ) -> Mapping[Lane, Figures]:
        """What each lane came to; of one priority only, if one is given."""
        graded = items.c.priority.is_not(None) if only is None else items.c.priority == int(only)
        which: Which = (items.c.lane.is_not(None), graded)
        tallies: Tallies = defaultdict(_Tally)
        with self._db.read() as tx:
            _received(tx, shift, which, tallies)
            _decided(tx, shift, which, tallies)
            _standing(tx, shift, which, tallies)
            _windows(tx, shift, which, reply_hours, tallies)
            for lane, tally in tallies.items():
                tally.longest = _longest(tx, lane, which)
        return {lane: tally.figures for lane, tally in tallies.items()}

    def open_at(self, priority: Priority, *, sent_before: datetime, limit: int) -> list[Case]:
        """Open cases of a priority, oldest first."""
        wanted = select(items).where(
            NOT_CLOSED, items.c.priority == int(priority), items.c.sent_at < sent_before
        )
        wanted = wanted.order_by(items.c.sent_us, items.c.ref).limit(limit)
        with self._db.read() as tx:
            return [case_of(row) for row in tx.execute(wanted)]

    def told(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these messages are owed or were delivered."""
        with self._db.read() as tx:
            found = [
                key
                for some in chunks(keys)
                for key in tx.execute(select(outbox.c.key).where(outbox.c.key.in_(some))).scalars()
            ]
        return frozenset(found)

    def tell_once(
        self, messages: Sequence[Outgoing], *, events: Sequence[Event], now: datetime
    ) -> int:
        """Owe those that are new, with the events if there are any, in one transaction."""
        if not messages:
            return 0
        with self._db.write() as tx:
            new = sum(add(tx, message, now) for message in messages)
            if new:
                append(tx, events)
        return new


def _received(tx: Connection, shift: Shift, which: Which, tallies: Tallies) -> None:
    counted = _by_lane().where(
        *which, items.c.received_at >= shift.start, items.c.received_at < shift.end
    )
    for row in tx.execute(counted):
        tallies[Lane(row.lane)].received[row.priority] = row.many


def _decided(tx: Connection, shift: Shift, which: Which, tallies: Tallies) -> None:
    late = func.sum(case((items.c.closed_at > items.c.due_at, 1), else_=0)).label("late")
    counted = _by_lane().add_columns(items.c.result, late).group_by(items.c.result)
    counted = counted.where(*which, items.c.closed_at >= shift.start, items.c.closed_at < shift.end)
    for row in tx.execute(counted):
        tally = tallies[Lane(row.lane)]
        tally.decided[row.priority] = tally.decided.get(row.priority, 0) + row.many
        tally.results[row.result] = tally.results.get(row.result, 0) + row.many
        tally.decided_late += int(row.late)


def _standing(tx: Connection, shift: Shift, which: Which, tallies: Tallies) -> None:
    """Who has what is open. While a changed text is read, claim and offer stay."""
    columns = items.c
    claimed, offered = columns.claimed_by != "", columns.offered_to.is_not(None)

    def number(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0)).label(name)

    due_next = and_(columns.due_at >= shift.end, columns.due_at < shift.next_end)
    counted = _by_lane().add_columns(
        number(and_(claimed, ~offered), "claimed"),
        number(offered, "offered"),
        number(and_(~claimed, ~offered), "unclaimed"),
        number(columns.due_at < shift.end, "late"),
        number(due_next, "due_next"),
    )
    for row in tx.execute(counted.where(*which, NOT_CLOSED)):
        tally = tallies[Lane(row.lane)]
        tally.open[row.priority] = row.many
        tally.claimed += int(row.claimed)
        tally.offered += int(row.offered)
        tally.unclaimed += int(row.unclaimed)
        tally.late += int(row.late)
        tally.due_next += int(row.due_next)


def _windows(
    tx: Connection,
    shift: Shift,
    which: Which,
    reply_hours: Mapping[str, float],
    tallies: Tallies,
) -> None:
    """Private messages to which the platform takes no reply after the next shift."""
    closing = [
        and_(
            items.c.platform == platform,
            items.c.sent_at >= shift.end - timedelta(hours=hours),
            items.c.sent_at < shift.next_end - timedelta(hours=hours),
        )
        for platform, hours in reply_hours.items()
        if hours
    ]
    if not closing:
        return
    counted = select(items.c.lane, func.count().label("many")).group_by(items.c.lane)
    counted = counted.where(*which, NOT_CLOSED, items.c.public.is_(False), or_(*closing))
    for row in tx.execute(counted):
        tallies[Lane(row.lane)].windows = row.many


def _longest(tx: Connection, lane: Lane, which: Which) -> tuple[Waiting, ...]:
    free = (items.c.state == State.OPEN.value, items.c.lane == lane.value)
    wanted = select(items.c.ref, items.c.priority, items.c.sent_at).where(*which, *free)
    rows = tx.execute(wanted.order_by(items.c.sent_us, items.c.ref).limit(LONGEST))
    return tuple(Waiting(ref=row.ref, priority=row.priority, sent_at=row.sent_at) for row in rows)


def _by_lane() -> Select[Any]:
    columns = (items.c.lane, items.c.priority)
    return select(*columns, func.count().label("many")).group_by(*columns)
