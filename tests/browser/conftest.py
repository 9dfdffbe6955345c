"""A real browser on a real console."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.desk import PASSWORD, ConsoleDesk, console_desk, served

CHROMIUM = Path(os.environ.get("FIRSTCONTACT_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 15_000


@pytest.fixture(scope="module")  # an event loop runs as long, which tests of the engine refuse
def chromium() -> Iterator[Browser]:
    """Chromium without a window, or a skip."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install it or set FIRSTCONTACT_CHROMIUM")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[ConsoleDesk]:
    """A console on a file, by the real clock."""
    made = console_desk(lambda: datetime.now(UTC), f"sqlite:///{tmp_path / 'browser.db'}")
    yield made
    made.store.close()


@pytest.fixture
def origin(console: ConsoleDesk) -> Iterator[str]:
    """Where the console is served."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with served(console, port) as address:
        yield address


class Screen:
    """A browser window of an officer; whatever goes wrong in it is kept in `trouble`.

    `expected` are parts of what the browser will complain about because a test asks for it.
    """

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.trouble: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("request", lambda request: self._asked(request.url))

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(self.origin + path)

    def sign_in(self, officer: str = "okafor") -> None:
        """Sign in by the page."""
        self.open("/login")
        self.page.get_by_label("User name").fill(officer)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/queue")

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part in self.expected):
            self.trouble.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith(self.origin):
            self.trouble.append(f"asked {url}")


@pytest.fixture
def screen(chromium: Browser, origin: str) -> Iterator[Screen]:
    """A wide window; nothing may go wrong in it, and nothing be asked of another host."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    made = Screen(context.new_page(), origin)
    yield made
    context.close()
    assert made.trouble == []


@pytest.fixture
def small_screen(chromium: Browser, origin: str) -> Iterator[Screen]:
    """A telephone without scripts."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    made = Screen(context.new_page(), origin)
    yield made
    context.close()
    assert made.trouble == []
