"""What the domain asks of the outside. Each promise stands in its docstring."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from triage.conversations import Conversations
from triage.digests import Digests
from triage.drift import DayFigures
from triage.grouped import Incidents, Said, nothing_said
from triage.incidents import Scene
from triage.model import (
    AccountPast,
    Alarm,
    Arrival,
    Case,
    CollectorHealth,
    Decision,
    Event,
    Harvest,
    History,
    Item,
    Link,
    Officer,
    Outgoing,
    Person,
    Priority,
    PriorLink,
    Rejected,
    State,
    Verdict,
)
from triage.reply_ports import Replies
from triage.routes import Routes
from triage.shift_figures import ShiftFigures
from triage.taxonomy import Lane
from triage.threads import Threads
from triage.tuning.scores import Scored


class Clock(Protocol):
    """The only source of "now"."""

    def __call__(self) -> datetime:
        """The present moment in UTC, with its zone."""
        ...


class Collector(Protocol):
    """One account on one channel family."""

    name: str  # "x:westbridgepolice", unique in a configuration; also the source of its cursor

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """Yield what is new after `cursor` ("" at first), page by page.

        Each harvest is stored together with its cursor before the next is asked for, so a kill
        between two pages repeats at most one page. The same item may come twice. Never marks
        anything as read.

        Raises:
            RateLimited: with `retry_at` where the platform says.
            Unavailable: no sensible answer; what was yielded before stands.
            Unauthorised: the token is dead or lacks a scope: people must be told.
        """
        ...


THREAD_TEXTS = 8
"""How many of a sender's earlier texts are read with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a classifier is given: a text and the sender's earlier texts, oldest first."""

    text: str
    thread: tuple[str, ...] = ()
    lang: str = ""
    private: bool = False


class Classifier(Protocol):
    """Reads texts."""

    name: str

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        """One verdict per reading, in order. A verdict never depends on its neighbours.

        Raises:
            Unavailable: the model cannot be run; floor F6 then holds.
        """
        ...


HELD_BY = 64
"""A blocking key held by more records than this names nobody."""

CANDIDATES = 14
"""So many records are weighed: each takes its time, and the right one is among the first."""


def rarity(held: int, limit: int) -> int:
    """What sharing a key counts for that so many records hold: a bit more for half as many."""
    return (2 * limit // held).bit_length()


class People(Protocol):
    """The citizen records, found by identifiers."""

    def candidates(
        self, keys: Iterable[str], *, limit: int = HELD_BY, most: int = CANDIDATES
    ) -> list[Person]:
        """Persons that share at least one blocking key, at most so many, those first that share
        the most and the rarest keys (`rarity`).

        Keys come from `triage.identifiers`. An indexed look-up: cost does not grow with the
        number of records. A key so common that it names nobody (over `limit`) is left out.
        Which of equals are left out where there are more than `most` is the store's to choose,
        and always the same.
        """
        ...

    def person(self, record_id: str) -> Person | None:
        """One record, or None."""
        ...

    def prior_link(self, platform: str, account_id: str) -> PriorLink | None:
        """The unexpired, unrevoked link a human confirmed for this account, or None."""
        ...


Follow = Callable[[Case], tuple[Case, Event] | None]
"""What becomes of another case when a link is taken back, and the event that says so."""


class Links(Protocol):
    """What humans said about who an account belongs to.

    `change` is a case as it was read and as it shall be, `cards` what is owed for it: written in
    the same transaction.
    """

    def confirm_link(
        self,
        link: PriorLink,
        *,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
        cards: Sequence[Outgoing] = (),
    ) -> Case | None:
        """Remember who an account belongs to, in place of an earlier link of the account.

        Raises:
            Stale: the case changed meanwhile; nothing was written.
        """
        ...

    def revoke_link(
        self,
        platform: str,
        account_id: str,
        *,
        by: str,
        now: datetime,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
        follow: Follow | None = None,
    ) -> bool:
        """Take back the link of an account; False if it had none. Raises as `confirm_link`.

        With a `change` only a link to the person it unlinks is taken back. If that is the case on
        which the link was confirmed, what the link had displaced stands again: the earlier link,
        or the rejection. `follow` is asked about each other case of the account that is
        confirmed as the same person.
        """
        ...

    def reject_link(
        self,
        rejected: Rejected,
        *,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
        cards: Sequence[Outgoing] = (),
    ) -> None:
        """Remember that an account is not this person. Raises as `confirm_link`."""
        ...

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        """Records a human said this account is not: never suggested again."""
        ...

    def account_past(self, platform: str, account_id: str) -> AccountPast:
        """Whom people confirmed an account for without taking it back, and what they noted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of a harvest."""

    refs: tuple[str, ...]  # cases that now wait to be triaged: new items and changed texts
    texts: tuple[str, ...] = ()  # what they say, in the same order
    new: int = 0
    changed: int = 0
    deleted: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case to triage with what was said before it.

    `alone` is the history of its account, where `history` is that of a confirmed person.
    """

    case: Case
    thread: tuple[str, ...]
    history: History
    alone: History | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """The outcome for one case, as read at `version`. Without `scene` it joins no incident."""

    ref: str
    version: int
    verdict: Verdict
    link: Link
    history: History
    decision: Decision
    cards: tuple[Outgoing, ...]
    events: tuple[Event, ...] = ()
    scene: Scene | None = None
    scored: Scored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What is stored and was not read by the service for too long.

    `since` is when the one that waits longest came in, or its text changed. `first` are the
    first of them, private messages before others, then oldest.
    """

    count: int = 0
    since: datetime | None = None
    first: tuple[Case, ...] = ()


class Intake(Protocol):
    """Where items come to rest first."""

    def cursor(self, source: str) -> str:
        """The cursor stored with the last harvest of a source, "" before the first."""
        ...

    def take_in(self, source: str, harvest: Harvest, *, now: datetime) -> TakenIn:
        """Store a harvest, its cursor, rejects and audit events in one transaction.

        Unique by (channel, account, id). The same content again changes nothing. Other text
        under a known id is a new version and puts the case back to RECEIVED (claim, priority
        and clocks stay). A deletion marks the case and keeps every version. A new case gets
        the next reference of its day, `FC-YY-MMDD-NNNN`.

        Raises:
            Unavailable: the database is gone, locked or full. Nothing was stored.
        """
        ...

    def waiting(self, *, limit: int, refs: Sequence[str] | None = None) -> list[Waiting]:
        """Cases in RECEIVED, private messages first, then oldest; only `refs` when given.

        `thread` holds up to 8 earlier texts of the same sender in the same thread.
        """
        ...

    def waiting_refs(self, *, limit: int) -> list[str]:
        """The references of cases in RECEIVED, in the same order, whatever is in their rows."""
        ...

    def unread(
        self, *, private_before: datetime, public_before: datetime, first: int = 0
    ) -> Unread:
        """Cases in RECEIVED that came in, or changed, before a moment; which, goes by kind.

        Costs no more than what waits is long.
        """
        ...

    def settle(self, outcomes: Sequence[Triaged], *, said: Said = nothing_said) -> list[str]:
        """Write outcomes with their outgoing cards and events in one transaction.

        Each case with a scene is put to its incident in it too (`triage.gathering`), while other
        nodes are kept out; `said` gives the messages of those the incident raised.

        Only rows still RECEIVED at the version read are changed (so two nodes may try): their
        references are returned. A case that was claimed or offered before an edit returns to
        that state, any other becomes OPEN. Cards are merged by key: `wanted` becomes the new
        version. An outcome that rests on a confirmed account (`Link.through`) is written only
        while that link stands, and notes in it when the account last wrote.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which cases a list shows. None means any."""

    states: tuple[State, ...] = (State.OPEN, State.CLAIMED, State.OFFERED)
    lanes: tuple[Lane, ...] | None = None
    claimed_by: str | None = None
    priorities: tuple[Priority, ...] | None = None


class Cases(Protocol):
    """The work of the desk."""

    def case(self, ref: str) -> Case | None:
        """One case, or None."""
        ...

    def queue(self, wanted: QueueFilter, *, limit: int = 100, offset: int = 0) -> list[Case]:
        """Cases by priority, then by time left."""
        ...

    def thread(self, case: Case) -> list[Case]:
        """All cases of the same thread in true order, the given one included."""
        ...

    def versions(self, ref: str) -> list[tuple[datetime, str]]:
        """Every text of a case with the time it was seen, oldest first."""
        ...

    def change(
        self, before: Case, after: Case, *, events: Sequence[Event], cards: Sequence[Outgoing] = ()
    ) -> Case:
        """Write `after` if the row still has `before.version`; returns it with the new version.

        Case, audit events and outgoing messages are one transaction. Cards of the case that
        already exist are owed again (their `wanted` becomes the new version).

        Raises:
            Stale: another change came first; the message says who has it now.
        """
        ...

    def overdue(self, now: datetime, *, limit: int = 500) -> list[Case]:
        """Open cases whose next escalation step may be due, most urgent first."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Cases by state and by priority of open ones: `state:open`, `priority:1` …"""
        ...


