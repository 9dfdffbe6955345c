import pytest

from triage.manner import NOT_THE_SAME, other_language, other_style

CAREFUL = (
    "Good morning. I don't know whether you remember me, but he came back last night.",
    "Thank you for the call. I've written down the times, as you asked me to do.",
    "He was outside the school again. I didn't speak to him, and I took the other road.",
)
HASTY = "hi its me again u dont need to come anymore everything is fine now pls leave it"


def test_a_sudden_change_of_style_is_noted_with_what_changed() -> None:
    note = other_style(HASTY, CAREFUL)
    assert note.startswith(NOT_THE_SAME)
    assert "capitals" in note
    assert "short forms" in note


@pytest.mark.parametrize(
    "text",
    [
        "I've seen him again this evening. He didn't come near, but I'm worried about tonight.",
        "he's here again please hurry, I don't know what to do and the children are upstairs",
        "help",
        "",
    ],
)
def test_the_same_hand_or_a_text_that_shows_too_little_is_not(text: str) -> None:
    assert other_style(text, CAREFUL) == ""


def test_too_few_earlier_texts_show_no_habits() -> None:
    assert other_style(HASTY, CAREFUL[:2]) == ""
    assert other_style(HASTY, ("ok", "yes", "thank you", *CAREFUL[:2])) == ""


@pytest.mark.parametrize(
    ("now", "before", "noted"),
    [("pl", "en", True), ("en", "en", False), ("", "en", False), ("und", "en", False)],
)
def test_another_language_is_noted_where_both_are_known(now: str, before: str, noted: bool) -> None:
    assert other_language(now, before).startswith(NOT_THE_SAME) is noted
