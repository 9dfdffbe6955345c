import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.settings import TeamsSink as Settings
from notifier.card import CardContext
from notifier.press import Answer, Press
from notifier.teams import TeamsPresses, TeamsSink
from tests.acceptance.counterparts import Playground, playground
from tests.servers.desk import a_card, a_case
from tests.servers.teams import texts, titles
from triage.model import Case, State
from triage.taxonomy import Lane

pytestmark = pytest.mark.acceptance

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")
SETTINGS = {"kind": "teams", "allow_unsigned": True, "channels": {Lane.DESK: "desk-1"}}


def now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """One case, claimed by whoever presses first."""

    def __init__(self) -> None:
        self.case: Case = a_case()
        self.presses: list[Press] = []
        self.receiver = TeamsPresses(Settings.model_validate(SETTINGS), CONTEXT, self.decide, now)

    def decide(self, press: Press) -> Answer:
        self.presses.append(press)
        if press.action == "fc_result":
            self.case = replace(
                self.case, state=State.CLOSED, result=press.args["code"], closed_at=now()
            )
            return Answer(case=self.case)
        if self.case.state is State.CLAIMED:
            text = "Officer Khan has it since 09:43"
            return Answer(text=text, refused=True, case=self.case)
        self.case = replace(self.case, state=State.CLAIMED, claimed_by="o7", claimed_at=now())
        return Answer(case=self.case)


@contextmanager
def listening(desk: Desk) -> Iterator[str]:
    """The bot's address, answered by `TeamsPresses` as the console answers it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = desk.receiver.receive(dict(self.headers), body)
            raw = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/teams/messages"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        desk.receiver.stop()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def teams(desk: Desk, tmp_path) -> Iterator[Playground]:
    with listening(desk) as bot_url, playground(bot_url, tmp_path) as running:
        yield running


def sink_on(teams: Playground) -> TeamsSink:
    settings = Settings.model_validate(SETTINGS | {"base_url": teams.base_url})
    return TeamsSink(settings, CONTEXT, now)


def action(card: dict[str, Any], title: str) -> dict[str, Any]:
    return next(each for each in card["actions"] if each["title"] == title)


def test_a_card_appears_is_claimed_and_is_replaced_in_place(teams, desk):
    case = desk.case
    external = sink_on(teams).post(a_card(case, "teams:desk-1"), case, now=now())
    (shown,) = [each for each in teams.shown() if each["action"] == "createMessage"]
    card = shown["message"]["attachments"][0]["content"]
    assert shown["message"]["messageId"] == external
    assert texts(card)[0].startswith("P1 Emergency · direct message · sent")

    answer = teams.press(external, action(card, "Claim"), {})

    assert [press.action for press in desk.presses] == ["fc_claim"]
    assert desk.presses[0].actor_name
    assert answer["type"] == "application/vnd.microsoft.card.adaptive"
    assert texts(answer["value"])[-1].startswith("Claimed by Officer Khan")


def test_an_edit_by_the_outbox_reaches_the_same_message(teams, desk):
    sink = sink_on(teams)
    card = a_card(desk.case, "teams:desk-1")
    external = sink.post(card, desk.case, now=now())
    closed = replace(desk.case, state=State.CLOSED, result="advice", closed_at=now())

    sink.edit(replace(card, external_id=external), closed, now=now())

    updates = [each for each in teams.shown() if each["action"] == "updateMessage"]
    assert [each["message"]["messageId"] for each in updates] == [external]
    shown = updates[0]["message"]["attachments"][0]["content"]
    assert texts(shown)[-1].startswith("Closed: Advice given")
    assert titles(shown) == ["Open in console"]


def test_a_result_is_given_in_the_card_itself(teams, desk):
    external = sink_on(teams).post(a_card(desk.case, "teams:desk-1"), desk.case, now=now())
    card = teams.shown()[-1]["message"]["attachments"][0]["content"]
    (save,) = action(card, "Result")["card"]["actions"]

    answer = teams.press(external, save, {"arg_code": "advice", "arg_ref": "42/1"})

    assert desk.presses[0].args == {"code": "advice", "ref": "42/1"}
    assert texts(answer["value"])[-1].startswith("Closed: Advice given")


def test_the_second_press_says_who_has_it(teams, desk):
    external = sink_on(teams).post(a_card(desk.case, "teams:desk-1"), desk.case, now=now())
    claim = action(teams.shown()[-1]["message"]["attachments"][0]["content"], "Claim")

    teams.press(external, claim, {})
    second = teams.press(external, claim, {})

    assert texts(second["value"])[0] == "Officer Khan has it since 09:43"
