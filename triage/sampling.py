"""The audit sample: a few of what the machine saw nothing urgent in, drawn for a person to check.

No guarantee of a model survives that people write about other things than those it was measured
on. What nobody looks at would show nothing: so chance decides, and not the score.
"""

import hashlib
from datetime import datetime

from triage.desk import MACHINE
from triage.model import Case, Event, Reason, Verdict
from triage.routing import was_read
from triage.taxonomy import Label

DRAWN = "check_drawn"
"""The action of the event that says a case was drawn."""

TO_CHECK = Reason(rule="check", text="drawn at random: say what it is, also if it was read rightly")


def is_drawn(ref: str, verdict: Verdict, share: float) -> bool:
    """Whether a case is in the sample. The same case is drawn again when it is read again.

    What is alarmed about or in doubt is looked at anyway, and what no model has read says nothing
    about one.
    """
    if verdict.label is Label.EMERGENCY or verdict.unsure or not was_read(verdict):
        return False
    number = int.from_bytes(hashlib.sha256(f"check:{ref}".encode()).digest()[:8])
    return number < share * 2**64


def drawn_events(case: Case, verdict: Verdict, now: datetime) -> tuple[Event, ...]:
    """The event of a draw, once in the life of a case."""
    if case.verdict is not None:
        return ()
    score = round(verdict.scores.get(Label.EMERGENCY, 0.0), 4)
    detail = {"score": score, "class": verdict.label.value}
    return (Event(at=now, actor=MACHINE, action=DRAWN, subject=case.ref, detail=detail),)
