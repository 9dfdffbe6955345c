"""A record out of the columns of another system."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.columns import LISTS, OBJECTS, TEXTS, Columns, as_named, person_of, raws
from triage.errors import BadInput
from triage.model import Handle, Person

WESTBRIDGE = Columns(
    plain={
        "record_id": ("NOMINAL_ID",),
        "forename": ("GIVEN_NM",),
        "surname": ("FAMILY_NM",),
        "middle_names": ("GIVEN_2", "GIVEN_3"),
        "date_of_birth": ("DOB",),
        "phones": ("MOBILE", "HOME_TEL"),
        "emails": ("EMAILS",),
    },
    objects={
        "addresses": ({"line": ("HOUSE", "STREET"), "postcode": ("PCODE",)},),
        "handles": ({"platform": ("=x",), "handle": ("TWITTER",)},),
        "cases": ({"reference": ("OCC_NO",), "status": ("OCC_STATUS",)},),
    },
    safe_contact={"channels": ("SAFE_BY",), "note": ("SAFE_NOTE",)},
    date_format="%d-%b-%Y",
)
ZELDA = {"nominal_id": 4711, "given_nm": "Zelda", "family_nm": "Quill"}


def read(*rows: dict[str, Any], columns: Columns = WESTBRIDGE) -> list[Person | BadInput]:
    placed = [(f"niche: row {number}", row) for number, row in enumerate(rows, 1)]
    return [person_of(row, columns) for row in raws(placed, columns)]


def person(*rows: dict[str, Any], columns: Columns = WESTBRIDGE) -> Person:
    (found,) = read(*rows, columns=columns)
    assert isinstance(found, Person), found
    return found


def complaint(*rows: dict[str, Any], columns: Columns = WESTBRIDGE) -> str:
    (found,) = read(*rows, columns=columns)
    assert isinstance(found, BadInput), found
    return str(found)


def test_each_column_fills_its_field() -> None:
    found = person(ZELDA | {"given_2": "Ann", "given_3": "May", "dob": "21-Mar-1984"})
    assert (found.record_id, found.forename, found.surname) == ("4711", "Zelda", "Quill")
    assert found.middle_names == "Ann May"
    assert found.date_of_birth == date(1984, 3, 21)


def test_a_list_is_gathered_from_several_columns_and_parted_at_the_separator() -> None:
    both = {"mobile": "07700 900123", "home_tel": "01632 960001; 01632 960002"}
    found = person(ZELDA | both | {"emails": '["z@mail.example", "q@mail.example"]'})
    assert found.phones == ("07700 900123", "01632 960001", "01632 960002")
    assert found.emails == ("z@mail.example", "q@mail.example")


def test_rows_of_one_record_that_follow_each_other_are_put_together() -> None:
    rows = [
        ZELDA | {"mobile": "07700 900123", "twitter": "zeldaq"},
        ZELDA | {"mobile": "07700 900124", "twitter": "zeldaq"},
        ZELDA | {"house": "3", "street": "Merlin Court", "pcode": "WB4 7QT"},
    ]
    found = person(*rows)
    assert found.phones == ("07700 900123", "07700 900124")
    assert found.handles == (Handle(platform="x", handle="zeldaq"),)
    assert [(each.line, each.postcode) for each in found.addresses] == [
        ("3, Merlin Court", "WB4 7QT")
    ]


def test_a_record_with_one_bad_row_is_not_made_of_the_others() -> None:
    bad = ZELDA | {"emails": '["z@mail.example"'}
    assert complaint(ZELDA | {"mobile": "07700 900123"}, bad, ZELDA).startswith("niche: row 2")


def test_rows_without_an_id_are_told_one_by_one() -> None:
    found = read({"given_nm": "Zelda"}, {"given_nm": "Abel"})
    assert [str(each) for each in found] == [
        "niche: row 1: record_id (NOMINAL_ID): missing",
        "niche: row 2: record_id (NOMINAL_ID): missing",
    ]


def test_what_only_the_settings_say_makes_no_handle() -> None:
    assert person(ZELDA).handles == ()


def test_safe_contact_and_cases_are_read_from_their_columns() -> None:
    told = {
        "safe_by": "sms",
        "safe_note": "not after six",
        "occ_no": "WB/1/26",
        "occ_status": "open",
    }
    found = person(ZELDA | told)
    assert found.safe_contact is not None
    assert (found.safe_contact.channels, found.safe_contact.note) == (("sms",), "not after six")
    assert found.cases == ({"reference": "WB/1/26", "status": "open"},)


@pytest.mark.parametrize(
    ("value", "phone"),
    [(7700900123, "7700900123"), (7700900123.0, "7700900123"), (Decimal(7700900123), "7700900123")],
)
def test_a_phone_that_was_taken_for_a_number_keeps_its_digits(value: object, phone: str) -> None:
    assert person(ZELDA | {"mobile": value}).phones == (phone,)


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), float("inf")])
def test_what_is_missing_stays_missing(value: object) -> None:
    assert person(ZELDA | {"mobile": value}).phones == ()


@pytest.mark.parametrize("value", [date(1984, 3, 21), datetime(1984, 3, 21), "1984-03-21"])  # noqa: DTZ001
def test_a_date_that_is_one_already_needs_no_format(value: object) -> None:
    assert person(ZELDA | {"dob": value}).date_of_birth == date(1984, 3, 21)


def test_a_bad_date_names_row_field_and_column_and_not_what_stands_there() -> None:
    said = complaint(ZELDA | {"dob": "21/03/1984"})
    assert said == "niche: row 1: date_of_birth (DOB): not a date like %d-%b-%Y"


def test_bytes_are_told_and_not_guessed() -> None:
    assert complaint(ZELDA | {"mobile": b"077"}) == "niche: row 1: MOBILE: cannot be read: bytes"


def test_lists_and_objects_of_a_column_are_taken_as_they_are() -> None:
    row = {
        "record_id": "P-1",
        "phones": ["07700 900123"],
        "addresses": [{"line": "3 Merlin Court", "postcode": "WB4 7QT", "current": True}],
        "safe_contact": {"channels": ["sms"]},
        "postcode": "WB4 7QU",
    }
    found = person(row, columns=as_named())
    assert found.phones == ("07700 900123",)
    assert [each.postcode for each in found.addresses] == ["WB4 7QT", "WB4 7QU"]
    assert found.safe_contact is not None


CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=True)
    | st.text(max_size=12)
    | st.sampled_from(["[", "{", '["a"]', '{"line": 1}', "1984-03-21", "x:zeldaq", "a;b"])
    | st.dates()
    | st.datetimes()
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(
    rows=st.lists(
        st.fixed_dictionaries({}, optional=dict.fromkeys((*TEXTS, *LISTS, *OBJECTS), CELLS)),
        max_size=4,
    )
)
def test_whatever_stands_in_a_row_is_a_record_or_said_with_its_place(
    rows: list[dict[str, Any]],
) -> None:
    for found in read(*rows, columns=as_named()):
        assert isinstance(found, Person) or found.where.startswith("niche: row ")


def test_a_column_that_is_not_there_is_told_and_a_literal_is_no_column() -> None:
    there = ["NOMINAL_ID", "given_nm", "FAMILY_NM", "GIVEN_2", "GIVEN_3", "DOB", "HOME_TEL"]
    missing = WESTBRIDGE.missing(there)
    assert missing[0] == "MOBILE"
    assert "=x" not in missing
