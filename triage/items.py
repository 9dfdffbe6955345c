"""Items as JSON: the shape of DESIGN.md section 3, read strictly and written back whole."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from triage.errors import BadInput
from triage.model import Attachment, Author, Item
from triage.taxonomy import Kind

STAFF = "staff"
"""The channel of what members of staff pass on. Nobody outside writes to it."""

CHANNELS: Mapping[str, tuple[str, Kind]] = {
    "x_mention": ("x", Kind.MENTION),
    "x_dm": ("x", Kind.DM),
    "fb_comment": ("facebook", Kind.COMMENT),
    "fb_message": ("facebook", Kind.DM),
    "ig_comment": ("instagram", Kind.COMMENT),
    "ig_dm": ("instagram", Kind.DM),
    "bluesky": ("bluesky", Kind.MENTION),
    "mastodon": ("mastodon", Kind.MENTION),
    "reddit": ("reddit", Kind.COMMENT),
    "whatsapp": ("whatsapp", Kind.DM),
    "webhook": ("webhook", Kind.DM),
    "webchat": ("webhook", Kind.DM),
    "email": ("email", Kind.DM),
    STAFF: (STAFF, Kind.DM),
}
"""Channel name to its platform and the kind an item has when it does not say."""

KNOWN = frozenset(
    [
        "id",
        "channel",
        "account",
        "sent_at",
        "author",
        "thread_id",
        "reply_to",
        "text",
        "lang",
        "attachments",
        "kind",
    ]
)
MAX_CHARS = 100_000
SHORT_CHARS = 1000
LINK_CHARS = 8000
DEEPEST = 32
"""How deep unknown fields may be nested: deeper ones could not be written out again."""

FUTURE_TOLERANCE = timedelta(minutes=5)
EARLIEST_YEAR = 1970
"""No platform is older; much earlier times could not be reckoned with."""


def platform_of(channel: str) -> str:
    """The platform a channel belongs to; account ids are unique within it."""
    return CHANNELS[channel][0] if channel in CHANNELS else channel


def require_public(item: Item, where: str) -> Item:
    """An item from outside; whatever says that staff passed it on is not believed.

    Raises:
        BadInput: names `where`.
    """
    if item.channel == STAFF:
        raise BadInput(f"{where}: channel", "only staff in the force's own chat write to it")
    return item


def parse_line(line: str | bytes, where: str, *, now: datetime) -> Item:
    """One JSON line as an item.

    Raises:
        BadInput: names `where` and the field.
    """
    try:
        raw = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise BadInput(where, "not a JSON object")
    return parse_item(raw, where, now=now)


def parse_item(raw: Mapping[str, Any], where: str, *, now: datetime) -> Item:
    """A decoded JSON object as an item. Only `text` is required; unknown fields are kept.

    Without an id, one is made from the content, so that the same line twice is one item.
    Without `sent_at`, `now` is taken.

    Raises:
        BadInput: names `where` and the field.
    """
    text = _text(raw.get("text"), where)
    extra = {key: value for key, value in raw.items() if key not in KNOWN}
    channel = _string(raw, "channel", where) or "webhook"
    if channel not in CHANNELS:
        raise BadInput(f"{where}: channel", f"unknown channel {channel[:40]!r}")
    return Item(
        channel=channel,
        account=_name(raw, "account", where),
        sent_at=_time(raw.get("sent_at"), f"{where}: sent_at", now),
        text=text,
        kind=_kind(raw, channel, where),
        author=_author(raw.get("author"), where),
        thread_id=_name(raw, "thread_id", where),
        reply_to=_name(raw, "reply_to", where),
        lang=_string(raw, "lang", where),
        attachments=_attachments(raw.get("attachments"), where),
        extra=_clean(extra, where, DEEPEST) if extra else {},
        id=_name(raw, "id", where) or _content_id(raw, where),
    )


def item_json(item: Item) -> dict[str, Any]:
    """The item as a JSON object, from which `parse_item` makes it again."""
    return {
        **item.extra,
        "id": item.id,
        "channel": item.channel,
        "account": item.account,
        "sent_at": item.sent_at.isoformat(),
        "author": {
            "account_id": item.author.account_id,
            "handle": item.author.handle,
            "display_name": item.author.display_name,
            "profile": item.author.profile,
        },
        "thread_id": item.thread_id,
        "reply_to": item.reply_to,
        "text": item.text,
        "lang": item.lang,
        "attachments": [{"kind": each.kind, "url": each.url} for each in item.attachments],
        "kind": item.kind.value,
    }


def clean_text(text: str) -> str:
    """Text that every database and chat tool can hold: no NUL, no lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        what = "missing" if value is None else f"must be a string, not {type(value).__name__}"
        raise BadInput(f"{where}: text", what)
    return clean_text(value)[:MAX_CHARS]


