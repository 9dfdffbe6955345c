"""What officers do, the same from Slack, Teams, console and API.

`act` is pure: case and command in, changed case and audit event out. Whoever calls it writes
both in one transaction guarded by the case's version (`triage.ports.Cases.change`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from triage.authority import BESIDE_THE_OWNER, authorise, lanes_of, leads, may_see_text
from triage.commands import Command
from triage.effects import EFFECTS, grade_reason
from triage.errors import Stale
from triage.lifecycle import GROUPING, MOVES, Verb, acknowledged, next_state
from triage.model import Case, Event, LinkDecision, State
from triage.reminders import with_reminders
from triage.seen import Seen
from triage.taxonomy import Lane
from triage.undoing import BEFORE, UNDOABLE, trace

Names = Callable[[str], str]
"""An officer's id to the name colleagues know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The case after the command, and the event to record; no event means nothing changed."""

    case: Case
    event: Event | None
    said: str


def act(case: Case, command: Command, *, now: datetime, names: Names = str) -> Outcome:
    """Carry out a command.

    Pressing twice changes nothing and says so. Pressing late says who has it.

    Raises:
        Stale: somebody else has the case, or it changed since the officer looked.
        Refused: the officer may not, the state does not allow it, or an argument is missing.
    """
    authorise(case, command)
    said = _already(case, command)
    if said:
        return Outcome(case=case, event=None, said=f"{case.ref} {said}")
    state = allowed(case, command, now=now, names=names)
    after, detail, said = EFFECTS[command.verb](case, command, now)
    after = with_reminders(replace(after, state=state), command.verb)
    was = {BEFORE: trace(case, after)} if command.verb in UNDOABLE else {}
    event = event_of(case, command, {**detail, **was}, now)
    return Outcome(case=after, event=event, said=said)


def event_of(case: Case, command: Command, detail: Mapping[str, Any], now: datetime) -> Event:
    """The event of a command that is carried out on a case."""
    return Event(
        at=now,
        actor=command.officer.id,
        action=command.verb.value,
        subject=case.ref,
        detail={"version": case.version, **_pressed(command), **detail},
    )


def allowed(case: Case, command: Command, *, now: datetime, names: Names = str) -> State:
    """The state a command leads to, whatever its arguments: what a form asks before it opens.

    Raises:
        Stale, Refused: as `act`.
    """
    authorise(case, command)
    _not_late(case, command, names, now)
    _as_seen(case, command)
    return next_state(case, command.verb)


def _pressed(command: Command) -> Mapping[str, str | int]:
    """Where a command came from, for the audit: tool, press, and the version that was shown."""
    shown = command.seen.version if command.seen else 0
    return {
        "tool": command.tool,
        **({"press": command.press} if command.press else {}),
        **({"seen": shown} if shown else {}),
    }


# --- twice ----------------------------------------------------------------------------------------


def _already(case: Case, command: Command) -> str:
    """What to say if this very press was carried out before; "" if it was not."""
    mine = case.claimed_by == command.officer.id
    match command.verb:
        case Verb.CLAIM | Verb.ACCEPT if case.state is State.CLAIMED and mine:
            return "is already yours"
        case Verb.RELEASE | Verb.RETURN if case.state is State.OPEN:
            return "is free already"
        case Verb.REOPEN if case.state is State.OPEN:
            return "is open already"
        case Verb.OFFER if _offered(case, command):
            return "is offered already"
        case Verb.RESULT | Verb.NOT_RISK if case.state is State.CLOSED and mine:
            code = command.args.get("code", "") if command.verb is Verb.RESULT else "not_risk"
            return "is closed already" if case.result == code else ""
        case Verb.GRADE if _graded(case, command):
            return "is graded so already"
        case Verb.LINK if _confirmed(case, command.args.get("record_id", "")):
            return "has this person confirmed already"
        case Verb.REJECT if _not_suggested(case, command.args.get("record_id", "").strip()):
            return "does not suggest this person any more"
        case _:
            return ""


