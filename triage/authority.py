"""Who may see and do what. A visible button is no permission."""

from collections.abc import Callable

from triage.commands import Command
from triage.errors import Refused
from triage.lifecycle import FOLLOWING, GROUPING, Verb, standing
from triage.model import Case, Officer, Priority, Role, State
from triage.routing import discloses, endangers, was_read
from triage.taxonomy import Lane

_ACTING = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ADMIN})
_SEEING_ALL = frozenset({Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR})
BESIDE_THE_OWNER = (
    GROUPING
    | FOLLOWING
    | frozenset({Verb.CORRECT, Verb.NOTE, Verb.LINK, Verb.REJECT, Verb.UNLINK, Verb.UNDO})
    | frozenset({Verb.ACKNOWLEDGE})
)
"""What officers may do to a case that another has; an undo only ever takes back one's own."""

_BY_OFFICERS = frozenset({Verb.LINK, Verb.REJECT, Verb.UNLINK}) | GROUPING


def leads(officer: Officer) -> bool:
    """Whether an officer may act on what others have, and on what is restricted."""
    return bool(officer.roles & {Role.SUPERVISOR, Role.ADMIN})


def lanes_of(case: Case) -> tuple[Lane, ...]:
    """The lanes a case is shown in: who has it, who is asked, and copies."""
    copies = case.decision.copies if case.decision else ()
    own = [lane for lane in (case.lane, case.offered_to) if lane is not None]
    return tuple(dict.fromkeys((*own, *copies)))


def may_see_text(case: Case, officer: Officer) -> bool:
    """Whether an officer may read what a case says; each reading is audited by the caller.

    Comms reviewers read no private messages; what concerns an officer's conduct is for
    supervisors and auditors, unless one of them offers it to others. A grant shows one item.
    """
    if officer.roles & _SEEING_ALL:
        return True
    if case.lane is Lane.STANDARDS and case.offered_to is None:
        return False
    if Role.OFFICER in officer.roles or case.ref in officer.granted:
        return True
    reviewer = Role.REVIEWER in officer.roles
    return reviewer and not case.item.private and Lane.COMMS in lanes_of(case)


def authorise(case: Case, command: Command) -> None:
    """Refuse a command the officer's roles do not cover.

    Raises:
        Refused: says what is missing.
    """
    officer = command.officer
    if not may_see_text(case, officer):
        raise Refused(f"{case.ref} is restricted: your role does not cover it")
    to_standards = command.verb is Verb.ACCEPT and case.offered_to is Lane.STANDARDS
    if to_standards and not leads(officer):
        raise Refused(f"{case.ref} is offered to professional standards: supervisors accept it")
    if officer.roles & _ACTING:
        return
    if Role.REVIEWER in officer.roles and _reviewing(case, command.verb):
        return
    raise Refused(f"Your role cannot {command.words} {case.ref}")


def _reviewing(case: Case, verb: Verb) -> bool:
    """Whether a comms reviewer may: comms has it or is asked to; no records or incidents."""
    if verb in _BY_OFFICERS:
        return False
    if verb is Verb.ACCEPT:
        return case.offered_to is Lane.COMMS
    return case.lane is Lane.COMMS or (verb is Verb.RETURN and case.offered_to is Lane.COMMS)


def comms_may_own(case: Case) -> bool:
    """Whether comms may be given a case: never a private message, disclosure, threat or danger."""
    verdict = case.verdict
    if case.item.private or verdict is None or not was_read(verdict):
        return False
    urgent = case.priority is None or case.priority <= Priority.P2
    return not (urgent or discloses(verdict) or endangers(verdict))


def may_reply(case: Case, officer: Officer, *, names: Callable[[str], str] = str) -> None:
    """Refuse to let an officer answer a case: only who has it does, or a supervisor.

    Raises:
        Refused: says who has it, or what is missing.
    """
    _about_replies(case, officer)
    if not case.open:
        raise Refused(f"{case.ref} is closed: open it again to answer")
    if leads(officer) or (standing(case) is State.CLAIMED and case.claimed_by == officer.id):
        return
    if standing(case) is State.CLAIMED:
        raise Refused(f"{case.ref}: {names(case.claimed_by)} has it: only they answer")
    raise Refused(f"{case.ref}: claim it to answer")


def may_approve(case: Case, officer: Officer) -> None:
    """Refuse to let an officer approve replies to a case, or send them back.

    Whoever may work on the case may; that it is another person is looked at with the reply.

    Raises:
        Refused: says what is missing.
    """
    _about_replies(case, officer)
    if not case.open:
        raise Refused(f"{case.ref} is closed: open it again to answer")


def _about_replies(case: Case, officer: Officer) -> None:
    if not may_see_text(case, officer):
        raise Refused(f"{case.ref} is restricted: your role does not cover it")
    reviewing = Role.REVIEWER in officer.roles and case.lane is Lane.COMMS
    if not (officer.roles & _ACTING or reviewing):
        raise Refused(f"Your role cannot answer {case.ref}")
