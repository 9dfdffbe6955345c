"""What the X collector remembers between polls: its cursor."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.paging import Walk, later, read_cursor, write_cursor

WATCHED = 300
"""How many recent mentions are looked up again for edits and deletions."""

WATCH_FOR = timedelta(hours=24)
STRAGGLE = timedelta(hours=1)
"""How late a mention may surface below the mark and still be found."""

LATELY = 100
"""How many recent direct messages are known by id, for messages that surface out of order."""


@dataclass(slots=True, kw_only=True)
class Known:
    """A mention that was stored: its newest version and when it was sent (epoch seconds)."""

    latest: str
    sent: float


@dataclass(slots=True, kw_only=True)
class XState:
    """Changes during a poll; each harvest carries a copy as its cursor.

    `held` says until when a source must not be asked, `spent` is the bill of `day` in millionths
    of a dollar, `told` the per cent of the budget that people were told of that day, `refused`
    holds digests of entries that could not be read.
    """

    walks: dict[str, Walk] = field(default_factory=dict)
    watch: dict[str, Known] = field(default_factory=dict)
    lately: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    slow_at: float = 0
    looked_at: float = 0
    held: dict[str, float] = field(default_factory=dict)
    day: str = ""
    spent: int = 0
    told: int = 0

    @classmethod
    def read(cls, cursor: str, name: str) -> "XState":
        """The state of a cursor; an unreadable one begins anew."""
        raw = read_cursor(cursor, name)
        try:
            return cls(
                walks={source: Walk(**walk) for source, walk in raw.get("walks", {}).items()},
                watch={
                    first: Known(latest=newest or first, sent=sent)
                    for first, newest, sent in raw.get("watch", [])
                },
                **{key: raw[key] for key in _PLAIN if key in raw},
            )
        except (TypeError, ValueError, AttributeError):
            return cls()

    def write(self) -> str:
        """The state as a cursor."""
        cursor: dict[str, Any] = {key: getattr(self, key) for key in _PLAIN}
        cursor["walks"] = {source: asdict(walk) for source, walk in self.walks.items()}
        cursor["watch"] = [
            [first, "" if known.latest == first else known.latest, known.sent]
            for first, known in self.watch.items()
        ]
        return write_cursor(cursor)

    def walk(self, source: str) -> Walk:
        """Where a source stands."""
        return self.walks.get(source, Walk())

    def remember(self, first: str, newest: str, sent: datetime) -> None:
        """Watch a mention; forgets the oldest beyond the limit."""
        self.watch[first] = Known(latest=newest, sent=sent.timestamp())
        for gone in sorted(self.watch, key=lambda each: (len(each), each))[:-WATCHED]:
            del self.watch[gone]

    def reach(self, now: datetime) -> str:
        """How far back a slow round reads: mentions may surface out of order."""
        oldest = (now - STRAGGLE).timestamp()
        lately = [first for first, known in self.watch.items() if known.sent >= oldest]
        mark = self.walk("mentions").mark
        return min([*lately, mark], key=lambda each: (len(each), each))

    def forget_before(self, now: datetime) -> None:
        """Stop watching what was sent too long ago."""
        oldest = (now - WATCH_FOR).timestamp()
        self.watch = {key: known for key, known in self.watch.items() if known.sent >= oldest}

    def remember_message(self, event_id: str) -> None:
        """Know a direct message by its id."""
        ordered = sorted({*self.lately, event_id}, key=lambda each: (len(each), each))
        self.lately = ordered[-LATELY:]

    def fresh_message(self, event_id: str) -> bool:
        """Whether a direct message was not stored before."""
        if later(event_id, self.walk("dms").mark):
            return event_id not in self.lately
        return (
            bool(self.lately) and later(event_id, self.lately[0]) and (event_id not in self.lately)
        )

    def fresh_mention(self, first: str, newest: str) -> bool:
        """Whether this version of a mention was not stored before, and none after it."""
        known = self.watch.get(first)
        if known is not None:
            return later(newest, known.latest)
        if later(newest, self.walk("mentions").mark):
            return True
        oldest = min(self.watch, key=lambda each: (len(each), each), default="")
        return bool(oldest) and later(first, oldest)

    def charge(self, micros: int, now: datetime) -> None:
        """Add to today's bill; the day is UTC's, as X counts."""
        today = now.astimezone(UTC).date().isoformat()
        if self.day != today:
            self.day, self.spent, self.told = today, 0, 0
        self.spent += micros

    def spent_today(self, now: datetime) -> int:
        """Today's bill in millionths of a dollar."""
        return self.spent if self.day == now.astimezone(UTC).date().isoformat() else 0

    def told_today(self, now: datetime) -> int:
        """Per cent of the budget that people were told of today."""
        return self.told if self.day == now.astimezone(UTC).date().isoformat() else 0


_PLAIN = ("lately", "refused", "slow_at", "looked_at", "held", "day", "spent", "told")
