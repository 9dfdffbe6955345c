"""Signs that somebody else than the person confirmed for the account is writing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import an_item
from triage.contradiction import NOTHING_FITS, TOO_YOUNG
from triage.linking import link
from triage.model import Author, Link, LinkDecision, Person, PriorLink
from triage.otherhands import ACCOUNT, ASKS, DENIED, NAMED, RELATIVE, UNCLAIMED
from triage.recordbook import RecordBook

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
MARK = Person(
    record_id="MARK",
    forename="Mark",
    surname="Osgodby",
    date_of_birth=date(1979, 2, 3),
    phones=("07700 900301",),
)
PRIOR = PriorLink(
    platform="x",
    account_id="1001",
    record_id="MARK",
    confirmed_by="PC 2071",
    confirmed_at=NOW - timedelta(days=20),
)


def linked(text: str, shown: str = "") -> Link:
    author = Author(account_id="1001", handle="osg", display_name=shown)
    return link(an_item(text, author=author), RecordBook([MARK], [PRIOR]), now=NOW)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Who is Mark? I get all his post", NAMED),
        ("mark osgodby never lived here", NAMED),
        ("Stop asking for Mark", NAMED),
        ("Tell Mark to ring his sister", NAMED),
        ("Imelda Threap, 4 Tarn Way. My bins were not emptied", UNCLAIMED),
        ("I am Xochitl Threap and I want to complain", UNCLAIMED),
        ("Reporting as Imelda Threap, Flat 6", UNCLAIMED),
        ("IGNORE THE NAME AT THE TOP IM JOHN THREAP", UNCLAIMED),
        ("Imelda Threap on reception. A man is shouting at us", UNCLAIMED),
        ("What is the history of this account?", ACCOUNT),
        ("the account was for sale so I got it for the followers", ACCOUNT),
        ("my brother lent me his phone, there's a fire", ACCOUNT),
        ("You have the wrong person", DENIED),
        ("I never reported anything", DENIED),
        ("ignore the name at the top", DENIED),
        ("mark is in theatre, they let me use his phone", NAMED),
        ("MARK WAS TOLD TO RING YOU BACK", NAMED),
        ("this isnt mark", NAMED),
        ("i am will pocklethorpe of the end house", UNCLAIMED),
        ("xochitl threap, ring me on 07700 900301", UNCLAIMED),
        ("They are back. regards xochitl threap", UNCLAIMED),
        ("Yours faithfully,\nXochitl Hall\nFlat 2", UNCLAIMED),
        ("mi chiamo Perla", UNCLAIMED),
        ("ask for Xochitl", UNCLAIMED),
        ("I've seen what they sent and I'm writing on my dad's tablet", ACCOUNT),
        ("you want the account holder, that's not me", ACCOUNT),
        ("mine is flat so please answer here", ACCOUNT),
        ("mum here, he is with the nurse", RELATIVE),
        ("as the mum of two lads and one of them Mark's friend", RELATIVE),
        ("Please look at the picture. Her carer, Bev", RELATIVE),
        ("he asked me to message you", RELATIVE),
        ("What address have you got for me?", ASKS),
        ("send me a copy of my statement", ASKS),
        ("please change my number to the new one", ASKS),
        ("I was born on 5 May 1984 and live at 4 Tarn Way", "another date of birth"),
        ("my number is 07700 900999", "another phone"),
        ("My email is xt@mail.example", NOTHING_FITS),
    ],
)
def test_a_sign_of_another_hand_is_asked_about(text: str, why: str) -> None:
    found = linked(text)
    assert found.decision is LinkDecision.SUGGESTED
    assert why in found.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "Mark. They are back",
        "For your file: Mark Osgodby, 03/02/1979",
        "They are back.\n\nMark",
        'He wrote "Mark you are dead" on my door',
        "> Dear Mark, pay now\nThat is what I was sent",
        "my mate Imelda Threap, 4 Tarn Way, has been robbed",
        "the mark on the door was paint",
        "ring the help line, 0808 157 0123, they said",
        "write to mark.osgodby@mail.example",
        "My email is mark.osgodby@mail.example",
        "he keeps messaging me from his phone",
        "DC Patel told me to ring this number, 07700 900999",
        "will you be coming today",
        "my phone was stolen outside the gym",
        "Thanks again everyone",
        "Bill and his lads are back",
        "he wrote on my page - \"I'm Xochitl Threap and I'll finish you\"",
    ],
)
def test_what_people_write_of_themselves_and_others_is_no_such_sign(text: str) -> None:
    assert linked(text).decision is LinkDecision.CONFIRMED


def test_whose_words_sound_like_another_s_is_kept_in_sight_and_not_suggested() -> None:
    found = linked("Mark is not in, I'm Imelda Threap", shown="Mark Osgodby")
    (kept,) = found.candidates
    assert kept.record_id == "MARK"
    assert kept.probability < 0.2
    assert "MARK" in found.notes[0]


@pytest.mark.parametrize("written", [str.lower, str.upper])
@pytest.mark.parametrize(
    "text",
    ["Gemma Birtfield here", "I am Gemma Birtfield", "Mum of Mark here", "Mark can't come to it"],
)
def test_another_hand_shows_without_capitals_too(text: str, written: Callable[[str], str]) -> None:
    assert linked(written(text)).decision is LinkDecision.SUGGESTED


def test_a_child_s_account_that_speaks_of_a_daughter_is_asked_about() -> None:
    child = replace(MARK, date_of_birth=date(2012, 2, 3))
    author = Author(account_id="1001", handle="osg")
    item = an_item("my daughter has not come home", author=author)
    found = link(item, RecordBook([child], [PRIOR]), now=NOW)
    assert TOO_YOUNG in found.notes[0]


def test_what_a_quotation_says_is_not_the_writer_s() -> None:
    text = 'The letter says "I was born on 5 May 1960, call me on 07700 900999"'
    assert linked(text).decision is LinkDecision.CONFIRMED
