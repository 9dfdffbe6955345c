"""Lines under the cards of incidents: written with the place in the trail up to which they go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from storage.audit import read_head
from storage.chat_tables import outbox
from storage.database import Database, exclusive, insert_into
from storage.folding import CARD
from storage.outbox import columns_of
from storage.rows import case_of
from storage.tables import audit_events, cursors, items
from triage.model import Case
from triage.threads import (
    JOINING,
    THREAD,
    Line,
    Telling,
    Thread,
    counted,
    first_of,
    lines_of,
    minute_of,
)

SOURCE = "threads"
"""Under this name the cursor stands: the number of the last event that was looked at."""

AT_ONCE = 500
POSTED_SOON = timedelta(minutes=5)


class ThreadsPart:
    """`triage.threads.Threads` over SQL."""

    _db: Database

    def tell_threads(self, telling: Telling, *, now: datetime) -> int:
        """Owe lines for those who joined an incident since the last call; returns how many."""
        with self._db.read() as tx:
            seen = _cursor(tx)
            if seen is not None and not _joins(tx, seen, limit=1):
                return 0
        with self._db.write() as tx:
            exclusive(tx, "threads")
            seen = _cursor(tx)
            if seen is None:
                _keep_cursor(tx, read_head(tx).length, now)
                return 0
            joins = _joins(tx, seen, limit=AT_ONCE)
            if not joins:
                return 0
            joined = _still_there(tx, joins)
            threads = {
                first: _threads(tx, first, now) for first in {first_of(c.incident) for c in joined}
            }
            lines = lines_of(joined, threads, telling, now)
            _owe(tx, lines)
            _keep_cursor(tx, joins[-1][0], now)
        return len(lines)


def _cursor(tx: Connection) -> int | None:
    wanted = select(cursors.c.cursor).where(cursors.c.source == SOURCE)
    found = tx.execute(wanted).scalar_one_or_none()
    return None if found is None else int(found)


def _keep_cursor(tx: Connection, seq: int, now: datetime) -> None:
    values = {"cursor": str(seq), "stored_at": now}
    new = insert_into(tx, cursors).values(source=SOURCE, **values)
    tx.execute(new.on_conflict_do_update(index_elements=["source"], set_=values))


def _joins(tx: Connection, after: int, *, limit: int) -> list[tuple[int, str]]:
    """Events that put items to incidents: number and item, oldest first."""
    wanted = (
        select(audit_events.c.seq, audit_events.c.subject)
        .where(audit_events.c.action.in_(JOINING), audit_events.c.seq > after)
        .order_by(audit_events.c.seq)
    )
    return [(row.seq, row.subject) for row in tx.execute(wanted.limit(limit))]


def _still_there(tx: Connection, joins: Sequence[tuple[int, str]]) -> list[Case]:
    """The items as they are now, in the order in which they joined; each once."""
    refs = list(dict.fromkeys(ref for _, ref in joins))
    found = {
        row.ref: case_of(row)
        for row in tx.execute(select(items).where(items.c.ref.in_(refs), items.c.incident != ""))
    }
    return [found[ref] for ref in refs if ref in found]


def _threads(tx: Connection, first: str, now: datetime) -> list[Thread]:
    """The cards of an incident's first item, with what their threads were told this minute.

    A card that has not been posted for long has no thread: the tool is down, or the card is not
    wanted there, and lines that wait for it would come as a flood.
    """
    soon = and_(outbox.c.dead.is_(False), outbox.c.created_at > now - POSTED_SOON)
    wanted = select(outbox.c.key, outbox.c.destination).where(
        outbox.c.case_ref == first,
        outbox.c.key.like(CARD),
        or_(outbox.c.external_id != "", soon),
    )
    return [
        _counted(tx, Thread(card=row.key, destination=row.destination, case_ref=first), now)
        for row in tx.execute(wanted.order_by(outbox.c.key)).all()
    ]


def _counted(tx: Connection, thread: Thread, now: datetime) -> Thread:
    minute = minute_of(now)
    lines = (
        outbox.c.case_ref == thread.case_ref,
        outbox.c.under == thread.card,
        outbox.c.created_at >= minute,
    )
    more = f"{THREAD}{thread.card}:more:{minute:%Y%m%dT%H%M}"
    told = select(func.count()).where(*lines, outbox.c.key != more)
    body = select(outbox.c.body).where(outbox.c.key == more)
    return counted(
        thread,
        told=tx.execute(told).scalar_one(),
        body=tx.execute(body).scalar_one_or_none() or "",
    )


def _owe(tx: Connection, lines: Sequence[Line]) -> None:
    """Add lines; one of several items that waits for its minute to end is brought up to date."""
    for line in lines:
        values = columns_of(line.message) | {"next_attempt": line.not_before}
        new = insert_into(tx, outbox).values(**values)
        if line.not_before is None:
            tx.execute(new.on_conflict_do_nothing())
            continue
        waits = (outbox.c.delivered == 0) & (outbox.c.attempts == 0)
        again = {"body": new.excluded.body}
        tx.execute(new.on_conflict_do_update(index_elements=["key"], set_=again, where=waits))
