"""Every action from both chat tools, against the loopback vendors: where no counterpart is."""

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from config.settings import SlackSink as SlackSettings
from config.settings import TeamsSink as TeamsSettings
from notifier import card
from notifier.card import CardContext
from notifier.press import ACTIONS, REPLIES, VERBS
from notifier.slack import SlackPresses, SlackSink
from notifier.teams import TeamsPresses, TeamsSink
from tests.chat_desk import ChatDesk, now
from tests.every_action import WAYS, goes
from tests.servers.chat_vendor import eventually
from tests.servers.slack import (
    BOT_TOKEN,
    SIGNING_SECRET,
    Slack,
    block_actions,
    pressed_in_view,
    signed,
    view_submission,
)
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, Teams, texts
from triage.lifecycle import Verb
from triage.taxonomy import Lane

CHANNELS = {
    Lane.CONTROL_ROOM: "C01",
    Lane.DESK: "C02",
    Lane.SAFEGUARDING: "C03",
    Lane.COMMS: "C04",
}
CONTEXT = CardContext(desk="Westbridge Police")


def test_no_action_is_left_out() -> None:
    told = {Verb.ACKNOWLEDGE.value}  # pressed on a reminder: tests/flow/test_notice_buttons.py
    assert {way.does for way in WAYS.values()} >= {verb.value for verb in VERBS.values()} - told
    looks = {card.MORE, card.SHOW, card.PERSONS, card.CONSULT, card.BACK}
    assert set(ACTIONS) == set(VERBS) | looks | set(REPLIES)  # tests/flow/test_chat_replies.py


# --- Slack ----------------------------------------------------------------------------------------


class SlackHand:
    """Officer U01: presses buttons of messages and modals as Slack tells of them."""

    def __init__(self, slack: Slack, presses: SlackPresses) -> None:
        self.slack, self._presses = slack, presses
        self._count = itertools.count(1)

    def press(self, ref: str, label: str, filled: Mapping[str, str]) -> None:
        channel, message = self._message(ref)
        on_card = _button(message["blocks"], label)
        if on_card:
            self._send(block_actions(on_card["action_id"], on_card["value"], channel=channel))
        else:
            self._in_modal(channel, message, label)
        if filled:
            assert eventually(lambda: "submit" in self._modal()), label
            view = self._modal()
            self._send(view_submission(view, _values(view, filled)))

    def shown(self, ref: str) -> str:
        return json.dumps(self._modal(), ensure_ascii=False)

    def card(self, ref: str) -> str:
        return json.dumps(self._message(ref)[1]["blocks"], ensure_ascii=False)

    def _in_modal(self, channel: str, message: dict[str, Any], label: str) -> None:
        if not self._offering(label):
            more = _button(message["blocks"], "More")
            self._send(block_actions(more["action_id"], more["value"], channel=channel))
        view, count = eventually(lambda: self._offering(label)), len(self.slack.views)
        assert view, label
        self._send(pressed_in_view(view, _button(view["blocks"], label)["action_id"]))
        assert eventually(lambda: len(self.slack.views) > count), label  # the modal says what came

    def _offering(self, label: str) -> dict[str, Any]:
        """The modal, if it has such a button."""
        view = self._modal()
        return view if _button(view.get("blocks", []), label) else {}

    def _send(self, payload: dict[str, Any]) -> None:
        stamp = f"{time.time():.3f}{next(self._count)}"
        for action in payload.get("actions", []):
            action["action_ts"] = stamp
        if "view" in payload and payload["type"] == "view_submission":
            payload["view"]["id"] = f"V{stamp}"
        status, _ = self._presses.receive(*signed(payload, int(time.time())))
        assert status == 200

    def _modal(self) -> dict[str, Any]:
        return self.slack.views[-1][1] if self.slack.views else {}

    def _message(self, ref: str) -> tuple[str, dict[str, Any]]:
        found = (
            (channel, each)
            for channel in CHANNELS.values()
            for each in self.slack.messages[channel]
            if each["text"].startswith("P") and ref in each["text"]
        )
        return next(found)


def _button(blocks: list[dict[str, Any]], label: str) -> dict[str, Any]:
    elements = [each for block in blocks for each in block.get("elements", [])]
    buttons = [each for each in elements if each.get("type") == "button"]
    return next((each for each in buttons if each["text"]["text"] == label), {})


