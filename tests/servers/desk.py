"""Invented cases, and an outbox that obeys the promises of `triage.ports.Outbox`, in memory."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from triage.lifecycle import due
from triage.model import (
    Author,
    Case,
    Decision,
    History,
    Item,
    Outgoing,
    Priority,
    Reason,
    Signal,
    State,
    Verdict,
)
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

SENT = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
NOW = SENT + timedelta(minutes=1)


class Time:
    """A clock that is moved by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def a_verdict(*signals: SignalName, **fields: Any) -> Verdict:
    """An emergency verdict with these signals on."""
    values: dict[str, Any] = {
        "label": Label.EMERGENCY,
        "audience": Audience.CONTROL_ROOM,
        "scores": {Label.EMERGENCY: 0.94, Label.ABUSE: 0.04, Label.ROUTINE: 0.02},
        "signals": tuple(Signal(name=name, score=0.9) for name in signals),
        "lang": "en",
        "model": "invented",
    }
    return Verdict(**(values | fields))


def a_case(
    text: str = "He is outside with a knife, my name is Zelda Quill, 07700 900123",
    *,
    kind: Kind = Kind.DM,
    channel: str = "x_dm",
    priority: Priority = Priority.P1,
    reasons: Sequence[Reason] = (Reason(rule="class", text="danger now"),),
    **fields: Any,
) -> Case:
    """A P1 with a weapon, unclaimed in the desk's lane, unless told otherwise."""
    item = Item(
        id="1",
        channel=channel,
        account="westbridgepolice",
        sent_at=SENT,
        text=text,
        kind=kind,
        author=Author(account_id="77", handle="@zeldaq", display_name="Zelda Quill"),
    )
    decision = Decision(
        priority=priority, due=due(priority, SENT), owner=Lane.DESK, reasons=tuple(reasons)
    )
    values: dict[str, Any] = {
        "ref": "FC-26-1123-0041",
        "item": item,
        "received_at": SENT + timedelta(seconds=30),
        "state": State.OPEN,
        "verdict": a_verdict(SignalName.WEAPON, SignalName.OFFENDER_PRESENT),
        "history": History(contacts_7d=1, contacts_30d=1, contacts_90d=3),
        "decision": decision,
        "priority": priority,
        "lane": Lane.DESK,
    }
    return Case(**(values | fields))


def a_card(case: Case, destination: str = "slack:C02", **fields: Any) -> Outgoing:
    """The outgoing card of a case."""
    values: dict[str, Any] = {
        "key": f"card:{case.ref}:{destination}",
        "destination": destination,
        "urgency": int(case.priority or 5),
        "case_ref": case.ref,
        "wanted": case.version,
        "created_at": NOW,
    }
    return Outgoing(**(values | fields))


class OutboxInMemory:
    """Messages and cases in dictionaries; enough of `Outbox` and `Cases` for the deliverer."""

    def __init__(self) -> None:
        self.rows: dict[str, Outgoing] = {}
        self.next_at: dict[str, datetime] = {}
        self.held_until: dict[str, datetime] = {}
        self.dead: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        self.cases: dict[str, Case] = {}
        self._lock = threading.RLock()

    def add(self, case: Case | None, *messages: Outgoing) -> None:
        if case is not None:
            self.cases[case.ref] = case
        self.rows |= {message.key: message for message in messages}

    def case(self, ref: str) -> Case | None:
        return self.cases.get(ref)

    def message(self, key: str) -> Outgoing | None:
        return self.rows.get(key)

    def places_owed(self) -> list[str]:
        with self._lock:
            return sorted({row.destination for row in self.rows.values() if self._owed(row)})

    def owed(
        self, *, limit: int, now: datetime, urgent_only: bool = False, destination: str = ""
    ) -> list[Outgoing]:
        with self._lock:
            due = [row for row in self.rows.values() if self._due(row, now)]
        due = [row for row in due if destination in ("", row.destination)]
        if urgent_only:
            due = [row for row in due if row.urgency <= 2]
        return sorted(due, key=lambda row: row.urgency)[:limit]

    def hold(self, key: str, *, now: datetime, seconds: float) -> Outgoing | None:
        with self._lock:
            row = self.rows.get(key)
            if row is None or not self._due(row, now):
                return None
            self.held_until[key] = now + timedelta(seconds=seconds)
            self.rows[key] = replace(row, unsure=True)
            return row

    def delivered(self, key: str, *, version: int, external_id: str, now: datetime) -> None:
        with self._lock:
            self._end(key)
            self.rows[key] = replace(
                self.rows[key], delivered=version, external_id=external_id, unsure=False, attempts=0
            )

    def scrubbed(self, key: str, *, version: int, now: datetime) -> None:
        self.delivered(key, version=version, external_id=self.rows[key].external_id, now=now)

    def deferred(
        self, key: str, *, retry_at: datetime | None, error: str, unsure: bool, now: datetime
    ) -> None:
        with self._lock:
            self._end(key)
            row = self.rows[key]
            self.rows[key] = replace(row, unsure=unsure, attempts=row.attempts + 1)
            self.errors[key] = error
            if retry_at is None:
                self.dead[key] = error
            else:
                self.next_at[key] = retry_at

    def notify(self, messages: Sequence[Outgoing], *, now: datetime) -> int:
        raise NotImplementedError

    def backlog(self) -> Mapping[str, int]:
        raise NotImplementedError

    def _end(self, key: str) -> None:
        self.held_until.pop(key, None)
        self.next_at.pop(key, None)

    def _due(self, row: Outgoing, now: datetime) -> bool:
        until = max(self.held_until.get(row.key, now), self.next_at.get(row.key, now))
        return self._owed(row) and until <= now

    def _owed(self, row: Outgoing) -> bool:
        return row.delivered < row.wanted and row.key not in self.dead
