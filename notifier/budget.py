"""How fast a destination may be sent to: a token bucket with a share kept for the urgent."""

from datetime import datetime

BURST_SECONDS = 3.0


class Budget:
    """Tokens for one destination. Routine sends leave a third of the bucket to urgent ones.

    Not thread-safe: the outbox holds its lock around it.
    """

    def __init__(self, per_second: float, *, now: datetime) -> None:
        self.per_second = per_second
        self.size = max(3.0, per_second * BURST_SECONDS)
        self.reserve = self.size / 3
        self._tokens = self.size
        self._filled_at = now

    def take(self, *, urgent: bool, now: datetime) -> bool:
        """Take one token if there is one to take."""
        self._fill(now)
        if self._tokens < self._needed(urgent=urgent):
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Return a token that was not used."""
        self._tokens = min(self.size, self._tokens + 1)

    def left(self, *, urgent: bool, now: datetime) -> int:
        """How many tokens could be taken now."""
        self._fill(now)
        spare = self._tokens - self._needed(urgent=urgent)
        return int(spare) + 1 if spare >= 0 else 0

    def _needed(self, *, urgent: bool) -> float:
        return 1.0 if urgent else 1.0 + self.reserve

    def _fill(self, now: datetime) -> None:
        passed = max((now - self._filled_at).total_seconds(), 0.0)
        self._tokens = min(self.size, self._tokens + passed * self.per_second)
        self._filled_at = max(now, self._filled_at)
