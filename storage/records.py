"""Citizen records found by blocking keys, and the links that humans confirmed or refused."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from storage.audit import append
from storage.cases import change_case
from storage.codec import dumps, loads
from storage.database import Database, chunks, exclusive, insert_into, insert_rows, touch
from storage.tables import person_keys, persons, prior_links, rejected_links
from storage.types import short
from storage.waiting import live_links
from triage.errors import BadInput
from triage.model import Case, Event, Person, PriorLink, Rejected
from triage.ports import Clock
from triage.records import read_people, read_prior_links

BATCH = 1000
KEYS_AT_ONCE = 100
MACHINE = "firstcontact"

SEPARATOR = "\x1f"  # record ids are printable (triage/records.py), so it stands in none
HOLDERS_OF_ONE = (
    "SELECT COUNT(*) AS held, GROUP_CONCAT(record_id, ?) AS holders "
    "FROM (SELECT record_id FROM person_keys WHERE key = ? LIMIT ?) AS found"
)
"""Who holds a key, as one row; of a key that names too many no more are read than tell so."""

KeysOf = Callable[[Person], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file. `rejected` names line and field of each row that was left out."""

    stored: int
    unchanged: int
    rejected: tuple[BadInput, ...]


class RecordsPart:
    """`triage.ports.People` over SQL, with the imports and links that feed it."""

    _db: Database
    _clock: Clock

    def candidates(self, keys: Iterable[str], *, limit: int = 64) -> list[Person]:
        """Persons that share at least one blocking key, those that share most first."""
        wanted = sorted({short(key) for key in keys})
        with self._db.read() as tx:
            shared: Counter[str] = Counter()
            for some in chunks(wanted, KEYS_AT_ONCE):
                shared.update(_sharing(tx, some, limit))
            best = sorted(shared, key=lambda record_id: (-shared[record_id], record_id))[:limit]
            found = {person.record_id: person for person in _persons(tx, best)}
        return [found[record_id] for record_id in best if record_id in found]

    def person(self, record_id: str) -> Person | None:
        """One record, or None."""
        with self._db.read() as tx:
            return next(_persons(tx, [record_id]), None)

    def persons_count(self) -> int:
        """How many records there are."""
        with self._db.read() as tx:
            return tx.execute(select(func.count()).select_from(persons)).scalar_one()

    def prior_link(self, platform: str, account_id: str) -> PriorLink | None:
        """The unexpired, unrevoked link a human confirmed for this account, or None."""
        wanted = live_links(self._clock()).where(
            prior_links.c.platform == short(platform),
            prior_links.c.account_id == short(account_id),
        )
        with self._db.read() as tx:
            row = tx.execute(wanted).first()
        return _link_of(row) if row else None

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        """Records a human said this account is not."""
        wanted = select(rejected_links.c.record_id).where(
            rejected_links.c.platform == short(platform),
            rejected_links.c.account_id == short(account_id),
        )
        with self._db.read() as tx:
            return frozenset(tx.execute(wanted).scalars())

    # --- links ---

    def confirm_link(
        self,
        link: PriorLink,
        *,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
    ) -> Case | None:
        """Remember who an account belongs to, in place of an earlier link of the account.

        `change` is a case as it was read and as it shall be, written in the same transaction.

        Raises:
            Stale: the case changed meanwhile; nothing was written.
        """
        with self._db.write() as tx:
            changed = change_case(tx, *change) if change else None
            _revoke(tx, link.platform, link.account_id, link.confirmed_by, link.confirmed_at)
            tx.execute(insert(prior_links), [_link_row(link)])
            tx.execute(
                delete(rejected_links).where(
                    rejected_links.c.platform == short(link.platform),
                    rejected_links.c.account_id == short(link.account_id),
                    rejected_links.c.record_id == link.record_id,
                )
            )
            append(tx, events)
            touch(tx)
        return changed

    def revoke_link(
        self,
        platform: str,
        account_id: str,
        *,
        by: str,
        now: datetime,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
    ) -> bool:
        """Take back the link of an account; False if it had none. The row stays, as history."""
        with self._db.write() as tx:
            if change:
                change_case(tx, *change)
            revoked = _revoke(tx, platform, account_id, by, now)
            append(tx, events)
            touch(tx)
        return revoked

    def reject_link(
        self,
        rejected: Rejected,
        *,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
    ) -> None:
        """Remember that an account is not this person, so that it is not suggested again."""
        with self._db.write() as tx:
            if change:
                change_case(tx, *change)
            statement = insert_into(tx, rejected_links).values(
                platform=short(rejected.platform),
                account_id=short(rejected.account_id),
                record_id=rejected.record_id,
                rejected_by=rejected.by,
                rejected_at=rejected.at,
            )
            tx.execute(statement.on_conflict_do_nothing())
            append(tx, events)
            touch(tx)

    # --- imports ---

    def import_records(
        self,
        lines: Iterable[str | bytes],
        *,
        keys_of: KeysOf,
        now: datetime,
        actor: str = MACHINE,
        name: str = "records",
    ) -> Imported:
        """Add or replace citizen records, a thousand at a time, and note it in the trail.

        Killed half-way, it may simply be run again: what is stored already is passed over.
        """
        rejected: list[BadInput] = []
        people = _sound(read_people(lines, name), rejected)
        stored = unchanged = 0
        while batch := {person.record_id: person for person in islice(people, BATCH)}:
            rows = [_person_row(person, keys_of(person)) for person in batch.values()]
            with self._db.write() as tx:
                written = _write_people(tx, rows)
            stored, unchanged = stored + written, unchanged + len(batch) - written
        self._note_import("records.imported", name, actor, now, stored, len(rejected))
        return Imported(stored=stored, unchanged=unchanged, rejected=tuple(rejected))

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


