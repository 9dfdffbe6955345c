"""When a chat tool fails: what is owed there goes by the other chat, mail and webhook at once."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from triage.authority import lanes_of
from triage.desk import MACHINE, Desk
from triage.lifecycle import Tell, standing
from triage.model import Case, Event, Outgoing, Priority, State
from triage.routes import AGAIN
from triage.taxonomy import Lane

AT_ONCE = 50
"""So many are sent another way at one look; the rest follows with the next."""

SINK_ALARM = "sink:"
PATIENCE = timedelta(seconds=20)


def take_second_route(desk: Desk, *, patience: timedelta = PATIENCE) -> list[Outgoing]:
    """Send another way what is urgent and did not arrive; returns what is owed now.

    A destination with an open alarm is given no time. Two nodes may call this at once, and each
    message goes another way once.
    """
    now = desk.clock()
    alarms = (alarm.key for alarm in desk.store.alarms())
    broken = [key.removeprefix(SINK_ALARM) for key in alarms if key.startswith(SINK_ALARM)]
    owed: list[Outgoing] = []
    for message in desk.store.stuck(before=now - patience, broken=broken, limit=AT_ONCE):
        case = desk.store.case(message.case_ref)
        matters = case is not None and _matters(message, case)
        ways = _ways(desk, message, case, broken) if case is not None and matters else []
        if matters and not ways:
            continue  # there is no other way now: asked again at the next look
        there = _arrived(desk, message)
        places = [place for place in ways if place not in there]
        sent = [_again(message, case, place, now) for place in places] if case else []
        why = "alarm" if message.destination in broken else "undelivered"
        events = [_event(message, places, why, now)] if matters else []
        if desk.store.reroute(message.key, messages=sent, events=events, now=now):
            owed += sent
    return owed


def _matters(message: Outgoing, case: Case) -> bool:
    """Whether somebody must still hear of it: not of a card of what is claimed or closed."""
    return case.open and bool(message.body or standing(case) is not State.CLAIMED)


def _ways(desk: Desk, message: Outgoing, case: Case, broken: Sequence[str]) -> list[str]:
    """Every other way to the lanes that miss it, else to the control room."""
    lanes = [lane for lane in lanes_of(case) if _served(desk, lane, message.destination)]
    for told in (lanes or [case.lane or Lane.DESK], [Lane.CONTROL_ROOM]):
        places = desk.places(told, Tell.DUTY)
        found = [each for each in places if each not in (message.destination, *broken)]
        if found:
            return found
    return []


def _arrived(desk: Desk, message: Outgoing) -> frozenset[str]:
    """Where the very same card or notice has arrived."""
    same = message.key.removesuffix(message.destination)
    return frozenset(
        each.destination
        for each in desk.store.messages_of(message.case_ref)
        if each.delivered and each.key == f"{same}{each.destination}"
    )


def _served(desk: Desk, lane: Lane, destination: str) -> bool:
    return any(destination in desk.destinations(lane, tell) for tell in (Tell.OWNER, Tell.DUTY))


def _again(message: Outgoing, case: Case, place: str, now: datetime) -> Outgoing:
    # What several places of a tool miss is told once in each other place.
    what = message.key.removesuffix(message.destination)
    digest = hashlib.blake2b(f"{what}{case.version}".encode(), digest_size=8).hexdigest()
    return Outgoing(
        key=f"{AGAIN}{case.ref}:{digest}:{place}",
        destination=place,
        urgency=1,
        case_ref=case.ref,
        body=_body(message, case),
        created_at=now,
    )


def _body(message: Outgoing, case: Case) -> str:
    """The notice as it was, or for a card what it is about; and that it comes another way."""
    tool = message.destination.partition(":")[0]
    since = f" since {message.created_at:%H:%M} UTC" if message.created_at else ""
    told = f"By the second route: {tool} has not taken it{since}"
    if message.body:
        try:
            body = json.loads(message.body)
        except ValueError:
            body = {"text": message.body}
        return json.dumps({**body, "text": f"{body.get('text', '')}. {told}"})
    priority = case.priority or Priority.P5
    state = "offered" if standing(case) is State.OFFERED else "unclaimed"
    text = f"{case.ref} {priority.name} {priority.word}: {state}. {told}"
    return json.dumps({"title": "Second route", "text": text})


def _event(message: Outgoing, places: Sequence[str], why: str, now: datetime) -> Event:
    detail = {
        "from": message.destination,
        "to": list(places),
        "why": why,
        "what": "notice" if message.body else "card",
    }
    return Event(
        at=now, actor=MACHINE, action="second_route", subject=message.case_ref, detail=detail
    )
