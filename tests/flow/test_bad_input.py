"""Bad input and bad days for the whole service as a process: people hear of it, the rest goes on.

Nothing here pretends: answers are spoiled on the wire, the database is locked by another
process, files may not grow, PostgreSQL is stopped. docs/reference/errors.md has the list.
"""

import json
import re
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests

from collectors.webhook import SIGNATURE, TIMESTAMP, sign
from tests.servers import slack as slack_vendor
from tests.servers.chat_vendor import HTML, Fault, eventually, refused
from tests.servers.facebook import FacebookServer
from tests.servers.postgres import NO_SERVER, PostgresServer, own_postgres
from tests.servers.slack import Slack
from tests.servers.x import XServer
from tests.service_rig import HOOK_SECRET, Browser, Running, add_officer, settings

SECONDS = 30.0
SLACK = f"""
[[sink]]
kind = "slack"
bot_token = "{slack_vendor.BOT_TOKEN}"
base_url = "BASE"
per_second = 50
[sink.channels]
control_room = "C01"
desk = "C02"
"""


@dataclass(kw_only=True)
class Desk:
    """A running service, its networks, and PC Lind at the console."""

    running: Running
    x: XServer
    facebook: FacebookServer
    slack: Slack

    @cached_property
    def browser(self) -> Browser:
        """Signed in when it is first used."""
        return Browser(self.running.url, "lind")

    def told(self, *words: str) -> bool:
        """Whether a service alarm with all these words came to Slack."""

        def found() -> bool:
            said = [each["text"] for place in self.slack.messages.values() for each in place]
            alarms = [text for text in said if text.startswith("Service alarm")]
            return any(all(word in text for word in words) for text in alarms)

        return bool(eventually(found, SECONDS))

    def alarm_stands(self, *words: str) -> bool:
        """Whether /health shows all these words."""
        return all(word in self.browser.page("/health") for word in words)

    def alarm_ends(self, words: str) -> bool:
        """Whether /health no longer shows these words."""
        return bool(eventually(lambda: words not in self.browser.page("/health"), SECONDS))

    def arrives(self, text: str) -> str:
        """The reference under which a text stands in the queue."""

        def found() -> str:
            return next((ref for ref, row in self.browser.queue().items() if text in row), "")

        ref = eventually(found, SECONDS)
        assert ref, f"not in the queue: {text}"
        return str(ref)

    def card_of(self, ref: str) -> str:
        """The text of a case's card in Slack."""

        def found() -> str:
            texts = (each["text"] for place in self.slack.messages.values() for each in place)
            return next((text for text in texts if ref in text), "")

        return str(eventually(found, SECONDS))

    def post(self, body: bytes, *, stamp: float | None = None, secret: str = HOOK_SECRET) -> Any:
        """A signed request to the webhook."""
        at = str(int(time.time() if stamp is None else stamp))
        headers = {TIMESTAMP: at, SIGNATURE: sign(secret, at, body)}
        url = f"{self.running.url}/hooks/webchat"
        return requests.post(url, data=body, headers=headers, timeout=30)


