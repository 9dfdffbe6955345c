"""Words to the bot, the home and passing messages on in Teams, over a real store."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from notifier.adaptive import size
from notifier.adaptive_home import answer_body, home_body
from notifier.asking import Told
from notifier.limits import CARD_BYTES
from notifier.teams_presses import TeamsPresses
from notifier.teams_words import plain
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.servers.chat_vendor import eventually
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, PERSONAL, Teams
from tests.talking_desk import TalkingDesk
from tests.unit.test_home import crowded
from triage.conversations import Conversation
from triage.model import Role, State

CARD = "application/vnd.microsoft.card.adaptive"


@pytest.fixture(scope="module")
def running() -> Iterator[Teams]:
    with Teams() as server:
        yield server


@pytest.fixture
def teams(running: Teams) -> Teams:
    running.calls.clear()
    running.faults.clear()
    running.activities = {DESK: [], PERSONAL: []}
    return running


class Office:
    """A desk in Teams, and what its officers do there."""

    def __init__(self, teams: Teams, clock: SteppingClock, **fields: Any) -> None:
        self.teams, self.clock = teams, clock
        sink = {
            "kind": "teams",
            "app_id": APP_ID,
            "app_password": APP_PASSWORD,
            "base_url": teams.connector,
            "login_url": f"{teams.url}/login",
            "openid_url": f"{teams.url}/openid",
            "channels": {"desk": DESK},
            "timeout_seconds": 2,
        }
        self.store = memory_store(clock=clock)
        self.desk = TalkingDesk(self.store, clock, [sink | fields])
        settings = self.desk.settings.sink[0]
        assert settings.kind == "teams"

        def remember(told: Conversation) -> None:
            self.store.save_conversation(settings.name, told, now=clock())

        self.presses = TeamsPresses(
            settings,
            self.desk.context,
            self.desk.presses.answer,
            clock,
            on_conversation=remember,
            beside=self.desk.talking.teams(settings).take,
        )

    def close(self) -> None:
        self.presses.stop()
        self.store.close()

    def send(self, activity: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """As Teams posts an activity, signed."""
        self.clock.step(seconds=1)
        bearer = self.teams.bearer(now=self.clock().timestamp())
        return self.presses.receive({"authorization": bearer}, json.dumps(activity).encode())

    def ask(self, text: str, *, user: str = "khan", channel: bool = False) -> dict[str, Any]:
        """The card that a message is answered with."""
        place = DESK if channel else PERSONAL
        before = len(self.teams.activities[place])
        activity = self.teams.message(text, user=user, channel=channel)
        assert self.send(activity) == (200, {})
        assert eventually(lambda: len(self.teams.activities[place]) > before)
        posted = self.teams.activities[place][-1]
        assert posted["attachments"][0]["contentType"] == CARD
        return posted["attachments"][0]["content"]

    def press(self, action: dict[str, Any], *, user: str = "khan") -> dict[str, Any]:
        """The card that a press is answered with."""
        pressed = self.teams.home_press(action["verb"], action["data"], user=user)
        status, body = self.send(pressed)
        assert (status, body["type"]) == (200, CARD)
        return body["value"]

    def pass_on(self, message: dict[str, Any], *, user: str = "khan") -> str:
        """What the message extension says at last."""
        status, asked = self.send(self.teams.extension("fetchTask", message, user=user))
        assert (status, asked["task"]["type"]) == (200, "continue")
        status, told = self.send(self.teams.extension("submitAction", message, user=user))
        assert (status, told["task"]["type"]) == (200, "message")
        return told["task"]["value"]


@pytest.fixture
def office(teams: Teams, clock: SteppingClock) -> Iterator[Office]:
    office = Office(teams, clock)
    yield office
    office.close()


def said(value: Any) -> str:
    """All the words of a card."""
    if isinstance(value, dict):
        own = [str(value[name]) for name in ("text", "title") if isinstance(value.get(name), str)]
        return "\n".join(own + [inner for each in value.values() if (inner := said(each))])
    return "\n".join(filter(None, map(said, value))) if isinstance(value, list) else ""


def actions(value: Any, verb: str) -> list[dict[str, Any]]:
    """The `Action.Execute` of a verb in a card, in order; its refresh is none."""
    if isinstance(value, list):
        return [found for each in value for found in actions(each, verb)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("verb") == verb else []
    inner = [each for name, each in value.items() if name != "refresh"]
    return own + actions(inner, verb)


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["home", "hello there", "", "<at>firstcontact</at> HOME"])
def test_whatever_an_officer_says_they_see_their_home(office: Office, words: str) -> None:
    office.desk.officer(teams="aad-khan")
    office.desk.take("a text, my name is Zelda Quill")
    urgent = office.desk.take("he has a knife")

    card = office.ask(words)

    assert "Unclaimed: 2" in said(card)
    assert actions(card, "fc_claim")[0]["data"]["ref"] == urgent.ref
    assert card["refresh"]["userIds"] == ["29:khan"]
    assert not any(word in said(card) for word in ("knife", "Zelda", "zeldaq"))
    assert office.desk.trail("khan") == [("home_viewed", "home")]


def test_the_words_are_those_of_slack(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    case = office.desk.take("he has a knife")

    assert "Unclaimed: 1" in said(office.ask("queue"))
    assert "P1 Emergency" in said(office.ask("next"))
    assert case.ref in said(office.ask(case.ref))
    assert "P1 Emergency: 1 unclaimed" in said(office.ask("stats"))
    assert "queue:" in said(office.ask("help"))
    assert office.desk.trail("khan") == [
        ("queue_viewed", "queue"),
        ("card_viewed", case.ref),
        ("card_viewed", case.ref),
        ("stats_viewed", "queue"),
    ]
    assert office.desk.case(case.ref).state is State.OPEN


def test_the_notification_of_an_answer_holds_no_content(office: Office, teams: Teams) -> None:
    office.desk.officer(teams="aad-khan")
    case = office.desk.take("he has a knife")
    office.ask(case.ref)

    assert teams.activities[PERSONAL][-1]["summary"] == case.ref


@pytest.mark.parametrize("words", ["home", "queue", "next", "stats", "help", "FC-26-1123-0001"])
def test_strangers_are_told_to_ask_an_admin(office: Office, words: str) -> None:
    office.desk.take("he has a knife")

    card = office.ask(words, user="eve")

    assert said(card) == "You are not known to firstcontact: ask an admin to add you"
    assert office.desk.trail("teams:aad-eve") == [("stranger_asked", "desk")]


def test_nothing_is_told_in_a_channel_where_others_read_along(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    office.desk.take("he has a knife")

    card = office.ask("queue", channel=True)

    assert "personal chat" in said(card)
    assert "FC-26" not in said(card)
    assert office.desk.trail("khan") == []


def test_words_without_a_signature_are_not_answered(office: Office, teams: Teams) -> None:
    office.desk.officer(teams="aad-khan")
    body = json.dumps(teams.message("queue")).encode()

    assert office.presses.receive({}, body)[0] == 401
    assert teams.activities[PERSONAL] == []


# --- the home -------------------------------------------------------------------------------------


def test_claiming_on_the_home_shows_the_home_as_it_is_now(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    case = office.desk.take("he has a knife")
    (claim,) = actions(office.ask("home"), "fc_claim")

    home = office.press(claim)

    assert f"{case.ref} is yours" in said(home)
    assert "My items: 1" in said(home)
    assert office.desk.case(case.ref).claimed_by == "khan"


def test_a_late_claim_on_the_home_says_who_has_it(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    office.desk.officer("osei", slack="U02", teams="aad-osei")
    office.desk.take("he has a knife")
    (claim,) = actions(office.ask("home"), "fc_claim")
    office.press(claim, user="osei")

    assert "Officer Osei" in said(office.press(claim))


def test_next_and_refresh_answer_with_the_home(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    home = office.ask("home")
    urgent = office.desk.take("he has a knife")

    fresh = office.press(home["refresh"]["action"])
    (pressed,) = actions(home, "fc_next")
    following = office.press(pressed)

    assert "Unclaimed: 1" in said(fresh)
    assert actions(following, "fc_claim")[0]["data"]["ref"] == urgent.ref
    assert "Why:" in said(following)
    assert office.desk.case(urgent.ref).state is State.OPEN


def test_pressing_on_a_home_makes_nobody_an_officer(office: Office) -> None:
    case = office.desk.take("he has a knife")
    action = {"verb": "fc_claim", "data": {"home": "1", "ref": case.ref, "seen": ""}}

    home = office.press(action, user="eve")

    assert "ask an admin" in said(home)
    assert office.desk.case(case.ref).state is State.OPEN
    assert office.store.officers() == []


def test_the_card_of_an_answer_is_claimed_in_its_place(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    case = office.desk.take("he has a knife")
    (claim,) = actions(office.ask("next"), "fc_claim")

    card = office.press(claim)

    assert "Claimed by Officer Khan" in said(card)
    assert office.desk.case(case.ref).claimed_by == "khan"


def test_the_fullest_home_fits_what_teams_takes() -> None:
    home = crowded()

    body = home_body(Told(home=home), account="29:khan")

    assert size(body) <= CARD_BYTES
    assert "more stand in the console" in said(body)
    assert size(answer_body(Told(sections=home.sections))) <= CARD_BYTES


# --- passing on -----------------------------------------------------------------------------------


def html(content: str, **fields: Any) -> dict[str, Any]:
    return {"body": {"contentType": "html", "content": content}, **fields}


def test_a_message_passed_on_becomes_a_private_item_of_nobody(office: Office) -> None:
    office.desk.officer(teams="aad-khan")

    told = office.pass_on(html("<div><p>seen on a forum:</p><p>he has a &lt;knife&gt;</p></div>"))

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    assert f"{case.ref}: the message is with the desk now" in told
    assert case.item.text == "seen on a forum:\nhe has a <knife>"
    assert (case.item.channel, case.item.private) == ("staff", True)
    assert case.item.author.display_name == ""
    assert "Osei" not in case.item.text
    assert office.desk.trail("khan") == [("passed_on", case.ref)]


def test_the_form_alone_sends_nothing(office: Office, teams: Teams) -> None:
    office.desk.officer(teams="aad-khan")
    office.send(teams.extension("fetchTask", html("he has a knife")))
    assert office.store.counts() == {}


def test_passing_on_twice_is_one_item(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    first = office.pass_on(html("help"))
    second = office.pass_on(html("help"))

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    assert case.ref in first
    assert f"{case.ref}: that message is with the desk already" in second


def test_what_a_message_quotes_is_read_too(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    quoted = {
        "id": "1",
        "contentType": "forwardedMessageReference",
        "content": json.dumps({"messageId": "1", "messagePreview": "he has a knife"}),
    }
    office.pass_on(html("<p>look</p>", attachments=[quoted, {"contentType": "image/png"}]))

    (case,) = office.store.cases_since(office.clock() - timedelta(days=900))
    assert case.item.text == "look\nhe has a knife"
    assert [each.kind for each in case.item.attachments] == ["image"]


def test_strangers_auditors_our_own_cards_and_nothing_are_not_passed_on(office: Office) -> None:
    office.desk.officer(teams="aad-khan")
    office.desk.officer("aldous", Role.AUDITOR, slack="U03", teams="aad-aldous")
    ours = {"user": None, "application": {"id": APP_ID, "displayName": "firstcontact"}}

    assert "ask an admin" in office.pass_on(html("x"), user="eve")
    assert "cannot pass messages on" in office.pass_on(html("x"), user="aldous")
    assert "is on the desk already" in office.pass_on(html("P1") | {"from": ours})
    assert "nothing to read" in office.pass_on(html("<p> </p>"))
    assert office.store.counts() == {}


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a&nbsp; b</p>\n<p></p><ul><li>c</li><li>d</li></ul>", "a b\nc\nd"),
        ('<p>on fire <emoji alt="🔥"></emoji></p>', "on fire 🔥"),
        ("<script>x</script><b>bold <i>words", "x\nbold words"),
        ("", ""),
    ],
)
def test_a_message_is_read_as_people_read_it(content: str, read: str) -> None:
    found = plain({"contentType": "html", "content": content})
    assert found.replace("\n", "") == read.replace("\n", "")
    if "<script" not in content:
        assert found == read


@pytest.mark.parametrize("body", [{}, {"content": None}, {"content": ["x"], "contentType": "html"}])
def test_a_body_in_no_known_shape_is_no_text(body: dict[str, Any]) -> None:
    assert plain(body) == ""
