"""Comments and messages of Facebook as items, from payloads in the published shapes."""

from typing import Any

import pytest

from collectors import facebook_shapes as shapes
from tests.collector_rigs import NOW
from triage.items import MAX_CHARS
from triage.model import Item
from triage.taxonomy import Kind

STAMP = "2026-11-23T09:40:00+0000"
FROM = {"id": "5005", "name": "K8 Loom"}


def comment(**fields: Any) -> Item:
    raw = {"id": "1_11", "created_time": STAMP, "from": FROM, "message": "hello", **fields}
    return shapes.comment_item(raw, post_id="2002_1", page_id="2002", now=NOW)


def message(**fields: Any) -> Item:
    raw = {"id": "m_11", "created_time": STAMP, "from": FROM, "message": "hello", **fields}
    return shapes.message_item(raw, conversation_id="t_1", page_id="2002", now=NOW)


def kinds(item: Item) -> list[tuple[str, str]]:
    return [(each.kind, each.url) for each in item.attachments]


@pytest.mark.parametrize(
    ("attachment", "kind"),
    [
        ({"mime_type": "audio/mp4", "file_url": "https://example.org/1"}, "audio"),
        ({"mime_type": "AUDIO/mpeg", "file_url": "https://example.org/1"}, "audio"),
        ({"mime_type": "video/mp4", "video_data": {"url": "https://example.org/1"}}, "video"),
        ({"mime_type": "image/png", "image_data": {"url": "https://example.org/1"}}, "image"),
        ({"mime_type": "application/pdf", "file_url": "https://example.org/1"}, "application/pdf"),
        ({"file_url": "https://example.org/1"}, "file"),
    ],
)
def test_media_alone_are_an_attachment_of_its_kind_and_no_text(
    attachment: dict[str, Any], kind: str
) -> None:
    item = message(message="", attachments={"data": [attachment]})
    assert (item.text, kinds(item), item.private) == ("", [(kind, "https://example.org/1")], True)


def test_stickers_and_shares_are_attachments_too() -> None:
    item = message(
        message=None,
        sticker="https://example.org/s.png",
        shares={"data": [{"link": "https://example.org/news", "name": "News"}, None, {}]},
    )
    assert kinds(item) == [
        ("sticker", "https://example.org/s.png"),
        ("share", "https://example.org/news"),
        ("share", ""),
    ]


def test_a_message_taken_back_has_no_text_and_arrives_all_the_same() -> None:
    raw = {"id": "m_11", "created_time": STAMP, "from": FROM, "is_unsupported": True}
    item = shapes.message_item(raw, conversation_id="t_1", page_id="2002", now=NOW)
    assert (item.text, item.attachments, item.kind) == ("", (), Kind.DM)


@pytest.mark.parametrize("odd", [[], [1], "x", 7, {"data": 7}, {"data": [None, 7]}, {"data": {}}])
def test_parts_of_odd_shape_do_not_cost_the_message(odd: object) -> None:
    item = message(attachments=odd, shares=odd, sticker=odd, tags=odd)
    assert item.text == "hello"


def test_a_reply_to_a_reply_names_its_parent_and_the_post() -> None:
    item = comment(id="1_12", parent={"id": "1_11"})
    assert (item.reply_to, item.thread_id, item.private) == ("1_11", "2002_1", False)
    assert comment(parent={"id": 10}).reply_to == "10"
    assert comment(parent=None).reply_to == comment(parent="1_11").reply_to == ""


@pytest.mark.parametrize("author", [None, {}, [], "K8", {"id": None, "name": None}, {"id": []}])
def test_whoever_is_withheld_is_nobody(author: object) -> None:
    item = comment(**{"from": author})
    assert (item.author.account_id, item.author.display_name) == ("", "")


def test_a_hidden_comment_is_read_like_any_other() -> None:
    item = comment(is_hidden=True, can_hide=False, is_private=False, message="help me 🆘")
    assert item.text == "help me 🆘"


@pytest.mark.parametrize("own", [None, "", True, 1.5, [], {}, "x" * 1001])
def test_an_entry_without_an_id_of_its_own_is_refused(own: object) -> None:
    with pytest.raises(ValueError, match="id: missing or too long"):
        message(id=own)


def test_ids_of_64_bits_are_kept_to_the_digit() -> None:
    item = message(id=2**63 + 1, **{"from": {"id": 2**63 + 3}})
    assert (item.id, item.author.account_id) == (str(2**63 + 1), str(2**63 + 3))


@pytest.mark.parametrize(
    "stamp", [None, 1763890800, "", "soon", "2026-11-23T09:40:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_cannot_be_read_is_named(stamp: object) -> None:
    with pytest.raises(ValueError, match="created_time"):
        comment(created_time=stamp)


def test_a_text_beyond_all_measure_is_cut_and_one_no_database_can_hold_is_mended() -> None:
    assert len(comment(message="x" * (MAX_CHARS + 1)).text) == MAX_CHARS
    assert comment(message="a\x00b\ud83d").text == "a\ufffdb?"


NEXT = "https://graph.facebook.com/v26.0/2002_1/comments?access_token=x&after=QVFIUa&limit=100"


@pytest.mark.parametrize(
    ("paging", "cursor"),
    [
        ({"cursors": {"after": "QVFIUb"}, "next": NEXT}, "QVFIUb"),
        ({"next": NEXT}, "QVFIUa"),  # the cursor stands in the link alone
        ({"cursors": {"after": "QVFIUb"}}, ""),
        ({"cursors": None, "next": "https://[nonsense"}, ""),
        ({"next": 7}, ""),
        (None, ""),
    ],
)
def test_the_next_page_is_asked_for_only_where_there_is_a_next(paging: Any, cursor: str) -> None:
    assert shapes.after({"data": [], "paging": paging}) == cursor