# --- people ---------------------------------------------------------------------------------------


def _sharing(tx: Connection, keys: list[str], limit: int) -> list[str]:
    """Record ids once for every key they share, leaving out keys held by more than `limit`."""
    statement = " UNION ALL ".join([HOLDERS_OF_ONE] * len(keys))
    if tx.dialect.name == "postgresql":
        statement = statement.replace("?", "%s").replace("GROUP_CONCAT", "STRING_AGG")
    values = tuple(value for key in keys for value in (SEPARATOR, key, limit + 1))
    rows = tx.exec_driver_sql(statement, values)
    few = [row.holders for row in rows if 0 < row.held <= limit]
    return [record_id for holders in few for record_id in holders.split(SEPARATOR)]


def _persons(tx: Connection, record_ids: list[str]) -> Iterator[Person]:
    wanted = select(persons.c.body)
    for some in chunks(record_ids):
        for row in tx.execute(wanted.where(persons.c.record_id.in_(some))):
            yield loads(Person, row.body)


def _sound(found: Iterator[Any], rejected: list[BadInput]) -> Iterator[Any]:
    for each in found:
        if isinstance(each, BadInput):
            rejected.append(each)
        else:
            yield each


def _person_row(person: Person, keys: Iterable[str]) -> dict[str, str]:
    unique = sorted({short(key) for key in keys if key})
    return {"record_id": person.record_id, "body": dumps(person), "keys": json.dumps(unique)}


def _write_people(tx: Connection, rows: list[dict[str, str]]) -> int:
    """Write the rows that are new or not what is stored; returns how many."""
    exclusive(tx, "records")
    before: dict[str, dict[str, str]] = {}
    for some in chunks(row["record_id"] for row in rows):
        stored = tx.execute(select(persons).where(persons.c.record_id.in_(some))).mappings()
        before |= {row["record_id"]: dict(row) for row in stored}
    news = [row for row in rows if before.get(row["record_id"]) != row]
    _take_out(tx, [before[row["record_id"]] for row in news if row["record_id"] in before])
    insert_rows(tx, persons, news)
    insert_rows(tx, person_keys, _key_rows(news))
    return len(news)


def _take_out(tx: Connection, rows: list[dict[str, str]]) -> None:
    if not rows:
        return
    for some in chunks(row["record_id"] for row in rows):
        tx.execute(delete(persons).where(persons.c.record_id.in_(some)))
    held = (person_keys.c.key == bindparam("k"), person_keys.c.record_id == bindparam("r"))
    gone = [{"k": row["key"], "r": row["record_id"]} for row in _key_rows(rows)]
    if gone:
        tx.execute(delete(person_keys).where(*held), gone)


def _key_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """In the order of the table, where neighbours are quick to write."""
    pairs = sorted((key, row["record_id"]) for row in rows for key in json.loads(row["keys"]))
    return [{"key": key, "record_id": record_id} for key, record_id in pairs]


# --- links ----------------------------------------------------------------------------------------


def _link_of(row: Any) -> PriorLink:
    return PriorLink(
        platform=row.platform,
        account_id=row.account_id,
        record_id=row.record_id,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        expires_at=row.expires_at,
    )


def _link_row(link: PriorLink) -> dict[str, Any]:
    return {
        "platform": short(link.platform),
        "account_id": short(link.account_id),
        "record_id": link.record_id,
        "confirmed_by": link.confirmed_by,
        "confirmed_at": link.confirmed_at,
        "expires_at": link.expires_at,
    }


def _standing(platform: str, account_id: str) -> tuple[Any, ...]:
    columns = prior_links.c
    return (
        columns.platform == short(platform),
        columns.account_id == short(account_id),
        columns.revoked_at.is_(None),
    )


def _revoke(tx: Connection, platform: str, account_id: str, by: str, now: datetime) -> bool:
    standing = update(prior_links).where(*_standing(platform, account_id))
    return tx.execute(standing.values(revoked_at=now, revoked_by=by)).rowcount == 1


def _import_link(tx: Connection, link: PriorLink, now: datetime) -> bool:
    row = tx.execute(select(prior_links).where(*_standing(link.platform, link.account_id))).first()
    if row is not None and _link_of(row) == link:
        return False
    _revoke(tx, link.platform, link.account_id, link.confirmed_by, now)
    tx.execute(insert(prior_links), [_link_row(link)])
    return True
