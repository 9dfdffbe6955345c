"""`firstcontact run` as a process: Slack is down, the service is killed, and people hear once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.test_second_route import Gateway
from tests.servers.chat_vendor import Fault, eventually
from tests.servers.slack import BOT_TOKEN, Slack
from tests.service_rig import HOOK_SECRET, Running, sent

PATIENCE = 40.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(folder=tmp_path)
    yield made
    made.end()


def configure(running: Running, slack: Slack, gateway: Gateway) -> None:
    """A desk that works in Slack, and a gateway for the control room."""
    (running.folder / "rota.csv").write_text("who,role,from,to\n")
    running.config.write_text(
        f"""
[storage]
url = "sqlite:///{running.folder / "desk.db"}"
[[collector]]
kind = "webhook"
account = "webchat"
secret = "{HOOK_SECRET}"
[[sink]]
kind = "slack"
bot_token = "{BOT_TOKEN}"
base_url = "{slack.base_url}"
per_second = 50
[sink.channels]
desk = "C02"
control_room = "C01"
[[sink]]
kind = "webhook"
url = "{gateway.url}/alert"
secret = "invented"
[console]
bind = "127.0.0.1:{running.port}"
public_url = "{running.url}"
[engine]
node = "one"
tick_seconds = 0.5
hold_seconds = 2
[escalation]
rota = ["{running.folder / "rota.csv"}"]
"""
    )


def test_an_emergency_reaches_the_gateway_once_though_slack_is_down_and_the_service_is_killed(
    running: Running,
) -> None:
    with Slack() as slack, Gateway() as gateway:
        slack.fail("chat.postMessage", *[Fault(status=503, body=b"down")] * 3000)
        configure(running, slack, gateway)
        running.start()
        item = {"id": "1", "text": "he has a knife and is at my door now, help", "kind": "dm"}
        assert running.push({**item, "sent_at": sent()}).status_code == 202

        def told(words: str) -> list[str]:
            return [body["text"] for body in gateway.named("alert") if words in body["text"]]

        assert eventually(lambda: told("By the second route"), seconds=PATIENCE)
        assert eventually(lambda: told("Nobody is on call as supervisor"), seconds=PATIENCE)
        running.kill()
        tried = len(slack.named("chat.postMessage"))
        running.start()
        assert eventually(lambda: len(slack.named("chat.postMessage")) > tried, seconds=PATIENCE)
        assert running.stop() == 0
        (page,) = told("By the second route")
        assert "P1 Emergency: unclaimed. By the second route: slack has not taken it" in page
        assert len(told("Nobody is on call as supervisor")) == 1
        trail = [json.loads(line) for line in running.run("audit", "export").out.splitlines()]
        ways = [each["detail"]["from"] for each in trail if each["action"] == "second_route"]
        assert sorted(ways) == ["slack:C01", "slack:C02"]
