import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from config.settings import SlackSink as Settings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.press import Answer, Press
from notifier.slack import SlackPresses, SlackSink
from tests.acceptance.counterparts import (
    APP_TOKEN,
    BOT_TOKEN,
    CHANNELS,
    NARROW_TOKEN,
    LocalSlack,
    emulated_slack,
    local_slack,
)
from tests.chat_desk import ChatDesk
from tests.every_action import WAYS, goes
from tests.servers.chat_vendor import eventually
from tests.servers.desk import OutboxInMemory, a_card, a_case
from triage.errors import Gone, Unauthorised
from triage.model import State
from triage.taxonomy import Lane

pytestmark = pytest.mark.acceptance

LANES = (Lane.CONTROL_ROOM, Lane.DESK, Lane.SAFEGUARDING, Lane.COMMS)
CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")


def now() -> datetime:
    return datetime.now(UTC)


def settings_for(base_url: str, channel: str = "C02", **fields: object) -> Settings:
    values: dict[str, object] = {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "base_url": base_url,
        "channels": {Lane.DESK: channel},
        "timeout_seconds": 5,
    }
    return Settings.model_validate(values | fields)


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    with local_slack(tmp_path_factory.mktemp("local-slack")) as running:
        yield running


class Desk:
    """One case whose claim comes from Slack and goes back to Slack through the outbox."""

    def __init__(self, slack: LocalSlack, stack: ExitStack) -> None:
        self.settings = settings_for(slack.base_url)
        self.outbox = OutboxInMemory()
        self.case = a_case()
        self.card = a_card(self.case)
        self.outbox.add(self.case, self.card)
        sinks = {"slack": SlackSink(self.settings, CONTEXT, now)}
        self.deliverer = Deliverer(self.outbox, self.outbox, sinks, now, {"slack": 50})
        self.presses: list[Press] = []
        self.lock = threading.Lock()
        self.receiver = SlackPresses(self.settings, self.decide, now)
        self.receiver.start()
        stack.callback(self.receiver.stop)
        assert eventually(lambda: self.receiver.connected, seconds=15)

    def decide(self, press: Press) -> Answer:
        with self.lock:
            self.presses.append(press)
            case = self.outbox.cases[press.ref]
            if case.state is State.CLAIMED:
                return Answer(text="Officer Khan has it since 09:43", refused=True)
            after = replace(case, state=State.CLAIMED, claimed_by="o7", claimed_at=now(), version=2)
            self.outbox.cases[press.ref] = after
            row = self.outbox.rows[self.card.key]
            self.outbox.rows[self.card.key] = replace(row, wanted=2)
        self.deliverer.deliver(self.card.key)
        return Answer(case=after)


@pytest.fixture
def desk(slack: LocalSlack) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(slack, stack)


def test_a_card_appears_is_claimed_by_a_button_and_changes_for_everybody(slack, desk):
    assert desk.deliverer.deliver(desk.card.key)
    posted = slack.messages("C02")[-1]
    assert posted["text"].startswith("P1 Emergency · direct message · FC-26-1123-0041")

    slack.press("C02", posted["ts"], "fc_claim", user="U01")

    assert eventually(lambda: desk.presses)
    assert (desk.presses[0].slack_id, desk.presses[0].action) == ("U01", "fc_claim")
    edited = eventually(
        lambda: [m for m in slack.messages("C02") if "Claimed by Officer Khan" in m["text"]]
    )
    assert [message["ts"] for message in edited] == [posted["ts"]]


