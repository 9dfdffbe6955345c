"""What officers say about an escalated case without taking it: that it is in hand, or that its
reminders may stop. Both end by themselves (`triage.lifecycle`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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


def kept(hand: InHand) -> dict[str, Any]:
    """What was said, as an event keeps it: JSON."""
    return {
        "acknowledged": _kept_word(hand.acknowledged),
        "until": hand.until.isoformat() if hand.until else None,
        "stopped": _kept_word(hand.stopped),
        "had": list(hand.had),
    }


def read(told: Mapping[str, Any]) -> InHand:
    """What `kept` kept."""
    return InHand(
        acknowledged=_read_word(told["acknowledged"]),
        until=datetime.fromisoformat(told["until"]) if told["until"] else None,
        stopped=_read_word(told["stopped"]),
        had=tuple(told["had"]),
    )


def _kept_word(word: Word | None) -> dict[str, Any] | None:
    if word is None:
        return None
    when = word.at.isoformat()
    return {"by": word.by, "at": when, "priority": word.priority, "texts": word.texts}


def _read_word(told: Mapping[str, Any] | None) -> Word | None:
    return Word(**{**told, "at": datetime.fromisoformat(told["at"])}) if told else None
