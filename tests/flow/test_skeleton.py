"""An item as the skeleton of an online report."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.skeleton import REPORT_TYPES, export_skeleton
from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.stores import NOW, a_verdict, an_event, an_item, an_open_case, confirmed
from triage.errors import BadInput
from triage.identifiers import keys_of
from triage.model import Attachment, Case, Link, PriorLink
from triage.taxonomy import SignalName

YEAR = timedelta(days=365)
RECORD = {
    "record_id": "P-1",
    "forename": "Zelda",
    "surname": "Quill",
    "phones": ["07700 900123"],
    "markers": ["domestic_abuse"],
    "safe_contact": {"channels": ["sms"], "note": "not after six"},
}
PRIOR = PriorLink(
    platform="x", account_id="77", record_id="P-1", confirmed_by="officer-1", confirmed_at=NOW
)


@pytest.fixture
def store(clock: SteppingClock) -> Iterator[SqlStore]:
    kept = memory_store(clock=clock)
    kept.import_records([json.dumps(RECORD)], keys_of=keys_of, now=NOW)
    yield kept
    kept.close()


def exported(store: SqlStore, case: Case, folder: Path) -> dict[str, Any]:
    path = export_skeleton(store, case.ref, folder / "report.json", now=NOW, lasts=YEAR)
    whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return whole


def test_a_report_has_incident_text_and_attachments(store: SqlStore, tmp_path: Path) -> None:
    media = Attachment(kind="image", url="https://pics.example/a/door.jpg?s=1")
    item = an_item(1, "He broke the door of 9 Plover Close, WB4 7QT", attachments=(media,))
    verdict = a_verdict(SignalName.CRIME_REPORT, SignalName.DOMESTIC_ABUSE)
    case = an_open_case(store, item, verdict=verdict)
    report = exported(store, case, tmp_path)
    incident = report["incident"]
    assert (incident["reference"], incident["reported_at"]) == (case.ref, item.sent_at.isoformat())
    assert (incident["type"]["suggested"], incident["type"]["confirmed"]) == (
        "domestic_abuse",
        None,
    )
    assert {each["value"] for each in incident["places"]} == {"9 plover close", "WB4 7QT"}
    assert incident["occurred_at"] is None
    assert report["text"]["body"] == item.text
    assert len(report["text"]["versions"][0]["payload_sha256"]) == 64
    assert report["attachments"] == [
        {"name": "door.jpg", "kind": "image", "url": media.url, "sha256": None}
    ]


def test_a_person_stands_in_it_only_if_an_officer_confirmed_it(
    store: SqlStore, tmp_path: Path
) -> None:
    suggested = an_open_case(store, an_item(1))
    assert exported(store, suggested, tmp_path)["person"] is None
    store.confirm_link(PRIOR, events=[an_event()])
    known = an_open_case(store, an_item(2), link=confirmed("P-1"))
    person = exported(store, known, tmp_path)["person"]
    assert (person["surname"], person["safe_contact"]["note"]) == ("Quill", "not after six")
    assert person["identity_confirmed"] == {"by": "officer-1", "at": NOW.isoformat()}
    assert "markers" not in person


def test_a_link_that_was_taken_back_names_nobody(store: SqlStore, tmp_path: Path) -> None:
    store.confirm_link(PRIOR, events=[an_event()])
    case = an_open_case(store, an_item(1), link=confirmed("P-1"))
    store.revoke_link("x", "77", by="officer-1", now=NOW, events=[an_event()])
    report = exported(store, case, tmp_path)
    assert report["person"] is None
    assert "Quill" not in json.dumps(report)


def test_a_link_that_has_run_out_names_nobody(store: SqlStore, tmp_path: Path) -> None:
    store.confirm_link(replace(PRIOR, confirmed_at=NOW - YEAR), events=[an_event()])
    case = an_open_case(store, an_item(1), link=confirmed("P-1"))
    assert exported(store, case, tmp_path)["person"] is None


def test_the_export_is_in_the_trail_with_whose_record_went_out(
    store: SqlStore, tmp_path: Path
) -> None:
    store.confirm_link(PRIOR, events=[an_event()])
    case = an_open_case(store, an_item(1), link=confirmed("P-1"))
    exported(store, case, tmp_path)
    newest = store.events(case.ref)[-1]
    assert (newest.action, dict(newest.detail)) == (
        "exported",
        {"format": "soh", "record_id": "P-1"},
    )


def test_an_item_nobody_knows_and_a_file_that_cannot_be_written_are_told(
    store: SqlStore, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="no such item"):
        export_skeleton(store, "FC-0", tmp_path / "report.json", now=NOW, lasts=YEAR)
    case = an_open_case(store, an_item(1), link=Link())
    with pytest.raises(BadInput, match="cannot be written"):
        export_skeleton(store, case.ref, tmp_path, now=NOW, lasts=YEAR)


def test_every_signal_suggests_exactly_one_kind_of_report() -> None:
    named = [signal for signals in REPORT_TYPES.values() for signal in signals]
    assert sorted(named) == sorted(SignalName)
