"""Leave to read one item that a role does not show, for a time: given by a supervisor, with why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from triage.authority import leads
from triage.errors import Refused
from triage.model import Case, Event, Officer
from triage.taxonomy import Lane

LONGEST = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who may read which item until when, who said so and why."""

    officer_id: str
    ref: str
    granted_by: str
    reason: str
    granted_at: datetime
    expires_at: datetime


class Grants(Protocol):
    """Where grants are kept. `Officer.granted` holds the references of those in force."""

    def give_grant(self, grant: Grant, *, event: Event) -> None:
        """Keep a grant, in place of one for the same officer and item."""
        ...

    def end_grant(self, officer_id: str, ref: str, *, now: datetime, event: Event) -> bool:
        """End it before its time; False if there is none in force, and no event is written."""
        ...

    def grants_in_force(self, *, now: datetime, officer_id: str = "") -> list[Grant]:
        """All in force (of one officer), those that end first first."""
        ...


def grant(
    case: Case, to: Officer, by: Officer, *, reason: str, hours: float, now: datetime
) -> tuple[Grant, Event]:
    """A grant and the event that says so.

    Raises:
        Refused: who gives it may not, or for themselves; a reason or a sensible time is missing.
    """
    if not leads(by):
        raise Refused("Only a supervisor gives leave to read")
    if by.id == to.id:
        raise Refused("Nobody gives leave to themselves")
    if case.lane is Lane.STANDARDS:
        raise Refused(f"{case.ref} is restricted to professional standards: offer it instead")
    if not reason.strip():
        raise Refused("Say why")
    if not 0 < hours <= LONGEST / timedelta(hours=1):
        raise Refused("A grant is for up to 72 hours")
    given = Grant(
        officer_id=to.id,
        ref=case.ref,
        granted_by=by.id,
        reason=reason.strip()[:500],
        granted_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    detail = {
        "officer": to.id,
        "reason": given.reason,
        "until": given.expires_at.isoformat(),
    }
    event = Event(at=now, actor=by.id, action="grant_given", subject=case.ref, detail=detail)
    return given, event


def ended(ref: str, officer_id: str, by: Officer, *, now: datetime) -> Event:
    """The event of a grant that is ended before its time.

    Raises:
        Refused: who ends it may not.
    """
    if not leads(by):
        raise Refused("Only a supervisor ends leave to read")
    detail = {"officer": officer_id}
    return Event(at=now, actor=by.id, action="grant_ended", subject=ref, detail=detail)
