"""What a day of reading X costs, and what is left out when it costs too much.

Look-ups of old mentions stop first, then mentions. Direct messages never stop for money: whoever
writes one may be in danger (docs/adr/0009-money-never-stops-direct-messages.md).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collectors.x_api import Source
from triage.model import MONEY, Quota

MICROS = {"mentions": 1_000, "dms": 10_000, "lookup": 5_000}
"""Price of one post or event in millionths of a dollar (docs.x.com, pricing)."""

EARLY = 80
"""Per cent of the budget at which people are told and look-ups stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A source's budget for a day in millionths of a dollar; 0 is no budget."""

    source: str
    micros: int

    def allows(self, source: Source, spent: int) -> bool:
        """Whether a source may be read."""
        return source == "dms" or not self.micros or spent < self.micros

    def allows_look_ups(self, spent: int, cost: int) -> bool:
        """Whether mentions may be looked up again for `cost`."""
        return not self.micros or (spent + cost) * 100 < self.micros * EARLY

    def step(self, spent: int) -> int:
        """Per cent of the budget that people must be told of: 0, 80, then each full 100."""
        if not self.micros or spent * 100 < self.micros * EARLY:
            return 0
        return max(EARLY, spent // self.micros * 100)

    def said(self, spent: int) -> str:
        """The line that people are told."""
        bill = f"{_dollars(spent)} of today's budget of {_dollars(self.micros)} are spent"
        if spent < self.micros:
            return (
                f"{self.source}: {bill}: edits and deletions are no longer looked for; once all "
                "is spent mentions wait until midnight UTC. Direct messages go on"
            )
        return (
            f"{self.source}: {bill}: mentions are not read until midnight UTC. Direct messages "
            "go on, over the budget. Raise budget_usd_per_day, or read the mentions at X"
        )

    def quotas(self, spent: int, now: datetime) -> tuple[Quota, ...]:
        """What is left in cents; below zero it is overrun."""
        if not self.micros:
            return ()
        left = (self.micros - spent) // 10_000
        limit, ends = self.micros // 10_000, midnight_after(now)
        return (Quota(name=MONEY, remaining=left, limit=limit, resets_at=ends),)


def midnight_after(now: datetime) -> datetime:
    """When the day ends in UTC, as X counts."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _dollars(micros: int) -> str:
    return f"${micros / 1_000_000:.2f}"
