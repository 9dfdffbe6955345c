"""`/fc` and passing messages on in Slack, over a real store and a loopback Slack."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import SteppingClock
from tests.servers.chat_vendor import eventually
from tests.servers.slack import (
    Slack,
    block_actions,
    home_opened,
    message_action,
    signed_form,
    slash_command,
)
from tests.slack_office import Office, claims, said
from triage.flow import triage_waiting
from triage.model import Priority, Role, State


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def office(slack: Slack, clock: SteppingClock) -> Iterator[Office]:
    office = Office(slack, clock)
    yield office
    office.close()


# --- /fc ------------------------------------------------------------------------------------------


def test_fc_queue_lists_what_nobody_claimed_for_the_asker_alone(office: Office) -> None:
    office.desk.officer()
    urgent = office.desk.take("he has a knife")
    office.desk.take("is the bridge open?")

    answer = office.ask("queue")

    assert answer["response_type"] == "ephemeral"
    assert "Unclaimed: 2" in said(answer)
    assert claims(answer)[0].startswith(urgent.ref)
    assert "knife" not in said(answer)
    assert office.desk.trail("khan") == [("queue_viewed", "queue")]


def test_fc_next_shows_a_card_that_is_claimed_by_its_button_alone(office: Office) -> None:
    office.desk.officer()
    office.desk.take("is the bridge open?")
    urgent = office.desk.take("he has a knife")

    answer = office.ask("next")

    assert answer["text"].startswith("P1 Emergency")
    assert office.desk.case(urgent.ref).state is State.OPEN
    (value,) = claims(answer)
    press = block_actions("fc_claim", value) | {"response_url": office.slack.response_url}
    press["container"] |= {"is_ephemeral": True}
    del press["message"]
    before = len(office.slack.responses)
    office.send(press)
    replaced = office.answer(before)
    assert replaced["replace_original"] is True
    assert "Claimed by Officer Khan" in said(replaced)
    assert office.desk.case(urgent.ref).claimed_by == "khan"
    assert office.desk.trail("khan") == [("card_viewed", urgent.ref), ("claim", urgent.ref)]


def test_fc_next_has_nothing_where_nothing_waits(office: Office) -> None:
    office.desk.officer()

    assert said(office.ask("next")) == "Nothing waits to be claimed in your lanes"


def test_fc_with_a_reference_shows_its_card_as_the_place_allows(
    slack: Slack, clock: SteppingClock
) -> None:
    office = Office(slack, clock, privacy={"desk": 2})
    office.desk.officer()
    case = office.desk.take("is the bridge open?")

    at_the_desk = office.ask(case.ref.lower())
    elsewhere = office.ask(case.ref, channel="D01")

    assert "is the bridge open" in said(at_the_desk)
    assert "is the bridge open" not in said(elsewhere)
    assert office.desk.trail("khan") == [("card_viewed", case.ref)] * 2
    office.close()


def test_fc_shows_no_card_to_those_whose_role_does_not_cover_it(office: Office) -> None:
    office.desk.officer("reid", Role.REVIEWER)
    case = office.desk.take("he has a knife")

    answer = office.ask(case.ref)

    assert "restricted" in said(answer)
    assert "blocks" not in answer
    assert office.desk.trail("reid") == [("view_refused", case.ref)]
    assert "There is no item" in said(office.ask("FC-26-1123-9999"))


def test_fc_stats_counts_by_priority_and_says_what_is_late_and_how_fast(
    office: Office, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.desk.take("he has a knife", ago=timedelta(minutes=20))
    fresh = office.desk.take("is the bridge open?")
    clock.step(minutes=3)
    office.send(block_actions("fc_claim", fresh.ref))
    assert eventually(lambda: office.desk.case(fresh.ref).claimed_by)

    answer = said(office.ask("stats"))

    assert "P1 Emergency: 1 unclaimed · 1 late" in answer
    assert f"{office.desk.case(fresh.ref).priority.name} " in answer
    assert "Claimed today: 1 item, half of them within 3 min of being sent" in answer
    assert office.desk.last("khan").action == "stats_viewed"


@pytest.mark.parametrize("words", ["help", "", "open sesame <!channel>"])
def test_fc_help_names_every_word(office: Office, words: str) -> None:
    office.desk.officer()

    answer = office.ask(words)

    for word in ("queue:", "next:", "stats:", "FC-26-1123-0041:"):
        assert word in said(answer)
    assert "<!channel>" not in json.dumps(answer)


@pytest.mark.parametrize("words", ["queue", "next", "stats", "help", "FC-26-1123-0001", "home"])
def test_fc_tells_strangers_to_ask_an_admin_and_nothing_else(office: Office, words: str) -> None:
    office.desk.take("he has a knife")

    answer = office.ask(words, user="U99")

    assert said(answer) == "You are not known to firstcontact: ask an admin to add you"
    assert office.desk.trail("slack:U99") == [("stranger_asked", "desk")]
    assert office.store.officers() == []


def test_an_answer_goes_to_slack_alone_whatever_address_a_command_names(
    office: Office, slack: Slack
) -> None:
    office.desk.officer()
    with Slack() as elsewhere:
        for address in (elsewhere.response_url, "https://hooks.slack.com.evil.example/x", ""):
            office.clock.step(seconds=1)
            command = slash_command("queue", response_url=address)
            stamp = int(office.clock().timestamp())
            office.presses.receive(*signed_form(command, stamp))
        office.presses.stop()
        assert (elsewhere.responses, slack.responses) == ([], [])


def test_over_socket_mode_commands_homes_and_shortcuts_arrive_too(
    office: Office, slack: Slack
) -> None:
    office.desk.officer()
    office.presses.start()
    assert eventually(lambda: slack.sockets)
    socket = slack.sockets[0]

    command = slash_command("queue", response_url=slack.response_url)
    socket.send({"type": "slash_commands", "envelope_id": "e1", "payload": command})
    socket.send({"type": "events_api", "envelope_id": "e2", "payload": home_opened()})
    shortcut = message_action({"ts": "1763890000.1", "text": "x"}, response_url=slack.response_url)
    socket.send({"type": "interactive", "envelope_id": "e3", "payload": shortcut})

    assert eventually(lambda: len(slack.responses) == 2)
    assert eventually(lambda: "U01" in slack.homes)
    acknowledged = {each["envelope_id"] for each in slack.acknowledged}
    assert acknowledged == {"e1", "e2", "e3"}


# --- passing on -----------------------------------------------------------------------------------


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"ts": "1763890000.000200", "text": text, **fields}


def test_a_message_passed_on_becomes_a_private_item_of_nobody(office: Office) -> None:
    office.desk.officer()

    answer = office.pass_on(
        message("seen on a forum: &lt;he has a knife&gt; at <https://x.example|x.example>")
    )

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    item = case.item
    assert f"{case.ref}: the message is with the desk now" in said(answer)
    assert item.text == "seen on a forum: <he has a knife> at x.example"
    assert (item.channel, item.private) == ("staff", True)
    assert (item.author.account_id, item.author.handle, item.author.display_name) == ("", "", "")
    assert office.desk.trail("khan") == [("passed_on", case.ref)]
    assert office.desk.trail("staff:khan") == [("item.received", case.ref)]
    assert office.store.waiting_refs(limit=9) == [case.ref]
    assert item.sent_at.timestamp() == pytest.approx(1763890000.0002)


def test_passing_on_twice_is_one_item(office: Office) -> None:
    office.desk.officer()
    office.desk.officer("osei", slack="U02")

    first = office.pass_on(message("he has a knife"))
    second = office.pass_on(message("he has a knife"), user="U02")

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    assert case.ref in said(first)
    assert f"{case.ref}: that message is with the desk already" in said(second)
    assert office.desk.last("osei").detail["again"] is True


def test_the_same_words_in_another_message_are_another_item(office: Office) -> None:
    office.desk.officer()
    office.pass_on(message("help"))
    office.pass_on(message("help") | {"ts": "1763890000.000300"})

    assert len(office.store.cases_since(office.clock() - timedelta(days=900))) == 2


def test_what_is_forwarded_in_a_message_is_read_too(office: Office) -> None:
    office.desk.officer()
    forwarded = {"text": "he has a knife", "from_url": "https://slack.example/1"}

    office.pass_on(
        message("look at this", attachments=[forwarded], files=[{"mimetype": "image/png"}])
    )

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    assert case.item.text == "look at this\nhe has a knife"
    assert [each.kind for each in case.item.attachments] == ["image"]


def test_strangers_and_auditors_pass_nothing_on(office: Office) -> None:
    office.desk.officer("aldous", Role.AUDITOR, slack="U03")

    assert "ask an admin" in said(office.pass_on(message("x"), user="U99"))
    assert "cannot pass messages on" in said(office.pass_on(message("x"), user="U03"))
    assert office.store.counts() == {}


def test_our_own_cards_and_empty_messages_are_not_passed_on(office: Office) -> None:
    office.desk.officer()
    card = message(
        "P1 Emergency", blocks=[{"type": "actions", "block_id": "card:FC-1:slack:C02#3"}]
    )

    assert "is on the desk already" in said(office.pass_on(card))
    assert "nothing to read" in said(office.pass_on(message("  ")))
    assert office.store.counts() == {}


def test_a_passed_on_item_is_read_and_graded_like_any_other(office: Office) -> None:
    office.desk.officer()
    office.pass_on(message("he has a knife"))

    triage_waiting(office.desk.desk, limit=9)

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    assert case.priority is Priority.P1
