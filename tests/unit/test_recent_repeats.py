"""The figure of repeated questions, as monitoring asks for it."""

from datetime import UTC, datetime, timedelta

from console.repeats import RecentRepeats, Repeats
from storage.audit import Entry
from triage.model import Event

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
ASKED = Event(
    at=NOW, actor="PC 2071", action="note", detail={"known": True, "asked": ["name"]}, subject="1"
)


class Trail:
    """Notes in memory; counts how often it was read."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.reads = 0

    def audit_events(
        self, *, limit: int = 100, before: int | None = None, action: str = ""
    ) -> list[Entry]:
        """All of them at once."""
        self.reads += action == "note"
        return self.entries if before is None and action == "note" else []


def test_the_notes_of_a_week_are_read_once_a_minute_however_often_they_are_asked_for() -> None:
    trail = Trail()
    recent = RecentRepeats(trail)
    assert recent.at(NOW) == Repeats()
    trail.entries = [Entry(seq=1, event=ASKED, hash="")]
    assert recent.at(NOW + timedelta(seconds=59)) == Repeats()
    assert trail.reads == 1
    assert recent.at(NOW + timedelta(minutes=1)) == Repeats(notes=1, asked=1)


def test_a_clock_that_was_set_back_makes_it_read_anew() -> None:
    trail = Trail()
    recent = RecentRepeats(trail)
    recent.at(NOW)
    recent.at(NOW - timedelta(hours=1))
    assert trail.reads == 2
