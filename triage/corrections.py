"""What people made of what the machine had said: where they differ, and what may be learnt from.

Pure: a case and its events in, a correction or a reason to leave it out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from triage.judgement import CORRECT, Judgement, judgement_of
from triage.lifecycle import Verb
from triage.markers import meant
from triage.model import Case, Event, Person, Priority, State, Verdict
from triage.ports import THREAD_TEXTS
from triage.regard import TEXT_NEWS
from triage.routing import was_read
from triage.taxonomy import Audience, Label, Lane, Marker, SignalName
from triage.undoing import not_undone

ACTIONS = (CORRECT, *(verb.value for verb in (Verb.GRADE, Verb.NOT_RISK, Verb.RESULT, Verb.ACCEPT)))
"""The events out of which a correction can follow."""

NOTHING_TO_ACT_ON = frozenset({"not_risk", "no_action", "spam"})

SENSITIVE = frozenset(
    {
        SignalName.SEXUAL_OFFENCE,
        SignalName.CHILD_AT_RISK,
        SignalName.IMAGE_ABUSE,
        SignalName.HONOUR_EXPLOITATION,
    }
)
"""Victims of these may never be identified, and a few words may do it: never learnt from."""

PROTECTED = frozenset({Marker.HIGH_RISK, Marker.DOMESTIC_ABUSE, Marker.STALKING})


class Basis(StrEnum):
    """How a person's view is known."""

    STATED = "stated"  # they said what it is
    IMPLIED = "implied"  # it follows from what they did


