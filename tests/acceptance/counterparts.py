"""Starts and stops the real counterparts named in docs and PEERS: Slack and Teams stand-ins.

They are looked for in `$FIRSTCONTACT_COUNTERPARTS/node_modules` (`.ci/counterparts` fills it).
Every start waits until the counterpart answers and every exit ends its whole process group.
"""

import base64
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

VARIABLE = "FIRSTCONTACT_COUNTERPARTS"
LOCAL_SLACK = "local-slack-linux-x64/bin/local-slack"
EMULATE = "emulate/dist/index.js"
PLAYGROUND = "@microsoft/m365agentsplayground/cli.js"
STREAM = "/_ws_conversation/v1/conversations/stream"
BOT_TOKEN = "xoxb-invented-bot"
NARROW_TOKEN = "xoxb-invented-narrow"
APP_TOKEN = "xapp-invented-app"
SIGNING_SECRET = "invented-signing-secret"
READING = ["channels:read", "channels:history", "groups:read", "im:read", "mpim:read"]
CHANNELS = {"C01": "control-room", "C02": "desk", "C03": "safeguarding", "C04": "comms"}
START_SECONDS = 40.0


def counterpart(name: str) -> Path:
    """The path of an installed counterpart; skips the test, saying how to get it, if absent."""
    folder = os.environ.get(VARIABLE, "")
    path = Path(folder) / "node_modules" / name
    if not folder or not path.exists():
        pytest.skip(f"{VARIABLE} names no folder with {name}: run .ci/counterparts DIR first")
    return path


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], ready: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that answers at `ready` (any HTTP status), ended with all its children."""
    log = folder / f"{Path(command[0]).name}-{free_port()}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True
        )
        try:
            _wait(process, ready, log)
            yield process
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended at once: {log.read_text()[-500:]}")
        with contextlib.suppress(requests.RequestException):
            requests.get(ready, timeout=1)
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} does not answer at {ready}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    process.wait(timeout=5)


# --- Slack: local-slack ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocalSlack:
    """A workspace with Socket Mode, officers U01 and U02, and the channels of `CHANNELS`."""

    url: str

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/"

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """What stands in a channel, oldest first."""
        answer = requests.get(f"{self.url}/_control/messages/{channel}", timeout=5)
        return list(answer.json()["messages"])

    def press(
        self, channel: str, message_ts: str, action_id: str, *, user: str = "U01", option: str = ""
    ) -> None:
        """Press a button of a message, or choose an option of its menu."""
        message = next(each for each in self.messages(channel) if each["ts"] == message_ts)
        action = _element(message["blocks"], action_id)
        if option:
            action |= {"selected_option": {"value": option}}
        body = {"channel": channel, "messageTs": message_ts, "user": user, "action": action}
        requests.post(f"{self.url}/_control/interact", json=body, timeout=5).raise_for_status()

    def open_home(self, user: str = "U01") -> None:
        """Open the app's Home tab."""
        self._control("open-home", {"user": user})

    def command(self, text: str, *, user: str = "U01", channel: str = "C02") -> None:
        """Type `/fc TEXT` in a channel."""
        fields = {"channel": channel, "user": user, "command": "/fc", "text": text}
        self._control("command", fields)

    def _control(self, name: str, body: dict[str, str]) -> None:
        requests.post(f"{self.url}/_control/{name}", json=body, timeout=5).raise_for_status()

    def home(self, user: str = "U01") -> dict[str, Any]:
        """What stands on somebody's Home tab, as their browser is told; {} before it is drawn."""
        state = next(_frames(self.url, "/ui", 2.0))["state"]
        return dict(state["homeViews"].get(user, {}).get("A01") or {})

    def modal(self) -> dict[str, Any]:
        """The modal on top, {} if none is open."""
        first = next(_frames(self.url, "/ui", 5))
        stack = first["state"]["modalStack"]
        return dict(stack[-1]) if stack else {}

    def press_in_modal(self, channel: str, message_ts: str, action_id: str, *, user: str) -> None:
        """Press a button of the modal on top. This Slack tells the app of the message beneath."""
        action = _element(self.modal()["blocks"], action_id)
        body = {"channel": channel, "messageTs": message_ts, "user": user, "action": action}
        requests.post(f"{self.url}/_control/interact", json=body, timeout=5).raise_for_status()

    def submit(self, values: Mapping[str, Mapping[str, Any]], *, user: str = "U01") -> None:
        """Send the modal on top, filled in: block to action to element."""
        _tell(self.url, "/ui", {"t": "view_submit", "user": user, "values": values})

    def log(self) -> list[dict[str, Any]]:
        """Every call and event the workspace saw."""
        return list(requests.get(f"{self.url}/_control/log", timeout=5).json()["log"])


