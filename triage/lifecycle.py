"""States, moves and clocks as data, checked at import. Nothing else sets a state."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from triage.errors import Refused
from triage.inhand import Word
from triage.model import Case, Due, Priority, State


class Verb(StrEnum):
    """What an officer can do to a case, from whichever tool."""

    CLAIM = "claim"
    RELEASE = "release"
    OFFER = "offer"
    ACCEPT = "accept"
    RETURN = "return"
    GRADE = "grade"
    NOT_RISK = "not_risk"
    RESULT = "result"
    REOPEN = "reopen"
    CORRECT = "correct"
    NOTE = "note"
    LINK = "link"
    REJECT = "reject"
    UNLINK = "unlink"
    SPLIT = "split"
    MERGE = "merge"
    REGROUP = "regroup"
    UNDO = "undo"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    ACKNOWLEDGE = "acknowledge"
    STOP_REMINDERS = "stop_reminders"


GROUPING = frozenset({Verb.SPLIT, Verb.MERGE, Verb.REGROUP})
"""What an officer says about which items are one incident; others may have the item."""

FOLLOWING = frozenset({Verb.FOLLOW, Verb.UNFOLLOW})
"""What an officer asks for themselves: the case is not changed by it."""

_WORKING = (State.OPEN, State.CLAIMED, State.OFFERED)

MOVES: Mapping[Verb, Mapping[State, State]] = {
    Verb.CLAIM: {State.OPEN: State.CLAIMED},
    Verb.RELEASE: {State.CLAIMED: State.OPEN},
    Verb.OFFER: {State.OPEN: State.OFFERED, State.CLAIMED: State.OFFERED},
    Verb.ACCEPT: {State.OFFERED: State.CLAIMED},
    Verb.RETURN: {State.OFFERED: State.OPEN},
    Verb.GRADE: {state: state for state in _WORKING},
    Verb.NOT_RISK: dict.fromkeys(_WORKING, State.CLOSED),
    Verb.RESULT: {State.OPEN: State.CLOSED, State.CLAIMED: State.CLOSED},
    Verb.REOPEN: {State.CLOSED: State.OPEN},
    Verb.CORRECT: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.NOTE: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.LINK: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.REJECT: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.UNLINK: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.SPLIT: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.MERGE: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.REGROUP: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.UNDO: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.FOLLOW: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.UNFOLLOW: {state: state for state in (*_WORKING, State.CLOSED)},
    Verb.ACKNOWLEDGE: {state: state for state in _WORKING},
    Verb.STOP_REMINDERS: {state: state for state in _WORKING},
}
"""From which states a verb is possible, and where it leads. RECEIVED belongs to the machine.
An undo leads to what was before, which `triage.undoing` knows.
"""

RESULTS: Mapping[str, str] = {
    "deployed": "Unit sent or incident created",
    "crime_recorded": "Crime recorded",
    "safeguarding": "Passed to safeguarding",
    "other_agency": "Passed to another agency",
    "advice": "Advice given",
    "intelligence": "Intelligence submitted",
    "no_action": "No police action needed",
    "duplicate": "Same as another item",
    "spam": "Spam or not for police",
}
"""Result codes an officer closes with, and the words shown for them."""


class Tell(StrEnum):
    """Who hears of an escalation step."""

    OWNER = "owner"  # the officer who has it, else its lane, in the chat tool it is in
    SECOND_ROUTE = "second_route"  # another tool, e-mail or gateway
    SUPERVISOR = "supervisor"
    DUTY = "duty"  # the control room's duty officer, by every route


_REACH = {tell: reach for reach, tell in enumerate(Tell)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One escalation step: `after` the platform's sent time, unless somebody acted.

    `until_decided` steps also run while a case is claimed but not yet decided; `while_claimed`
    ones run only for whoever had claimed it by then. `reassess` asks to look again at what is
    still undecided; it never speaks in place of an escalation.
    """

    after: timedelta
    tell: Tell
    until_decided: bool = False
    while_claimed: bool = False
    reassess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """By when a priority is seen and decided, and what happens if not."""

    seen: timedelta
    decided: timedelta
    steps: tuple[Step, ...]


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


