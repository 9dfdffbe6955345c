"""A loopback Slack: Web API, Block Kit limits, metadata, signed requests and Socket Mode.

Answers have the published shapes; limits are those of Slack's reference, checked by code that
shares nothing with ours.
"""

import base64
import hashlib
import hmac
import json
import struct
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.servers.chat_vendor import Vendor, VendorHandler

BOT_TOKEN = "xoxb-invented-bot"
APP_TOKEN = "xapp-invented-app"
SIGNING_SECRET = "invented-signing-secret"

LIMITS = {"header": 150, "section": 3000, "button": 75, "option": 75, "context": 3000}


class Slack(Vendor):
    """`messages` by channel, oldest first. Metadata is kept unless `keep_metadata` is off."""

    def __init__(self) -> None:
        super().__init__()
        self.channels = {"C01", "C02", "C03", "C04"}
        self.messages: dict[str, list[dict[str, Any]]] = {each: [] for each in self.channels}
        self.keep_metadata = True
        self.ephemerals: list[dict[str, Any]] = []
        self.views: list[tuple[str, dict[str, Any]]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.responses: list[dict[str, Any]] = []
        self.acknowledged: list[dict[str, Any]] = []
        self.sockets: list[Socket] = []
        self.scopes = "chat:write,commands,channels:history,groups:history,im:history,im:write"
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._last = 0  # microseconds since 1970 of the newest message

    def headers(self, name: str) -> dict[str, str]:
        """A Web API answer says which scopes the token has."""
        return {"X-OAuth-Scopes": self.scopes} if name == "auth.test" else {}

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def response_url(self) -> str:
        """The address that comes with commands and presses."""
        return f"{self.url}/response"

    def name_of(self, method: str, path: str) -> str:
        return urllib.parse.urlsplit(path).path.removeprefix("/api/")

    def respond(self, name: str, handler: VendorHandler, body: Any) -> tuple[int, Any]:
        if name == "/socket":
            return self._upgrade(handler)
        if name == "/response":
            return self._responded(body)
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        fields = body if isinstance(body, dict) else _form(body)
        wanted = APP_TOKEN if name == "apps.connections.open" else BOT_TOKEN
        if token != wanted and fields.get("token") != wanted:
            return 200, {"ok": False, "error": "invalid_auth"}
        method = getattr(self, "_" + name.replace(".", "_"), None)
        if method is None:
            return 200, {"ok": False, "error": "unknown_method"}
        with self.lock:
            return 200, method(fields)

    # --- methods -----------------------------------------------------------------------------

    def _chat_postMessage(self, fields: dict[str, Any]) -> dict[str, Any]:
        problem = self._problem(fields)
        if problem:
            return problem
        self._last = max(self._last + 1, int(self.clock().timestamp() * 10**6))
        root = fields.get("thread_ts")
        if root and not any(each["ts"] == root for each in self.messages[fields["channel"]]):
            return {"ok": False, "error": "thread_not_found"}
        channel, ts = fields["channel"], f"{self._last // 10**6}.{self._last % 10**6:06}"
        message = {"type": "message", "ts": ts, "text": fields.get("text", "")}
        message |= {"thread_ts": root} if root else {}
        self.messages[channel].append(message | self._kept(fields))
        return {"ok": True, "channel": channel, "ts": ts, "message": message}

    def _chat_update(self, fields: dict[str, Any]) -> dict[str, Any]:
        problem = self._problem(fields)
        if problem:
            return problem
        for message in self.messages[fields["channel"]]:
            if message["ts"] == fields["ts"]:
                message |= {"text": fields.get("text", ""), "edited": True} | self._kept(fields)
                return {"ok": True, "channel": fields["channel"], "ts": fields["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def _conversations_history(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = fields.get("channel", "")
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        return self._page(
            [each for each in self.messages[channel] if not each.get("thread_ts")], fields
        )

    def _conversations_replies(self, fields: dict[str, Any]) -> dict[str, Any]:
        """A thread: the message it hangs under, then its replies. `history` has no replies."""
        channel, root = fields.get("channel", ""), fields.get("ts")
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        found = [
            each for each in self.messages[channel] if root in (each["ts"], each.get("thread_ts"))
        ]
        return self._page(found, fields) if found else {"ok": False, "error": "thread_not_found"}

    def _page(self, messages: list[dict[str, Any]], fields: dict[str, Any]) -> dict[str, Any]:
        start = int(fields.get("cursor") or 0)
        limit = int(fields.get("limit", 100))
        oldest, latest = float(fields.get("oldest") or 0), float(fields.get("latest") or "inf")
        newest_first = [
            message for message in messages[::-1] if oldest < float(message["ts"]) <= latest
        ]
        page = newest_first[start : start + limit]
        more = start + limit < len(newest_first)
        cursor = str(start + limit) if more else ""
        return {
            "ok": True,
            "messages": page,
            "has_more": more,
            "response_metadata": {"next_cursor": cursor},
        }

    def _conversations_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = f"D{fields.get('users', '')[1:]}"
        if channel not in self.channels:
            self.channels.add(channel)
            self.messages[channel] = []
        return {"ok": True, "channel": {"id": channel}}

    def _chat_postEphemeral(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.ephemerals.append(fields)
        return {"ok": True, "message_ts": "1.1"}

    def _views_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        if not fields.get("trigger_id"):
            return {"ok": False, "error": "invalid_trigger_id"}
        return self._view("open", fields)

    def _views_update(self, fields: dict[str, Any]) -> dict[str, Any]:
        if fields.get("view_id") != "V1":
            return {"ok": False, "error": "not_found"}
        return self._view("update", fields)

    def _views_publish(self, fields: dict[str, Any]) -> dict[str, Any]:
        view = fields["view"]
        view = json.loads(view) if isinstance(view, str) else view
        problems = list(violations(view["blocks"], most=100))
        if problems or view["type"] != "home":
            messages = {"messages": problems}
            return {"ok": False, "error": "invalid_arguments", "response_metadata": messages}
        self.homes[fields["user_id"]] = view
        return {"ok": True, "view": {"id": f"VH{fields['user_id']}"} | view}

    def _responded(self, body: Any) -> tuple[int, Any]:
        """What is sent to the address that came with a command or press, without a token."""
        problems = list(violations(body.get("blocks") or []))
        if problems or not (body.get("text") or body.get("blocks")):
            return 400, {"ok": False, "error": "invalid_payload"}
        with self.lock:
            self.responses.append(body)
        return 200, {"ok": True}

    def _view(self, how: str, fields: dict[str, Any]) -> dict[str, Any]:
        view = fields["view"]
        view = json.loads(view) if isinstance(view, str) else view
        problems = list(violations(view["blocks"]))
        asks = any(block["type"] == "input" for block in view["blocks"])
        if asks and "submit" not in view:
            problems.append("submit is required where there are inputs")
        if problems or len(view["title"]["text"]) > 24 or len(view["private_metadata"]) > 3000:
            return {"ok": False, "error": "invalid_arguments"}
        self.views.append((how, view))
        return {"ok": True, "view": {"id": "V1"} | view}

    def _auth_test(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "user": "firstcontact", "team": "Westbridge", "user_id": "U0BOT"}

    def _apps_connections_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": self.url.replace("http", "ws") + "/socket"}

    def _problem(self, fields: dict[str, Any]) -> dict[str, Any] | None:
        if fields.get("channel") not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        problems = list(violations(fields.get("blocks") or []))
        if problems:
            messages = {"messages": problems}
            return {"ok": False, "error": "invalid_blocks", "response_metadata": messages}
        if not fields.get("text") and not fields.get("blocks"):
            return {"ok": False, "error": "no_text"}
        return None

    def _kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        kept = {"blocks": fields.get("blocks") or []}
        if self.keep_metadata and "metadata" in fields:
            kept["metadata"] = fields["metadata"]
        return kept

    # --- Socket Mode -------------------------------------------------------------------------

    def _upgrade(self, handler: VendorHandler) -> tuple[int, None]:
        key = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()  # noqa: S324
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header("Sec-WebSocket-Accept", accept)
        handler.end_headers()
        socket = Socket(handler, self.acknowledged)
        with self.lock:
            self.sockets.append(socket)
        socket.send({"type": "hello", "num_connections": 1})
        handler.close_connection = True
        socket.listen()
        return 0, None


class Socket:
    """The server's end of one WebSocket: small unfragmented text frames."""

    def __init__(self, handler: VendorHandler, acknowledged: list[dict[str, Any]]) -> None:
        self._in, self._out = handler.rfile, handler.wfile
        self._acknowledged = acknowledged
        self._lock = threading.Lock()
        self.closed = threading.Event()

    def send(self, value: dict[str, Any]) -> None:
        self._frame(0x1, json.dumps(value).encode())

    def close(self) -> None:
        """Close from the server's side, as Slack does when it moves connections."""
        self._frame(0x8, struct.pack(">H", 1000))

    def listen(self) -> None:
        while not self.closed.is_set():
            try:
                opcode, payload = self._read()
            except (OSError, struct.error, ValueError):
                break
            if opcode == 0x8:
                break
            if opcode == 0x9:
                self._frame(0xA, payload)
            elif opcode == 0x1:
                self._acknowledged.append(json.loads(payload))
        self.closed.set()

    def _frame(self, opcode: int, payload: bytes) -> None:
        head = bytes([0x80 | opcode])
        if len(payload) < 126:
            head += bytes([len(payload)])
        else:
            head += bytes([126]) + struct.pack(">H", len(payload))
        with self._lock:
            self._out.write(head + payload)
            self._out.flush()

    def _read(self) -> tuple[int, bytes]:
        first, second = struct.unpack("BB", self._in.read(2))
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", self._in.read(2))
        mask = self._in.read(4)
        masked = self._in.read(size)
        return first & 0xF, bytes(each ^ mask[at % 4] for at, each in enumerate(masked))


# --- Block Kit's limits -------------------------------------------------------------------------


def violations(blocks: Any, *, most: int = 50) -> Iterator[str]:
    """What Slack would refuse, by the published limits: a message has 50 blocks, a home 100."""
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    if len(blocks) > most:
        yield f"more than {most} blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block ids repeat"
    for block in blocks:
        yield from _of_block(block)


def _of_block(block: dict[str, Any]) -> Iterator[str]:
    if len(block.get("block_id", "")) > 255:
        yield "block_id longer than 255"
    match block["type"]:
        case "header" | "section":
            yield from _text(block["text"], LIMITS[block["type"]])
            yield from _elements([block["accessory"]] if "accessory" in block else [])
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                yield "context needs 1 to 10 elements"
            for element in block["elements"]:
                yield from _text(element, LIMITS["context"])
        case "actions":
            if not 1 <= len(block["elements"]) <= 25:
                yield "actions needs 1 to 25 elements"
            yield from _elements(block["elements"])
        case "input":
            yield from _text(block["label"], 2000)
            yield from _elements([block["element"]])
        case "divider":
            pass
        case _:
            yield f"unknown block {block['type']}"


def _elements(elements: list[dict[str, Any]]) -> Iterator[str]:
    ids = [element["action_id"] for element in elements]
    if len(ids) != len(set(ids)):
        yield "action ids repeat within a block"
    for element in elements:
        if len(element["action_id"]) > 255:
            yield "action_id longer than 255"
        if len(element.get("value", "")) > 2000:
            yield "value longer than 2,000"
        if len(element.get("url", "")) > 3000:
            yield "url longer than 3,000"
        if element["type"] == "button":
            yield from _text(element["text"], LIMITS["button"])
        yield from _options(element)


def _options(element: dict[str, Any]) -> Iterator[str]:
    options = element.get("options")
    if options is None:
        return
    most = 5 if element["type"] == "overflow" else 100
    if not 1 <= len(options) <= most:
        yield f"{element['type']} needs 1 to {most} options"
    for option in options:
        yield from _text(option["text"], LIMITS["option"])
        if not 1 <= len(option["value"]) <= 150:
            yield "option value needs 1 to 150 characters"


def _text(text: dict[str, Any], limit: int) -> Iterator[str]:
    if text["type"] not in ("plain_text", "mrkdwn"):
        yield f"unknown text {text['type']}"
    if not 1 <= len(text["text"].encode("utf-16-le", "surrogatepass")) // 2 <= limit:
        yield f"text needs 1 to {limit} characters"


# --- what Slack sends ---------------------------------------------------------------------------


def block_actions(
    action_id: str, value: str, *, user: str = "U01", channel: str = "C02", option: str = ""
) -> dict[str, Any]:
    """A press in the published shape; `option` is the chosen value of an overflow menu."""
    action: dict[str, Any] = {"action_id": action_id, "action_ts": "1763890001.5", "value": value}
    if option:
        del action["value"]
        action |= {"type": "overflow", "selected_option": {"value": option}}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "khan", "name": "khan", "team_id": "T1"},
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        "container": {"type": "message", "message_ts": "1763890001.000100", "channel_id": channel},
        "channel": {"id": channel, "name": "desk"},
        "message": {"type": "message", "ts": "1763890001.000100"},
        "response_url": "https://hooks.slack.invalid/actions/1",
        "actions": [action],
    }


def pressed_in_view(view: dict[str, Any], action_id: str, *, user: str = "U01") -> dict[str, Any]:
    """A button pressed in an open modal."""
    action = next(
        element
        for block in view["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == action_id
    )
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "khan", "name": "khan"},
        "trigger_id": "1.2.4",
        "container": {"type": "view", "view_id": "V1"},
        "view": view | {"id": "V1"},
        "actions": [action | {"action_ts": "1763890009.000200"}],
    }


def home_press(action_id: str, value: str = "", *, user: str = "U01") -> dict[str, Any]:
    """A press on the Home tab: there is a view and no channel."""
    pressed = block_actions(action_id, value, user=user)
    gone = ("channel", "message", "response_url")
    kept = {name: part for name, part in pressed.items() if name not in gone}
    return kept | {
        "container": {"type": "view", "view_id": f"VH{user}"},
        "view": {"id": f"VH{user}", "type": "home", "callback_id": "fc_home", "blocks": []},
    }


def home_opened(*, user: str = "U01", tab: str = "home") -> dict[str, Any]:
    """The event that somebody opened the app's home, wrapped as the Events API does."""
    event = {"type": "app_home_opened", "user": user, "channel": "D01", "tab": tab}
    return {
        "token": "invented",
        "team_id": "T1",
        "api_app_id": "A01",
        "type": "event_callback",
        "event_id": "Ev01",
        "event_time": 1763890001,
        "event": event | {"event_ts": "1763890001.000100"},
    }


def slash_command(
    text: str, *, response_url: str, user: str = "U01", channel: str = "C02"
) -> dict[str, str]:
    """The fields of `/fc TEXT`: a form over HTTP, a payload in Socket Mode."""
    return {
        "token": "invented",
        "team_id": "T1",
        "team_domain": "westbridge",
        "channel_id": channel,
        "channel_name": "desk",
        "user_id": user,
        "user_name": "khan",
        "command": "/fc",
        "text": text,
        "api_app_id": "A01",
        "response_url": response_url,
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    }


def message_action(
    message: dict[str, Any], *, response_url: str, user: str = "U01", channel: str = "C02"
) -> dict[str, Any]:
    """A message shortcut in the published shape."""
    return {
        "type": "message_action",
        "token": "invented",
        "action_ts": "1763890002.5",
        "team": {"id": "T1", "domain": "westbridge"},
        "user": {"id": user, "name": "khan"},
        "channel": {"id": channel, "name": "desk"},
        "callback_id": "fc_pass_on",
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        "response_url": response_url,
        "message_ts": message["ts"],
        "message": {"type": "message", "user": "U02"} | message,
    }


def view_submission(view: dict[str, Any], values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "view_submission",
        "user": {"id": "U01", "username": "khan", "name": "khan"},
        "trigger_id": "1.2.3",
        "view": view | {"id": "V1", "state": {"values": values}},
    }


def signed(
    payload: dict[str, Any], stamp: int, secret: str = SIGNING_SECRET
) -> tuple[dict[str, str], bytes]:
    """Headers and body of an interaction as Slack posts it."""
    return signed_form({"payload": json.dumps(payload)}, stamp, secret)


def signed_form(
    fields: dict[str, str], stamp: int, secret: str = SIGNING_SECRET
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a posted form, as a slash command is."""
    body = urllib.parse.urlencode(fields).encode()
    return signed_body(body, stamp, secret), body


def signed_body(body: bytes, stamp: int, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """The headers Slack sends with a body."""
    base = f"v0:{stamp}:".encode() + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(stamp), "X-Slack-Signature": f"v0={digest}"}


def _form(body: str) -> dict[str, Any]:
    return {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
