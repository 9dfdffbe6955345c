"""`firstcontact run` as a process answers a citizen, and is killed while it does."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import x
from tests.servers.facebook import FacebookServer
from tests.servers.x import XServer
from tests.service_rig import Browser, Running, add_officer, settings

TERMINAL = '[[sink]]\nkind = "terminal"'
REPLIES = "[replies]\nlook_after_seconds = 2\nask_after_seconds = 60\n"
TOKEN = {
    "FIRSTCONTACT__COLLECTOR__0__REPLY_TOKEN": x.TOKEN,
    "FIRSTCONTACT__COLLECTOR__0__TIMEOUT_SECONDS": "1",
}
QUESTION = "@westbridgepolice what are the opening hours of the front counter please"


@pytest.fixture
def on_x() -> Iterator[XServer]:
    with XServer() as made:
        yield made


@pytest.fixture
def running(tmp_path: Path, on_x: XServer) -> Iterator[Running]:
    made = Running(folder=tmp_path)
    with FacebookServer() as on_facebook:
        settings(made, x_url=on_x.url, facebook_url=on_facebook.url, sinks=TERMINAL, more=REPLIES)
        for officer, name in (("lind", "Ruth Lind"), ("okafor", "Sam Okafor")):
            add_officer(made, officer, name)
        made.start(**TOKEN)
        yield made
        made.end()


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.1)


def taken(running: Running, on_x: XServer, officer: Browser) -> str:
    """A question that an officer has claimed."""
    on_x.feed([{"text": QUESTION, "author": {"account_id": "5101", "handle": "tessa_w"}}])
    wait_for(lambda: [ref for ref, line in officer.queue().items() if "opening hours" in line])
    (ref,) = (ref for ref, line in officer.queue().items() if "opening hours" in line)
    wait_for(lambda: "Claim" in officer.item(ref))
    assert "It is yours" in officer.act(ref, "claim")
    return ref


def test_a_reply_reaches_the_platform_in_seconds_and_does_not_come_back(
    running: Running, on_x: XServer
) -> None:
    officer = Browser(running.url, "lind")
    ref = taken(running, on_x, officer)
    fields = {"reply": "a-form-of-its-own", "text": "From 9 to 5.", "then": "send"}
    began = time.monotonic()
    presses = [
        threading.Thread(target=officer.act, args=(ref, "reply/write"), kwargs=fields)
        for _ in range(3)
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    wait_for(lambda: on_x.said())
    assert time.monotonic() - began < 10
    wait_for(lambda: "We answered" in officer.item(ref))
    assert on_x.said() == ["From 9 to 5."]
    time.sleep(2)  # some polls more
    assert list(officer.queue()) == [ref]


def test_a_kill_while_the_platform_answers_sends_nothing_twice(
    running: Running, on_x: XServer
) -> None:
    officer = Browser(running.url, "lind")
    ref = taken(running, on_x, officer)
    on_x.fail("late", on="write_post", seconds=20)
    fields = {"reply": "a-form-of-its-own", "text": "From 9 to 5.", "then": "send"}
    officer.act(ref, "reply/write", **fields)
    wait_for(lambda: on_x.said())
    running.kill()
    running.start(**TOKEN)
    officer = Browser(running.url, "lind")
    wait_for(lambda: "We answered" in officer.item(ref), seconds=40)
    assert on_x.said() == ["From 9 to 5."]
    assert running.run("audit", "verify").code == 0


def test_a_kill_before_the_platform_heard_of_it_loses_nothing(
    running: Running, on_x: XServer
) -> None:
    officer = Browser(running.url, "lind")
    ref = taken(running, on_x, officer)
    on_x.fail("timeout", on="write_post", seconds=20)
    fields = {"reply": "a-form-of-its-own", "text": "From 9 to 5.", "then": "send"}
    officer.act(ref, "reply/write", **fields)
    wait_for(lambda: on_x.asked("write_post"))
    running.kill()
    assert on_x.said() == []
    running.start(**TOKEN)
    wait_for(lambda: on_x.said(), seconds=40)
    officer = Browser(running.url, "lind")
    wait_for(lambda: "We answered" in officer.item(ref))
    assert on_x.said() == ["From 9 to 5."]
