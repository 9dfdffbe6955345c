"""Every line of tests/data/link_cases.jsonl is a message with what must and must not be found.

A mistake that was made once is a line there.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from triage.items import parse_item
from triage.linking import link
from triage.model import Link
from triage.recordbook import RecordBook

DATA = Path(__file__).parent.parent / "data"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CASES = [
    json.loads(line)
    for line in (DATA / "link_cases.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def book() -> RecordBook:
    return RecordBook.load(DATA / "link_people.jsonl", DATA / "link_prior.jsonl")


def linked(case: dict[str, Any], book: RecordBook) -> Link:
    raw: dict[str, Any] = {
        key: case[key] for key in ("id", "channel", "text", "author") if key in case
    }
    item = parse_item(raw, case["id"], now=NOW)
    return link(item, book, thread=case.get("thread", ()), now=NOW)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}: {case['text']}" for case in CASES])
def test_a_known_case_is_linked_as_it_should_be(case: dict[str, Any], book: RecordBook) -> None:
    found, wanted = linked(case, book), case["expect"]
    shown = [each.record_id for each in found.candidates]
    mentioned = {each.record_id for each in found.mentions}
    alike = {wanted["top"], *wanted["also"]} - {None}
    assert found.decision.value == wanted["decision"]
    assert set(shown[: len(alike)]) == alike
    assert not set(shown) & set(wanted["never"])
    assert set(wanted["mentions"]) <= mentioned
    assert not mentioned & set(wanted["no_mentions"])
    assert wanted["note"] in " ".join(found.notes)
    if shown and wanted["decision"] == "suggested":
        assert wanted["at_least"] <= found.candidates[0].probability <= wanted["at_most"]


def test_there_are_cases_of_every_kind() -> None:
    decisions = {case["expect"]["decision"] for case in CASES}
    assert decisions == {"none", "suggested", "confirmed"}
    assert len(CASES) >= 60
