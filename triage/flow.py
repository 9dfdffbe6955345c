"""The way of an item after it is stored: classify, link, prioritise, settle; then the clocks.

Plain functions over ports. Whoever calls them (console/engine.py) may call them twice, on two
machines, and be killed in between: `Intake.settle` and `Cases.change` write only what is still
as it was read.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from triage.actions import Command, Outcome, act
from triage.errors import FirstContactError, Refused, Stale
from triage.items import platform_of
from triage.lifecycle import URGENT, Tell, Verb, offer_lapses_at, reached
from triage.model import (
    Alarm,
    Case,
    Decision,
    Event,
    Item,
    Link,
    LinkDecision,
    Outgoing,
    Priority,
    PriorLink,
    Rejected,
    State,
    Verdict,
)
from triage.ports import Classifier, Clock, People, Store, Triaged, Waiting, reading_of
from triage.priority import prioritise
from triage.taxonomy import Audience, Label, Lane

MACHINE = "firstcontact"
"""The actor the audit trail names for what the service did by itself."""

CLASSIFIER_ALARM = "classifier:down"

LINK_LASTS = timedelta(days=365)
"""A confirmed link is asked about again after a year: accounts change hands."""

Linker = Callable[[Item, Sequence[str], People], Link]
"""Who may be writing an item, given the sender's earlier texts: `triage.linking.link`."""

Destinations = Callable[[Lane, Tell], Sequence[str]]
"""The destinations (`sink:channel`) of a lane for an owner's card or an escalation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the flow needs of the outside.

    `acted` is told the reference of every case an officer changed, so that its cards change.
    Cards are posted for priorities up to `show_up_to`; what is less urgent is in the console
    (a desk that only warns shows P1 to P3).
    """

    store: Store
    classifier: Classifier
    linker: Linker
    destinations: Destinations
    clock: Clock
    acted: Callable[[str], None] = field(default=lambda ref: None)
    show_up_to: Priority = Priority.P5


# --- triage ---------------------------------------------------------------------------------------


def triage_waiting(desk: Desk, *, limit: int, refs: Sequence[str] | None = None) -> list[Triaged]:
    """Classify, link and prioritise what waits; returns what was settled by this call.

    If the classifier cannot be run, everything is still decided (floor F6) and people are told.
    """
    waiting = desk.store.waiting(limit=limit, refs=refs)
    if not waiting:
        return []
    verdicts = _verdicts(desk, waiting)
    outcomes = [
        assess(each, verdict, desk) for each, verdict in zip(waiting, verdicts, strict=True)
    ]
    settled = set(desk.store.settle(outcomes))
    return [outcome for outcome in outcomes if outcome.ref in settled]


def assess(waiting: Waiting, verdict: Verdict, desk: Desk) -> Triaged:
    """Link, prioritise and address one case."""
    case = waiting.case
    found = desk.linker(case.item, waiting.thread, desk.store)
    link = _keep_confirmed(case.link, _without_rejected(found, case.item, desk.store))
    history = replace(
        waiting.history,
        held=case.priority,
        markers=waiting.history.markers | markers_of(link, desk.store),
    )
    decision = prioritise(case.item, verdict, history)
    now = desk.clock()
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=verdict,
        link=link,
        history=history,
        decision=decision,
        cards=cards_for(case.ref, decision, desk.destinations, now=now)
        if decision.priority <= desk.show_up_to
        else (),
        events=(_triaged_event(case.ref, verdict, link, decision, now),),
    )


def cards_for(
    ref: str, decision: Decision, destinations: Destinations, *, now: datetime
) -> tuple[Outgoing, ...]:
    """One card per destination of the owner and the copies; a destination gets only one."""
    places = {
        place: None
        for lane in (decision.owner, *decision.copies)
        for place in destinations(lane, Tell.OWNER)
    }
    return tuple(
        Outgoing(
            key=card_key(ref, place),
            destination=place,
            urgency=int(decision.priority),
            case_ref=ref,
            created_at=now,
        )
        for place in places
    )


def card_key(ref: str, destination: str) -> str:
    """The key of a case's card in a destination."""
    return f"card:{ref}:{destination}"


