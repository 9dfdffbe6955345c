"""What an officer had before their eyes when they pressed a button on a card.

A card carries a mark of the case it was drawn from. A press brings it back, however late, and
is compared with the case as it is: nobody closes or diverts what is no longer what they saw.
Marks hold digests only, so that they say nothing to whoever reads a message's source.
"""

import hashlib
import re
from dataclasses import dataclass

from triage.model import Case
from triage.priority import HUMAN
from triage.routing import discloses

_MARK = re.compile(r"([1-9][0-9]{0,8})-([0-9a-f]{8})-([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A case as a card showed it.

    `judged` stands for what people judge by (text, deletion, priority, disclosure), `held` for
    who has it or is asked to take it. Version 0 is a card of the time before cards had marks.
    """

    version: int = 0
    judged: str = ""
    held: str = ""

    def __str__(self) -> str:
        return f"{self.version}-{self.judged}-{self.held}" if self.version else ""

    def judges(self, case: Case) -> bool:
        """Whether what people judge by is as it was.

        A card without a mark may be of any age: it counts only for what never changed.
        """
        if not self.version:
            return not (case.text_versions > 1 or case.deleted_at or _graded(case))
        return self.judged == _judged(case) and self.version <= case.version

    def holds(self, case: Case) -> bool:
        """Whether the same officer has it, or the same lane is asked, as it was."""
        return not self.version or self.held == _held(case)


UNMARKED = Seen()


def seen(case: Case) -> Seen:
    """What a card drawn from a case shows of it."""
    return Seen(version=case.version, judged=_judged(case), held=_held(case))


def read_mark(text: str) -> Seen | None:
    """What `str(seen(case))` made, `UNMARKED` for "", None for anything else."""
    if not text:
        return UNMARKED
    found = _MARK.fullmatch(text)
    return Seen(version=int(found[1]), judged=found[2], held=found[3]) if found else None


def _judged(case: Case) -> str:
    priority = case.priority or 0
    disclosed = case.verdict is not None and discloses(case.verdict)
    return _digest(case.text_versions, case.deleted_at is not None, int(priority), disclosed)


def _held(case: Case) -> str:
    claim = (case.claimed_by, case.claimed_at and case.claimed_at.timestamp())
    offer = (case.offered_to, case.offered_by, case.offered_at and case.offered_at.timestamp())
    return _digest(*claim, *offer)


def _digest(*facts: object) -> str:
    whole = "\x1f".join(map(str, facts))
    return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _graded(case: Case) -> bool:
    reasons = case.decision.reasons if case.decision else ()
    return any(each.rule == HUMAN for each in reasons)
