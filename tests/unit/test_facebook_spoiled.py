"""Facebook on a bad day: whatever stands in a payload, only our own errors, neighbours arrive."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from collectors.facebook import FacebookCollector
from tests.collector_rigs import Hands, Shelf, facebook_settings
from tests.servers.facebook import PAGE_ID
from tests.spoiled import JUNK, Canned, spoiled

STAMP = "2026-11-23T09:40:00+0000"
FROM = {"id": "5005", "name": "K8 Loom"}
PAGING = {"cursors": {"before": "QVFIUb", "after": "QVFIUa"}}
POST: dict[str, Any] = {
    "id": "2002_1",
    "created_time": STAMP,
    "updated_time": STAMP,
    "message": "Roadworks today",
    "from": {"id": PAGE_ID, "name": "Westbridge Police"},
    "comments": {"data": [], "summary": {"order": "chronological", "total_count": 3}},
}
COMMENT: dict[str, Any] = {
    "id": "1_11",
    "created_time": STAMP,
    "from": FROM,
    "message": "he is behind my house 🆘",
    "parent": {"id": "1_10"},
    "permalink_url": "https://www.facebook.com/2002/posts/1?comment_id=11",
    "attachment": {
        "type": "photo",
        "url": "https://example.org/photo",
        "media": {"image": {"height": 720, "src": "https://example.org/1.jpg", "width": 540}},
        "target": {"id": "3003", "url": "https://example.org/photo"},
    },
}
CONVERSATION: dict[str, Any] = {"id": "t_1", "updated_time": STAMP}
MESSAGE: dict[str, Any] = {
    "id": "m_11",
    "created_time": STAMP,
    "from": {**FROM, "email": "5005@facebook.com"},
    "message": "is anybody there",
    "attachments": {
        "data": [
            {
                "id": "1",
                "mime_type": "image/jpeg",
                "name": "image",
                "image_data": {"width": 1, "height": 1, "url": "https://example.org/1.jpg"},
            },
            {"id": "2", "mime_type": "audio/mp4", "file_url": "https://example.org/2.mp4"},
            {"id": "3", "video_data": {"url": "https://example.org/3.mp4"}},
        ],
        "paging": PAGING,
    },
    "sticker": "https://example.org/sticker.png",
    "shares": {"data": [{"link": "https://example.org/share", "name": "News"}]},
}
ERROR: dict[str, Any] = {
    "error": {
        "message": "(#10) This endpoint requires the 'pages_messaging' permission",
        "type": "OAuthException",
        "code": 10,
        "error_subcode": 33,
        "is_transient": False,
        "fbtrace_id": "A1",
    }
}
MANY = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def page(*entries: Any) -> dict[str, Any]:
    return {"data": list(entries), "paging": PAGING}


def beside(entry: dict[str, Any], number: str) -> dict[str, Any]:
    """A neighbour: nothing is wrong with it."""
    return {**entry, "id": number, "message": "neighbour"}


def around(entry: Any, like: dict[str, Any]) -> dict[str, Any]:
    return page(beside(like, "1_9"), entry, beside(like, "1_8"))


@pytest.fixture(scope="module")
def network() -> Iterator[Canned]:
    with Canned() as server:
        server.bodies["me"] = {"id": PAGE_ID}
        yield server


def polled(network: Canned, shelf: Shelf, clock: Hands) -> Shelf:
    return shelf.fill(FacebookCollector(facebook_settings(network), clock))


def texts(shelf: Shelf) -> list[str]:
    return [arrival.item.text for arrival in shelf.arrivals]


def complaint(network: Canned, shelf: Shelf) -> str:
    return shelf.complaint(FacebookCollector(facebook_settings(network), Hands()))


@MANY
@given(entry=spoiled(COMMENT))
def test_a_comment_of_any_shape_lets_its_neighbours_through(network: Canned, entry: Any) -> None:
    network.bodies |= {"feed": page(POST), "comments": around(entry, COMMENT), "conversations": {}}
    shelf = polled(network, Shelf(), Hands())
    assert texts(shelf).count("neighbour") == 2
    assert all(reason and kept for reason, kept in shelf.rejected)


@MANY
@given(entry=spoiled(MESSAGE))
def test_a_message_of_any_shape_lets_its_neighbours_through(network: Canned, entry: Any) -> None:
    network.bodies |= {"feed": {}, "conversations": page(CONVERSATION)}
    network.bodies["messages"] = around(entry, MESSAGE)
    shelf = polled(network, Shelf(), Hands())
    assert texts(shelf).count("neighbour") == 2
    assert all(reason and kept for reason, kept in shelf.rejected)


@MANY
@given(entry=spoiled(MESSAGE, times=1))
def test_a_message_that_is_not_shown_is_kept_with_its_bytes(network: Canned, entry: Any) -> None:
    network.bodies |= {"feed": {}, "conversations": page(CONVERSATION)}
    network.bodies["messages"] = around(entry, MESSAGE)
    shelf = polled(network, Shelf(), Hands())
    assert len(shelf.arrivals) + len(shelf.rejected) == 3


@MANY
@given(entry=JUNK.filter(lambda junk: not isinstance(junk, dict)))
def test_what_is_no_entry_at_all_is_kept_with_its_bytes(network: Canned, entry: Any) -> None:
    odd = "no entry" if repr(entry).startswith("<object") else entry
    network.bodies |= {"feed": {}, "conversations": page(CONVERSATION)}
    network.bodies["messages"] = around(odd, MESSAGE)
    shelf = polled(network, Shelf(), Hands())
    assert texts(shelf) == ["neighbour", "neighbour"]
    assert [reason for reason, _ in shelf.rejected] == ["facebook:2002: messages: not an object"]


@MANY
@given(entry=spoiled(CONVERSATION), post=spoiled(POST))
def test_posts_and_conversations_of_any_shape_stop_no_others(
    network: Canned, entry: Any, post: Any
) -> None:
    network.bodies |= {
        "feed": page(post, {**POST, "id": "2002_7"}),
        "conversations": page(entry, {**CONVERSATION, "id": "t_7"}),
        "comments": page(COMMENT),
        "messages": page(MESSAGE),
    }
    shelf = polled(network, Shelf(), Hands())
    assert {"he is behind my house 🆘", "is anybody there"} <= set(texts(shelf))


@MANY
@given(body=spoiled(page(MESSAGE)), other=spoiled(page(POST)))
def test_a_page_of_any_shape_is_read_or_refused_in_our_words(
    network: Canned, body: Any, other: Any
) -> None:
    network.bodies |= {"feed": other, "comments": page(COMMENT)}
    network.bodies |= {"conversations": page(CONVERSATION), "messages": body}
    assert "\n" not in complaint(network, Shelf())


@MANY
@given(body=spoiled(ERROR), status=some.sampled_from([200, 400, 403, 500]))
def test_a_refusal_of_any_shape_is_an_error_of_ours(
    network: Canned, body: Any, status: int
) -> None:
    network.bodies |= {"feed": body, "conversations": {}}
    for edge in ("feed", "published_posts", "posts"):
        network.statuses[edge] = status
        network.bodies[edge] = body
    try:
        assert "\n" not in complaint(network, Shelf())
    finally:
        network.statuses.clear()


USAGE = [
    "",
    "{",
    "7",
    "[" * 20_000,
    '{"call_count": NaN, "total_time": Infinity, "total_cputime": -Infinity}',
    '{"call_count": "many", "total_time": null, "total_cputime": [1]}',
    '{"call_count": 1e300, "estimated_time_to_regain_access": 1e300}',
    '{"2002": [{"call_count": true, "estimated_time_to_regain_access": "soon"}, 7, null]}',
]


@pytest.mark.parametrize("value", USAGE)
def test_usage_headers_of_any_shape_stop_nothing(network: Canned, value: str) -> None:
    network.bodies |= {"feed": {}, "conversations": page(CONVERSATION), "messages": page(MESSAGE)}
    names = ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage")
    network.headers = dict.fromkeys(names, value)
    try:
        assert texts(polled(network, Shelf(), Hands())) == ["is anybody there"]
    finally:
        network.headers = {}
