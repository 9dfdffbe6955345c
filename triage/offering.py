"""What an officer could do to a case now: what pages and forms offer.

Whether it is allowed is decided again when it is carried out: a visible button is no permission.
"""

from collections.abc import Sequence
from datetime import datetime

from triage.authority import BESIDE_THE_OWNER, authorise, comms_may_own, leads
from triage.commands import Command
from triage.errors import Refused
from triage.following import follows
from triage.lifecycle import MOVES, Verb, escalated, reminders_stopped
from triage.model import Case, Event, LinkDecision, Officer, State
from triage.taxonomy import Lane
from triage.undoing import last_own


def possible(
    case: Case, officer: Officer, *, events: Sequence[Event], now: datetime
) -> frozenset[Verb]:
    """The verbs that roles, state, ownership and what happened leave an officer for a case.

    `events` are the case's, oldest first.
    """
    left = frozenset(verb for verb in Verb if _leaves(case, officer, verb))
    already = Verb.FOLLOW if follows(officer, events) else Verb.UNFOLLOW
    undo = last_own(case, officer.id, events, now)
    return left - {already} - (frozenset() if undo else {Verb.UNDO})


def takers(case: Case) -> tuple[Lane, ...]:
    """The lanes a case may be offered to."""
    return tuple(lane for lane in Lane if lane is not case.lane and _may_take(lane, case))


def _may_take(lane: Lane, case: Case) -> bool:
    return lane is not Lane.COMMS or comms_may_own(case)


def _leaves(case: Case, officer: Officer, verb: Verb) -> bool:
    if case.state not in MOVES[verb]:
        return False
    try:
        authorise(case, Command(verb=verb, ref=case.ref, officer=officer))
    except Refused:
        return False
    if verb is Verb.UNLINK and case.link.decision is not LinkDecision.CONFIRMED:
        return False
    taken = case.in_hand.acknowledged is not None or officer.id in case.in_hand.had
    if verb is Verb.ACKNOWLEDGE and (taken or not escalated(case)):
        return False
    if verb is Verb.STOP_REMINDERS and reminders_stopped(case) is not None:
        return False
    anothers = case.state is State.CLAIMED and case.claimed_by != officer.id
    return not anothers or verb in BESIDE_THE_OWNER or leads(officer)
