"""An officer's undo carried out (`triage.undoing` says what can be undone, and how)."""

from collections.abc import Iterator
from dataclasses import replace

from triage.actions import Command, Outcome, event_of, lanes_of
from triage.authority import authorise
from triage.desk import Desk, case_notices
from triage.errors import Refused, Stale
from triage.following import told_of_change
from triage.lifecycle import Tell, Verb, next_state
from triage.model import Case, Event, Outgoing
from triage.undoing import BEFORE, UNDO_WITHIN, UNDONE, last_own, restored, undone_already


def take_back(desk: Desk, command: Command) -> Outcome:
    """Make a case what it was before the officer's last action.

    Pressing twice changes nothing and says so.

    Raises:
        Stale: something else happened since the officer looked.
        Refused: there is nothing of theirs that can be taken back.
    """
    case = _case(desk, command)
    authorise(case, command)
    next_state(case, Verb.UNDO)
    events = desk.store.events(case.ref)
    if undone_already(case, command.officer.id, events):
        return Outcome(case=case, event=None, said=f"{case.ref}: undone already")
    _as_seen(case, command)
    last = last_own(case, command.officer.id, events, desk.clock())
    if last is None:
        minutes = int(UNDO_WITHIN.total_seconds() // 60)
        raise Refused(
            f"{case.ref}: nothing of yours to undo: something else happened since, or it is over "
            f"{minutes} minutes ago"
        )
    return _written(desk, case, command, last)


def as_unlink(desk: Desk, command: Command) -> Command:
    """The undo of a link is an unlink, which takes back all that hangs on it."""
    case = _case(desk, command)
    events = desk.store.events(case.ref)
    last = last_own(case, command.officer.id, events, desk.clock())
    if last is None or last.action != Verb.LINK.value:
        return command
    args = {"record_id": str(last.detail.get("record_id", ""))}
    return replace(command, verb=Verb.UNLINK, args=args)


def _case(desk: Desk, command: Command) -> Case:
    case = desk.store.case(command.ref)
    if case is None:
        raise Refused(f"{command.ref}: no such item")
    return case


def _as_seen(case: Case, command: Command) -> None:
    """Nobody takes back something else than they saw."""
    shown = command.version or (command.seen.version if command.seen else 0)
    if shown and shown != case.version:
        raise Stale(f"{case.ref} changed since you looked: look again")


def _written(desk: Desk, case: Case, command: Command, last: Event) -> Outcome:
    after, now = restored(case, last.detail[BEFORE]), desk.clock()
    detail = {"of": last.action, UNDONE: last.detail["version"]}
    event = event_of(case, command, detail, now)
    told = (*told_of_change(desk, case, after, event.actor), *_retracted(desk, case, after))
    saved = desk.store.change(case, after, events=[event], cards=told)
    desk.acted(saved.ref)
    done = last.action.replace("_", " ")
    return Outcome(case=saved, event=event, said=f"{case.ref}: {done} undone")


def _retracted(desk: Desk, before: Case, after: Case) -> Iterator[Outgoing]:
    """Whoever was told that they are asked, or that it is more urgent, hears that it is not so."""
    now = desk.clock()
    if before.offered_to is not None and after.offered_to is None:
        places = desk.places([before.offered_to], Tell.OWNER)
        text = f"{after.ref}: the hand-over was taken back, nothing is asked of you"
        yield from case_notices(after, "undone", places, title="Taken back", text=text, now=now)
    if before.priority and after.priority and before.priority is not after.priority:
        places = desk.places([*lanes_of(before), *lanes_of(after)], Tell.OWNER)
        text = f"{after.ref} is {after.priority.name} {after.priority.word} again: undone"
        yield from case_notices(after, "regraded", places, title="Undone", text=text, now=now)
