"""What names somebody is gone before a text leaves the store; what it says is still there."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.training.redaction import Known, known_words, redacted, without_capitals

TODAY = date(2026, 11, 23)
HARD = Path(__file__).resolve().parents[1] / "data" / "redaction.jsonl"
KNOWN = known_words(["Zelda Quill", "@zeldaq"])


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in HARD.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["text"][:30])
def test_hard_texts_lose_who_is_named_and_keep_what_is_told(case: dict[str, Any]) -> None:
    done = redacted(case["text"], KNOWN, today=TODAY)
    assert done is not None
    assert [word for word in case["gone"] if word in done] == [], done
    assert [words for words in case["kept"] if words not in done] == [], done


def test_the_people_of_an_item_are_known_by_name_however_rare() -> None:
    text = "quillfeather rang me, he said quillfeather was on his way"
    known = known_words(["Orlo Quillfeather"])
    assert redacted(text, known, today=TODAY) == "[name] rang me, he said [name] was on his way"


def test_an_account_called_after_ordinary_words_hides_no_ordinary_words() -> None:
    known = known_words(["Angry Mum", "@angry_mum"])
    text = "my mum is angry about the parking"
    assert redacted(text, known, today=TODAY) == text


@pytest.mark.parametrize(
    "text", ["زوجي أحمد يضربني كل يوم", "আমার স্বামী করিম আমাকে মারে", "我丈夫王伟打我"]
)
def test_a_script_without_capitals_hides_names_so_nothing_of_it_leaves(text: str) -> None:
    assert without_capitals(text)
    assert redacted(text, Known(), today=TODAY) is None


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    redacted(text, KNOWN, today=TODAY)


@given(st.from_regex(r"07700 ?900[0-9]{3}", fullmatch=True), st.text(max_size=20))
def test_no_phone_number_stands_after_it(phone: str, around: str) -> None:
    done = redacted(f"{around} {phone} {around}", Known(), today=TODAY)
    assert done is None or phone not in done


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    done = redacted("Jade hit me with a knife at 14 Osier Court. " * 2_000, KNOWN, today=TODAY)
    assert done is not None
    assert "Jade" not in done