@contextmanager
def a_desk(folder: Path) -> Iterator[Desk]:
    """A desk whose service has its settings and is not started yet."""
    with ExitStack() as stack:
        x, facebook = stack.enter_context(XServer()), stack.enter_context(FacebookServer())
        slack = stack.enter_context(Slack())
        running = Running(folder=folder)
        stack.callback(running.end)
        (folder / "items.jsonl").touch()
        sinks = SLACK.replace("BASE", slack.base_url)
        settings(running, x_url=x.url, facebook_url=facebook.url, sinks=sinks)
        yield Desk(running=running, x=x, facebook=facebook, slack=slack)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One service on SQLite for most tests here: each mends what it broke."""
    with a_desk(tmp_path_factory.mktemp("desk")) as desk:
        running = desk.running
        quick = running.config.read_text().replace(
            "[storage]\n", "[storage]\nbusy_timeout_seconds = 0.5\n"
        )
        running.config.write_text(quick)
        add_officer(running, "lind", "Ruth Lind")
        (running.folder / "desk-engine.db").write_bytes(b"not a database at all" * 300)
        running.start()
        yield desk


def test_broken_notes_of_the_engine_are_set_aside_and_the_service_starts(desk: Desk) -> None:
    assert (desk.running.folder / "desk-engine.db.broken").exists()
    desk.running.push({"id": "first", "text": "the clock of the town hall has stopped"})
    assert desk.card_of(desk.arrives("the clock of the town hall")).startswith("P")


# --- networks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["html", "cut", "500", "refuse_connection"])
def test_a_network_that_answers_nonsense_is_told_and_the_others_are_read(
    desk: Desk, kind: str
) -> None:
    desk.x.fail(kind, times=1000)
    assert desk.told("x:westbridgepolice is not being read")
    assert desk.alarm_stands("x:westbridgepolice is not being read")
    text = f"lamp posts are out in Tanner Row ({kind})"
    desk.facebook.feed([{"channel": "fb_message", "text": text}])
    desk.arrives(text)
    desk.x.heal()
    assert desk.alarm_ends("is not being read")
    desk.x.feed([{"channel": "x_dm", "text": f"after {kind} all is well"}])
    desk.arrives(f"after {kind} all is well")
    forget(desk)


@pytest.mark.parametrize(
    ("network", "kind", "words"),
    [
        ("x", "dead", ("x:westbridgepolice is not being read", "token")),
        ("x", "scope on dms", ("x:westbridgepolice is not being read", "dm")),
        ("facebook", "dead", ("facebook:2002 is not being read", "page token is dead")),
        ("facebook", "scope_named", ("facebook:2002 is not being read", "pages_messaging")),
    ],
)
def test_a_dead_token_or_missing_scope_is_told_at_the_first_poll(
    desk: Desk, network: str, kind: str, words: tuple[str, ...]
) -> None:
    vendor = desk.x if network == "x" else desk.facebook
    kind, _, route = kind.partition(" on ")
    vendor.fail(kind, on=route, times=1000)
    assert desk.told(*words), desk.slack.messages
    vendor.heal()
    assert desk.alarm_ends("is not being read")
    forget(desk)


def test_an_entry_that_cannot_be_read_is_told_and_its_neighbours_arrive(desk: Desk) -> None:
    desk.x.fail("broken", on="mentions", times=1)
    desk.x.feed([{"channel": "x_mention", "text": "a neighbour of the broken one"}])
    desk.arrives("a neighbour of the broken one")
    assert desk.told("x:westbridgepolice: 1 unreadable")


def forget(desk: Desk) -> None:
    """Slack's channels are emptied, so that the next test sees only its own alarms."""
    with desk.slack.lock:
        for place in desk.slack.messages.values():
            place[:] = [each for each in place if not each["text"].startswith("Service alarm")]


# --- what is pushed -------------------------------------------------------------------------------

GOOD = {"id": "good", "text": "a good one"}


def test_a_push_without_a_right_signature_is_refused_and_nothing_is_stored(desk: Desk) -> None:
    body = json.dumps({"id": "forged", "text": "forged words"}).encode()
    assert desk.post(body, secret="guessed").status_code == 401
    assert desk.post(body, stamp=time.time() - 3600).status_code == 401
    unsigned = requests.post(f"{desk.running.url}/hooks/webchat", data=body, timeout=30)
    assert unsigned.status_code == 401
    assert "x-firstcontact-timestamp" in unsigned.text
    assert not any("forged words" in row for row in desk.browser.queue().values())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Just a moment</body></html>", "item 0: not valid JSON"),
        (json.dumps([GOOD]).encode()[:-3], "item 0: not valid JSON"),
        (b"[7]", "item 0: not a JSON object"),
        (json.dumps([GOOD, {"id": "x"}]).encode(), "item 1: text: missing"),
        (b'{"text": "x", "channel": "pigeon"}', "item 0: channel: unknown channel 'pigeon'"),
        (b'{"text": "x", "sent_at": "2026-11-23T09:00:00"}', "item 0: sent_at: time has no zone"),
        (b'{"text": "x", "sent_at": "2999-01-01T00:00:00Z"}', "item 0: sent_at: time lies in the"),
        (b"[" * 100_000, "item 0: not valid JSON"),
        (b'{"text": "\xff\xfe"}', "item 0: not valid JSON"),
    ],
)
def test_a_push_that_cannot_be_read_says_which_item_and_stores_none(
    desk: Desk, body: bytes, said: str
) -> None:
    answer = desk.post(body)
    assert answer.status_code == 422
    assert f"webhook:webchat: {said}" in answer.text
    assert len(answer.text) < 300
    assert not any("a good one" in row for row in desk.browser.queue().values())


def test_a_push_that_is_too_large_is_refused(desk: Desk) -> None:
    body = json.dumps({"text": "x" * 1_100_000}).encode()
    assert desk.post(body).status_code in (413, 422)


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("long", "endless words " * 50_000, "endless words"),
        ("nul", "before\x00after the null", "after the null"),
        ("surrogate", "before\ud800after the half", "after the half"),
        ("turned", "\u202egnp.exe\u202c turned round", "turned round"),
        ("zero-width", "\u200b\u200d\ufeff hidden joints", "hidden joints"),
        ("stacked", "stacked marks Z" + "\u0301" * 500, "stacked marks"),
        ("mark-up", "<script>alert(1)</script> <!channel> mark-up in it", "mark-up in it"),
        ("blank", " \n\t ", ""),
    ],
)
def test_odd_text_is_stored_read_and_shown(desk: Desk, name: str, text: str, shown: str) -> None:
    handle = f"odd-{name}"
    item = {"id": handle, "text": text, "author": {"account_id": handle, "handle": handle}}
    before = desk.browser.queue().keys()
    answer = desk.post(json.dumps(item).encode())
    assert answer.json() == {"new": 1, "changed": 0, "repeated": 0}
    (ref,) = eventually(lambda: desk.browser.queue().keys() - before, SECONDS)
    assert shown in desk.browser.item(ref)
    assert desk.card_of(ref).startswith("P")


