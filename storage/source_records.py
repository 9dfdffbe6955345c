"""Which records a source had when it was read last, and which it no longer has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from storage.database import Database, chunks, exclusive, insert_rows
from storage.record_tables import source_records

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
        twice: set[str] = set()
        with self._db.write() as tx:
            exclusive(tx, "records")
            for some in chunks(record_ids):
                twice |= _note(tx, source, some, began)
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


def _note(tx: Connection, source: str, record_ids: Sequence[str], began: datetime) -> set[str]:
    """Few statements for many records: most were there at the reading before."""
    columns = source_records.c
    these = (columns.source == source, columns.record_id.in_(record_ids))
    rows = tx.execute(select(columns.record_id, columns.seen_at).where(*these)).all()
    earlier = update(source_records).where(*these, columns.seen_at < began)
    tx.execute(earlier.values(seen_at=began, gone_at=None))
    known = {row.record_id for row in rows}
    new = [each for each in record_ids if each not in known]
    seen = {"source": source, "seen_at": began, "gone_at": None}
    insert_rows(tx, source_records, [{**seen, "record_id": each} for each in new])
    return {row.record_id for row in rows if row.seen_at == began}
