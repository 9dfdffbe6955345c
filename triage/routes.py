"""What the domain asks of a store about messages that do not arrive."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from triage.model import Event, Outgoing

AGAIN = "again:"
"""Keys of what was sent by the second route begin so: it is not sent by a third."""


class Routes(Protocol):
    """Urgent messages that a destination does not take, and their other way."""

    def stuck(self, *, before: datetime, broken: Sequence[str], limit: int) -> list[Outgoing]:
        """Urgent messages about a case of which nothing arrived yet, most urgent first.

        They are owed since `before`, or go to one of the `broken` destinations; those that were
        given up count. None that `reroute` has taken.
        """
        ...

    def reroute(
        self, key: str, *, messages: Sequence[Outgoing], events: Sequence[Event], now: datetime
    ) -> bool:
        """Owe these in its place, with their events, in one transaction; False if it was done.

        The message itself stays owed: it is delivered when its destination works again.
        """
        ...

    def messages_of(self, case_ref: str) -> list[Outgoing]:
        """Everything owed or delivered about a case, oldest first."""
        ...
