"""The audit trail: each event carries the hash of all before it, so that none can be changed.

An event's hash is SHA-256 over the hash before it (64 zeros at first), a line feed, and the
event as canonical JSON: keys sorted, no blanks, ASCII. Anybody can check an export with that.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from storage.database import Database, exclusive, insert_into, insert_rows
from storage.tables import audit_events, audit_head
from storage.types import short
from triage.errors import BadInput
from triage.model import Event

START = "0" * 64
PAGE = 1000
HEAD = 1  # the only row of audit_head
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)
FIELDS = ("seq", "at", "actor", "action", "subject", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event in its place in the chain."""

    seq: int
    event: Event
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How long the chain is and its last hash: written down elsewhere, it pins all before it."""

    length: int = 0
    hash: str = START


def link_hash(before: str, canonical: str) -> str:
    """The hash of an event that follows `before`."""
    return hashlib.sha256(f"{before}\n{canonical}".encode("ascii")).hexdigest()


def canonical_json(seq: int, event: Event) -> str:
    """The event in the one form that is hashed."""
    return _joined(seq, event.at, event.actor, event.action, event.subject, _stored(event.detail))


def _joined(seq: int, at: datetime, actor: str, action: str, subject: str, detail: str) -> str:
    """Canonical JSON from fields and the detail as it is stored, which is canonical already."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return (
        f'{{"action":{_canonical(action)},"actor":{_canonical(actor)},"at":"{moment}",'
        f'"detail":{detail},"seq":{seq},"subject":{_canonical(subject)}}}'
    )


def _canonical(value: object) -> str:
    return _ENCODER.encode(value)


def _stored(detail: Mapping[str, Any]) -> str:
    """The detail as text. Twice, for keys that are no strings sort otherwise when they are."""
    return _canonical(json.loads(_canonical(dict(detail))))