def _element(blocks: list[dict[str, Any]], action_id: str) -> dict[str, Any]:
    for block in blocks:
        for element in block.get("elements", []):
            if element.get("action_id") == action_id:
                return {
                    "block_id": block.get("block_id", ""),
                    "action_ts": f"{time.time():.6f}",
                    **element,
                }
    raise LookupError(action_id)


@contextlib.contextmanager
def local_slack(folder: Path) -> Iterator[LocalSlack]:
    """Start local-slack on a free port."""
    binary, port = counterpart(LOCAL_SLACK), free_port()
    officers = [{"id": f"U0{n}", "name": name} for n, name in ((1, "khan"), (2, "osei"))]
    app = {
        "appId": "A01",
        "botUserId": "U0BOT",
        "botName": "firstcontact",
        "botToken": BOT_TOKEN,
        "appToken": APP_TOKEN,
        "signingSecret": SIGNING_SECRET,
        "mode": "socket",
    }
    members = [*(officer["id"] for officer in officers), "U0BOT"]
    channels = [{"id": cid, "name": name, "members": members} for cid, name in CHANNELS.items()]
    config = folder / "local-slack.json"
    config.write_text(json.dumps({"apps": [app], "users": officers, "channels": channels}))
    command = [str(binary), "--config", str(config), "--port", str(port)]
    command += ["--files-dir", str(folder / "files"), "--base-host", "127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/_control/state", folder):
        yield LocalSlack(url)


# --- Slack: emulate -------------------------------------------------------------------------------


