"""`firstcontact run` as a process, between loopback networks and loopback chat tools."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.servers import slack as slack_vendor
from tests.servers import teams as teams_vendor
from tests.servers.chat_vendor import eventually
from tests.servers.facebook import FacebookServer
from tests.servers.slack import Slack
from tests.servers.teams import DESK, PERSONAL, Teams, texts
from tests.servers.x import XServer
from tests.service_rig import HOOK_SECRET, PASSWORD, Running, add_officer, settings
from tests.whole_day import (
    KNIFE,
    SAID,
    Day,
    a_claim_at_the_console_is_seen_everywhere,
    a_claim_is_seen_everywhere,
    a_kill_loses_and_doubles_nothing,
    an_unclaimed_p1_escalates,
    every_source_reaches_both_tools,
    of_three_who_claim_at_once_one_has_it,
    words_that_turn_dangerous_raise_their_card,
)

CONTROL_ROOM = "19:cr@thread.tacv2"
PASSED_ON = "a colleague pasted this: my cousin lost a purse in the park"
FIRES = ("flames coming out of 3 Loom Street", "fire at 3 loom st, smoke everywhere")


class SlackTool:
    """Officers of a Slack workspace, whose presses arrive by Socket Mode."""

    presser = "khan"

    def __init__(self, server: Slack) -> None:
        self.server = server
        self._presses = 0

    def cards(self, ref: str) -> list[list[str]]:
        places = [
            [each["text"] for each in self.server.messages[name] if _of(ref, each["text"])]
            for name in sorted(self.server.channels)
        ]
        return [place for place in places if place]

    def notices(self) -> list[str]:
        return [
            each["text"]
            for place in self.server.messages.values()
            for each in place
            if not each["text"].startswith("P")
        ]

    def claim(self, ref: str) -> None:
        channel, message = next(
            (channel, each)
            for channel, place in self.server.messages.items()
            for each in place
            if _of(ref, each["text"])
        )
        buttons = [each for block in message["blocks"] for each in block.get("elements", [])]
        button = next(each for each in buttons if each.get("action_id") == "fc_claim")
        press = slack_vendor.block_actions("fc_claim", button["value"], channel=channel)
        self.send("interactive", press)

    def send(self, kind: str, payload: dict[str, Any]) -> None:
        """As Socket Mode delivers it."""
        self._presses += 1
        envelope = {"envelope_id": f"e{self._presses}", "type": kind, "payload": payload}
        open_sockets = [each for each in self.server.sockets if not each.closed.is_set()]
        open_sockets[-1].send(envelope)

    def unclaimed(self) -> int:
        """How many items wait, as the presser's home says."""
        return int(re.findall(r"Unclaimed: (\d+)", self.home())[0])

    def home(self) -> str:
        """What stands on the presser's Home tab, as text."""
        return json.dumps(self.server.homes.get("U01") or {}, ensure_ascii=False)


