"""What replies ask of the outside. Each promise stands in its docstring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from triage.clearance import Cleared, Sought
from triage.errors import BadRequest
from triage.model import Event, Outgoing
from triage.replies import Reply


class Replies(Protocol):
    """Replies to citizens, one row each."""

    def reply(self, reply_id: str) -> Reply | None:
        """One reply, or None."""
        ...

    def replies_of(self, *refs: str) -> list[Reply]:
        """All replies of cases in the order in which they were begun."""
        ...

    def add_reply(self, reply: Reply, *, events: Sequence[Event]) -> Reply | None:
        """Keep a new reply with its event; None if one with this id is there already.

        Raises:
            Stale: the case has another reply that is not at its end.
        """
        ...

    def change_reply(
        self,
        before: Reply,
        after: Reply,
        *,
        events: Sequence[Event],
        notices: Sequence[Outgoing] = (),
    ) -> Reply:
        """Write `after` if the row still has `before.version`; returns it with the new version.

        Reply, audit events and notices are one transaction. Where the state changes, the posted
        cards of the case are owed once more.

        Raises:
            Stale: another change came first; nothing was written.
        """
        ...

    def hold_reply(
        self,
        reply_id: str,
        *,
        now: datetime,
        seconds: float,
        event: Callable[[Reply], Event],
    ) -> Reply | None:
        """Take a reply for sending; None unless it is owed, due and held by nobody.

        The intent is written with it: the row is SENDING with `tried_at` and `unsure` before
        anything is asked of the platform. `event` tells of a first attempt. `unsure`, `attempts`
        and `tried_at` of what is returned tell of earlier holds, not of this one.
        """
        ...

    def replies_owed(self, *, now: datetime, limit: int = 100) -> list[str]:
        """The ids of replies that the sender should take up, oldest first."""
        ...

    def reply_counts(self) -> Mapping[str, int]:
        """Replies that are not at their end, and those that failed, by state."""
        ...

    def replies_mark(self, ref: str) -> int:
        """A number that changes with every change of a case's replies."""
        ...


class Presence(StrEnum):
    """What a look at the platform showed."""

    THERE = "there"
    ABSENT = "absent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The answer of a look: if it is there, as which message; if unclear, why."""

    presence: Presence
    external_id: str = ""
    sent_at: datetime | None = None
    why: str = ""


class SameText(BadRequest):
    """The platform says that we said this already."""


class Messenger(Protocol):
    """Writes to citizens from one of the force's own accounts."""

    name: str  # "x:westbridgepolice"

    def send(self, cleared: Cleared) -> str:
        """Send it; returns the platform's id of it. Never tries twice by itself.

        Raises:
            OutcomeUnknown: it may be there; use `look` before sending again.
            RateLimited, Unavailable: certainly not there, try later.
            Unauthorised, Gone, BadRequest: not there, with the platform's own words.
        """
        ...

    def look(self, sought: Sought, *, since: datetime, known: frozenset[str]) -> Look:
        """Whether it is on the platform, sent by us since a time.

        `known` are ids of our messages that are other replies. ABSENT is said only after
        everything since then was seen. Raises as `triage.ports.Collector.collect`, also
        BadRequest or Gone.
        """
        ...
