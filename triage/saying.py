"""What an escalation step says, and whom it calls by name."""

from collections.abc import Sequence
from datetime import datetime

from triage.desk import Desk, bodies, case_notices, notice
from triage.inhand import Word
from triage.lifecycle import Step, Tell, Verb, standing, started
from triage.model import Case, Officer, Outgoing, Priority, State
from triage.taxonomy import Lane

TITLES = {
    Tell.OWNER: "Reminder",
    Tell.SECOND_ROUTE: "Escalation: second route",
    Tell.SUPERVISOR: "Escalation: supervisor",
    Tell.DUTY: "Escalation: duty officer",
}


def said(
    desk: Desk, case: Case, step: Step, over: Word | None, now: datetime
) -> tuple[Outgoing, ...]:
    """The notices of a step. `over` is an acknowledgement that ran out without a decision."""
    lane, priority = case.lane or Lane.DESK, case.priority or Priority.P5
    lanes = (lane,) if step.tell is Tell.OWNER else (lane, Lane.CONTROL_ROOM)
    body = notice(
        TITLES[step.tell],
        _text(desk, case, over, now),
        to=_called(desk, case),
        ask=Verb.ACKNOWLEDGE,
    )
    about = f"{priority.name}:{step.tell.value}"
    return bodies(case, about, desk.places(lanes, step.tell), body=body, now=now)


def _text(desk: Desk, case: Case, over: Word | None, now: datetime) -> str:
    priority = case.priority or Priority.P5
    late = int((now - started(case)).total_seconds() // 60)
    state = "not decided" if standing(case) is State.CLAIMED else "unclaimed"
    text = f"{case.ref} {priority.name} {priority.word}: {state}, sent {late} min ago"
    if over is None:
        return text
    who = desk.name_of(over.by)
    return f"{text}. {who} had it in hand at {over.at:%H:%M} UTC, and nothing was decided since"


def _called(desk: Desk, case: Case) -> Sequence[Officer]:
    """The officer who has a case is called by name, so that their own device tells them."""
    owner = desk.store.officer(case.claimed_by) if case.claimed_by else None
    return (owner,) if owner else ()


def in_hand_notices(desk: Desk, before: Case, after: Case) -> tuple[Outgoing, ...]:
    """Those who were told of an escalation hear that somebody has it in hand now."""
    word, until = after.in_hand.acknowledged, after.in_hand.until
    if word is None or until is None or word == before.in_hand.acknowledged:
        return ()
    places = desk.places((after.lane or Lane.DESK, Lane.CONTROL_ROOM), Tell.OWNER)
    who = desk.name_of(word.by)
    text = f"{after.ref}: {who} has it in hand. Undecided by {until:%H:%M} UTC, the next is told"
    return case_notices(after, "in-hand", places, title="In hand", text=text, now=word.at)
