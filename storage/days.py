"""What each day came to, kept as sums: they outlive the texts they were counted from."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from storage.codec import dumps, loads
from storage.database import Database, insert_into
from storage.tables import drift_days, items
from triage.drift import DayFigures
from triage.model import Verdict

PAGE = 1000


class DaysPart:
    """`triage.ports.Days` over SQL."""

    _db: Database

    def read_between(
        self, start: datetime, end: datetime, *, page: int = PAGE
    ) -> Iterator[tuple[str, Verdict]]:
        """Texts received from `start` to before `end` with their verdicts, `page` at a time."""
        place = (items.c.received_at, items.c.ref)
        wanted = (
            select(*place, items.c.text, items.c.verdict)
            .where(items.c.received_at >= start, items.c.received_at < end)
            .where(items.c.verdict.is_not(None))
            .order_by(*place)
            .limit(page)
        )
        after = None
        while True:
            rest = wanted if after is None else wanted.where(_later(*after))
            with self._db.read() as tx:
                rows = tx.execute(rest).all()
            for row in rows:
                yield row.text, loads(Verdict, row.verdict)
            if len(rows) < page:
                return
            after = (rows[-1].received_at, rows[-1].ref)

    def first_received(self) -> datetime | None:
        """When the first case came in."""
        with self._db.read() as tx:
            found: datetime | None = tx.execute(select(func.min(items.c.received_at))).scalar()
        return found

    def save_days(self, days: Sequence[DayFigures]) -> None:
        """Keep figures of days, in place of those that were kept for them before."""
        with self._db.write() as tx:
            for each in days:
                figures = dumps(each)
                row = insert_into(tx, drift_days).values(day=each.day.isoformat(), figures=figures)
                tx.execute(
                    row.on_conflict_do_update(index_elements=["day"], set_={"figures": figures})
                )

    def days_since(self, first: date) -> list[DayFigures]:
        """Figures of the days that are kept from `first` on, oldest first."""
        wanted = select(drift_days.c.figures).where(drift_days.c.day >= first.isoformat())
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(drift_days.c.day))
            return [loads(DayFigures, row.figures) for row in rows]


def _later(at: datetime, ref: str) -> ColumnElement[bool]:
    """What comes after a place in the order of time and reference."""
    return or_(items.c.received_at > at, and_(items.c.received_at == at, items.c.ref > ref))
