"""Messages that stand for many cards, and what is owed to each chat channel."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, select, update

from storage.audit import append
from storage.chat_tables import OWED, digests, outbox
from storage.database import Database, exclusive, insert_into, touch
from storage.folding import put_in, untried
from storage.outbox import add
from storage.tables import items
from storage.types import Moment, safe
from triage.digests import Digest, Pressure
from triage.lifecycle import URGENT
from triage.model import Event, Outgoing, Priority, State

STEP = 500
"""So many cards are put into a digest at once: whoever else has to write waits no longer."""

NOT_CLOSED = items.c.state != State.CLOSED.value


class DigestsPart:
    """`triage.digests.Digests` over SQL."""

    _db: Database

    def pressure(self) -> list[Pressure]:
        """Every destination to which anything is owed or given up."""
        columns = outbox.c
        alive, urgent = columns.dead.is_(False), columns.urgency <= int(URGENT)
        wanted = select(
            columns.destination,
            _count(and_(alive, urgent)).label("urgent"),
            _count(and_(alive, ~urgent, columns.stub.is_(False))).label("routine"),
            _count(~alive).label("dead"),
            func.min(case((alive, columns.owed_since))).label("oldest"),
            func.min(case((and_(alive, urgent), columns.owed_since))).label("oldest_urgent"),
        )
        with self._db.read() as tx:
            rows = tx.execute(wanted.where(OWED, columns.under == "").group_by(columns.destination))
            return [Pressure(**row._mapping) for row in rows]

    def digests(self, *, since: datetime) -> list[Digest]:
        """Digests that stand, oldest first; `recent` counts from `since` on."""
        wanted = select(digests).where(digests.c.closed_at.is_(None)).order_by(digests.c.began_at)
        with self._db.read() as tx:
            rows = tx.execute(wanted).all()
            waiting = _waiting(tx) if rows else {}
            return [
                Digest(
                    key=row.key,
                    destination=row.destination,
                    began_at=row.began_at,
                    said_at=row.said_at,
                    ended_at=row.ended_at,
                    waiting=waiting.get(row.key, {}),
                    recent=_recent(tx, row.key, since),
                )
                for row in rows
            ]

    def begin_digest(
        self, message: Outgoing, *, notices: Sequence[Outgoing], event: Event, now: datetime
    ) -> int:
        """Put the routine cards owed to a place into a digest, shown by `message`.

        Returns how many were put into it; 0 if there are none or the place has a live digest, and
        then nothing is written. An older digest of the place goes into the new one.
        """
        here = digests.c.destination == message.destination
        with self._db.write() as tx:
            exclusive(tx, "digests")
            if tx.execute(select(digests.c.key).where(here, digests.c.ended_at.is_(None))).first():
                return 0
            put = _fold(tx, message.destination, message.key)
            if not put:
                return 0
            _take_over(tx, message.key, here, now)
            row = {"key": message.key, "destination": message.destination}
            tx.execute(insert_into(tx, digests).values(**row, began_at=now, said_at=now))
            for each in (message, *notices):
                add(tx, each, now)
            append(tx, [event])
            touch(tx)
        return put

    def fold_more(self, digest: Digest) -> int:
        """Put further routine cards that are owed into a live digest; returns how many."""
        with self._db.write() as tx:
            exclusive(tx, "digests")
            live = (digests.c.key == digest.key, digests.c.ended_at.is_(None))
            if tx.execute(select(digests.c.key).where(*live)).first() is None:
                return 0
            return _fold(tx, digest.destination, digest.key)

    def say_digest(self, key: str, body: str, *, now: datetime) -> bool:
        """Have a digest say this; False if it does."""
        with self._db.write() as tx:
            exclusive(tx, "digests")
            return _say(tx, key, body, now)

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
        ended: dict[str, Any] = {"ended_at": now, "closed_at": now if post_rest else None}
        with self._db.write() as tx:
            exclusive(tx, "digests")
            live = (digests.c.key == key, digests.c.ended_at.is_(None))
            if tx.execute(update(digests).where(*live).values(**ended)).rowcount != 1:
                return False
            if post_rest:
                rest = update(outbox).where(outbox.c.digest == key, _of_open_cases())
                tx.execute(rest.values(digest="", owed_since=literal(now, Moment())))
            _say(tx, key, body, now)
            for each in notices:
                add(tx, each, now)
            append(tx, [event])
            touch(tx)
        return True

    def close_digest(self, key: str, body: str, *, now: datetime) -> bool:
        """Nothing in it waits any more: it says so, and stands no longer."""
        with self._db.write() as tx:
            exclusive(tx, "digests")
            standing = (digests.c.key == key, digests.c.closed_at.is_(None))
            over = update(digests).where(*standing, digests.c.ended_at.is_not(None))
            if tx.execute(over.values(closed_at=now)).rowcount != 1:
                return False
            _say(tx, key, body, now)
        return True


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


def _of_open_cases() -> ColumnElement[bool]:
    return exists().where(items.c.ref == outbox.c.case_ref, NOT_CLOSED)


def _waiting(tx: Connection) -> dict[str, dict[Priority, int]]:
    """The open cases of each digest by priority."""
    wanted = (
        select(outbox.c.digest, items.c.priority, func.count())
        .join_from(outbox, items, items.c.ref == outbox.c.case_ref)
        .where(outbox.c.digest != "", NOT_CLOSED, items.c.priority.is_not(None))
        .group_by(outbox.c.digest, items.c.priority)
    )
    found: dict[str, dict[Priority, int]] = defaultdict(dict)
    for digest, priority, count in tx.execute(wanted):
        found[digest][Priority(priority)] = count
    return found


def _recent(tx: Connection, key: str, since: datetime) -> int:
    made = (outbox.c.digest == key, outbox.c.created_at > since, outbox.c.digest != "")
    return tx.execute(select(func.count()).where(*made)).scalar() or 0


def _fold(tx: Connection, destination: str, key: str) -> int:
    """Put up to a step of what may go into a digest there; returns how many."""
    put, after = 0, None
    while put < STEP:
        rows = tx.execute(untried(destination, after, STEP)).all()
        if not rows:
            break
        put += put_in(tx, key, rows)
        after = (rows[-1].made_at, rows[-1].card)
    return put


def _take_over(tx: Connection, key: str, here: ColumnElement[bool], now: datetime) -> None:
    """What an older digest of the place still stands for goes into the new one."""
    standing = select(digests.c.key).where(here, digests.c.closed_at.is_(None))
    for (old,) in tx.execute(standing).all():
        tx.execute(update(outbox).where(outbox.c.digest == old).values(digest=key))
        tx.execute(update(digests).where(digests.c.key == old).values(closed_at=now))


def _say(tx: Connection, key: str, body: str, now: datetime) -> bool:
    other = (outbox.c.key == key, outbox.c.body != safe(body))
    since = case(
        (outbox.c.delivered < outbox.c.wanted, outbox.c.owed_since), else_=literal(now, Moment())
    )
    said = (
        update(outbox)
        .where(*other)
        .values(body=safe(body), wanted=outbox.c.wanted + 1, dead=False, owed_since=since)
    )
    if tx.execute(said).rowcount != 1:
        return False
    tx.execute(update(digests).where(digests.c.key == key).values(said_at=now))
    return True
