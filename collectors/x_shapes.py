"""X API v2 payloads: what to ask for, and what the answers say, in both vocabularies.

X renames `tweet.*` to `post.*` (OpenAPI 2.170). Servers speak one, the other or both; we ask in
both, and in one of them once the other was refused.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

from collectors.entries import Raw, as_bytes, dicts, named, written
from collectors.paging import moment
from triage.items import LINK_CHARS
from triage.model import Attachment, Author, Item
from triage.taxonomy import Kind

MENTION = "x_mention"
DM = "x_dm"

_ALWAYS = "attachments,author_id,conversation_id,created_at,lang,text"
_USER = "description,name,username"
_MEDIA = "type,url,preview_image_url"


class Vocabulary(StrEnum):
    """Which field names are asked for."""

    BOTH = "both"
    TWEET = "tweet"
    POST = "post"


_TWEET_WORDS = (
    "tweet.fields",
    "edit_history_tweet_ids",
    "referenced_tweets",
    "note_tweet",
    "includes.tweets",
)
_POST_WORDS = (
    "post.fields",
    "edit_history_post_ids",
    "referenced_posts",
    "note_post",
    "includes.posts",
)


def post_params(vocabulary: Vocabulary) -> dict[str, str]:
    """Fields and expansions for posts."""
    params = {"user.fields": _USER, "media.fields": _MEDIA}
    expansions = ["author_id", "attachments.media_keys"]
    if vocabulary is not Vocabulary.POST:
        params["tweet.fields"] = (
            f"{_ALWAYS},edit_history_tweet_ids,in_reply_to_user_id,note_tweet,referenced_tweets"
        )
    if vocabulary is not Vocabulary.TWEET:
        params["post.fields"] = f"{_ALWAYS},note_post"
        expansions += ["edit_history_post_ids", "referenced_posts"]
    return {**params, "expansions": ",".join(expansions)}


def dm_params() -> dict[str, str]:
    """Fields and expansions for direct messages: none of them was renamed."""
    return {
        "event_types": "MessageCreate",
        "dm_event.fields": (
            "attachments,created_at,dm_conversation_id,event_type,id,sender_id,text"
        ),
        "user.fields": _USER,
        "media.fields": _MEDIA,
        "expansions": "sender_id,attachments.media_keys",
    }


def refused_vocabulary(body: Raw) -> Vocabulary | None:
    """Which vocabulary a 400 complains about, or None if it is about something else."""
    said = " ".join(_complaints(body))
    tweet = any(word in said for word in _TWEET_WORDS)
    post = any(word in said for word in _POST_WORDS)
    if tweet == post:
        return Vocabulary.BOTH if tweet else None
    return Vocabulary.TWEET if tweet else Vocabulary.POST


def refused_parameters(body: Raw) -> set[str]:
    """The names of the parameters a 400 complains about."""
    return {
        str(name)
        for error in dicts(body.get("errors"))
        if isinstance(error.get("parameters"), dict)
        for name in error["parameters"]
    }


def _complaints(body: Raw) -> Iterator[str]:
    """What a 400 objects to, without its list of what would have been allowed."""
    yield named(body.get("detail"))
    for error in dicts(body.get("errors")):
        yield named(error.get("message")).split("is not one of")[0]
        names = error.get("parameters")
        yield from map(str, names if isinstance(names, dict | list) else ())


# --- pages --------------------------------------------------------------------------------------


def entries(body: Raw) -> list[Raw]:
    """The entries of a page; an empty page has no `data` at all."""
    return dicts(body.get("data"))


def next_token(body: Raw) -> str:
    """The token of the next page, or ""."""
    meta = body.get("meta")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    return token if isinstance(token, str) else ""


def problems(body: Raw) -> tuple[str, ...]:
    """Partial errors that came beside data, one line each."""
    return tuple(
        f"{named(error.get('title')) or 'error'}: "
        f"{named(error.get('detail') or error.get('message'))}"[:300]
        for error in dicts(body.get("errors"))
    )


def vanished(body: Raw) -> dict[str, Raw]:
    """Looked-up ids that are no longer there, with the entry that says so.

    Posts we may merely not see (protected, suspended) are not among them.
    """
    return {
        named(error.get("resource_id") or error.get("value")): error
        for error in dicts(body.get("errors"))
        if named(error.get("type")).endswith("/resource-not-found")
        and error.get("parameter", "ids") == "ids"
    }


_LONGEST_ID = 20  # digits of the largest number of 64 bits
_NUMBER = re.compile(rf"[0-9]{{1,{_LONGEST_ID}}}")


def has_id(raw: Raw) -> bool:
    """Whether an entry has an id that can be one. A longer number would pass for the newest."""
    return bool(_NUMBER.fullmatch(named(raw.get("id"))))


def entry_id(raw: Raw) -> str:
    """The id of an entry.

    Raises:
        ValueError: it has none.
    """
    if not has_id(raw):
        raise ValueError("id: missing or not a number of 64 bits")
    return named(raw["id"])


# --- posts ----------------------------------------------------------------------------------------


def versions(raw: Raw) -> tuple[str, ...]:
    """The ids of all versions of a post, the first one first."""
    told = raw.get("edit_history_post_ids") or raw.get("edit_history_tweet_ids")
    ids = [named(each) for each in told] if isinstance(told, list) else []
    known = {each for each in ids if _NUMBER.fullmatch(each)} | {entry_id(raw)}
    return tuple(sorted(known, key=lambda each: (len(each), each)))


def is_repost(raw: Raw) -> bool:
    """Whether the platform marks a post as a repost. A text that begins with "RT @" may be a
    cry for help copied by hand, and is kept."""
    return any(ref.get("type") in ("retweeted", "reposted") for ref in _references(raw))


def post_item(raw: Raw, body: Raw, *, account: str, now: datetime) -> Item:
    """A post that mentions the force. Its id stays that of the first version when it is edited.

    Raises:
        ValueError: names the field that cannot be read.
    """
    own = entry_id(raw)
    first = versions(raw)[0]
    replied = [named(ref.get("id")) for ref in _references(raw) if ref.get("type") == "replied_to"]
    return Item(
        id=first,
        channel=MENTION,
        account=account,
        sent_at=_sent(raw, own, now),
        text=_unescaped(_whole_text(raw)),
        kind=Kind.MENTION,
        author=_author(named(raw.get("author_id")), body),
        thread_id=named(raw.get("conversation_id")) or first,
        reply_to=replied[0] if replied else "",
        lang=_language(raw),
        attachments=_attachments(raw, body),
    )


def answered(raw: Raw) -> frozenset[str]:
    """The posts that a post answers."""
    return frozenset(
        named(ref.get("id")) for ref in _references(raw) if ref.get("type") == "replied_to"
    )


def plain_text(raw: Raw) -> str:
    """The whole text of a post or message as it was written.

    Raises:
        ValueError: it has none that can be read.
    """
    return _unescaped(_whole_text(raw))


def deleted_item(first: str, *, account: str, sent: float) -> Item:
    """What is left of a post that is gone."""
    return Item(
        id=first,
        channel=MENTION,
        account=account,
        sent_at=datetime.fromtimestamp(sent, UTC),
        text="",
        kind=Kind.MENTION,
    )


def _whole_text(raw: Raw) -> str:
    """The text; of long posts the API cuts `text` short and puts all of it into a note."""
    note = raw.get("note_post") or raw.get("note_tweet")
    text = note.get("text") if isinstance(note, dict) else None
    return written(text if isinstance(text, str) and text else raw.get("text"), "text")


def _unescaped(text: str) -> str:
    """Texts come with these three characters escaped."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _language(raw: Raw) -> str:
    lang = raw.get("lang")
    unknown = ("und", "zxx", "qme", "qst", "qht", "qam", "qct", "art")
    return lang if isinstance(lang, str) and lang not in unknown else ""


