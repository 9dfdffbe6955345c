import json
import threading
from collections.abc import Iterator, Mapping
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
from tests.chat_desk import ChatDesk
from tests.every_action import WAYS, goes
from tests.servers.chat_vendor import eventually
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
        if self.case.state is State.CLAIMED:
            text = "Officer Khan has it since 09:43"
            return Answer(text=text, refused=True, case=self.case)
        self.case = replace(self.case, state=State.CLAIMED, claimed_by="o7", claimed_at=now())
        return Answer(case=self.case)


@contextmanager
def listening(receiver: TeamsPresses) -> Iterator[str]:
    """The bot's address, answered by `TeamsPresses` as the console answers it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = receiver.receive(dict(self.headers), body)
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
        receiver.stop()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def teams(desk: Desk, tmp_path) -> Iterator[Playground]:
    with listening(desk.receiver) as bot_url, playground(bot_url, tmp_path) as running:
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
    assert titles(shown) == ["Open in console", "More"]


class Hand:
    """The user of the playground's chat. What a press is answered with is all they see."""

    def __init__(self, teams: Playground) -> None:
        self.teams = teams
        self._stands: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, dict[str, Any]] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def press(self, ref: str, label: str, filled: Mapping[str, str]) -> None:
        message_id, card = self._message(ref)
        seen = self._seen.get(ref) or card
        if not _named(seen, label):
            seen = self._answered(message_id, _named(card, "More") or _named(seen, "Back"))
        if not _named(seen, label):
            seen = self._answered(message_id, _named(seen, "More"))
        shown = self._answered(message_id, _named(seen, label))
        if filled:
            save = shown["actions"][0]
            inputs = {f"arg_{name}": value for name, value in filled.items()}
            shown = self._answered(message_id, save, inputs)
        self._seen[ref] = shown

    def shown(self, ref: str) -> str:
        return json.dumps(self._seen.get(ref, {}), ensure_ascii=False)

    def card(self, ref: str) -> str:
        return json.dumps(self._message(ref)[1], ensure_ascii=False)

    def _answered(self, message_id: str, action: dict, inputs: Mapping[str, str] = {}) -> dict:
        answer = self.teams.press(message_id, action, dict(inputs))
        assert answer["type"] == "application/vnd.microsoft.card.adaptive", answer
        return answer["value"]

    def _message(self, ref: str) -> tuple[str, dict[str, Any]]:
        def found() -> list[tuple[str, dict[str, Any]]]:
            cards = list(self._stands.items())
            return [(name, card) for name, card in cards if ref in " ".join(texts(card)[:2])]

        return eventually(found, seconds=10)[0]

    def _watch(self) -> None:
        for told in self.teams.watch():
            message = told["message"]
            self._stands[message["messageId"]] = message["attachments"][0]["content"]


def _named(card: dict[str, Any], label: str) -> dict[str, Any]:
    sets = [each["actions"] for each in card["body"] if each["type"] == "ActionSet"]
    actions = [each for row in (*sets, card["actions"]) for each in row]
    return next((each for each in actions if each["title"] == label), {})


@pytest.fixture(scope="module")
def working(tmp_path_factory) -> Iterator[tuple[ChatDesk, Hand]]:
    """A whole desk whose only chat tool is the playground."""
    late: list[ChatDesk] = []
    receiver = TeamsPresses(
        Settings.model_validate(SETTINGS), CONTEXT, lambda press: late[0].answer(press), now
    )
    with (
        listening(receiver) as bot_url,
        playground(bot_url, tmp_path_factory.mktemp("teams")) as running,
    ):
        place = [f"teams:{running.conversation}"]
        late.append(
            ChatDesk(
                {"teams": sink_on(running)},
                dict.fromkeys(Lane, place),
                lambda officer: [f"teams:{officer.teams_id}"],
            )
        )
        yield late[0], Hand(running)
        late[0].store.close()


@pytest.mark.parametrize("name", WAYS)
def test_every_action_is_carried_out_from_teams(working: tuple[ChatDesk, Hand], name: str):
    desk, hand = working

    goes(WAYS[name], desk, hand)


def test_the_second_press_says_who_has_it(teams, desk):
    external = sink_on(teams).post(a_card(desk.case, "teams:desk-1"), desk.case, now=now())
    claim = action(teams.shown()[-1]["message"]["attachments"][0]["content"], "Claim")

    teams.press(external, claim, {})
    second = teams.press(external, claim, {})

    assert texts(second["value"])[0] == "Officer Khan has it since 09:43"