def unread(reason: str) -> Verdict:
    """The verdict on what no classifier has read: floor F6 sends it to a person."""
    return Verdict(
        label=Label.ROUTINE,
        audience=Audience.CONTACT,
        scores=dict.fromkeys(Label, 0.0),
        degraded="none",
        model=reason,
    )


def _verdicts(desk: Desk, waiting: Sequence[Waiting]) -> list[Verdict]:
    readings = [reading_of(each.case.item, each.thread) for each in waiting]
    try:
        verdicts = desk.classifier.read(readings)
    except FirstContactError as error:
        _classifier_alarm(desk, f"Classifier down, people must read everything: {error}")
        return [unread("classifier down") for _ in waiting]
    degraded = next((each.degraded for each in verdicts if each.degraded), "")
    if degraded:
        _classifier_alarm(desk, f"Classifier degraded to {degraded}")
    else:
        desk.store.clear_alarm(CLASSIFIER_ALARM, now=desk.clock())
    return verdicts


def _classifier_alarm(desk: Desk, text: str) -> None:
    raise_alarm(desk, Alarm(key=CLASSIFIER_ALARM, text=text, raised_at=desk.clock(), severity=1))


def _keep_confirmed(before: Link, now: Link) -> Link:
    """A person confirmed on this case stays, whatever is found when its text changes."""
    return before if before.decision is LinkDecision.CONFIRMED else now


def _without_rejected(link: Link, item: Item, store: Store) -> Link:
    """A person a human rejected for this account is not suggested for it again."""
    if not link.candidates:
        return link
    rejected = store.rejected_records(platform_of(item.channel), item.author.account_id)
    left = tuple(each for each in link.candidates if each.record_id not in rejected)
    if len(left) == len(link.candidates):
        return link
    decision = LinkDecision.SUGGESTED if left else LinkDecision.NONE
    return replace(link, candidates=left, decision=decision)


def markers_of(link: Link, people: People) -> frozenset[str]:
    """Markers of whoever may be writing. Suspicion is enough to raise, never to lower."""
    persons = (people.person(each.record_id) for each in link.candidates)
    return frozenset(marker for person in persons if person for marker in person.markers)


def _triaged_event(
    ref: str, verdict: Verdict, link: Link, decision: Decision, now: datetime
) -> Event:
    return Event(
        at=now,
        actor=MACHINE,
        action="triaged",
        subject=ref,
        detail={
            "class": verdict.label.value,
            "scores": {label.value: round(score, 4) for label, score in verdict.scores.items()},
            "signals": [signal.name.value for signal in verdict.signals],
            "model": verdict.model,
            "degraded": verdict.degraded,
            "link": link.decision.value,
            "candidates": [
                [each.record_id, round(each.probability, 4)] for each in link.candidates
            ],
            "priority": decision.priority.name,
            "owner": decision.owner.value,
            "rules": [reason.rule for reason in decision.reasons],
        },
    )


# --- alarms ---------------------------------------------------------------------------------------


def raise_alarm(desk: Desk, alarm: Alarm) -> bool:
    """Open an alarm and tell every route of desk and control room; once while it is open."""
    if not desk.store.raise_alarm(alarm):
        return False
    places = {
        place: None
        for lane in (Lane.CONTROL_ROOM, Lane.DESK)
        for place in desk.destinations(lane, Tell.DUTY)
    }
    stamp = f"{alarm.raised_at:%Y%m%dT%H%M%S%f}"
    desk.store.notify(
        [
            Outgoing(
                key=f"notice:{alarm.key}:{stamp}:{place}",
                destination=place,
                urgency=alarm.severity,
                body=notice("Service alarm", alarm.text),
                created_at=alarm.raised_at,
            )
            for place in places
        ],
        now=alarm.raised_at,
    )
    return True


def notice(title: str, text: str) -> str:
    """The body of an `Outgoing` that is no card. Never holds what a citizen wrote."""
    return json.dumps({"title": title, "text": text})


# --- clocks ---------------------------------------------------------------------------------------


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
    lapses = offer_lapses_at(case)
    if lapses is not None and lapses <= now:
        case = _lapse(desk, case, now)
    count, step = reached(case, now)
    if step is None:
        return 0
    event = Event(
        at=now,
        actor=MACHINE,
        action="escalated",
        subject=case.ref,
        detail={"step": count, "tell": step.tell.value},
    )
    after = replace(case, escalation=count)
    desk.store.change(case, after, events=[event], cards=_escalation(desk, case, step.tell, now))
    return 1


