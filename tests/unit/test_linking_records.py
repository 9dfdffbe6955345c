import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import BadInput
from triage.model import Address, Handle, Need, Person, PriorLink, SafeContact
from triage.recordbook import RecordBook
from triage.records import (
    parse_person,
    parse_prior_link,
    person_json,
    read_people,
    read_prior_links,
)

FULL: dict[str, Any] = {
    "record_id": "P000417",
    "forename": "Amira",
    "middle_names": "Noor",
    "surname": "Rahman",
    "preferred_name": "Ami",
    "aliases": ["Amira Begum"],
    "date_of_birth": "1991-04-12",
    "sex": "F",
    "addresses": [{"line": "14 Osier Court", "postcode": "WB7 2LB", "current": True}],
    "phones": ["07700 900142"],
    "emails": ["amira@mail.example"],
    "handles": [{"platform": "X", "handle": "amira_bakes", "account_id": 1187340021554}],
    "vehicles": ["AB12 CDE"],
    "markers": ["Domestic abuse", "high_risk"],
    "safe_contact": {
        "channels": ["x_dm"],
        "days": ["mon", "wed"],
        "hours": "09:30-14:30",
        "codeword": "bluebell",
        "public_reply": False,
        "leave_message": False,
        "set_by": "DC 3310",
        "set_at": "2026-11-09",
        "expires_at": "2026-12-07",
    },
    "cases": [{"reference": "WB/021874/26", "kind": "crime"}],
    "pronunciation": "uh-MEE-ra",
    "language": "Bengali",
    "needs": [
        {"need": "Interpreter", "source": "DC 3310", "updated_at": "2026-11-09"},
        "Large print",
        " ",
    ],
    "source": "Niche",
    "updated_at": "2026-10-14",
    "shoe_size": 5,
}


def test_a_full_record_is_read() -> None:
    assert parse_person(FULL, "here") == Person(
        record_id="P000417",
        forename="Amira",
        middle_names="Noor",
        surname="Rahman",
        preferred_name="Ami",
        aliases=("Amira Begum",),
        date_of_birth=date(1991, 4, 12),
        sex="F",
        addresses=(Address(line="14 Osier Court", postcode="WB7 2LB"),),
        phones=("07700 900142",),
        emails=("amira@mail.example",),
        handles=(Handle(platform="x", handle="amira_bakes", account_id="1187340021554"),),
        vehicles=("AB12 CDE",),
        markers=("domestic_abuse", "high_risk"),
        safe_contact=SafeContact(
            channels=("x_dm",),
            days=(0, 2),
            from_hour=10,
            to_hour=14,
            codeword="bluebell",
            note="leave no message",
            set_by="DC 3310",
            set_at=datetime(2026, 11, 9, tzinfo=UTC),
            expires_at=datetime(2026, 12, 7, tzinfo=UTC),
        ),
        cases=({"reference": "WB/021874/26", "kind": "crime"},),
        pronunciation="uh-MEE-ra",
        language="Bengali",
        needs=(
            Need(
                text="Interpreter",
                source="DC 3310",
                updated_at=datetime(2026, 11, 9, tzinfo=UTC),
            ),
            Need(text="Large print"),
        ),
        source="Niche",
        updated_at=datetime(2026, 10, 14, tzinfo=UTC),
    )


def test_what_is_missing_stays_missing() -> None:
    assert parse_person({"record_id": 7}, "here") == Person(record_id="7")
    assert parse_person(dict.fromkeys(FULL) | {"record_id": "7"}, "here") == Person(record_id="7")


def test_a_record_written_is_read_back_the_same() -> None:
    person = parse_person(FULL, "here")
    assert parse_person(json.loads(json.dumps(person_json(person))), "back") == person


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("record_id", "", "record_id"),
        ("record_id", "x" * 300, "record_id"),
        ("forename", ["Amira"], "forename"),
        ("forename", True, "forename"),
        ("date_of_birth", "12th of never", "date_of_birth"),
        ("date_of_birth", "1991-13-01", "date_of_birth"),
        ("phones", 1.5, "phones"),
        ("phones", [{"kind": "home"}], "phones"),
        ("addresses", [3], "addresses[0]"),
        ("addresses", [{"line": "1 Beck Street", "current": "perhaps"}], "addresses[0]: current"),
        ("handles", [{"handle": "a"}], "handles[0]: platform"),
        ("handles", ["amira_bakes"], "handles[0]"),
        ("safe_contact", "phone", "safe_contact"),
        ("safe_contact", {"days": ["someday"]}, "safe_contact: days"),
        ("safe_contact", {"hours": "mornings"}, "safe_contact: hours"),
        ("safe_contact", {"from_hour": 25}, "safe_contact: from_hour"),
        ("safe_contact", {"set_at": "2026-11-09T10:00"}, "safe_contact: set_at"),
        ("cases", [1], "cases[0]"),
    ],
)
def test_what_cannot_be_read_is_named(field: str, value: object, where: str) -> None:
    with pytest.raises(BadInput) as error:
        parse_person(FULL | {field: value}, "records.jsonl: line 3")
    assert error.value.where == f"records.jsonl: line 3: {where}"


