"""Presses accepted from chat tools and not carried out yet."""

from datetime import datetime

from sqlalchemy import delete, select, update

from storage.chat_tables import presses
from storage.database import Database, insert_into
from storage.types import safe, short
from triage.accepted import Accepted

MOST = 200


class AcceptedPart:
    """`triage.accepted.AcceptedPresses` over SQL."""

    _db: Database

    def accept_press(self, key: str, sink: str, body: str, *, now: datetime) -> bool:
        """Keep a press; False if it is kept already: it was delivered twice."""
        values = {"key": short(key), "sink": short(sink), "body": safe(body), "held_at": now}
        with self._db.write() as tx:
            new = insert_into(tx, presses).values(**values).on_conflict_do_nothing()
            return tx.execute(new.returning(presses.c.key)).first() is not None

    def press_done(self, key: str) -> None:
        """Forget a press that was carried out or refused."""
        with self._db.write() as tx:
            tx.execute(delete(presses).where(presses.c.key == short(key)))

    def left_presses(self, sink: str, *, before: datetime) -> list[Accepted]:
        """Presses last taken in hand before a moment, oldest first: their holder may be dead."""
        columns = presses.c
        wanted = select(presses).where(columns.sink == short(sink), columns.held_at < before)
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(columns.held_at, columns.key).limit(MOST))
            return [
                Accepted(key=row.key, sink=row.sink, body=row.body, at=row.held_at) for row in rows
            ]

    def retake_press(self, left: Accepted, *, now: datetime) -> bool:
        """Take a left press in hand; False if another did, or it is done."""
        mine = update(presses).where(presses.c.key == left.key, presses.c.held_at == left.at)
        with self._db.write() as tx:
            return tx.execute(mine.values(held_at=now)).rowcount == 1
