"""What officers look at from chat: who may, and the line it leaves in the trail."""

from notifier.press import Press
from triage.actions import may_see_text
from triage.desk import Desk
from triage.errors import Refused
from triage.model import Case, Event, Officer


def case_of(desk: Desk, press: Press, officer: Officer) -> Case:
    """The case of a press, for whoever may see it; a refusal is recorded.

    Raises:
        Refused: there is none, or the officer's role does not cover it.
    """
    case = desk.store.case(press.ref)
    if case is None:
        raise Refused(f"{press.ref}: no such item")
    if not may_see_text(case, officer):
        record(desk, press, officer, "view_refused")
        raise Refused(f"{case.ref} is restricted: your role does not cover it")
    return case


def record(desk: Desk, press: Press, officer: Officer, action: str, **detail: object) -> None:
    """Write down that an officer looked at something."""
    event = Event(
        at=desk.clock(),
        actor=officer.id,
        action=action,
        subject=press.ref,
        detail={"tool": press.tool, **detail},
    )
    desk.store.record([event])