class LeftOut(StrEnum):
    """Why nothing is learnt from an item; the value is how people are told."""

    AS_READ = "what people did agrees with the machine"
    CHANGED = "its text changed afterwards"
    ERASED = "it was deleted by its sender"
    KEPT_OUT = "an officer kept it out"
    RESTRICTED = "it is restricted: an officer's conduct"
    SAFE_CONTACT = "safe contact or a protective marker applies"
    SENSITIVE = "a sensitive disclosure"
    PRIVATE = "private messages are not to be learnt from (learning.private_messages)"
    IMPLIED = "only implied, and that is switched off (learning.implied_weight)"
    NAMED = "names could not be told from other words, or something that names stayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the force lets the service learn from (settings `learning`)."""

    private_messages: bool = False
    implied: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's view of an item beside the machine's. `said` is None if no model had read it."""

    judgement: Judgement
    basis: Basis
    said: Label | None
    model: str = ""

    @property
    def differs(self) -> bool:
        """Whether it is another class than the machine said: a surprise."""
        return self.said is not None and self.judgement.label is not self.said


def correction_of(case: Case, events: Sequence[Event]) -> Correction | None:
    """What people made of a case, by their last word; None if nothing follows from it.

    `events` are the case's, oldest first. What was said outweighs what was done.
    """
    verdict, events = case.verdict, not_undone(events)
    read = verdict is not None and was_read(verdict)
    stated = next(
        (judgement_of(each.detail) for each in reversed(events) if each.action == CORRECT), None
    )
    judgement = stated or (_implied(case, verdict, events) if verdict and read else None)
    if judgement is None:
        return None
    return Correction(
        judgement=judgement,
        basis=Basis.STATED if stated else Basis.IMPLIED,
        said=verdict.label if verdict and read else None,
        model=verdict.model if verdict else "",
    )


# --- what follows from what was done --------------------------------------------------------------


def _implied(case: Case, verdict: Verdict, events: Sequence[Event]) -> Judgement | None:
    """The class that outcome, grade or hand-over contradict the verdict with, if they do."""
    if verdict.label is Label.EMERGENCY:
        return _as_next(verdict) if _calmed(case, events) else None
    if _confirmed_urgent(case, events):
        return Judgement(label=Label.EMERGENCY, audience=Audience.CONTROL_ROOM)
    if verdict.label is Label.ROUTINE and _safeguarded(case, events):
        return Judgement(label=Label.ABUSE, audience=Audience.SAFEGUARDING)
    return None


def _calmed(case: Case, events: Sequence[Event]) -> bool:
    """Closed with nothing to act on, or graded to what can wait."""
    if case.state is State.CLOSED and case.result in NOTHING_TO_ACT_ON:
        return True
    return _graded_to(events) in (Priority.P4.name, Priority.P5.name)


def _confirmed_urgent(case: Case, events: Sequence[Event]) -> bool:
    """Graded P1 by a person, or sent out by the control room; unless nothing was behind it."""
    if case.state is State.CLOSED and case.result in NOTHING_TO_ACT_ON:
        return False
    sent = case.result == "deployed" and case.lane is Lane.CONTROL_ROOM
    return sent or _graded_to(events) == Priority.P1.name


def _safeguarded(case: Case, events: Sequence[Event]) -> bool:
    """Passed to safeguarding, or taken by it and not closed as nothing."""
    if case.state is State.CLOSED and case.result in NOTHING_TO_ACT_ON:
        return False
    took = any(
        each.action == Verb.ACCEPT.value and each.detail.get("lane") == Lane.SAFEGUARDING.value
        for each in events
    )
    return case.result == "safeguarding" or (took and case.lane is Lane.SAFEGUARDING)


def _graded_to(events: Sequence[Event]) -> str:
    grades = (each.detail.get("to") for each in reversed(events) if each.action == Verb.GRADE.value)
    return str(next(grades, ""))


def _as_next(verdict: Verdict) -> Judgement:
    """No emergency after all: then what the machine held next likeliest."""
    scores = verdict.scores
    if scores.get(Label.ABUSE, 0.0) <= scores.get(Label.ROUTINE, 0.0):
        return Judgement(label=Label.ROUTINE, audience=Audience.CONTACT)
    public = Audience.SAFEGUARDING if verdict.has(*SENSITIVE) else Audience.COMMS
    return Judgement(label=Label.ABUSE, audience=public)


# --- what may be learnt from ----------------------------------------------------------------------


def left_out(
    case: Case,
    correction: Correction,
    events: Sequence[Event],
    persons: Iterable[Person],
    consent: Consent,
) -> LeftOut | None:
    """Why a correction may not be learnt from, the gravest reason first; None if it may.

    `persons` are all who may be writing: a person only suggested protects too.
    """
    events = not_undone(events)
    checks = (
        (LeftOut.ERASED, case.deleted_at is not None),
        (LeftOut.RESTRICTED, Lane.STANDARDS in _lanes(case)),
        (LeftOut.SAFE_CONTACT, _protected(case, persons)),
        (LeftOut.SENSITIVE, _sensitive(case, correction)),
        (LeftOut.KEPT_OUT, _kept_out(events)),
        (LeftOut.CHANGED, _changed_since(events)),
        (LeftOut.PRIVATE, case.item.private and not consent.private_messages),
        (LeftOut.IMPLIED, correction.basis is Basis.IMPLIED and not consent.implied),
    )
    return next((reason for reason, holds in checks if holds), None)


def _lanes(case: Case) -> set[Lane | None]:
    decided = (case.decision.owner, *case.decision.copies) if case.decision else ()
    return {case.lane, case.offered_to, *decided}


def _protected(case: Case, persons: Iterable[Person]) -> bool:
    if case.history.markers & PROTECTED:
        return True
    return any(each.safe_contact or meant(each.markers) & PROTECTED for each in persons)


def _sensitive(case: Case, correction: Correction) -> bool:
    said = correction.judgement.signals or frozenset()
    return bool(said & SENSITIVE) or (case.verdict is not None and case.verdict.has(*SENSITIVE))


def _kept_out(events: Sequence[Event]) -> bool:
    """Whoever wanted it kept out is heard, whatever others said since."""
    told = (judgement_of(each.detail) for each in events if each.action == CORRECT)
    return any(each is not None and not each.learn for each in told)


def _changed_since(events: Sequence[Event]) -> bool:
    """Whether other words came after the last thing a person did that counts here."""
    acted = max((at for at, each in enumerate(events) if each.action in ACTIONS), default=0)
    return any(each.action in TEXT_NEWS for each in events[acted:])


def earlier_texts(case: Case, thread: Sequence[Case]) -> tuple[str, ...]:
    """What the same sender wrote before in the thread, oldest first; nothing that was deleted."""
    author = case.item.author.account_id
    earlier = [
        each.item.text
        for each in thread
        if author
        and each.ref != case.ref
        and each.item.author.account_id == author
        and each.item.sent_at <= case.item.sent_at
        and each.deleted_at is None
    ]
    return tuple(text for text in earlier[-THREAD_TEXTS:] if text.strip())
