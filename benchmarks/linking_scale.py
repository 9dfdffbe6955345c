"""How long it takes to say who is writing, by how many records there are.

Extraction, look-up, bodies from the database and evidence of each item, in CPU and by the clock,
once with the keys in memory and once by the table; what the index takes of memory, and how long
it takes to build.

python benchmarks/linking_scale.py FOLDER --people 10000 100000 1000000 10000000
python benchmarks/linking_scale.py --url postgresql+psycopg://… --people 5000000

A database that is there already (FOLDER/10000.db) is used as it is; PostgreSQL's must be.
"""

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.invented_people import SEED, invented, letters
from storage.store import SqlStore, connect
from triage.blocking import claim_keys, keys_of
from triage.claims import writer_claim
from triage.identifiers import extract
from triage.linking import link
from triage.model import Item
from triage.ports import People

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
WARM_UP = 200


def main() -> None:
    """Print a table for each number of people."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path, nargs="?")
    asked.add_argument("--url", default="")
    asked.add_argument("--people", type=int, nargs="+", default=[10_000])
    asked.add_argument("--items", type=int, default=3000)
    asked.add_argument("--memory-only", action="store_true", help="leave the table out")
    options = asked.parse_args()
    for people in options.people:
        url = options.url or f"sqlite:///{options.folder / str(people)}.db"
        store = connect(url)
        store.migrate()
        if not len(store):
            _fill(store, people)
        _measure(store, people, options.items, table=not options.memory_only)
        store.close()


def _fill(store: SqlStore, people: int) -> None:
    lines = (json.dumps(invented(number)) for number in range(people))
    began, cpu = time.perf_counter(), time.process_time()
    store.import_records(lines, keys_of=keys_of, now=NOW)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"{people:,} people invented and imported by one process: {wall:.0f} s, CPU {cpu:.0f} s")


def _measure(store: SqlStore, people: int, count: int, *, table: bool) -> None:
    items = list(letters(people, count + WARM_UP, SEED))
    print(f"{people:,} people, {count} items, {store.database.engine.dialect.name}", flush=True)
    if table:
        _ask(store, items, "by the table")
    index = store.keep_keys_in_memory()
    before, began, cpu = _memory(), time.perf_counter(), time.process_time()
    index.build()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    print(
        f"  index: {index.nbytes / people:.0f} bytes a record; the process grew by "
        f"{(_memory() - before) / people:.0f}, while it was built by {peak / people:.0f}; "
        f"built in {wall:.1f} s, CPU {cpu:.1f} s"
    )
    _ask(store, items, "in memory")


def _memory() -> int:
    """Bytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _ask(people: People, items: Sequence[tuple[Item, str]], how: str) -> None:
    """The whole of it, then its parts on the same items; the first items warm up."""
    found: list[tuple[str, str]] = []

    def whole(item: Item, writer: str) -> None:
        said = link(item, people, now=NOW)
        found.append((writer, said.candidates[0].record_id if said.candidates else ""))

    _times(f"{how}, the whole", whole, items)
    known = [(writer, first) for writer, first in found[WARM_UP:] if writer]
    right = sum(writer == first for writer, first in known)
    wrong = sum(bool(first) and writer != first for writer, first in found[WARM_UP:])
    print(f"    the writer is shown first: {right} of {len(known)}; somebody else is: {wrong}")
    claims = {id(item): writer_claim(item, extract(item)) for item, _ in items}
    _times("  reading", lambda item, _: writer_claim(item, extract(item)), items)
    look = _looking(people, claims)
    _times("  look-up and bodies", look, items)
    held = [len(people.candidates(claim_keys(claims[id(item)]))) for item, _ in items[WARM_UP:]]
    held.sort()
    print(f"    candidates: {statistics.median(held)} half of the times, at most {held[-1]}")


def _looking(people: People, claims: dict[int, object]) -> Callable[[Item, str], object]:
    def look(item: Item, _: str) -> object:
        return people.candidates(claim_keys(claims[id(item)]))  # type: ignore[arg-type]

    return look


def _times(
    what: str, ask: Callable[[Item, str], object], items: Sequence[tuple[Item, str]]
) -> None:
    walls, cpus = [], []
    for item, writer in items:
        wall, cpu = time.perf_counter(), time.thread_time()
        ask(item, writer)
        cpus.append(time.thread_time() - cpu)
        walls.append(time.perf_counter() - wall)
    cpus, walls = sorted(cpus[WARM_UP:]), sorted(walls[WARM_UP:])
    shown = "  ".join(
        f"{name} p50 {_part(times, 0.5):.2f} p99 {_part(times, 0.99):.2f}"
        for name, times in (("CPU", cpus), ("wall", walls))
    )
    print(f"    {what}: {shown} ms", flush=True)


def _part(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


if __name__ == "__main__":
    sys.exit(main())
