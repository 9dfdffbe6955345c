"""HTTP under the vendors' SDKs: our base URL, bounded answers, and nothing sent elsewhere."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from collectors.http import MAX_BYTES, Answer, fit, rebased
from collectors.x_api import XApi
from collectors.x_shapes import Vocabulary
from tests.collector_rigs import Hands, x_settings
from tests.servers.x import TOKEN, USER_ID, XServer
from triage.errors import RateLimited, Unavailable


class Odd(BaseHTTPRequestHandler):
    """Answers as no API should."""

    def do_GET(self) -> None:
        match self.path:
            case "/redirect":
                self._say(302, b"{}", Location="/elsewhere")
            case "/array":
                self._say(200, b"[1, 2]")
            case "/huge":
                self._say(200, b'"' + b"x" * (MAX_BYTES + 1) + b'"')
            case "/empty":
                self._say(200, b"")
            case _:
                self._say(200, b'{"path": "%s"}' % self.path.encode())

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def accept(answer: Answer) -> None:
    """Every answer is fine."""


@pytest.mark.parametrize(
    ("url", "base", "wanted"),
    [
        ("https://api.twitter.com/2/x?a=1&b=2", "http://h:1", "http://h:1/2/x?a=1&b=2"),
        ("https://graph.facebook.com/v26.0/me", "https://h/graph/", "https://h/graph/v26.0/me"),
    ],
)
def test_scheme_host_and_leading_path_are_the_base_urls(url: str, base: str, wanted: str) -> None:
    assert rebased(url, base) == wanted


@pytest.mark.parametrize("path", ["redirect", "array", "huge", "empty"])
def test_what_is_no_json_object_is_no_answer(odd: str, path: str) -> None:
    with requests.Session() as session:
        fit(session, "x:w", odd, timeout=2, judge=accept)
        with pytest.raises(Unavailable, match=r"^x:w: "):
            session.get(f"https://api.x.com/{path}")


def test_an_answer_that_drips_is_given_up_after_three_times_the_time_out() -> None:
    with XServer(tokens={TOKEN: USER_ID}) as network:
        network.fail("drip", seconds=60)
        began = time.monotonic()
        hasty = XApi(x_settings(network, timeout_seconds=0.2), Hands(), Vocabulary.TWEET)
        with hasty as api, pytest.raises(Unavailable, match="no answer in time"):
            api.page("mentions", {})
        assert time.monotonic() - began < 15


def test_a_proxy_of_the_environment_is_judged_by_the_base_url(
    odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with requests.Session() as session:
        fit(session, "x:w", odd, timeout=2, judge=accept)
        assert session.get("https://api.x.com/2/fine").json() == {"path": "/2/fine"}


def test_a_reset_far_in_the_future_holds_us_up_for_a_day_at_most() -> None:
    clock = Hands()
    clock.now = datetime(1999, 1, 1, tzinfo=clock.now.tzinfo)  # the vendor's clock is far ahead
    with XServer(tokens={TOKEN: USER_ID}) as network:
        network.fail("429", on="mentions")
        with XApi(x_settings(network), clock, Vocabulary.TWEET) as api:
            with pytest.raises(RateLimited) as raised:
                api.page("mentions", {})
            assert raised.value.retry_at == clock() + timedelta(days=1)
