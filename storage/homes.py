"""What an officer's home shows in sums and lists, and which homes are open in chat tools."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, exists, func, or_, select, update

from storage.chat_tables import homes
from storage.database import Database, insert_into
from storage.rows import case_of
from storage.tables import NO_PRIORITY, audit_events, items, officers
from storage.types import microseconds, short
from triage.homes import OpenHome, Present, Standing
from triage.model import Case, Priority, State
from triage.taxonomy import Lane

WORKING = [State.OPEN.value, State.CLAIMED.value, State.OFFERED.value]
ALIVE = [State.RECEIVED.value, *WORKING]
TAKING = ("claim", "accept")


class HomesPart:
    """`triage.homes.Figures` and `triage.homes.OpenHomes` over SQL."""

    _db: Database

    # --- sums and lists ---

    def standings(self, lanes: Collection[Lane], *, now: datetime) -> list[Standing]:
        """Open items of some lanes by priority and state. What nobody read yet has no lane."""
        late = func.sum(case((items.c.due_at < now, 1), else_=0))
        counted = select(items.c.rank, items.c.state, func.count(), late).where(
            items.c.state.in_(ALIVE), or_(_in(lanes), items.c.lane.is_(None))
        )
        with self._db.read() as tx:
            rows = tx.execute(counted.group_by(items.c.rank, items.c.state)).all()
        return [
            Standing(
                priority=None if rank == NO_PRIORITY else Priority(rank),
                state=State(state),
                count=count,
                late=int(behind or 0),
            )
            for rank, state, count, behind in rows
        ]

    def late_cases(self, lanes: Collection[Lane], *, now: datetime, limit: int) -> list[Case]:
        """Items of some lanes whose deciding clock ran out, the most urgent first."""
        return self._shown([items.c.state.in_(WORKING), _in(lanes), items.c.due_at < now], limit)

    def offered_cases(self, lanes: Collection[Lane], *, limit: int) -> list[Case]:
        """Items that are offered to some lanes, the most urgent first."""
        asked = items.c.offered_to.in_([lane.value for lane in lanes])
        return self._shown([items.c.state == State.OFFERED.value, asked], limit)

    def private_cases(
        self,
        platforms: Collection[str],
        lanes: Collection[Lane],
        *,
        since: datetime,
        until: datetime,
        limit: int,
    ) -> list[Case]:
        """Open private messages of some platforms sent from `since` to `until`, oldest first."""
        if not platforms:
            return []
        wanted = select(items).where(
            items.c.state.in_(WORKING),
            items.c.public.is_(False),
            items.c.platform.in_(sorted(platforms)),
            _in(lanes),
            items.c.sent_us.between(microseconds(since), microseconds(until)),
        )
        return self._read(wanted.order_by(items.c.sent_us, items.c.ref).limit(limit))

    def present(self, *, since: datetime) -> list[Present]:
        """Officers who did or looked at something since a time, the latest first."""
        last = (
            select(audit_events.c.at)
            .where(audit_events.c.actor == officers.c.id)
            .order_by(audit_events.c.seq.desc())
            .limit(1)
            .scalar_subquery()
            .label("seen_at")
        )
        seen = select(officers.c.id, last).where(officers.c.active.is_(True))
        held = (
            select(items.c.claimed_by, func.count())
            .where(items.c.state == State.CLAIMED.value)
            .group_by(items.c.claimed_by)
        )
        with self._db.read() as tx:
            items_of = {row[0]: row[1] for row in tx.execute(held)}
            found = [
                Present(officer=row.id, seen_at=row.seen_at, items=items_of.get(row.id, 0))
                for row in tx.execute(seen)
                if row.seen_at is not None and row.seen_at >= since
            ]
        return sorted(found, key=lambda each: (each.seen_at, each.officer), reverse=True)

    def claim_times(self, *, since: datetime, limit: int = 5000) -> list[tuple[datetime, datetime]]:
        """When items that were first claimed since a time were sent, and when they were claimed."""
        earlier = audit_events.alias("earlier")
        last = _last_before(since)
        before = exists().where(
            earlier.c.subject == audit_events.c.subject,
            earlier.c.action.in_(TAKING),
            earlier.c.seq <= last,
        )
        first = (
            select(audit_events.c.subject, func.min(audit_events.c.at).label("at"))
            .where(audit_events.c.action.in_(TAKING), audit_events.c.seq > last, ~before)
            .group_by(audit_events.c.subject)
            .subquery("first")
        )
        wanted = select(items.c.sent_at, first.c.at).join_from(
            items, first, first.c.subject == items.c.ref
        )
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(first.c.at.desc()).limit(limit))
            return [(row.sent_at, row.at) for row in rows]

    def _shown(self, where: Iterable[ColumnElement[bool]], limit: int) -> list[Case]:
        order = (items.c.rank, items.c.due_at, items.c.ref)
        # References first, from the index alone: whole rows of a long list are slow to sort.
        page = select(items.c.ref).where(*where).order_by(*order).limit(limit)
        return self._read(select(items).where(items.c.ref.in_(page)).order_by(*order))

    def _read(self, wanted: Select[Any]) -> list[Case]:
        with self._db.read() as tx:
            return [case_of(row) for row in tx.execute(wanted)]

    # --- homes that are open ---

    def home_opened(self, sink: str, account: str, *, now: datetime) -> None:
        """Somebody looks at their home now; it is being drawn."""
        values: dict[str, Any] = {"opened_at": now, "drawn_at": now, "drawn_mark": -1}
        keys = {"sink": short(sink), "account": short(account)}
        with self._db.write() as tx:
            new = insert_into(tx, homes).values(**keys, **values)
            tx.execute(new.on_conflict_do_update(index_elements=list(keys), set_=values))

    def homes_behind(
        self, sink: str, *, mark: int, opened: datetime, drawn: datetime, aged: datetime, limit: int
    ) -> list[OpenHome]:
        """Homes opened since `opened` that are to be drawn again, those longest ago first."""
        columns = homes.c
        changed = (columns.drawn_mark != mark) & (columns.drawn_at <= drawn)
        wanted = select(homes).where(
            columns.sink == short(sink),
            columns.opened_at >= opened,
            or_(changed, columns.drawn_at <= aged),
        )
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(columns.drawn_at, columns.account).limit(limit))
            return [OpenHome(sink=sink, account=row.account, drawn_at=row.drawn_at) for row in rows]

    def home_taken(self, home: OpenHome, *, mark: int, now: datetime) -> bool:
        """Take a home for drawing; False if another node took it."""
        taken = (
            update(homes)
            .where(*_of(home.sink, home.account), homes.c.drawn_at == home.drawn_at)
            .values(drawn_at=now, drawn_mark=mark)
        )
        with self._db.write() as tx:
            return tx.execute(taken).rowcount == 1

    def home_closed(self, sink: str, account: str) -> None:
        """Draw it no more until it is opened again."""
        with self._db.write() as tx:
            tx.execute(delete(homes).where(*_of(sink, account)))


def _last_before(since: datetime) -> ColumnElement[int]:
    """The number of the last event before a time, found from the end: times have no index."""
    earlier = audit_events.alias("before")
    last = select(earlier.c.seq).where(earlier.c.at < since).order_by(earlier.c.seq.desc()).limit(1)
    return func.coalesce(last.scalar_subquery(), 0)


def _in(lanes: Collection[Lane]) -> ColumnElement[bool]:
    return items.c.lane.in_([lane.value for lane in lanes])


def _of(sink: str, account: str) -> list[ColumnElement[bool]]:
    return [homes.c.sink == short(sink), homes.c.account == short(account)]
