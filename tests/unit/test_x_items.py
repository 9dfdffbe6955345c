"""Posts and messages of X as items, from payloads in the published shapes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.entries import UNREADABLE
from collectors.x_shapes import dm_item, is_repost, post_item, versions
from tests.collector_rigs import NOW
from tests.servers.x import snowflake
from triage.items import MAX_CHARS
from triage.model import Item

OWN = snowflake(NOW - timedelta(minutes=1), 7)


def post(body: dict[str, Any] | None = None, **fields: Any) -> Item:
    raw = {"id": OWN, "text": "hello", "author_id": "5005", **fields}
    return post_item(raw, body or {}, account="westbridgepolice", now=NOW)


def message(**fields: Any) -> Item:
    raw = {"id": OWN, "text": "hello", "sender_id": "5005", **fields}
    return dm_item(raw, {}, account="westbridgepolice", now=NOW)


WHOLE = "He is at my door. " * 40 + "He has a knife &amp; keys."


@pytest.mark.parametrize("note", ["note_tweet", "note_post"])
def test_of_a_long_post_the_note_is_read_and_not_the_text_cut_short(note: str) -> None:
    item = post(text=WHOLE[:270] + "… https://t.co/aB1", **{note: {"text": WHOLE}})
    assert item.text == WHOLE.replace("&amp;", "&")


@pytest.mark.parametrize("note", [None, "", {}, {"text": None}, {"text": ["x"]}, {"text": ""}])
def test_a_note_without_text_leaves_the_text(note: object) -> None:
    assert post(text="short", note_tweet=note).text == "short"


def test_messages_come_unescaped_too() -> None:
    assert message(text="you &amp; me &lt;3 &amp;lt;").text == "you & me <3 &lt;"


def test_a_picture_alone_is_an_attachment_and_its_text_only_a_link() -> None:
    attached = {"attachments": {"media_keys": ["3_1", 17]}}
    item = message(text="https://t.co/aB1", **attached)
    assert [each.kind for each in item.attachments] == ["media", "media"]
    media = [{"media_key": "3_1", "type": "video", "preview_image_url": "https://example.org/p"}]
    shown = post({"includes": {"media": media}}, text="", **attached)
    assert [(each.kind, each.url) for each in shown.attachments] == [
        ("video", "https://example.org/p"),
        ("media", ""),
    ]


@pytest.mark.parametrize("keys", [None, 7, "3_1", {}, [None], [[]]])
def test_media_of_odd_shape_do_not_cost_the_message(keys: object) -> None:
    assert message(attachments={"media_keys": keys}).text == "hello"


@pytest.mark.parametrize(
    "stamp", [None, "", 7, "soon", "2026-11-23T09:40:00", "0001-01-01T00:00:00+14:00"]
)
def test_when_the_time_cannot_be_read_the_id_tells_it(stamp: object) -> None:
    assert message(created_at=stamp).sent_at == NOW - timedelta(minutes=1)
    assert message().sent_at == NOW - timedelta(minutes=1)
    with pytest.raises(ValueError, match="created_at"):
        message(id="17", created_at=stamp or "soon")


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-23T09:40:00Z",
        "2026-11-23T09:40:00.000Z",
        "2026-11-23T09:40:00.000000000Z",
        "2026-11-23T10:40:00+01:00",
        "2026-11-23T09:40:00+0000",
    ],
)
def test_times_are_read_with_and_without_fraction_in_any_zone(stamp: str) -> None:
    assert message(created_at=stamp).sent_at == datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


@pytest.mark.parametrize("own", [7, "7", 2**63, 2**64 - 1, str(2**64 - 1)])
def test_ids_are_numbers_or_text_of_up_to_64_bits(own: object) -> None:
    assert message(id=own, created_at="2026-11-23T09:40:00Z").id == str(own)


@pytest.mark.parametrize("own", [None, "", "x", -1, 1.5, True, [], 10**20, "9" * 400, "٣"])
def test_what_is_no_number_of_64_bits_would_pass_for_the_newest_and_is_refused(
    own: object,
) -> None:
    with pytest.raises(UNREADABLE, match="id: missing or not a number"):
        message(id=own)


def test_an_author_known_by_a_number_is_the_one_who_is_included() -> None:
    users = {"users": [{"id": 5005, "username": "k8_loom", "name": "K8 🧵", "description": None}]}
    item = post({"includes": users}, author_id=5005)
    assert (item.author.account_id, item.author.handle) == ("5005", "k8_loom")
    assert (item.author.display_name, item.author.profile) == ("K8 🧵", "")
    nobody = post({"includes": {"users": [{"name": "no id"}, None, 7]}}, author_id=None)
    assert (nobody.author.account_id, nobody.author.display_name) == ("", "")


def test_a_reply_names_its_parent_and_a_quote_does_not() -> None:
    quoted, replied = {"type": "quoted", "id": "7"}, {"type": "replied_to", "id": 8}
    item = post(referenced_posts=[quoted, replied, None, {}], conversation_id="5")
    assert (item.reply_to, item.thread_id) == ("8", "5")
    assert (post(referenced_tweets=[quoted]).reply_to, post().thread_id) == ("", OWN)


@pytest.mark.parametrize(
    ("references", "repost"),
    [
        ([{"type": "retweeted", "id": "7"}], True),
        ([{"type": "reposted", "id": "7"}], True),
        ({"type": "retweeted"}, True),
        ([{"type": "quoted"}, {"type": "a kind to come"}, {"type": ["retweeted"]}], False),
        ([None, 7], False),
        (None, False),
    ],
)
def test_only_what_the_platform_calls_a_repost_is_one(references: Any, repost: bool) -> None:
    assert is_repost({"id": "1", "referenced_tweets": references}) is repost


def test_the_first_of_all_versions_is_the_one_given_out_first() -> None:
    edited = {"id": "1000", "edit_history_tweet_ids": ["1000", "999", None, "x", 998]}
    assert versions(edited) == ("998", "999", "1000")
    assert post(id="1000", edit_history_post_ids=["999"], created_at=NOW.isoformat()).id == "999"


def test_a_text_beyond_all_measure_is_cut() -> None:
    assert len(message(text="x" * (MAX_CHARS + 1)).text) == MAX_CHARS


def test_what_no_database_can_hold_is_replaced() -> None:
    item = message(text="a\x00b\ud83d", dm_conversation_id="5005\x00-1001")
    assert item.text == "a\ufffdb?"
    assert "\x00" not in item.thread_id
