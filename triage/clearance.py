"""The only way to the public: a reply that passed every rule at this moment.

A platform's sender takes a `Cleared` and nothing else, and only `clear` makes one. So a note, a
draft or any other text of the staff cannot take that path, whoever writes the code around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from triage.errors import Refused
from triage.items import platform_of
from triage.model import Case, LinkDecision, Person, State
from triage.replies import Reply, ReplyState, refuse_unapproved
from triage.reply_text import LIMITS, quotes_note, refuse_unfit, traceable
from triage.safe_contact import Route, delicate, guard_reply
from triage.taxonomy import Kind

ROUTES: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "x_mention": (("x_mention", True), ("x_dm", False)),
    "x_dm": (("x_dm", False),),
    "fb_comment": (("fb_comment", True),),
    "fb_message": (("fb_message", False),),
}
"""By which channels what came by a channel can be answered, and whether others see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How many hours a platform lets the force answer a private message; 0 is no limit.

    `human` is the longer window for what a person wrote (Messenger's HUMAN_AGENT tag).
    """

    hours: float = 0
    human: float = 0

    def closes(self, heard_at: datetime, now: datetime) -> tuple[datetime, bool] | None:
        """When the window that is open now closes, and whether it is the longer one; None if
        neither is open."""
        for hours, human in ((self.hours, False), (self.human, True)):
            ends = heard_at + timedelta(hours=hours)
            if now < ends:
                return ends, human
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a reply is judged by, as it is now.

    `persons` are the confirmed person, or all who may be writing. `heard_at` is when the sender
    last wrote in the thread. `accounts` are the (platform, account) that can write from here.
    """

    case: Case
    now: datetime
    heard_at: datetime
    persons: tuple[Person, ...] = ()
    accounts: frozenset[tuple[str, str]] = frozenset()
    windows: Mapping[str, Window] = field(default_factory=dict)
    zone: tzinfo = UTC

    @property
    def window(self) -> Window:
        """The window of the item's platform; public answers have none."""
        if not self.case.item.private:
            return Window()
        return self.windows.get(platform_of(self.case.item.channel), Window())

    @property
    def closes_at(self) -> datetime | None:
        """Until when the platform takes an answer; None where it sets no end."""
        hours = max(self.window.hours, self.window.human)
        return self.heard_at + timedelta(hours=hours) if hours else None

    @property
    def human_only(self) -> bool:
        """Whether only what a person wrote may still be sent."""
        hours = self.window.hours
        return bool(hours) and self.now >= self.heard_at + timedelta(hours=hours)


_SEAL = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A reply as it would stand on the platform: enough to look for it there, never to send it.

    `to` is the item answered, `parent` what that answered itself, `thread` its conversation,
    `person` the account that wrote it. `account` is the force's own.
    """

    reply_id: str
    channel: str
    account: str
    text: str
    to: str
    parent: str = ""
    thread: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(Sought):
    """A reply that may go out now. Made by `clear` alone.

    `human` says that only what a person wrote may still be sent, which every reply is.
    """

    human: bool = False
    seal: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("only an approved reply that passed the rules may be sent")


def sought(reply: Reply, case: Case) -> Sought:
    """What to look for on the platform."""
    item = case.item
    return Sought(
        reply_id=reply.id,
        channel=reply.channel,
        account=item.account,
        text=reply.text,
        to=item.id,
        parent=item.reply_to,
        thread=item.thread_id,
        person=item.author.account_id,
    )


def clear(reply: Reply, moment: Moment) -> Cleared:
    """Let a reply out, by the rules of this moment.

    Raises:
        Refused: says which rule forbids it.
    """
    if reply.state is not ReplyState.SENDING:
        raise Refused(f"{reply.ref}: the reply is {reply.state.value}, nobody is sending it")
    if reply.ref != moment.case.ref:
        raise Refused(f"{reply.ref}: the reply belongs to another item")
    refuse_unapproved(reply, moment.case)
    refuse_unsafe(reply, moment)
    what = sought(reply, moment.case)
    fields = {name: getattr(what, name) for name in Sought.__slots__}
    return Cleared(**fields, human=moment.human_only, seal=_SEAL)


def refuse_unsafe(reply: Reply, moment: Moment) -> None:
    """Refuse a reply that must not go out now, whoever approved it.

    Raises:
        Refused: says why.
    """
    case = moment.case
    refuse_route(moment, reply.channel, safe_to_send=reply.safe_to_send, text=reply.text)
    refuse_unfit(reply.text, reply.channel)
    if quotes_note(reply.text, case.note):
        raise Refused(f"{case.ref}: the reply repeats a note of the staff")


def refuse_route(moment: Moment, channel: str, *, safe_to_send: bool, text: str = "") -> None:
    """Refuse to answer by a channel at this moment.

    Raises:
        Refused: the platform or the safe-contact rules do not allow it.
    """
    case = moment.case
    public = dict(ROUTES.get(case.item.channel, ())).get(channel)
    if public is None or channel not in LIMITS:
        raise Refused(f"{case.ref}: no reply by {channel}: answer on the platform")
    _refuse_by_platform(moment, channel)
    found = traceable(text)
    if found and not safe_to_send and delicate(case):
        raise Refused(f"{case.ref}: there is {found} in it: tick “safe to send” or take it out")
    confirmed = case.link.decision is LinkDecision.CONFIRMED
    if channel != case.item.channel and not confirmed:
        raise Refused(f"{case.ref}: no other channel is known to be safe")
    route = Route(channel=channel, public=public, safe_to_send=safe_to_send)
    for person in moment.persons or (None,):
        guard_reply(case, person, route, now=moment.now, zone=moment.zone)


def _refuse_by_platform(moment: Moment, channel: str) -> None:
    case, item = moment.case, moment.case.item
    if (platform_of(channel), item.account) not in moment.accounts:
        raise Refused(f"{case.ref}: {item.account or 'its account'} cannot be written from here")
    if case.deleted_at is not None:
        raise Refused(f"{case.ref}: its writer deleted it: there is nothing to answer")
    if case.state is State.RECEIVED:
        raise Refused(f"{case.ref} is being read: try again in a moment")
    if not item.author.account_id and channel != "fb_comment":
        raise Refused(f"{case.ref}: the platform does not say who wrote it")
    if channel == "x_mention" and f"@{item.account}".casefold() not in item.text.casefold():
        raise Refused(f"{case.ref}: X lets us answer only posts that mention @{item.account}")
    if moment.closes_at is not None and moment.now >= moment.closes_at:
        raise Refused(f"{case.ref}: the platform's time to answer is over since {_at(moment)}")


def _at(moment: Moment) -> str:
    assert moment.closes_at is not None
    return f"{moment.closes_at.astimezone(moment.zone):%d %b %H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A channel by which an item can be answered; `refusal` says why not now, "" if it can."""

    channel: str
    public: bool
    refusal: str = ""


def offers(moment: Moment) -> tuple[Offer, ...]:
    """Every channel by which an item could be answered, and why one cannot.

    A tick “safe to send” can still be made, so a channel that waits for it is no refusal.
    """
    return tuple(
        Offer(channel=channel, public=public, refusal=_refusal(moment, channel))
        for channel, public in ROUTES.get(moment.case.item.channel, ())
    )


def _refusal(moment: Moment, channel: str) -> str:
    try:
        refuse_route(moment, channel, safe_to_send=True)
    except Refused as error:
        return str(error).removeprefix(f"{moment.case.ref}: ")
    return ""


def last_heard(case: Case, thread: Sequence[Case]) -> datetime:
    """When the sender of a case last wrote in its thread: the platform's window runs from then."""
    author = case.item.author.account_id
    return max(
        (
            each.item.sent_at
            for each in thread
            if each.item.author.account_id == author and each.item.kind is Kind.DM
        ),
        default=case.item.sent_at,
    )
