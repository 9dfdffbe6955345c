"""Records are made of lines the same way by this process and by others."""

import json
from datetime import date

from storage.codec import dumps, loads, person_from, person_text
from storage.making import LINES_AT_ONCE, WORTH_PROCESSES, Made, made_of_lines
from triage.blocking import keys_of
from triage.errors import BadInput
from triage.model import Address, Handle, Person, SafeContact

PERSON = Person(
    record_id="P-1",
    forename="Zoë 😀",
    date_of_birth=date(1984, 3, 21),
    addresses=(Address(line="12 Elm Road", postcode="WB1 2AB", current=False),),
    handles=(Handle(platform="x", account_id="77"),),
    safe_contact=SafeContact(days=(0, 4), note="after school"),
    cases=({"ref": "C-1", "parts": [1, {"two": None}]},),
)


def test_a_record_comes_back_from_the_short_text_and_from_the_long() -> None:
    assert person_from(person_text(PERSON)) == PERSON
    assert person_from(dumps(PERSON)) == PERSON
    assert loads(Person, person_text(PERSON)) == PERSON
    assert person_text(PERSON).isascii()
    assert person_text(Person(record_id="P-2")) == '{"record_id":"P-2"}'
    assert person_from('{"record_id":"P-2","shoe_size":6}') == Person(record_id="P-2")


def long_file() -> list[bytes]:
    """More lines than one process takes, with bad ones, and at the seams between pieces."""
    lines = [
        json.dumps({"record_id": f"P-{number}", "phones": [f"07700 900{number % 1000:03}"]})
        for number in range(WORTH_PROCESSES + 10)
    ]
    lines[0] = f"\ufeff{lines[0]}"
    lines[LINES_AT_ONCE] = "nonsense"
    lines[LINES_AT_ONCE * 2 - 1] = ""
    lines[-1] = '{"surname": "Quill"}'
    return [f"{line}\n".encode() for line in lines]


def plainly(made: Made | BadInput) -> Made | str:
    return str(made) if isinstance(made, BadInput) else made


def test_other_processes_make_what_this_one_would_in_the_same_order() -> None:
    lines = long_file()
    alone = [plainly(each) for each in made_of_lines(lines, "p.jsonl", keys_of, 0)]
    shared = [plainly(each) for each in made_of_lines(lines, "p.jsonl", keys_of, 2)]
    assert shared == alone
    assert len(shared) == WORTH_PROCESSES + 9
    wrong = [each for each in shared if isinstance(each, str)]
    assert wrong[0].startswith(f"p.jsonl: line {LINES_AT_ONCE + 1}: not valid JSON")
    assert wrong[1:] == [f"p.jsonl: line {WORTH_PROCESSES + 10}: record_id: missing"]


def test_a_long_file_of_another_form_is_read_by_one_process() -> None:
    lines = ["record_id,forename\n", *["P-1,Zelda\n"] * WORTH_PROCESSES]
    made = list(made_of_lines(lines, "p.csv", keys_of, 2))
    assert len(made) == WORTH_PROCESSES
    assert isinstance(made[-1], Made)
