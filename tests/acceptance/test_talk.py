"""Homes, words, threads and passed-on messages against local-slack and the agents playground."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from notifier.slack import SlackSink
from notifier.slack_presses import SlackPresses
from notifier.teams import TeamsSink
from notifier.teams_presses import TeamsPresses
from storage.memory import memory_store
from tests.acceptance.counterparts import (
    APP_TOKEN,
    BOT_TOKEN,
    LocalSlack,
    Playground,
    free_port,
    local_slack,
    playground,
)
from tests.conftest import SteppingClock
from tests.servers.chat_vendor import eventually
from tests.servers.desk import NOW, a_card, a_case
from tests.talking_desk import TalkingDesk
from triage.model import State

pytestmark = pytest.mark.acceptance


def words(value: Any) -> str:
    """All the texts of a view, message or card."""
    return json.dumps(value, ensure_ascii=False)


# --- Slack ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    with local_slack(tmp_path_factory.mktemp("local-slack")) as running:
        yield running


@pytest.fixture
def desk(slack: LocalSlack, clock: SteppingClock) -> Iterator[TalkingDesk]:
    """A desk in Slack, over Socket Mode."""
    sink = {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "base_url": slack.base_url,
        "channels": {"desk": "C02"},
    }
    with ExitStack() as stack:
        store = memory_store(clock=clock)
        stack.callback(store.close)
        desk = TalkingDesk(store, clock, [sink])
        settings = desk.settings.sink[0]
        assert settings.kind == "slack"
        talk = desk.talking.slack(settings)
        presses = SlackPresses(settings, desk.presses.answer, clock, beside=talk.take)
        presses.start()
        stack.callback(presses.stop)
        assert eventually(lambda: presses.connected, seconds=15)
        yield desk


def told_privately(slack: LocalSlack, user: str = "U01") -> list[dict[str, Any]]:
    return [
        message
        for message in slack.messages("C02")
        if message.get("subtype") == "ephemeral" and message.get("ephemeral_to") == user
    ]


def test_slack_shows_the_home_and_draws_it_again(slack: LocalSlack, desk: TalkingDesk) -> None:
    desk.officer()
    first = desk.take("he has a knife")

    slack.open_home()

    assert eventually(lambda: first.ref in words(slack.home()))
    assert "Unclaimed: 1" in words(slack.home())
    assert "knife" not in words(slack.home())
    second = desk.take("is the bridge open?")
    desk.clock.step(seconds=20)
    desk.talking.homes.look()
    assert second.ref in words(slack.home())


def test_slack_answers_commands_for_the_asker_alone(slack: LocalSlack, desk: TalkingDesk) -> None:
    desk.officer()
    case = desk.take("he has a knife")
    before = len(told_privately(slack))

    slack.command("next")

    assert eventually(lambda: len(told_privately(slack)) > before)
    answer = told_privately(slack)[-1]
    assert answer["text"].startswith("P1 Emergency")
    slack.press("C02", answer["ts"], "fc_claim")
    assert eventually(lambda: desk.case(case.ref).state is State.CLAIMED)


def test_slack_tells_a_stranger_to_ask_an_admin(slack: LocalSlack, desk: TalkingDesk) -> None:
    desk.take("he has a knife")
    before = len(told_privately(slack, "U02"))

    slack.command("queue", user="U02")

    assert eventually(lambda: len(told_privately(slack, "U02")) > before)
    assert "ask an admin" in told_privately(slack, "U02")[-1]["text"]


def test_slack_hangs_a_line_under_the_card_and_finds_it_there(
    slack: LocalSlack, desk: TalkingDesk
) -> None:
    settings = desk.settings.sink[0]
    assert settings.kind == "slack"
    sink = SlackSink(settings, desk.context)
    case = a_case()
    root = sink.post(a_card(case), case, now=NOW)
    line = replace(
        a_card(case),
        key="thread:card:1",
        body=json.dumps({"text": "FC-26-1123-0042 joined this incident: P2, 09:41"}),
        under="card:1",
        thread=root,
        created_at=None,
    )

    posted = sink.post(line, None, now=NOW)

    thread = root.rpartition("/")[2]
    hung = [each for each in slack.messages("C02") if each.get("thread_ts") == thread]
    assert [each["ts"] for each in hung if each["ts"] != thread] == [posted.rpartition("/")[2]]
    assert sink.find(line) == posted


# --- Teams ----------------------------------------------------------------------------------------


class Bot:
    """A desk in Teams, and the address at which its bot is reached."""

    def __init__(self, clock: SteppingClock, base_url: str) -> None:
        sink = {
            "kind": "teams",
            "allow_unsigned": True,
            "base_url": base_url,
            "channels": {"desk": "desk-1"},
        }
        self.store = memory_store(clock=clock)
        self.desk = TalkingDesk(self.store, clock, [sink])
        settings = self.desk.settings.sink[0]
        assert settings.kind == "teams"
        self.presses = TeamsPresses(
            settings,
            self.desk.context,
            self.desk.presses.answer,
            clock,
            beside=self.desk.talking.teams(settings).take,
        )


@contextmanager
def listening(port: int, receive: Any) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = receive(dict(self.headers), body)
            raw = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def teams(clock: SteppingClock, tmp_path: Any) -> Iterator[tuple[Playground, Bot]]:
    port = free_port()
    with playground(f"http://127.0.0.1:{port}/teams/messages", tmp_path) as running:
        bot = Bot(clock, running.base_url)
        with listening(port, bot.presses.receive):
            yield running, bot
        bot.presses.stop()
        bot.store.close()


def answers(running: Playground) -> list[dict[str, Any]]:
    """The cards that the bot wrote since the last look, with their message ids."""
    return [
        each["message"]
        for each in running.shown()
        if each.get("action") == "createMessage" and each["message"].get("attachments")
    ]


def known(running: Playground, bot: Bot) -> None:
    """The playground's user becomes an officer: their number is learnt as a stranger's."""
    running.write("home")
    assert eventually(lambda: bot.store.audit_events(action="stranger_asked"))
    (asked,) = bot.store.audit_events(action="stranger_asked")
    bot.desk.officer(teams=asked.event.actor.removeprefix("teams:"))


def test_teams_shows_the_home_in_the_personal_chat_and_claims_on_it(
    teams: tuple[Playground, Bot],
) -> None:
    running, bot = teams
    known(running, bot)
    case = bot.desk.take("he has a knife")

    running.write("home")
    shown = eventually(lambda: [m for m in answers(running) if case.ref in words(m)])
    home = shown[-1]["attachments"][0]["content"]
    assert "Unclaimed: 1" in words(home)
    assert "knife" not in words(home)
    button = {"verb": "fc_claim", "data": _claim_data(home)}
    answer = running.press(shown[-1]["messageId"], button, {})

    assert f"{case.ref} is yours" in words(answer["value"])
    assert bot.desk.case(case.ref).state is State.CLAIMED


def _claim_data(card: Any) -> dict[str, str]:
    if isinstance(card, list):
        return next((found for each in card if (found := _claim_data(each))), {})
    if not isinstance(card, dict):
        return {}
    if card.get("verb") == "fc_claim":
        return dict(card["data"])
    return _claim_data(list(card.values()))


def test_teams_hangs_a_line_under_the_card_in_its_channel(
    teams: tuple[Playground, Bot],
) -> None:
    running, bot = teams
    settings = bot.desk.settings.sink[0]
    assert settings.kind == "teams"
    sink = TeamsSink(settings, bot.desk.context)
    case = a_case()
    card = a_card(case, "teams:channel-announcements-id")  # a channel of the playground's team
    root = sink.post(card, case, now=NOW)
    body = json.dumps({"text": "FC-26-1123-0042 joined this incident: P2, 09:41"})

    line = sink.post(
        replace(card, key="thread:1", body=body, under=card.key, thread=root), None, now=NOW
    )

    shown = {each["message"]["messageId"]: each for each in running.shown() if "message" in each}
    thread = f"channel-announcements-id;messageid={root}"
    assert shown[line]["actionConversationId"] == thread
    assert "joined this incident" in words(shown[line])


def test_teams_answers_words_and_passes_messages_on(teams: tuple[Playground, Bot]) -> None:
    running, bot = teams
    known(running, bot)
    payload = {"id": "1", "body": {"contentType": "html", "content": "<p>he has a knife</p>"}}
    value = {"commandId": "fc_pass_on", "commandContext": "message", "messagePayload": payload}

    asked = running.extension("fetchTask", value)
    told = running.extension("submitAction", value | {"data": {}})
    running.write("stats")

    assert asked["task"]["type"] == "continue"
    (ref,) = bot.store.waiting_refs(limit=9)
    assert ref in told["task"]["value"]
    assert eventually(lambda: any("Open items" in words(m) for m in answers(running)))