REASSESS = Step(after=_minutes(210), tell=Tell.OWNER, until_decided=True, reassess=True)
"""3.5 h without a decision: circumstances change while an item waits. It lowers nothing."""

CLOCKS: Mapping[Priority, Clocks] = {
    Priority.P1: Clocks(
        seen=_minutes(2),
        decided=_minutes(5),
        steps=(
            Step(after=_minutes(1), tell=Tell.SECOND_ROUTE),
            Step(after=_minutes(2), tell=Tell.SUPERVISOR),
            Step(after=_minutes(2.5), tell=Tell.OWNER, until_decided=True, while_claimed=True),
            Step(after=_minutes(5), tell=Tell.DUTY, until_decided=True),
            REASSESS,
        ),
    ),
    Priority.P2: Clocks(
        seen=_minutes(10),
        decided=_minutes(15),
        steps=(
            Step(after=_minutes(7.5), tell=Tell.OWNER, until_decided=True),
            Step(after=_minutes(15), tell=Tell.SUPERVISOR, until_decided=True),
            REASSESS,
        ),
    ),
    Priority.P3: Clocks(
        seen=_minutes(30),
        decided=_minutes(60),
        steps=(Step(after=_minutes(60), tell=Tell.OWNER, until_decided=True), REASSESS),
    ),
    # P4 is looked at by the end of a shift: nothing escalates. P5 is in the daily digest, and a
    # notice about each of them would bury what matters: no step at all.
    Priority.P4: Clocks(seen=_minutes(4 * 60), decided=_minutes(8 * 60), steps=(REASSESS,)),
    Priority.P5: Clocks(seen=_minutes(24 * 60), decided=_minutes(48 * 60), steps=()),
}

URGENT = Priority.P2
"""P1 and P2 travel in the urgent lane everywhere."""


def due(priority: Priority, sent_at: datetime) -> Due:
    """The clocks of a priority, from the platform's sent time."""
    clocks = CLOCKS[priority]
    return Due(seen_by=sent_at + clocks.seen, decide_by=sent_at + clocks.decided)


def next_state(case: Case, verb: Verb) -> State:
    """Where `verb` leads from the state of `case`.

    Raises:
        Refused: there is no such move.
    """
    try:
        return MOVES[verb][case.state]
    except KeyError:
        if case.state is State.RECEIVED:
            raise Refused(f"{case.ref} is being read: try again in a moment") from None
        raise Refused(
            f"{case.ref} is {case.state.value}: cannot {verb.value.replace('_', ' ')}"
        ) from None


def standing(case: Case) -> State:
    """The state people act on: while a changed text is read again, claim and offer stay."""
    if case.state is not State.RECEIVED:
        return case.state
    if case.claimed_by:
        return State.CLAIMED
    return State.OFFERED if case.offered_to else State.OPEN


def started(case: Case) -> datetime:
    """When the clocks of a case began: the platform's sent time.

    A sender whose clock is fast gains nothing by it.
    """
    return min(case.item.sent_at, case.received_at)


def reached(case: Case, now: datetime) -> tuple[int, Step | None]:
    """How many escalation steps time has reached, and which of them speaks.

    A late start does not send every step at once: only the one that reaches furthest speaks, or,
    if there is none, the call to assess anew. While somebody has the case in hand none does.
    """
    if case.priority is None or not case.open or _held_until(case, now) is not None:
        return case.escalation, None
    count, speaks = case.escalation, None
    for number, step in enumerate(CLOCKS[case.priority].steps, start=1):
        if number <= case.escalation or started(case) + step.after > now:
            continue
        if _applies(case, step):
            count, speaks = number, _further(speaks, step)
    return count, speaks


def _further(one: Step | None, other: Step) -> Step:
    if one is None or (one.reassess, -_REACH[one.tell]) >= (other.reassess, -_REACH[other.tell]):
        return other
    return one


def _applies(case: Case, step: Step) -> bool:
    """Whether a step concerns a case as it stands."""
    claimed = standing(case) is State.CLAIMED
    if claimed and not step.until_decided:
        return False
    if step.while_claimed:
        had = case.claimed_at if claimed else None
        if had is None or had > started(case) + step.after:
            return False
    return not (may_stop(case, step) and reminders_stopped(case) is not None)


