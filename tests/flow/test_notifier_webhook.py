import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from config.settings import WebhookSink as Settings
from notifier.card import CardContext
from notifier.webhook import WebhookSink
from tests.servers.chat_vendor import HTML, Fault, Vendor, VendorHandler
from tests.servers.desk import NOW, Time, a_card, a_case
from triage.desk import notice
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    RateLimited,
    Unauthorised,
    Unavailable,
)
from triage.model import Officer, Outgoing

SECRET = "invented-shared-secret"
CONTEXT = CardContext(desk="Westbridge Police")


class Gateway(Vendor):
    """Takes what is signed with our secret, and passes every idempotency key on once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_on: dict[str, Any] = {}

    def name_of(self, method: str, path: str) -> str:
        return "page"

    def respond(self, name: str, handler: VendorHandler, body: Any) -> tuple[int, Any]:
        stamp = handler.headers["X-Firstcontact-Timestamp"]
        raw = f"{stamp}.{json.dumps(body)}".encode()
        expected = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if handler.headers["X-Firstcontact-Signature"] != expected:
            return 401, {"error": "signature"}
        self.passed_on.setdefault(handler.headers["Idempotency-Key"], body)
        return 202, {}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        yield server


def sink_on(url: str, secret: str = SECRET) -> WebhookSink:
    values = {"kind": "webhook", "url": f"{url}/page", "secret": secret, "timeout_seconds": 0.5}
    return WebhookSink(Settings.model_validate(values), CONTEXT, Time())


def post(sink: WebhookSink) -> str:
    case = a_case()
    return sink.post(a_card(case, "webhook:control_room"), case, now=NOW)


def test_a_signed_line_without_content_reaches_the_gateway(gateway):
    post(sink_on(gateway.url))

    (body,) = gateway.passed_on.values()
    assert (body["lane"], body["urgency"], body["ref"]) == ("control_room", 1, "FC-26-1123-0041")
    assert body["text"].startswith("P1 Emergency · direct message · FC-26-1123-0041")
    assert "knife" not in json.dumps(body)


def test_the_gateway_learns_whom_a_notice_calls_so_that_it_can_ring_them(gateway):
    body = notice("Reminder", "FC-1 is late", to=[Officer(id="sue", name="Sue Sharp")])
    message = Outgoing(key="n", destination="webhook:control_room", urgency=1, body=body)

    sink_on(gateway.url).post(message, None, now=NOW)

    (sent,) = gateway.passed_on.values()
    assert sent["called"] == [{"id": "sue", "name": "Sue Sharp"}]


def test_a_line_sent_again_is_passed_on_once(gateway):
    sink = sink_on(gateway.url)

    post(sink)
    post(sink)

    assert len(gateway.calls) == 2
    assert len(gateway.passed_on) == 1


def test_a_wrong_secret_is_told_as_such(gateway):
    with pytest.raises(Unauthorised):
        post(sink_on(gateway.url, "another"))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=429, headers={"Retry-After": "9"}), RateLimited),
        (Fault(status=400), BadRequest),
        (Fault(status=404), Gone),
        (Fault(status=503, body=HTML), Unavailable),
        (Fault(status=500, body=HTML), OutcomeUnknown),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:9"}), BadRequest),
        (Fault(disconnect=True), OutcomeUnknown),
        (Fault(sleep=2), OutcomeUnknown),
    ],
)
def test_what_goes_wrong_at_the_gateway_is_told_in_our_words(gateway, fault, expected):
    gateway.fail("page", fault)

    with pytest.raises(FirstContactError) as caught:
        post(sink_on(gateway.url))

    assert type(caught.value) is expected
    if expected is RateLimited:
        assert caught.value.retry_at == NOW + timedelta(seconds=9)


def test_a_gateway_that_is_not_there_has_received_nothing():
    with pytest.raises(Unavailable):
        post(sink_on("http://127.0.0.1:9"))


def test_a_gateway_is_not_paged_again_for_every_change(gateway):
    case = a_case()

    sink_on(gateway.url).edit(a_card(case, "webhook:control_room"), case, now=NOW)

    assert gateway.calls == []
