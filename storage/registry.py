"""Staff, alarms and the health of collectors."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from storage.codec import dumps, loads
from storage.database import Database, insert_into, touch
from storage.grants import granted_to
from storage.tables import accounts, alarms, collectors, officers, sessions
from storage.types import safe, short
from triage.errors import Refused
from triage.model import Alarm, CollectorHealth, Harvest, Officer, Quota, Role
from triage.ports import Clock

FADES = timedelta(days=7)
"""In this time what counts as the usual silence of a source halves, unless it happens again."""


class RegistryPart:
    """`triage.ports.Registry` over SQL."""

    _db: Database
    _clock: Clock

    # --- staff ---

    def officer(
        self, officer_id: str = "", *, slack_id: str = "", teams_id: str = ""
    ) -> Officer | None:
        """An active officer by any one of their identities."""
        given = {"id": officer_id, "slack_id": slack_id, "teams_id": teams_id}
        wanted = select(officers).where(officers.c.active.is_(True))
        named = [officers.c[name] == value for name, value in given.items() if value]
        if not named:
            return None
        with self._db.read() as tx:
            row = tx.execute(wanted.where(*named)).first()
            if row is None:
                return None
            return replace(_officer_of(row), granted=granted_to(tx, row.id, now=self._clock()))

    def save_officer(self, officer: Officer) -> None:
        """Add or change an officer.

        Raises:
            Refused: the chat identity belongs to another officer.
        """
        values = _officer_columns(officer)
        try:
            with self._db.write() as tx:
                statement = insert_into(tx, officers).values(id=officer.id, **values)
                tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
        except IntegrityError as error:
            raise Refused(f"{officer.id}: chat identity belongs to another officer") from error

    def enrol_officer(self, officer: Officer) -> bool:
        """Add somebody who never was an officer; False if the id or a chat identity ever was."""
        with self._db.write() as tx:
            new = insert_into(tx, officers).values(id=officer.id, **_officer_columns(officer))
            added = tx.execute(new.on_conflict_do_nothing().returning(officers.c.id))
            return added.first() is not None

    def remove_officer(self, officer_id: str) -> bool:
        """Take away an officer's access, password and sessions; their name stays in the trail."""
        gone = update(officers).where(officers.c.id == officer_id, officers.c.active.is_(True))
        with self._db.write() as tx:
            for table in (accounts, sessions):
                tx.execute(delete(table).where(table.c.officer_id == short(officer_id)))
            return tx.execute(gone.values(active=False)).rowcount == 1

    def officers(self) -> list[Officer]:
        """All active officers."""
        wanted = select(officers).where(officers.c.active.is_(True)).order_by(officers.c.name)
        with self._db.read() as tx:
            return [_officer_of(row) for row in tx.execute(wanted)]

    # --- alarms ---

    def raise_alarm(self, alarm: Alarm) -> bool:
        """Open an alarm; False if one with this key is open already."""
        with self._db.write() as tx:
            statement = insert_into(tx, alarms).values(
                key=short(alarm.key),
                text=safe(alarm.text),
                severity=alarm.severity,
                raised_at=alarm.raised_at,
            )
            opened = (
                tx.execute(statement.on_conflict_do_nothing().returning(alarms.c.id)).first()
                is not None
            )
            if opened:
                touch(tx)
        return opened

    def clear_alarm(self, key: str, *, now: datetime) -> bool:
        """Close an alarm; False if none was open."""
        standing = (alarms.c.key == short(key), alarms.c.cleared_at.is_(None))
        with self._db.read() as tx:
            if tx.execute(select(alarms.c.id).where(*standing)).first() is None:
                return False
        with self._db.write() as tx:
            closed = tx.execute(update(alarms).where(*standing).values(cleared_at=now))
            if closed.rowcount:
                touch(tx)
        return closed.rowcount == 1

    def alarms(self) -> list[Alarm]:
        """Open alarms, worst first."""
        wanted = select(alarms).where(alarms.c.cleared_at.is_(None))
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(alarms.c.severity, alarms.c.raised_at))
            return [_alarm_of(row) for row in rows]

    def past_alarms(self, *, limit: int = 100) -> list[Alarm]:
        """All alarms, newest first."""
        wanted = select(alarms).order_by(alarms.c.id.desc()).limit(limit)
        with self._db.read() as tx:
            return [_alarm_of(row) for row in tx.execute(wanted)]

    # --- collectors ---

    def poll_succeeded(
        self, source: str, *, items: int, harvest: Harvest | None, now: datetime
    ) -> None:
        """Note a poll that went well."""
        values: dict[str, Any] = {"last_success": now, "failures": 0, "error": ""}
        if harvest is not None and harvest.quotas:
            values["quotas"] = dumps(harvest.quotas)
        with self._db.write() as tx:
            if items:
                row = tx.execute(_health(source).with_for_update()).first()
                values |= {"last_item": now, "usual_gap_seconds": _usual_gap(row, now)}
            statement = insert_into(tx, collectors).values(source=short(source), **values)
            tx.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))

    def poll_failed(self, source: str, *, error: str, now: datetime) -> int:
        """Note a failed poll; returns how many have failed in a row."""
        with self._db.write() as tx:
            statement = insert_into(tx, collectors).values(
                source=short(source), failures=1, error=safe(error)
            )
            more = {"failures": collectors.c.failures + 1, "error": safe(error)}
            failures: int = tx.execute(
                statement.on_conflict_do_update(index_elements=["source"], set_=more).returning(
                    collectors.c.failures
                )
            ).scalar_one()
        return failures

    def collectors(self) -> list[CollectorHealth]:
        """How each source is doing."""
        with self._db.read() as tx:
            rows = tx.execute(select(collectors).order_by(collectors.c.source))
            return [_health_of(row) for row in rows]


def _officer_columns(officer: Officer) -> dict[str, Any]:
    return {
        "name": safe(officer.name),
        "roles": json.dumps(sorted(role.value for role in officer.roles)),
        "slack_id": officer.slack_id,
        "teams_id": officer.teams_id,
        "active": True,
    }


def _officer_of(row: Row[Any]) -> Officer:
    return Officer(
        id=row.id,
        name=row.name,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        slack_id=row.slack_id,
        teams_id=row.teams_id,
    )


def _alarm_of(row: Row[Any]) -> Alarm:
    return Alarm(
        key=row.key,
        text=row.text,
        severity=row.severity,
        raised_at=row.raised_at,
        cleared_at=row.cleared_at,
    )


def _health(source: str) -> Any:
    return select(collectors).where(collectors.c.source == short(source))


def _usual_gap(row: Row[Any] | None, now: datetime) -> float | None:
    """The longest silence between two polls with items, fading by half in a week, in seconds."""
    if row is None or row.last_item is None:
        return None
    gap: float = max((now - row.last_item).total_seconds(), 0.0)
    before: float = row.usual_gap_seconds or 0.0
    faded: float = before * 0.5 ** (gap / FADES.total_seconds())
    return max(gap, faded)


def _health_of(row: Row[Any]) -> CollectorHealth:
    gap = row.usual_gap_seconds
    return CollectorHealth(
        source=row.source,
        last_success=row.last_success,
        last_item=row.last_item,
        failures=row.failures,
        error=row.error,
        quotas=loads(tuple[Quota, ...], row.quotas),
        usual_gap=None if gap is None else timedelta(seconds=gap),
    )