def _string(raw: Mapping[str, Any], field: str, where: str, longest: int = SHORT_CHARS) -> str:
    """A field that people read, cut where it is too long."""
    return _whole(raw, field, where)[:longest]


def _name(raw: Mapping[str, Any], field: str, where: str) -> str:
    """A field that tells things apart: cut, it would make two of them one."""
    value = _whole(raw, field, where)
    if len(value) > SHORT_CHARS:
        raise BadInput(f"{where}: {field}", f"longer than {SHORT_CHARS} characters")
    return value


def _whole(raw: Mapping[str, Any], field: str, where: str) -> str:
    value = raw.get(field)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value, f"{where}: {field}")
    if not isinstance(value, str):
        raise BadInput(f"{where}: {field}", f"must be a string, not {type(value).__name__}")
    return clean_text(value)


def _digits(value: int, where: str) -> str:
    try:
        return str(value)
    except ValueError as error:
        raise BadInput(where, "a number too long to read") from error


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _clean(value: Any, where: str, depth: int) -> Any:
    """An unknown field as every database and tool can hold it: see `clean_text`."""
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        _digits(value, where)
        return value
    if isinstance(value, float):
        return _finite(value, where)
    if not depth:
        raise BadInput(where, f"nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        return {
            name: _clean(each, f"{where}: {name}"[:200], depth - 1)
            for name, each in ((clean_text(str(key)), each) for key, each in value.items())
        }
    if isinstance(value, list | tuple):
        return [_clean(each, where, depth - 1) for each in value]
    raise BadInput(where, f"not JSON: {type(value).__name__}")


def _finite(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise BadInput(where, "a number too large to read")
    return value


def _time(value: Any, where: str, now: datetime) -> datetime:
    if value is None:
        return now
    if isinstance(value, int) and not isinstance(value, bool):
        value = _digits(value, where)  # a Unix time has no zone to be sure of
    if not isinstance(value, str):
        raise BadInput(where, f"must be a string, not {type(value).__name__}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadInput(where, f"not an ISO 8601 time: {value[:40]!r}") from error
    if moment.utcoffset() is None:
        raise BadInput(where, f"time has no zone: {value[:40]!r}")
    if moment.year < EARLIEST_YEAR:
        raise BadInput(where, f"time lies before {EARLIEST_YEAR}: {value[:40]!r}")
    if moment > now + FUTURE_TOLERANCE:
        raise BadInput(where, f"time lies in the future: {value[:40]!r}")
    return moment


def _kind(raw: Mapping[str, Any], channel: str, where: str) -> Kind:
    value = _string(raw, "kind", where)
    try:
        return Kind(value) if value else CHANNELS[channel][1]
    except ValueError as error:
        raise BadInput(f"{where}: kind", f"unknown kind {value[:40]!r}") from error


def _author(value: Any, where: str) -> Author:
    if value is None:
        return Author()
    if not isinstance(value, dict):
        raise BadInput(f"{where}: author", "must be an object")
    inner = f"{where}: author"
    return Author(
        account_id=_name(value, "account_id", inner),
        handle=_string(value, "handle", inner),
        display_name=_string(value, "display_name", inner),
        profile=_string(value, "profile", inner),
    )


def _attachments(value: Any, where: str) -> tuple[Attachment, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadInput(f"{where}: attachments", "must be a list of objects")
    inner = f"{where}: attachments"
    return tuple(
        Attachment(
            kind=_string(each, "kind", inner) or "file", url=_string(each, "url", inner, LINK_CHARS)
        )
        for each in value
    )


def _content_id(raw: Mapping[str, Any], where: str) -> str:
    try:
        canonical = json.dumps(raw, sort_keys=True, ensure_ascii=True).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(where, "cannot be written as JSON") from error
    return "sha256-" + hashlib.sha256(canonical).hexdigest()[:32]
