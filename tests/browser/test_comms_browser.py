"""A reviewer clears the comms lane in a real browser, by keys alone."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from collectors.x_hide import XHider
from tests.browser.conftest import Screen
from tests.browser.desk import ConsoleDesk, console_desk, now_of
from tests.browser.raid import a_raid
from tests.collector_rigs import x_settings
from tests.servers.hiding import HidingX
from triage.model import Case, State
from triage.taxonomy import Lane

pytestmark = pytest.mark.browser


@pytest.fixture
def network() -> Iterator[HidingX]:
    with HidingX() as server:
        server.own_threads.add("900")
        yield server


@pytest.fixture
def console(tmp_path: Path, network: HidingX) -> Iterator[ConsoleDesk]:
    settings = x_settings(network, hide_token="x-bearer-invented")
    hider = XHider(settings, lambda: datetime.now(UTC))
    url = f"sqlite:///{tmp_path / 'browser.db'}"
    made = console_desk(lambda: datetime.now(UTC), url, hiders={hider.name: hider})
    yield made
    made.store.close()


@pytest.fixture
def cases(console: ConsoleDesk, network: HidingX) -> dict[str, Case]:
    made = a_raid(console)
    for case in made.values():
        own = {"id": case.item.id, "channel": "x_mention", "text": "x", "thread_id": "900"}
        network.add(own)
    return made


def test_a_reviewer_clears_posts_by_keys_alone(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case], network: HidingX
) -> None:
    screen.sign_in("reed")
    screen.open("/comms")
    page, keys = screen.page, screen.page.keyboard
    case = cases["abuse"]
    row, item = page.locator(f"#row-{case.ref}"), page.locator("#fc-pane #fc-item")
    keys.press("j")  # the threat, urgent first
    keys.press("j")
    expect(row).to_have_class(re.compile("fc-row--here"))
    keys.press("Enter")
    expect(item.get_by_role("heading", level=1)).to_have_text(case.ref)
    expect(item).not_to_contain_text("worthless pig")
    keys.press("s")
    expect(item.locator("mark")).to_contain_text("worthless pig")
    expect(page.locator("#fc-exposure")).to_contain_text("1 flagged text in full")
    keys.press("h")
    keys.type("abuse of staff")
    keys.press("Enter")
    expect(item.get_by_role("status").last).to_contain_text("Hidden on its platform")
    expect(row).to_contain_text("hidden on its platform")
    assert network.out_of_sight == {case.item.id}
    keys.press("n")
    expect(row).to_contain_text("Closed: No police action needed")
    assert now_of(console, case).state is State.CLOSED
    keys.press("z")
    expect(row).to_contain_text("Unclaimed")
    keys.press("e")
    keys.press("Tab")
    keys.press("Enter")
    expect(row).to_contain_text("Offered to digital desk")
    assert now_of(console, case).offered_to is Lane.DESK
    assert page.url.endswith("/comms")


def test_a_raid_is_closed_together_and_undone_in_the_browser(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in("reed")
    screen.open("/comms/batches")
    page, raid = screen.page, [cases[f"raid{number}"] for number in range(5)]
    page.get_by_role("button", name="See what can be done together").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is done yet")
    page.get_by_label("Close each with").select_option("spam")
    page.get_by_role("button", name="Close these 5").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("5 closed")
    assert {now_of(console, case).result for case in raid} == {"spam"}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("5 open again")
    assert {now_of(console, case).state for case in raid} == {State.OPEN}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_page_of_the_review_is_wider_than_the_window(
    screen: Screen, cases: dict[str, Case], width: int, scheme: str
) -> None:
    screen.page.set_viewport_size({"width": width, "height": 844})
    screen.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    screen.sign_in("pryce")
    pages = ("/comms", f"/comms/item/{cases['named'].ref}", "/comms/batches", "/comms/grants")
    for number, path in enumerate(pages):
        screen.open(path)
        over = screen.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not over, path
        folder = os.environ.get("FIRSTCONTACT_SHOTS")
        if folder:
            screen.page.screenshot(path=f"{folder}/comms-{number}-{width}-{scheme}.png")
