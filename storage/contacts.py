"""Contacts counted: what one sender writes less than an hour apart is one contact.

The count walks back in time from the item. Within a contact it hops to the earliest message of
the last hour, between contacts to the message before: each hop is one look-up in an index and
two of them cover an hour, so a flood costs no more than a chat, and 90 days without an hour's
pause about 4,300 look-ups. All goes by the platform's sent time.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    union_all,
)

from storage.tables import items
from storage.types import MICROSECOND

WINDOWS = (7, 30, 90)
DAY = timedelta(days=1) // MICROSECOND
PAUSE = timedelta(hours=1) // MICROSECOND
LONGEST = DAY
"""Who writes on without a pause makes a new contact each day, or they would never count."""

said = items.alias("said")

Senders = Callable[[CTE], Sequence[ColumnElement[bool]]]
"""Which messages (`said`) are of the sender of a row of the walk; each has an index with times."""


def contacts_before(which: ColumnElement[bool], senders: Senders) -> Select[Any]:
    """For each of `which` items its earlier contacts: `ref`, `days_7`, `days_30`, `days_90`.

    The contact that the item itself belongs to is left out. A contact is within a window if its
    last message is.
    """
    walk = _walk(which, senders)
    begun = _begun(walk)
    counts = [_sum(and_(begun, walk.c.at >= walk.c.now - days * DAY)) for days in WINDOWS]
    named = [count.label(f"days_{days}") for count, days in zip(counts, WINDOWS, strict=True)]
    return select(walk.c.ref, *named).group_by(walk.c.ref)


def same_account(walk: CTE) -> Sequence[ColumnElement[bool]]:
    """The messages of the same account: one sender."""
    return [
        and_(
            walk.c.author_key != "",
            said.c.platform == walk.c.platform,
            said.c.author_key == walk.c.author_key,
        )
    ]


def _walk(which: ColumnElement[bool], senders: Senders) -> CTE:
    """Rows from each item back in time, to a last one whose `at` is null.

    `at` is a message, `after` the one it was reached from, and `ended` the last message of the
    contact that one belongs to.
    """
    sent = items.c.sent_us
    moments = [sent.label(name) for name in ("now", "ended", "after", "at")]
    start = select(items.c.ref, items.c.platform, items.c.author_key, *moments).where(which)
    walk = start.cte("walk", recursive=True)
    ended = case((_begun(walk), walk.c.at), else_=walk.c.ended)
    contact_from = _later(walk.c.at - PAUSE, ended - LONGEST)  # one bound: SQLite seeks by one only
    onward = func.coalesce(
        _edge(walk, senders, said.c.sent_us > contact_from, last=False),
        _edge(walk, senders, said.c.sent_us >= walk.c.now - WINDOWS[-1] * DAY, last=True),
    )
    kept = (walk.c.ref, walk.c.platform, walk.c.author_key, walk.c.now)
    return walk.union_all(select(*kept, ended, walk.c.at, onward).where(walk.c.at.is_not(None)))


def _begun(walk: CTE) -> ColumnElement[bool]:
    """Whether a row of the walk is the last message of a contact before the item's own."""
    return or_(walk.c.after - walk.c.at >= PAUSE, walk.c.at <= walk.c.ended - LONGEST)


def _edge(
    walk: CTE, senders: Senders, since: ColumnElement[bool], *, last: bool
) -> ScalarSelect[Any]:
    """The first or last earlier message of a sender: one look-up for each account."""
    when = (said.c.sent_us < walk.c.at, since)
    order = said.c.sent_us.desc() if last else said.c.sent_us
    edges = [
        select(said.c.sent_us).where(theirs, *when).order_by(order).limit(1).correlate(walk)
        for theirs in senders(walk)
    ]
    if len(edges) == 1:
        return edges[0].scalar_subquery()
    found = union_all(*[select(edge.scalar_subquery().label("at")) for edge in edges]).subquery()
    return select((func.max if last else func.min)(found.c.at)).scalar_subquery()


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
