"""How long a search takes among a million items, as the console asks.

`python benchmarks/search.py [ITEMS] [URL]`: fills a database with items (made of a few thousand
words whose frequencies follow Zipf's law, written in bulk), then asks every kind of question of
an officer and of a comms reviewer. Prints milliseconds: median, p95, worst. Keeps the database if a
URL is given, and uses it as it is if it is full.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from storage.database import insert_rows
from storage.rows import desk_columns, item_columns
from storage.search import index_new
from storage.store import SqlStore, connect
from storage.tables import items
from triage.lifecycle import due
from triage.model import Author, Case, Decision, Item, Priority, State
from triage.searching import Search
from triage.taxonomy import Kind, Lane

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
PER_DAY = 1500
AT_ONCE = 5000
OPEN_SHARE = 0.002
VOWELS, CONSONANTS = "aeiou", "bcdfghklmnprstvw"
WORDS = [a + b + c + d for a in CONSONANTS for b in VOWELS for c in CONSONANTS for d in VOWELS]
WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))


def made(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Rows as a store holds them. What every item needs is worked out once for each priority."""
    desk = {each: desk_columns(_case(each)) for each in Priority}
    for number in range(count):
        day, place = divmod(number, PER_DAY)
        sent = FIRST + timedelta(days=day, seconds=place * 86_400 / PER_DAY)
        priority = chance.choices(list(Priority), (1, 3, 10, 36, 50))[0]
        state = State.OPEN if chance.random() < OPEN_SHARE else State.CLOSED
        said = " ".join(chance.choices(WORDS, cum_weights=WEIGHTS, k=chance.randint(5, 40)))
        private = chance.random() < 0.4
        who = chance.randrange(300_000)
        item = Item(
            id=str(number),
            channel="x_dm" if private else "x_mention",
            account="westbridgepolice",
            sent_at=sent,
            text=f"{said} 07700 9{who:05d}" if number % 50 == 0 else said,
            kind=Kind.DM if private else Kind.MENTION,
            author=Author(account_id=str(who), handle=f"sender{who}", display_name="A Sender"),
        )
        yield {
            **item_columns(item),
            **desk[priority],
            "ref": f"FC-{sent:%y-%m%d}-{place + 1:04d}",
            "received_at": sent,
            "due_at": sent,
            "state": state.value,
            "next_look": None,
            "version": 1,
            "text_versions": 1,
        }


def _case(priority: Priority) -> Case:
    item = Item(id="", channel="x_dm", account="", sent_at=FIRST, text="", kind=Kind.DM)
    owner = Lane.COMMS if priority is Priority.P5 else Lane.DESK
    decision = Decision(priority=priority, due=due(priority, FIRST), owner=owner)
    return Case(
        ref="", item=item, received_at=FIRST, priority=priority, lane=owner, decision=decision
    )


def fill(store: SqlStore, count: int) -> None:
    """Write so many items with their index."""
    started, rows = time.monotonic(), made(count, random.Random(7))
    for _ in range(0, count, AT_ONCE):
        some = list(islice(rows, AT_ONCE))
        with store.database.write() as tx:
            insert_rows(tx, items, some)
            index_new(tx, {row["ref"]: row for row in some})
    with store.database.write() as tx:
        tx.execute(text("ANALYZE"))
    print(f"{count:,} items written and indexed in {time.monotonic() - started:.0f} s")


def questions(chance: random.Random) -> Iterator[tuple[str, Search]]:
    """Every kind of question, with words that are common, middling and rare."""
    common, middling, rare = WORDS[:20], WORDS[100:400], WORDS[2500:]
    for _ in range(40):
        pick, who = chance.choice, chance.randrange(300_000)
        day = FIRST + timedelta(days=chance.randrange(600))
        yield "a common word", Search(text=pick(common))
        yield "a rare word", Search(text=pick(rare))
        yield "two common words", Search(text=f"{pick(common)} {pick(common)}")
        yield "a common and a rare", Search(text=f"{pick(common)} {pick(rare)}")
        yield "three middling", Search(text=" ".join(chance.choices(middling, k=3)))
        yield "a phrase", Search(text=f'"{pick(common)} {pick(middling)}"')
        yield "the beginning of a word", Search(text=pick(WORDS)[:3])
        yield "a handle", Search(text=f"@sender{who}")
        yield "a number", Search(text=f"077009{who:05d}")
        yield "a reference", Search(text=f"FC-{day:%y-%m%d}-{chance.randrange(1, PER_DAY):04d}")
        yield "nothing", Search(text="zzyzx")
        opened = (State.OPEN,)
        yield "a common word, open", Search(text=pick(common), states=opened)
        yield "a rare word, open", Search(text=pick(rare), states=opened)
        yield "a reviewer, common", Search(text=pick(common), public_only=True)
        yield "a reviewer, rare", Search(text=pick(rare), public_only=True)


def measure(store: SqlStore) -> None:
    """Ask, in an order that mixes the kinds, and print how long each took."""
    asked = list(questions(random.Random(11)))
    random.Random(3).shuffle(asked)
    took: dict[str, list[float]] = {}
    for kind, search in asked:
        started = time.perf_counter()
        store.search(search, sees=lambda _: True)
        took.setdefault(kind, []).append((time.perf_counter() - started) * 1000)
    everything = [each for times in took.values() for each in times]
    for kind, times in [*took.items(), ("all", everything)]:
        middle, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        print(f"{kind:26} median {middle:7.1f}  p95 {p95:7.1f}  worst {max(times):7.1f}")


def main() -> None:
    """Fill where needed, then measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'search.db'}"
        store = connect(url)
        store.migrate()
        with store.database.read() as tx:
            held = tx.execute(select(func.count()).select_from(items)).scalar_one()
        if held < count:
            fill(store, count)
        measure(store)
        store.close()


if __name__ == "__main__":
    main()
