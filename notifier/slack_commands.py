"""What Slack sends when somebody types `/fc`, opens their home, or passes a message on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from notifier.asking import Asked, PassedOn, Word, words_of
from notifier.shapes import kept_bytes, named, part, parts
from triage.model import Attachment

COMMAND = "slash_command"
"""Our name for the type of a payload that Slack gives none."""

SHORTCUT = "fc_pass_on"
"""The callback id of the message shortcut, as in the app's manifest."""

OURS = ("card:", "notice:", "thread:", "shown:")
"""How the blocks of what we posted ourselves are called (`notifier.blocks.block_id`)."""

_ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def as_payload(kind: str, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a Socket Mode request carries, named as over HTTP; None if it is nothing for us."""
    if kind == "slash_commands":
        return {**payload, "type": COMMAND}
    return dict(payload) if kind in ("interactive", "events_api") else None


def as_command(fields: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """The fields of a posted form if they are a slash command's."""
    if "command" not in fields:
        return None
    return {**{name: values[0] for name, values in fields.items()}, "type": COMMAND}


def command_of(payload: Mapping[str, Any], *, now: datetime) -> Asked:
    """The question of a slash command."""
    word, ref, known = words_of(named(payload.get("text")))
    return Asked(
        word=word,
        ref=ref,
        known=known,
        tool="slack",
        asked_at=now,
        slack_id=named(payload.get("user_id")),
        place=named(payload.get("channel_id")),
    )


def home_opened(payload: Mapping[str, Any]) -> str:
    """Whose Home tab was opened, "" if it is another event or tab."""
    event = part(payload, "event")
    if event.get("type") != "app_home_opened":
        return ""
    return named(event.get("user")) if event.get("tab", "home") == "home" else ""


def home_of_account(account: str, *, now: datetime, note: str = "") -> Asked:
    """The wish to see one's home."""
    return Asked(
        word=Word.HOME, tool="slack", asked_at=now, slack_id=account, on_home=True, note=note
    )


def passed_on(payload: Mapping[str, Any], *, sink: str, now: datetime) -> PassedOn | None:
    """The message somebody passes on; None if the shortcut is none of ours."""
    if payload.get("callback_id") != SHORTCUT:
        return None
    message, channel = part(payload, "message"), part(payload, "channel")
    stamp = named(message.get("ts")) or named(payload.get("message_ts"))
    place = (named(part(payload, "team").get("id")), named(channel.get("id")), stamp)
    return PassedOn(
        id="/".join(place),
        tool="slack",
        sink=sink,
        text="" if _ours(message) else "\n".join(_texts(message)),
        sent_at=_moment(stamp, now),
        attachments=tuple(Attachment(kind=_kind(each)) for each in parts(message, "files")),
        slack_id=named(part(payload, "user").get("id")),
        payload=kept_bytes(message),
        ours=_ours(message),
    )


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    """What is written in a message, and in the messages that are forwarded in it."""
    for each in (message, *parts(message, "attachments")):
        text = named(each.get("text")) or named(each.get("fallback"))
        if text.strip():
            yield plain(text)


def plain(text: str) -> str:
    """Text of a message as people read it: without Slack's marks for links, names and signs."""
    shown = _ENTITY.sub(_shown, text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _shown(match: re.Match[str]) -> str:
    target, label = match[1], match[2] or ""
    if target[:1] in ("@", "#", "!"):
        return f"{'#' if target[0] == '#' else '@'}{(label or target[1:]).lstrip('@#')}"
    return label if label and target.endswith(label) else f"{label} {target}".strip()


def _ours(message: Mapping[str, Any]) -> bool:
    """Whether we posted it ourselves: what stands on a card is on the desk already."""
    return any(named(each.get("block_id")).startswith(OURS) for each in parts(message, "blocks"))


def _kind(file: Mapping[str, Any]) -> str:
    return named(file.get("mimetype")).partition("/")[0] or "file"


def _moment(stamp: str, now: datetime) -> datetime:
    """When a message was written; the present where Slack does not say so sensibly."""
    try:
        return min(datetime.fromtimestamp(float(stamp), UTC), now)
    except (ValueError, OverflowError, OSError):
        return now
