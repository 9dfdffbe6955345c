"""The tuner in a real browser: a slider that answers, and two admins who move a line and back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Screen
from tests.browser.desk import ConsoleDesk
from tests.tuned_desk import a_quarter, remember, tuned_desk

pytestmark = pytest.mark.browser


@pytest.fixture
def console(tmp_path: Path) -> Iterator[ConsoleDesk]:
    """A console with a quarter of a year behind it."""
    made = tuned_desk(lambda: datetime.now(UTC), f"sqlite:///{tmp_path / 'tuner.db'}")
    remember(made.store, a_quarter(items=1500, emergencies=120), now=made.clock())
    yield made
    made.store.close()


@pytest.fixture
def second(chromium: Browser, origin: str) -> Iterator[Screen]:
    """The window of the other admin."""
    context = chromium.new_context(viewport={"width": 1024, "height": 800})
    made = Screen(context.new_page(), origin)
    yield made
    context.close()
    assert made.trouble == []


def test_the_sentence_follows_the_slider_and_nothing_is_loaded_anew(screen: Screen) -> None:
    screen.sign_in("hale")
    screen.open("/tuner")
    page = screen.page
    sentence = page.locator("#fc-sentence")
    expect(sentence).to_contain_text("At 0.50 the desk would see")
    page.evaluate("document.body.dataset.kept = 'yes'")
    page.get_by_text("Their references").click()
    page.locator("#fc-range").fill("0.3")
    expect(page.locator('#fc-tuner-rest[data-line^="0.3"]')).to_be_attached()
    expect(sentence).to_contain_text("At 0.30")
    expect(page.locator("#fc-tuner-top")).to_contain_text("In force now: At 0.50")
    expect(page.locator("#fc-short")).to_contain_text("At 0.30")
    expect(page.locator("#fc-draft-line")).to_have_value(page.locator("#fc-line").input_value())
    expect(page.locator("#fc-tuner-rest details").first).to_have_attribute("open", "")
    assert page.locator("body").get_attribute("data-kept") == "yes"
    assert "line=0.3" in page.url
    page.locator("#fc-line").fill("0.5")
    expect(sentence).to_contain_text("At 0.50")


def test_the_slider_is_moved_by_keys(screen: Screen) -> None:
    screen.sign_in("hale")
    screen.open("/tuner")
    page = screen.page
    slider = page.get_by_label("Line, from 0")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowLeft")
    expect(slider).to_have_value("0.48")
    expect(page.locator("#fc-sentence")).not_to_contain_text("At 0.50")


def test_two_admins_bring_a_line_into_force_and_take_it_back(
    screen: Screen, second: Screen, console: ConsoleDesk
) -> None:
    screen.sign_in("hale")
    screen.open("/tuner")
    page = screen.page
    page.locator("#fc-line").fill("0.4")
    page.locator("#fc-draft").get_by_label("Why").fill("fewer are missed")
    page.get_by_role("button", name="Draft it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Version 1: emergency from 0.4")
    page.get_by_label("Why it should go live").fill("two alerts a shift more")
    page.get_by_role("button", name="Propose it").click()
    expect(page.locator("main")).to_contain_text("another admin has to approve it")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    second.sign_in("orme")
    second.open("/tuner/version/1")
    other = second.page
    other.get_by_role("link", name="known emergencies under the line").click()
    for box in other.get_by_label("I have read it").all():
        box.check()
    other.get_by_role("button", name="Save what I have read").click()
    expect(other.get_by_role("status")).to_have_text("Noted.")
    second.open("/tuner/version/1")
    for _ in range(other.get_by_role("button", name="Acknowledge").count()):
        other.get_by_label("Why this difference").first.fill("they are read by hand, too")
        other.get_by_role("button", name="Acknowledge").first.click()
        expect(other.get_by_role("status")).to_have_text("Acknowledged.")
    other.get_by_label("Why you approve it").fill("I have read all of them")
    other.get_by_role("button", name="Approve").click()
    other.get_by_role("button", name="Put it in force").click()
    expect(other.get_by_role("status")).to_contain_text("In force.")
    reader = console.desk.classifier
    (version,) = console.store.threshold_versions()
    assert 0.4 <= version.line < 0.5
    assert reader.thresholds.emergency == version.line  # type: ignore[attr-defined]

    screen.open("/tuner")
    page.get_by_role("button", name="Roll back version 1").click()
    expect(page.get_by_role("status")).to_contain_text("Rolled back.")
    assert reader.thresholds.emergency == 0.5  # type: ignore[attr-defined]


def test_without_scripts_a_number_does_what_the_slider_does(small_screen: Screen) -> None:
    small_screen.sign_in("hale")
    small_screen.open("/tuner")
    page = small_screen.page
    expect(page.locator("#fc-range")).to_be_hidden()
    page.locator("#fc-line").fill("0.3")
    page.get_by_role("button", name="Look").click()
    expect(page.locator("#fc-sentence")).to_contain_text("At 0.30")
    page.get_by_role("link", name="Down to the next known emergency").click()
    expect(page.locator("#fc-sentence")).not_to_contain_text("At 0.30")


@pytest.mark.parametrize("width", [320, 390, 1024, 1440])
def test_no_page_of_the_tuner_is_wider_than_its_window(screen: Screen, width: int) -> None:
    screen.sign_in("hale")
    screen.page.set_viewport_size({"width": width, "height": 800})
    screen.open("/tuner?line=0.4")
    screen.page.locator("#fc-draft-line").fill("0.4")
    screen.page.get_by_role("button", name="Draft it").click()
    expect(screen.page.get_by_role("heading", level=1)).to_contain_text("Version 1")
    for path in ("/tuner?line=0.4", "/tuner/version/1", "/tuner/version/1/missed", "/tuner/try"):
        screen.open(path)
        for details in screen.page.locator("main details").all():
            details.evaluate("each => { each.open = true; }")
        wide = screen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
