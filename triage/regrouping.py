"""Officers say which items are one incident: split, merge, and the last of them undone.

What a person took apart stays apart: the machine never moves an item that is in an incident.
Each step is one transaction over all items it moves, with an event on each of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from triage.actions import Outcome, act
from triage.authority import authorise, may_see_text
from triage.commands import Command
from triage.desk import Desk
from triage.errors import Refused, Stale
from triage.following import told_of_change
from triage.gathering import (
    changed_by,
    incident_name,
    raised_event,
    raised_messages,
    urgency,
)
from triage.lifecycle import GROUPING, Verb
from triage.model import Case, Event

_STEPS = frozenset(verb.value for verb in GROUPING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Items that go from one incident to another; `beside` are those that are there already."""

    moved: tuple[Case, ...]
    origin: str
    to: str
    beside: tuple[Case, ...] = ()


def regroup(desk: Desk, command: Command) -> Outcome:
    """Carry out a split, a merge or an undo.

    Raises:
        Refused: there is nothing to do, an argument is missing, or an item is restricted.
        Stale: an item changed meanwhile, twice.
    """
    for last in (False, True):
        case = desk.store.case(command.ref)
        if case is None:
            raise Refused(f"{command.ref}: no such item")
        authorise(case, command)
        move = _MOVES[command.verb](desk, case, command)
        told = _filled(command, move)
        outcome = act(case, told, now=desk.clock(), names=desk.name_of)
        _all_seen(move, command)
        try:
            return _written(desk, outcome, move, told)
        except Stale:
            if last:
                raise
    raise AssertionError("unreachable: the second try returns or raises")


# --- what moves where -----------------------------------------------------------------------------


def _split(desk: Desk, case: Case, command: Command) -> Move:
    command.required("reason")
    others = [each for each in desk.store.cases_in(case.incident) if each.ref != case.ref]
    if not others:
        raise Refused(f"{case.ref} is in no incident with others")
    apart = incident_name(case.ref, apart=case.version)
    return Move(moved=(case,), origin=case.incident, to=apart)


def _merge(desk: Desk, case: Case, command: Command) -> Move:
    command.required("reason")
    other = desk.store.case(command.required("other").upper())
    if other is None:
        raise Refused(f"{command.args['other']}: no such item")
    if other.ref == case.ref or (case.incident and other.incident == case.incident):
        raise Refused(f"{case.ref} and {other.ref} are one incident already")
    theirs = tuple(desk.store.cases_in(other.incident))
    if case.incident:
        mine = tuple(desk.store.cases_in(case.incident))
        moved = theirs or (other,)
        return Move(moved=moved, origin=other.incident, to=case.incident, beside=mine)
    if theirs:
        return Move(moved=(case,), origin="", to=other.incident, beside=theirs)
    return Move(moved=(case, other), origin="", to=incident_name(case.ref))


def _undo(desk: Desk, case: Case, command: Command) -> Move:
    last = last_step(desk.store.events(case.ref))
    if last is None:
        raise Refused(f"{case.ref}: no split or merge to undo")
    refs = str(last.get("moved", "")).split()
    found = (desk.store.case(ref) for ref in refs)
    still = tuple(each for each in found if each is not None and each.incident == last["to"])
    if not still:
        raise Refused(f"{case.ref}: its items were moved again since")
    origin, to = str(last["to"]), str(last["from"])
    return Move(moved=still, origin=origin, to=to, beside=tuple(desk.store.cases_in(to)))


def last_step(events: Sequence[Event]) -> Mapping[str, Any] | None:
    """The last split or merge of an item that was not undone."""
    steps = [event for event in events if event.action in _STEPS]
    if not steps or steps[-1].action == Verb.REGROUP.value:
        return None
    return steps[-1].detail


_MOVES = {Verb.SPLIT: _split, Verb.MERGE: _merge, Verb.REGROUP: _undo}


# --- carried out ----------------------------------------------------------------------------------


def _filled(command: Command, move: Move) -> Command:
    moved = " ".join(each.ref for each in move.moved)
    return replace(
        command, args={**command.args, "from": move.origin, "to": move.to, "moved": moved}
    )


def _all_seen(move: Move, command: Command) -> None:
    """Nobody moves what they may not read."""
    for case in move.moved:
        if not may_see_text(case, command.officer):
            raise Refused(f"{case.ref} is restricted: your role does not cover it")


def _written(desk: Desk, outcome: Outcome, move: Move, command: Command) -> Outcome:
    """All of it in one transaction: who moves, and whom the incident raises."""
    event = outcome.event
    if event is None:
        return outcome
    pairs = {each.ref: (each, replace(each, incident=move.to)) for each in move.moved}
    pairs.setdefault(command.ref, (outcome.case, outcome.case))
    events = [replace(event, subject=ref) for ref in pairs]
    raised = _raised(pairs.values(), move)
    for before, after in raised:
        pairs[before.ref] = (pairs.get(before.ref, (before, before))[0], after)
    cards = [message for pair in raised for message in raised_messages(desk, *pair)]
    cards += [each for pair in raised for each in told_of_change(desk, *pair, actor=event.actor)]
    changed = desk.store.change_all(
        list(pairs.values()),
        events=[*events, *(raised_event(*pair, now=event.at) for pair in raised)],
        cards=cards,
    )
    for each in changed:
        desk.acted(each.ref)
    saved = next(each for each in changed if each.ref == command.ref)
    return replace(outcome, case=saved)


def _raised(pairs: Iterable[tuple[Case, Case]], move: Move) -> list[tuple[Case, Case]]:
    """Whom the incident raises once all are in it, before and after. A split raises nobody."""
    inside = {after.ref: after for _, after in pairs if after.incident == move.to}
    members = {**{each.ref: each for each in move.beside}, **inside}
    least = urgency(members.values())
    return changed_by(members.values(), move.to, least) if least is not None else []
