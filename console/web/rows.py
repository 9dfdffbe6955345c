"""A case as one row of a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from console.web.reading import masked_sender, preview
from notifier import words
from notifier.card import why
from triage.actions import may_see_text
from triage.lifecycle import RESULTS, acknowledged, reminders_stopped, standing, up_for_reassessment
from triage.model import Case, Officer, State
from triage.taxonomy import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a list says of a case. `text` is "" where the officer may not read it."""

    ref: str
    rank: int  # 1 to 5, 9 while nobody has read it
    priority: str
    text: str
    hidden: str
    source: str
    sender: str
    reasons: tuple[str, ...]
    repeat: str
    owner: str
    copy: str
    marks: tuple[str, ...]
    due: str  # ISO 8601, "" where no clock runs
    left: str
    late: bool
    claimable: bool
    sent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """Who looks at a list, when and where, and what staff are called."""

    officer: Officer
    names: Mapping[str, str]
    now: datetime
    zone: tzinfo
    lane: Lane | None = None


def row_of(case: Case, eyes: Eyes) -> Row:
    """The row of a case as an officer may see it."""
    seen = may_see_text(case, eyes.officer)
    kind = words.kind(case.item)
    due = case.decision.due.decide_by if case.decision and case.open else None
    return Row(
        ref=case.ref,
        rank=int(case.priority) if case.priority else 9,
        priority=f"{case.priority.name} {case.priority.word}" if case.priority else "Not read yet",
        text=preview(case) if seen else "",
        hidden="" if seen else _hidden(case),
        source=f"{words.platform(case.item.channel)} · {kind}",
        sender=masked_sender(case.item) if seen else "",
        reasons=tuple(why(case)[:2]) if seen else (),
        repeat=words.repeat(case.history) if seen else "",
        owner=owner_words(case, eyes.names),
        copy=_copy(case, eyes.lane),
        marks=(*_in_hand(case, eyes), *_marks(case)),
        due=due.isoformat() if due else "",
        left=words.time_left(due, eyes.now) if due else "",
        late=due is not None and due < eyes.now,
        claimable=case.state is State.OPEN,
        sent=words.clock_time(case.item.sent_at, now=eyes.now, zone=eyes.zone),
    )


def owner_words(case: Case, names: Mapping[str, str]) -> str:
    """Who has a case, in few words."""
    match standing(case):
        case State.CLOSED:
            result = RESULTS.get(case.result, case.result.replace("_", " "))
            return f"Closed: {result or 'no result'}"
        case State.CLAIMED:
            return names.get(case.claimed_by, case.claimed_by)
        case State.OFFERED:
            return f"Offered to {words.LANES[case.offered_to]}" if case.offered_to else "Offered"
        case _:
            return "Unclaimed"


def _hidden(case: Case) -> str:
    if case.lane is Lane.STANDARDS:
        return "Restricted to professional standards"
    return (
        "Private message: your role does not show its text" if case.item.private else "Restricted"
    )


def _copy(case: Case, lane: Lane | None) -> str:
    """Whose it is, if it is not this lane's own."""
    if lane is None or case.lane is None or case.lane is lane:
        return ""
    asked = case.offered_to is lane
    return f"{'Offered by' if asked else 'Copy, with'} {words.LANES[case.lane]}"


def holder_words(case: Case, eyes: Eyes) -> str:
    """Who has a case, and who has it in hand."""
    return " · ".join((owner_words(case, eyes.names), *_in_hand(case, eyes)))


def _in_hand(case: Case, eyes: Eyes) -> tuple[str, ...]:
    """Who said to have an escalated case in hand, while that counts."""
    word = acknowledged(case, eyes.now)
    return (f"in hand with {eyes.names.get(word.by, word.by)}",) if word else ()


def _marks(case: Case) -> tuple[str, ...]:
    marks = {
        "edited": case.text_versions > 1,
        "up for re-assessment": up_for_reassessment(case),
        "reminders stopped": reminders_stopped(case) is not None,
        "deleted by sender": case.deleted_at is not None,
        "attachment": bool(case.item.attachments),
        "language not covered": bool(case.verdict and not case.verdict.covered),
        "new wording not read yet": case.state is State.RECEIVED and case.priority is not None,
        "not read by the model": bool(case.verdict and case.verdict.degraded),
    }
    return tuple(mark for mark, on in marks.items() if on)
