import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import an_item
from triage.blocking import claim_keys
from triage.claims import writer_claim
from triage.identifiers import Place, Whose, extract, keys_for, keys_of
from triage.identify.naming import closeness, fold, forenames_agree, parse_name, sound
from triage.model import Author, Person

pieces = st.sampled_from(
    [
        "my name is ", "I'm ", "Jade", "Pemberton", "O'Neill-Byrne", "Łukasz", "his number is ",
        "07700 900123", "+44", "dob ", "21/08/1994", "WB4 7QT", "9 Plover Close", "AB12 CDE",
        "WB/021874/26", "CAD 12", "a@b.example", " at ", " dot ", "@jade", "my ex ", "this is not ",
        "on my mum's phone", "Thanks, ", "x", "\n", ". ", ", ", " and ", "Mrs ", "PC ", "here",
        "ß", "🧁", "\u0301", "Гриценко", "İ", "１２", "٠٧", "'", "’s ", "(", ")", "\x1f", "ﬁ",
    ]
)  # fmt: skip
texts = st.one_of(st.text(max_size=200), st.lists(pieces, max_size=25).map("".join))


@given(texts, texts, st.lists(texts, max_size=3), st.booleans())
def test_any_text_can_be_read_and_every_span_fits(
    text: str, shown: str, thread: list[str], private: bool
) -> None:
    author = Author(account_id="1", handle=shown[:20], display_name=shown, profile=text)
    item = an_item(text, author=author, channel="x_dm" if private else "x_mention")
    places = {
        Place.TEXT: [text],
        Place.THREAD: thread,
        Place.DISPLAY_NAME: [shown],
        Place.PROFILE: [text],
    }
    found = extract(item, thread)
    for each in found.found:
        source = places[each.place][each.index]
        assert source[each.span.start : each.span.end] == each.raw
        assert each.value
        assert each.raw
    keys = keys_for(item, found)
    assert len(keys) == len(set(keys))


@given(texts)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert extract(an_item(text)) == extract(an_item(text))


@given(texts)
def test_keys_come_only_from_what_is_the_writer_s(text: str) -> None:
    item = an_item(text, author=Author())
    found = extract(item)
    mine = any(each.role is Whose.WRITER for each in found.found)
    assert mine or claim_keys(writer_claim(item, found)) == ()


@given(st.text(max_size=40), st.text(max_size=40))
def test_names_of_any_letters_can_be_folded_and_compared(one: str, other: str) -> None:
    assert fold(fold(one)) == fold(one)
    assert 0.0 <= closeness(fold(one), fold(other)) <= 1.0
    assert closeness(fold(one), fold(one)) == 1.0
    assert forenames_agree(fold(one), fold(other)) == forenames_agree(fold(other), fold(one))
    sound(fold(one))
    parse_name(one)


@given(st.text(max_size=30), st.text(max_size=30), st.lists(st.text(max_size=20), max_size=3))
def test_any_record_has_keys_each_once(forename: str, surname: str, more: list[str]) -> None:
    person = Person(
        record_id="P1",
        forename=forename,
        surname=surname,
        aliases=tuple(more),
        phones=tuple(more),
        emails=tuple(more),
        vehicles=tuple(more),
    )
    keys = keys_of(person)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "seed",
    [
        "a", "1 ", "0", "07", "zero one ", "a at b dot ", "A1 ", "12/", "@", "flat 1 a a ", "Aa ",
        "I'm Sarah ", "my ex ", "my name is ", "07700 900123, ", "Jade Pemberton, ", "this is not ",
        "on my mum's ", "thanks, ", "\n", "his number is 07700900123 ", "x here ", "14/06/85 ",
        "WB4 7QT ", "AB12 CDE ", "9 Plover Close ", "call me ", "he lives at ", "((", "\u0301",
        "a_", "http:// ", "dob ", "name: ",
    ],
)  # fmt: skip
def test_a_hundred_kilobytes_of_anything_are_read_in_seconds(seed: str) -> None:
    """What takes a quadratic time takes minutes here; the machine may be busy."""
    text = (seed * 100_000)[:100_000]
    start = time.process_time()
    extract(an_item(text))
    assert time.process_time() - start < 8.0
