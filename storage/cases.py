"""The work of the desk: reading cases, and changing one only as it was read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from storage.audit import append
from storage.database import Database, exclusive, touch
from storage.outbox import merge_cards, owe_again
from storage.rows import case_of, desk_columns
from storage.tables import NO_PRIORITY, NOT_CLOSED, item_versions, items, marks, officers, ref_days
from storage.types import short
from triage.errors import Stale
from triage.model import Case, Change, Event, Outgoing, State
from triage.ports import Clock, QueueFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a platform sent about an item at one time, byte for byte."""

    seq: int
    change: Change
    seen_at: datetime
    text: str
    payload: bytes
    sha256: str


class CasesPart:
    """`triage.ports.Cases` over SQL, and what the console asks beyond it."""

    _db: Database
    _clock: Clock

    def case(self, ref: str) -> Case | None:
        """One case, or None."""
        with self._db.read() as tx:
            row = tx.execute(select(items).where(items.c.ref == ref)).first()
        return case_of(row) if row else None

    def case_by_key(self, channel: str, account: str, external_id: str) -> Case | None:
        """The case of an item known by the platform's id, or None."""
        wanted = select(items).where(
            items.c.channel == short(channel),
            items.c.account == short(account),
            items.c.external_id == short(external_id),
        )
        return next(iter(self._cases(wanted)), None)

    def queue(self, wanted: QueueFilter, *, limit: int = 100, offset: int = 0) -> list[Case]:
        """Cases by priority, then by time left."""
        order = (items.c.rank, items.c.due_at, items.c.ref)
        # References first, from the index alone: whole rows of a long list are slow to sort.
        page = select(items.c.ref).where(*_conditions(wanted)).order_by(*order)
        shown = items.c.ref.in_(page.limit(limit).offset(offset))
        return self._cases(select(items).where(shown).order_by(*order))

    def queue_length(self, wanted: QueueFilter) -> int:
        """How many cases a list would show without a limit."""
        counted = select(func.count()).select_from(items).where(*_conditions(wanted))
        with self._db.read() as tx:
            return tx.execute(counted).scalar_one()

    def thread(self, case: Case) -> list[Case]:
        """All cases of the same thread in true order, the given one included."""
        if not case.item.thread_id:
            return self._cases(select(items).where(items.c.ref == case.ref))
        wanted = select(items).where(
            items.c.channel == short(case.item.channel),
            items.c.account == short(case.item.account),
            items.c.thread_id == short(case.item.thread_id),
        )
        return self._cases(wanted.order_by(items.c.sent_us, items.c.ref))

    def versions(self, ref: str) -> list[tuple[datetime, str]]:
        """Every text of a case with the time it was seen, oldest first."""
        return [
            (each.seen_at, each.text)
            for each in self.full_versions(ref)
            if each.change is not Change.DELETE
        ]

    def full_versions(self, ref: str) -> list[Version]:
        """Everything platforms sent about a case, deletions included, in order of arrival."""
        wanted = select(item_versions).where(item_versions.c.ref == ref)
        with self._db.read() as tx:
            return [
                Version(
                    seq=row.seq,
                    change=Change(row.change),
                    seen_at=row.seen_at,
                    text=row.text,
                    payload=row.payload,
                    sha256=row.sha256,
                )
                for row in tx.execute(wanted.order_by(item_versions.c.seq))
            ]

    def change(
        self, before: Case, after: Case, *, events: Sequence[Event], cards: Sequence[Outgoing] = ()
    ) -> Case:
        """Write `after` if the row still has `before.version`; returns it with the new version.

        Raises:
            Stale: another change came first; the message says who has it now.
        """
        with self._db.write() as tx:
            changed = change_case(tx, before, after, cards=cards, now=self._clock())
            append(tx, events)
            touch(tx)
        return changed

    def change_all(
        self,
        changes: Sequence[tuple[Case, Case]],
        *,
        events: Sequence[Event],
        cards: Sequence[Outgoing] = (),
    ) -> list[Case]:
        """Write several changes in one transaction, or none.

        Raises:
            Stale: one of them was changed meanwhile.
        """
        with self._db.write() as tx:
            exclusive(tx, "incidents")
            changed = {
                before.ref: change_case(
                    tx,
                    before,
                    after,
                    cards=[each for each in cards if each.case_ref == before.ref],
                    now=self._clock(),
                )
                for before, after in sorted(changes, key=lambda pair: pair[0].ref)
            }
            append(tx, events)
            touch(tx)
        return [changed[before.ref] for before, _ in changes]

    def overdue(self, now: datetime, *, limit: int = 500) -> list[Case]:
        """Open cases whose next escalation step may be due, most urgent first."""
        wanted = select(items).where(items.c.next_look <= now, NOT_CLOSED)
        return self._cases(wanted.order_by(items.c.rank, items.c.next_look).limit(limit))

    def counts(self) -> Mapping[str, int]:
        """Cases by state and by priority of open ones: `state:open`, `priority:1` …"""
        alive = [state.value for state in State if state is not State.CLOSED]
        counted = select(items.c.state, items.c.rank, func.count()).where(items.c.state.in_(alive))
        found: Counter[str] = Counter()
        with self._db.read() as tx:
            total = tx.execute(select(func.sum(ref_days.c.last))).scalar() or 0
            for state, rank, count in tx.execute(counted.group_by(items.c.state, items.c.rank)):
                found[f"state:{state}"] += count
                total -= count
                if rank != NO_PRIORITY:
                    found[f"priority:{rank}"] += count
        # Whoever got a reference and is not alive is closed: to count them one by one is slow.
        return found | ({f"state:{State.CLOSED}": int(total)} if total else {})

    def cases_of(self, record_id: str, *, limit: int = 100) -> list[Case]:
        """Cases whose sender a human confirmed to be this person, newest first."""
        wanted = select(items).where(items.c.record_id == record_id)
        return self._cases(wanted.order_by(items.c.sent_us.desc()).limit(limit))

    def cases_from(self, platform: str, account_id: str, *, limit: int = 100) -> list[Case]:
        """Cases sent by one platform account, newest first."""
        wanted = select(items).where(
            items.c.platform == short(platform), items.c.author_key == short(account_id)
        )
        return self._cases(wanted.order_by(items.c.sent_us.desc()).limit(limit))

    def cases_since(self, received: datetime, *, limit: int = 20_000) -> list[Case]:
        """Cases received at or after a time, oldest first: for grouping and for reports."""
        wanted = select(items).where(items.c.received_at >= received)
        return self._cases(wanted.order_by(items.c.received_at, items.c.ref).limit(limit))

    def cases_in(self, incident: str) -> list[Case]:
        """Cases grouped under an incident, oldest first."""
        wanted = select(items).where(items.c.incident == incident, items.c.incident != "")
        return self._cases(wanted.order_by(items.c.sent_us, items.c.ref))

    def change_mark(self) -> int:
        """A number that grows with every change of a case or an alarm."""
        with self._db.read() as tx:
            value = tx.execute(select(marks.c.value).where(marks.c.name == "change")).scalar()
        return value or 0

    def _cases(self, wanted: Select[Any]) -> list[Case]:
        with self._db.read() as tx:
            return [case_of(row) for row in tx.execute(wanted)]


