"""What the domain asks of a store about items of one incident."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from triage.model import Case, Event, Outgoing
from triage.surges import Surge

Said = Callable[[Case, Case], Sequence[Outgoing]]
"""What is owed to chat tools where an incident raised a case: the case before and after."""


def nothing_said(before: Case, after: Case) -> Sequence[Outgoing]:
    """Nobody is told: the case shows it."""
    return ()


class Incidents(Protocol):
    """Items by incident, and changes of several of them at once."""

    def change_all(
        self,
        changes: Sequence[tuple[Case, Case]],
        *,
        events: Sequence[Event],
        cards: Sequence[Outgoing] = (),
    ) -> list[Case]:
        """Write several changes in one transaction, or none. Raises as `Cases.change`."""
        ...

    def cases_in(self, incident: str) -> list[Case]:
        """Cases grouped under an incident, oldest first."""
        ...

    def surges(self, *, now: datetime, within: timedelta, least: int) -> list[Surge]:
        """Incidents and places of which at least so many senders told in the last `within`."""
        ...
