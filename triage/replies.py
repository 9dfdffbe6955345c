"""A reply to a citizen as a value: its states and moves as data, and who may make them.

Only people write, approve and send. The machine carries what they approved, and says what became
of it. Nothing here closes a case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from triage.errors import Refused
from triage.lifecycle import URGENT
from triage.model import Case, Officer
from triage.reply_text import digest
from triage.safe_contact import delicate


class ReplyState(StrEnum):
    """Where a reply is in its life (docs/reference/states-of-replies.md)."""

    DRAFT = "draft"
    WAITING = "waiting"  # for a second person's approval
    APPROVED = "approved"  # the sender may take it
    SENDING = "sending"  # the intent is written; it may be on the platform
    SENT = "sent"
    FAILED = "failed"  # it is not on the platform; a person decides what now
    UNKNOWN = "unknown"  # nobody can tell; a person must look
    WITHDRAWN = "withdrawn"


LIVE = frozenset(
    {
        ReplyState.DRAFT,
        ReplyState.WAITING,
        ReplyState.APPROVED,
        ReplyState.SENDING,
        ReplyState.UNKNOWN,
    }
)
"""A case has at most one reply in these states, so that two cannot go out side by side."""

OWED = frozenset({ReplyState.APPROVED, ReplyState.SENDING})
"""What the sender still has to bring to an end."""


class ReplyVerb(StrEnum):
    """What an officer can do to a reply, from whichever tool."""

    WRITE = "write"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    RETRY = "retry"
    ARRIVED = "arrived"


REPLY_MOVES: Mapping[ReplyVerb, Mapping[ReplyState, ReplyState]] = {
    ReplyVerb.WRITE: {
        ReplyState.DRAFT: ReplyState.DRAFT,
        ReplyState.WAITING: ReplyState.DRAFT,
        ReplyState.FAILED: ReplyState.DRAFT,
    },
    # Where one person is enough, it is approved with the same press.
    ReplyVerb.SUBMIT: {ReplyState.DRAFT: ReplyState.WAITING},
    ReplyVerb.APPROVE: {ReplyState.WAITING: ReplyState.APPROVED},
    ReplyVerb.RETURN: {ReplyState.WAITING: ReplyState.DRAFT},
    ReplyVerb.WITHDRAW: {
        ReplyState.DRAFT: ReplyState.WITHDRAWN,
        ReplyState.WAITING: ReplyState.WITHDRAWN,
        ReplyState.APPROVED: ReplyState.WITHDRAWN,
        ReplyState.FAILED: ReplyState.WITHDRAWN,
    },
    ReplyVerb.RETRY: {
        ReplyState.FAILED: ReplyState.WAITING,
        ReplyState.UNKNOWN: ReplyState.WAITING,
    },
    ReplyVerb.ARRIVED: {ReplyState.UNKNOWN: ReplyState.SENT},
}
"""From which states a verb is possible, and where it leads. SENDING belongs to the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply to a case, by one route.

    `id` is made where the form is made, so that a form sent twice is one reply. `version` grows
    with every change and guards every write. `drafted_by` wrote the text as it stands.
    `approved_digest` is of the text that was approved and `approved_versions` how many wordings
    the case had then. Where `unsure`, an attempt that began at `tried_at` may have arrived.
    `said` is what the platform, or a person, last said about it.
    """

    id: str
    ref: str
    channel: str
    public: bool
    text: str
    drafted_by: str
    drafted_at: datetime
    state: ReplyState = ReplyState.DRAFT
    version: int = 1
    safe_to_send: bool = False
    template: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    approved_digest: str = ""
    approved_versions: int = 0
    attempts: int = 0
    tried_at: datetime | None = None
    unsure: bool = False
    held_until: datetime | None = None
    next_attempt: datetime | None = None
    external_id: str = ""
    sent_at: datetime | None = None
    said: str = ""

    @property
    def digest(self) -> str:
        """Of the text as it stands."""
        return digest(self.text)

    @property
    def live(self) -> bool:
        """Whether something may still become of it, or has to be found out."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCommand:
    """An officer's wish about a reply.

    `args` by verb: write `text`, `channel`, `safe_to_send` ("yes"), `template`; return, withdraw
    `reason`. `version` is the reply's as the officer saw it; `press` the tool's own number of the
    press, where it has one.
    """

    verb: ReplyVerb
    ref: str
    officer: Officer
    reply_id: str
    args: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    tool: str = "console"
    press: str = ""


def unapproved(reply: Reply) -> Reply:
    """The reply without anybody's approval."""
    return replace(reply, approved_by="", approved_at=None, approved_digest="", approved_versions=0)


def untried(reply: Reply) -> Reply:
    """The reply as if nothing had been asked of the platform yet."""
    return replace(
        reply,
        attempts=0,
        tried_at=None,
        unsure=False,
        held_until=None,
        next_attempt=None,
        said="",
    )


def next_reply_state(reply: Reply, verb: ReplyVerb) -> ReplyState:
    """Where a verb leads.

    Raises:
        Refused: there is no such move.
    """
    try:
        return REPLY_MOVES[verb][reply.state]
    except KeyError:
        raise Refused(f"{reply.ref}: the reply is {WORDS[reply.state]} now") from None


WORDS: Mapping[ReplyState, str] = {
    ReplyState.DRAFT: "a draft",
    ReplyState.WAITING: "waiting for approval",
    ReplyState.APPROVED: "on its way",
    ReplyState.SENDING: "on its way",
    ReplyState.SENT: "sent",
    ReplyState.FAILED: "not sent",
    ReplyState.UNKNOWN: "perhaps sent",
    ReplyState.WITHDRAWN: "withdrawn",
}
"""A state as people read it."""


def needs_two(case: Case) -> bool:
    """Whether a second person must approve: P1, P2, not graded yet, or abuse is or may be told."""
    return case.priority is None or case.priority <= URGENT or delicate(case)


def refuse_unapproved(reply: Reply, case: Case) -> None:
    """Refuse a reply whose approval is not what the rules of this moment ask for.

    Raises:
        Refused: nobody approved this text, it or the item changed since, or the drafter alone did.
    """
    if not reply.approved_by or reply.approved_digest != reply.digest:
        raise Refused(f"{reply.ref}: nobody has approved this text")
    if reply.approved_versions != case.text_versions:
        raise Refused(f"{reply.ref}: they changed what they wrote since this was approved")
    if needs_two(case) and reply.approved_by == reply.drafted_by:
        raise Refused(f"{reply.ref}: a second person must approve this reply")


def under_way(replies: Sequence[Reply]) -> Reply | None:
    """The reply of a case that is not at its end; else its last one, if that was not sent."""
    live = next((each for each in replies if each.live), None)
    last = replies[-1] if replies else None
    return live or (last if last and last.state is ReplyState.FAILED else None)


def _check() -> None:
    if set(REPLY_MOVES) != set(ReplyVerb) or set(WORDS) != set(ReplyState):
        raise ValueError("replies: every verb needs its moves and every state its words")
    if any(ReplyState.SENDING in moves for moves in REPLY_MOVES.values()):
        raise ValueError("replies: what is being sent belongs to the machine")


_check()
