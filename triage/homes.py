"""What an officer's home shows, and what it asks of the store: who sees which lanes, how many
items stand where, whose reply windows close, and whose home is open.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from triage.authority import leads
from triage.model import Case, Officer, Priority, Role, State
from triage.taxonomy import Lane


def lanes_for(officer: Officer) -> tuple[Lane, ...]:
    """The lanes an officer finds work in and is shown in sums (docs/reference/roles.md).

    Conduct is for those who lead or audit; a reviewer who is nothing else has comms.
    """
    if leads(officer) or Role.AUDITOR in officer.roles:
        return tuple(Lane)
    if Role.OFFICER in officer.roles:
        return tuple(lane for lane in Lane if lane is not Lane.STANDARDS)
    return (Lane.COMMS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many open items stand at a priority in a state, and how many of them are late."""

    priority: Priority | None
    state: State
    count: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """An officer who did or looked at something lately, wherever. `items` they have claimed."""

    officer: str
    seen_at: datetime
    items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHome:
    """A home that somebody opened in a chat tool. `drawn_at` is None before the first drawing."""

    sink: str
    account: str
    drawn_at: datetime | None = None


class Figures(Protocol):
    """Sums and lists of the desk for people, never what citizens wrote."""

    def standings(self, lanes: Collection[Lane], *, now: datetime) -> list[Standing]:
        """Open items of some lanes by priority and state."""
        ...

    def late_cases(self, lanes: Collection[Lane], *, now: datetime, limit: int) -> list[Case]:
        """Items of some lanes whose deciding clock ran out, the most urgent first."""
        ...

    def offered_cases(self, lanes: Collection[Lane], *, limit: int) -> list[Case]:
        """Items that are offered to some lanes, the most urgent first."""
        ...

    def private_cases(
        self,
        platforms: Collection[str],
        lanes: Collection[Lane],
        *,
        since: datetime,
        until: datetime,
        limit: int,
    ) -> list[Case]:
        """Open private messages of some platforms sent from `since` to `until`, oldest first."""
        ...

    def present(self, *, since: datetime) -> list[Present]:
        """Officers who did or looked at something since a time, the latest first."""
        ...

    def claim_times(self, *, since: datetime, limit: int = 5000) -> list[tuple[datetime, datetime]]:
        """When items that were first claimed since a time were sent, and when they were claimed."""
        ...

    def case_by_key(self, channel: str, account: str, external_id: str) -> Case | None:
        """The case of an item known by the platform's id, or None."""
        ...


class OpenHomes(Protocol):
    """Which homes are open, so that any node can draw them again."""

    def home_opened(self, sink: str, account: str, *, now: datetime) -> None:
        """Somebody looks at their home now; it is being drawn."""
        ...

    def homes_behind(
        self, sink: str, *, mark: int, opened: datetime, drawn: datetime, aged: datetime, limit: int
    ) -> list[OpenHome]:
        """Homes opened since `opened` that are to be drawn again, those longest ago first.

        That is those drawn before `drawn` when the change mark was another, and those drawn
        before `aged` whatever happened.
        """
        ...

    def home_taken(self, home: OpenHome, *, mark: int, now: datetime) -> bool:
        """Take a home for drawing; False if another node took it."""
        ...

    def home_closed(self, sink: str, account: str) -> None:
        """Draw it no more until it is opened again."""
        ...

    def change_mark(self) -> int:
        """A number that grows with every change of a case or an alarm."""
        ...


def rank(case: Case) -> tuple[int, datetime, str]:
    """What comes first: priority, then time left."""
    due = case.decision.due.decide_by if case.decision else case.item.sent_at
    return (int(case.priority) if case.priority else 9, due, case.ref)


def by_priority(standings: Sequence[Standing], *states: State) -> dict[Priority, int]:
    """How many items are in some states, by priority; none left out."""
    return {
        priority: sum(
            each.count for each in standings if each.priority is priority and each.state in states
        )
        for priority in Priority
    }
