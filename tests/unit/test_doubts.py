from datetime import date, timedelta

import pytest

from tests.factories import SENT, an_item
from triage.doubts import says_shared, shared_by_name
from triage.linking import link
from triage.model import AccountPast, Author, Link, LinkDecision, Person, PriorLink
from triage.own_name import names_person
from triage.recordbook import RecordBook

LIAM = Person(
    record_id="LIAM",
    forename="Liam",
    surname="Pemberton",
    preferred_name="Lee",
    aliases=("Bill Oak",),
    date_of_birth=date(1992, 1, 5),
)
JADE = Person(record_id="JADE", forename="Jade", surname="Pemberton")


def confirmed(record_id: str = "LIAM", **fields: object) -> PriorLink:
    values: dict[str, object] = {
        "platform": "x",
        "account_id": "1001",
        "record_id": record_id,
        "confirmed_by": "PC 2071",
        "confirmed_at": SENT - timedelta(days=300),
    }
    return PriorLink(**(values | fields))  # type: ignore[arg-type]


def linked(
    text: str, *links: PriorLink, name: str = "", book: type[RecordBook] = RecordBook
) -> Link:
    author = Author(account_id="1001", handle="liam_p", display_name=name)
    item = an_item(text, author=author)
    return link(item, book([LIAM, JADE], links), now=SENT)


# --- the account ----------------------------------------------------------------------------------


def test_an_account_that_was_silent_for_long_is_asked_about_again() -> None:
    days = {age: confirmed(seen_at=SENT - timedelta(days=age)) for age in (180, 181)}
    assert linked("any news?", days[180]).decision is LinkDecision.CONFIRMED
    found = linked("any news?", days[181])
    assert found.decision is LinkDecision.SUGGESTED
    assert "for 181 days" in found.notes[0]


def test_an_account_of_which_nobody_knows_when_it_last_wrote_is_not_called_silent() -> None:
    assert linked("any news?", confirmed(seen_at=None)).decision is LinkDecision.CONFIRMED


@pytest.mark.parametrize("now", ["Sarah Jones", "Priyanka", "Mrs Sarah Oak 🌸", "Jade Pemberton"])
@pytest.mark.parametrize("before", ["Liam 🚲", "bikelad92"])
def test_another_person_s_name_on_the_account_raises_doubt(before: str, now: str) -> None:
    found = linked("any news?", confirmed(display_name=before), name=now)
    assert found.decision is LinkDecision.SUGGESTED
    assert "another person's name" in found.notes[0]
    assert found.candidates[0].record_id == "LIAM"


@pytest.mark.parametrize(
    "now",
    [
        "Liam 🚲",
        "✨ LIAM ✨",
        "Liam Pemberton",
        "William",
        "Lee P",
        "Liam Smith-Pemberton",
        "L. Pemberton",
        "Bill Oak",
        "bikelad92",
        "Justice for the bridge",
        "🖤",
        "",
    ],
)
def test_a_nickname_or_a_decoration_of_the_same_name_raises_none(now: str) -> None:
    found = linked("any news?", confirmed(display_name="Liam"), name=now)
    assert found.decision is LinkDecision.CONFIRMED


def test_a_display_name_that_nobody_remembers_cannot_have_changed() -> None:
    assert linked("any news?", confirmed(), name="Sarah Jones").decision is LinkDecision.CONFIRMED


def test_an_account_confirmed_for_two_persons_is_nobody_s_own() -> None:
    first, second = confirmed(), confirmed("JADE", confirmed_at=SENT - timedelta(days=9))
    found = linked("any news?", first, second)
    assert found.decision is LinkDecision.SUGGESTED
    assert "JADE and LIAM" in found.notes[0]


def test_a_confirmation_that_has_expired_shares_no_account() -> None:
    first = confirmed(confirmed_at=SENT - timedelta(days=400))
    second = confirmed("JADE", confirmed_at=SENT - timedelta(days=9))
    assert linked("any news?", first, second).decision is LinkDecision.CONFIRMED


@pytest.mark.parametrize(
    "name", ["Liam & Jade", "Jade and Liam P", "The Pemberton Family", "Pemberton Joinery Ltd"]
)
def test_an_account_that_calls_itself_several_people_s_is_shared(name: str) -> None:
    assert linked("any news?", confirmed(), name=name).decision is LinkDecision.SUGGESTED


@pytest.mark.parametrize("name", ["Liam", "Salt and Pepper", "Sand & Sea", "Rock n Roll Liam", ""])
def test_a_name_of_one_is_not_shared(name: str) -> None:
    assert not shared_by_name(name)


class NotedBook(RecordBook):
    """A book with an officer's note on every account."""

    def account_past(self, platform: str, account_id: str) -> AccountPast:
        return AccountPast(notes=("23 Nov 09:41 UTC Alice: it is a shared account, mum too",))


def test_an_account_that_an_officer_noted_as_shared_is_asked_about() -> None:
    found = linked("any news?", confirmed(), book=NotedBook)
    assert found.decision is LinkDecision.SUGGESTED
    assert "noted that the account is shared" in found.notes[0]


@pytest.mark.parametrize(
    ("note", "shared"),
    [
        ("family account, ask who writes", True),
        ("the phone is used by her son as well", True),
        ("shares the tablet with her sister", True),
        ("company page", True),
        ("this is not a shared account", False),
        ("the account isn't a family account any more", False),
        ("shared the post with comms", False),
        ("", False),
    ],
)
def test_notes_are_read_for_shared_accounts(note: str, shared: bool) -> None:
    assert says_shared([note]) is shared


# --- the text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Liam is in hospital",
        "liam's not here",
        "Lee has asked me to write",
        "I'm Liam's neighbour",
        "typing this for Liam, he can't",
        "on behalf of Liam Pemberton",
        "I'm writing on behalf of my mum",
        "who is Liam? wrong number",
        "there is no Liam here",
        "I found this phone on the bus",
        "I'm the new owner of this number",
        "I have taken over this account",
        "he left himself logged in on this laptop",
    ],
)
def test_who_writes_as_somebody_else_is_asked(text: str) -> None:
    found = linked(text, confirmed())
    assert found.decision is LinkDecision.SUGGESTED
    assert "LIAM" in found.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "Liam here, any news?",
        "It's Liam. They have telephoned again",
        "it is Liam has anyone called",
        "Liam is my name, you know me",
        "my name is Liam Pemberton and my bike is gone",
        "I found my phone on the bus",
        "William is outside again",
        "Cheers, Liam",
    ],
)
def test_who_writes_as_themselves_is_not(text: str) -> None:
    assert linked(text, confirmed()).decision is LinkDecision.CONFIRMED


def test_a_first_name_that_is_a_word_needs_its_capital() -> None:
    will = Person(record_id="W", forename="Will")
    assert names_person("Will is in hospital", (), will)
    assert not names_person("my will is with the solicitor", (), will)
