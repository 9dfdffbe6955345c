"""What every collector promises (`triage.ports.Collector`), each against its own counterpart."""

import hmac
import logging
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from collectors import build
from tests.collector_rigs import (
    Hands,
    Rig,
    facebook_rig,
    facebook_settings,
    replay_rig,
    webhook_settings,
    x_rig,
    x_settings,
)
from tests.servers import facebook, x
from tests.servers.facebook import FacebookServer
from tests.servers.x import XServer
from triage.errors import FirstContactError, RateLimited, Unauthorised, Unavailable
from triage.model import Change
from triage.taxonomy import Kind

TEXTS = [f"text {number}" for number in range(8)]
NETWORKS = ["x mentions", "x messages", "facebook comments", "facebook messages"]
EVERYONE = [*NETWORKS, "replay"]


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        network, _, source = request.param.partition(" ")
        if network == "replay":
            yield replay_rig(tmp_path)
        elif network == "x":
            yield x_rig("dms" if source == "messages" else source, stack)
        else:
            yield facebook_rig(source, stack)


everyone = pytest.mark.parametrize("rig", EVERYONE, indirect=True)
networks = pytest.mark.parametrize("rig", NETWORKS, indirect=True)


@everyone
def test_a_first_poll_brings_everything_there_is(rig: Rig) -> None:
    rig.feed(TEXTS)
    arrivals = rig.poll()
    assert rig.texts == TEXTS
    assert len(arrivals) == len(TEXTS)
    assert {arrival.change for arrival in arrivals} == {Change.NEW}
    assert {arrival.item.author.account_id for arrival in arrivals} == {"5005"}
    assert all(arrival.item.sent_at.tzinfo is UTC for arrival in arrivals)
    assert all(arrival.item.text.encode() in arrival.payload for arrival in arrivals)
    private = {arrival.item.kind is Kind.DM for arrival in arrivals}
    assert private == {"messages" in rig.name or rig.name == "replay"}


@everyone
def test_a_second_poll_yields_nothing_new(rig: Rig) -> None:
    rig.feed(TEXTS)
    rig.poll()
    assert rig.poll() == []
    rig.clock.move(hours=1)
    assert rig.poll() == []


@everyone
def test_nothing_at_all_is_no_failure(rig: Rig) -> None:
    assert rig.poll() == []
    rig.feed(["the first"])
    assert [arrival.item.text for arrival in rig.poll()] == ["the first"]


@everyone
def test_what_comes_later_arrives_once(rig: Rig) -> None:
    rig.feed(TEXTS[:5])
    rig.poll()
    rig.feed(TEXTS[5:])
    assert sorted(arrival.item.text for arrival in rig.poll()) == TEXTS[5:]


@everyone
@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_kill_between_pages_loses_nothing(rig: Rig, pages: int) -> None:
    rig.feed(TEXTS)
    rig.poll(pages=pages)
    rig.feed(["while we were dead"])
    rig.poll()
    rig.poll()
    assert rig.texts == sorted([*TEXTS, "while we were dead"])


@everyone
def test_a_kill_before_the_page_is_stored_repeats_that_page_only(rig: Rig) -> None:
    rig.feed(TEXTS)
    harvests = rig.make().collect("")
    first = next(harvests)
    rig.shelf.keep(first)
    next(harvests, None)  # read, but the process dies before it is stored
    harvests.close()  # type: ignore[attr-defined]
    arrivals = rig.poll()
    assert rig.texts == TEXTS
    assert len(arrivals) == len(TEXTS) - len(first.arrivals)


@everyone
def test_a_cursor_that_cannot_be_read_begins_anew(rig: Rig) -> None:
    rig.feed(TEXTS)
    for nonsense in ("not json", "[1]", '{"walks": 7, "offset": "x", "comments": 5}'):
        rig.shelf.cursor = nonsense
        rig.poll()
        assert rig.texts == TEXTS


@networks
def test_own_replies_are_not_taken_for_contact(rig: Rig) -> None:
    rig.feed(TEXTS[:2])
    rig.feed_own("Thank you, an officer will call you")
    rig.feed(TEXTS[2:])
    rig.poll()
    assert rig.texts == TEXTS
    assert rig.poll() == []


@networks
def test_only_get_requests_are_made_and_only_for_the_own_account(rig: Rig) -> None:
    rig.feed(TEXTS)
    rig.poll()
    rig.clock.move(minutes=30)
    rig.poll()
    asked = rig.network.asked()
    assert {entry["method"] for entry in asked} == {"GET"}
    allowed = (
        {"me", "mentions", "dms", "lookup"}
        if rig.name.startswith("x")
        else {"me", "posts", "comments", "conversations", "messages", "object"}
    )
    assert {entry["name"] for entry in asked} <= allowed
    for entry in asked:
        owners = {"mentions": "/users/1001/", "posts": "/2002/", "conversations": "/2002/"}
        assert owners.get(entry["name"], "") in entry["path"]


FAULTS = [
    ("500", Unavailable),
    ("503", Unavailable),
    ("html", Unavailable),
    ("timeout", Unavailable),
    ("drip", Unavailable),
    ("cut", Unavailable),
    ("refuse_connection", Unavailable),
    ("endless", Unavailable),
    ("dead", Unauthorised),
    ("scope", Unauthorised),
]


