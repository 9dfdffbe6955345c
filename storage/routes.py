"""Urgent messages that a destination does not take, and their other way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from storage.audit import append
from storage.chat_tables import OWED, outbox
from storage.database import Database
from storage.outbox import add, message_of
from triage.lifecycle import URGENT
from triage.model import Event, Outgoing
from triage.routes import AGAIN


class RoutesPart:
    """`triage.routes.Routes` over SQL."""

    _db: Database

    def stuck(self, *, before: datetime, broken: Sequence[str], limit: int) -> list[Outgoing]:
        """Urgent messages about a case of which nothing arrived yet, most urgent first."""
        columns = outbox.c
        late = or_(columns.created_at <= before, columns.destination.in_(broken))
        wanted = select(outbox).where(
            OWED,
            columns.urgency <= int(URGENT),
            columns.delivered == 0,
            columns.rerouted_at.is_(None),
            columns.case_ref != "",
            columns.key.not_like(f"{AGAIN}%"),
            late,
        )
        wanted = wanted.order_by(columns.urgency, columns.created_at, columns.key).limit(limit)
        with self._db.read() as tx:
            return [message_of(row) for row in tx.execute(wanted)]

    def reroute(
        self, key: str, *, messages: Sequence[Outgoing], events: Sequence[Event], now: datetime
    ) -> bool:
        """Owe these in its place, with their events, in one transaction; False if it was done."""
        mine = (outbox.c.key == key, outbox.c.rerouted_at.is_(None), outbox.c.delivered == 0)
        with self._db.write() as tx:
            taken = tx.execute(update(outbox).where(*mine).values(rerouted_at=now))
            if taken.rowcount != 1:
                return False
            for message in messages:
                add(tx, message, now)
            append(tx, events)
        return True
