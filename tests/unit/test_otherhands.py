"""Signs that somebody else than the person confirmed for the account is writing."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import an_item
from triage.linking import link
from triage.model import Author, Link, LinkDecision, Person, PriorLink
from triage.otherhands import ACCOUNT, DENIED, NAMED, UNCLAIMED
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


def test_what_a_quotation_says_is_not_the_writer_s() -> None:
    text = 'The letter says "I was born on 5 May 1960, call me on 07700 900999"'
    assert linked(text).decision is LinkDecision.CONFIRMED
