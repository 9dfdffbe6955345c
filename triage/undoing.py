"""Taking back one's own last action, exactly: what the case was before, it is again.

What an action changed stands in its audit event (`before`), so that it can be undone to the last
field. It can be undone for a short time, by whoever did it, and only while nothing else happened to
the case. What was said beside it (notes, corrections) stays said; a link is undone by its own verb.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from triage import inhand
from triage.lifecycle import Verb
from triage.model import Case, Decision, Due, Event, Priority, State
from triage.taxonomy import Lane

UNDO_WITHIN = timedelta(minutes=5)
"""So long an officer may take an action back."""

UNDOABLE = frozenset(
    {
        Verb.CLAIM,
        Verb.RELEASE,
        Verb.OFFER,
        Verb.ACCEPT,
        Verb.RETURN,
        Verb.GRADE,
        Verb.NOT_RISK,
        Verb.RESULT,
        Verb.REOPEN,
        Verb.LINK,
    }
)
"""What can be taken back; a link through `Verb.UNLINK`, with all that hangs on it."""

BEFORE = "before"
"""What the fields were that an action changed, in its event's detail."""

UNDONE = "undone"
"""In the detail of an undo: the version at which the action was that it took back."""

Kept = str | int | Mapping[str, Any] | None


def _moment(value: datetime | None) -> Kept:
    return value.isoformat() if value else None


def _time(kept: Any) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _lane(kept: Any) -> Lane | None:
    return Lane(kept) if kept else None


def _priority(kept: Any) -> Priority | None:
    return Priority(kept) if kept else None


_FIELDS: Mapping[str, tuple[Callable[[Any], Kept], Callable[[Any], Any]]] = {
    "state": (str, State),
    "priority": (lambda value: int(value) if value else None, _priority),
    "lane": (lambda value: value.value if value else None, _lane),
    "claimed_by": (str, str),
    "claimed_at": (_moment, _time),
    "offered_to": (lambda value: value.value if value else None, _lane),
    "offered_by": (str, str),
    "offered_at": (_moment, _time),
    "escalation": (int, int),
    "result": (str, str),
    "result_ref": (str, str),
    "closed_at": (_moment, _time),
    "in_hand": (inhand.kept, inhand.read),
}
"""The fields an action may change, and how each is kept in an event and read from it."""


def trace(before: Case, after: Case) -> dict[str, Any]:
    """What an action changed, as it was before: for its event. Holds no text and no reason."""
    kept: dict[str, Any] = {
        name: keep(getattr(before, name))
        for name, (keep, _) in _FIELDS.items()
        if getattr(before, name) != getattr(after, name)
    }
    if before.decision is not None and after.decision is not None:
        kept |= _decision_trace(before.decision, after.decision)
    return kept


def _decision_trace(before: Decision, after: Decision) -> dict[str, Any]:
    if before == after:
        return {}
    decided = {
        "priority": int(before.priority),
        "seen_by": _moment(before.due.seen_by),
        "decide_by": _moment(before.due.decide_by),
        "owner": before.owner.value,
        "copies": [lane.value for lane in before.copies],
        "grade": before.grade,
        "reasons": len(before.reasons),
    }
    return {"decision": decided}


def restored(case: Case, kept: Mapping[str, Any]) -> Case:
    """The case with the fields as `trace` kept them."""
    fields = {name: _FIELDS[name][1](value) for name, value in kept.items() if name in _FIELDS}
    decided = kept.get("decision")
    if decided is not None and case.decision is not None:
        fields["decision"] = _decision_before(case.decision, decided)
    return replace(case, **fields)


def _decision_before(decision: Decision, kept: Mapping[str, Any]) -> Decision:
    """An action only puts reasons in front of those there were."""
    return replace(
        decision,
        priority=Priority(kept["priority"]),
        due=Due(
            seen_by=datetime.fromisoformat(kept["seen_by"]),
            decide_by=datetime.fromisoformat(kept["decide_by"]),
        ),
        owner=Lane(kept["owner"]),
        copies=tuple(Lane(lane) for lane in kept["copies"]),
        grade=kept["grade"],
        reasons=decision.reasons[len(decision.reasons) - kept["reasons"] :],
    )


def last_own(case: Case, officer_id: str, events: Sequence[Event], now: datetime) -> Event | None:
    """The officer's action that made the case what it is, if it can still be taken back.

    `events` are the case's, oldest first.
    """
    actions = {verb.value for verb in UNDOABLE}
    for event in reversed(events):
        if event.detail.get("version") != case.version - 1 or event.action not in actions:
            continue
        own = event.actor == officer_id and event.at + UNDO_WITHIN >= now
        known = BEFORE in event.detail or event.action == Verb.LINK.value
        return event if own and known else None
    return None


def undone_already(case: Case, officer_id: str, events: Sequence[Event]) -> bool:
    """Whether the officer's undo is what happened to the case last."""
    return any(
        (event.action, event.actor) == (Verb.UNDO.value, officer_id)
        and event.detail.get("version") == case.version - 1
        for event in events
    )


def not_undone(events: Sequence[Event]) -> list[Event]:
    """The events of a case without the actions that were taken back, and without the undoing."""
    back = {each.detail.get(UNDONE) for each in events if each.action == Verb.UNDO.value}
    gone = {verb.value for verb in UNDOABLE}
    return [
        each
        for each in events
        if each.action != Verb.UNDO.value
        and not (each.action in gone and each.detail.get("version") in back)
    ]
