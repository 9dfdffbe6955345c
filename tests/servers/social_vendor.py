"""What the loopback social networks share: routing, faults, a log, and a way to feed them.

`POST /_control/items` takes items in our own shape (one object, an array or JSON lines),
`/_control/edit` and `/_control/delete` change them, `/_control/fault` spoils answers to come,
`GET /_control/log` tells every request that was made. The same can be done from Python.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Fault:
    """Spoils answers of routes whose name starts with `on`; the network decides the kinds.

    Every network knows: `500`, `html`, `timeout`, `drip`, `cut`, `refuse_connection`, and
    `swallowed` and `late`: carried out, but never answered, or only after `seconds`.
    """

    kind: str
    on: str = ""
    times: int = 1
    after: int = 0
    seconds: float = 30
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reply:
    """An answer of a route."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


class SocialVendor:
    """A network on a loopback port; a context manager."""

    def __init__(self, port: int = 0) -> None:
        self.content_type = "application/json; charset=utf-8"
        self.log: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        vendor = self

        class Handler(_Handler):
            owner = vendor

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    # --- what a network says --------------------------------------------------------------------

    def add(self, item: Mapping[str, Any]) -> str:
        """Take an item in our shape; returns its id."""
        raise NotImplementedError

    def edit(self, item_id: str, text: str) -> str:
        """Change an item's text; returns the id of the new version."""
        raise NotImplementedError

    def delete(self, item_id: str) -> None:
        """Take an item away."""
        raise NotImplementedError

    def route_name(self, asked: Asked) -> str:
        """The name of a route, for faults and the log."""
        raise NotImplementedError

    def respond(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        """The answer; `fault` is one only this network understands."""
        raise NotImplementedError

    # --- the test's side ------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, kind: str, on: str = "", **options: Any) -> None:
        """Spoil an answer to come (see `Fault`)."""
        known = {key: options.pop(key) for key in ("times", "after", "seconds") if key in options}
        with self.lock:
            self.faults.append(Fault(kind=kind, on=on, options=options, **known))

    def heal(self) -> None:
        """Forget all faults."""
        with self.lock:
            self.faults.clear()

    def feed(self, items: Iterable[Mapping[str, Any]]) -> list[str]:
        """Add items; returns their ids."""
        with self.lock:
            return [self.add(item) for item in items]

    def asked(self, name: str = "") -> list[dict[str, Any]]:
        """The logged requests of routes whose name starts so."""
        with self.lock:
            return [entry for entry in self.log if entry["name"].startswith(name)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take_fault(self, name: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if not name.startswith(fault.on):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    return None
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None

    def control(self, asked: Asked, body: bytes) -> Reply:
        match (asked.method, asked.path.removeprefix("/_control/")):
            case ("GET", "log"):
                return Reply(list(self.log))
            case ("POST", "items"):
                return Reply({"ids": self.feed(_items(body))})
            case ("POST", "edit"):
                wanted = json.loads(body)
                return Reply({"id": self.edit(wanted["id"], wanted["text"])})
            case ("POST", "delete"):
                self.delete(json.loads(body)["id"])
                return Reply({"deleted": True})
            case ("POST", "fault"):
                self.fail(**json.loads(body))
                return Reply({"faults": len(self.faults)})
            case ("POST", "heal"):
                self.heal()
                return Reply({"faults": 0})
            case ("POST", "clear_log"):
                self.log.clear()
                return Reply({"log": 0})
        return Reply({"error": "unknown control"}, 404)


def _items(body: bytes) -> list[dict[str, Any]]:
    text = body.decode()
    try:
        decoded = json.loads(text)
    except ValueError:
        decoded = [json.loads(line) for line in text.splitlines() if line.strip()]
    return decoded if isinstance(decoded, list) else [decoded]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client left in the middle: that is what some of the tests are about


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[SocialVendor]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out apart: waiting would cost 40 ms each
    wbufsize = 65_536

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def do_DELETE(self) -> None:
        self._any()

    def do_PUT(self) -> None:
        self._any()

    def _any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query))
        asked = Asked(self.command, parts.path, query, self.headers, body)
        if parts.path.startswith("/_control/"):
            self._write(self.owner.control(asked, body))
            return
        name = self.owner.route_name(asked)
        fault = self.owner.take_fault(name)
        entry = {"method": asked.method, "path": asked.path, "query": asked.query, "name": name}
        with self.owner.lock:
            self.owner.log.append(entry)
        if fault is None or not self._spoil(fault):
            with self.owner.lock:
                reply = self.owner.respond(name, asked, fault)
            entry["status"] = reply.status
            if fault and fault.kind == "late":
                self.owner.ended.wait(fault.seconds)
            if fault and fault.kind == "swallowed":
                self.close_connection = True
                return
            self._write(reply, cut=bool(fault and fault.kind == "cut"))

    def _spoil(self, fault: Fault) -> bool:
        match fault.kind:
            case "500" | "503":
                self._write(Reply({"title": "Service Unavailable"}, int(fault.kind)))
            case "html":
                page = b"<!DOCTYPE html><html><body>Just a moment</body></html>"
                self._raw(fault.options.get("status", 200), page, "text/html")
            case "timeout":
                self.owner.ended.wait(fault.seconds)
                self.close_connection = True
            case "refuse_connection":
                self.close_connection = True
            case "drip":
                self._drip(fault.seconds)
            case _:
                return False
        return True

    def _drip(self, seconds: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "100000")
        self.end_headers()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self.owner.ended.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()
        self.close_connection = True

    def _write(self, reply: Reply, *, cut: bool = False) -> None:
        body = json.dumps(reply.body).encode()
        self._raw(
            reply.status,
            body[: len(body) // 2] if cut else body,
            self.owner.content_type,
            headers=reply.headers,
            length=len(body),
        )
        if cut:
            self.close_connection = True

    def _raw(
        self,
        status: int,
        body: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for header, value in (headers or {}).items():
            self.send_header(header, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def read_scenario(path: Path, prefix: str) -> list[dict[str, Any]]:
    """Items of a JSON-lines file whose channel begins so, or that name none.

    Lines of a demo day (`{"at", "item"}`) are unwrapped; its edits and deletions are left out.
    """
    items = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        decoded = json.loads(line)
        item = decoded.get("item", decoded)
        if "text" in item and item.get("channel", prefix).startswith(prefix):
            items.append(item)
    return items


def serve(vendor: SocialVendor, scenario: Path | None, prefix: str) -> None:
    """Run until interrupted; prints the address on the first line."""
    with vendor:
        if scenario:
            vendor.feed(read_scenario(scenario, prefix))
        print(vendor.url, flush=True)  # noqa: T201 - the address is what the caller waits for
        try:
            vendor.ended.wait()
        except KeyboardInterrupt:
            return


def arguments(port: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--scenario", type=Path)
    return parser
