"""What the console shows and takes: who has a case in hand, and that its reminders are stopped."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.browser.desk import ConsoleDesk, Said, console_desk, do, now_of, say, token_of
from tests.conftest import SteppingClock
from triage.flow import run_clocks
from triage.lifecycle import Verb
from triage.model import Case, Priority


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock, "sqlite://")
    yield made
    made.store.close()


def late(console: ConsoleDesk) -> Case:
    """A P2 that nobody has claimed at half of its clock."""
    case = say(console, Said(text="He shouts at the door", priority=Priority.P2, minutes=8))
    run_clocks(console.desk)
    return now_of(console, case)


def press(console: ConsoleDesk, case: Case, verb: str, who: str = "okafor", **args: str) -> str:
    """Press a button of the item's page; the page that follows."""
    client = console.signed_in(who)
    page = client.get(f"/item/{case.ref}").text
    fields = {"csrf_token": token_of(page), **args}
    answer = client.post(f"/item/{case.ref}/{verb}", data=fields, follow_redirects=True)
    return str(answer.text)


def test_an_escalated_item_can_be_said_to_be_in_hand_and_the_next_officer_sees_by_whom(
    console: ConsoleDesk,
) -> None:
    case = late(console)
    mine = press(console, case, "acknowledge")
    assert "You have it in hand" in mine
    theirs = console.signed_in("lind").get(f"/item/{case.ref}").text
    assert "in hand with Sam Okafor" in theirs
    assert "I have it in hand" not in theirs
    assert "in hand with Sam Okafor" in console.signed_in("lind").get("/queue").text


def test_what_was_not_escalated_offers_no_such_button(console: ConsoleDesk) -> None:
    case = say(console, Said(text="He shouts at the door", priority=Priority.P2, minutes=1))
    assert "I have it in hand" not in console.signed_in().get(f"/item/{case.ref}").text


def test_reminders_are_stopped_with_a_reason_and_the_story_tells_it(console: ConsoleDesk) -> None:
    case = late(console)
    page = press(console, case, "stop_reminders", reason="waiting for the landlord")
    assert "stopped its reminders: waiting for the landlord" in page
    assert "Stop its reminders" not in page
    assert "reminders stopped" in console.signed_in().get("/queue").text
    refused = press(console, case, "stop_reminders", reason="again")
    assert "its reminders are stopped already" in refused


def test_an_acknowledgement_that_ran_out_is_no_longer_shown(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    case = do(console, Verb.ACKNOWLEDGE, late(console))
    clock.now += timedelta(minutes=8)
    assert "in hand with" not in console.signed_in().get("/queue").text
    run_clocks(console.desk)
    story = console.signed_in().get(f"/item/{case.ref}").text
    assert "noted that nothing was decided since" in story
    assert "escalated to supervisor" in story
    assert "I have it in hand" in story
