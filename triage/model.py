"""The values that move through firstcontact: frozen, and times always know their zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from triage.inhand import NOBODY, InHand
from triage.persons import (
    AccountPast as AccountPast,
    Address as Address,
    Candidate as Candidate,
    Evidence as Evidence,
    Handle as Handle,
    LinkDecision as LinkDecision,
    Mention as Mention,
    Need as Need,
    Person as Person,
    PriorLink as PriorLink,
    Rejected as Rejected,
    SafeContact as SafeContact,
)
from triage.taxonomy import (
    Audience,
    Direction,
    Kind,
    Label,
    Lane,
    Literalness,
    SignalName,
    Voice,
    When,
)
from triage.zones import require_zone as require_zone

# --- what people send ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The account an item came from. `account_id` is the platform's number; handles change."""

    account_id: str = ""
    handle: str = ""
    display_name: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Media that came with an item; never fetched by the service."""

    kind: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message, mention, comment or post addressed to the force.

    Unique by (channel, account, id). `sent_at` is the platform's time, from which every clock
    runs. `extra` keeps fields we do not know.
    """

    id: str
    channel: str
    account: str
    sent_at: datetime
    text: str
    kind: Kind
    author: Author = Author()
    thread_id: str = ""
    reply_to: str = ""
    lang: str = ""
    attachments: tuple[Attachment, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_zone(self.sent_at, "sent_at")

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes an item itself: channel, account, external id."""
        return (self.channel, self.account, self.id)

    @property
    def private(self) -> bool:
        """Whether only the force can see it."""
        return self.kind is Kind.DM


class Change(StrEnum):
    """What an arrival says about an item."""

    NEW = "new"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An item as a collector saw it, with the platform's own bytes.

    An edit carries the whole item with its new text; a deletion may carry an empty text (what
    was written before is kept as a version).
    """

    item: Item
    payload: bytes
    change: Change = Change.NEW
    seen_at: datetime | None = None


MONEY = "budget_cents"
"""The quota that is money: cents left of the day's budget, below zero what is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the platform says is left: requests until `resets_at`, and money if it charges."""

    name: str
    remaining: int | None = None
    limit: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """One page of a poll, stored in one transaction with the cursor that follows it.

    `cursor` is opaque to everyone but its collector. `problems` are partial errors the platform
    reported beside data; `rejected` are entries that could not be read, with the reason.
    """

    arrivals: tuple[Arrival, ...]
    cursor: str
    quotas: tuple[Quota, ...] = ()
    problems: tuple[str, ...] = ()
    rejected: tuple[tuple[str, bytes], ...] = ()


# --- what the classifier says ----------------------------------------------------------------


class Source(StrEnum):
    """Who said so."""

    MODEL = "model"
    RULE = "rule"
    HUMAN = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters [start, end) of the item's text that a signal rests on."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One of the 25 signals, its score in [0, 1], where it was read, and by whom."""

    name: SignalName
    score: float
    source: Source = Source.MODEL
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifiers:
    """How the words are meant."""

    time: When = When.UNKNOWN
    voice: Voice = Voice.UNKNOWN
    literal: Literalness = Literalness.LITERAL
    direction: Direction = Direction.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was decided: the rule that said so and a sentence for the officer."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a class rests on, wherever the lines stand: so that other lines can be tried later.

    `danger` and `abuse` are the scores before any rule, `ruled` the gravest class that a heeded
    rule asked for. `doubtful`: the danger reaches the line of doubt.
    """

    danger: float
    abuse: float
    ruled: Label | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the classifier and the rules make of an item.

    `scores` has the three classes. `signals` holds those that are on (at or over their
    threshold); `signal_scores` all 25. `degraded` names the fall-back in use, if any;
    `covered` is false where the language is not one the model was shown to read. `unsure` says
    that it may be an emergency, though the score stayed under the line.
    """

    label: Label
    audience: Audience
    scores: Mapping[Label, float]
    signals: tuple[Signal, ...] = ()
    signal_scores: Mapping[SignalName, float] = field(default_factory=dict)
    modifiers: Modifiers = Modifiers()
    lang: str = ""
    reasons: tuple[Reason, ...] = ()
    model: str = ""
    degraded: str = ""
    covered: bool = True
    unsure: bool = False
    grounds: Grounds | None = None

    def has(self, *names: SignalName) -> bool:
        """Whether any of the named signals is on."""
        return any(signal.name in names for signal in self.signals)


# --- who is writing ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Who may be writing, best first, and whom they speak about.

    A confirmed person stands first. Where the person was confirmed for the account and not here,
    `through` is the reference of the case where it was done ("" if that is not known); it stands
    with a mere suggestion where something contradicts that confirmation. `undo` is
    what the case was, or would have been, without the person, so that it can be undone exactly.
    `weights` is the digest of the weights of evidence that made it (`triage.weights.digest_of`).
    """

    decision: LinkDecision = LinkDecision.NONE
    candidates: tuple[Candidate, ...] = ()
    mentions: tuple[Mention, ...] = ()
    notes: tuple[str, ...] = ()
    through: str | None = None
    undo: "Unlinked | None" = None
    weights: str = ""


# --- what the desk does with it -----------------------------------------------------------------


class Priority(IntEnum):
    """Desk priority: smaller is more urgent, so `min` of two is the one that counts."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4
    P5 = 5

    @property
    def word(self) -> str:
        """The word people read beside the number."""
        return ("Emergency", "Immediate risk", "Priority", "Scheduled", "Information")[self - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known around an item at the time it is decided.

    Counts are earlier contacts of the same account or confirmed person, this one left out: what
    they write less than an hour apart, wherever, is one contact (of a day at most).
    `open_thread` is the most urgent open item of the thread; `held` is the priority this item
    already has (an edit is decided again, and never lower). `markers` are those of the
    confirmed person, or of every suggested one: a marker may raise on suspicion.
    """

    contacts_7d: int = 0
    contacts_30d: int = 0
    contacts_90d: int = 0
    disclosed_before: bool = False
    open_thread: Priority | None = None
    held: Priority | None = None
    markers: frozenset[str] = frozenset()
    incident: Priority | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """By when an item must be seen and decided, from the platform's sent time."""

    seen_by: datetime
    decide_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Priority, clocks and route of an item, with every rule that had a say.

    `owner` is exactly one lane; `copies` never contains it.
    """

    priority: Priority
    due: Due
    owner: Lane
    copies: tuple[Lane, ...] = ()
    reasons: tuple[Reason, ...] = ()
    grade: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """A case without the person who is confirmed for it (`triage.unlinking`).

    `decided` is the decision without and `then` the one with the person, None where they are the
    same.
    """

    decision: LinkDecision
    candidates: tuple[Candidate, ...]
    mentions: tuple[Mention, ...]
    notes: tuple[str, ...]
    weights: str
    history: History
    through: str | None = None
    decided: Decision | None = None
    then: Decision | None = None
    lane: Lane | None = None
    escalation: int = 0


class State(StrEnum):
    """Where an item is in its life. triage/lifecycle.py says which moves exist."""

    RECEIVED = "received"
    OPEN = "open"
    CLAIMED = "claimed"
    OFFERED = "offered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An item with all that was decided about it: one row, and the row is the truth.

    `ref` is what people say aloud (`FC-26-1123-0041`). `version` grows with every change and
    guards every write. `lane` is who has it now, `offered_to` who is asked to take it.
    """

    ref: str
    item: Item
    received_at: datetime
    state: State = State.RECEIVED
    version: int = 1
    verdict: Verdict | None = None
    link: Link = Link()
    history: History = History()
    decision: Decision | None = None
    priority: Priority | None = None
    lane: Lane | None = None
    claimed_by: str = ""
    claimed_at: datetime | None = None
    offered_to: Lane | None = None
    offered_by: str = ""
    offered_at: datetime | None = None
    escalation: int = 0
    result: str = ""
    result_ref: str = ""
    closed_at: datetime | None = None
    deleted_at: datetime | None = None
    text_versions: int = 1
    incident: str = ""
    note: str = ""
    in_hand: InHand = NOBODY

    @property
    def open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state is not State.CLOSED


class Role(StrEnum):
    """What an officer may do (docs/reference/roles.md)."""

    OFFICER = "officer"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A member of staff, whichever tool they press the button in.

    `granted` are the items a supervisor lets them read for a time (`triage.grants`).
    """

    id: str
    name: str
    roles: frozenset[Role] = frozenset({Role.OFFICER})
    slack_id: str = ""
    teams_id: str = ""
    granted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the audit trail. `subject` is a case reference, or names what else it is about.

    `detail` is JSON and holds no message text.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message owed to a destination; the outbox brings what was delivered up to what is wanted.

    `key` is unique: `card:FC-…:slack:C02` or `notice:…`. A card is rendered from its case when
    it is sent, so later changes fold into one edit; a notice carries its own `body`.
    `destination` is `sink:channel`. `urgency` sorts: 1 first. Where `unsure`, an attempt that
    began at `tried_at` may have arrived. A `stub` shows no more of a closed case than its number.
    One that names another's key in `under` is a line in its thread; whoever takes it for sending
    is told the other's external id in `thread`.
    """

    key: str
    destination: str
    urgency: int
    case_ref: str = ""
    body: str = ""
    wanted: int = 1
    delivered: int = 0
    external_id: str = ""
    attempts: int = 0
    unsure: bool = False
    created_at: datetime | None = None
    tried_at: datetime | None = None
    stub: bool = False
    under: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something staff must know about the service itself. Open until `cleared_at`."""

    key: str
    text: str
    raised_at: datetime
    severity: int = 2
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorHealth:
    """How a collector's account is doing. `usual_gap` is how long silence is normal."""

    source: str
    last_success: datetime | None = None
    last_item: datetime | None = None
    failures: int = 0
    error: str = ""
    quotas: tuple[Quota, ...] = ()
    usual_gap: timedelta | None = None
