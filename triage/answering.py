"""What officers do about replies, the same from console, Slack and Teams.

One function for each press; each returns a sentence for whoever pressed. Only the owner of a case,
or a supervisor, writes and sends; a second person approves what is urgent or delicate. Nothing
here talks to a platform: what is approved, the sender takes (`triage.dispatch`).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.authority import may_approve, may_reply
from triage.clearance import (
    ROUTES,
    Moment,
    Offer,
    last_heard,
    offers,
    refuse_route,
    refuse_unsafe,
)
from triage.desk import Desk, case_notices
from triage.errors import Refused, Stale
from triage.lifecycle import Tell
from triage.model import Case, Event, LinkDecision, Outgoing, Person
from triage.repeat_questions import told_of
from triage.replies import (
    LIVE,
    WORDS,
    Reply,
    ReplyCommand,
    ReplyState,
    ReplyVerb,
    needs_two,
    next_reply_state,
    refuse_unapproved,
    unapproved,
    untried,
)
from triage.reply_text import LIMITS, digest, length, quotes_note, refuse_too_long, written

REPLY_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
APPROVED = "reply_approved"
SAME_TEXT = timedelta(minutes=10)
"""In this time the same text to the same case is the same press, made a second time."""

MOST_PERSONS = 5
"""So many persons who may be writing protect a case with their safe-contact rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a press: the reply as it is now, and one sentence for the officer."""

    reply: Reply
    said: str
    changed: bool = True


# --- the moment -----------------------------------------------------------------------------------


def moment_of(desk: Desk, case: Case) -> Moment:
    """What a reply to a case is judged by, read now."""
    thread = desk.store.thread(case) if case.item.private else ()
    answering = desk.answering
    return Moment(
        case=case,
        now=desk.clock(),
        heard_at=last_heard(case, thread),
        persons=persons_protecting(desk, case),
        accounts=answering.accounts,
        windows=answering.windows,
        zone=answering.zone,
    )


def persons_protecting(desk: Desk, case: Case) -> tuple[Person, ...]:
    """The confirmed person; else everybody suggested who has safe-contact rules."""
    confirmed = case.link.decision is LinkDecision.CONFIRMED
    candidates = case.link.candidates[: 1 if confirmed else MOST_PERSONS]
    found = (desk.store.person(each.record_id) for each in candidates)
    return tuple(each for each in found if each and (confirmed or each.safe_contact))


def offers_of(desk: Desk, case: Case) -> tuple[Offer, ...]:
    """The channels by which a case can be answered now, or why not."""
    return offers(moment_of(desk, case))


# --- presses --------------------------------------------------------------------------------------


def answer(desk: Desk, command: ReplyCommand) -> Answered:
    """Carry out any press about a reply (`ReplyCommand.verb` says which).

    Raises:
        Refused: the officer may not, the rules do not allow it, or the reply is elsewhere.
        Stale: the reply or the case changed since the officer looked.
    """
    return _PRESSES[command.verb](desk, command)


def draft(desk: Desk, command: ReplyCommand) -> Answered:
    """Keep a text as the case's draft. A changed text needs a new approval.

    Raises:
        Refused, Stale: as `answer`.
    """
    case = _owned(desk, command)
    reply = desk.store.reply(command.reply_id)
    wanted = _wanted(desk, case, command)
    if reply is None:
        return _begun(desk, case, command, wanted)
    _same_case(reply, command)
    if reply.state not in LIVE and reply.state is not ReplyState.FAILED:
        return Answered(
            reply=reply, said=f"The reply is {WORDS[reply.state]} already", changed=False
        )
    if reply.live and _as_it_is(reply, wanted):
        return Answered(reply=reply, said="Nothing changed in it", changed=False)
    state = next_reply_state(reply, ReplyVerb.WRITE)
    _as_looked_at(reply, command)
    after = replace(wanted, state=state, version=reply.version)
    saved = _changed(desk, command, reply, after, "reply_changed")
    return Answered(reply=saved, said="Draft saved")


def submit(desk: Desk, command: ReplyCommand) -> Answered:
    """Send a draft for approval; where one person is enough, it goes out with this press.

    Raises:
        Refused, Stale: as `answer`.
    """
    case, reply = _owned(desk, command), _named(desk, command)
    if reply.state is not ReplyState.DRAFT and reply.state is not ReplyState.FAILED:
        return _already(reply)
    next_reply_state(reply, ReplyVerb.SUBMIT)
    _as_looked_at(reply, command)
    _not_said_just_now(desk, reply)
    moment = moment_of(desk, case)
    refuse_unsafe(reply, moment)
    if needs_two(case):
        waiting = replace(reply, state=ReplyState.WAITING)
        notices = _asked(desk, case, reply)
        saved = _changed(desk, command, reply, waiting, "reply_submitted", notices=notices)
        return Answered(reply=saved, said="A second person must approve it: they are asked")
    approved = _approved(desk, case, reply, command)
    return _let_go(desk, command, case, reply, approved, said="On its way")


def approve(desk: Desk, command: ReplyCommand) -> Answered:
    """Approve what another person wrote, word for word; it goes out at once.

    Raises:
        Refused, Stale: as `answer`.
    """
    case, reply = _case(desk, command), _named(desk, command)
    may_approve(case, command.officer)
    if reply.state in (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.SENT):
        return _already(reply)
    next_reply_state(reply, ReplyVerb.APPROVE)
    _as_looked_at(reply, command)
    approved = _approved(desk, case, reply, command)
    refuse_unapproved(approved, case)
    refuse_unsafe(reply, moment_of(desk, case))
    return _let_go(desk, command, case, reply, approved, said="Approved: it is on its way")


def give_back(desk: Desk, command: ReplyCommand) -> Answered:
    """Send a reply back to its drafter, with a reason.

    Raises:
        Refused, Stale: as `answer`.
    """
    case, reply = _case(desk, command), _named(desk, command)
    may_approve(case, command.officer)
    state = next_reply_state(reply, ReplyVerb.RETURN)
    _as_looked_at(reply, command)
    reason = _reason(command)
    after = replace(reply, state=state, said=f"Sent back: {reason}")
    notices = _told(desk, case, reply, "returned", "Reply sent back", "its reply was sent back")
    saved = _changed(
        desk, command, reply, after, "reply_returned", notices=notices, more={"reason": reason}
    )
    return Answered(reply=saved, said="Sent back to whoever wrote it")


def withdraw(desk: Desk, command: ReplyCommand) -> Answered:
    """Take a reply back that is not on its way yet.

    Raises:
        Refused, Stale: as `answer`.
    """
    _owned(desk, command)
    reply = _named(desk, command)
    if reply.state is ReplyState.WITHDRAWN:
        return _already(reply)
    after = replace(reply, state=next_reply_state(reply, ReplyVerb.WITHDRAW))
    saved = _changed(desk, command, reply, after, "reply_withdrawn")
    return Answered(reply=saved, said="Withdrawn: nothing was sent")


def retry(desk: Desk, command: ReplyCommand) -> Answered:
    """Send again what a person found not to be on the platform; the approval must still hold.

    Raises:
        Refused, Stale: as `answer`.
    """
    case, reply = _owned(desk, command), _named(desk, command)
    next_reply_state(reply, ReplyVerb.RETRY)
    _as_looked_at(reply, command)
    refuse_unsafe(reply, moment_of(desk, case))
    try:
        refuse_unapproved(reply, case)
    except Refused:
        return _approval_anew(desk, case, reply, command)
    after = replace(untried(reply), state=ReplyState.APPROVED)
    saved = _changed(desk, command, reply, after, "reply_retried")
    desk.answering.urge(saved.id)
    return Answered(reply=saved, said="On its way again")


def arrived(desk: Desk, command: ReplyCommand) -> Answered:
    """Say that a reply nobody could tell about is on the platform.

    Raises:
        Refused, Stale: as `answer`.
    """
    _owned(desk, command)
    reply = _named(desk, command)
    state = next_reply_state(reply, ReplyVerb.ARRIVED)
    _as_looked_at(reply, command)
    name = command.officer.name
    after = replace(
        reply, state=state, unsure=False, sent_at=reply.tried_at, said=f"{name} saw it there"
    )
    saved = _changed(desk, command, reply, after, "reply_confirmed")
    return Answered(reply=saved, said="Noted as sent")


_PRESSES: Mapping[ReplyVerb, Callable[[Desk, ReplyCommand], Answered]] = {
    ReplyVerb.WRITE: draft,
    ReplyVerb.SUBMIT: submit,
    ReplyVerb.APPROVE: approve,
    ReplyVerb.RETURN: give_back,
    ReplyVerb.WITHDRAW: withdraw,
    ReplyVerb.RETRY: retry,
    ReplyVerb.ARRIVED: arrived,
}


# --- parts ----------------------------------------------------------------------------------------


def _case(desk: Desk, command: ReplyCommand) -> Case:
    case = desk.store.case(command.ref)
    if case is None:
        raise Refused(f"{command.ref}: no such item")
    return case


def _owned(desk: Desk, command: ReplyCommand) -> Case:
    case = _case(desk, command)
    may_reply(case, command.officer, names=desk.name_of)
    return case


def _named(desk: Desk, command: ReplyCommand) -> Reply:
    reply = desk.store.reply(command.reply_id)
    if reply is None:
        raise Refused(f"{command.ref}: there is no such reply")
    _same_case(reply, command)
    return reply


def _same_case(reply: Reply, command: ReplyCommand) -> None:
    if reply.ref != command.ref:
        raise Refused(f"{command.ref}: there is no such reply")


def _as_looked_at(reply: Reply, command: ReplyCommand) -> None:
    if command.version not in (None, reply.version):
        raise Stale(f"{reply.ref}: the reply has changed since: read it again")


def _already(reply: Reply) -> Answered:
    return Answered(reply=reply, said=f"The reply is {WORDS[reply.state]}", changed=False)


def _reason(command: ReplyCommand) -> str:
    reason = command.args.get("reason", "").strip()
    if not reason:
        raise Refused("Say why you send it back")
    return reason[:500]


def _wanted(desk: Desk, case: Case, command: ReplyCommand) -> Reply:
    """What the officer wants kept, if that may be; the tick can still be made later."""
    channel = command.args.get("channel", "") or case.item.channel
    text = written(command.args.get("text", ""))
    if not REPLY_ID.fullmatch(command.reply_id):
        raise Refused(f"{case.ref}: the form has no number of its own: open it again")
    if not text:
        raise Refused("There is nothing in the reply")
    refuse_route(moment_of(desk, case), channel, safe_to_send=True)
    refuse_too_long(text, channel)
    if quotes_note(text, case.note):
        raise Refused(f"{case.ref}: the reply repeats a note of the staff")
    return Reply(
        id=command.reply_id,
        ref=case.ref,
        channel=channel,
        public=dict(ROUTES[case.item.channel])[channel],
        text=text,
        drafted_by=command.officer.id,
        drafted_at=desk.clock(),
        safe_to_send=command.args.get("safe_to_send") == "yes",
        template=command.args.get("template", "")[:100],
    )


def _begun(desk: Desk, case: Case, command: ReplyCommand, wanted: Reply) -> Answered:
    _not_said_just_now(desk, wanted)
    event = event_of("reply_drafted", wanted, actor=command.officer.id, at=desk.clock())
    saved = desk.store.add_reply(wanted, events=[_from_tool(event, command)])
    if saved is None:  # the same form arrived twice at once
        return Answered(reply=_named(desk, command), said="Draft saved", changed=False)
    return Answered(reply=saved, said="Draft saved")


def _as_it_is(reply: Reply, wanted: Reply) -> bool:
    names = ("channel", "text", "safe_to_send")
    return all(getattr(reply, name) == getattr(wanted, name) for name in names)


def _not_said_just_now(desk: Desk, reply: Reply) -> None:
    """Two presses with two forms must not tell somebody the same thing twice."""
    since = desk.clock() - SAME_TEXT
    for other in desk.store.replies_of(reply.ref):
        sent = other.sent_at is not None and other.sent_at >= since
        if other.id != reply.id and sent and other.digest == reply.digest:
            raise Refused(f"{reply.ref}: the same text was sent just now")


def _approved(desk: Desk, case: Case, reply: Reply, command: ReplyCommand) -> Reply:
    return replace(
        untried(reply),
        state=ReplyState.APPROVED,
        approved_by=command.officer.id,
        approved_at=desk.clock(),
        approved_digest=digest(reply.text),
        approved_versions=case.text_versions,
    )


def _let_go(
    desk: Desk, command: ReplyCommand, case: Case, reply: Reply, approved: Reply, *, said: str
) -> Answered:
    """Keep an approval and have the reply sent at once."""
    more = told_of(reply.text, case, desk.store)
    saved = _changed(desk, command, reply, approved, APPROVED, more=more)
    desk.answering.urge(saved.id)
    return Answered(reply=saved, said=said)


def _approval_anew(desk: Desk, case: Case, reply: Reply, command: ReplyCommand) -> Answered:
    waiting = replace(unapproved(untried(reply)), state=ReplyState.WAITING)
    notices = _asked(desk, case, reply)
    saved = _changed(desk, command, reply, waiting, "reply_submitted", notices=notices)
    return Answered(reply=saved, said="It must be approved anew: a second person is asked")


# --- what is written and told ---------------------------------------------------------------------


def event_of(action: str, reply: Reply, *, actor: str, at: datetime, **more: object) -> Event:
    """A line of the trail about a reply: which, how long, its digest. Never what it says."""
    detail = {
        "reply": reply.id,
        "channel": reply.channel,
        "chars": length(reply.text, reply.channel),
        "digest": reply.digest,
        "safe_to_send": reply.safe_to_send,
        **more,
    }
    return Event(at=at, actor=actor, action=action, subject=reply.ref, detail=detail)


def _from_tool(event: Event, command: ReplyCommand) -> Event:
    pressed = {"tool": command.tool, **({"press": command.press} if command.press else {})}
    return replace(event, detail={**event.detail, **pressed})


def _changed(
    desk: Desk,
    command: ReplyCommand,
    before: Reply,
    after: Reply,
    action: str,
    *,
    notices: Iterable[Outgoing] = (),
    more: Mapping[str, object] | None = None,
) -> Reply:
    event = event_of(action, after, actor=command.officer.id, at=desk.clock(), **(more or {}))
    saved = desk.store.change_reply(
        before, after, events=[_from_tool(event, command)], notices=tuple(notices)
    )
    desk.acted(saved.ref)
    return saved


def _asked(desk: Desk, case: Case, reply: Reply) -> tuple[Outgoing, ...]:
    """Ask the lane that has the case for a second person. No word of the reply is in it."""
    who = desk.name_of(reply.drafted_by)
    text = f"{case.ref}: a reply by {who} waits for a second person to approve it"
    return told(desk, case, reply, "approval", title="Reply to approve", text=text)


def _told(
    desk: Desk, case: Case, reply: Reply, about: str, title: str, text: str
) -> tuple[Outgoing, ...]:
    return told(desk, case, reply, about, title=title, text=f"{case.ref}: {text}")


def told(
    desk: Desk, case: Case, reply: Reply, about: str, *, title: str, text: str
) -> tuple[Outgoing, ...]:
    """A notice about a reply for the lane that has the case. It holds no content."""
    lanes = [case.lane] if case.lane is not None else []
    places = desk.places(lanes, Tell.OWNER)
    about = f"reply:{reply.id}:{reply.version}:{about}"
    return case_notices(case, about, places, title=title, text=text, now=desk.clock())


__all__ = [
    "LIMITS",
    "Answered",
    "answer",
    "approve",
    "arrived",
    "draft",
    "event_of",
    "give_back",
    "moment_of",
    "offers_of",
    "persons_protecting",
    "retry",
    "submit",
    "told",
    "withdraw",
]
