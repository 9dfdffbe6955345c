"""What test_bad_items.py leaves over: nothing raises but BadInput, and what is read is written."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW, an_item
from triage.errors import BadInput
from triage.items import (
    CHANNELS,
    DEEPEST,
    KNOWN,
    clean_text,
    item_json,
    parse_item,
    parse_line,
    platform_of,
)
from triage.model import Attachment, Author, Item
from triage.taxonomy import Kind


def read(raw: dict[str, Any]) -> Item:
    return parse_item(raw, "items.jsonl:3", now=NOW)


def problem(raw: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as caught:
        read(raw)
    return str(caught.value)


def line_problem(line: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_line(line, "items.jsonl:3", now=NOW)
    return str(caught.value)


def outcome(reading: Callable[[], Item]) -> Item | BadInput:
    try:
        return reading()
    except BadInput as error:
        return error


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


# --- what comes in --------------------------------------------------------------------------------


def test_only_the_text_is_needed() -> None:
    item = read({"text": "help"})
    assert (item.text, item.channel, item.kind) == ("help", "webhook", Kind.DM)
    assert item.sent_at == NOW
    assert item.id.startswith("sha256-")


def test_numbers_serve_as_ids_since_vendors_send_them() -> None:
    item = read(
        {"text": "x", "id": 0, "thread_id": 77, "author": {"account_id": 12345678901234567}}
    )
    assert (item.id, item.thread_id) == ("0", "77")
    assert item.author.account_id == "12345678901234567"


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    item = read({"text": "x", "sent_at": "2026-11-23T10:41:00+01:00"})
    assert item.sent_at == datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent_at",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:00:00Z", "", "now"],
)
def test_a_time_nobody_could_reckon_with_is_refused(sent_at: str) -> None:
    assert problem({"text": "x", "sent_at": sent_at}).startswith("items.jsonl:3: sent_at: ")


@pytest.mark.parametrize("field", ["id", "account", "thread_id", "reply_to"])
def test_a_name_is_never_cut_since_two_things_would_become_one(field: str) -> None:
    assert problem({"text": "x", field: "7" * 1001}) == (
        f"items.jsonl:3: {field}: longer than 1000 characters"
    )


def test_an_account_id_is_never_cut() -> None:
    said = problem({"text": "x", "author": {"account_id": "7" * 1001}})
    assert said == "items.jsonl:3: author: account_id: longer than 1000 characters"


def test_what_people_only_read_is_cut() -> None:
    item = read({"text": "x", "author": {"profile": "p" * 5000}})
    assert len(item.author.profile) == 1000


def test_a_long_link_to_media_is_kept_whole() -> None:
    url = "https://media.example/" + "a" * 3000
    item = read({"text": "x", "attachments": [{"kind": "image", "url": url}]})
    assert item.attachments == (Attachment(kind="image", url=url),)


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ({"text": ["x"]}, "text"),
        ({"text": "x", "id": True}, "id"),
        ({"text": "x", "id": 1.5}, "id"),
        ({"text": "x", "id": 10**5000}, "id"),
        ({"text": "x", "sent_at": 10**5000}, "sent_at"),
        ({"text": "x", "sent_at": {}}, "sent_at"),
        ({"text": "x", "author": []}, "author"),
        ({"text": "x", "author": {"handle": {}}}, "author: handle"),
        ({"text": "x", "attachments": {}}, "attachments"),
        ({"text": "x", "attachments": [{"url": 1.5}]}, "attachments: url"),
        ({"text": "x", "mood": float("nan")}, "mood: a number too large"),
        ({"text": "x", "mood": nested(DEEPEST + 1)}, "nested deeper than"),
        ({"text": "x", "mood": b"raw"}, "mood: not JSON: bytes"),
    ],
)
def test_a_refusal_names_file_and_field(raw: dict[str, Any], where: str) -> None:
    said = problem(raw)
    assert said.startswith("items.jsonl:3")
    assert where in said


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    assert line_problem(f'{{"text": "x", "mood": {number}}}').startswith("items.jsonl:3")


def test_unknown_fields_are_kept_as_far_as_every_tool_can_hold_them() -> None:
    item = read({"text": "x", "mood\x00": {"a": ["\ud800", 1, None, True]}})
    assert item.extra == {"mood\ufffd": {"a": ["?", 1, None, True]}}
    json.dumps(item_json(item), ensure_ascii=False).encode("utf-8")


def test_a_problem_does_not_repeat_a_whole_text() -> None:
    said = problem({"text": "x", "sent_at": "Zelda Quill " * 1000})
    assert len(said) < 120


# --- what goes out --------------------------------------------------------------------------------


def test_extra_fields_never_overwrite_what_the_item_says() -> None:
    item = an_item("help", extra={"text": "something else", "mood": "low"})
    written = item_json(item)
    assert (written["text"], written["mood"]) == ("help", "low")


def test_a_channel_belongs_to_the_platform_whose_accounts_it_shares() -> None:
    assert platform_of("x_dm") == platform_of("x_mention") == "x"
    assert platform_of("pigeon") == "pigeon"


# --- properties -----------------------------------------------------------------------------------

short = st.text(max_size=30).map(clean_text)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | short,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short, inner, max_size=3),
    max_leaves=6,
)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

whole_items = st.builds(
    Item,
    id=short.filter(bool),
    channel=st.sampled_from(sorted(CHANNELS)),
    account=short,
    sent_at=st.datetimes(datetime(1971, 1, 1), datetime(2026, 11, 22), timezones=zones),  # noqa: DTZ001
    text=short,
    kind=st.sampled_from(Kind),
    author=st.builds(Author, account_id=short, handle=short, display_name=short, profile=short),
    thread_id=short,
    reply_to=short,
    lang=short,
    attachments=st.lists(st.builds(Attachment, kind=short.filter(bool), url=short), max_size=2).map(
        tuple
    ),
    extra=st.dictionaries(short.filter(lambda key: key not in KNOWN), plain_values, max_size=3),
)


@given(whole_items)
def test_an_item_written_and_read_is_the_same_item(item: Item) -> None:
    line = json.dumps(item_json(item))
    assert parse_line(line, "again", now=NOW) == item


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)) | st.text(max_size=8), json_values))
def test_any_object_is_an_item_or_a_named_problem(raw: dict[str, Any]) -> None:
    said = outcome(lambda: read(raw))
    if isinstance(said, Item):
        assert read(item_json(said)) == said
    else:
        assert said.where.startswith("items.jsonl:3")
        assert said.what


@given(st.text() | st.binary() | json_values.map(json.dumps))
def test_any_line_is_an_item_or_a_named_problem(line: str | bytes) -> None:
    said = outcome(lambda: parse_line(line, "items.jsonl:3", now=NOW))
    assert isinstance(said, Item) or str(said).startswith("items.jsonl:3: ")


@given(st.text())
def test_cleaned_text_can_be_held_everywhere(text: str) -> None:
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean_text(cleaned) == cleaned
