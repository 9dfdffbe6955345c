"""Presses a chat tool was told are accepted: kept until they are carried out, whoever dies.

A tool wants its answer within seconds, before a press is carried out. Once it has that answer it
never sends the press again, so from then on the press is ours to keep.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A press as its tool's adapter packed it. `at` is when it was last taken in hand."""

    key: str
    sink: str
    body: str
    at: datetime


class AcceptedPresses(Protocol):
    """What was accepted and is not carried out yet."""

    def accept_press(self, key: str, sink: str, body: str, *, now: datetime) -> bool:
        """Keep a press; False if it is kept already: it was delivered twice.

        Raises:
            Unavailable: it could not be kept.
        """
        ...

    def press_done(self, key: str) -> None:
        """Forget a press that was carried out or refused."""
        ...

    def left_presses(self, sink: str, *, before: datetime) -> list[Accepted]:
        """Presses last taken in hand before a moment, oldest first: their holder may be dead."""
        ...

    def retake_press(self, left: Accepted, *, now: datetime) -> bool:
        """Take a left press in hand; False if another did, or it is done."""
        ...
