"""What the benchmarks share: invented items, a throw-away desk, and tables."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from console.demo import day
from console.wiring import open_store, utc_now
from storage.store import SqlStore
from triage.items import parse_item
from triage.model import Arrival, Harvest

HARVEST = 500
PROBE = "There is a man with a knife at my front door, he is trying to get in, please help"


def texts() -> list[str]:
    """The texts of the demo day: what people really write, in length and mixture."""
    return [arrival.item.text for _, arrival in day.events() if arrival.item.text]


def arrivals(count: int, *, seed: int = 1, start: int = 0) -> Iterator[Arrival]:
    """Invented direct messages and mentions."""
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    pool = texts()
    now = utc_now()
    for number in range(start, start + count):
        yield arrival(f"b{seed}-{number}", draw.choice(pool), now, author=number % 5000)


def arrival(item_id: str, text: str, now: datetime, *, author: int = 0) -> Arrival:
    """One invented message."""
    raw = {
        "id": item_id,
        "channel": "x_dm" if author % 2 else "x_mention",
        "account": "bench",
        "thread_id": f"t{author}",
        "author": {"account_id": str(author), "handle": f"person{author}"},
        "text": text,
    }
    item = parse_item(raw, "bench", now=now)
    return Arrival(item=item, payload=text.encode())


def harvests(found: Sequence[Arrival], size: int = HARVEST) -> Iterator[Harvest]:
    """The arrivals in pages as a collector yields them."""
    for at in range(0, len(found), size):
        yield Harvest(arrivals=tuple(found[at : at + size]), cursor=str(at))


@contextmanager
def fresh_settings() -> Iterator[Settings]:
    """Settings of a desk in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="firstcontact-bench-") as folder:
        yield Settings.model_validate(
            {
                "storage": {"url": f"sqlite:///{Path(folder) / 'bench.db'}"},
                "sink": [{"kind": "terminal", "per_second": 1_000_000}],
                "engine": {"node": "bench"},
            }
        )


@contextmanager
def fresh_store() -> Iterator[SqlStore]:
    """An empty store on a file that goes away."""
    with fresh_settings() as settings:
        store = open_store(settings)
        yield store
        store.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie; the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def resident_mb() -> float:
    """Resident memory of this process in MB (Linux; 0 elsewhere)."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
