"""X on a bad day: whatever stands in a payload, only our own errors, and neighbours arrive."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from collectors.x import XCollector
from tests.collector_rigs import Hands, Shelf, x_settings
from tests.servers.x import USER_ID
from tests.spoiled import Canned, spoiled
from triage.errors import FirstContactError

POST: dict[str, Any] = {
    "id": "1992530880000000002",
    "text": "@westbridgepolice he has been following me &amp; is at my door… https://t.co/aB1",
    "note_tweet": {"text": "@westbridgepolice he has been following me &amp; is at my door now 🆘"},
    "author_id": "5005",
    "conversation_id": "1992530880000000001",
    "created_at": "2026-11-23T09:40:00.000Z",
    "lang": "en",
    "edit_history_tweet_ids": ["1992530880000000002"],
    "edit_history_post_ids": ["1992530880000000002"],
    "in_reply_to_user_id": "1001",
    "referenced_tweets": [
        {"type": "replied_to", "id": "1992530880000000001"},
        {"type": "quoted", "id": "1992530880000000000"},
    ],
    "attachments": {"media_keys": ["3_1992530880000000009"]},
}
MESSAGE: dict[str, Any] = {
    "id": "1992530880000000012",
    "event_type": "MessageCreate",
    "text": "is anybody there &lt;3",
    "sender_id": "5005",
    "dm_conversation_id": "5005-1001",
    "created_at": "2026-11-23T09:40:00.000Z",
    "attachments": {"media_keys": ["3_1992530880000000009"]},
}
INCLUDES: dict[str, Any] = {
    "users": [{"id": "5005", "username": "k8_loom", "name": "K8 Loom", "description": "Weirside"}],
    "media": [
        {"media_key": "3_1992530880000000009", "type": "photo", "url": "https://example.org/1"}
    ],
}
BESIDE = [
    {
        "title": "Not Found Error",
        "detail": "Could not find tweet with referenced_tweets.id: [77].",
        "type": "https://api.x.com/2/problems/resource-not-found",
        "resource_id": "77",
        "value": "77",
        "parameter": "referenced_tweets.id",
    }
]
REFUSED = {
    "errors": [{"parameters": {"since_id": ["7"]}, "message": "since_id is not valid"}],
    "title": "Invalid Request",
    "detail": "One or more parameters to your request was invalid.",
    "type": "https://api.x.com/2/problems/invalid-request",
}
MANY = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def beside(entry: dict[str, Any], number: str) -> dict[str, Any]:
    """A neighbour: nothing is wrong with it."""
    return {**entry, "id": number, "text": "neighbour", "edit_history_tweet_ids": [number]} | {
        key: value
        for key, value in (("note_tweet", None), ("edit_history_post_ids", [number]))
        if key in entry
    }


def page(*entries: Any) -> dict[str, Any]:
    return {"data": list(entries), "includes": INCLUDES, "meta": {"result_count": len(entries)}}


def mentions(entry: Any) -> dict[str, Any]:
    first, last = beside(POST, "1992530880000000001"), beside(POST, "1992530880000000003")
    return page(first, entry, last)


def messages(entry: Any) -> dict[str, Any]:
    first, last = beside(MESSAGE, "1992530880000000011"), beside(MESSAGE, "1992530880000000013")
    return page(first, entry, last)


@pytest.fixture(scope="module")
def network() -> Iterator[Canned]:
    with Canned() as server:
        server.bodies["me"] = {"data": {"id": USER_ID}}
        yield server


def polled(network: Canned, shelf: Shelf, clock: Hands) -> Shelf:
    return shelf.fill(XCollector(x_settings(network), clock))


def complaint(network: Canned, shelf: Shelf) -> str:
    return shelf.complaint(XCollector(x_settings(network), Hands()))


@MANY
@given(entry=spoiled(POST))
def test_a_mention_of_any_shape_lets_its_neighbours_through(network: Canned, entry: Any) -> None:
    network.bodies |= {"mentions": mentions(entry), "dm_events": {}}
    shelf = polled(network, Shelf(), Hands())
    assert [arrival.item.text for arrival in shelf.arrivals].count("neighbour") == 2
    assert all(reason and kept for reason, kept in shelf.rejected)


@MANY
@given(entry=spoiled(MESSAGE))
def test_a_message_of_any_shape_lets_its_neighbours_through(network: Canned, entry: Any) -> None:
    network.bodies |= {"mentions": {}, "dm_events": messages(entry)}
    shelf = polled(network, Shelf(), Hands())
    assert [arrival.item.text for arrival in shelf.arrivals].count("neighbour") == 2
    assert all(reason and kept for reason, kept in shelf.rejected)


@MANY
@given(entry=spoiled(MESSAGE, times=1))
def test_a_message_that_is_not_shown_is_kept_with_its_bytes(network: Canned, entry: Any) -> None:
    network.bodies |= {"mentions": {}, "dm_events": messages(entry)}
    shelf = polled(network, Shelf(), Hands())
    left_out = (
        entry.get("sender_id") == USER_ID
        or entry.get("id") in ("1992530880000000011", "1992530880000000013")
        or str(entry.get("event_type")).startswith("Participants")
    )
    assert left_out or len(shelf.arrivals) + len(shelf.rejected) == 3


@MANY
@given(body=spoiled({**mentions(POST), "errors": BESIDE}))
def test_a_page_of_any_shape_is_read_or_refused_in_our_words(network: Canned, body: Any) -> None:
    network.bodies |= {"mentions": body, "dm_events": messages(MESSAGE)}
    shelf = Shelf()
    assert "\n" not in complaint(network, shelf)
    assert any(arrival.item.channel == "x_dm" for arrival in shelf.arrivals)


@MANY
@given(body=spoiled({"data": [POST], "includes": INCLUDES, "errors": BESIDE}))
def test_a_look_up_of_any_shape_never_fails_a_poll(network: Canned, body: Any) -> None:
    network.bodies |= {"mentions": page(POST), "dm_events": {}, "tweets": body}
    shelf, clock = Shelf(), Hands()
    polled(network, shelf, clock)
    network.bodies["mentions"] = {}
    clock.move(minutes=11)
    polled(network, shelf, clock)
    assert network.asked("tweets")


@MANY
@given(body=spoiled(REFUSED))
def test_a_refusal_of_any_shape_is_an_error_of_ours(network: Canned, body: Any) -> None:
    network.bodies |= {"mentions": body, "dm_events": {}}
    network.statuses["mentions"] = 400
    try:
        with pytest.raises(FirstContactError) as raised:
            polled(network, Shelf(), Hands())
        assert "\n" not in str(raised.value)
    finally:
        network.statuses.clear()


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "9" * 5000, "²", "1e9"])
def test_limit_headers_of_any_shape_stop_nothing(network: Canned, value: str) -> None:
    network.bodies |= {"mentions": page(POST), "dm_events": {}}
    names = ("x-rate-limit-remaining", "x-rate-limit-limit", "x-rate-limit-reset", "retry-after")
    network.headers = dict.fromkeys(names, value)
    try:
        assert len(polled(network, Shelf(), Hands()).arrivals) == 1
    finally:
        network.headers = {}
