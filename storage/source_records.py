"""Which records a source had when it was read last, and which it no longer has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from storage.database import Database, chunks, insert_into
from storage.tables import source_records

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Records that a source once had and has no longer; they are still kept here.

    `new` of the `count` were there at the reading before; `first` are some of those.
    """

    count: int
    new: int
    first: tuple[str, ...]


class SourceRecordsPart:
    """What a source had, reading by reading. Nothing here removes a record."""

    _db: Database

    def note_seen(self, source: str, record_ids: Sequence[str], *, began: datetime) -> set[str]:
        """Note records of the reading that `began`; returns those it had given before."""
        columns = source_records.c
        twice: set[str] = set()
        with self._db.write() as tx:
            for some in chunks(record_ids):
                this = (columns.source == source, columns.seen_at == began)
                given = select(columns.record_id).where(*this, columns.record_id.in_(some))
                twice.update(tx.execute(given).scalars())
                new = insert_into(tx, source_records)
                seen = {"seen_at": began, "gone_at": None}
                later = new.on_conflict_do_update(
                    index_elements=["source", "record_id"],
                    set_=seen,
                    where=columns.seen_at < began,
                )
                tx.execute(later, [{"source": source, "record_id": each, **seen} for each in some])
        return twice

    def note_missing(self, source: str, *, began: datetime, now: datetime) -> Missing:
        """What the reading that `began` did not give, once it has come to its end."""
        columns = source_records.c
        missing = (columns.source == source, columns.seen_at < began)
        new = (*missing, columns.gone_at.is_(None))
        shown = select(columns.record_id).where(*new).order_by(columns.record_id).limit(SHOWN)
        with self._db.write() as tx:
            first = tuple(tx.execute(shown).scalars())
            marked = tx.execute(update(source_records).where(*new).values(gone_at=now))
            count = tx.execute(select(func.count()).select_from(source_records).where(*missing))
            return Missing(count=count.scalar_one(), new=marked.rowcount, first=first)