class Outbox(Protocol):
    """Messages owed to the outside (`triage.model.Outgoing`)."""

    def places_owed(self) -> list[str]:
        """The destinations to which anything is owed, due or not."""
        ...

    def owed(
        self, *, limit: int, now: datetime, urgent_only: bool = False, destination: str = ""
    ) -> list[Outgoing]:
        """Messages with `delivered < wanted` whose next attempt is due and which nobody holds.

        Urgent first, then oldest; of one destination if it is named.
        """
        ...

    def message(self, key: str) -> Outgoing | None:
        """One message, or None."""
        ...

    def hold(self, key: str, *, now: datetime, seconds: float) -> Outgoing | None:
        """Take a message for sending; None if it is delivered, held by another or not due.

        While held it is marked `unsure`: if the holder dies, the next one must look before it
        posts. A hold ends by `delivered`, `deferred` or by time.
        """
        ...

    def delivered(self, key: str, *, version: int, external_id: str, now: datetime) -> None:
        """Record the outcome: what was sent, as which platform message."""
        ...

    def scrubbed(self, key: str, *, version: int, now: datetime) -> None:
        """Record that a card was cut to its stub, in the audit trail too."""
        ...

    def deferred(
        self, key: str, *, retry_at: datetime | None, error: str, unsure: bool, now: datetime
    ) -> None:
        """Record a failed attempt. `retry_at` None means it will not be tried again (dead).

        `unsure` stays set when the outcome is unknown.
        """
        ...

    def notify(self, messages: Sequence[Outgoing], *, now: datetime) -> int:
        """Add notices; those whose key exists already are left alone. Returns how many are new."""
        ...

    def show_again(self, ref: str) -> int:
        """Owe the posted cards of a case once more, also those given up; returns how many."""
        ...

    def revive(self, *, destination: str = "") -> int:
        """Owe again what was given up (of one destination); returns how many."""
        ...

    def backlog(self) -> Mapping[str, int]:
        """Messages waiting by destination, and `dead`."""
        ...


