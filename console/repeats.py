"""How often people who are known are asked again for what their record holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from storage.audit import Entry
from triage.answering import APPROVED
from triage.lifecycle import Verb
from triage.model import Event

WINDOW = timedelta(days=7)
PAGE = 500
LASTS = timedelta(minutes=1)


class ReadsTrail(Protocol):
    """A store whose audit trail can be read by action."""

    def audit_events(
        self, *, limit: int = 100, before: int | None = None, action: str = ""
    ) -> list[Entry]:
        """Events newest first, those before number `before`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Notes and replies on items of confirmed people, and those that ask for something held."""

    notes: int = 0
    asked: int = 0


def repeats_of(trail: ReadsTrail, *, now: datetime) -> Repeats:
    """Of the last seven days: replies that were approved, and notes, where other answers stand."""
    known = [
        each
        for action in (Verb.NOTE.value, APPROVED)
        for each in _events(trail, action, now - WINDOW)
        if each.detail.get("known")
    ]
    return Repeats(notes=len(known), asked=sum(bool(each.detail.get("asked")) for each in known))


class RecentRepeats:
    """The figure, read anew once a minute: monitoring asks often, and a week has many notes."""

    def __init__(self, trail: ReadsTrail) -> None:
        self._trail = trail
        self._read: tuple[datetime, Repeats] | None = None

    def at(self, now: datetime) -> Repeats:
        """As it stood within `LASTS` before now."""
        read = self._read
        if read is None or not timedelta(0) <= now - read[0] < LASTS:
            read = self._read = (now, repeats_of(self._trail, now=now))
        return read[1]


def repeat_words(repeats: Repeats) -> str:
    """The figure in one sentence."""
    if not repeats.notes:
        return "No notes or replies on items of known people in the last 7 days"
    return (
        f"Of {repeats.notes} notes and replies on items of known people in the last 7 days, "
        f"{repeats.asked} ask for a name, birth date, address or number that the record holds"
    )


def _events(trail: ReadsTrail, action: str, since: datetime) -> Iterator[Event]:
    before: int | None = None
    while page := trail.audit_events(limit=PAGE, before=before, action=action):
        for entry in page:
            if entry.event.at < since:
                return
            yield entry.event
        before = page[-1].seq
