"""A notice in Slack and in Teams: whom it calls, and the button that says it is in hand."""

import json
from collections.abc import Iterator

import pytest

from config.settings import SlackSink as SlackSettings
from config.settings import TeamsSink as TeamsSettings
from console.presses import PressDesk
from console.service import Patience, Service
from notifier.adaptive import notice_body
from notifier.blocks import notice_blocks
from notifier.card import CardContext, card_of
from notifier.notices import notice_of
from notifier.outbox import Deliverer
from notifier.slack import SlackPresses, SlackSink
from notifier.teams import TeamsPresses, TeamsSink
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.escalation_rig import ALICE, Shift
from tests.servers.chat_vendor import eventually
from tests.servers.slack import BOT_TOKEN, SIGNING_SECRET, Slack, block_actions, signed, violations
from tests.servers.teams import APP_ID, DESK, Teams, texts, titles
from triage.desk import notice
from triage.lifecycle import Tell, Verb, acknowledged
from triage.model import Officer, Outgoing, Priority
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority
CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Alice Ames")
HOSTILE = Officer(id="h", name="<!channel> *bold* <at>all</at>", slack_id="U1> <!here", teams_id="")
BOTH = ["slack:C02", f"teams:{DESK}"]


def chats(lane: Lane, tell: Tell) -> list[str]:
    return BOTH


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture(scope="module")
def teams() -> Iterator[Teams]:
    with Teams() as server:
        server.open_door = True
        yield server


class Rig:
    """A desk whose notices go to both chats, and whose officers press in both."""

    def __init__(self, slack: Slack, teams: Teams, clock: SteppingClock) -> None:
        self.slack, self.teams = slack, teams
        slack.clock = clock
        for messages in (*slack.messages.values(), *teams.activities.values(), slack.ephemerals):
            messages.clear()
        self.shift = Shift(memory_store(clock=clock), clock, {"destinations": chats})
        slack_settings = SlackSettings.model_validate(
            {
                "kind": "slack",
                "bot_token": BOT_TOKEN,
                "signing_secret": SIGNING_SECRET,
                "base_url": slack.base_url,
                "channels": {Lane.DESK: "C02"},
            }
        )
        teams_settings = TeamsSettings.model_validate(
            {
                "kind": "teams",
                "app_id": APP_ID,
                "base_url": teams.connector,
                "allow_unsigned": True,
                "channels": {Lane.DESK: DESK},
            }
        )
        sinks = {
            "slack": SlackSink(slack_settings, CONTEXT, clock),
            "teams": TeamsSink(teams_settings, CONTEXT, clock),
        }
        store = self.shift.store
        self.deliverer = Deliverer(store, store, sinks, clock, {"slack": 50, "teams": 50})
        service = Service(
            self.shift.desk,
            collectors={},
            sender=self.deliverer,
            screen=lambda text: False,
            patience=Patience(),
        )
        self.presses = PressDesk(service, enrol=False)
        self.from_slack = SlackPresses(slack_settings, self.presses.answer, clock)
        self.from_teams = TeamsPresses(teams_settings, CONTEXT, self.presses.answer, clock)

    def close(self) -> None:
        self.from_slack.stop()
        self.from_teams.stop()
        self.shift.store.close()

    @property
    def last(self) -> tuple[dict, dict]:
        """The last reminder in Slack, and in Teams."""
        sent = [each for each in self.slack.messages["C02"] if "Reminder" in each["text"]]
        cards = [each["attachments"][0]["content"] for each in self.teams.activities[DESK]]
        return sent[-1], [each for each in cards if texts(each)[0] == "Reminder"][-1]


@pytest.fixture
def rig(slack: Slack, teams: Teams, clock: SteppingClock) -> Iterator[Rig]:
    made = Rig(slack, teams, clock)
    yield made
    made.close()


def escalated(rig: Rig, *, claim: bool = False) -> str:
    """A P2 at half of its clock, told in both chats."""
    ref = rig.shift.case(P2)
    if claim:
        rig.shift.press(ref, Verb.CLAIM)
    rig.shift.at(minutes=8)
    rig.deliverer.drain()
    return ref


