"""The chain of the audit trail, checked with nothing but its text."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.audit import canonical_json, link_hash, verify_lines
from triage.errors import BadInput
from triage.model import Event

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


def export(count: int, **detail: Any) -> list[str]:
    """An export as the store writes it."""
    lines, last = [], "0" * 64
    for seq in range(1, count + 1):
        event = Event(at=NOW, actor="ada", action="viewed", subject=f"FC-{seq}", detail=detail)
        canonical = canonical_json(seq, event)
        last = link_hash(last, canonical)
        lines.append(json.dumps(json.loads(canonical) | {"hash": last}))
    return lines


def changed(line: str, **fields: Any) -> str:
    return json.dumps(json.loads(line) | fields)


def test_the_rule_of_the_chain_can_be_followed_by_hand() -> None:
    canonical = (
        '{"action":"viewed","actor":"ada","at":"2026-11-23T09:41:00.000000+00:00",'
        '"detail":{"n":1},"seq":1,"subject":"FC-1"}'
    )
    by_hand = hashlib.sha256(("0" * 64 + "\n" + canonical).encode()).hexdigest()
    assert json.loads(export(1, n=1)[0])["hash"] == by_hand


def test_a_whole_export_is_accepted_with_blank_lines_and_as_bytes() -> None:
    assert verify_lines(["", *export(3), "\n"]) == 3
    assert verify_lines([line.encode() for line in export(3)]) == 3
    assert verify_lines([]) == 0


def test_the_order_of_keys_and_blanks_in_an_export_do_not_matter() -> None:
    lines = [json.dumps(json.loads(line), indent=None, sort_keys=True) for line in export(2)]
    assert verify_lines(lines) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "ben"},
        {"action": "deleted"},
        {"subject": "FC-9"},
        {"at": "2026-11-23T09:42:00.000000+00:00"},
        {"detail": {"n": 2}},
        {"hash": "0" * 64},
    ],
)
def test_any_changed_field_is_found_and_its_line_named(fields: dict[str, Any]) -> None:
    lines = export(5, n=1)
    lines[2] = changed(lines[2], **fields)
    with pytest.raises(BadInput, match="line 3: event 3: does not fit its hash"):
        verify_lines(lines)


def test_a_chain_rewritten_from_the_middle_is_found_by_a_pinned_hash() -> None:
    lines = export(5, n=1)
    pinned = json.loads(lines[-1])["hash"]
    forged = export(5, n=2)
    assert verify_lines(forged) == 5
    with pytest.raises(BadInput, match="another hash than was pinned"):
        verify_lines(forged, pinned=pinned)
    with pytest.raises(BadInput, match="ends after event 4"):
        verify_lines(lines[:4], pinned=pinned)


def test_missing_doubled_and_swapped_events_are_found() -> None:
    lines = export(5)
    for broken, named in (
        (lines[1:], "event 1 is missing"),
        ([*lines[:2], *lines[3:]], "event 3 is missing"),
        ([*lines[:2], lines[1], *lines[2:]], "event 3 is missing"),
        ([lines[0], lines[2], lines[1]], "event 2 is missing"),
    ):
        with pytest.raises(BadInput, match=named):
            verify_lines(broken)


@pytest.mark.parametrize(
    "line", ["{", "[]", "null", "{}", '{"seq":"x"}', "\x00", changed(export(1)[0], at="noon")]
)
def test_a_line_that_is_no_event_is_named(line: str) -> None:
    with pytest.raises(BadInput, match=r"trail\.jsonl: line 2: not an audit event"):
        verify_lines([*export(1), line], where="trail.jsonl")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(detail=st.dictionaries(st.text(), JSON, max_size=4))
def test_every_detail_survives_the_way_through_an_export(detail: dict[str, Any]) -> None:
    event = Event(at=NOW, actor="ada", action="a", subject="s", detail=detail)
    canonical = canonical_json(1, event)
    line = json.dumps(json.loads(canonical) | {"hash": link_hash("0" * 64, canonical)})
    assert verify_lines([line]) == 1
