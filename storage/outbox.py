"""Messages owed to the outside: owned only by a conditional update, settled by their outcome."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from storage.audit import append
from storage.chat_tables import OWED, SENDABLE, SHOWN, outbox
from storage.database import Database, chunks, insert_into
from storage.folding import CARD, fold_new, take_out
from storage.tables import items
from storage.types import Moment, safe
from triage.desk import MACHINE
from triage.lifecycle import URGENT
from triage.model import Event, Outgoing, State
from triage.ports import Clock

above = outbox.alias("above")
_POSTED = above.c.external_id != ""
ERROR_CHARS = 500
NOT_EDITABLE = "-"
"""The external id of what a sink cannot edit."""

LAST = 5
"""Stubs go behind everything else."""


def merge_cards(tx: Connection, messages: Collection[tuple[Outgoing, int]]) -> None:
    """Owe cards at the versions given; a notice among them is added unless it is there."""
    cards, notices = [], []
    for message, version in messages:
        if message.key.startswith("card:"):
            cards.append(columns_of(replace(message, wanted=version)))
        else:
            notices.append(columns_of(message))
    new = insert_into(tx, outbox)
    again = {
        "wanted": new.excluded.wanted,
        "urgency": new.excluded.urgency,
        "dead": False,
        "owed_since": _since(new.excluded.created_at),
    }
    if cards:
        tx.execute(new.on_conflict_do_update(index_elements=["key"], set_=again), cards)
        fold_new(tx, [message for message, _ in messages if message.key.startswith("card:")])
    if notices:
        tx.execute(new.on_conflict_do_nothing(), notices)


def _since(now: Any) -> ColumnElement[Any]:
    """Since when a message is owed that is owed again now."""
    return case((outbox.c.delivered < outbox.c.wanted, outbox.c.owed_since), else_=now)


def owe_again(tx: Connection, refs: Sequence[str], *, now: datetime | None = None) -> None:
    """Owe every card of the cases at their present version, the dead ones too.

    Without `now` it is not known since when.
    """
    present = select(items.c.version).where(items.c.ref == outbox.c.case_ref).scalar_subquery()
    closed = exists().where(items.c.ref == outbox.c.case_ref, items.c.state == State.CLOSED.value)
    for some in chunks(refs):
        tx.execute(
            update(outbox)
            .where(outbox.c.case_ref.in_(some), outbox.c.key.like(CARD))
            .values(
                wanted=present,
                dead=False,
                owed_since=_since(literal(now, Moment())),
                stub=and_(outbox.c.stub, closed),
            )
        )
    take_out(tx, refs, now=now)


def draw_again(tx: Connection, ref: str, *, now: datetime) -> int:
    """Owe the posted cards of a case once more, also those given up; returns how many."""
    posted = (outbox.c.case_ref == ref, outbox.c.key.like(CARD), outbox.c.external_id != "")
    since = _since(literal(now, Moment()))
    owed = update(outbox).where(*posted)
    return tx.execute(owed.values(delivered=_behind(), dead=False, owed_since=since)).rowcount


def add_notices(tx: Connection, messages: Iterable[Outgoing]) -> None:
    """Add notices that know when they were made; those whose key exist are left alone."""
    for message in messages:
        add(tx, message, None)


def add(tx: Connection, message: Outgoing, now: datetime | None) -> bool:
    """Owe a message with a body of its own, unless its key is there; whether it is new."""
    statement = insert_into(tx, outbox).values(**columns_of(message, now)).on_conflict_do_nothing()
    return tx.execute(statement.returning(outbox.c.key)).first() is not None


def columns_of(message: Outgoing, now: datetime | None = None) -> dict[str, Any]:
    """The row of a new message, made at `created_at`, else `now`."""
    created = message.created_at or now
    if created is None:
        raise ValueError(f"{message.key}: a message needs the time it was made")
    return {
        "key": message.key,
        "destination": message.destination,
        "urgency": message.urgency,
        "case_ref": message.case_ref,
        "body": safe(message.body),
        "wanted": message.wanted,
        "created_at": created,
        "owed_since": created,
        "under": message.under,
    }


def message_of(row: Row[Any]) -> Outgoing:
    """A row of the outbox."""
    return Outgoing(
        key=row.key,
        destination=row.destination,
        urgency=row.urgency,
        case_ref=row.case_ref,
        body=row.body,
        wanted=row.wanted,
        delivered=row.delivered,
        external_id=row.external_id,
        attempts=row.attempts,
        unsure=row.unsure,
        created_at=row.created_at,
        tried_at=row.tried_at,
        stub=row.stub,
        under=row.under,
    )


def _free(now: datetime) -> ColumnElement[bool]:
    """Owed, alive, due, held by nobody, and what it is to stand under is posted."""
    columns = outbox.c
    return and_(
        SENDABLE,
        or_(columns.held_until.is_(None), columns.held_until <= now),
        or_(columns.next_attempt.is_(None), columns.next_attempt <= now),
        or_(columns.under == "", exists().where(above.c.key == columns.under, _POSTED)),
    )


def _delivered(
    tx: Connection, key: str, version: int, now: datetime, values: Mapping[str, Any]
) -> bool:
    done = (
        update(outbox)
        .where(outbox.c.key == key, outbox.c.delivered <= version)
        .values(
            delivered=version,
            delivered_at=now,
            owed_since=case((outbox.c.wanted > version, literal(now, Moment()))),
            held_until=None,
            next_attempt=None,
            unsure=False,
            dead=False,
            attempts=0,
            error="",
            **values,
        )
    )
    return tx.execute(done).rowcount == 1


def _behind() -> ColumnElement[int]:
    """What `delivered` has to be for a message to be owed once more."""
    columns = outbox.c
    return case((columns.delivered < columns.wanted, columns.delivered), else_=columns.wanted - 1)


def _above(tx: Connection, key: str) -> str:
    """The external id of a message that was posted, "" if there is none."""
    wanted = select(above.c.external_id).where(above.c.key == key, _POSTED)
    return (tx.execute(wanted).scalar_one_or_none() or "") if key else ""


class OutboxPart:
    """`triage.ports.Outbox` over SQL."""

    _db: Database
    _clock: Clock

    def places_owed(self) -> list[str]:
        """The destinations to which anything is owed, due or not: one look at the index each."""
        found: list[str] = []
        first = select(outbox.c.destination).where(SENDABLE).order_by(outbox.c.destination).limit(1)
        with self._db.read() as tx:
            place = tx.execute(first).scalar()
            while place is not None:
                found.append(place)
                place = tx.execute(first.where(outbox.c.destination > place)).scalar()
        return found

    def owed(
        self, *, limit: int, now: datetime, urgent_only: bool = False, destination: str = ""
    ) -> list[Outgoing]:
        """Messages with `delivered < wanted` whose next attempt is due and which nobody holds.

        Urgent first, then oldest; of one destination if it is named. `urgent_only` leaves all but
        P1 and P2 for others.
        """
        wanted = select(outbox).where(_free(now))
        if destination:
            wanted = wanted.where(outbox.c.destination == destination)
        if urgent_only:
            wanted = wanted.where(outbox.c.urgency <= int(URGENT))
        wanted = wanted.order_by(outbox.c.urgency, outbox.c.created_at, outbox.c.key)
        with self._db.read() as tx:
            return [message_of(row) for row in tx.execute(wanted.limit(limit))]

    def hold(self, key: str, *, now: datetime, seconds: float) -> Outgoing | None:
        """Take a message for sending; None if it is delivered, held by another or not due.

        `unsure`, `attempts` and `tried_at` of what is returned tell of earlier holds, not of this
        one: a message never tried before comes with `unsure=False`, one whose holder died with
        True and the moment of the first attempt whose outcome is not known.
        """
        until = now + timedelta(seconds=seconds)
        with self._db.write() as tx:
            free = select(outbox).where(outbox.c.key == key, _free(now))
            before = tx.execute(free.with_for_update(skip_locked=True)).first()
            if before is None:
                return None
            taken = tx.execute(
                update(outbox)
                .where(outbox.c.key == key, _free(now))
                .values(
                    held_until=until,
                    unsure=True,
                    attempts=outbox.c.attempts + 1,
                    tried_at=case(
                        (outbox.c.unsure, outbox.c.tried_at), else_=literal(now, Moment())
                    ),
                )
            )
            if taken.rowcount != 1:
                return None
            return replace(message_of(before), thread=_above(tx, before.under))

    def delivered(self, key: str, *, version: int, external_id: str, now: datetime) -> None:
        """Record the outcome: what was sent, as which platform message."""
        values: dict[str, Any] = {"external_id": safe(external_id)} if external_id else {}
        with self._db.write() as tx:
            _delivered(tx, key, version, now, values)

    def scrubbed(self, key: str, *, version: int, now: datetime) -> None:
        """Record that a card was cut to its stub, in the audit trail too."""
        with self._db.write() as tx:
            row = tx.execute(select(outbox).where(outbox.c.key == key)).first()
            if row is None or not _delivered(tx, key, version, now, {}):
                return
            detail = {"destination": row.destination}
            event = Event(
                at=now, actor=MACHINE, action="card_scrubbed", subject=row.case_ref, detail=detail
            )
            append(tx, [event])

    def deferred(
        self, key: str, *, retry_at: datetime | None, error: str, unsure: bool, now: datetime
    ) -> None:
        """Record a failed attempt. `retry_at` None means it will not be tried again (dead)."""
        with self._db.write() as tx:
            tx.execute(
                update(outbox)
                .where(outbox.c.key == key)
                .values(
                    held_until=None,
                    next_attempt=retry_at,
                    dead=retry_at is None,
                    error=safe(error)[:ERROR_CHARS],
                    unsure=unsure,
                )
            )

    def notify(self, messages: Sequence[Outgoing], *, now: datetime) -> int:
        """Add notices; those whose key exists already are left alone. Returns how many are new."""
        if not messages:
            return 0
        with self._db.write() as tx:
            return sum(add(tx, message, now) for message in messages)

    def backlog(self) -> Mapping[str, int]:
        """Messages waiting by destination, and `dead`."""
        wanted = select(outbox.c.destination, outbox.c.dead, func.count()).where(OWED)
        counts = {"dead": 0}
        with self._db.read() as tx:
            rows = tx.execute(wanted.group_by(outbox.c.destination, outbox.c.dead)).all()
        for destination, dead, count in rows:
            name = "dead" if dead else destination
            counts[name] = counts.get(name, 0) + count
        return counts

    def message(self, key: str) -> Outgoing | None:
        """One message, or None."""
        with self._db.read() as tx:
            row = tx.execute(select(outbox).where(outbox.c.key == key)).first()
        return message_of(row) if row else None

    def messages_of(self, case_ref: str) -> list[Outgoing]:
        """Everything owed or delivered about a case, oldest first."""
        wanted = select(outbox).where(outbox.c.case_ref == case_ref)
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(outbox.c.created_at, outbox.c.key))
            return [message_of(row) for row in rows]

    def dead_messages(self, *, limit: int = 100) -> list[tuple[Outgoing, str]]:
        """Messages that will not be tried again, newest first, with what went wrong."""
        wanted = select(outbox).where(OWED, outbox.c.dead.is_(True))
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(outbox.c.created_at.desc()).limit(limit))
            return [(message_of(row), row.error) for row in rows]

    def show_again(self, ref: str) -> int:
        """Owe the posted cards of a case once more, also those given up; returns how many."""
        with self._db.write() as tx:
            return draw_again(tx, ref, now=self._clock())

    def owe_stubs(
        self, sinks: Collection[str], *, closed_before: datetime, limit: int, now: datetime
    ) -> int:
        """Owe stubs in place of cards of cases closed since before a moment; returns how many.

        Oldest first, only in these sinks, and only of what can be edited there.
        """
        here = or_(
            *(outbox.c.destination.startswith(f"{each}:", autoescape=True) for each in sinks)
        )
        closed = exists().where(
            items.c.ref == outbox.c.case_ref,
            items.c.state == State.CLOSED.value,
            items.c.closed_at < closed_before,
        )
        shown = (
            select(outbox.c.key)
            .where(SHOWN, outbox.c.external_id != NOT_EDITABLE, outbox.c.key.like(CARD), here)
            .where(outbox.c.created_at < closed_before, closed)
            .order_by(outbox.c.created_at)
            .limit(limit)
        )
        with self._db.write() as tx:
            keys = list(tx.execute(shown).scalars()) if sinks else []
            for some in chunks(keys):
                owed = update(outbox).where(outbox.c.key.in_(some))
                tx.execute(
                    owed.values(
                        stub=True, delivered=_behind(), dead=False, urgency=LAST, owed_since=now
                    )
                )
        return len(keys)

    def revive(self, *, destination: str = "") -> int:
        """Owe dead messages again (of one destination), once people mended what was wrong."""
        dead = update(outbox).where(OWED, outbox.c.dead.is_(True))
        if destination:
            dead = dead.where(outbox.c.destination == destination)
        with self._db.write() as tx:
            return tx.execute(dead.values(dead=False, next_attempt=None)).rowcount
