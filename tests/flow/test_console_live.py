"""News while a list or an item is open: what it says, to whom, and how it is sent."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest

from console.web.pulse import Pulse
from tests.browser.desk import STAFF, ConsoleDesk, Said, console_desk, edit, say, served
from tests.conftest import SteppingClock, wait_for
from triage.actions import Command
from triage.flow import carry_out
from triage.lifecycle import Verb
from triage.model import Case, Priority
from triage.taxonomy import Lane


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


def a_case(console: ConsoleDesk, text: str = "van on the pavement", **fields: Any) -> Case:
    values: dict[str, Any] = {"priority": Priority.P4, "minutes": 1.0}
    return say(console, Said(text=text, **(values | fields)))


def do(console: ConsoleDesk, verb: Verb, case: Case, by: int = 1, **args: str) -> None:
    carry_out(console.desk, Command(verb=verb, ref=case.ref, officer=STAFF[by], args=args))


def look_now(console: ConsoleDesk) -> None:
    """People share one look a second; tests do not wait for it."""
    console.app.state.site.pulse.fresh()


class Watcher:
    """An open list: says what it does not show yet."""

    def __init__(self, console: ConsoleDesk, query: str = "", officer: str = "okafor") -> None:
        self.console = console
        self.client = console.signed_in(officer)
        page = self.client.get(f"/queue?{query}").text
        self.since = page.partition('data-since="')[2].partition('"')[0]
        self.query = query

    def news(self) -> dict[str, Any]:
        look_now(self.console)
        params = urlencode({"since": self.since})
        answer = self.client.get(f"/live/now?{params}&{self.query}")
        found: dict[str, Any] = answer.json()
        return found


def test_a_list_just_opened_has_no_news(console: ConsoleDesk) -> None:
    a_case(console)
    assert Watcher(console).news() == {"text": "", "item": False, "urgent": []}


def test_what_comes_in_is_counted_with_its_emergencies(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    a_case(console)
    watcher = Watcher(console)
    clock.step(seconds=5)
    a_case(console)
    a_case(console)
    case = a_case(console, priority=Priority.P1)
    found = watcher.news()
    assert found["text"] == "3 new, 1 emergency"
    said = f"{case.ref} · direct message · sent 09:40"
    assert found["urgent"] == [{"href": f"/item/{case.ref}", "text": said}]


def test_what_others_change_is_counted_and_ones_own_claim_is_not(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    mine, theirs, closed = (a_case(console) for _ in range(3))
    watcher = Watcher(console)
    clock.step(seconds=5)
    do(console, Verb.CLAIM, mine, by=0)
    assert watcher.news()["text"] == ""
    do(console, Verb.CLAIM, theirs)
    do(console, Verb.RESULT, closed, code="spam")
    assert watcher.news()["text"] == "2 changed"


def test_a_list_hears_only_of_what_it_would_show(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    desk, comms = Watcher(console, "lane=desk"), Watcher(console, "lane=comms")
    urgent = Watcher(console, "priority=1&priority=2")
    mine = Watcher(console, "mine=1")
    clock.step(seconds=5)
    a_case(console, owner=Lane.DESK)
    assert [each.news()["text"] for each in (desk, comms, urgent, mine)] == ["1 new", "", "", ""]


def test_what_is_offered_to_a_lane_is_news_there(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    case = a_case(console)
    watcher = Watcher(console, "lane=safeguarding")
    clock.step(seconds=5)
    do(console, Verb.OFFER, case, lane="safeguarding")
    assert watcher.news()["text"] == "1 new"


def test_what_is_graded_up_is_new_again(console: ConsoleDesk, clock: SteppingClock) -> None:
    case = a_case(console)
    watcher = Watcher(console)
    clock.step(seconds=5)
    do(console, Verb.GRADE, case, priority="1", reason="he is back")
    found = watcher.news()
    assert found["text"] == "1 new, 1 emergency"
    assert [each["href"] for each in found["urgent"]] == [f"/item/{case.ref}"]


def test_an_open_item_is_told_that_it_changed(console: ConsoleDesk) -> None:
    case, client = a_case(console), console.signed_in()

    def changed(version: int) -> bool:
        look_now(console)
        answer = client.get(f"/live/now?ref={case.ref}&version={version}")
        return bool(answer.json()["item"])

    assert not changed(case.version)
    edited = edit(console, case, "two vans now")
    assert changed(case.version)
    do(console, Verb.CLAIM, edited)
    do(console, Verb.RESULT, edited, code="spam")
    assert changed(edited.version)  # though it left the list
    assert not changed(edited.version + 2)


def test_of_many_emergencies_three_are_named_and_the_rest_counted(console: ConsoleDesk) -> None:
    for _ in range(5):
        a_case(console, priority=Priority.P1)
    urgent = Watcher(console).news()["urgent"]
    assert len(urgent) == 4
    assert urgent[3] == {"href": "/queue?priority=1", "text": "and 2 more"}


@pytest.mark.parametrize("since", ["", "yesterday", "2026-11-23T09:41:00", "0001-01-01T00:00:00"])
def test_a_time_that_makes_no_sense_is_no_news(console: ConsoleDesk, since: str) -> None:
    a_case(console)
    answer = console.signed_in().get("/live/now", params={"since": since})
    assert answer.json()["text"] == ""


def test_news_hold_no_content(console: ConsoleDesk, clock: SteppingClock) -> None:
    watcher = Watcher(console)
    clock.step(seconds=5)
    a_case(console, "he has a knife", priority=Priority.P1)
    said = json.dumps(watcher.news())
    assert "knife" not in said
    assert "zelda" not in said.lower()


def test_a_reviewer_is_not_told_of_emergencies_elsewhere(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    watcher = Watcher(console, officer="reed")
    clock.step(seconds=5)
    a_case(console, priority=Priority.P1, owner=Lane.CONTROL_ROOM)
    assert watcher.news() == {"text": "", "item": False, "urgent": []}


def test_many_watchers_cost_one_look(console: ConsoleDesk) -> None:
    looks = []
    pulse = Pulse(console.store, console.clock, lambda: len(looks.append(1) or looks), every=60)
    threads = [threading.Thread(target=pulse.now) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looks) == 1


# --- as a stream ------------------------------------------------------------------------------


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_news_are_pushed_within_two_seconds(tmp_path: Any) -> None:
    console = console_desk(lambda: datetime.now(UTC), f"sqlite:///{tmp_path}/live.db")
    port = free_port()
    with served(console, port):
        token = console.accounts.open_session("okafor")
        line = HTTPConnection("127.0.0.1", port, timeout=20)
        since = urlencode({"since": datetime.now(UTC).isoformat()})
        line.request("GET", f"/live?{since}", headers={"Cookie": f"fc_session={token}"})
        answer = line.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        first = json.loads(answer.readline().removeprefix(b"data: "))
        assert first["text"] == ""
        answer.readline()
        said = datetime.now(UTC)
        a_case(console, priority=Priority.P1)
        news = json.loads(answer.readline().removeprefix(b"data: "))
        took = (datetime.now(UTC) - said).total_seconds()
        assert (news["urgent"] or json.loads(_next(answer))["urgent"]) != []
        assert took < 5
        line.close()
        assert wait_for(lambda: console.app.state.streams.open == 0)
    console.store.close()


def _next(answer: Any) -> bytes:
    answer.readline()
    line: bytes = answer.readline()
    return line.removeprefix(b"data: ")


def test_a_stream_needs_a_session(console: ConsoleDesk) -> None:
    assert console.client().get("/live").status_code == 401


def test_too_many_streams_are_sent_to_ask_instead(console: ConsoleDesk) -> None:
    console.app.state.streams.open = 200
    assert console.signed_in().get("/live").status_code == 503