def escalated(case: Case) -> bool:
    """Whether an open case was escalated, and not only put up for re-assessment."""
    return case.open and any(not step.reassess for step in _taken(case))


def went_beyond_owner(case: Case) -> bool:
    """Whether others than its owner's lane were told of a case."""
    return any(step.tell is not Tell.OWNER for step in _taken(case))


def up_for_reassessment(case: Case) -> bool:
    """Whether an open case has waited for a decision so long that it must be assessed anew."""
    return case.open and any(step.reassess for step in _taken(case))


def _taken(case: Case) -> tuple[Step, ...]:
    return CLOCKS[case.priority].steps[: case.escalation] if case.priority else ()


def next_step_at(case: Case) -> datetime | None:
    """When the next escalation step is due, for an index; None if there is none."""
    if case.priority is None or not case.open:
        return None
    moments = [
        started(case) + step.after
        for step in CLOCKS[case.priority].steps[case.escalation :]
        if _applies(case, step)
    ]
    in_hand_until = acknowledgement_ends_at(case)
    if in_hand_until is not None:
        moments = [in_hand_until]
    offer_ends = offer_lapses_at(case)
    if offer_ends is not None:
        moments.append(offer_ends)
    return min(moments, default=None)


# --- what holds steps back ------------------------------------------------------------------------


def may_stop(case: Case, step: Step) -> bool:
    """Whether an officer may stop a step for good. What reaches beyond the owner never stops for a
    P1, nor for what nobody has."""
    if step.tell is Tell.OWNER:
        return True
    return case.priority is not Priority.P1 and standing(case) is State.CLAIMED


def reminders_stopped(case: Case) -> Word | None:
    """Who stopped the reminders of a case, while it is no graver and its text is the same."""
    return case.in_hand.stopped if _stands(case, case.in_hand.stopped) else None


def acknowledged(case: Case, now: datetime) -> Word | None:
    """Who has an escalated case in hand now."""
    return case.in_hand.acknowledged if _held_until(case, now) is not None else None


def acknowledgement_ends_at(case: Case) -> datetime | None:
    """When an acknowledgement that stands ends by itself; None if there is none."""
    return case.in_hand.until if _stands(case, case.in_hand.acknowledged) else None


def in_hand_for(priority: Priority) -> timedelta:
    """How long an acknowledgement counts: half the deciding clock, as an offer does."""
    return CLOCKS[priority].decided / 2


def without_acknowledgement(case: Case) -> Case:
    """The case when nobody acted on an acknowledgement: the last step that concerns it is taken
    back, so that it or a further one speaks again."""
    taken = [number for number, step in enumerate(_taken(case), 1) if _speaks_again(case, step)]
    again = max(taken) - 1 if taken else case.escalation
    free = replace(case.in_hand, acknowledged=None, until=None)
    return replace(case, in_hand=free, escalation=again)


def _speaks_again(case: Case, step: Step) -> bool:
    return not step.reassess and _applies(case, step)


def _held_until(case: Case, now: datetime) -> datetime | None:
    ends = acknowledgement_ends_at(case)
    return ends if ends is not None and now < ends else None


def _stands(case: Case, word: Word | None) -> bool:
    if word is None or case.priority is None or not case.open:
        return False
    return word.stands(priority=int(case.priority), texts=case.text_versions)


def offer_lapses_at(case: Case) -> datetime | None:
    """When an offer nobody accepted goes back to the desk: after half the deciding clock."""
    if case.state is not State.OFFERED or case.offered_at is None or case.priority is None:
        return None
    return case.offered_at + CLOCKS[case.priority].decided / 2


def _check() -> None:
    if set(CLOCKS) != set(Priority) or set(MOVES) != set(Verb):
        raise ValueError("lifecycle: every priority needs clocks and every verb its moves")
    for priority, clocks in CLOCKS.items():
        if [step.after for step in clocks.steps] != sorted(step.after for step in clocks.steps):
            raise ValueError(f"lifecycle: steps of {priority.name} are out of order")


_check()
