"""What the loopback chat vendors share: an HTTP server whose next answers can be spoiled."""

import contextlib
import email.utils
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self


@dataclass(frozen=True)
class Fault:
    """How an answer goes wrong. `accept` first does what was asked, then answers badly."""

    status: int = 200
    body: bytes = b'{"ok": false, "error": "fatal_error"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: bool = False
    disconnect: bool = False
    cut: bool = False
    sleep: float = 0


def refused(code: str) -> Fault:
    return Fault(body=json.dumps({"ok": False, "error": code}).encode())


def coded(status: int, code: str) -> Fault:
    """A refusal as the Bot Framework words it."""
    return Fault(status=status, body=json.dumps({"error": {"code": code}}).encode())


HTML = b"<html><body>Bad gateway</body></html>"


class Vendor:
    """A loopback HTTP server. `calls` are (name, JSON body, headers) in order of arrival."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, dict[str, str]]] = []
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.latency = 0.0  # seconds before each answer
        self.always: Fault | None = None  # how every answer goes wrong, for as long as it is set
        self.lock = threading.RLock()
        self.ended = threading.Event()
        vendor = self

        class Handler(VendorHandler):
            owner = vendor

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, name: str, *faults: Fault) -> None:
        """Spoil the next answers to calls of this name."""
        self.faults[name].extend(faults)

    def named(self, name: str) -> list[Any]:
        """The bodies of the calls of a name."""
        with self.lock:
            return [body for called, body, _ in self.calls if called == name]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def name_of(self, method: str, path: str) -> str:
        raise NotImplementedError

    def headers(self, name: str) -> Mapping[str, str]:
        """What stands in the head of a healthy answer beside the usual."""
        return {}

    def respond(self, name: str, handler: "VendorHandler", body: Any) -> tuple[int, Any]:
        """The healthy answer: status and a JSON value."""
        raise NotImplementedError


class VendorHandler(BaseHTTPRequestHandler):
    owner: ClassVar[Vendor]
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of an answer, by the vendor's own clock."""
        clock = getattr(self.owner, "clock", None)
        return email.utils.formatdate(clock().timestamp() if clock else timestamp, usegmt=True)

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def do_PUT(self) -> None:
        self._any()

    def _any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.owner.name_of(self.command, self.path)
        body = self._decoded(raw)
        with self.owner.lock:
            self.owner.calls.append((name, body, dict(self.headers)))
            waiting = self.owner.faults[name]
            fault = waiting.popleft() if waiting else self.owner.always
        if self.owner.latency:
            self.owner.ended.wait(self.owner.latency)
        if fault is None:
            self.answer(*self.owner.respond(name, self, body), self.owner.headers(name))
        else:
            self._spoil(fault, name, body)

    def _decoded(self, raw: bytes) -> Any:
        try:
            return json.loads(raw)
        except ValueError:
            return raw.decode(errors="replace")

    def _spoil(self, fault: Fault, name: str, body: Any) -> None:
        if fault.accept:
            self.owner.respond(name, self, body)
        if fault.sleep:
            self.owner.ended.wait(fault.sleep)
        if fault.disconnect:
            self.close_connection = True
            self.connection.close()
            return
        length = len(fault.body) + (100 if fault.cut else 0)
        self.send_response(fault.status)
        for header, value in fault.headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(fault.body)
        self.close_connection = True

    def answer(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        if status == 0:  # the answer was written already (an upgraded connection)
            return
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for header, text in (headers or {}).items():
            self.send_header(header, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        # The client left, or the fault closed the connection under the handler.
        with contextlib.suppress(ConnectionError, ValueError):
            super().handle()


def eventually(check: Any, seconds: float = 10.0) -> Any:
    """The first truthy value of `check()` within some seconds, else its last value."""
    ends = time.monotonic() + seconds
    while True:
        value = check()
        if value or time.monotonic() > ends:
            return value
        time.sleep(0.02)
