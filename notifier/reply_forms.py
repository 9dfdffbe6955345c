"""How an officer answers a citizen from chat, and how a second one approves it.

Pure, and the same for every chat tool (`notifier.forms`). The text stands behind the press, for
whoever may read it; no card and no notification ever shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from notifier import card as actions
from notifier import words
from notifier.card import Button
from notifier.forms import Asking, Field, FieldKind, Form, Group, Option, about
from notifier.press import MAX_ARG
from notifier.sheets import QUOTE_CHARS
from triage.model import Case
from triage.replies import Reply

APPROVE = "approve"
RETURN = "return"
SAFE = "yes"
LONGEST = 8000
"""Bytes of a reply that every tool shows whole: nobody approves what they cannot read."""

CHANNELS: Mapping[str, str] = {
    "x_mention": "Public reply on X",
    "x_dm": "Direct message on X",
    "fb_comment": "Public comment on Facebook",
    "fb_message": "Messenger message",
}
"""A channel as whoever answers by it calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What a form for a reply is made of.

    `channels` are those that are safe and open now, with the characters each takes. `reply_id`
    and `version` name the reply that is written. `templates` are id and title; `text` is what
    stands in the box at first.
    """

    channels: Sequence[tuple[str, int]]
    reply_id: str
    version: int
    text: str
    ticked: bool
    delicate: bool
    two: bool
    window: str
    templates: Sequence[tuple[str, str]]


def reply_form(case: Case, asking: Asking, answering: Answering) -> Form:
    """A form in which an officer writes to whoever wrote the case."""
    names = [name for name, _ in answering.channels]
    kept = {"reply": answering.reply_id, "version": str(answering.version)}
    fields = [_text(answering)]
    if len(names) > 1:
        fields.insert(0, _channel(names))
    else:
        kept["channel"] = names[0]
    if answering.delicate:
        fields.append(_tick(ticked=answering.ticked))
    starts = [
        Button(action=actions.REPLY, label=title, args={"template": template})
        for template, title in answering.templates
    ]
    lines = (*about(case, asking), *([answering.window] if answering.window else []))
    return Form(
        action=actions.REPLY,
        ref=case.ref,
        seen=asking.seen,
        title="Reply",
        lines=lines,
        fields=tuple(fields),
        groups=(Group(title="Texts to start from", buttons=tuple(starts)),) if starts else (),
        submit="Ask for approval" if answering.two else "Send",
        args=kept,
    )


def _text(answering: Answering) -> Field:
    names = [CHANNELS[name] for name, _ in answering.channels]
    most = min(max(most for _, most in answering.channels), MAX_ARG)
    who = "A second person approves it first." if answering.two else "It goes out at once."
    return Field(
        name="text",
        label=names[0] if len(names) == 1 else "Reply",
        kind=FieldKind.MULTILINE,
        limit=most,
        value=answering.text,
        hint=f"The citizen reads this. At most {most:,} characters here. {who}",
        missing="Write something",
    )


def _channel(names: Sequence[str]) -> Field:
    return Field(
        name="channel",
        label="By",
        kind=FieldKind.CHOICE,
        options=tuple(Option(value=name, label=CHANNELS[name]) for name in names),
        value=names[0],
        missing="Choose how",
    )


def _tick(*, ticked: bool) -> Field:
    return Field(
        name="safe_to_send",
        label="Safe to send",
        kind=FieldKind.CHECK,
        options=(Option(value=SAFE, label="I know that it is safe for them to get this now"),),
        required=False,
        value=SAFE if ticked else "",
    )


def approval_form(case: Case, asking: Asking, reply: Reply) -> Form:
    """What they wrote, what is to be answered, and whether it may go out."""
    by = asking.context.officer_name(reply.drafted_by)
    ticked = " · safe to send" if reply.safe_to_send else ""
    said = f"{CHANNELS.get(reply.channel, reply.channel)} by {by}{ticked}:"
    decision = Field(
        name="decision",
        label="Decision",
        kind=FieldKind.CHOICE,
        options=(
            Option(value=APPROVE, label="Approve: it goes out"),
            Option(value=RETURN, label="Send it back"),
        ),
        missing="Decide",
    )
    why = Field(name="reason", label="Why it goes back", required=False)
    return Form(
        action=actions.APPROVE_REPLY,
        ref=case.ref,
        seen=asking.seen,
        title="Approve a reply",
        lines=about(case, asking),
        quotes=(
            words.shorten(f"They wrote: {words.visible(case.item.text)}", QUOTE_CHARS),
            *_pieces(f"{said}\n{words.visible(reply.text)}"),
        ),
        fields=(decision, why),
        submit="Decide",
        args={"reply": reply.id, "version": str(reply.version)},
    )


def _pieces(text: str) -> list[str]:
    return [text[at : at + QUOTE_CHARS] for at in range(0, len(text), QUOTE_CHARS)]


def with_replies(form: Form, buttons: Sequence[Button], line: str) -> Form:
    """The sheet of all that is possible, with what can be done about a reply first."""
    if not buttons and not line:
        return form
    lines = (line,) if line else ()
    group = Group(title="Answer", buttons=tuple(buttons), lines=lines)
    return replace(form, groups=(group, *form.groups))
