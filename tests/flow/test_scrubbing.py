"""Cards of cases closed long ago are cut to a number and a date."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from config.settings import SlackSink, TeamsSink
from notifier import slack as slack_sink
from notifier import teams as teams_sink
from notifier.card import CardContext
from notifier.outbox import Deliverer
from storage.memory import memory_store
from tests.servers.chat_vendor import refused
from tests.servers.desk import Time
from tests.servers.slack import BOT_TOKEN, Slack
from tests.servers.teams import DESK, Teams
from tests.stores import NOW, an_item, claimed, settle, take, the_case
from triage.errors import FirstContactError
from triage.model import Case, Event, Priority, State
from triage.taxonomy import Lane

MONTH = timedelta(days=30)
PLACES = ("slack:C02", f"teams:{DESK}")
TEXT = "The bins in Mill Lane were not emptied"


class Desk:
    """A desk that shows the full text in Slack and Teams."""

    def __init__(self, slack: Slack, teams: Teams) -> None:
        self.time = Time(NOW)
        self.slack, self.teams = slack, teams
        slack.clock, teams.open_door = self.time, True
        self.store = memory_store(clock=self.time)
        self.troubles: list[str] = []
        context = CardContext(desk="Westbridge Police")
        privacy = {Lane.DESK: 2}
        in_slack = SlackSink.model_validate(
            {
                "kind": "slack",
                "bot_token": BOT_TOKEN,
                "base_url": slack.base_url,
                "channels": {Lane.DESK: "C02"},
                "privacy": privacy,
            }
        )
        in_teams = TeamsSink.model_validate(
            {
                "kind": "teams",
                "base_url": teams.connector,
                "channels": {Lane.DESK: DESK},
                "privacy": privacy,
            }
        )
        self.deliverer = Deliverer(
            self.store,
            self.store,
            {
                "slack": slack_sink.SlackSink(in_slack, context, self.time),
                "teams": teams_sink.TeamsSink(in_teams, context, self.time),
            },
            self.time,
            {"slack": 1000, "teams": 1000},
            on_trouble=self._trouble,
        )

    def _trouble(self, destination: str, error: FirstContactError) -> None:
        self.troubles.append(f"{destination}: {error}")

    def a_case(self, number: int = 1) -> Case:
        (ref,) = take(self.store, an_item(number, TEXT))
        settle(self.store, ref, priority=Priority.P4, places=PLACES)
        self.deliverer.drain()
        return the_case(self.store, ref)

    def close(self, case: Case) -> Case:
        case = the_case(self.store, case.ref)
        closed = replace(case, state=State.CLOSED, closed_at=self.time(), result="advice")
        case = self.store.change(case, closed, events=[])
        self.deliverer.drain()
        return case

    def scrub(self, limit: int = 100) -> int:
        return self.store.owe_stubs(
            ["slack", "teams"],
            closed_before=self.time() - MONTH,
            limit=limit,
            now=self.time(),
        )

    @property
    def shown(self) -> str:
        return json.dumps([self.slack.messages["C02"], self.teams.activities[DESK]])

    def scrubbed(self, case: Case) -> list[Event]:
        return [each for each in self.store.events(case.ref) if each.action == "card_scrubbed"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Slack() as slack, Teams() as teams:
        yield Desk(slack, teams)


def test_a_card_closed_long_ago_is_cut_to_its_number_and_date_in_both_tools(desk):
    case = desk.close(desk.a_case())
    assert "Mill Lane" in desk.shown
    desk.time.now += MONTH + timedelta(hours=1)

    assert desk.scrub() == 2
    assert desk.deliverer.drain() == 2

    (message,) = desk.slack.messages["C02"]
    assert message["text"] == f"{case.ref} closed on 23 Nov 2026"
    assert [block["type"] for block in message["blocks"]] == ["section"]
    (activity,) = desk.teams.activities[DESK]
    assert activity["summary"] == f"{case.ref} closed on 23 Nov 2026"
    assert "Mill Lane" not in desk.shown
    assert "P4" not in desk.shown
    assert sorted(each.detail["destination"] for each in desk.scrubbed(case)) == sorted(PLACES)
    assert desk.scrub() == 0


def test_a_card_closed_lately_and_one_still_open_stay_as_they_are(desk):
    desk.a_case(1)
    desk.time.now += MONTH
    desk.close(desk.a_case(2))
    desk.time.now += timedelta(days=1)

    assert desk.scrub() == 0
    assert desk.deliverer.drain() == 0


def test_a_case_opened_again_shows_its_card_again(desk):
    case = desk.close(desk.a_case())
    desk.time.now += MONTH * 2
    desk.scrub()
    desk.deliverer.drain()

    case = the_case(desk.store, case.ref)
    desk.store.change(case, replace(case, closed_at=None, **claimed()), events=[])
    desk.deliverer.drain()

    assert "Mill Lane" in json.dumps(desk.slack.messages["C02"])
    assert "Claimed by officer-1" in desk.slack.messages["C02"][0]["text"]
    assert desk.scrub() == 0


def test_a_note_on_a_closed_case_does_not_bring_its_content_back(desk):
    case = desk.close(desk.a_case())
    desk.time.now += MONTH * 2
    desk.scrub()
    desk.deliverer.drain()

    case = the_case(desk.store, case.ref)
    desk.store.change(case, replace(case, note="rang back"), events=[])
    desk.deliverer.drain()

    assert "Mill Lane" not in desk.shown


def test_a_case_opened_before_its_stub_went_out_keeps_its_card(desk):
    case = desk.close(desk.a_case())
    desk.time.now += MONTH * 2
    desk.scrub()
    case = the_case(desk.store, case.ref)
    desk.store.change(case, replace(case, closed_at=None, **claimed()), events=[])
    desk.deliverer.drain()

    assert "Claimed" in desk.slack.messages["C02"][0]["text"]
    assert desk.scrubbed(case) == []


def test_a_card_somebody_removed_needs_no_stub(desk):
    case = desk.close(desk.a_case())
    desk.slack.messages["C02"].clear()
    desk.time.now += MONTH * 2
    desk.scrub()
    desk.deliverer.drain()

    assert desk.slack.messages["C02"] == []
    assert len(desk.scrubbed(case)) == 2
    assert desk.scrub() == 0


def test_a_card_that_cannot_be_edited_any_more_is_told(desk):
    case = desk.close(desk.a_case())
    desk.time.now += MONTH * 2
    desk.slack.fail("chat.update", refused("edit_window_closed"))
    desk.scrub()
    desk.deliverer.drain()

    assert desk.troubles == [
        f"slack:C02: {case.ref}: its card cannot be scrubbed: Slack: edit_window_closed"
    ]
    assert [each.detail["destination"] for each in desk.scrubbed(case)] == [PLACES[1]]


def test_stubs_go_out_a_few_at_a_time_and_behind_everything_else(desk):
    for number in range(5):
        desk.close(desk.a_case(number))
    desk.time.now += MONTH * 2

    assert desk.scrub(limit=4) == 4
    assert {each.urgency for each in desk.store.owed(limit=9, now=desk.time())} == {5}
    assert [each.routine for each in desk.store.pressure()] == [0, 0]  # no surge comes of it
    assert desk.scrub(limit=100) == 6
