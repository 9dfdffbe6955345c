"""How fast a destination may be sent to: a token bucket in which the urgent keep a share."""

from datetime import datetime

from triage.lifecycle import URGENT
from triage.model import Priority

BURST_SECONDS = 4.0
SHARES = 4
"""The bucket in quarters: one that only emergencies may use, one more that only P1 and P2 may."""


class Budget:
    """Tokens for one destination. What is less urgent leaves some for what is more so: a P1 finds
    one when P2s come faster than they can be sent, and both do in a flood of the rest.

    Not thread-safe: the outbox holds its lock around it.
    """

    def __init__(self, per_second: float, *, now: datetime) -> None:
        self.per_second = per_second
        self.size = max(4.0, per_second * BURST_SECONDS)
        self.share = self.size / SHARES
        self._tokens = self.size
        self._filled_at = now

    def take(self, urgency: int, *, now: datetime) -> bool:
        """Take one token for a message of this urgency if there is one to take."""
        if not self.left(urgency, now=now):
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Return a token that was not used."""
        self._tokens = min(self.size, self._tokens + 1)

    def left(self, urgency: int, *, now: datetime) -> int:
        """How many tokens messages of this urgency could take now."""
        self._fill(now)
        spare = self._tokens - self._kept(urgency)
        return int(spare) if spare >= 1 else 0

    def _kept(self, urgency: int) -> float:
        """What messages of this urgency leave for those before them."""
        if urgency <= Priority.P1:
            return 0.0
        return self.share if urgency <= URGENT else 2 * self.share

    def _fill(self, now: datetime) -> None:
        passed = max((now - self._filled_at).total_seconds(), 0.0)
        self._tokens = min(self.size, self._tokens + passed * self.per_second)
        self._filled_at = max(now, self._filled_at)
