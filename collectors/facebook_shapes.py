"""Graph API payloads: which fields to ask for, what they say, and what its errors mean."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from collectors.entries import Raw, dicts, named, written
from collectors.http import Answer
from collectors.paging import moment
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    RateLimited,
    Unauthorised,
    Unavailable,
)
from triage.items import LINK_CHARS, SHORT_CHARS
from triage.model import Attachment, Author, Item, Quota
from triage.taxonomy import Kind

COMMENT = "fb_comment"
MESSAGE = "fb_message"

POST_FIELDS = (
    "id,created_time,updated_time,from{id,name},message,"
    "comments.filter(stream).limit(0).summary(true)"
)
COMMENT_FIELDS = "id,created_time,from{id,name},message,parent{id},attachment,permalink_url"
CONVERSATION_FIELDS = "id,updated_time"
MESSAGE_FIELDS = "id,created_time,from{id,name},message,attachments,sticker,shares"


# --- pages ----------------------------------------------------------------------------------------


def entries(body: Raw) -> list[Raw]:
    """The entries of a page."""
    return dicts(body.get("data"))


def after(body: Raw) -> str:
    """The cursor of the next page, "" where there is no `next`: a short page is not the last."""
    paging = body.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    found = named(cursors.get("after"), LINK_CHARS) if isinstance(cursors, dict) else ""
    return found or _after_in(named(paging["next"], LINK_CHARS))


def _after_in(link: str) -> str:
    """The cursor inside a link, for pages that name it nowhere else."""
    try:
        return parse_qs(urlsplit(link).query).get("after", [""])[0]
    except ValueError:
        return ""


def required_id(raw: Raw) -> str:
    """The id of an entry.

    Raises:
        ValueError: it has none.
    """
    own = named(raw.get("id"), SHORT_CHARS + 1)
    if not own or len(own) > SHORT_CHARS:
        raise ValueError("id: missing or too long")
    return own


def stamp(raw: Raw, field: str, now: datetime) -> datetime:
    """A time of an entry, never in the future.

    Raises:
        ValueError: names the field.
    """
    try:
        return moment(raw.get(field), now)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from error


def sender(raw: Raw) -> str:
    """Who wrote an entry, page-scoped; "" where Facebook does not say."""
    author = raw.get("from")
    return named(author.get("id")) if isinstance(author, dict) else ""


def comment_count(raw: Raw) -> int:
    """How many comments a post has, -1 where Facebook does not say."""
    comments = raw.get("comments")
    summary = comments.get("summary") if isinstance(comments, dict) else None
    total = summary.get("total_count") if isinstance(summary, dict) else None
    return total if isinstance(total, int) else -1


# --- items ----------------------------------------------------------------------------------------


def comment_item(raw: Raw, *, post_id: str, page_id: str, now: datetime) -> Item:
    """A comment, or a reply to one.

    Raises:
        ValueError: names the field that cannot be read.
    """
    parent = raw.get("parent")
    return Item(
        id=required_id(raw),
        channel=COMMENT,
        account=page_id,
        sent_at=stamp(raw, "created_time", now),
        text=_text(raw),
        kind=Kind.COMMENT,
        author=_author(raw),
        thread_id=post_id,
        reply_to=named(parent.get("id")) if isinstance(parent, dict) else "",
        attachments=_attachments(raw),
    )


def visitor_post_item(raw: Raw, *, page_id: str, now: datetime) -> Item:
    """What somebody else wrote on the page.

    Raises:
        ValueError: names the field that cannot be read.
    """
    own = required_id(raw)
    return Item(
        id=own,
        channel=COMMENT,
        account=page_id,
        sent_at=stamp(raw, "created_time", now),
        text=_text(raw),
        kind=Kind.POST,
        author=_author(raw),
        thread_id=own,
    )


def message_item(raw: Raw, *, conversation_id: str, page_id: str, now: datetime) -> Item:
    """A Messenger message.

    Raises:
        ValueError: names the field that cannot be read.
    """
    return Item(
        id=required_id(raw),
        channel=MESSAGE,
        account=page_id,
        sent_at=stamp(raw, "created_time", now),
        text=_text(raw),
        kind=Kind.DM,
        author=_author(raw),
        thread_id=conversation_id,
        attachments=_attachments(raw),
    )


def _text(raw: Raw) -> str:
    return written(raw.get("message"), "message")


def _author(raw: Raw) -> Author:
    author = raw.get("from")
    if not isinstance(author, dict):
        return Author()
    return Author(account_id=named(author.get("id")), display_name=named(author.get("name")))


def _attachments(raw: Raw) -> tuple[Attachment, ...]:
    found = [_attachment(each) for each in _parts(raw, "attachments")]
    if isinstance(raw.get("attachment"), dict):
        found.append(_attachment(raw["attachment"]))
    if raw.get("sticker"):
        found.append(Attachment(kind="sticker", url=named(raw["sticker"], LINK_CHARS)))
    found += [
        Attachment(kind="share", url=named(each.get("link"), LINK_CHARS))
        for each in _parts(raw, "shares")
    ]
    return tuple(found)


def _parts(raw: Raw, field: str) -> list[Raw]:
    """The objects of an edge that came inside an entry."""
    inner = raw.get(field)
    return dicts(inner.get("data") if isinstance(inner, dict) and "data" in inner else inner)


MEDIA = frozenset({"audio", "image", "video"})


def _attachment(raw: Raw) -> Attachment:
    for kind in ("image_data", "video_data"):
        inner = raw.get(kind)
        if isinstance(inner, dict):
            url = named(inner.get("url"), LINK_CHARS)
            return Attachment(kind=kind.removesuffix("_data"), url=url)
    url = named(raw.get("file_url") or raw.get("url"), LINK_CHARS)
    return Attachment(kind=_kind(raw), url=url)


def _kind(raw: Raw) -> str:
    """What it is: of `audio/mp4` the audio counts, because somebody must listen."""
    kind = named(raw.get("type")) or named(raw.get("mime_type"))
    family = kind.partition("/")[0].casefold()
    return family if family in MEDIA else kind or "file"


# --- limits and errors ----------------------------------------------------------------------------

LIMITS = frozenset({4, 17, 32, 613, *range(80000, 80015)})
WAIT_UNTOLD = timedelta(minutes=15)
"""How long to wait for a limit that does not say when it ends: asking early extends it."""

LONGEST_WAIT_MINUTES = 24 * 60
LARGEST = 1 << 40
"""Numbers beyond it, and what is none at all, are nonsense."""

DEAD = frozenset({102, 190})
DEAD_BECAUSE = {
    458: "the app was removed",
    459: "the account must pass a checkpoint",
    460: "the password was changed",
    463: "it expired",
    464: "the account is not confirmed",
    467: "it is not valid",
    492: "the person behind it lost their role on the page",
}
SCOPES = {
    "posts": "pages_read_engagement and pages_read_user_content",
    "comments": "pages_read_engagement and pages_read_user_content",
    "conversations": "pages_messaging",
    "messages": "pages_messaging",
}


class TooMuch(Unavailable):
    """More was asked for at once than Facebook can answer: ask for less."""


def refusal(answer: Answer, *, name: str, what: str, now: datetime) -> FirstContactError | None:
    """What an error of the Graph API means, or None if the answer is none."""
    error = answer.body.get("error")
    if not isinstance(error, dict):
        if answer.status == 429:
            return RateLimited(f"{name}: {what}: too many requests", retry_at=now + WAIT_UNTOLD)
        return Gone(f"{name}: {what}: not there") if answer.status == 404 else None
    code, subcode = _int(error.get("code")), _int(error.get("error_subcode"))
    if code in LIMITS or answer.status == 429:
        wait = regained_after(answer.headers) or WAIT_UNTOLD
        return RateLimited(f"{name}: {what}: limit reached (error {code})", retry_at=now + wait)
    if code in DEAD:
        why = DEAD_BECAUSE.get(subcode, "it is no longer accepted")
        return Unauthorised(f"{name}: the page token is dead: {why} (error {code}/{subcode})")
    return _lesser_refusal(error, code, subcode, f"{name}: {what}")


def _lesser_refusal(error: Raw, code: int, subcode: int, what: str) -> FirstContactError:
    said = named(error.get("message"))
    if "appsecret_proof" in said:
        return Unauthorised(f"{what}: the app secret is wrong (error {code})")
    if code in (3, 10) or 200 <= code <= 299:
        return Unauthorised(f"{what}: the token lacks {_scope(said, what)} (error {code})")
    if code == 803 or (code == 100 and subcode == 33):
        return Gone(f"{what}: not there (error {code}/{subcode})")
    if "reduce the amount of data" in said:
        return TooMuch(f"{what}: Facebook cannot answer so much at once (error {code})")
    if code in (1, 2, -1) or error.get("is_transient"):
        return Unavailable(f"{what}: Facebook asks to try again (error {code})")
    return BadRequest(f"{what}: refused (error {code}/{subcode})")


def _scope(said: str, what: str) -> str:
    """The permission an error names, or the one that is usually missing."""
    named = sorted(set(re.findall(r"\b(?:pages|instagram|business)_[a-z_]+\b", said)))
    source = what.rsplit(": ", 1)[-1]
    return " and ".join(named) or SCOPES.get(source, "a permission")


_USAGE = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")


def usages(headers: Mapping[str, str]) -> dict[str, list[Raw]]:
    """The usage headers: percentages used, by header."""
    found: dict[str, list[Raw]] = {}
    for header in _USAGE:
        try:
            decoded = json.loads(headers.get(header) or "{}")
        except (ValueError, RecursionError):
            continue
        found[header] = list(_measures(decoded))
    return {header: measures for header, measures in found.items() if measures}


def _measures(decoded: object) -> list[Raw]:
    """Business usage comes in lists by page or business id, the others plain."""
    if not isinstance(decoded, dict):
        return []
    if any(isinstance(value, int | float) for value in decoded.values()):
        return [decoded]
    lists = [value for value in decoded.values() if isinstance(value, list)]
    return [each for group in lists for each in group if isinstance(each, dict)]


def quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """Usage headers as quotas, in per cent."""
    return tuple(
        Quota(
            name=header.removeprefix("x-").removesuffix("-usage").replace("-", "_"),
            remaining=max(0, 100 - max(_used(measure) for measure in measures)),
            limit=100,
            resets_at=_resets_at(measures, now),
        )
        for header, measures in usages(headers).items()
    )


def regained_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long until access is regained, if the headers say (in minutes)."""
    waits = [
        _int(measure.get("estimated_time_to_regain_access"))
        for measures in usages(headers).values()
        for measure in measures
    ]
    longest = min(max(waits, default=0), LONGEST_WAIT_MINUTES)
    return timedelta(minutes=longest) if longest > 0 else None


def _resets_at(measures: list[Raw], now: datetime) -> datetime | None:
    wait = max(_int(each.get("estimated_time_to_regain_access")) for each in measures)
    wait = min(wait, LONGEST_WAIT_MINUTES)
    return now + timedelta(minutes=wait) if wait > 0 else None


def _used(measure: Raw) -> int:
    return max(_int(measure.get(key)) for key in ("call_count", "total_time", "total_cputime"))


def _int(value: object) -> int:
    """A number that is believed; 0 of anything else."""
    if not isinstance(value, int | float) or not abs(value) < LARGEST:
        return 0
    return round(value)
