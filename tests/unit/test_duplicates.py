"""Two records of one person are told with reasons; two people are not, or with a warning."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from console.weights import COLUMNS, NAMESAKES, write_duplicates
from triage.bits import total
from triage.duplicates import Duplicate, duplicates, sharing_a_key
from triage.model import Address, Person
from triage.recordbook import RecordBook
from triage.weights import SHIPPED

TODAY = date(2026, 11, 23)
HOME = (Address(line="14 Fennel Street", postcode="WB2 4UB", current=True),)
ZELDA = Person(
    record_id="R1",
    forename="Zelda",
    surname="Quillfeather",
    date_of_birth=date(1984, 3, 21),
    phones=("07700 900123",),
    addresses=HOME,
)


def found(*people: Person, at_least: float = 0.9) -> list[Duplicate]:
    pairs = sharing_a_key(people, RecordBook(people))
    return list(duplicates(pairs, count=len(people), today=TODAY, at_least=at_least))


def test_a_record_with_a_slip_and_another_phone_is_told_once_with_reasons() -> None:
    again = replace(ZELDA, record_id="R2", surname="Quilfeather", phones=("07700 900456",))
    (pair,) = found(ZELDA, again)
    assert (pair.record_id, pair.candidate.record_id) == ("R1", "R2")
    levels = {(each.field, each.level) for each in pair.candidate.evidence}
    assert {("surname", "similar"), ("phone", "different"), ("forename", "same")} <= levels
    assert pair.candidate.weight == total(pair.candidate.evidence)
    assert not pair.namesakes_only


@pytest.mark.parametrize(
    "housemate",
    [
        replace(ZELDA, record_id="R2", forename="Martin", date_of_birth=date(1983, 9, 2)),
        replace(ZELDA, record_id="R2", forename="Zoe", date_of_birth=date(2011, 5, 9)),
    ],
    ids=["partner", "child"],
)
def test_who_shares_house_phone_and_surname_is_no_duplicate(housemate: Person) -> None:
    assert found(ZELDA, housemate) == []


def test_namesakes_with_one_birth_date_are_told_with_a_warning() -> None:
    elsewhere = (Address(line="3 Beck Lane", postcode="NG7 1AA", current=True),)
    other = replace(ZELDA, record_id="R2", phones=(), addresses=elsewhere)
    (pair,) = found(ZELDA, other)
    assert pair.namesakes_only


def test_three_records_of_one_person_make_three_pairs() -> None:
    three = [replace(ZELDA, record_id=f"R{number}") for number in range(3)]
    assert len(found(*three)) == 3


def test_the_report_holds_ids_and_levels_and_nothing_that_anybody_told_us() -> None:
    file = io.StringIO()
    write_duplicates(file, found(ZELDA, replace(ZELDA, record_id="R2", phones=(), addresses=())))
    header, row = csv.reader(io.StringIO(file.getvalue()))
    assert tuple(header) == COLUMNS
    assert row[:2] == ["R1", "R2"]
    assert f"date_of_birth same {SHIPPED.levels['date_of_birth']['same']:+g}" in row[4]
    assert row[5] == NAMESAKES
    assert not any(word in file.getvalue() for word in ("Zelda", "Quill", "1984", "07700"))
