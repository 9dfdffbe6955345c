"""What the reply box of an item shows, and our own replies among what a citizen wrote."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from console.web.rows import Eyes
from console.web.site import Site
from notifier import words
from notifier.reply_forms import CHANNELS
from triage.answering import moment_of
from triage.authority import may_approve, may_reply
from triage.clearance import Offer, offers
from triage.errors import Refused
from triage.model import Case
from triage.replies import (
    REPLY_MOVES,
    WORDS,
    Reply,
    ReplyState,
    ReplyVerb,
    needs_two,
    under_way,
)
from triage.reply_text import LIMITS, length
from triage.safe_contact import delicate

TYPED = ("text", "channel", "safe_to_send", "template", "reason")
MOST_CHARS = 20_000
SAID: Mapping[str, str] = {
    ReplyState.DRAFT: "Draft kept. Nothing was sent.",
    ReplyState.WAITING: "A second person must approve it: the lane was told.",
    ReplyState.APPROVED: "On its way. This page says when it has arrived.",
    ReplyState.SENDING: "On its way. This page says when it has arrived.",
    ReplyState.SENT: "Sent.",
    ReplyState.FAILED: "Not sent.",
    ReplyState.UNKNOWN: "Nobody can tell whether it arrived: look there and say.",
    ReplyState.WITHDRAWN: "Withdrawn. Nothing was sent.",
}
"""What a page says after a press, by the state the reply is in then."""

SHOWN = frozenset({ReplyState.APPROVED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNKNOWN})
"""States in which a reply stands in the thread: it is, may be, or is about to be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReply:
    """A reply of ours in the thread."""

    ref: str
    who: str
    channel: str
    sent: datetime
    when: str
    text: str
    state: str
    words: str
    said: str
    ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A channel that may be used, with how it counts."""

    channel: str
    words: str
    most: int
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The reply that is under way, or was not sent."""

    id: str
    version: int
    state: str
    words: str
    who: str
    channel: str
    text: str
    safe_to_send: bool
    said: str
    count: str
    next: str  # when it is tried again
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBox:
    """What an officer can do about a reply now. `hint` says why there is no form."""

    hint: str
    refusals: Sequence[str]
    choices: Sequence[Choice]
    chosen: str
    reply: str
    version: int
    text: str
    ticked: bool
    delicate: bool
    two: bool
    closes: str  # ISO 8601, "" where the platform sets no end
    until: str
    left: str
    soon: bool
    human_only: bool
    templates: Sequence[tuple[str, str, str]]  # id, title, text
    standing: Standing | None
    mark: int


def reply_box(
    site: Site, case: Case, eyes: Eyes, *, typed: Mapping[str, str], template: str = ""
) -> ReplyBox:
    """The box as an officer sees it: `typed` is what a refused form held."""
    moment = moment_of(site.desk, case)
    replies = site.store.replies_of(case.ref)
    current = under_way(replies)
    hint = _may_not(case, eyes)
    found = offers(moment)
    choices = [_choice(each.channel, public=each.public) for each in found if not each.refusal]
    chosen = _chosen(case, choices, current, typed)
    offered = site.desk.answering.templates_for(case, chosen, moment.now) if chosen else []
    closes = moment.closes_at
    draft = current if current and _editable(current) else None
    return ReplyBox(
        hint=hint or ("" if choices else _nowhere(found)),
        refusals=[] if hint else [_refused(each) for each in found if each.refusal],
        choices=() if hint else choices,
        chosen=chosen,
        reply=typed.get("reply") or (draft.id if draft else uuid4().hex),
        version=draft.version if draft else 0,
        text=typed.get("text") or _begun(draft, template, offered),
        ticked=typed["safe_to_send"] == "yes" if typed else bool(draft and draft.safe_to_send),
        delicate=delicate(case),
        two=needs_two(case),
        closes=closes.isoformat() if closes else "",
        until=words.clock_time(closes, now=eyes.now, zone=eyes.zone) if closes else "",
        left=words.time_left(closes, eyes.now) if closes else "",
        soon=closes is not None and closes - eyes.now < SOON,
        human_only=moment.human_only,
        templates=[(each.id, each.title, text) for each, text in offered],
        standing=_standing(site, case, current, eyes) if current else None,
        mark=sum(each.version for each in replies),
    )