@pytest.mark.parametrize("written", ["1991", "1991-00-00", "", None])
def test_a_birth_date_of_which_only_the_year_is_known_is_missing(written: object) -> None:
    assert parse_person(FULL | {"date_of_birth": written}, "here").date_of_birth is None


def test_lists_may_hold_objects_of_other_systems() -> None:
    person = parse_person(
        {
            "record_id": "P1",
            "phones": [{"number": "07700 900142"}],
            "vehicles": [{"vrm": "AB12 CDE"}],
            "markers": [{"kind": "Domestic Abuse", "since": "2025"}],
            "addresses": ["14 Osier Court, WB7 2LB"],
            "handles": ["x:amira_bakes"],
            "cases": ["WB/021874/26"],
        },
        "here",
    )
    assert person.phones == ("07700 900142",)
    assert person.vehicles == ("AB12 CDE",)
    assert person.markers == ("domestic_abuse",)
    assert person.addresses == (Address(line="14 Osier Court", postcode="WB7 2LB"),)
    assert person.handles == (Handle(platform="x", handle="amira_bakes"),)
    assert person.cases == ({"reference": "WB/021874/26"},)


# --- files ----------------------------------------------------------------------------------------


def test_json_lines_are_read_past_a_bad_line() -> None:
    lines = ['{"record_id": "P1"}\n', "\n", "nonsense\n", "[1]\n", '{"record_id": "P2"}\n']
    found = list(read_people(lines, "people.jsonl"))
    assert [each.record_id for each in found if isinstance(each, Person)] == ["P1", "P2"]
    assert [str(each.where) for each in found if isinstance(each, BadInput)] == [
        "people.jsonl: line 3",
        "people.jsonl: line 4",
    ]


def test_bytes_that_are_no_text_are_a_bad_line_only() -> None:
    lines = [b'{"record_id": "P1"}\n', b'{"record_id": "\xff"}\n', b'{"record_id": "P2"}\n']
    found = list(read_people(lines, "people.jsonl"))
    assert [isinstance(each, BadInput) for each in found] == [False, True, False]


def test_csv_is_read_with_lists_and_one_address() -> None:
    lines = [
        "\ufeffrecord_id,Forename,surname,date_of_birth,phones,address,postcode,handles\n",
        'P1,Jade,Pemberton,21/08/1994,07700 900266; 01134960118,"9 Plover Close",WB4 7QA,\n',
        'P2,Liam,Pemberton,,,,,"[{""platform"": ""x"", ""handle"": ""liam_p""}]"\n',
        "P3,Too,Many,,,,,,,,\n",
    ]
    jade, liam, bad = read_people(lines, "people.csv")
    assert jade == Person(
        record_id="P1",
        forename="Jade",
        surname="Pemberton",
        date_of_birth=date(1994, 8, 21),
        phones=("07700 900266", "01134960118"),
        addresses=(Address(line="9 Plover Close", postcode="WB4 7QA"),),
    )
    assert isinstance(liam, Person)
    assert liam.handles == (Handle(platform="x", handle="liam_p"),)
    assert isinstance(bad, BadInput)
    assert bad.where == "people.csv: line 4"


def test_a_prior_link_is_read_or_named() -> None:
    good = {
        "platform": "X",
        "account_id": 1001,
        "record_id": "P1",
        "confirmed_by": "PC 1",
        "confirmed_at": "2026-10-03T10:12:00+00:00",
    }
    found = list(
        read_prior_links([json.dumps(good), json.dumps(good | {"confirmed_at": ""})], "links")
    )
    assert found[0] == PriorLink(
        platform="x",
        account_id="1001",
        record_id="P1",
        confirmed_by="PC 1",
        confirmed_at=datetime(2026, 10, 3, 10, 12, tzinfo=UTC),
    )
    assert isinstance(found[1], BadInput)
    assert found[1].where == "links: line 2: confirmed_at"
    with pytest.raises(BadInput, match="account_id: missing"):
        parse_prior_link(good | {"account_id": None}, "here")


def test_a_book_leaves_bad_rows_out_and_says_so(
    tmp_path: Path,
) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text('{"record_id": "P1"}\n{"forename": "Nobody"}\n', encoding="utf-8")
    book = RecordBook.load(file)
    assert len(book) == 1
    assert [str(each) for each in book.rejected] == [f"{file}: line 2: record_id: missing"]


def test_a_json_array_is_refused_with_what_is_wanted() -> None:
    (only,) = read_people(['[{"record_id": "P1"},\n', ' {"record_id": "P2"}]\n'], "people.json")
    assert str(only) == "people.json: line 1: a JSON array: one JSON object a line is wanted"


def test_a_book_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text("nonsense\nnonsense\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 2: record_id: missing"):
        RecordBook.load(file)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), json_values))
def test_any_object_is_a_record_or_bad_input(raw: dict[str, Any]) -> None:
    try:
        person = parse_person(raw, "here")
    except BadInput:
        return
    assert parse_person(person_json(person), "back") == person


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_lines_can_be_read(lines: list[str]) -> None:
    for each in read_people(lines, "any"):
        assert isinstance(each, Person | BadInput)
