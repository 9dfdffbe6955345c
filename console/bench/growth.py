"""What an item costs when ten thousand, a hundred thousand and a million are stored already."""

import time
from collections.abc import Iterator

from sqlalchemy import Connection, text

from console.bench.parts import arrivals, fresh_settings, harvests
from console.wiring import build_service, open_store, utc_now
from storage.store import SqlStore
from triage.flow import Desk, triage_waiting

SIZES = (10_000, 100_000, 1_000_000)
BATCH = 32
BATCHES = 10
COPIED = ("items", "item_versions")
INDEXES = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
    "AND tbl_name IN ('items', 'item_versions')"
)


def measure(*, quick: bool) -> Iterator[str]:
    """Milliseconds an item from take-in to settled, and the ratio to the smallest size."""
    sizes = SIZES[:2] if quick else SIZES
    yield f"Cost of an item by what is stored, SQLite, {BATCH * BATCHES} items each"
    base = 0.0
    for size in sizes:
        cost = _cost(size)
        base = base or cost
        yield f"  {size:9,} stored    {cost:6.2f} ms an item, {cost / base:.2f} x"


def _cost(size: int) -> float:
    with fresh_settings() as settings:
        store = open_store(settings)
        service = build_service(settings, store, sinks={})
        _fill(store, size, service.desk)
        found = list(arrivals(BATCH * BATCHES, seed=3))
        began = time.perf_counter()
        for harvest in harvests(found, BATCH):
            taken = store.take_in("bench", harvest, now=utc_now())
            triage_waiting(service.desk, limit=BATCH, refs=taken.refs)
        took = time.perf_counter() - began
        store.close()
        return took / len(found) * 1000


def _fill(store: SqlStore, size: int, desk: Desk) -> None:
    """Store a thousand real items and copy their rows under other names.

    The indexes are built when all is there: sorted once, as a database of that age has them.
    """
    for harvest in harvests(list(arrivals(1000, seed=4)), 100):
        taken = store.take_in("fill", harvest, now=utc_now())
        triage_waiting(desk, limit=100, refs=taken.refs)
    with store.database.write() as tx:
        indexes = tx.execute(text(INDEXES)).all()
        for name, _ in indexes:
            tx.execute(text(f"DROP INDEX {name}"))
    for copy in range(1, size // 1000):
        with store.database.write() as tx:
            for table in COPIED:
                _copy(tx, table, copy)
    with store.database.write() as tx:
        for _, made in indexes:
            tx.exec_driver_sql(made)


def _copy(tx: Connection, table: str, copy: int) -> None:
    """Copy the first thousand rows of a table; names and authors differ in each copy."""
    columns = [row[1] for row in tx.execute(text(f"PRAGMA table_info({table})"))]
    renamed = {
        "ref": f"'FC-C{copy:04d}-' || substr(ref, 4)",
        "external_id": f"'{copy:04d}-' || external_id",
        "author_key": f"'{copy:04d}-' || author_key",
        "thread_id": f"'{copy:04d}-' || thread_id",
    }
    values = ", ".join(renamed.get(name, name) for name in columns)
    names = ", ".join(columns)
    tx.execute(
        text(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} "  # noqa: S608 - our names
            "WHERE rowid <= 1000"
        )
    )