def test_two_officers_press_at_once_and_the_second_is_told_privately(slack, desk):
    desk.deliverer.deliver(desk.card.key)
    posted = slack.messages("C02")[-1]

    threads = [
        threading.Thread(
            target=slack.press, args=("C02", posted["ts"], "fc_claim"), kwargs={"user": user}
        )
        for user in ("U01", "U02")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = eventually(lambda: [m for m in slack.messages("C02") if m.get("subtype") == "ephemeral"])
    assert [message["text"] for message in told] == ["Officer Khan has it since 09:43"]
    assert told[0]["ephemeral_to"] in ("U01", "U02")


class Hand:
    """Officer U01 in local-slack: cards in the channels, one modal at a time."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack

    def press(self, ref: str, label: str, filled: Mapping[str, str]) -> None:
        channel, message = self._message(ref)
        on_card = _button(message["blocks"], label)
        if on_card:
            self.slack.press(channel, message["ts"], on_card)
        else:
            self._in_modal(ref, label)
        if filled:
            assert eventually(lambda: _asks(self.slack.modal(), ref), seconds=10), label
            self.slack.submit(_values(self.slack.modal(), filled))

    def shown(self, ref: str) -> str:
        return json.dumps(self.slack.modal().get("blocks", []), ensure_ascii=False)

    def card(self, ref: str) -> str:
        return json.dumps(self._message(ref)[1]["blocks"], ensure_ascii=False)

    def _in_modal(self, ref: str, label: str) -> None:
        """Under "More", unless the modal of this item that is open has it."""
        channel, message = self._message(ref)
        if not self._offered(ref, label):
            self.slack.press(channel, message["ts"], _button(message["blocks"], "More"))
        action_id = eventually(lambda: self._offered(ref, label), seconds=10)
        assert action_id, label
        self.slack.press_in_modal(channel, message["ts"], action_id, user="U01")

    def _offered(self, ref: str, label: str) -> str:
        blocks = self.slack.modal().get("blocks", [])
        return _button(blocks, label) if ref in json.dumps(blocks) else ""

    def _message(self, ref: str) -> tuple[str, dict[str, Any]]:
        found = (
            (channel, each)
            for channel in CHANNELS
            for each in self.slack.messages(channel)
            if each["text"].startswith("P") and ref in each["text"]
        )
        return next(found)


def _asks(modal: dict[str, Any], ref: str) -> bool:
    return "submit" in modal and ref in json.dumps(modal["blocks"])


def _button(blocks: list[dict[str, Any]], label: str) -> str:
    elements = [each for block in blocks for each in block.get("elements", [])]
    buttons = [each for each in elements if each.get("type") == "button"]
    return next((each["action_id"] for each in buttons if each["text"]["text"] == label), "")


def _values(view: dict[str, Any], filled: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    elements = {each["block_id"]: each["element"] for each in view["blocks"] if "element" in each}
    return {name: {name: _chosen(elements[name], value)} for name, value in filled.items()}


def _chosen(element: dict[str, Any], value: str) -> dict[str, Any]:
    option = {"value": value}
    match element["type"]:
        case "static_select":
            return {"type": "static_select", "selected_option": option}
        case "checkboxes":
            return {"type": "checkboxes", "selected_options": [option]}
        case kind:
            return {"type": kind, "value": value}


@pytest.fixture(scope="module")
def chat(slack: LocalSlack) -> Iterator[ChatDesk]:
    """A whole desk whose only chat tool is this Slack."""
    settings = settings_for(slack.base_url, channels=dict(zip(LANES, CHANNELS, strict=True)))
    sink = SlackSink(settings, CONTEXT, now)
    places = {lane: [f"slack:{channel}"] for lane, channel in settings.channels.items()}
    desk = ChatDesk({"slack": sink}, places, lambda officer: [f"slack:{officer.slack_id}"])
    receiver = SlackPresses(settings, desk.answer, now)
    receiver.start()
    assert eventually(lambda: receiver.connected, seconds=15)
    yield desk
    receiver.stop()
    desk.store.close()


@pytest.mark.parametrize("name", WAYS)
def test_every_action_is_carried_out_from_slack(slack: LocalSlack, chat: ChatDesk, name: str):
    goes(WAYS[name], chat, Hand(slack))

    refused = [str(entry) for entry in slack.log() if " -> " in str(entry)]
    assert refused == []


def test_who_follows_is_told_in_their_own_conversation(slack: LocalSlack, chat: ChatDesk):
    hand, ref = Hand(slack), chat.take("he has a knife")
    hand.press(ref, "Follow", {})
    assert eventually(lambda: "follow" in [each.action for each in chat.events(ref)], seconds=10)
    channel, message = hand._message(ref)

    slack.press(channel, message["ts"], "fc_claim", user="U02")

    def told() -> list[str]:
        state = requests.get(f"{slack.url}/_control/state", timeout=5).json()
        own = [each["id"] for each in state["channels"] if each.get("is_im")]
        said = [each["text"] for channel in own for each in slack.messages(channel)]
        return [text for text in said if ref in text]

    assert eventually(told, seconds=10) == [
        f"You follow this · {ref}: osei has it, for control room"
    ]


def test_an_earlier_post_is_found_although_this_slack_drops_metadata(slack, desk):
    sink = SlackSink(desk.settings, CONTEXT, now)
    case = replace(desk.case, ref="FC-26-1123-0099")
    card = replace(a_card(case), created_at=now())

    external = sink.post(card, case, now=now())

    assert sink.find(card) == external
    assert sink.find(replace(card, key="card:unknown")) == ""


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    with emulated_slack(tmp_path_factory.mktemp("emulate")) as running:
        yield running


def test_metadata_finds_the_card_and_an_edit_keeps_its_place(emulated, tmp_path: Path):
    base_url, channels = emulated
    desk = channels["desk"]
    sink = SlackSink(settings_for(base_url, desk), CONTEXT, now)
    case = a_case()
    card = replace(a_card(case, f"slack:{desk}"), created_at=now())

    external = sink.post(card, case, now=now())
    claimed = replace(case, state=State.CLAIMED, claimed_by="o7", claimed_at=now())
    sink.edit(replace(card, external_id=external), claimed, now=now())

    assert sink.find(card) == external


def test_a_channel_that_is_not_there_is_gone(emulated):
    base_url, _ = emulated
    sink = SlackSink(settings_for(base_url, "C0UNKNOWN"), CONTEXT, now)
    case = a_case()

    with pytest.raises(Gone, match="channel_not_found"):
        sink.post(a_card(case, "slack:C0UNKNOWN"), case, now=now())


def test_a_token_that_lacks_a_scope_is_told_with_the_scope(emulated):
    base_url, channels = emulated
    settings = settings_for(base_url, channels["desk"], bot_token=NARROW_TOKEN)
    case = a_case()

    with pytest.raises(Unauthorised, match=r"missing_scope \(needs chat:write\)"):
        SlackSink(settings, CONTEXT, now).post(
            a_card(case, f"slack:{channels['desk']}"), case, now=now()
        )