@contextlib.contextmanager
def emulated_slack(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Start emulate's Slack; gives its base URL and channel ids by name.

    `NARROW_TOKEN` may read but not write.
    """
    script, port = counterpart(EMULATE), free_port()
    seed = {
        "tokens": {
            BOT_TOKEN: {"login": "khan", "scopes": [*READING, "chat:write"]},
            NARROW_TOKEN: {"login": "khan", "scopes": READING},
        },
        "slack": {
            "strict_scopes": True,
            "team": {"name": "Westbridge", "domain": "westbridge"},
            "users": [{"name": "khan", "real_name": "Officer Khan"}],
            "channels": [{"name": "desk"}, {"name": "archive"}],
            "bots": [{"name": "firstcontact"}],
        },
    }
    path = folder / "seed.yaml"
    path.write_text(json.dumps(seed))  # JSON is YAML
    command = ["node", str(script), "start", "--service", "slack", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with running([*command, "--seed", str(path)], url, folder):
        base_url = f"{url}/api/"
        listed = requests.post(
            f"{base_url}conversations.list",
            headers={"Authorization": f"Bearer {BOT_TOKEN}"},
            timeout=5,
        ).json()
        yield base_url, {each["name"]: each["id"] for each in listed["channels"]}


# --- Teams: Microsoft 365 Agents Playground -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Playground:
    """A personal Teams chat `desk-1` with our bot."""

    url: str
    conversation: str

    @property
    def base_url(self) -> str:
        """The connector, as `TeamsSink.base_url` wants it."""
        return f"{self.url}/_connector/"

    def press(self, message_id: str, action: dict[str, Any], inputs: dict[str, str]) -> Any:
        """Press an `Action.Execute` of a posted card; returns what the playground then shows."""
        data = action.get("data", {}) | inputs
        pressed = {"type": "Action.Execute", "verb": action["verb"], "data": data}
        body = {
            "name": "adaptiveCard/action",
            "from": {"id": "user-id-0"},
            "conversation": {"id": self.conversation},
            "replyToId": message_id,
            "value": {"action": pressed, "trigger": "manual"},
        }
        answer = requests.post(f"{self.url}/_conversation/v1/invoke", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def write(self, text: str) -> None:
        """Write to the bot."""
        body = {"from": {"id": "user-id-0"}, "text": text, "textFormat": "plain"}
        url = f"{self.url}/_conversation/v1/conversations/{self.conversation}/messages"
        requests.post(url, json=body, timeout=10).raise_for_status()

    def extension(self, step: str, value: dict[str, Any]) -> Any:
        """Use the message extension; returns what the playground then shows."""
        body = {
            "name": f"composeExtension/{step}",
            "from": {"id": "user-id-0"},
            "conversation": {"id": self.conversation},
            "value": value,
        }
        answer = requests.post(f"{self.url}/_conversation/v1/invoke", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def shown(self, *, seconds: float = 2.0) -> list[dict[str, Any]]:
        """What a browser opened now is told: messages and their updates, oldest first.

        Each is told once only: a later call does not see it again.
        """
        return list(_frames(self.url, STREAM, seconds))

    def watch(self) -> Iterator[dict[str, Any]]:
        """The same as it comes, until the playground ends."""
        with contextlib.suppress(OSError):
            yield from _frames(self.url, STREAM, 3600)


@contextlib.contextmanager
def playground(bot_url: str, folder: Path) -> Iterator[Playground]:
    """Start the playground against a bot that listens at `bot_url` (…/teams/messages)."""
    script, port = counterpart(PLAYGROUND), free_port()
    url, conversation = f"http://127.0.0.1:{port}", "desk-1"
    command = ["node", str(script), "start", "-e", bot_url, "-c", "msteams", "--dt"]
    command += ["--conversation-id", conversation, "-p", str(port)]
    with running([*command, "--service-url", f"{url}/_connector"], url, folder):
        yield Playground(url, conversation)


def _tell(url: str, path: str, message: Mapping[str, Any]) -> None:
    """Send one text frame over a WebSocket, and wait for a first answer before and after."""
    raw, mask = json.dumps(message).encode(), os.urandom(4)
    masked = bytes(each ^ mask[at % 4] for at, each in enumerate(raw))
    head = bytes([0x81, 0x80 | 126]) + struct.pack(">H", len(raw))
    with _upgraded(url, path, 5) as (connection, stream):
        stream.read(2)
        connection.sendall(head + mask + masked)
        time.sleep(0.3)  # it is read before the connection ends


@contextlib.contextmanager
def _upgraded(url: str, path: str, seconds: float) -> Iterator[tuple[socket.socket, Any]]:
    """A WebSocket after its handshake."""
    host, _, port = url.removeprefix("http://").partition(":")
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        stream = connection.makefile("rb")
        while stream.readline().strip():
            pass
        yield connection, stream


def _frames(url: str, path: str, seconds: float) -> Iterator[dict[str, Any]]:
    """The text frames a WebSocket sends within some seconds, as JSON."""
    with _upgraded(url, path, seconds) as (_, stream), contextlib.suppress(TimeoutError):
        while head := stream.read(2):
            size = head[1] & 0x7F
            if size >= 126:
                form, length = (">H", 2) if size == 126 else (">Q", 8)
                (size,) = struct.unpack(form, stream.read(length))
            payload = stream.read(size)
            if head[0] & 0xF == 1:
                yield json.loads(payload)
