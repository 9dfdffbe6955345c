"""Replies to citizens: taken for sending only by a conditional update, like the outbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from storage.audit import append
from storage.database import Database, exclusive, insert_into, touch
from storage.outbox import add_notices, draw_again
from storage.reply_tables import replies
from storage.types import Moment, safe, short
from triage.errors import Stale
from triage.model import Event, Outgoing
from triage.ports import Clock
from triage.replies import OWED, Reply, ReplyState

SAID_CHARS = 500
_FIELDS = tuple(name for name in Reply.__slots__ if name not in ("id", "ref", "version"))


class RepliesPart:
    """`triage.reply_ports.Replies` over SQL."""

    _db: Database
    _clock: Clock

    def reply(self, reply_id: str) -> Reply | None:
        """One reply, or None."""
        with self._db.read() as tx:
            return _reply(tx, reply_id)

    def replies_of(self, *refs: str) -> list[Reply]:
        """All replies of cases in the order in which they were begun."""
        wanted = select(replies).where(replies.c.case_ref.in_(refs)).order_by(replies.c.number)
        with self._db.read() as tx:
            return [_reply_of(row) for row in tx.execute(wanted)]

    def add_reply(self, reply: Reply, *, events: Sequence[Event]) -> Reply | None:
        """Keep a new reply with its event; None if one with this id is there already.

        Raises:
            Stale: the case has another reply that is not at its end.
        """
        try:
            with self._db.write() as tx:
                exclusive(tx, "replies")
                if _reply(tx, reply.id) is not None:
                    return None
                number = select(func.coalesce(func.max(replies.c.number), 0) + 1)
                values = {"id": reply.id, "case_ref": reply.ref, **_columns(reply)}
                tx.execute(
                    insert_into(tx, replies).values(
                        number=number.scalar_subquery(), version=reply.version, **values
                    )
                )
                append(tx, events)
                touch(tx)
        except IntegrityError as error:
            raise Stale(f"{reply.ref} has another reply that is not finished") from error
        return reply

    def change_reply(
        self,
        before: Reply,
        after: Reply,
        *,
        events: Sequence[Event],
        notices: Sequence[Outgoing] = (),
    ) -> Reply:
        """Write `after` if the row still has `before.version`; returns it with the new version.

        Raises:
            Stale: another change came first; nothing was written.
        """
        changed = replace(after, version=before.version + 1)
        own = and_(replies.c.id == before.id, replies.c.version == before.version)
        try:
            with self._db.write() as tx:
                values = {"version": changed.version, **_columns(changed)}
                if tx.execute(update(replies).where(own).values(**values)).rowcount != 1:
                    raise Stale(f"{before.ref}: the reply has changed since: look again")
                add_notices(tx, notices)
                if before.state is not changed.state:
                    draw_again(tx, before.ref, now=self._clock())
                append(tx, events)  # after the outbox, as in every change: two must not cross
                touch(tx)
        except IntegrityError as error:
            raise Stale(f"{before.ref} has another reply that is not finished") from error
        return changed

    def hold_reply(
        self,
        reply_id: str,
        *,
        now: datetime,
        seconds: float,
        event: Callable[[Reply], Event],
    ) -> Reply | None:
        """Take a reply for sending; None unless it is owed, due and held by nobody."""
        free = and_(replies.c.id == reply_id, _free(now))
        with self._db.write() as tx:
            found = select(replies).where(free).with_for_update(skip_locked=True)
            row = tx.execute(found).first()
            if row is None:
                return None
            taken = tx.execute(
                update(replies)
                .where(free, replies.c.version == row.version)
                .values(
                    state=ReplyState.SENDING.value,
                    version=replies.c.version + 1,
                    held_until=now + timedelta(seconds=seconds),
                    attempts=replies.c.attempts + 1,
                    tried_at=case(
                        (replies.c.unsure, replies.c.tried_at), else_=literal(now, Moment())
                    ),
                    unsure=True,
                )
            )
            if taken.rowcount != 1:
                return None
            before = _reply_of(row)
            held = replace(before, state=ReplyState.SENDING, version=before.version + 1)
            append(tx, [] if before.unsure else [event(held)])
            touch(tx)
        return held

    def replies_owed(self, *, now: datetime, limit: int = 100) -> list[str]:
        """The ids of replies that the sender should take up, oldest first."""
        wanted = select(replies.c.id).where(_free(now)).order_by(replies.c.number).limit(limit)
        with self._db.read() as tx:
            return list(tx.execute(wanted).scalars())

    def reply_counts(self) -> Mapping[str, int]:
        """Replies that are not at their end, and those that failed, by state."""
        ended = [ReplyState.SENT.value, ReplyState.WITHDRAWN.value]
        wanted = select(replies.c.state, func.count()).where(replies.c.state.not_in(ended))
        with self._db.read() as tx:
            return {row[0]: row[1] for row in tx.execute(wanted.group_by(replies.c.state))}

    def replies_mark(self, ref: str) -> int:
        """A number that changes with every change of a case's replies."""
        wanted = select(func.coalesce(func.sum(replies.c.version), 0))
        with self._db.read() as tx:
            return int(tx.execute(wanted.where(replies.c.case_ref == ref)).scalar_one())


def _free(now: datetime) -> ColumnElement[bool]:
    """Owed, due and held by nobody."""
    columns = replies.c
    return and_(
        columns.state.in_([state.value for state in OWED]),
        or_(columns.held_until.is_(None), columns.held_until <= now),
        or_(columns.next_attempt.is_(None), columns.next_attempt <= now),
    )


def _reply(tx: Connection, reply_id: str) -> Reply | None:
    row = tx.execute(select(replies).where(replies.c.id == reply_id)).first()
    return _reply_of(row) if row else None


def _reply_of(row: Row[Any]) -> Reply:
    values = {name: getattr(row, name) for name in _FIELDS}
    values["state"] = ReplyState(row.state)
    return Reply(id=row.id, ref=row.case_ref, version=row.version, **values)


def _columns(reply: Reply) -> dict[str, Any]:
    values = {name: getattr(reply, name) for name in _FIELDS}
    values["state"] = reply.state.value
    values["text"] = safe(reply.text)
    values["said"] = safe(reply.said)[:SAID_CHARS]
    values["external_id"] = short(reply.external_id)
    return values