class Trail(Protocol):
    """The audit trail: append-only, in a hash chain."""

    def record(self, events: Sequence[Event]) -> None:
        """Append events."""
        ...

    def events(self, subject: str) -> list[Event]:
        """All events about a subject, oldest first."""
        ...

    def verify(self) -> int:
        """Check the whole chain; returns the number of events.

        Raises:
            BadInput: names the first event that does not fit.
        """
        ...


class Days(Protocol):
    """What each day came to, in sums (`triage.drift`)."""

    def days_since(self, first: date) -> list[DayFigures]:
        """Figures of the days that are kept from `first` on, oldest first."""
        ...

    def save_days(self, days: Sequence[DayFigures]) -> None:
        """Keep figures of days, in place of those that were kept for them before."""
        ...


class Registry(Protocol):
    """Staff, alarms and the health of collectors."""

    def officer(
        self, officer_id: str = "", *, slack_id: str = "", teams_id: str = ""
    ) -> Officer | None:
        """An active officer by any one of their identities."""
        ...

    def save_officer(self, officer: Officer) -> None:
        """Add or change an officer."""
        ...

    def enrol_officer(self, officer: Officer) -> bool:
        """Add somebody who never was an officer; False if the id or a chat identity ever was."""
        ...

    def officers(self) -> list[Officer]:
        """All active officers."""
        ...

    def raise_alarm(self, alarm: Alarm) -> bool:
        """Open an alarm; False if one with this key is open already."""
        ...

    def clear_alarm(self, key: str, *, now: datetime) -> bool:
        """Close an alarm; False if none was open."""
        ...

    def alarms(self) -> list[Alarm]:
        """Open alarms, worst first."""
        ...

    def poll_succeeded(
        self, source: str, *, items: int, harvest: Harvest | None, now: datetime
    ) -> None:
        """Note a poll that went well."""
        ...

    def poll_failed(self, source: str, *, error: str, now: datetime) -> int:
        """Note a failed poll; returns how many have failed in a row."""
        ...

    def collectors(self) -> list[CollectorHealth]:
        """How each source is doing."""
        ...


class Store(
    Intake,
    Cases,
    Outbox,
    Digests,
    Routes,
    ShiftFigures,
    Trail,
    Days,
    Registry,
    People,
    Links,
    Conversations,
    Incidents,
    Replies,
    Threads,
    Protocol,
):
    """Everything that is kept. Implemented over SQL and, for tests, in memory."""


class Sink(Protocol):
    """A chat tool, mailbox or terminal that shows cards.

    A posted card is known by its external id, which only the sink reads.
    """

    name: str

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Show a card (or the notice in `message.body`); returns the external id.

        Raises:
            OutcomeUnknown: it may be there; use `find` before posting again.
            RateLimited, Unavailable: not there, try later.
            Unauthorised, Gone, BadRequest: trying again cannot help.
        """
        ...

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """Bring the posted card up to the case, or the notice to `message.body`.

        Sinks without edit do nothing. Raises as `post`, and `Removed` where only the message is
        gone.
        """
        ...

    def find(self, message: Outgoing) -> str:
        """The external id of an earlier post with this message's key, or "".

        Sinks that cannot look return "".
        """
        ...


def reading_of(item: Item, thread: Sequence[str]) -> Reading:
    """What the classifier is shown of an item."""
    return Reading(text=item.text, thread=tuple(thread), lang=item.lang, private=item.private)


__all__ = [
    "Arrival",
    "Cases",
    "Classifier",
    "Clock",
    "Collector",
    "Days",
    "Intake",
    "Links",
    "Outbox",
    "People",
    "QueueFilter",
    "Reading",
    "Registry",
    "Sink",
    "Store",
    "TakenIn",
    "Trail",
    "Triaged",
    "Waiting",
    "reading_of",
]
