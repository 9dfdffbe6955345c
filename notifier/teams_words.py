"""What Teams sends when somebody writes to the bot, looks at their home, or passes a message on."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from notifier.adaptive_home import HOME, NEXT, ON_HOME
from notifier.asking import Asked, PassedOn, Word, words_of
from notifier.shapes import kept_bytes, part, parts
from triage.model import Attachment

COMMAND = "fc_pass_on"
"""The id of the message extension's command, as in the app's manifest."""

FETCH, SUBMIT = "composeExtension/fetchTask", "composeExtension/submitAction"
PRESSED = "adaptiveCard/action"

_MENTION = re.compile(r"<at[^>]*>.*?</at>", re.DOTALL)
_BLOCKS = frozenset(["br", "div", "p", "li", "tr", "h1", "h2", "h3", "blockquote", "pre"])


def asked_by(activity: Mapping[str, Any], *, now: datetime) -> Asked | None:
    """The question of a message to the bot; None for anything else. No words ask for the home."""
    if activity.get("type") != "message":
        return None
    said = _MENTION.sub("", str(activity.get("text") or ""))
    word, ref, known = words_of(said)
    if not said.strip() or (word is Word.HELP and not known):
        word = Word.HOME  # whatever is said, an officer sees their desk
    return Asked(
        word=word,
        ref=ref,
        tool="teams",
        asked_at=now,
        teams_id=account_of(activity),
        place=place_of(activity),
    )


def home_action(activity: Mapping[str, Any]) -> str:
    """The verb that was pressed on a home or answer, "" if it is a press on a card."""
    if activity.get("type") != "invoke" or activity.get("name") != PRESSED:
        return ""
    action = part(part(activity, "value"), "action")
    verb = str(action.get("verb") or "")
    return verb if verb in (HOME, NEXT) or ON_HOME in part(action, "data") else ""


def home_asked(activity: Mapping[str, Any], *, now: datetime, note: str, verb: str) -> Asked:
    """The wish to see one's home after a press on it."""
    return Asked(
        word=Word.NEXT if verb == NEXT else Word.HOME,
        tool="teams",
        asked_at=now,
        teams_id=account_of(activity),
        place=place_of(activity),
        on_home=True,
        note=note,
    )


def passed_on(
    activity: Mapping[str, Any], *, sink: str, app: str, now: datetime
) -> PassedOn | None:
    """The message somebody passes on; None if the extension's command is none of ours."""
    value = part(activity, "value")
    message = part(value, "messagePayload")
    if value.get("commandId") != COMMAND or not message:
        return None
    place = place_of(activity)
    others = parts(message, "attachments")
    return PassedOn(
        id=f"{place}/{message.get('id') or ''}",
        tool="teams",
        sink=sink,
        text="\n".join(_texts(message, others)),
        sent_at=_moment(message.get("createdDateTime"), now),
        attachments=tuple(Attachment(kind=_kind(each)) for each in others if _is_file(each)),
        teams_id=account_of(activity),
        payload=kept_bytes(message),
        ours=_by_app(message, app),
    )


def personal(activity: Mapping[str, Any]) -> bool:
    """Whether only the asker sees what is written in this conversation."""
    about = part(activity, "conversation")
    kind = str(about.get("conversationType") or "")
    if kind:
        return kind == "personal"
    # Not told (the playground): what has several members is a group or begins with `19:`.
    return not about.get("isGroup") and not str(about.get("id") or "").startswith("19:")


def account_of(activity: Mapping[str, Any]) -> str:
    """Who sent an activity, as officers are known."""
    sender = part(activity, "from")
    return str(sender.get("aadObjectId") or sender.get("id") or "")


def user_of(activity: Mapping[str, Any]) -> str:
    """Who sent an activity, as cards name those for whom they are drawn again (`29:…`)."""
    return str(part(activity, "from").get("id") or "")


def place_of(activity: Mapping[str, Any]) -> str:
    """The conversation of an activity, without the thread in it."""
    return str(part(activity, "conversation").get("id") or "").partition(";")[0]


# --- texts ----------------------------------------------------------------------------------------


def _texts(message: Mapping[str, Any], others: list[dict[str, Any]]) -> Iterator[str]:
    """What is written in a message, then what it quotes or forwards."""
    written = plain(part(message, "body"))
    if written:
        yield written
    for each in others:
        quoted = _quoted(each)
        if quoted:
            yield quoted


def _quoted(attachment: Mapping[str, Any]) -> str:
    """The text of a message that is quoted or forwarded: an attachment with JSON in it."""
    if not str(attachment.get("contentType") or "").lower().endswith("messagereference"):
        return ""
    try:
        content = json.loads(str(attachment.get("content") or ""))
    except (ValueError, RecursionError):
        return ""
    preview = content.get("messagePreview") if isinstance(content, dict) else ""
    return preview.strip() if isinstance(preview, str) else ""


def plain(body: Mapping[str, Any]) -> str:
    """The text of a message's body as people read it."""
    content = body.get("content")
    if not isinstance(content, str):
        return ""
    if body.get("contentType") != "html":
        return content.strip()
    reader = _Reader()
    reader.feed(content)
    reader.close()
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.found).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    """The words of HTML, a new line where a block begins or ends, the words under pictures too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins; a picture says what it is called."""
        if tag in _BLOCKS:
            self.found.append("\n")
        if tag in ("img", "emoji"):
            self.found.append(f" {dict(attrs).get('alt') or ''} ")

    def handle_endtag(self, tag: str) -> None:
        """A block ends."""
        if tag in _BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        """Words, or blanks between tags."""
        self.found.append(data.replace("\n", " "))


def _is_file(attachment: Mapping[str, Any]) -> bool:
    return not _quoted(attachment)


def _kind(attachment: Mapping[str, Any]) -> str:
    kind = str(attachment.get("contentType") or "").partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "file"


def _by_app(message: Mapping[str, Any], app: str) -> bool:
    """Whether we posted it ourselves: what stands on a card is on the desk already."""
    sender = part(part(message, "from"), "application")
    return bool(app) and str(sender.get("id") or "").removeprefix("28:") == app


def _moment(value: object, now: datetime) -> datetime:
    """When a message was written; the present where Teams does not say so sensibly."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return now
    return now if moment.utcoffset() is None else min(moment, now)
