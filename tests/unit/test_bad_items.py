"""What people and machines hand over by mistake or on purpose (docs/reference/errors.md)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import BadInput
from triage.items import CHANNELS, MAX_CHARS, item_json, parse_item, parse_line
from triage.model import Item
from triage.taxonomy import Kind

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


def read(raw: object) -> Item:
    return parse_line(json.dumps(raw), "items.jsonl:3", now=NOW)


def problem(line: str | bytes) -> str:
    with pytest.raises(BadInput) as caught:
        parse_line(line, "items.jsonl:3", now=NOW)
    return str(caught.value)


@pytest.mark.parametrize(
    "line",
    ['{"text": "he', "", "{'text': 'x'}", b'\xff\xfe{"text": "x"}', "[" * 100_000, "1" * 5000],
)
def test_a_line_that_is_not_json_says_where_it_stands(line: str | bytes) -> None:
    assert problem(line).startswith("items.jsonl:3: not ")


@pytest.mark.parametrize("line", ["[]", '"text"', "null", "17"])
def test_json_that_is_no_object_is_refused(line: str) -> None:
    assert problem(line) == "items.jsonl:3: not a JSON object"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "items.jsonl:3: text: missing"),
        ({"text": None}, "items.jsonl:3: text: missing"),
        ({"text": 5}, "items.jsonl:3: text: must be a string, not int"),
        ({"text": "x", "channel": "pigeon"}, "items.jsonl:3: channel: unknown channel 'pigeon'"),
        ({"text": "x", "kind": "letter"}, "items.jsonl:3: kind: unknown kind 'letter'"),
        ({"text": "x", "author": "Ann"}, "items.jsonl:3: author: must be an object"),
        (
            {"text": "x", "attachments": [1]},
            "items.jsonl:3: attachments: must be a list of objects",
        ),
        ({"text": "x", "lang": ["en"]}, "items.jsonl:3: lang: must be a string, not list"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(raw: object, said: str) -> None:
    assert problem(json.dumps(raw)) == said


@pytest.mark.parametrize(
    ("sent_at", "said"),
    [
        ("yesterday", "not an ISO 8601 time: 'yesterday'"),
        ("2026-11-23T09:00:00", "time has no zone: '2026-11-23T09:00:00'"),
        (1_700_000_000, "not an ISO 8601 time: '1700000000'"),
        ("2026-11-23T10:00:00+00:00", "time lies in the future: '2026-11-23T10:00:00+00:00'"),
    ],
)
def test_a_time_the_clocks_cannot_run_from_is_refused(sent_at: object, said: str) -> None:
    line = json.dumps({"text": "x", "sent_at": sent_at})
    assert problem(line) == f"items.jsonl:3: sent_at: {said}"


def test_a_clock_that_is_a_little_fast_is_forgiven() -> None:
    sent = NOW + timedelta(minutes=4)
    assert read({"text": "x", "sent_at": sent.isoformat()}).sent_at == sent


def test_a_megabyte_of_text_is_cut_and_kept() -> None:
    item = read({"text": "help " * 200_000})
    assert len(item.text) == MAX_CHARS
    assert item.text.startswith("help help")


def test_nul_and_lone_surrogates_become_text_every_tool_can_hold() -> None:
    item = read({"text": "a\x00b\ud800c", "author": {"handle": "x\ud800"}})
    assert item.text == "a\ufffdb?c"
    assert item.author.handle == "x?"
    item.text.encode("utf-8")


def test_right_to_left_and_zero_width_characters_are_kept_as_evidence() -> None:
    text = "\u202egnp.exe\u202c hel\u200bp"
    assert read({"text": text}).text == text


def test_a_line_without_an_id_is_the_same_item_twice() -> None:
    assert read({"text": "x"}).id == read({"text": "x"}).id
    assert read({"text": "x"}).id != read({"text": "y"}).id


def test_unknown_fields_are_kept() -> None:
    item = read({"text": "x", "mood": {"a": [1]}})
    assert item.extra == {"mood": {"a": [1]}}


def test_only_direct_messages_are_private() -> None:
    for channel, (_, kind) in CHANNELS.items():
        assert read({"text": "x", "channel": channel}).private == (kind is Kind.DM)


@given(
    st.dictionaries(
        st.sampled_from(["id", "text", "channel", "sent_at", "author", "kind", "attachments", "z"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=4,
        ),
    )
)
def test_any_object_is_an_item_or_bad_input(raw: dict[str, object]) -> None:
    try:
        item = parse_item(raw, "there", now=NOW)
    except BadInput:
        return
    again = parse_item(item_json(item), "again", now=NOW)
    assert again == item