@networks
@pytest.mark.parametrize(("kind", "error"), FAULTS)
def test_a_fault_becomes_our_error_and_costs_nothing(
    rig: Rig, kind: str, error: type[FirstContactError]
) -> None:
    rig.feed(TEXTS)
    rig.network.fail(kind, on=rig.route, times=-1)
    rig.patience = 0.3 if kind in ("timeout", "drip") else rig.patience
    with pytest.raises(error) as raised:
        rig.poll()
    assert str(raised.value).startswith(("x:westbridgepolice", "facebook:2002"))
    assert "\n" not in str(raised.value)
    rig.network.heal()
    rig.patience = 10
    rig.poll()
    assert rig.texts == TEXTS


@networks
@pytest.mark.parametrize("kind", ["500", "html", "cut"])
def test_a_fault_in_the_middle_leaves_what_was_yielded(rig: Rig, kind: str) -> None:
    rig.feed(TEXTS)
    rig.network.fail(kind, on=rig.route, after=1)
    with pytest.raises(Unavailable):
        rig.poll()
    assert len(rig.shelf.arrivals) == 3
    arrivals = rig.poll()
    assert rig.texts == TEXTS
    assert len(arrivals) == len(TEXTS) - 3


@networks
@pytest.mark.parametrize("kind", ["shuffle", "twice"])
def test_pages_out_of_order_or_repeated_bring_everything_once(rig: Rig, kind: str) -> None:
    rig.feed(TEXTS)
    rig.network.fail(kind, on=rig.route, times=-1)
    arrivals = rig.poll()
    assert sorted(arrival.item.text for arrival in arrivals) == TEXTS


@networks
def test_an_entry_that_cannot_be_read_is_rejected_and_the_rest_arrives(rig: Rig) -> None:
    rig.feed(TEXTS)
    rig.network.fail("broken", on=rig.route)
    rig.poll()
    assert rig.texts == TEXTS
    (reason, entry), *_ = rig.shelf.rejected
    assert reason.startswith(("x:westbridgepolice: ", "facebook:2002: "))
    assert b'"text":7' in entry or b'"message":7' in entry


@networks
def test_an_entry_that_cannot_be_read_is_told_once_however_often_it_is_shown(rig: Rig) -> None:
    rig.network.fail("broken", on=rig.route, times=-1)
    for number in range(4):
        rig.feed([f"text {number}"])
        rig.poll()
        rig.clock.move(minutes=11)
    assert len(rig.shelf.rejected) == 1
    assert len(rig.texts) == 4


@networks
def test_a_platform_time_in_the_future_counts_as_now(rig: Rig) -> None:
    rig.feed(["early"])
    rig.clock.move(hours=-1)
    (arrival,) = rig.poll()
    assert arrival.item.sent_at == rig.clock()


@networks
def test_a_limit_is_respected_until_it_ends(rig: Rig) -> None:
    rig.feed(TEXTS)
    limit = "429_bare" if rig.name.startswith("x") else "limit"
    rig.network.fail(limit, on=rig.route, times=-1)
    with pytest.raises(RateLimited) as raised:
        rig.poll()
    until = raised.value.retry_at
    assert until is not None
    assert until > rig.clock()
    asked = len(rig.network.asked(rig.route))
    with pytest.raises(RateLimited):
        rig.poll()  # whoever asks too early is not let through: it would extend the block
    assert len(rig.network.asked(rig.route)) == asked
    rig.network.heal()
    rig.clock.now = until + timedelta(seconds=1)
    rig.poll()
    assert rig.texts == TEXTS


@networks
@pytest.mark.parametrize("kind", ["500", "html", "refuse_connection", "timeout", "dead"])
def test_tokens_are_neither_logged_nor_in_errors(
    rig: Rig, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "tweepy.client", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name)
    rig.feed(["a very private matter"])
    rig.poll()
    rig.network.fail(kind, times=-1)
    rig.patience = 0.3
    with pytest.raises(FirstContactError) as raised:
        rig.poll()
    said = caplog.text + "".join(traceback.format_exception(raised.value))
    proof = hmac.new(facebook.SECRET.encode(), facebook.TOKEN.encode(), "sha256").hexdigest()
    for secret in (x.TOKEN, facebook.TOKEN, facebook.SECRET, proof, "private matter"):
        assert secret not in said


def test_a_token_of_another_account_is_refused_before_anything_is_read() -> None:
    with XServer(tokens={x.TOKEN: "666"}) as network:
        collector = build(x_settings(network), Hands())
        with pytest.raises(Unauthorised, match="only the own account"):
            list(collector.collect(""))
        assert {entry["name"] for entry in network.asked()} == {"me"}
    with FacebookServer() as network:
        collector = build(facebook_settings(network, page_id="666"), Hands())
        with pytest.raises(Unauthorised, match="only the own page"):
            list(collector.collect(""))
        assert {entry["name"] for entry in network.asked()} == {"me"}


def test_a_webhook_has_nothing_to_poll() -> None:
    collector = build(webhook_settings(), Hands())
    assert collector.name == "webhook:gateway"
    assert list(collector.collect("")) == []
