"""What people say an item is: in so many words, or by what they did about it.

Unlike `triage.corrections`, which asks where people differ from the machine, this asks for every
item that a person has judged at all: a line is measured on those that were read rightly, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage.corrections import ACTIONS, NOTHING_TO_ACT_ON, Basis, correction_of
from triage.lifecycle import Verb
from triage.model import Case, Event, State
from triage.sampling import DRAWN
from triage.taxonomy import Label, Lane

WATCHED = (*ACTIONS, Verb.REOPEN.value, DRAWN)
"""The events after which a label may be another one."""

SENT_OUT = frozenset({"deployed"})
"""Results that confirm an emergency; others leave open whether it was one."""

UNCLEAR = frozenset({"duplicate"})
"""Results that say nothing of the item itself: what it repeats may have been anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an item is by a person's word or deed. `drawn`: it is of the random audit sample."""

    ref: str
    label: Label
    basis: Basis
    at: datetime
    drawn: bool = False


def known_label(case: Case, events: Sequence[Event]) -> Known | None:
    """What people made of a case, by their last word; None if they did not judge it.

    `events` are the case's, oldest first. What was said outweighs what was done.
    """
    correction = correction_of(case, events)
    label = correction.judgement.label if correction else _agreed(case, events)
    if label is None:
        return None
    acts = [each.at for each in events if each.action in ACTIONS]
    return Known(
        ref=case.ref,
        label=label,
        basis=correction.basis if correction else Basis.IMPLIED,
        at=acts[-1] if acts else case.received_at,
        drawn=any(each.action == DRAWN for each in events),
    )


def _agreed(case: Case, events: Sequence[Event]) -> Label | None:
    """The machine's class where people acted as if it were right.

    An emergency is confirmed by a unit sent or a P1 given by hand; that advice was given does not
    say whether it was one. Anything else is confirmed by an officer who closed it and saw nothing
    more in it.
    """
    if case.verdict is None:
        return None
    if case.verdict.label is Label.EMERGENCY:
        return Label.EMERGENCY if _acted_on(case, events) else None
    if case.state is not State.CLOSED or case.result in ("", *SENT_OUT, *UNCLEAR):
        return None
    if case.verdict.label is Label.ABUSE and case.result in NOTHING_TO_ACT_ON:
        return Label.ROUTINE
    return case.verdict.label


def _acted_on(case: Case, events: Sequence[Event]) -> bool:
    graded = (each.detail.get("to") for each in events if each.action == Verb.GRADE.value)
    if any(grade == "P1" for grade in graded):
        return True
    closed = case.state is State.CLOSED and case.result in SENT_OUT
    return closed and case.lane in (Lane.CONTROL_ROOM, Lane.DESK, Lane.SAFEGUARDING)
