"""Citizen records out of another system, as its settings say. Nothing is removed by it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from config.record_sources import RecordSource
from storage.imports import MACHINE, Imported
from storage.making import KeysOf
from storage.source_records import Missing
from storage.sources import columns_of, parquet_rows, source_rows
from storage.store import SqlStore
from triage.columns import as_named, person_of, raws
from triage.errors import BadInput, FirstContactError
from triage.model import Event, Person
from triage.rows import MAX_ID, Row

AT_ONCE = 1000
MOST_TOLD = 10_000
"""So many rejected rows are named; of a mapping that fits no row there may be millions."""

MISSING, CUT_SHORT = "records.missing", "records.cut_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a reading of a source brought, and what the source no longer has."""

    imported: Imported
    missing: Missing


def sync(
    store: SqlStore,
    source: RecordSource,
    *,
    keys_of: KeysOf,
    now: datetime,
    still: Callable[[], None] = lambda: None,
) -> Synced:
    """Read a source to its end; both outcomes are in the audit trail.

    Cut short, it may simply be run again. `still` is called with every thousand records.

    Raises:
        Unavailable, BadSettings: the source cannot be read; what was read before is stored.
    """
    people = _told(_people(store, source, now, still), source.name)
    try:
        imported = store.import_people(people, keys_of=keys_of, now=now, name=named(source))
    except FirstContactError as error:
        _note(store, source, CUT_SHORT, now, {"error": str(error)})
        raise
    missing = store.note_missing(source.name, began=now, now=now)
    if missing.new:
        detail = {"new": missing.new, "count": missing.count, "first": list(missing.first)}
        _note(store, source, MISSING, now, detail)
    return Synced(imported=imported, missing=missing)


def _note(
    store: SqlStore, source: RecordSource, action: str, now: datetime, detail: dict[str, Any]
) -> None:
    store.record(
        [Event(at=now, actor=MACHINE, action=action, subject=named(source), detail=detail)]
    )


def named(source: RecordSource) -> str:
    """What the audit trail and the alarms call a source."""
    return f"records:{source.name}"


def missing_words(name: str, missing: Missing) -> str:
    """What a source no longer has, in a sentence."""
    said = f"{missing.count} records kept here are no longer in {name}"
    if not missing.new:
        return said
    more = ", …" if missing.new > len(missing.first) else ""
    return f"{said}; since the last reading {missing.new}: {', '.join(missing.first)}{more}"


def people_of_parquet(file: Path) -> Iterator[Person | BadInput]:
    """The records of a file whose columns are called as the fields are.

    Raises:
        BadInput, BadSettings: the file cannot be read, or the extra `records` is not installed.
    """
    columns = as_named()
    for row in raws(parquet_rows(file, str(file)), columns):
        yield person_of(row, columns)


def _people(
    store: SqlStore, source: RecordSource, began: datetime, still: Callable[[], None]
) -> Iterator[Person | BadInput]:
    columns = columns_of(source)
    found = raws(source_rows(source), columns)
    while batch := list(islice(found, AT_ONCE)):
        still()
        for row in _once(store, source.name, batch, began):
            yield person_of(row, columns)


def _told(people: Iterable[Person | BadInput], name: str) -> Iterator[Person | BadInput]:
    """No more bad rows than anybody reads, and how many more there are: memory has an end."""
    bad = 0
    for person in people:
        bad += isinstance(person, BadInput)
        if bad <= MOST_TOLD or not isinstance(person, BadInput):
            yield person
    if bad > MOST_TOLD:
        yield BadInput(name, f"{bad - MOST_TOLD} more rows cannot be read")


def _once(store: SqlStore, name: str, batch: Iterable[Row], began: datetime) -> Iterator[Row]:
    """Rows of one record that do not follow each other would each replace what the other said."""
    ids = [_id(row) for row in batch]
    known = store.note_seen(name, sorted({each for each in ids if each}), began=began)
    for record_id, (where, raw) in zip(ids, batch, strict=True):
        if record_id in known:
            said = "this record came before: rows of one record must follow each other"
            yield where, BadInput(where, said)
            continue
        if record_id:
            known.add(record_id)
        yield where, raw


def _id(row: Row) -> str:
    """ "" where there is none that could be kept: `person_of` says what is wrong with it."""
    record_id = "" if isinstance(row[1], BadInput) else str(row[1].get("record_id", ""))
    return record_id if len(record_id) <= MAX_ID and record_id.isprintable() else ""
