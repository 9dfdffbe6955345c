"""What officers may do about reminders: say that a case is in hand, or stop them with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from triage.commands import Command
from triage.errors import Refused
from triage.inhand import NOBODY, Word
from triage.lifecycle import Verb, escalated, in_hand_for, reminders_stopped, standing
from triage.model import Case, Priority, State

ENDING = frozenset(
    {Verb.CLAIM, Verb.RELEASE, Verb.OFFER, Verb.ACCEPT, Verb.RETURN}
    | {Verb.NOT_RISK, Verb.RESULT, Verb.REOPEN}
)
"""After these a case is another's work, or done: what was said about its reminders is over."""

Effect = tuple[Case, Mapping[str, str | int], str]


def acknowledge(case: Case, command: Command, now: datetime) -> Effect:
    """An officer has an escalated case in hand: no step speaks until that has run out.

    Raises:
        Refused: nothing was escalated, or the officer said so before.
    """
    priority, officer = case.priority, command.officer.id
    if priority is None or not escalated(case):
        raise Refused(f"{case.ref}: no reminder has gone out: claim it")
    if officer in case.in_hand.had:
        raise Refused(f"{case.ref}: you had it in hand already: claim it or decide")
    until = now + in_hand_for(priority)
    hand = replace(
        case.in_hand,
        acknowledged=_word(case, priority, officer, now),
        until=until,
        had=(*case.in_hand.had, officer),
    )
    said = f"{case.ref} is in your hands until {_time(until)}: claim it or decide by then"
    return replace(case, in_hand=hand), {"until": until.isoformat()}, said


def stop_reminders(case: Case, command: Command, now: datetime) -> Effect:
    """No more reminders of a case as it is; beyond its owner it may go on (`may_stop`).

    Raises:
        Refused: they are stopped, or no reason is given.
    """
    reason = command.required("reason")
    if case.priority is None or reminders_stopped(case) is not None:
        raise Refused(f"{case.ref}: its reminders are stopped already")
    word = _word(case, case.priority, command.officer.id, now)
    hand = replace(case.in_hand, stopped=word)
    said = f"{case.ref}: no more reminders"
    if case.priority is Priority.P1 or standing(case) is not State.CLAIMED:
        said = f"{said} to its owner; others are still told in time"
    return replace(case, in_hand=hand), {"reason": reason}, said


def with_reminders(case: Case, verb: Verb) -> Case:
    """The case after a verb: a claim, a hand-over or a decision ends what was said before."""
    return replace(case, in_hand=NOBODY) if verb in ENDING else case


def _word(case: Case, priority: Priority, officer: str, now: datetime) -> Word:
    return Word(by=officer, at=now, priority=int(priority), texts=case.text_versions)


def _time(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"