def _lapse(desk: Desk, case: Case, now: datetime) -> Case:
    """An offer nobody accepted returns to the desk."""
    event = Event(at=now, actor=MACHINE, action="offer_lapsed", subject=case.ref)
    after = replace(
        case, state=State.OPEN, offered_to=None, offered_by="", offered_at=None, lane=Lane.DESK
    )
    return desk.store.change(case, after, events=[event])


def _escalation(desk: Desk, case: Case, tell: Tell, now: datetime) -> tuple[Outgoing, ...]:
    priority = case.priority or Priority.P5
    lane = case.lane or Lane.DESK
    lanes = (lane,) if tell is Tell.OWNER else (lane, Lane.CONTROL_ROOM)
    places = {
        place: None for each in dict.fromkeys(lanes) for place in desk.destinations(each, tell)
    }
    late = int((now - case.item.sent_at).total_seconds() // 60)
    state = "unclaimed" if case.state is not State.CLAIMED else "not decided"
    text = f"{case.ref} {priority.name} {priority.word}: {state}, sent {late} min ago"
    return tuple(
        Outgoing(
            key=f"notice:{case.ref}:{priority.name}:{tell.value}:{case.version}:{place}",
            destination=place,
            urgency=1 if priority <= URGENT else int(priority),
            case_ref=case.ref,
            body=notice(f"Escalation: {tell.value.replace('_', ' ')}", text),
            created_at=now,
        )
        for place in places
    )


# --- actions --------------------------------------------------------------------------------------


def carry_out(desk: Desk, command: Command) -> Outcome:
    """Do what an officer asked, in one transaction with its audit event and its cards.

    A second try is made when another change slipped in between look and write, since the
    command may still be right; then the officer is told who was faster.

    Raises:
        Refused, Stale: as `triage.actions.act`.
    """
    for last in (False, True):
        case = desk.store.case(command.ref)
        if case is None:
            raise Refused(f"{command.ref}: no such item")
        outcome = act(case, command, now=desk.clock())
        if outcome.event is None:
            return outcome
        try:
            saved = _write(desk, case, outcome, outcome.event, command)
        except Stale:
            if last:
                raise
            continue
        desk.acted(saved.ref)
        return replace(outcome, case=saved)
    raise AssertionError("unreachable: the second try returns or raises")


def _write(desk: Desk, before: Case, outcome: Outcome, event: Event, command: Command) -> Case:
    """Write a command's outcome; what humans say about a link is remembered for the account."""
    after, by = outcome.case, command.officer.id
    platform, account_id = platform_of(before.item.channel), before.item.author.account_id
    if not account_id or command.verb not in (Verb.LINK, Verb.UNLINK, Verb.REJECT):
        cards = _new_cards(desk, outcome, command)
        return desk.store.change(before, after, events=[event], cards=cards)
    change = (before, after)
    if command.verb is Verb.LINK:
        link = PriorLink(
            platform=platform,
            account_id=account_id,
            record_id=after.link.candidates[0].record_id,
            confirmed_by=by,
            confirmed_at=event.at,
            expires_at=event.at + LINK_LASTS,
        )
        desk.store.confirm_link(link, events=[event], change=change)
    elif command.verb is Verb.UNLINK:
        desk.store.revoke_link(
            platform, account_id, by=by, now=event.at, events=[event], change=change
        )
    else:
        rejected = Rejected(
            platform=platform,
            account_id=account_id,
            record_id=command.args["record_id"],
            by=by,
            at=event.at,
        )
        desk.store.reject_link(rejected, events=[event], change=change)
    return desk.store.case(before.ref) or after


def _new_cards(desk: Desk, outcome: Outcome, command: Command) -> tuple[Outgoing, ...]:
    """An offer shows the case in the lane it is offered to."""
    case = outcome.case
    if command.verb is not Verb.OFFER or case.decision is None or case.offered_to is None:
        return ()
    asked = replace(case.decision, owner=case.offered_to, copies=())
    return cards_for(case.ref, asked, desk.destinations, now=desk.clock())
