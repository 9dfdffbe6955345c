"""A desk in a loopback Slack whose officers use homes, commands and shortcuts, for tests."""

import json
from typing import Any

from notifier.slack_presses import SlackPresses
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.servers.chat_vendor import eventually
from tests.servers.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    Slack,
    home_opened,
    home_press,
    message_action,
    signed,
    signed_body,
    signed_form,
    slash_command,
)
from tests.talking_desk import TalkingDesk

CHANNELS = {"control_room": "C01", "desk": "C02", "safeguarding": "C03", "comms": "C04"}


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
        return self.answer(before)

    def pass_on(self, message: dict[str, Any], **fields: str) -> dict[str, Any]:
        """What the message shortcut is answered."""
        before = len(self.slack.responses)
        self.send(message_action(message, response_url=self.slack.response_url, **fields))
        return self.answer(before)

    def answer(self, before: int) -> dict[str, Any]:
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
