"""Items put to their incidents, and what the most urgent of an incident means for the others.

Pure: the store calls `put_together` while it keeps every other node out (storage/scenes.py), so
that two nodes never begin the same incident twice. An item that is in an incident stays there:
only a person moves it, so what a person took apart stays apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from triage.desk import MACHINE, Desk, cards_for, case_notices
from triage.effects import regraded
from triage.incidents import Board, Incident, Scene, likeliest, most_urgent
from triage.lifecycle import Tell
from triage.model import Case, Event, History, Outgoing, Priority, Reason, State
from triage.regard import graded_by_human

RECEIVED = State.RECEIVED

NOT_URGENT = frozenset({"not_risk", "spam", "no_action"})
"""Results with which a person said that nothing was in it: such a member raises nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A case that is being settled, and the scene its text tells of."""

    case: Case
    scene: Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A case that was put to an incident, and how like it is (0 where it began one)."""

    case: Case
    likeness: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Cases with their incident, raised where it is more urgent than they are by themselves.

    `risen` are incidents that are now more urgent than their members were so far.
    """

    joined: tuple[Joined, ...] = ()
    risen: Mapping[str, Priority] = field(default_factory=dict)


def incident_name(ref: str, *, apart: int = 0) -> str:
    """What an incident is called that begins with a case: `IN-26-1123-0041`.

    `apart` tells an incident that a person parted from another one of that name.
    """
    name = f"IN-{ref.removeprefix('FC-')}"
    return f"{name}.{apart}" if apart else name


def in_anothers(case: Case) -> bool:
    """Whether a case was put to an incident that another began: alone, each begins its own."""
    return bool(case.incident) and case.incident.partition(".")[0] != incident_name(case.ref)


def put_together(told: Iterable[Told], known: Sequence[Incident]) -> Gathering:
    """Put each case to the open incident it is likeliest of, or let it begin one.

    `known` are the incidents nearby, and those the cases are in already.
    """
    board = Board(known)
    joined: list[Joined] = []
    risen: dict[str, Priority] = {}
    for each in sorted(told, key=lambda one: (one.scene.at, one.case.ref)):
        likeness, name = _where(each, board)
        before = board.get(name)
        case = _in_incident(each.case, name, before.priority if before else None)
        joined.append(Joined(case=case, likeness=likeness))
        board.put(name, each.scene, case.priority)
        if before and before.priority and case.priority and case.priority < before.priority:
            risen[name] = case.priority
    return Gathering(joined=tuple(_raised_since(each, risen) for each in joined), risen=risen)


def raised_with(case: Case, incident: str, priority: Priority) -> Case:
    """An open case raised to the urgency of its incident; the case itself if that is no more."""
    known = replace(case, history=_knowing(case.history, priority))
    if not case.open or case.priority is None or case.priority <= priority:
        return known
    text = f"part of incident {incident} that is {priority.name}"
    return regraded(known, priority, Reason(rule="incident", text=text))


def _where(told: Told, board: Board) -> tuple[float, str]:
    if told.case.incident:
        return 0.0, told.case.incident
    found = likeliest(told.scene, board.near(told.scene))
    return found or (0.0, incident_name(told.case.ref))


def _raised_since(joined: Joined, risen: Mapping[str, Priority]) -> Joined:
    """A case with what those put to its incident after it made of it."""
    name = joined.case.incident
    if name not in risen:
        return joined
    return replace(joined, case=raised_with(joined.case, name, risen[name]))


def _in_incident(case: Case, name: str, priority: Priority | None) -> Case:
    placed = replace(case, incident=name)
    if priority is None or (case.incident and graded_by_human(case)):
        return placed  # the person who graded it knew the incident: no news
    return raised_with(placed, name, priority)


def _knowing(history: History, priority: Priority) -> History:
    least = min(priority, history.incident or priority)
    return replace(history, incident=least)


def raised_others(desk: Desk, before: Case, after: Case) -> list[tuple[Case, Case]]:
    """The other members of an incident that a change of one made more urgent, as they become."""
    if not after.incident or before.priority is None or after.priority is None:
        return []
    if after.priority >= before.priority:
        return []
    members = desk.store.cases_in(after.incident)
    least = urgency(members)
    if least is None or after.priority >= least:
        return []
    others = [each for each in members if each.ref != after.ref and each.state is not RECEIVED]
    return changed_by(others, after.incident, after.priority)


def urgency(members: Iterable[Case]) -> Priority | None:
    """The priority of the most urgent member, those a person found nothing in left out."""
    counted = (each.priority for each in members if each.open or each.result not in NOT_URGENT)
    return most_urgent(counted)


def changed_by(
    members: Iterable[Case], incident: str, priority: Priority
) -> list[tuple[Case, Case]]:
    """Those of the members that their incident's priority raises, before and after."""
    pairs = ((each, raised_with(each, incident, priority)) for each in members)
    return [(before, after) for before, after in pairs if after.priority != before.priority]


def joining_events(gathering: Gathering, before: Mapping[str, Case], now: datetime) -> list[Event]:
    """Who was put to an incident that others began, and who was raised by it.

    `before` are the cases as they were settled by themselves.
    """
    events: list[Event] = []
    for each in gathering.joined:
        was, case = before[each.case.ref], each.case
        if each.likeness:
            detail = {"incident": case.incident, "likeness": round(each.likeness, 3)}
            events.append(
                Event(at=now, actor=MACHINE, action="grouped", subject=case.ref, detail=detail)
            )
        if was.priority != case.priority:
            events.append(raised_event(was, case, now=now))
    return events


def raised_event(before: Case, after: Case, *, now: datetime) -> Event:
    """That an incident raised a case."""
    return Event(
        at=now,
        actor=MACHINE,
        action="raised",
        subject=after.ref,
        detail={
            "incident": after.incident,
            "from": before.priority.name if before.priority else "",
            "to": after.priority.name if after.priority else "",
        },
    )


def raised_messages(desk: Desk, before: Case, after: Case) -> tuple[Outgoing, ...]:
    """What is owed where an incident raised a case: cards, and a word where a card stood."""
    if after.decision is None or after.priority is None or after.priority > desk.show_up_to:
        return ()
    now, written = desk.clock(), replace(after, version=before.version + 1)
    cards = cards_for(after.ref, after.decision, desk.destinations, now=now)
    if before.state is State.RECEIVED and before.priority is None:
        return cards
    text = f"{after.ref} is {after.priority.name} {after.priority.word} now: {after.incident}"
    lanes = [lane for lane in (before.lane, after.lane) if lane is not None]
    places = desk.places(lanes, Tell.OWNER)
    return (
        *cards,
        *case_notices(written, "incident", places, title="Raised", text=text, now=now),
    )
