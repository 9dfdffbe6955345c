"""The reply box in a real browser: beside the list, by keyboard, with its counter."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from storage.store import connect
from tests.browser.conftest import Screen
from tests.browser.desk import served
from tests.conftest import PATIENCE
from tests.factories import a_disclosure
from tests.reply_rig import ReplyRig, Shifted, console_over, reply_rig
from triage.replies import ReplyState
from triage.reply_text import weighted

pytestmark = pytest.mark.browser

COUNTED = (
    "Hello",
    "Yes 👍🏽 and 👨‍👩‍👧‍👦 at 10 – see https://westbridge.police.uk/a/very/long/address/indeed",
    "日本語 “quoted” … 1️⃣ 🇬🇧 westbridge.police.uk",
    "ignore trailing   ",
    "a" * 281,
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ReplyRig]:
    store = connect(f"sqlite:///{tmp_path / 'browser.db'}", PATIENCE, clock=Shifted())
    store.migrate()
    with reply_rig(store) as made:
        yield made
    store.close()


@pytest.fixture
def desk_of(chromium: Browser, rig: ReplyRig) -> Iterator[Screen]:
    """A wide window on a desk that answers; nothing may go wrong in it."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with served(console_over(rig), port) as origin:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        made = Screen(context.new_page(), origin)
        yield made
        context.close()
    assert made.trouble == []


def test_a_reply_is_written_beside_the_list_by_keyboard(desk_of: Screen, rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    desk_of.sign_in("alice")
    page = desk_of.page
    page.locator(f"#row-{case.ref}").get_by_role("link").click()
    box = page.locator("#fc-pane #reply-text")
    expect(box).to_be_visible()
    page.locator("#fc-pane h1").click()
    page.keyboard.press("r")
    expect(box).to_be_focused()
    page.keyboard.type("Yes, since ten.")
    expect(page.locator("#reply-count")).to_have_text("15 of 280 characters")
    page.locator("#fc-pane").get_by_role("button", name="Send", exact=True).press("Enter")
    expect(page.locator("#fc-pane")).to_contain_text("On its way")
    rig.sweep()
    assert rig.said == ["Yes, since ten."]
    page.get_by_role("link", name="Show it as it is now").click()
    expect(page.locator("#fc-pane")).to_contain_text("We answered")
    assert page.url.endswith("/queue")


def test_keeping_a_draft_sends_nothing(desk_of: Screen, rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    desk_of.sign_in("alice")
    page = desk_of.page
    page.locator(f"#row-{case.ref}").get_by_role("link").click()
    page.locator("#fc-pane #reply-text").fill("Perhaps.")
    page.get_by_role("button", name="Keep as draft").click()
    expect(page.locator("#fc-pane")).to_contain_text("Draft kept. Nothing was sent.")
    (reply,) = rig.store.replies_of(case.ref)
    assert reply.state is ReplyState.DRAFT


@pytest.mark.parametrize("text", COUNTED)
def test_the_page_counts_as_the_service_counts(desk_of: Screen, rig: ReplyRig, text: str) -> None:
    case = rig.claim(rig.mention())
    desk_of.sign_in("alice")
    desk_of.open(f"/item/{case.ref}")
    desk_of.page.locator("#reply-text").fill(text)
    used = weighted(text.strip())
    said = f"{used} of 280 characters" if used <= 280 else f"{used - 280} too many: at most 280"
    expect(desk_of.page.locator("#reply-count")).to_have_text(said)


def test_a_text_to_start_from_goes_where_the_cursor_is(desk_of: Screen, rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    desk_of.sign_in("alice")
    desk_of.open(f"/item/{case.ref}")
    page = desk_of.page
    page.locator("#reply-text").fill("Hello.")
    page.get_by_text("Texts to start from").click()
    page.get_by_role("link", name="Ask what is safe").click()
    box = page.locator("#reply-text")
    assert box.input_value().startswith("Hello. Thank you for writing to us.")
    page.get_by_label("Safe to send").check()
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("Another person must approve it.")).to_be_visible()
