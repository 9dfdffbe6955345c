"""The real command line as processes, and an officer's browser, for tests of the whole service."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from collectors.webhook import SIGNATURE, TIMESTAMP, sign
from tests.servers import facebook, x

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-c", "from console.cli import main; main()")
PASSWORD = "three plain words"
HOOK_SECRET = "invented-webhook-secret"
READY_SECONDS = 40.0


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """Ours without any setting of firstcontact, so that only the test's own count."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FIRSTCONTACT_")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line on standard error that says what is wrong."""
        (line,) = self.err.splitlines()
        return line


def firstcontact(
    *arguments: str | Path,
    cwd: Path,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float = 90,
) -> Ran:
    """Run a command to its end, as an officer's shell does."""
    ran = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        env=environment(**(env or {})),
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Ran(code=ran.returncode, out=ran.stdout.decode(), err=ran.stderr.decode())


def sent(seconds_ago: float = 0) -> str:
    """A platform's sent time."""
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat()


# --- the service as a process ---------------------------------------------------------------------


@dataclass(kw_only=True)
class Running:
    """`firstcontact run` in a folder of its own; may be killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "firstcontact.toml"

    @property
    def url(self) -> str:
        """The console."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All that was written to standard error so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self, **env: str) -> None:
        """Start, and wait until it says that it is ready."""
        before = self.log.count("firstcontact: ready")
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                [*COMMAND, "run", "--config", str(self.config)],
                cwd=self.folder,
                env=environment(**env),
                stdout=out,
                stderr=out,
            )
        ends = time.monotonic() + READY_SECONDS
        while self.log.count("firstcontact: ready") == before:
            if self.process.poll() is not None or time.monotonic() > ends:
                raise AssertionError(f"the service does not come up: {self.log[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a machine that loses power: no warning."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, *, seconds: float = 20) -> int:
        """Ask it to stop and wait; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=seconds)

    def end(self) -> None:
        """Whatever state it is in, it is over."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def run(self, *arguments: str | Path, stdin: str | bytes = b"") -> Ran:
        """Another command on the same settings."""
        return firstcontact(*arguments, "--config", self.config, cwd=self.folder, stdin=stdin)

    def push(self, *items: Mapping[str, Any], account: str = "webchat") -> requests.Response:
        """Items through the signed webhook, as the force's web chat sends them."""
        body, stamp = json.dumps(items).encode(), str(int(time.time()))
        headers = {TIMESTAMP: stamp, SIGNATURE: sign(HOOK_SECRET, stamp, body)}
        url = f"{self.url}/hooks/{account}"
        return requests.post(url, data=body, headers=headers, timeout=20)


def settings(
    running: Running, *, x_url: str, facebook_url: str, sinks: str, more: str = ""
) -> None:
    """Write the settings of a desk that reads all four kinds of source."""
    running.config.write_text(
        f"""
[desk]
name = "Westbridge Police"
[storage]
url = "sqlite:///{running.folder / "desk.db"}"
[[collector]]
kind = "x"
account = "westbridgepolice"
user_id = "{x.USER_ID}"
bearer_token = "{x.TOKEN}"
base_url = "{x_url}"
every_seconds = 0.5
[[collector]]
kind = "facebook"
page_id = "{facebook.PAGE_ID}"
page_token = "{facebook.TOKEN}"
app_secret = "{facebook.SECRET}"
base_url = "{facebook_url}"
every_seconds = 0.5
[[collector]]
kind = "replay"
file = "{running.folder / "items.jsonl"}"
every_seconds = 0.5
[[collector]]
kind = "webhook"
account = "webchat"
secret = "{HOOK_SECRET}"
{sinks}
[console]
bind = "127.0.0.1:{running.port}"
public_url = "{running.url}"
[engine]
node = "one"
sweep_seconds = 1
tick_seconds = 0.5
hold_seconds = 3
{more}
""",
        encoding="utf-8",
    )


# --- an officer's browser -------------------------------------------------------------------------


class Browser:
    """Signed in at the console over HTTP, as a page in a browser is."""

    def __init__(self, url: str, officer: str) -> None:
        self._url = url
        self._session = requests.Session()
        token = _token(self._get("/login").text)
        fields = {"name": officer, "password": PASSWORD, "csrf_token": token, "next": ""}
        answer = self._session.post(f"{url}/login", data=fields, timeout=20)
        assert answer.url.endswith("/queue"), answer.text

    def _get(self, path: str) -> requests.Response:
        return self._session.get(self._url + path, timeout=20)

    def page(self, path: str) -> str:
        """The text of a page, without its mark-up."""
        answer = self._get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return _words(answer.text)

    def act(self, ref: str, verb: str, **fields: str) -> str:
        """Press a button of an item's page; returns the words of the page that follows."""
        token = _token(self._get(f"/item/{ref}").text)
        url = f"{self._url}/item/{ref}/{verb}"
        return _words(self._session.post(url, {**fields, "csrf_token": token}, timeout=20).text)

    def status(self, path: str) -> int:
        """The HTTP status of a page."""
        return self._get(path).status_code

    def item(self, ref: str) -> str:
        """The page of an item."""
        return self.page(f"/item/{ref}")

    def queue(self) -> dict[str, str]:
        """The first page of the queue: reference to the words of its line."""
        answer = self._get("/queue")
        assert answer.status_code == 200, answer.text[:300]
        row = r'<li class="fc-row[^>]*data-ref="([^"]+)"(.*?)</li>'
        lines = re.findall(row, answer.text, re.DOTALL)
        return {ref: _words(line) for ref, line in lines}


def _words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page[:300]
    return found[1]


def add_officer(running: Running, officer: str, name: str, *more: str) -> None:
    """An officer who may sign in, added by the command."""
    secret = running.folder / f"{officer}.password"
    secret.write_text(PASSWORD)
    ran = running.run("officers", "add", officer, "--name", name, "--password-file", secret, *more)
    assert ran.code == 0, ran.err
