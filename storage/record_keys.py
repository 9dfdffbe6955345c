"""The keys under which records are found, as numbers: who holds a key, and what has changed.

A record has a number that it keeps. Its keys (`triage.blocking`, hashed) stand twice: by record in
`key_lists`, with the stamp of the change that wrote them, and by key in `person_keys`. Stamps are
given under the lock of the records, so whoever has seen one has seen all before it. A large import
writes `person_keys` in a second step (`write_keys`), in the order of the keys and not of the file:
put in one by one at their places, they would touch the whole table again with every batch.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, select

from storage.database import Database, exclusive, insert_into, insert_tuples
from storage.record_tables import key_lists, person_keys
from storage.tables import marks
from triage.ports import rarity

RECORDS, KEYED = "records", "records_keyed"
"""Marks: the stamp of the last change, and up to which one the keys stand in `person_keys`."""

RUN, REACHED = "records_run", "records_reached"
"""Marks of a second step under way: its last stamp, and the key up to which it has written."""

RECORDS_A_RUN, KEYS_AT_ONCE = 1_000_000, 200_000
LOWEST_KEY = -(2**63)

Lists = list[tuple[int, bytes]]

MARK = select(marks.c.value).where(marks.c.name == bindparam("name"))
HIGHEST = select(func.max(key_lists.c.number))
SQLITE_HOLDERS = (
    "SELECT (SELECT GROUP_CONCAT(number) FROM (SELECT number FROM person_keys "
    "WHERE key = wanted.value LIMIT ?) AS found) FROM json_each(?) AS wanted"
)
POSTGRES_HOLDERS = (
    "SELECT held.numbers FROM unnest(%s::bigint[]) AS wanted (key) CROSS JOIN LATERAL "
    "(SELECT array_agg(number) AS numbers FROM (SELECT number FROM person_keys "
    "WHERE key = wanted.key LIMIT %s) AS found) AS held"
)
"""Who holds each key; of one that names too many no more are read than tell so."""


def unpacked(keys: bytes) -> tuple[int, ...]:
    """The signed numbers of `triage.blocking.key_numbers`."""
    return struct.unpack(f"<{len(keys) // 8}q", keys)


def sharing(tx: Connection, keys: Sequence[int], limit: int) -> Counter[int]:
    """By record number, what its keys count for (`triage.ports.rarity`).

    Keys held by more than `limit` records do not count.
    """
    return counted(_holders(tx, keys, limit + 1), limit)


def counted(holders: Iterable[Sequence[int]], limit: int) -> Counter[int]:
    """What the keys that each number holds count for, leaving out keys of too many."""
    shared: Counter[int] = Counter()
    for numbers in holders:
        if 0 < len(numbers) <= limit:
            bits = rarity(len(numbers), limit)
            for number in numbers:
                shared[number] += bits
    return shared


def _holders(tx: Connection, keys: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    if tx.dialect.name == "postgresql":
        for row in tx.exec_driver_sql(POSTGRES_HOLDERS, (list(keys), most)):
            yield row[0] or ()
        return
    wanted = f"[{','.join(map(str, keys))}]"
    for row in tx.exec_driver_sql(SQLITE_HOLDERS, (most, wanted)):
        yield [int(each) for each in row[0].split(",")] if row[0] else ()


# --- changes --------------------------------------------------------------------------------------


def mark(tx: Connection, name: str) -> int | None:
    """The value of a mark, None if it was never set."""
    found: int | None = tx.execute(MARK, {"name": name}).scalar()
    return found


def set_mark(tx: Connection, name: str, value: int) -> None:
    """Set a mark."""
    statement = insert_into(tx, marks).values(name=name, value=value)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def next_stamp(tx: Connection) -> int:
    """The stamp of a change about to be written, under the lock of the records."""
    stamp = (mark(tx, RECORDS) or 0) + 1
    set_mark(tx, RECORDS, stamp)
    return stamp


def changed(tx: Connection, after: int, until: int, *, most: int) -> Lists:
    """Numbers and keys of what was written after one stamp and up to another, at most so many."""
    wanted = select(key_lists.c.number, key_lists.c.packed).where(
        key_lists.c.stamp > after, key_lists.c.stamp <= until
    )
    return [(row.number, row.packed) for row in tx.execute(wanted.limit(most))]


def lists_after(tx: Connection, number: int, *, most: int) -> Lists:
    """The next numbers after one, with their keys: to read all of them, some at a time."""
    wanted = select(key_lists.c.number, key_lists.c.packed).where(key_lists.c.number > number)
    rows = tx.execute(wanted.order_by(key_lists.c.number).limit(most))
    return [(row.number, row.packed) for row in rows]


# --- the table by key -----------------------------------------------------------------------------


def drop_keys(tx: Connection, lists: Lists) -> None:
    """Take the keys of records out of `person_keys`, so far as they stand there."""
    pairs = sorted((key, number) for number, keys in lists for key in unpacked(keys))
    if pairs:
        held = (person_keys.c.key == bindparam("k"), person_keys.c.number == bindparam("n"))
        tx.execute(delete(person_keys).where(*held), [{"k": k, "n": n} for k, n in pairs])


def write_keys(database: Database) -> None:
    """Write to `person_keys` what is owed to it, in the order of its keys.

    Killed half-way it is simply called again. It may run on several nodes at once: each portion
    is written by one of them.
    """
    while _write_run(database):
        pass


def _write_run(database: Database) -> bool:
    """The next run of stamps; False if nothing is owed."""
    with database.write() as tx:
        exclusive(tx, "records")
        run = _begun(tx)
    if run is None:
        return False
    pairs = _pairs(database, *run)
    reached: int | None = LOWEST_KEY
    while reached is not None:
        with database.write() as tx:
            exclusive(tx, "records")
            reached = _write_portion(tx, run[1], pairs)
    return True


def _begun(tx: Connection) -> tuple[int, int] | None:
    """After and up to which stamp this run writes, noted so that it can be gone on with."""
    last, keyed, run = mark(tx, RECORDS) or 0, mark(tx, KEYED) or 0, mark(tx, RUN) or 0
    if keyed >= last:
        return None
    if run <= keyed:
        run = _last_stamp(tx, keyed, last)
        set_mark(tx, RUN, run)
        set_mark(tx, REACHED, LOWEST_KEY)
    return keyed, run


def _last_stamp(tx: Connection, keyed: int, last: int) -> int:
    """So many stamps that the keys of their records fit in memory, and at least one."""
    ahead = select(key_lists.c.stamp).where(key_lists.c.stamp > keyed)
    at = tx.execute(ahead.order_by(key_lists.c.stamp).offset(RECORDS_A_RUN).limit(1)).scalar()
    return last if at is None else max(int(at) - 1, keyed + 1)


class _Pairs(NamedTuple):
    """Keys and the numbers that hold them, ordered by both, as they were at a stamp."""

    keys: Any
    numbers: Any
    stamp: int


def _pairs(database: Database, after: int, until: int) -> _Pairs:
    with database.read() as tx:
        stamp = mark(tx, RECORDS) or 0
        lists = changed(tx, after, until, most=2**31)
    keys, numbers = arrays(lists)
    order = np.lexsort((numbers, keys))
    return _Pairs(keys[order], numbers[order], stamp)


def arrays(lists: Lists) -> tuple[Any, Any]:
    """Key lists as two columns: each key (int64) and the number that holds it."""
    keys = np.frombuffer(b"".join(keys for _, keys in lists), dtype="<i8")
    held = np.fromiter((len(keys) // 8 for _, keys in lists), dtype=np.int64, count=len(lists))
    numbers = np.fromiter((number for number, _ in lists), dtype=np.int64, count=len(lists))
    return keys, np.repeat(numbers, held)


def _write_portion(tx: Connection, run: int, pairs: _Pairs) -> int | None:
    """Write the next keys of a run; returns how far it is, None if it is done.

    What was changed since they were read is left out: it is owed by a later run.
    """
    keys, numbers, stamp = pairs
    if mark(tx, RUN) != run or (mark(tx, KEYED) or 0) >= run:
        return None  # another node has done it
    reached = mark(tx, REACHED)
    assert reached is not None
    start = int(np.searchsorted(keys, reached, side="right")) if reached > LOWEST_KEY else 0
    if start >= len(keys):
        set_mark(tx, KEYED, run)
        return None
    reached = int(keys[min(start + KEYS_AT_ONCE, len(keys)) - 1])
    end = int(np.searchsorted(keys, reached, side="right"))
    since = select(key_lists.c.number).where(key_lists.c.stamp > stamp)
    later = set(tx.execute(since).scalars()) if mark(tx, RECORDS) != stamp else set()
    portion = zip(keys[start:end].tolist(), numbers[start:end].tolist(), strict=True)
    rows = [pair for pair in portion if pair[1] not in later] if later else list(portion)
    insert_tuples(tx, person_keys, ("key", "number"), rows)
    set_mark(tx, REACHED, reached)
    return reached


def highest_number(tx: Connection) -> int:
    """The highest number a record was ever given; 0 if there is none yet."""
    return tx.execute(HIGHEST).scalar() or 0
