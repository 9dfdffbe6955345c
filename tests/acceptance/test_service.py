"""`firstcontact run` as a process, between real chat counterparts: local-slack and the playground.

The same promises as tests/flow/test_whole_service.py, kept before servers that share no code
with us.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.acceptance.counterparts import (
    APP_TOKEN,
    BOT_TOKEN,
    LocalSlack,
    Playground,
    local_slack,
    playground,
)
from tests.servers.facebook import FacebookServer
from tests.servers.teams import texts
from tests.servers.x import XServer
from tests.service_rig import Running, add_officer, settings
from tests.whole_day import (
    Day,
    a_claim_at_the_console_is_seen_everywhere,
    a_claim_is_seen_everywhere,
    a_kill_loses_and_doubles_nothing,
    an_unclaimed_p1_escalates,
    every_source_reaches_both_tools,
    of_three_who_claim_at_once_one_has_it,
    words_that_turn_dangerous_raise_their_card,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

LANES = {"control_room": "C01", "desk": "C02", "safeguarding": "C03", "comms": "C04"}


class SlackTool:
    """Officers of a local-slack workspace; presses arrive by Socket Mode."""

    presser = "khan"

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack

    def cards(self, ref: str) -> list[list[str]]:
        places = [
            [each["text"] for each in self.slack.messages(channel) if _of(ref, each["text"])]
            for channel in LANES.values()
        ]
        return [place for place in places if place]

    def notices(self) -> list[str]:
        return [
            each["text"]
            for channel in LANES.values()
            for each in self.slack.messages(channel)
            if not each["text"].startswith("P")
        ]

    def claim(self, ref: str) -> None:
        channel, message = next(
            (channel, each)
            for channel in LANES.values()
            for each in self.slack.messages(channel)
            if _of(ref, each["text"])
        )
        self.slack.press(channel, message["ts"], "fc_claim", user="U01")


class TeamsTool:
    """Officers in the playground's Teams chat, with a browser that is always open."""

    presser = "Alex Wilber"

    def __init__(self, teams: Playground) -> None:
        self.teams = teams
        self._stands: dict[str, Any] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def cards(self, ref: str) -> list[list[str]]:
        shown = [_read(each) for each in self._messages().values() if _of(ref, each)]
        return [shown] if shown else []

    def notices(self) -> list[str]:
        return [_read(each) for each in self._messages().values() if not _card(each)]

    def claim(self, ref: str) -> None:
        posted, content = next(
            (name, each) for name, each in self._messages().items() if _of(ref, each)
        )
        claim = next(each for each in content["actions"] if each["title"] == "Claim")
        self.teams.press(posted, claim, {})

    def _watch(self) -> None:
        for told in self.teams.watch():
            message = told["message"]
            self._stands[message["messageId"]] = message["attachments"][0]["content"]

    def _messages(self) -> dict[str, Any]:
        """The cards as they stand, by message."""
        return dict(self._stands)


def _of(ref: str, shown: Any) -> bool:
    plain = shown if isinstance(shown, str) else _read(shown)
    return plain.startswith("P") and ref in plain


def _card(content: Any) -> bool:
    return _read(content).startswith("P")


def _read(content: Any) -> str:
    return " · ".join(texts(content))


def sinks(slack: LocalSlack, teams: Playground) -> str:
    channels = "\n".join(f'{lane} = "{channel}"' for lane, channel in LANES.items())
    return f"""
[[sink]]
kind = "slack"
bot_token = "{BOT_TOKEN}"
app_token = "{APP_TOKEN}"
base_url = "{slack.base_url}"
per_second = 50
[sink.channels]
{channels}
[[sink]]
kind = "teams"
allow_unsigned = true
base_url = "{teams.base_url}"
per_second = 50
[sink.channels]
desk = "{teams.conversation}"
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One service for all tests here, in their order: each adds items of its own."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("desk")
        running = Running(folder=folder)
        slack = stack.enter_context(local_slack(tmp_path_factory.mktemp("slack")))
        teams = stack.enter_context(
            playground(f"{running.url}/teams/messages", tmp_path_factory.mktemp("teams"))
        )
        x, facebook = stack.enter_context(XServer()), stack.enter_context(FacebookServer())
        stack.callback(running.end)
        settings(running, x_url=x.url, facebook_url=facebook.url, sinks=sinks(slack, teams))
        add_officer(running, "lind", "Ruth Lind")
        running.start()
        yield Day(
            running=running, x=x, facebook=facebook, slack=SlackTool(slack), teams=TeamsTool(teams)
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


def test_a_p1_nobody_has_after_a_minute_is_told_by_the_second_route(day: Day) -> None:
    an_unclaimed_p1_escalates(day)


def test_a_kill_loses_and_doubles_nothing(day: Day) -> None:
    a_kill_loses_and_doubles_nothing(day, name=day.slack.presser)


def test_it_stops_when_asked(day: Day) -> None:
    assert day.running.stop() == 0
    assert "Traceback" not in day.running.log
