"""`/fc`, the Home tab and passing messages on in Slack, over a real store."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from notifier.slack_presses import SlackPresses
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.servers.chat_vendor import Fault, eventually, refused
from tests.servers.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    Slack,
    block_actions,
    home_opened,
    home_press,
    message_action,
    signed,
    signed_body,
    signed_form,
    slash_command,
    violations,
)
from tests.talking_desk import TalkingDesk
from triage.flow import triage_waiting
from triage.model import Priority, Role, State

CHANNELS = {"control_room": "C01", "desk": "C02", "safeguarding": "C03", "comms": "C04"}


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


class Office:
    """A desk in Slack, and what its officers do there."""

    def __init__(self, slack: Slack, clock: SteppingClock, **fields: Any) -> None:
        self.slack, self.clock = slack, clock
        sink = {
            "kind": "slack",
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": SIGNING_SECRET,
            "base_url": slack.base_url,
            "channels": CHANNELS,
            "timeout_seconds": 2,
        }
        self.store = memory_store(clock=clock)
        self.desk = TalkingDesk(self.store, clock, [sink | fields])
        settings = self.desk.settings.sink[0]
        assert settings.kind == "slack"
        self.presses = SlackPresses(
            settings,
            self.desk.presses.answer,
            clock,
            beside=self.desk.talking.slack(settings).take,
        )

    def close(self) -> None:
        self.presses.stop()
        self.store.close()

    def send(self, payload: dict[str, Any]) -> None:
        """As Slack posts an interaction, signed."""
        self.clock.step(seconds=1)
        stamp = int(self.clock().timestamp())
        assert self.presses.receive(*signed(payload, stamp)) == (200, {})

    def event(self, payload: dict[str, Any]) -> None:
        """As Slack posts an event, signed."""
        self.clock.step(seconds=1)
        body, stamp = json.dumps(payload).encode(), int(self.clock().timestamp())
        assert self.presses.receive(signed_body(body, stamp), body) == (200, {})

    def ask(self, text: str, **fields: str) -> dict[str, Any]:
        """What `/fc TEXT` is answered."""
        self.clock.step(seconds=1)
        before = len(self.slack.responses)
        command = slash_command(text, response_url=self.slack.response_url, **fields)
        stamp = int(self.clock().timestamp())
        assert self.presses.receive(*signed_form(command, stamp)) == (200, {})
        return self._answer(before)

    def pass_on(self, message: dict[str, Any], **fields: str) -> dict[str, Any]:
        """What the message shortcut is answered."""
        before = len(self.slack.responses)
        self.send(message_action(message, response_url=self.slack.response_url, **fields))
        return self._answer(before)

    def _answer(self, before: int) -> dict[str, Any]:
        assert eventually(lambda: len(self.slack.responses) > before)
        return self.slack.responses[-1]

    def home(self, user: str = "U01") -> dict[str, Any]:
        """Open the home; what stands there then."""
        before = len(self.slack.named("views.publish"))
        self.event(home_opened(user=user))
        return self.drawn(before, user)

    def press(self, action: str, value: str = "", *, user: str = "U01") -> dict[str, Any]:
        """Press on the home; what stands there then."""
        before = len(self.slack.named("views.publish"))
        self.send(home_press(action, value, user=user))
        return self.drawn(before, user)

    def drawn(self, before: int, user: str = "U01") -> dict[str, Any]:
        assert eventually(lambda: len(self.slack.named("views.publish")) > before)
        assert eventually(lambda: user in self.slack.homes)
        return self.slack.homes[user]


@pytest.fixture
def office(slack: Slack, clock: SteppingClock) -> Iterator[Office]:
    office = Office(slack, clock)
    yield office
    office.close()


def said(message: dict[str, Any]) -> str:
    """All the words of a view or message."""
    found = [message.get("text") or ""] if isinstance(message.get("text"), str) else []
    for block in message.get("blocks", []):
        parts = [block.get("text") or {}, *block.get("elements", [])]
        found += [_words(part) for part in parts]
        if "accessory" in block:
            found.append(_words(block["accessory"]))
    return "\n".join(each for each in found if each)


def _words(part: dict[str, Any]) -> str:
    text = part.get("text", "")
    return text if isinstance(text, str) else str(text.get("text", ""))


def claims(message: dict[str, Any]) -> list[str]:
    """The values of the claim buttons, in order."""
    buttons = [
        element
        for block in message["blocks"]
        for element in [*block.get("elements", []), block.get("accessory", {})]
    ]
    return [each["value"] for each in buttons if each.get("action_id") == "fc_claim"]


# --- the home -------------------------------------------------------------------------------------


def test_a_home_shows_what_waits_most_urgent_first_and_no_content(office: Office) -> None:
    office.desk.officer()
    office.desk.take("is the bridge open, my name is Zelda Quill?")
    urgent = office.desk.take("he has a knife")

    home = office.home()

    assert list(violations(home["blocks"], most=100)) == []
    assert "Unclaimed: 2" in said(home)
    assert "My items: 0" in said(home)
    assert claims(home)[0].startswith(urgent.ref)
    assert not any(word in said(home) for word in ("knife", "Zelda", "zeldaq", "open, my"))
    assert office.desk.trail("khan") == [("home_viewed", "home")]
    assert urgent.ref in office.desk.last("khan").detail["refs"]


def test_a_stranger_sees_on_the_home_that_an_admin_must_add_them(office: Office) -> None:
    office.desk.take("he has a knife")

    home = office.home("U99")

    assert "ask an admin" in said(home)
    assert "FC-26" not in said(home)
    assert office.desk.trail("slack:U99") == [("stranger_asked", "desk")]


def test_the_messages_tab_draws_nothing(office: Office, slack: Slack) -> None:
    office.desk.officer()
    office.event(home_opened(tab="messages"))
    office.presses.stop()
    assert slack.named("views.publish") == []


def test_claiming_on_the_home_moves_the_item_to_mine_and_says_so(office: Office) -> None:
    office.desk.officer()
    case = office.desk.take("he has a knife")
    (value,) = claims(office.home())

    home = office.press("fc_claim", value)

    assert f"{case.ref} is yours" in said(home)
    assert "My items: 1" in said(home)
    assert claims(home) == []
    assert office.desk.case(case.ref).claimed_by == "khan"


def test_a_late_claim_on_the_home_says_who_has_it(office: Office) -> None:
    office.desk.officer()
    office.desk.officer("osei", slack="U02")
    case = office.desk.take("he has a knife")
    (value,) = claims(office.home())
    office.press("fc_claim", value, user="U02")

    home = office.press("fc_claim", value)

    assert "Officer Osei" in said(home)
    assert office.desk.case(case.ref).claimed_by == "osei"


def test_pressing_on_a_home_makes_nobody_an_officer(office: Office) -> None:
    case = office.desk.take("he has a knife")

    home = office.press("fc_claim", case.ref, user="U99")

    assert "ask an admin" in said(home)
    assert office.desk.case(case.ref).state is State.OPEN
    assert office.store.officers() == []


def test_next_on_the_home_shows_the_most_urgent_item_and_claims_nothing(office: Office) -> None:
    office.desk.officer()
    office.desk.take("is the bridge open?")
    urgent = office.desk.take("he has a knife")

    home = office.press("fc_next")

    assert claims(home)[0].startswith(urgent.ref)
    assert "Why:" in said(home)
    assert office.desk.case(urgent.ref).state is State.OPEN


def test_an_open_home_is_drawn_again_when_the_desk_changes_but_not_too_often(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    homes = office.desk.talking.homes
    drawn = len(slack.named("views.publish"))

    office.desk.take("he has a knife")
    homes.look()
    assert len(slack.named("views.publish")) == drawn  # it was drawn a moment ago
    clock.step(seconds=20)
    homes.look()
    homes.look()

    assert len(slack.named("views.publish")) == drawn + 1
    assert "Unclaimed: 1" in said(slack.homes["U01"])
    assert office.desk.trail("khan") == [("home_viewed", "home")]


def test_a_home_nobody_looked_at_lately_is_left_alone(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    drawn = len(slack.named("views.publish"))

    clock.step(minutes=40)
    office.desk.take("he has a knife")
    office.desk.talking.homes.look()

    assert len(slack.named("views.publish")) == drawn


def test_a_home_of_somebody_who_left_is_drawn_no_more(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    drawn = len(slack.named("views.publish"))
    office.store.remove_officer("khan")

    clock.step(seconds=90)
    office.desk.talking.homes.look()
    clock.step(seconds=90)
    office.desk.talking.homes.look()

    assert len(slack.named("views.publish")) == drawn


def test_while_slack_limits_drawings_no_home_is_drawn_and_none_is_forgotten(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    slack.fail("views.publish", Fault(status=429, headers={"Retry-After": "120"}))
    homes = office.desk.talking.homes

    clock.step(seconds=61)
    homes.look()
    limited = len(slack.named("views.publish"))
    clock.step(seconds=61)
    homes.look()
    assert len(slack.named("views.publish")) == limited
    clock.step(seconds=61)
    homes.look()

    assert len(slack.named("views.publish")) == limited + 1


def test_a_home_tab_that_is_switched_off_is_not_asked_for_again(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    slack.fail("views.publish", refused("not_enabled"))

    clock.step(seconds=61)
    office.desk.talking.homes.look()
    tried = len(slack.named("views.publish"))
    clock.step(seconds=61)
    office.desk.talking.homes.look()

    assert len(slack.named("views.publish")) == tried


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
    replaced = office._answer(before)
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
