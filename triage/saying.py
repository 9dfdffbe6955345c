"""What an escalation step says, and whom it calls by name."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from triage.desk import Desk, bodies, case_notices, notice
from triage.inhand import Word
from triage.lifecycle import Step, Tell, Verb, standing, started, went_beyond_owner
from triage.model import Case, Officer, Outgoing, Priority, State
from triage.rota import Duty, OnCall
from triage.taxonomy import Lane

TITLES = {
    Tell.OWNER: "Reminder",
    Tell.SECOND_ROUTE: "Escalation: second route",
    Tell.SUPERVISOR: "Escalation: supervisor",
    Tell.DUTY: "Escalation: duty officer",
}


def said(
    desk: Desk, case: Case, step: Step, over: Word | None, now: datetime
) -> tuple[tuple[Outgoing, ...], Mapping[str, list[str]]]:
    """The notices of a step, and for the audit trail whom they call and where they go.

    `over` is an acknowledgement that ran out without a decision.
    """
    lane, priority = case.lane or Lane.DESK, case.priority or Priority.P5
    lanes = (lane,) if step.tell is Tell.OWNER else (lane, Lane.CONTROL_ROOM)
    on_call = desk.on_call(step.tell, now)
    if step.tell is Tell.OWNER and lane is Lane.COMMS and not case.claimed_by:
        on_call = desk.having(Duty.COMMS, now)
    called = _called(desk, case, on_call)
    text = _text(desk, case, over, on_call, now)
    body = notice(TITLES[step.tell], text, to=called, ask=Verb.ACKNOWLEDGE)
    places = list(dict.fromkeys((*desk.places(lanes, step.tell), *desk.mailed(on_call))))
    notices = bodies(case, f"{priority.name}:{step.tell.value}", places, body=body, now=now)
    return notices, {"called": [each.id for each in called], "to": places}


def _text(desk: Desk, case: Case, over: Word | None, on_call: OnCall, now: datetime) -> str:
    priority = case.priority or Priority.P5
    late = int((now - started(case)).total_seconds() // 60)
    state = "not decided" if standing(case) is State.CLAIMED else "unclaimed"
    parts = [f"{case.ref} {priority.name} {priority.word}: {state}, sent {late} min ago"]
    if over is not None:
        who = f"{desk.name_of(over.by)} had it in hand at {over.at:%H:%M} UTC"
        parts.append(f"{who}, and nothing was decided since")
    if on_call.missing is not None:
        parts.append(f"By the rota nobody is on call as {on_call.missing.words}")
    return ". ".join(parts)


def _called(desk: Desk, case: Case, on_call: OnCall) -> Sequence[Officer]:
    """The officer who has a case, and who is on call: their own devices tell them."""
    owner = desk.store.officer(case.claimed_by) if case.claimed_by else None
    people = ((owner,) if owner else ()) + on_call.officers
    return tuple({each.id: each for each in people}.values())


def in_hand_notices(desk: Desk, before: Case, after: Case) -> tuple[Outgoing, ...]:
    """Those who were told of an escalation hear that somebody has it in hand now."""
    word, until = after.in_hand.acknowledged, after.in_hand.until
    if word is None or until is None or word == before.in_hand.acknowledged:
        return ()
    lane = after.lane or Lane.DESK
    lanes = (lane, Lane.CONTROL_ROOM) if went_beyond_owner(after) else (lane,)
    places = desk.places(lanes, Tell.OWNER)
    who = desk.name_of(word.by)
    text = f"{after.ref}: {who} has it in hand. Undecided by {until:%H:%M} UTC, the next is told"
    return case_notices(after, "in-hand", places, title="In hand", text=text, now=word.at)