def _not_suggested(case: Case, record_id: str) -> bool:
    return bool(record_id) and record_id not in {each.record_id for each in case.link.candidates}


def _offered(case: Case, command: Command) -> bool:
    mine = case.offered_by == command.officer.id
    same = case.offered_to is not None and case.offered_to.value == command.args.get("lane")
    return case.state is State.OFFERED and mine and same


def _graded(case: Case, command: Command) -> bool:
    if case.decision is None or not {"priority", "reason"} <= command.args.keys():
        return False
    return case.decision.reasons[:1] == (grade_reason(command),)


def _confirmed(case: Case, record_id: str) -> bool:
    first = [each.record_id for each in case.link.candidates[:1]]
    return case.link.decision is LinkDecision.CONFIRMED and first == [record_id]


# --- late -----------------------------------------------------------------------------------------

_JUDGING = GROUPING | frozenset({Verb.NOT_RISK, Verb.RESULT, Verb.GRADE, Verb.CORRECT})
_OF_WHO_HAS_IT = frozenset({Verb.RELEASE, Verb.RETURN, Verb.REOPEN})


def _not_late(case: Case, command: Command, names: Names, now: datetime) -> None:
    """Say who was faster, or who has it."""
    verb = command.verb
    in_hand = acknowledged(case, now) if verb is Verb.ACKNOWLEDGE else None
    if in_hand is not None and case.state in MOVES[verb]:
        since = f"{in_hand.at:%H:%M} UTC"
        raise Stale(f"{case.ref}: {names(in_hand.by)} has it in hand since {since}")
    taken = case.state in (State.CLAIMED, State.OFFERED, State.CLOSED)
    if taken and case.state not in MOVES[verb]:
        raise Stale(who_has(case, names))
    if case.state is not State.CLAIMED or case.claimed_by == command.officer.id:
        return
    if verb in BESIDE_THE_OWNER or leads(command.officer):
        return
    raise Stale(who_has(case, names))


def _as_seen(case: Case, command: Command) -> None:
    """Nobody judges an item that is no longer what they read."""
    if command.verb in _JUDGING and command.version not in (None, case.version):
        raise Stale(f"{case.ref} changed since you looked: read it again, then repeat")
    if command.seen is not None and not _still_so(case, command, command.seen):
        raise Stale(f"{case.ref} changed since this card was drawn: look again")


def _still_so(case: Case, command: Command, seen: Seen) -> bool:
    """Whether a card that lags still shows what its press is about.

    Taking a case, and asking the control room, are never held up: they only help.
    """
    verb = command.verb
    if verb in _OF_WHO_HAS_IT:
        return seen.holds(case)
    if verb is Verb.OFFER:
        return command.args.get("lane") == Lane.CONTROL_ROOM or seen.judges(case)
    if verb in _JUDGING:
        return seen.judges(case) and (case.state is not State.OFFERED or seen.holds(case))
    return True


def who_has(case: Case, names: Names = str) -> str:
    """One sentence on who has a case now, for whoever came late."""
    match case.state:
        case State.CLAIMED:
            since = f" since {case.claimed_at:%H:%M} UTC" if case.claimed_at else ""
            return f"{case.ref}: {names(case.claimed_by)} has it{since}"
        case State.OFFERED:
            lane = case.offered_to.value.replace("_", " ") if case.offered_to else "another lane"
            return f"{case.ref} is offered to {lane} by {names(case.offered_by)}"
        case State.CLOSED:
            closer = names(case.claimed_by) if case.claimed_by else "an officer"
            return f"{case.ref} was closed by {closer}"
        case _:
            return f"{case.ref} changed since you looked"


__all__ = [
    "Command",
    "Outcome",
    "act",
    "allowed",
    "authorise",
    "event_of",
    "lanes_of",
    "may_see_text",
    "who_has",
]