def append(tx: Connection, events: Sequence[Event]) -> None:
    """Add events to the chain. Late in a transaction: other writers wait for its end."""
    if not events:
        return
    exclusive(tx, "audit")
    head = read_head(tx)
    rows, last = _chained(head, events)
    insert_rows(tx, audit_events, rows)
    values = {"length": head.length + len(rows), "hash": last}
    tx.execute(
        insert_into(tx, audit_head)
        .values(id=HEAD, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def read_head(tx: Connection) -> Head:
    """Where the chain ends now."""
    row = tx.execute(select(audit_head.c.length, audit_head.c.hash)).first()
    return Head(length=row.length, hash=row.hash) if row else Head()


def _chained(head: Head, events: Sequence[Event]) -> tuple[list[dict[str, Any]], str]:
    rows, last = [], head.hash
    for seq, event in enumerate(events, head.length + 1):
        row: dict[str, Any] = {
            "seq": seq,
            "at": event.at,
            "actor": short(event.actor),
            "action": short(event.action),
            "subject": short(event.subject),
            "detail": _stored(event.detail),
        }
        last = link_hash(last, _joined(**row))
        rows.append({**row, "hash": last})
    return rows, last


def _event_of(row: Row[Any]) -> Event:
    return Event(
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=json.loads(row.detail),
    )


def _entry_of(row: Row[Any]) -> Entry:
    return Entry(seq=row.seq, event=_event_of(row), hash=row.hash)


class TrailPart:
    """`triage.ports.Trail` over SQL."""

    _db: Database

    def record(self, events: Sequence[Event]) -> None:
        """Append events."""
        with self._db.write() as tx:
            append(tx, events)

    def events(self, subject: str) -> list[Event]:
        """All events about a subject, oldest first."""
        wanted = select(audit_events).where(audit_events.c.subject == short(subject))
        with self._db.read() as tx:
            return [_event_of(row) for row in tx.execute(wanted.order_by(audit_events.c.seq))]

    def verify(self) -> int:
        """Check the whole chain; returns the number of events.

        Raises:
            BadInput: names the first event that does not fit.
        """
        expected = self.chain_head()
        found = _walk(
            (f"audit event {row.seq}", row.seq, _joined(*row[:-1]), row.hash)
            for row in self._rows(until=expected.length)
        )
        if found != expected:
            raise BadInput(
                f"audit event {found.length + 1}",
                f"the chain ends after {found.length} events, its head says {expected.length}",
            )
        return found.length

    def chain_head(self) -> Head:
        """Length and last hash of the chain, to be written down where nobody here can change it."""
        with self._db.read() as tx:
            return read_head(tx)

    def audit_events(
        self,
        *,
        limit: int = 100,
        before: int | None = None,
        subject: str = "",
        actor: str = "",
        action: str = "",
    ) -> list[Entry]:
        """Events newest first, those before number `before`, by subject, actor or action."""
        wanted = select(audit_events).order_by(audit_events.c.seq.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(audit_events.c.seq < before)
        for column, value in (("subject", subject), ("actor", actor), ("action", action)):
            if value:
                wanted = wanted.where(audit_events.c[column] == value)
        with self._db.read() as tx:
            return [_entry_of(row) for row in tx.execute(wanted)]

    def subjects_of(
        self,
        actions: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[str]:
        """What events of these actions were about, each once, the first first.

        Those at or after `since` and before `until`, where given.
        """
        wanted = select(audit_events.c.subject, func.min(audit_events.c.seq).label("first")).where(
            audit_events.c.action.in_(actions)
        )
        if since is not None:
            wanted = wanted.where(audit_events.c.at >= since)
        if until is not None:
            wanted = wanted.where(audit_events.c.at < until)
        ordered = wanted.group_by(audit_events.c.subject).order_by("first")
        with self._db.read() as tx:
            return [row.subject for row in tx.execute(ordered)]

    def audit_count(self) -> int:
        """How many events there are."""
        with self._db.read() as tx:
            return tx.execute(select(func.count()).select_from(audit_events)).scalar_one()

    def export_audit(self) -> Iterator[str]:
        """The whole chain as JSON lines, for `verify_lines`."""
        for row in self._rows(until=self.chain_head().length):
            line = json.loads(_joined(*row[:-1]))
            yield json.dumps({**line, "hash": row.hash}, separators=(",", ":"))

    def _rows(self, *, until: int) -> Iterator[Any]:
        """The columns of `_joined` and the hash, read page by page to hold nothing for long."""
        after = 0
        while page := self._page(after, until):
            yield from page
            after = page[-1].seq

    def _page(self, after: int, until: int) -> Sequence[Any]:
        wanted = select(*[audit_events.c[name] for name in (*FIELDS, "hash")]).where(
            audit_events.c.seq > after, audit_events.c.seq <= until
        )
        try:
            with self._db.read() as tx:
                return tx.execute(wanted.order_by(audit_events.c.seq).limit(PAGE)).all()
        except ValueError as error:
            raise BadInput(f"audit event {after + 1} or later", f"unreadable: {error}") from error


def _walk(lines: Iterable[tuple[str, int, str, str]]) -> Head:
    """Check (where, seq, canonical JSON, hash) one after another."""
    head = Head()
    for where, seq, canonical, said in lines:
        if seq != head.length + 1:
            raise BadInput(where, f"event {head.length + 1} is missing before it")
        if link_hash(head.hash, canonical) != said:
            raise BadInput(where, "does not fit its hash: it or one before it was changed")
        head = Head(length=seq, hash=said)
    return head


def verify_lines(
    lines: Iterable[str | bytes], *, where: str = "audit export", pinned: str = ""
) -> int:
    """Check exported JSON lines with nothing but SHA-256; returns how many events there are.

    `pinned` is a last hash that was written down elsewhere (`chain_head`): without it, events
    missing at the end cannot be noticed.

    Raises:
        BadInput: names the first line that cannot be read or does not fit.
    """
    head = _walk(
        _parsed(line, f"{where}: line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    )
    if pinned and head.hash != pinned:
        raise BadInput(where, f"ends after event {head.length} with another hash than was pinned")
    return head.length


def _parsed(line: str | bytes, where: str) -> tuple[str, int, str, str]:
    try:
        raw = json.loads(line)
        canonical = _canonical({field: raw[field] for field in FIELDS})
        datetime.fromisoformat(raw["at"])
        return (f"{where}: event {raw['seq']}", int(raw["seq"]), canonical, str(raw["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(where, f"not an audit event: {error}") from error


__all__ = ["Entry", "Head", "TrailPart", "append", "verify_lines"]
