"""HTTP as every vendor needs it: our base URL, time-outs, and no nonsense taken for an answer.

The vendors' SDKs offer neither a base URL nor dependable time-outs, and some of them log or
raise texts that hold tokens. All of that is mended here, under the SDK, in a `requests` adapter.
"""

import io
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from triage.errors import OutcomeUnknown, Unavailable

MAX_BYTES = 20_000_000
CHUNK = 65_536
ENCODING = "utf-8-sig"
"""Of every answer; a byte that is none of it costs one character, not the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a vendor answered. `body` is the JSON object, empty where there was none."""

    status: int
    headers: Mapping[str, str]
    path: str
    body: Mapping[str, Any]


Judge = Callable[[Answer], None]
"""Looks at every answer before the SDK does, and raises our error where it is a refusal."""


def fit(
    session: requests.Session, name: str, base_url: str, *, timeout: float, judge: Judge
) -> requests.Session:
    """Make every request of a session go to `base_url`, whatever host the SDK names.

    Requests raise Unavailable on time-outs (`timeout` seconds for each read, three times that
    for the whole answer), refused or broken connections, 5xx, redirects, HTML instead of JSON
    and bodies that are cut short; else whatever `judge` raises. No error text holds an address.
    What writes raises OutcomeUnknown in their place, unless there was no connection at all.
    """
    adapter = VendorAdapter(name, base_url, timeout=timeout, judge=judge)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    hush("urllib3.connectionpool")
    return session


class _Hushed(logging.Filter):
    """Drops what vendors' libraries log while debugging: addresses with tokens, and messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_HUSHED = _Hushed()


def hush(logger: str) -> None:
    """Silence a library's logger below WARNING, whatever level is set on it later."""
    logging.getLogger(logger).addFilter(_HUSHED)


class VendorAdapter(HTTPAdapter):
    """Sends to the base URL, reads the whole answer in bounded time, and judges it."""

    def __init__(self, name: str, base_url: str, *, timeout: float, judge: Judge) -> None:
        super().__init__(max_retries=0)
        self._name = name
        self._base_url = base_url
        self._seconds = timeout
        self._judge = judge

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        request = request.copy()
        request.url = rebased(request.url or "", self._base_url)
        ends = time.monotonic() + 3 * self._seconds
        try:
            response = super().send(
                request,
                stream=True,
                timeout=self._seconds,
                verify=verify,
                cert=cert,
                proxies=get_environ_proxies(request.url),
            )
            body = _read(response, ends)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # Not chained: the text of these errors holds the address, and the address the token.
            lost = OutcomeUnknown if _writes(request) and not _never_left(error) else Unavailable
            raise lost(f"{self._name}: {_said(error)}") from None
        response.raw = io.BytesIO(body)
        self._refuse(request, response, body)
        response.headers["Content-Type"] = "application/json"  # SDKs believe it, whatever it said
        response.encoding = ENCODING
        return response

    def _refuse(
        self, request: requests.PreparedRequest, response: requests.Response, body: bytes
    ) -> None:
        decoded = _json_object(body)
        path = urlsplit(request.url or "").path
        status = response.status_code
        self._judge(Answer(status=status, headers=response.headers, path=path, body=decoded or {}))
        unanswered = OutcomeUnknown if _writes(request) else Unavailable
        if not 200 <= status < 300:
            raise unanswered(f"{self._name}: answered {status}")
        if decoded is None:
            raise unanswered(f"{self._name}: {_nonsense(response, body)}")


def _writes(request: requests.PreparedRequest) -> bool:
    """Whether a request changes something there, so that its outcome matters if it is lost."""
    return request.method not in ("GET", "HEAD")


def _never_left(error: Exception) -> bool:
    """Whether a request certainly did not reach the other side: there was no connection."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    never = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    return isinstance(error, requests.ConnectionError) and isinstance(reason, never)


def rebased(url: str, base_url: str) -> str:
    """`url` with scheme, host and leading path of `base_url`."""
    asked, base = urlsplit(url), urlsplit(base_url)
    path = base.path.rstrip("/") + asked.path
    return urlunsplit((base.scheme, base.netloc, path, asked.query, ""))


def _read(response: requests.Response, ends: float) -> bytes:
    try:
        return b"".join(_within(response, ends))
    finally:
        response.close()


def _within(response: requests.Response, ends: float) -> Iterator[bytes]:
    """The body as it arrives, so that a dripping server cannot hold the poll for ever."""
    read = 0
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        yield chunk
        read += len(chunk)
        if read > MAX_BYTES:
            raise OSError("answer is too large")
        if time.monotonic() > ends:
            raise TimeoutError


def _said(error: Exception) -> str:
    match error:
        case requests.Timeout() | TimeoutError() | urllib3.exceptions.TimeoutError():
            return "no answer in time"
        case requests.exceptions.SSLError():
            return "the certificate was refused"
        case requests.ConnectionError():
            return "no connection"
        case urllib3.exceptions.HTTPError():
            return "the answer broke off"
        case _:
            return "the request failed"


def _json_object(body: bytes) -> Mapping[str, Any] | None:
    try:
        decoded = json.loads(body.decode(ENCODING, "replace"))
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _nonsense(response: requests.Response, body: bytes) -> str:
    if "html" in response.headers.get("Content-Type", "") or body.lstrip()[:1] == b"<":
        return "answered HTML instead of JSON"
    return "the answer is not JSON or is cut short"