def test_a_known_id_with_other_text_is_a_new_version_and_the_old_one_is_kept(desk: Desk) -> None:
    for number, text in enumerate(("the first wording of it", "the second wording of it")):
        item = {"id": "reworded", "text": text}
        assert desk.post(json.dumps(item).encode()).json()["changed"] == number
        ref = desk.arrives(text)
    page = desk.browser.item(ref)
    assert "the first wording of it" in page
    assert "the second wording of it" in page


# --- the database ---------------------------------------------------------------------------------


def test_a_locked_database_is_answered_503_and_nothing_is_lost_or_half_stored(desk: Desk) -> None:
    body = json.dumps({"id": "locked-out", "text": "said while all was locked"}).encode()
    path = desk.running.folder / "desk.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = desk.post(body)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "locked" in answer.text
        other.execute("ROLLBACK")
    assert eventually(lambda: desk.post(body).status_code == 202, SECONDS)
    assert desk.card_of(desk.arrives("said while all was locked")).startswith("P")


def test_a_full_disk_is_answered_503_and_used_again_when_there_is_room(desk: Desk) -> None:
    assert desk.running.process is not None
    pid, item = desk.running.process.pid, {"id": "full", "text": "said while the disk was full"}
    body = json.dumps(item | {"padding": "x" * 400_000}).encode()
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, most))
    try:
        answer = desk.post(body)
        assert answer.status_code == 503
        assert re.search("full|disk I/O", answer.text)
        assert requests.get(f"{desk.running.url}/healthz", timeout=10).status_code == 200
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    assert eventually(lambda: desk.post(body).status_code == 202, SECONDS)
    assert desk.card_of(desk.arrives("said while the disk was full")).startswith("P")
    assert desk.alarm_ends("failed: database")
    assert desk.running.run("audit", "verify").code == 0


# --- the chat tool --------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault(status=502, body=HTML), refused("invalid_auth")])
def test_a_chat_tool_that_fails_is_on_the_health_page_and_gets_its_cards_later(
    desk: Desk, fault: Fault
) -> None:
    name = "dead" if fault.status == 200 else "html"
    desk.slack.fail("chat.postMessage", *[fault] * 400)
    desk.post(json.dumps({"id": f"slack-{name}", "text": f"no card yet ({name})"}).encode())
    ref = desk.arrives(f"no card yet ({name})")
    assert eventually(lambda: desk.alarm_stands("Cannot deliver to slack:"), SECONDS)
    with desk.slack.lock:
        desk.slack.faults.clear()
    assert desk.card_of(ref).startswith("P")


# --- PostgreSQL and the model ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own, to be stopped and started."""
    with own_postgres() as server:
        if server is None:
            pytest.skip(NO_SERVER)
        yield server


@pytest.fixture(scope="module")
def modest(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A service on PostgreSQL whose model was never built."""
    with a_desk(tmp_path_factory.mktemp("modest")) as desk:
        running = desk.running
        sqlite = f"sqlite:///{running.folder / 'desk.db'}"
        running.config.write_text(running.config.read_text().replace(sqlite, server.url))
        add_officer(running, "lind", "Ruth Lind")
        running.start(XDG_CACHE_HOME=str(running.folder / "empty"))
        yield desk


@pytest.mark.postgres
def test_without_its_model_the_service_reads_on_with_less_and_says_so(modest: Desk) -> None:
    text = "there is a man with a knife at the bus stop now"
    modest.post(json.dumps({"id": "less", "text": text}).encode())
    assert modest.card_of(modest.arrives(text)).startswith("P1")
    assert modest.told("Classifier degraded", "firstcontact model build")
    assert modest.alarm_stands("Classifier degraded")


@pytest.mark.postgres
def test_while_the_database_is_gone_the_service_waits_and_goes_on(
    modest: Desk, server: PostgresServer
) -> None:
    body = json.dumps({"id": "gone", "text": "said while there was no database"}).encode()
    assert modest.browser.queue()
    server.stop()
    answer = modest.post(body)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    modest.x.feed([{"channel": "x_dm", "text": "sent while there was no database"}])
    for path, status in (("/healthz", 200), ("/readyz", 503), ("/queue", 503)):
        assert modest.browser.status(path) == status, path
    server.start()
    assert eventually(lambda: modest.post(body).status_code == 202, SECONDS)
    for text in ("said while there was no database", "sent while there was no database"):
        assert modest.card_of(modest.arrives(text)).startswith("P")
    assert modest.running.stop() == 0
