"""What time does to cases: escalation steps, and offers that lapse."""

from dataclasses import replace
from datetime import datetime

from triage.desk import MACHINE, Desk, cards_for, case_notices
from triage.effects import without_offer
from triage.errors import Stale
from triage.following import told_of_change
from triage.inhand import NOBODY, Word
from triage.lifecycle import (
    REASSESS,
    Step,
    Tell,
    acknowledgement_ends_at,
    offer_lapses_at,
    reached,
    without_acknowledgement,
)
from triage.model import Case, Event, Outgoing, Priority, State
from triage.saying import said
from triage.taxonomy import Lane


def run_clocks(desk: Desk) -> int:
    """Take every escalation step that is due and give back lapsed offers; returns how many."""
    now = desk.clock()
    taken = 0
    for case in desk.store.overdue(now):
        try:
            taken += _advance(desk, case, now)
        except Stale:
            continue  # somebody acted while we looked: nothing to escalate any more
    return taken


def _advance(desk: Desk, case: Case, now: datetime) -> int:
    taken = 0
    lapses = offer_lapses_at(case)
    if lapses is not None and lapses <= now:
        case, taken = _lapse(desk, case, now), 1
    ends = acknowledgement_ends_at(case)
    over = case.in_hand.acknowledged if ends is not None and ends <= now else None
    after = without_acknowledgement(case) if over else case
    count, step = reached(after, now)
    if step is None and over is None:
        return taken
    events = [_expired(case, over, now)] if over else []
    notices: tuple[Outgoing, ...] = ()
    if step is not None:
        notices, event = _taken(desk, case, step, over, now)
        events.append(replace(event, detail={"step": count, **event.detail}))
    desk.store.change(case, replace(after, escalation=count), events=events, cards=notices)
    return taken + len(events)


def _taken(
    desk: Desk, case: Case, step: Step, over: Word | None, now: datetime
) -> tuple[tuple[Outgoing, ...], Event]:
    """What a step says, and its line in the audit trail."""
    tell = {"tell": step.tell.value}
    event = Event(at=now, actor=MACHINE, action="reassess", subject=case.ref, detail=tell)
    if step.reassess:
        return _again(desk, case, now), event
    notices, told = said(desk, case, step, over, now)
    return notices, Event(
        at=now, actor=MACHINE, action="escalated", subject=case.ref, detail={**tell, **told}
    )


def _expired(case: Case, word: Word, now: datetime) -> Event:
    """Nobody claimed or decided what somebody said to have in hand."""
    detail = {"by": word.by, "acknowledged_at": word.at.isoformat()}
    action = "acknowledgement_expired"
    return Event(at=now, actor=MACHINE, action=action, subject=case.ref, detail=detail)


def _lapse(desk: Desk, case: Case, now: datetime) -> Case:
    """An offer nobody accepted returns to the desk, which is told; its steps begin again.

    What is restricted returns to professional standards: no lapse shows it to the desk.
    """
    lane = Lane.STANDARDS if case.lane is Lane.STANDARDS else Lane.DESK
    offered = case.offered_to.value if case.offered_to else ""
    event = Event(
        at=now,
        actor=MACHINE,
        action="offer_lapsed",
        subject=case.ref,
        detail={"lane": offered, "to": lane.value},
    )
    free = replace(without_offer(case), in_hand=NOBODY)
    after = replace(free, state=State.OPEN, lane=lane, escalation=0)
    told = (*_back(desk, after, offered, now), *told_of_change(desk, case, after, MACHINE))
    return desk.store.change(case, after, events=[event], cards=told)


def _back(desk: Desk, case: Case, offered: str, now: datetime) -> tuple[Outgoing, ...]:
    lane = case.lane or Lane.DESK
    cards: tuple[Outgoing, ...] = ()
    if case.decision is not None:
        asked = replace(case.decision, owner=lane, copies=())
        cards = cards_for(case.ref, asked, desk.destinations, now=now)
    text = f"{case.ref}: {offered.replace('_', ' ')} did not take it; it is yours again"
    places = desk.places([lane], Tell.OWNER)
    title = "Hand-over not accepted"
    return (*cards, *case_notices(case, "lapsed", places, title=title, text=text, now=now))


def _again(desk: Desk, case: Case, now: datetime) -> tuple[Outgoing, ...]:
    """The owner is asked to look again; priority, clocks and owner stay as they are."""
    priority = case.priority or Priority.P5
    places = desk.places([case.lane or Lane.DESK], Tell.OWNER)
    hours = REASSESS.after.total_seconds() / 3600
    waits = f"up for re-assessment: {hours:g} h without a decision"
    text = f"{case.ref} {priority.name} {priority.word}: {waits}"
    return case_notices(case, "reassess", places, title="Assess anew", text=text, now=now)
