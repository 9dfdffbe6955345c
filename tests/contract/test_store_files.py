"""Citizen records as JSON lines and CSV, and the values of the domain as stored JSON."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.codec import dumps, loads
from tests.stores import a_verdict
from triage.errors import BadInput
from triage.model import (
    Address,
    Candidate,
    CollectorHealth,
    Evidence,
    Handle,
    Link,
    LinkDecision,
    Mention,
    Modifiers,
    Person,
    Quota,
    Reason,
    SafeContact,
    Span,
    Verdict,
)
from triage.records import read_people, read_prior_links
from triage.taxonomy import Literalness, SignalName, Voice

HEADER = "record_id,forename,surname,date_of_birth,phones,addresses,handles,markers,safe_contact"


def only(lines: list[str | bytes]) -> Person:
    (person,) = read_people(lines, "records")
    assert isinstance(person, Person)
    return person


def problem(lines: list[str | bytes]) -> str:
    (found,) = read_people(lines, "people")
    assert isinstance(found, BadInput)
    return str(found)


# --- CSV ------------------------------------------------------------------------------------------


def test_a_csv_row_is_a_person() -> None:
    row = (
        'P-1,Zelda,Quill,21/03/1984,07700 900123; 07700 900124,"12 Elm Road, WB1 2AB; 3 Oak Lane",'
        "x:zeldaq;facebook: Zelda.Q,High Risk;child,"
        '"{""channels"": [""x_dm""], ""public_reply"": false}"'
    )
    assert only([HEADER, row]) == Person(
        record_id="P-1",
        forename="Zelda",
        surname="Quill",
        date_of_birth=date(1984, 3, 21),
        phones=("07700 900123", "07700 900124"),
        addresses=(
            Address(line="12 Elm Road", postcode="WB1 2AB"),
            Address(line="3 Oak Lane"),
        ),
        handles=(
            Handle(platform="x", handle="zeldaq"),
            Handle(platform="facebook", handle="Zelda.Q"),
        ),
        markers=("high_risk", "child"),
        safe_contact=SafeContact(channels=("x_dm",)),
    )


def test_a_list_column_may_hold_json() -> None:
    cells = ['["a@example.com", "b@example.com"]', '[{"platform":"x","account_id":77}]']
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    person = only(["record_id,emails,handles", f"P-1,{quoted}"])
    assert person.emails == ("a@example.com", "b@example.com")
    assert person.handles == (Handle(platform="x", account_id="77"),)


def test_excels_mark_spaces_and_capitals_in_the_header_do_no_harm() -> None:
    lines: list[str | bytes] = [
        b"\xef\xbb\xbfRecord_ID , Forename\r\n",
        "P-1,Zélda\r\n".encode(),
        b"\r\n",
        b",\r\n",
    ]
    assert only(lines) == Person(record_id="P-1", forename="Zélda")


def test_a_quoted_cell_may_span_lines_and_errors_name_the_last() -> None:
    lines: list[str | bytes] = [
        "record_id,forename\n",
        'P-1,"Zel\n',
        'da"\n',
        "P-2\n",
        "P-3,x,too,many\n",
        ",nobody\n",
    ]
    first, second, third, fourth = read_people(lines, "people.csv")
    assert isinstance(first, Person)
    assert first.forename == "Zel\nda"
    assert second == Person(record_id="P-2")
    assert str(third) == "people.csv: line 5: has 4 columns, the header 2"
    assert str(fourth) == "people.csv: line 6: record_id: missing"


def test_an_empty_file_holds_nobody() -> None:
    assert list(read_people([], "records")) == []
    assert list(read_people(["", "\n"], "records")) == []
    assert list(read_people(["record_id,forename\n"], "records")) == []


def test_prior_links_may_be_csv_too() -> None:
    header = "platform,account_id,record_id,confirmed_by,confirmed_at,expires_at"
    (link,) = read_prior_links([header, "x,77,P-1,ada,2026-11-23T09:41:00Z,"], "links")
    assert not isinstance(link, BadInput)
    assert (link.account_id, link.expires_at) == ("77", None)


# --- JSON lines -----------------------------------------------------------------------------------


def test_missing_and_null_fields_are_missing() -> None:
    row = {"record_id": 17, "forename": None, "phones": None, "safe_contact": None}
    assert only([json.dumps(row)]) == Person(record_id="17")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"record_id": ""}, "record_id: missing"),
        ({"record_id": "x" * 300}, "record_id: is longer than 255 characters"),
        ({"record_id": "P\x1f1"}, "record_id: holds characters that are not text"),
        ({"forename": ["Zelda"]}, "forename: must be a string, not list"),
        ({"forename": True}, "forename: must be a string, not bool"),
        ({"forename": "a\x00b"}, "forename: holds characters that are not text"),
        ({"forename": "\ud800"}, "forename: holds characters that are not text"),
        ({"forename": "x" * 5000}, "forename: is longer than 2000 characters"),
        ({"phones": [["1"]]}, "phones: must be a string, not list"),
        ({"date_of_birth": "1984-13-01"}, "date_of_birth: not a date"),
        ({"date_of_birth": "31/02/1984"}, "date_of_birth: not a date"),
        ({"safe_contact": {"from_hour": 25}}, "safe_contact: from_hour: must be an hour"),
    ],
)
def test_a_bad_field_is_named_with_its_line(fields: dict[str, Any], said: str) -> None:
    found = problem([json.dumps({"record_id": "P-1"} | fields)])
    assert found.startswith(f"people: line 1: {said}")
    assert "\n" not in found


@pytest.mark.parametrize("line", ["{", "{} {}", '{"record_id": "P-1"', "{" * 100_000])
def test_a_line_that_is_no_json_object_is_named(line: str) -> None:
    assert problem([line]).startswith("people: line 1: not valid JSON")


def test_bytes_that_are_no_text_are_named() -> None:
    found = problem([b'{"record_id": "P-1", "forename": "Z\xe9lda"}'])
    assert found == "people: line 1: not UTF-8 text"


# --- stored values --------------------------------------------------------------------------------


def test_values_come_back_equal() -> None:
    now = datetime(2026, 11, 23, 9, 41, 0, 123456, tzinfo=UTC)
    verdict = replace(
        a_verdict(SignalName.WEAPON, SignalName.HATE),
        modifiers=Modifiers(voice=Voice.CHILD, literal=Literalness.QUOTED),
        reasons=(Reason(rule="F4", text="weapon – présent"),),
    )
    signal = replace(verdict.signals[0], spans=(Span(start=1, end=2), Span(start=3, end=9)))
    evidence = (Evidence(field="phone", level="exact", weight=12.5),)
    candidate = Candidate(record_id="P-1", probability=0.9, weight=3.3, evidence=evidence)
    values: list[Any] = [
        replace(verdict, signals=(signal,)),
        Link(
            decision=LinkDecision.SUGGESTED,
            candidates=(candidate,),
            mentions=(Mention(record_id="P-2", probability=0.5),),
            notes=("a",),
        ),
        Person(
            record_id="P-1",
            date_of_birth=date(1984, 3, 21),
            safe_contact=SafeContact(days=(1,), set_at=now),
            cases=({"ref": "C-1", "n": [1, 2]},),
        ),
        CollectorHealth(
            source="x",
            last_success=now,
            quotas=(Quota(name="q", resets_at=now),),
            usual_gap=timedelta(minutes=7, seconds=0.5),
        ),
    ]
    for value in values:
        assert loads(type(value), dumps(value)) == value


def test_a_row_of_another_version_can_be_read() -> None:
    written = json.loads(dumps(a_verdict(SignalName.WEAPON)))
    del written["covered"]
    written["invented_later"] = {"x": 1}
    assert loads(Verdict, json.dumps(written)) == a_verdict(SignalName.WEAPON)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_stored_json_is_ascii_whatever_it_holds(text: str) -> None:
    reason = Reason(rule="r", text=text)
    stored = dumps(reason)
    assert stored.isascii()
    assert "\x00" not in stored
    assert loads(Reason, stored) == reason