SOON = timedelta(hours=2)


def _editable(reply: Reply) -> bool:
    return reply.state in REPLY_MOVES[ReplyVerb.WRITE]


def _may_not(case: Case, eyes: Eyes) -> str:
    try:
        may_reply(case, eyes.officer, names=lambda officer: eyes.names.get(officer, officer))
    except Refused as refused:
        return str(refused).removeprefix(f"{case.ref}: ")
    return ""


def _refused(offer: Offer) -> str:
    return f"{CHANNELS[offer.channel]}: {offer.refusal}"


def _nowhere(found: Sequence[Offer]) -> str:
    if not found:
        return "Answer on the platform: what comes by this channel cannot be answered from here."
    return "It cannot be answered from here now."


def _choice(channel: str, *, public: bool) -> Choice:
    return Choice(channel=channel, words=CHANNELS[channel], most=LIMITS[channel], public=public)


def _chosen(
    case: Case, choices: Sequence[Choice], reply: Reply | None, typed: Mapping[str, str]
) -> str:
    wanted = (typed.get("channel", ""), reply.channel if reply else "", case.item.channel)
    open_now = [each.channel for each in choices]
    return next((each for each in wanted if each in open_now), open_now[0] if open_now else "")


def _begun(reply: Reply | None, template: str, offered: Sequence[tuple[object, str]]) -> str:
    """What the box holds at first: the draft, or a text to start from."""
    if reply is not None:
        return reply.text
    return next((text for each, text in offered if getattr(each, "id", "") == template), "")


# --- the reply under way --------------------------------------------------------------------------


def _standing(site: Site, case: Case, reply: Reply, eyes: Eyes) -> Standing:
    due = reply.next_attempt
    return Standing(
        id=reply.id,
        version=reply.version,
        state=reply.state.value,
        words=WORDS[reply.state],
        who=eyes.names.get(reply.drafted_by, reply.drafted_by),
        channel=CHANNELS.get(reply.channel, reply.channel),
        text=words.visible(reply.text),
        safe_to_send=reply.safe_to_send,
        said=reply.said.removeprefix(f"{case.ref}: "),
        count=f"{length(reply.text, reply.channel)} of {LIMITS[reply.channel]:,} characters",
        next=words.clock_time(due, now=eyes.now, zone=eyes.zone) if due else "",
        verbs=frozenset(_verbs(case, reply, eyes)),
    )


def _verbs(case: Case, reply: Reply, eyes: Eyes) -> Iterable[str]:
    """The buttons for this officer. Whether they are allowed is decided again when pressed."""
    owns = not _may_not(case, eyes)
    for verb in ReplyVerb:
        if reply.state not in REPLY_MOVES[verb]:
            continue
        if verb in (ReplyVerb.APPROVE, ReplyVerb.RETURN):
            if _approves(case, reply, eyes):
                yield verb.value
        elif owns:
            yield verb.value


def _approves(case: Case, reply: Reply, eyes: Eyes) -> bool:
    try:
        may_approve(case, eyes.officer)
    except Refused:
        return False
    return reply.drafted_by != eyes.officer.id


# --- the thread -----------------------------------------------------------------------------------


def own_replies(site: Site, refs: Sequence[str], eyes: Eyes) -> list[OwnReply]:
    """Our replies to items whose text may be shown, as they stand in the thread."""
    return [_own(each, eyes) for each in site.store.replies_of(*refs) if each.state in SHOWN]


def _own(reply: Reply, eyes: Eyes) -> OwnReply:
    at = reply.sent_at or reply.tried_at or reply.approved_at or reply.drafted_at
    return OwnReply(
        ref=reply.ref,
        who=eyes.names.get(reply.drafted_by, reply.drafted_by),
        channel=CHANNELS.get(reply.channel, reply.channel),
        sent=at,
        when=words.clock_time(at, now=eyes.now, zone=eyes.zone),
        text=words.visible(reply.text),
        state=reply.state.value,
        words=WORDS[reply.state],
        said=reply.said.removeprefix(f"{reply.ref}: "),
    )