def _references(raw: Raw) -> list[Raw]:
    return dicts(raw.get("referenced_posts") or raw.get("referenced_tweets"))


# --- direct messages ------------------------------------------------------------------------------


def dm_item(raw: Raw, body: Raw, *, account: str, now: datetime) -> Item:
    """A direct message.

    Raises:
        ValueError: names the field that cannot be read.
    """
    own = entry_id(raw)
    sender = named(raw.get("sender_id"))
    return Item(
        id=own,
        channel=DM,
        account=account,
        sent_at=_sent(raw, own, now),
        text=_unescaped(written(raw.get("text"), "text")),
        kind=Kind.DM,
        author=_author(sender, body),
        thread_id=named(raw.get("dm_conversation_id")) or sender,
        attachments=_attachments(raw, body),
    )


# --- parts ----------------------------------------------------------------------------------------


def payload(raw: Raw, body: Raw) -> bytes:
    """The entry as X sent it, with its author."""
    author = named(raw.get("author_id") or raw.get("sender_id"))
    users = [user for user in _included(body, "users") if named(user.get("id")) == author]
    return as_bytes({"data": raw, "includes": {"users": users}} if users else {"data": raw})


_SNOWFLAKE_EPOCH_MS = 1288834974657
_FIRST_SNOWFLAKE = 1 << 40


def _sent(raw: Raw, own: str, now: datetime) -> datetime:
    """When it was sent; an id holds the time too, where the field is missing or unreadable.

    Raises:
        ValueError: neither says when.
    """
    told = raw.get("created_at")
    try:
        return now if told is None and int(own) <= _FIRST_SNOWFLAKE else moment(told, now)
    except ValueError as error:
        if int(own) <= _FIRST_SNOWFLAKE:
            raise ValueError(f"created_at: {error}") from error
    stamp = ((int(own) >> 22) + _SNOWFLAKE_EPOCH_MS) / 1000
    return datetime.fromtimestamp(min(stamp, now.timestamp()), UTC)


def _author(account_id: str, body: Raw) -> Author:
    for user in _included(body, "users"):
        if account_id and named(user.get("id")) == account_id:
            return Author(
                account_id=account_id,
                handle=named(user.get("username")),
                display_name=named(user.get("name")),
                profile=named(user.get("description")),
            )
    return Author(account_id=account_id)


def _attachments(raw: Raw, body: Raw) -> tuple[Attachment, ...]:
    attached = raw.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    media = {named(each.get("media_key")): each for each in _included(body, "media")}
    return tuple(
        _attachment(media.get(named(key), {})) for key in (keys if isinstance(keys, list) else ())
    )


def _attachment(media: Raw) -> Attachment:
    url = media.get("url") or media.get("preview_image_url")
    return Attachment(kind=named(media.get("type")) or "media", url=named(url, LINK_CHARS))


def _included(body: Raw, what: str) -> list[Raw]:
    includes = body.get("includes")
    return dicts(includes.get(what)) if isinstance(includes, dict) else []
