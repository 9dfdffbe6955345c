"""Items pushed to us: who may, and what is said when they cannot be read."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from collectors.webhook import WebhookCollector, receive, sign
from tests.collector_rigs import NOW, Hands, webhook_settings
from triage.errors import BadInput, FirstContactError, Unauthorised
from triage.model import Harvest
from triage.taxonomy import Kind

SECRET = "invented-shared-secret"
STAMP = str(int(NOW.timestamp()))


def push(body: bytes, *, stamp: str = STAMP, secret: str = SECRET, **settings: object) -> Harvest:
    headers = {
        "X-Firstcontact-Timestamp": stamp,
        "X-Firstcontact-Signature": sign(secret, stamp, body),
    }
    return receive(webhook_settings(**settings), headers, body, NOW)


def test_one_object_an_array_and_json_lines_are_all_taken() -> None:
    one, two = {"text": "one"}, {"text": "two"}
    bodies = [json.dumps([one, two]), f"{json.dumps(one)}\n{json.dumps(two)}\n"]
    for body in bodies:
        harvest = push(body.encode())
        assert [arrival.item.text for arrival in harvest.arrivals] == ["one", "two"]
    (arrival,) = push(json.dumps(one).encode()).arrivals
    assert (arrival.item.channel, arrival.item.account) == ("webhook", "gateway")
    assert (arrival.item.kind, arrival.item.sent_at) == (Kind.DM, NOW)
    assert json.loads(arrival.payload) == one


def test_channel_and_account_of_an_item_come_before_the_collectors() -> None:
    body = json.dumps({"text": "x", "channel": "email", "account": "front desk"}).encode()
    (arrival,) = push(body, channel="webchat").arrivals
    assert (arrival.item.channel, arrival.item.account) == ("email", "front desk")
    (arrival,) = push(b'{"text": "x", "channel": null}', channel="webchat").arrivals
    assert arrival.item.channel == "webchat"


def test_the_same_body_again_gives_the_same_items() -> None:
    body = b'[{"text": "no id"}, {"id": "7", "text": "an id"}]'
    once = [arrival.item.key for arrival in push(body).arrivals]
    assert once == [arrival.item.key for arrival in push(body).arrivals]
    assert once[1] == ("webhook", "gateway", "7")


def test_two_nameless_items_with_the_same_words_are_one_on_the_same_day_only() -> None:
    def key(body: bytes, **later: float) -> tuple[str, str, str]:
        now = NOW + timedelta(**later)
        stamp = str(int(now.timestamp()))
        headers = {
            "X-Firstcontact-Timestamp": stamp,
            "X-Firstcontact-Signature": sign(SECRET, stamp, body),
        }
        (arrival,) = receive(webhook_settings(), headers, body, now).arrivals
        return arrival.item.key

    nameless, numbered = b'{"text": "help"}', b'{"text": "help", "id": "7"}'
    timed = b'{"text": "help", "sent_at": "2026-11-23T09:40:00Z"}'
    assert key(nameless) == key(nameless, hours=1)
    assert key(nameless) != key(nameless, days=1)
    assert key(numbered) == key(numbered, days=1)
    assert key(timed) == key(timed, days=1)


@pytest.mark.parametrize("depth", range(700, 1000, 12))
def test_what_is_nested_beyond_all_measure_is_taken_or_refused(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for field in ("author", "attachments"):
        inner = f'{{"x": {deep}}}' if field == "author" else f'[{{"x": {deep}}}]'
        body = f'{{"id": "7", "text": "help", "{field}": {inner}}}'.encode()
        try:
            (arrival,) = push(body).arrivals
        except BadInput as error:
            said = str(error)
        else:
            said = arrival.item.text
        assert said == "help" or "not valid JSON" in said


def test_a_wrong_signature_is_refused_without_saying_what_was_expected() -> None:
    with pytest.raises(Unauthorised) as raised:
        push(b'{"text": "x"}', secret="another")
    assert sign(SECRET, STAMP, b'{"text": "x"}') not in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_body_that_was_changed_is_refused() -> None:
    headers = {
        "X-Firstcontact-Timestamp": STAMP,
        "X-Firstcontact-Signature": sign(SECRET, STAMP, b'{"text": "x"}'),
    }
    with pytest.raises(Unauthorised, match="signature"):
        receive(webhook_settings(), headers, b'{"text": "y"}', NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_early_timestamp_is_refused(seconds: int) -> None:
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    with pytest.raises(Unauthorised, match="too old or in the future"):
        push(b'{"text": "x"}', stamp=stamp)
    assert push(b'{"text": "x"}', stamp=stamp, max_age_seconds=400).arrivals


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-5", "٣", "9" * 40, "1763890860.5"])
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    with pytest.raises(Unauthorised, match="timestamp"):
        push(b'{"text": "x"}', stamp=stamp)


def test_missing_headers_are_refused() -> None:
    with pytest.raises(Unauthorised, match="x-firstcontact-timestamp"):
        receive(webhook_settings(), {}, b"{}", NOW)
    with pytest.raises(Unauthorised, match="x-firstcontact-signature"):
        receive(webhook_settings(), {"x-firstcontact-timestamp": STAMP}, b"{}", NOW)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'[{"text": "x"}, {"id": "2"}]', "item 1: text: missing"),
        (b'[{"text": "x"}, 7]', "item 1: not a JSON object"),
        (b'{"text": 7}', "item 0: text: must be a string"),
        (b'{"text": "x", "sent_at": "soon"}', "item 0: sent_at: not an ISO 8601 time"),
        (b'{"text": "x", "channel": "pigeon"}', "item 0: channel: unknown channel"),
        (b'{"text": "x", "author": "me"}', "item 0: author: must be an object"),
        (b'{"text": "x"}\nnonsense', "item 1: not valid JSON"),
        (b"\xff\xfe", "item 0: not valid JSON"),
    ],
)
def test_what_cannot_be_read_names_index_and_field(body: bytes, said: str) -> None:
    with pytest.raises(BadInput) as raised:
        push(body)
    assert said in str(raised.value)


def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match="larger than 10 bytes"):
        push(b'{"text": "xxxxxxxxxxxxx"}', max_bytes=10)


def test_a_time_slightly_ahead_counts_as_now() -> None:
    ahead = (NOW + timedelta(seconds=20)).isoformat()
    (arrival,) = push(json.dumps({"text": "x", "sent_at": ahead}).encode()).arrivals
    assert arrival.item.sent_at == NOW


@given(body=some.binary(max_size=200))
def test_whatever_is_pushed_is_taken_or_refused_with_one_line(body: bytes) -> None:
    try:
        said = [arrival.item.channel for arrival in push(body).arrivals]
    except FirstContactError as error:
        said = [str(error)]
    assert all(said)
    assert not any("\n" in line for line in said)


def test_a_short_secret_is_pointed_out() -> None:
    (finding,) = WebhookCollector(webhook_settings(secret="short"), Hands()).check()
    assert finding.level == "warn"


def test_a_channel_that_is_none_is_pointed_out_before_everything_is_refused() -> None:
    (finding,) = WebhookCollector(webhook_settings(channel="pigeon"), Hands()).check()
    assert (finding.level, "unknown channel 'pigeon'" in finding.text) == ("fail", True)
    (finding,) = WebhookCollector(webhook_settings(channel="whatsapp"), Hands()).check()
    assert finding.level == "ok"