def change_case(
    tx: Connection,
    before: Case,
    after: Case,
    *,
    cards: Sequence[Outgoing] = (),
    now: datetime | None = None,
) -> Case:
    """The part of `change` that other changes can join in their own transaction."""
    changed = replace(after, version=before.version + 1)
    done = tx.execute(
        update(items)
        .where(items.c.ref == before.ref, items.c.version == before.version)
        .values(version=changed.version, **desk_columns(changed))
    )
    if done.rowcount != 1:
        _stale(tx, before.ref)
    owe_again(tx, [before.ref], now=now)
    merge_cards(tx, [(card, changed.version) for card in cards])
    return changed


def _stale(tx: Connection, ref: str) -> NoReturn:
    holder = (
        select(items.c.state, items.c.claimed_by, officers.c.name)
        .join_from(items, officers, officers.c.id == items.c.claimed_by, isouter=True)
        .where(items.c.ref == ref)
    )
    row = tx.execute(holder).first()
    if row is None:
        raise Stale(f"{ref}: no such item")
    if row.claimed_by:
        raise Stale(f"{ref} has changed: {row.name or row.claimed_by} has it now")
    raise Stale(f"{ref} has changed: it is {row.state} now, and nobody has it")


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    columns = items.c
    found: list[ColumnElement[bool]] = [columns.state.in_([state.value for state in wanted.states])]
    if wanted.lanes is not None:
        found.append(columns.lane.in_([lane.value for lane in wanted.lanes]))
    if wanted.claimed_by is not None:
        found.append(columns.claimed_by == wanted.claimed_by)
    if wanted.priorities is not None:
        found.append(columns.priority.in_([int(priority) for priority in wanted.priorities]))
    return found