def test_both_tools_call_the_owner_and_offer_one_button(rig: Rig) -> None:
    ref = escalated(rig, claim=True)
    message, card = rig.last
    section, actions = message["blocks"]
    assert section["text"]["text"].splitlines() == [
        "*Reminder*",
        f"{ref} P2 Immediate risk: not decided, sent 7 min ago",
        "<@U01ALICE>",
    ]
    assert [each["text"]["text"] for each in actions["elements"]] == ["I have it in hand"]
    assert texts(card)[-1] == "<at>Alice Ames</at>"
    assert card["msteams"]["entities"] == [
        {
            "type": "mention",
            "text": "<at>Alice Ames</at>",
            "mentioned": {"id": "aad-alice", "name": "Alice Ames"},
        }
    ]
    assert titles(card) == ["Open in console", "I have it in hand"]
    assert list(violations(message["blocks"])) == []


def test_the_button_works_in_slack_and_the_presser_hears_until_when(rig: Rig) -> None:
    ref = escalated(rig)
    button = rig.last[0]["blocks"][1]["elements"][0]
    pressed = block_actions(button["action_id"], button["value"], user=ALICE.slack_id)
    headers, body = signed(pressed, int(rig.shift.clock().timestamp()))

    assert rig.from_slack.receive(headers, body)[0] == 200

    (told,) = eventually(lambda: rig.slack.ephemerals)
    assert told["text"] == f"{ref} is in your hands until 09:56 UTC: claim it or decide by then"
    assert acknowledged(rig.shift.now(ref), rig.shift.clock()) is not None
    (event,) = rig.shift.events(ref, "acknowledge")
    assert (event.actor, event.detail["tool"]) == ("alice", "slack")


def test_the_button_works_in_teams_and_is_answered_with_the_case(rig: Rig) -> None:
    ref = escalated(rig)
    action = rig.last[1]["actions"][1]
    invoke = rig.teams.press(action["verb"], ref)
    invoke["value"]["action"]["data"] = action["data"]
    invoke["from"]["aadObjectId"] = ALICE.teams_id

    status, answer = rig.from_teams.receive({}, json.dumps(invoke).encode())

    assert (status, answer["statusCode"]) == (200, 200)
    shown = texts(answer["value"])
    assert shown[0].startswith(f"{ref} is in your hands until 09:56 UTC")
    assert "in hand with Alice Ames until 09:56" in shown[-1]
    assert rig.shift.now(ref).in_hand.had == ("alice",)


def test_who_is_late_is_told_who_has_it_in_hand(rig: Rig) -> None:
    ref = escalated(rig)
    rig.shift.press(ref, Verb.ACKNOWLEDGE, ALICE)
    pressed = block_actions("fc_acknowledge", ref, user="U02SUE")
    headers, body = signed(pressed, int(rig.shift.clock().timestamp()))
    rig.from_slack.receive(headers, body)
    (told,) = eventually(lambda: rig.slack.ephemerals)
    assert told["text"] == f"{ref}: Alice Ames has it in hand since 09:49 UTC"


def test_a_name_cannot_call_a_channel_or_place_a_link(rig: Rig) -> None:
    body = notice("Reminder", "FC-1 is late", to=[HOSTILE], ask=Verb.ACKNOWLEDGE)
    made = notice_of(body, CONTEXT, ref="FC-1")
    section = notice_blocks(made, key="notice:1")[0]["text"]["text"]
    assert "<" not in section
    card = notice_body(made)
    assert "entities" not in card["msteams"]
    assert "<" not in str(texts(card))


def test_a_workflow_in_teams_gets_no_button_that_nothing_would_answer(
    rig: Rig, teams: Teams
) -> None:
    settings = TeamsSettings.model_validate(
        {"kind": "teams", "workflows": {Lane.DESK: f"{teams.url}/workflow"}}
    )
    message = Outgoing(
        key="notice:1",
        destination="teams:desk",
        urgency=1,
        case_ref="FC-1",
        body=notice("Reminder", "FC-1 is late", to=[ALICE], ask=Verb.ACKNOWLEDGE),
    )
    TeamsSink(settings, CONTEXT, rig.shift.clock).post(message, None, now=rig.shift.clock())
    (sent,) = teams.workflow
    assert titles(sent["attachments"][0]["content"]) == ["Open in console"]


def test_a_card_says_who_has_the_case_in_hand_and_that_reminders_are_stopped(rig: Rig) -> None:
    ref = escalated(rig)
    rig.shift.press(ref, Verb.ACKNOWLEDGE)
    rig.shift.press(ref, Verb.STOP_REMINDERS, reason="I am on it")
    card = card_of(rig.shift.now(ref), CONTEXT, level=0, now=rig.shift.clock())
    assert card.state.startswith("Unclaimed · in hand with Alice Ames until 09:56 · ")
    assert "Reminders stopped" in card.marks
