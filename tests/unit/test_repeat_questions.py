from datetime import date

import pytest

from triage.model import Address, Person
from triage.repeat_questions import asked_again, held

MARA = Person(
    record_id="MARA",
    forename="Mara",
    surname="Quill",
    date_of_birth=date(1984, 3, 21),
    addresses=(Address(line="9 Plover Close", postcode="WB4 7QA"),),
    phones=("07700 900219",),
)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Could you tell me your full name please?", ("name",)),
        ("Please confirm your date of birth and address", ("birth date", "address")),
        ("What's your postcode?", ("address",)),
        ("can we have your mobile number", ("phone",)),
        ("Who am I speaking to?", ("name",)),
        ("How old are you, and where do you live?", ("birth date", "address")),
        ("asked for her name and DOB", ("name", "birth date")),
        ("We need your name, DOB", ("name", "birth date")),
    ],
)
def test_what_the_record_holds_and_is_asked_for_is_told(text: str, asked: tuple[str, ...]) -> None:
    assert asked_again(text, MARA) == asked


@pytest.mark.parametrize(
    "text",
    [
        "Thank you Mara, an officer will ring you tonight",
        "What is the name of the shop?",
        "Can you tell us what he was wearing?",
        "Please send a photograph of the damage",
        "She gave a new address for him",
        "Ring 101 if it happens again",
        "Are you safe at home now?",
        "",
    ],
)
def test_other_questions_are_no_repeat(text: str) -> None:
    assert asked_again(text, MARA) == ()


def test_what_the_record_does_not_hold_may_be_asked() -> None:
    bare = Person(record_id="B", forename="Bo")
    assert held(bare) == ("name",)
    assert asked_again("What is your address and date of birth?", bare) == ()
