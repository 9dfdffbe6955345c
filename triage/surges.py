"""Many people tell of one incident or place in a short time: the desk is told, once.

It only tells: nothing is closed, hidden or lowered by it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

KIND = "surge"
QUIET_AFTER = timedelta(hours=2)
"""An alarm about a surge stands so long at least, so that one surge is told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """So many senders told of one incident or place of late; `first` is one of the items.

    `usual` is how many items it has in such a time otherwise; `incident` is "" for a place,
    which is named by `place` (never shown: it is what citizens wrote).
    """

    senders: int
    first: str
    usual: float = 0.0
    incident: str = ""
    place: str = ""

    @property
    def key(self) -> str:
        """The key of its alarm."""
        name = self.incident or hashlib.sha256(self.place.encode()).hexdigest()[:12]
        return f"{KIND}:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surging:
    """From when on it is a surge (settings `incidents`)."""

    senders: int = 5
    within: timedelta = timedelta(minutes=10)
    factor: float = 4.0

    def holds(self, surge: Surge) -> bool:
        """Whether so many are worth telling: enough, and well above the usual."""
        return surge.senders >= self.senders and surge.senders >= self.factor * surge.usual


def surge_text(surge: Surge, within: timedelta) -> str:
    """What the desk is told; nothing of what citizens wrote."""
    minutes = within.total_seconds() / 60
    about = f"incident {surge.incident}" if surge.incident else "one place"
    return (
        f"{surge.senders} people wrote about {about} within {minutes:g} minutes: open {surge.first}"
    )


def over(key: str, raised_at: datetime, now: datetime, surging: set[str]) -> bool:
    """Whether an alarm about a surge can be closed."""
    ours = key.partition(":")[0] == KIND
    return ours and key not in surging and now - raised_at > QUIET_AFTER
