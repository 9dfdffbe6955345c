"""Taking in items that are already normalised, against bare inserts into the same database."""

import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from console.bench.parts import HARVEST, arrivals, fresh_store, harvests
from console.wiring import utc_now
from triage.model import Arrival

ROUNDS = 3


def measure(*, quick: bool) -> Iterator[str]:
    """Items a second, and how many times slower than bare inserts with the same commits."""
    count = 2_000 if quick else 20_000
    found = list(arrivals(count))
    yield f"Ingest of {count} normalised items, SQLite, WAL, synchronous FULL, best of {ROUNDS}"
    ours = min(_ours(found) for _ in range(ROUNDS))
    bare = min(_bare(found) for _ in range(ROUNDS))
    yield f"  take_in             {count / ours:10,.0f} items/s   (target 5,000)"
    yield f"  bare inserts        {count / bare:10,.0f} items/s"
    yield f"  ratio               {ours / bare:10.1f} x the time of bare inserts"


def _ours(found: Sequence[Arrival]) -> float:
    with fresh_store() as store:
        began = time.perf_counter()
        for harvest in harvests(found):
            store.take_in("bench", harvest, now=utc_now())
        return time.perf_counter() - began


def _bare(found: Sequence[Arrival]) -> float:
    """The floor: one row an item, one commit a harvest, no look-ups, audit or indexes."""
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "bare.db")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE items (id TEXT PRIMARY KEY, text TEXT, payload BLOB)")
        began = time.perf_counter()
        for at in range(0, len(found), HARVEST):
            rows = [
                (each.item.id, each.item.text, each.payload) for each in found[at : at + HARVEST]
            ]
            database.executemany("INSERT INTO items VALUES (?, ?, ?)", rows)
            database.commit()
        took = time.perf_counter() - began
        database.close()
        return took
