"""How often people who are known are asked again for what their record holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from storage.audit import Entry
from triage.lifecycle import Verb
from triage.model import Event

WINDOW = timedelta(days=7)
PAGE = 500


class ReadsTrail(Protocol):
    """A store whose audit trail can be read by action."""

    def audit_events(
        self, *, limit: int = 100, before: int | None = None, action: str = ""
    ) -> list[Entry]:
        """Events newest first, those before number `before`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Notes on items of confirmed people, and those in which something held was asked for."""

    notes: int = 0
    asked: int = 0


def repeats_of(trail: ReadsTrail, *, now: datetime) -> Repeats:
    """Of the last seven days. The service sends no replies: what is asked stands in notes."""
    known = [each for each in _notes(trail, now - WINDOW) if each.detail.get("known")]
    return Repeats(notes=len(known), asked=sum(bool(each.detail.get("asked")) for each in known))


def repeat_words(repeats: Repeats) -> str:
    """The figure in one sentence."""
    if not repeats.notes:
        return "No notes on items of known people in the last 7 days"
    return (
        f"Of {repeats.notes} notes on items of known people in the last 7 days, {repeats.asked} "
        "ask for a name, birth date, address or number that the record holds"
    )


def _notes(trail: ReadsTrail, since: datetime) -> Iterator[Event]:
    before: int | None = None
    while page := trail.audit_events(limit=PAGE, before=before, action=Verb.NOTE.value):
        for entry in page:
            if entry.event.at < since:
                return
            yield entry.event
        before = page[-1].seq
