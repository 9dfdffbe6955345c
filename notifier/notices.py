"""What is told without a card: notices, what a card is cut to, and which of them a message is."""

import json
from dataclasses import dataclass

from notifier import words
from notifier.card import ACKNOWLEDGE, Button, CardContext
from triage.desk import QUEUE
from triage.lifecycle import Verb
from triage.model import Case, Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A member of staff whom a notice calls, with their chat identities where they have any."""

    name: str
    id: str = ""
    slack: str = ""
    teams: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about the service or an escalation: no content, and no name but of staff.

    `label` says what `url` opens, "" where there is nothing to open. `lines` stand below the text.
    A tool calls those of `to` whom it knows; `buttons` are what whoever reads it can press.
    """

    title: str
    text: str
    ref: str
    url: str
    plain: str
    label: str = ""
    lines: tuple[str, ...] = ()
    to: tuple[Called, ...] = ()
    buttons: tuple[Button, ...] = ()

    @property
    def names(self) -> str:
        """Whom it calls, where a tool cannot call them."""
        return ", ".join(each.name for each in self.to)


def notice_of(body: str, context: CardContext, *, ref: str = "") -> Notice:
    """A notice from the body of an outgoing message: JSON as `triage.desk.notice` writes it
    (`{"title","text","lines"?,"ref"?,"to"?,"ask"?,"opens"?}`), or a line."""
    title = context.desk or "firstcontact"
    try:
        raw = json.loads(body)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raw = {"text": body}
    title, text = str(raw.get("title") or title), str(raw.get("text") or "")
    ref, queue = str(raw.get("ref") or ref), raw.get("opens") == QUEUE
    title, text = words.visible(title), words.visible(text)
    return Notice(
        title=title,
        text=text,
        ref=ref,
        url=context.queue_url if queue else context.link(ref),
        plain=words.shorten(" · ".join(part for part in (title, text) if part), 250),
        label="Open the queue" if queue else "Open in console" if ref else "",
        lines=_below(raw.get("lines")),
        to=_called(raw.get("to")),
        buttons=_asked(raw.get("ask")) if ref else (),
    )


def stub_of(case: Case, context: CardContext) -> Notice:
    """What is left of a card long after its case was closed: its number and the date."""
    day = ""
    if case.closed_at is not None:
        closed = case.closed_at.astimezone(context.zone)
        day = f" on {closed.day} {closed:%b %Y}"
    said = f"{case.ref} closed{day}"
    return Notice(title=said, text="", ref=case.ref, url="", plain=said)


def subject_of(message: Outgoing, case: Case | None, context: CardContext) -> Notice | Case:
    """What a message shows: a notice, or the case whose card it is."""
    if message.body or case is None:
        return notice_of(message.body, context, ref=message.case_ref)
    return stub_of(case, context) if message.stub else case


def _below(raw: object) -> tuple[str, ...]:
    lines = raw if isinstance(raw, list) else []
    return tuple(words.visible(str(line)) for line in lines)


def _called(raw: object) -> tuple[Called, ...]:
    each = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    return tuple(
        Called(
            name=words.visible(str(one.get("name") or "")),
            id=str(one.get("id") or ""),
            slack=str(one.get("slack") or ""),
            teams=str(one.get("teams") or ""),
        )
        for one in each
    )


def _asked(verb: object) -> tuple[Button, ...]:
    if verb != Verb.ACKNOWLEDGE.value:
        return ()
    return (Button(action=ACKNOWLEDGE, label="I have it in hand", main=True),)
