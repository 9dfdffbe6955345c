"""Which judged items are most like a text."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from console.tuning.neighbours import MOST, Kept, Neighbours

TEXTS = {
    "FC-1": "hes outside my door again with a knife",
    "FC-2": "when does the fair open on saturday",
    "FC-3": "my bike was taken from loom street",
    "FC-4": "he is at my door",
}


def refs(text: str, texts: Mapping[str, str] = TEXTS, most: int = 5) -> list[str]:
    return [each.ref for each in Neighbours(texts).nearest(text, most=most)]


def test_rare_words_count_for_more_than_common_ones() -> None:
    assert refs("a knife at my door")[0] == "FC-1"
    assert refs("Is the FAIR open?")[0] == "FC-2"


def test_an_ending_or_a_slip_of_the_pen_does_not_hide_a_word() -> None:
    assert refs("two bikes were takne")[0] == "FC-3"


def test_nothing_in_common_is_nothing_alike() -> None:
    assert refs("zzz 🦊") == []
    assert refs("") == []
    assert Neighbours({}).nearest("knife") == []


def test_of_those_that_say_the_same_only_one_is_shown() -> None:
    same = {f"FC-{number}": "he has a knife" for number in range(9)}
    assert refs("knife", {**same, "FC-9": "a knife was found"}) == ["FC-0", "FC-9"]


@given(st.text(max_size=200))
def test_whatever_is_typed_likeness_lies_between_nought_and_one(text: str) -> None:
    found = Neighbours({**TEXTS, "FC-5": text}).nearest(text)
    assert all(0.0 < each.likeness <= 1.0 for each in found)
    assert [each.likeness for each in found] == sorted(
        (each.likeness for each in found), reverse=True
    )


def test_texts_are_read_once_and_only_so_many_of_them() -> None:
    asked: list[int] = []

    def texts_of(wanted: Sequence[str]) -> dict[str, str]:
        asked.append(len(wanted))
        return dict.fromkeys(wanted[:1], "he has a knife")

    kept = Kept()
    many = [f"FC-{number}" for number in range(MOST + 5)]
    assert kept.index(many, texts_of).nearest("knife")[0].ref == "FC-5"
    kept.index(many, texts_of)
    assert asked == [MOST]