class TeamsTool:
    """Officers in Teams, whose presses are signed posts to the bot's address."""

    presser = "Officer Khan"

    def __init__(self, server: Teams, running: Running) -> None:
        self.server = server
        self.running = running

    def cards(self, ref: str) -> list[list[str]]:
        places = [
            [_read(each) for each in place if _of(ref, each["summary"])]
            for place in self.server.activities.values()
        ]
        return [place for place in places if place]

    def notices(self) -> list[str]:
        return [
            each["summary"]
            for place in self.server.activities.values()
            for each in place
            if not each["summary"].startswith("P")
        ]

    def claim(self, ref: str) -> None:
        posted = next(
            each
            for place in self.server.activities.values()
            for each in place
            if _of(ref, each["summary"])
        )
        actions = posted["attachments"][0]["content"]["actions"]
        claim = next(each for each in actions if each["title"] == "Claim")
        press = self.server.press(claim["verb"], claim["data"]["ref"])
        press["value"]["action"] = claim
        answer = self.post(press)
        assert answer["type"] == "application/vnd.microsoft.card.adaptive"

    def post(self, activity: dict[str, Any]) -> Any:
        answer = requests.post(
            f"{self.running.url}/teams/messages",
            data=json.dumps(activity),
            headers={"Authorization": self.server.bearer()},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


def _of(ref: str, plain: str) -> bool:
    return plain.startswith("P") and ref in plain


def _read(activity: dict[str, Any]) -> str:
    return " · ".join(texts(activity["attachments"][0]["content"]))


def sinks(slack: Slack, teams: Teams) -> str:
    return f"""
[[sink]]
kind = "slack"
bot_token = "{slack_vendor.BOT_TOKEN}"
app_token = "{slack_vendor.APP_TOKEN}"
base_url = "{slack.base_url}"
per_second = 50
[sink.channels]
control_room = "C01"
desk = "C02"
safeguarding = "C03"
comms = "C04"
[[sink]]
kind = "teams"
app_id = "{teams_vendor.APP_ID}"
app_password = "{teams_vendor.APP_PASSWORD}"
base_url = "{teams.connector}"
login_url = "{teams.url}/login/"
openid_url = "{teams.url}/openid"
per_second = 50
[sink.channels]
control_room = "{CONTROL_ROOM}"
desk = "{DESK}"
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One service for all tests here, in their order: each adds items of its own."""
    with ExitStack() as stack:
        x, facebook = stack.enter_context(XServer()), stack.enter_context(FacebookServer())
        slack, teams = stack.enter_context(Slack()), stack.enter_context(Teams())
        running = Running(folder=tmp_path_factory.mktemp("desk"))
        stack.callback(running.end)
        settings(running, x_url=x.url, facebook_url=facebook.url, sinks=sinks(slack, teams))
        add_officer(running, "lind", "Ruth Lind")
        running.start()
        yield Day(
            running=running,
            x=x,
            facebook=facebook,
            slack=SlackTool(slack),
            teams=TeamsTool(teams, running),
        )


def test_items_of_every_source_become_one_card_in_each_tool_and_a_page(day: Day) -> None:
    every_source_reaches_both_tools(day)


def test_a_claim_in_slack_changes_every_card_and_the_console(day: Day) -> None:
    a_claim_is_seen_everywhere(day, day.slack, "the shutters of the bakery were broken open")


def test_a_claim_in_teams_changes_every_card_and_the_console(day: Day) -> None:
    a_claim_is_seen_everywhere(day, day.teams, "my shed was broken into during the weekend")


def test_a_claim_at_the_console_changes_every_card(day: Day) -> None:
    a_claim_at_the_console_is_seen_everywhere(day, "a road sign fell over in Tanner Row")


def test_of_three_who_claim_at_once_in_three_places_one_has_it(day: Day) -> None:
    of_three_who_claim_at_once_one_has_it(day, "a window of the library is broken")


def test_words_that_turn_dangerous_raise_the_cards_that_are_there(day: Day) -> None:
    words_that_turn_dangerous_raise_their_card(day)


def test_a_home_in_slack_follows_the_desk_and_commands_are_answered(day: Day) -> None:
    slack = day.slack
    assert isinstance(slack, SlackTool)
    slack.send("events_api", slack_vendor.home_opened())
    assert eventually(lambda: "Unclaimed" in slack.home())
    before = slack.unclaimed()
    text = "a hedge grows over the path in Moor Road"
    assert day.running.push({"id": text, "text": text}).status_code == 202
    ref = day.ref_of(text)
    command = slack_vendor.slash_command(ref, response_url=slack.server.response_url)
    slack.send("slash_commands", command)

    assert eventually(lambda: [each for each in slack.server.responses if ref in str(each)])
    assert eventually(lambda: slack.unclaimed() > before, 40)
    assert text not in slack.home()


def test_a_message_passed_on_in_slack_is_a_card_in_both_tools(day: Day) -> None:
    slack = day.slack
    assert isinstance(slack, SlackTool)
    message = {"ts": f"{time.time():.6f}", "text": PASSED_ON}
    action = slack_vendor.message_action(message, response_url=slack.server.response_url)
    slack.send("interactive", action)

    ref = day.ref_of(PASSED_ON)
    assert day.shown(ref)
    assert eventually(lambda: [each for each in slack.server.responses if ref in str(each)])


def test_the_bot_in_teams_answers_an_officer_with_their_home(day: Day) -> None:
    teams = day.teams
    assert isinstance(teams, TeamsTool)
    teams.post(teams.server.message("home"))

    chat = eventually(lambda: teams.server.activities.get(PERSONAL), 20)
    assert "Unclaimed" in json.dumps(chat)


def test_who_joins_an_incident_is_told_under_the_first_card_in_both_tools(day: Day) -> None:
    slack, teams = day.slack, day.teams
    assert isinstance(slack, SlackTool)
    assert isinstance(teams, TeamsTool)
    refs = []
    for text in FIRES:
        assert day.running.push({"id": text, "text": text}).status_code == 202
        refs.append(day.ref_of(text))
        assert day.shown(refs[-1])
    line = f"{refs[1]} joined this incident: P"

    assert eventually(lambda: [each for each in slack.notices() if line in each], 40)
    assert eventually(lambda: [each for each in teams.notices() if line in each], 40)
    hung = [each for each in slack.server.messages["C02"] if line in each["text"]]
    roots = {each["ts"]: each["text"] for each in slack.server.messages["C02"]}
    assert [refs[0] in roots[each["thread_ts"]] for each in hung] == [True]


def test_a_p1_nobody_has_after_a_minute_is_told_by_the_second_route(day: Day) -> None:
    an_unclaimed_p1_escalates(day)


def test_a_kill_loses_and_doubles_nothing(day: Day) -> None:
    a_kill_loses_and_doubles_nothing(day, name=day.slack.presser)


def test_the_log_holds_no_word_of_a_citizen_and_no_secret(day: Day) -> None:
    said = [KNIFE, "mattresses", PASSED_ON, *FIRES, *(str(each["text"]) for each in SAID.values())]
    secrets = [HOOK_SECRET, PASSWORD, slack_vendor.BOT_TOKEN, teams_vendor.APP_PASSWORD]
    assert [each for each in (*said, *secrets) if each in day.running.log] == []


def test_it_stops_when_asked_and_says_nothing_more(day: Day) -> None:
    assert day.running.stop() == 0
    assert "Traceback" not in day.running.log
