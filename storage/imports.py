"""Citizen records and earlier links come in by the file, and records go out again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from storage.audit import append
from storage.database import Database, chunks, exclusive, insert_tuples
from storage.links import link_of, link_row, revoke, standing
from storage.making import KeysOf, Made, made_of, made_of_lines
from storage.record_keys import drop_keys, highest_number, next_stamp, write_keys
from storage.record_tables import key_lists, persons, prior_links
from triage.errors import BadInput
from triage.model import Event, Person, PriorLink
from triage.records import read_prior_links

BATCH = 5000
MACHINE = "firstcontact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file. `rejected` names line and field of each row that was left out."""

    stored: int
    unchanged: int
    rejected: tuple[BadInput, ...]


class ImportsPart:
    """What `firstcontact records` does."""

    _db: Database

    def import_records(
        self,
        lines: Iterable[str | bytes],
        *,
        keys_of: KeysOf,
        now: datetime,
        actor: str = MACHINE,
        name: str = "records",
        makers: int = 0,
    ) -> Imported:
        """Add or replace the citizen records of a file, and note it in the trail.

        They are found at once by an index in memory, and by the table when this returns. Killed
        half-way, it may simply be run again: what is stored already is passed over.

        `makers` is how many processes read and make keys beside this one, of long JSON lines
        files; `keys_of` must be a function of a module then.
        """
        made = made_of_lines(lines, name, keys_of, makers)
        return self._import(made, name=name, actor=actor, now=now)

    def import_people(
        self,
        found: Iterable[Person | BadInput],
        *,
        keys_of: KeysOf,
        now: datetime,
        actor: str = MACHINE,
        name: str = "records",
    ) -> Imported:
        """The same for records that were read elsewhere, and what could not be read."""
        return self._import(made_of(found, keys_of), name=name, actor=actor, now=now)

    def _import(
        self, made: Iterable[Made | BadInput], *, name: str, actor: str, now: datetime
    ) -> Imported:
        rejected: list[BadInput] = []
        records = _sound(iter(made), rejected)
        stored = unchanged = 0
        while batch := {each.record_id: each for each in islice(records, BATCH)}:
            with self._db.write() as tx:
                written = _write_records(tx, list(batch.values()))
            stored, unchanged = stored + written, unchanged + len(batch) - written
        write_keys(self._db)
        self._note_import("records.imported", name, actor, now, stored, len(rejected))
        return Imported(stored=stored, unchanged=unchanged, rejected=tuple(rejected))

    def remove_records(
        self, record_ids: Iterable[str], *, now: datetime, actor: str = MACHINE
    ) -> tuple[str, ...]:
        """Take records out, each noted in the trail; returns those that were there.

        Links that were confirmed for them stay as history and confirm nobody any more.
        """
        with self._db.write() as tx:
            exclusive(tx, "records")
            gone = _stored(tx, list(dict.fromkeys(record_ids)))
            _take_out(tx, gone.values())
            stamp = next_stamp(tx) if gone else 0
            left = [(each.number, stamp, b"") for each in gone.values()]
            insert_tuples(tx, key_lists, ("number", "stamp", "packed"), left)
            append(
                tx,
                [
                    Event(at=now, actor=actor, action="record.removed", subject=each)
                    for each in gone
                ],
            )
        return tuple(gone)

    def import_prior_links(
        self,
        lines: Iterable[str | bytes],
        *,
        now: datetime,
        actor: str = MACHINE,
        name: str = "prior links",
    ) -> Imported:
        """Add links that humans confirmed elsewhere; the last for an account counts."""
        rejected: list[BadInput] = []
        links = _sound(read_prior_links(lines, name), rejected)
        stored = unchanged = 0
        while batch := list(islice(links, BATCH)):
            with self._db.write() as tx:
                exclusive(tx, "links")
                written = sum(_import_link(tx, link, now) for link in batch)
            stored, unchanged = stored + written, unchanged + len(batch) - written
        self._note_import("links.imported", name, actor, now, stored, len(rejected))
        return Imported(stored=stored, unchanged=unchanged, rejected=tuple(rejected))

    def _note_import(
        self, action: str, name: str, actor: str, now: datetime, stored: int, rejected: int
    ) -> None:
        detail = {"stored": stored, "rejected": rejected}
        with self._db.write() as tx:
            append(tx, [Event(at=now, actor=actor, action=action, subject=name, detail=detail)])


def _sound(found: Iterable[Any], rejected: list[BadInput]) -> Iterator[Any]:
    for each in found:
        if isinstance(each, BadInput):
            rejected.append(each)
        else:
            yield each


# --- records --------------------------------------------------------------------------------------


class _Stored(NamedTuple):
    """A record as it is stored."""

    record_id: str
    body: str
    keys: bytes
    number: int


def _write_records(tx: Connection, rows: Sequence[Made]) -> int:
    """Write the rows that are new or not what is stored; returns how many."""
    exclusive(tx, "records")
    before = _stored(tx, [row.record_id for row in rows])
    news = [row for row in rows if not _same(row, before.get(row.record_id))]
    if not news:
        return 0
    _take_out(tx, [before[row.record_id] for row in news if row.record_id in before])
    stamp, free = next_stamp(tx), highest_number(tx) + 1
    numbers = []
    for row in news:
        known = before.get(row.record_id)
        numbers.append(known.number if known else free)
        free += known is None
    numbered = list(zip(numbers, news, strict=True))
    people = [(number, row.record_id, row.body) for number, row in numbered]
    insert_tuples(tx, persons, ("number", "record_id", "body"), people)
    lists = [(number, stamp, row.keys) for number, row in numbered]
    insert_tuples(tx, key_lists, ("number", "stamp", "packed"), lists)
    return len(news)


def _same(row: Made, stored: _Stored | None) -> bool:
    return stored is not None and (row.body, row.keys) == (stored.body, stored.keys)


def _stored(tx: Connection, record_ids: Sequence[str]) -> dict[str, _Stored]:
    wanted = select(
        persons.c.record_id, persons.c.body, key_lists.c.packed, persons.c.number
    ).join_from(persons, key_lists, persons.c.number == key_lists.c.number)
    found: dict[str, _Stored] = {}
    for some in chunks(record_ids):
        rows = tx.execute(wanted.where(persons.c.record_id.in_(some)))
        found |= {row.record_id: _Stored(*row) for row in rows}
    return found


def _take_out(tx: Connection, rows: Iterable[_Stored]) -> None:
    gone = list(rows)
    for some in chunks(row.number for row in gone):
        tx.execute(delete(persons).where(persons.c.number.in_(some)))
        tx.execute(delete(key_lists).where(key_lists.c.number.in_(some)))
    drop_keys(tx, [(row.number, row.keys) for row in gone])


# --- links ----------------------------------------------------------------------------------------


def _import_link(tx: Connection, link: PriorLink, now: datetime) -> bool:
    row = tx.execute(standing(link.platform, link.account_id)).first()
    if row is not None and link_of(row) == link:
        return False
    revoke(tx, link.platform, link.account_id, link.confirmed_by, link.confirmed_at)
    tx.execute(insert(prior_links), [link_row(link)])
    return True
