"""What an officer could do to a case now: what pages and forms offer.

Whether it is allowed is decided again when it is carried out: a visible button is no permission.
"""

from triage.authority import authorise, comms_may_own, leads
from triage.commands import Command
from triage.errors import Refused
from triage.lifecycle import GROUPING, MOVES, Verb
from triage.model import Case, LinkDecision, Officer, State
from triage.taxonomy import Lane

_BESIDE_THE_OWNER = GROUPING | frozenset(
    {Verb.CORRECT, Verb.NOTE, Verb.LINK, Verb.REJECT, Verb.UNLINK}
)


def possible(case: Case, officer: Officer) -> frozenset[Verb]:
    """The verbs that roles, state and ownership leave an officer for a case."""
    return frozenset(verb for verb in Verb if _leaves(case, officer, verb))


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
    anothers = case.state is State.CLAIMED and case.claimed_by != officer.id
    return not anothers or verb in _BESIDE_THE_OWNER or leads(officer)
