"""What officers say about an escalated case without taking it: that it is in hand, or that its
reminders may stop. Both end by themselves (`triage.lifecycle`)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An officer's word about a case as it was then: it is worth nothing for a graver one.

    `priority` and `texts` are the case's priority and number of texts at the time.
    """

    by: str
    at: datetime
    priority: int
    texts: int

    def stands(self, *, priority: int, texts: int) -> bool:
        """Whether the case is still what the word was said about, or less urgent."""
        return priority >= self.priority and texts == self.texts


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """`acknowledged` is who has an escalated case in hand, and `until` when that counts.

    `stopped` is who stopped the reminders. `had` are all who acknowledged since the steps began:
    each may once, so that nobody can put the next step off for ever.
    """

    acknowledged: Word | None = None
    until: datetime | None = None
    stopped: Word | None = None
    had: tuple[str, ...] = ()


NOBODY = InHand()