def _values(view: dict[str, Any], filled: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    def element(name: str, value: str) -> dict[str, Any]:
        kind = next(each["element"]["type"] for each in view["blocks"] if _is(each, name))
        option = {"value": value}
        chosen = {"static_select": "selected_option", "checkboxes": "selected_options"}
        if kind not in chosen:
            return {"type": kind, "value": value}
        return {"type": kind, chosen[kind]: option if kind == "static_select" else [option]}

    return {name: {name: element(name, value)} for name, value in filled.items()}


def _is(block: dict[str, Any], name: str) -> bool:
    return block["type"] == "input" and block["block_id"] == name


@pytest.fixture
def in_slack() -> Iterator[tuple[ChatDesk, SlackHand]]:
    with Slack() as slack:
        settings = SlackSettings.model_validate(
            {
                "kind": "slack",
                "bot_token": BOT_TOKEN,
                "signing_secret": SIGNING_SECRET,
                "base_url": slack.base_url,
                "channels": CHANNELS,
            }
        )
        places = {lane: [f"slack:{channel}"] for lane, channel in CHANNELS.items()}
        sink = SlackSink(settings, CONTEXT, now)
        desk = ChatDesk({"slack": sink}, places, lambda officer: [f"slack:{officer.slack_id}"])
        presses = SlackPresses(settings, desk.answer, now)
        yield desk, SlackHand(slack, presses)
        presses.stop()
        desk.store.close()


@pytest.mark.parametrize("name", WAYS)
def test_every_action_is_carried_out_from_slack(
    in_slack: tuple[ChatDesk, SlackHand], name: str
) -> None:
    desk, hand = in_slack

    goes(WAYS[name], desk, hand)

    assert hand.slack.ephemerals == []


def test_what_was_done_in_a_modal_is_said_there(in_slack: tuple[ChatDesk, SlackHand]) -> None:
    desk, hand = in_slack
    ref = desk.take("he has a knife")

    hand.press(ref, "To digital desk", {})
    assert eventually(lambda: f"{ref} is offered to desk" in hand.shown(ref))

    hand.press(ref, "What to do", {})
    assert eventually(lambda: "Take the hand-over back" in hand.shown(ref))


# --- Teams ----------------------------------------------------------------------------------------


class TeamsHand:
    """An officer at the desk's conversation: what a press is answered with is all they see."""

    def __init__(self, teams: Teams, presses: TeamsPresses) -> None:
        self._teams, self._presses = teams, presses
        self._seen: dict[str, dict[str, Any]] = {}
        self._count = itertools.count(1)

    def press(self, ref: str, label: str, filled: Mapping[str, str]) -> None:
        card_now = self._message(ref)
        seen = self._seen.get(ref, card_now)
        if not _named(seen, label):
            seen = card_now
        if not _named(seen, label):
            seen = self._answered(_named(seen, "More"))
        shown = self._answered(_named(seen, label))
        if filled:
            shown = self._answered(shown["actions"][0], filled)
        self._seen[ref] = shown

    def shown(self, ref: str) -> str:
        return json.dumps(self._seen.get(ref, {}), ensure_ascii=False)

    def card(self, ref: str) -> str:
        return json.dumps(self._message(ref), ensure_ascii=False)

    def _answered(self, action: dict[str, Any], filled: Mapping[str, str] = {}) -> dict[str, Any]:
        activity = self._teams.press(action["verb"], action["data"]["ref"], **filled)
        activity["id"] = f"f:{next(self._count)}"
        activity["value"]["action"]["data"] |= action["data"]
        headers = {"Authorization": self._teams.bearer()}
        _, body = self._presses.receive(headers, json.dumps(activity).encode())
        assert body["type"] == "application/vnd.microsoft.card.adaptive", body
        return dict(body["value"])

    def _message(self, ref: str) -> dict[str, Any]:
        cards = [each["attachments"][0]["content"] for each in self._teams.activities[DESK]]
        return next(each for each in cards if ref in " ".join(texts(each)[:2]))


def _named(shown: dict[str, Any], label: str) -> dict[str, Any]:
    sets = [each["actions"] for each in shown["body"] if each["type"] == "ActionSet"]
    actions = [each for row in (*sets, shown["actions"]) for each in row]
    return next((each for each in actions if each["title"] == label), {})


@pytest.fixture(scope="module")
def teams() -> Iterator[Teams]:
    with Teams() as server:
        yield server


@pytest.fixture
def in_teams(teams: Teams) -> Iterator[tuple[ChatDesk, TeamsHand]]:
    teams.activities[DESK].clear()
    settings = TeamsSettings.model_validate(
        {
            "kind": "teams",
            "app_id": APP_ID,
            "app_password": APP_PASSWORD,
            "tenant_id": "invented-tenant",
            "base_url": teams.connector,
            "login_url": f"{teams.url}/login/",
            "openid_url": f"{teams.url}/openid",
            "channels": {Lane.DESK: DESK},
        }
    )
    desk = ChatDesk(
        {"teams": TeamsSink(settings, CONTEXT, now)},
        dict.fromkeys(Lane, (f"teams:{DESK}",)),
        lambda officer: [f"teams:29:{officer.teams_id}"],
    )
    presses = TeamsPresses(settings, CONTEXT, desk.answer, now)
    yield desk, TeamsHand(teams, presses)
    presses.stop()
    desk.store.close()


@pytest.mark.parametrize("name", WAYS)
def test_every_action_is_carried_out_from_teams(
    in_teams: tuple[ChatDesk, TeamsHand], name: str
) -> None:
    desk, hand = in_teams

    goes(WAYS[name], desk, hand)


def test_back_brings_the_card_back(in_teams: tuple[ChatDesk, TeamsHand]) -> None:
    desk, hand = in_teams
    ref = desk.take("he has a knife")
    hand.press(ref, "Show the text", {})
    assert "he has a knife" in hand.shown(ref)

    hand.press(ref, "Back", {})

    assert "he has a knife" not in hand.shown(ref)
    assert "Unclaimed" in hand.shown(ref)
