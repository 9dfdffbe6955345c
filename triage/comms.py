"""The comms review: which public items reviewers look at, why, and what is done to many at once."""

from enum import StrEnum

from triage import cues
from triage.authority import lanes_of, leads, may_see_text
from triage.model import Case, Officer, Priority, Role, State
from triage.routing import discloses, endangers, was_read
from triage.taxonomy import CONTENT_SIGNALS, Kind, Lane, SignalName

REVIEWING = frozenset({Role.REVIEWER, Role.SUPERVISOR, Role.ADMIN})


class Flag(StrEnum):
    """Why an item is before the comms reviewers."""

    ABUSIVE = "abusive"
    IDENTIFYING = "identifying"
    PRESS = "press"
    COMMENT = "comment"


def reviews(officer: Officer) -> bool:
    """Whether an officer works in the comms review."""
    return bool(officer.roles & REVIEWING)


def in_review(case: Case) -> bool:
    """Whether a case is the comms lane's, offered to it, or copied to it; never if private."""
    return not case.item.private and Lane.COMMS in lanes_of(case)


def flags_of(case: Case) -> tuple[Flag, ...]:
    """Why reviewers look at it: what is abusive first, and a plain public item is a comment."""
    flags = []
    if case.verdict and case.verdict.has(*CONTENT_SIGNALS - {SignalName.IDENTIFIES_PERSON}):
        flags.append(Flag.ABUSIVE)
    if case.verdict and case.verdict.has(SignalName.IDENTIFIES_PERSON):
        flags.append(Flag.IDENTIFYING)
    if cues.press(case.item.text):
        flags.append(Flag.PRESS)
    return tuple(flags) or (Flag.COMMENT,)


def not_hidden_by(case: Case, officer: Officer) -> str:
    """Why an officer may not have this hidden on its platform, "" if they may.

    Hiding closes nothing. What may be danger or a disclosure is hidden by a supervisor only: to
    hide it is not to deal with it, and somebody else must be at work on it.
    """
    if case.item.private or case.item.kind is Kind.DM:
        return "a private message cannot be hidden"
    if case.deleted_at is not None:
        return "its sender has deleted it"
    if not may_see_text(case, officer) or not reviews(officer):
        return "your role does not cover it"
    if not leads(officer) and not in_review(case):
        return "it is not before the comms review"
    if not leads(officer) and _serious(case):
        return "it may be a threat, danger or a disclosure: a supervisor decides"
    return ""


def not_in_bulk(case: Case, officer: Officer) -> str:
    """Why a case cannot take part in what is done to many at once, "" if it can."""
    if case.item.private:
        return "a private message is read one by one"
    if case.priority is None or case.priority <= Priority.P3:
        return "P1 to P3 and what nobody has read are decided one by one"
    if _serious(case):
        return "a threat, danger or a disclosure is decided one by one"
    if case.lane is not Lane.COMMS and case.priority is not Priority.P5:
        return "only P5 and what comms has may be done together"
    if not may_see_text(case, officer):
        return "your role does not cover it"
    if case.state is State.CLAIMED and case.claimed_by != officer.id:
        return "somebody else has it"
    if case.state not in (State.OPEN, State.CLAIMED):
        return f"it is {case.state.value}"
    return ""


def _serious(case: Case) -> bool:
    verdict = case.verdict
    if verdict is None or not was_read(verdict):
        return True
    urgent = case.priority is None or case.priority <= Priority.P2
    return urgent or discloses(verdict) or endangers(verdict)
