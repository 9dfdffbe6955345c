from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import SlackSink as Settings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.slack import SlackSink
from tests.servers.chat_vendor import HTML, Fault, refused
from tests.servers.desk import NOW, OutboxInMemory, Time, a_card, a_case
from tests.servers.slack import BOT_TOKEN, Slack
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    RateLimited,
    Unauthorised,
    Unavailable,
)
from triage.model import Outgoing, State
from triage.taxonomy import Lane

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


def sink_on(base_url: str, **fields: object) -> SlackSink:
    values: dict[str, object] = {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "base_url": base_url,
        "channels": {Lane.CONTROL_ROOM: "C01", Lane.DESK: "C02", Lane.SAFEGUARDING: "C03"},
        "timeout_seconds": 1,
    }
    return SlackSink(Settings.model_validate(values | fields), CONTEXT, Time())


def said(message: dict) -> str:
    texts = [block.get("text", {}).get("text", "") for block in message["blocks"]]
    return "\n".join([*texts, message["text"]])


def test_a_card_is_posted_with_its_key_and_without_unfurling(slack):
    card = a_card(a_case())

    external = sink_on(slack.base_url).post(card, a_case(), now=NOW)

    (sent,) = slack.named("chat.postMessage")
    assert sent["metadata"] == {
        "event_type": "firstcontact_card",
        "event_payload": {"key": card.key},
    }
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)
    assert sent["text"].startswith("P1 Emergency · direct message · FC-26-1123-0041")
    assert external == f"C02/{slack.messages['C02'][0]['ts']}"


def test_a_card_is_edited_in_place(slack):
    sink = sink_on(slack.base_url)
    card = a_card(a_case())
    external = sink.post(card, a_case(), now=NOW)
    claimed = a_case(state=State.CLAIMED, claimed_by="o7", claimed_at=NOW, version=2)

    sink.edit(replace(card, external_id=external), claimed, now=NOW)

    (message,) = slack.messages["C02"]
    assert "Claimed by Officer Khan at 09:42" in message["text"]


def test_privacy_is_that_of_the_lanes_a_channel_serves(slack):
    sink = sink_on(slack.base_url, privacy={Lane.CONTROL_ROOM: 2, Lane.DESK: 0})
    case = a_case()

    sink.post(a_card(case, "slack:C01"), case, now=NOW)
    sink.post(a_card(case, "slack:C02"), case, now=NOW)

    assert "knife" in said(slack.messages["C01"][0])
    assert "knife" not in said(slack.messages["C02"][0])
    assert "knife" not in slack.messages["C01"][0]["text"]


@pytest.mark.parametrize(
    "text", ["a" * 5000, "<!channel>" * 600, "👮" * 4000, "<https://example.org|x>" * 300]
)
def test_an_abusive_text_of_any_length_does_not_block_its_own_alert(slack, text):
    sink = sink_on(slack.base_url, privacy={Lane.DESK: 2})
    case = a_case(text)

    sink.post(a_card(case), case, now=NOW)

    (sent,) = slack.named("chat.postMessage")
    assert "<" not in said(sent)


def test_a_layout_slack_refuses_is_posted_again_as_one_plain_line(slack):
    slack.fail("chat.postMessage", refused("invalid_blocks"))

    sink_on(slack.base_url).post(a_card(a_case()), a_case(), now=NOW)

    (message,) = slack.messages["C02"]
    assert message["text"].startswith("P1 Emergency · direct message · FC-26-1123-0041")
    assert message["text"].endswith("/items/FC-26-1123-0041")
    assert message["blocks"] == []


def test_a_notice_links_to_its_case(slack):
    notice = Outgoing(
        key="notice:1",
        destination="slack:C02",
        urgency=1,
        case_ref="FC-26-1123-0041",
        body="FC-26-1123-0041 P1 Emergency: unclaimed, sent 2 min ago",
    )

    sink_on(slack.base_url).post(notice, a_case(), now=NOW)

    (message,) = slack.messages["C02"]
    assert "unclaimed, sent 2 min ago" in said(message)
    assert message["blocks"][0]["accessory"]["url"].endswith("/items/FC-26-1123-0041")


@pytest.mark.parametrize("keep_metadata", [True, False], ids=["metadata", "blocks alone"])
def test_an_earlier_post_is_found_by_its_key(slack, keep_metadata):
    slack.keep_metadata = keep_metadata
    sink = sink_on(slack.base_url)
    card = a_card(a_case())
    external = sink.post(card, a_case(), now=NOW)
    for _ in range(250):
        slack.messages["C02"].append({"ts": "1763899999.1", "text": "talk", "blocks": []})

    assert sink.find(card) == external
    assert sink.find(replace(card, key="card:other")) == ""


def test_an_attempt_in_doubt_is_looked_for_around_its_moment_however_much_came_since(slack):
    sink, now = sink_on(slack.base_url), NOW
    slack.clock = Time()
    card = a_card(a_case())
    external = sink.post(card, a_case(), now=now)
    after = now.timestamp() + 600
    for number in range(5000):
        message = {"ts": f"{after + number:.6f}", "text": "talk", "blocks": []}
        slack.messages["C02"].append(message)

    assert sink.find(replace(card, tried_at=now, attempts=1, unsure=True)) == external
    assert len(slack.named("conversations.history")) == 1


def test_after_several_attempts_in_doubt_the_search_has_no_end(slack):
    sink, now = sink_on(slack.base_url), datetime.now(UTC)
    card = a_card(a_case())
    external = sink.post(card, a_case(), now=now)
    first = now - timedelta(minutes=20)

    assert sink.find(replace(card, tried_at=first, attempts=3, unsure=True)) == external


def test_without_a_known_attempt_the_search_goes_back_to_when_the_card_was_owed(slack):
    sink_on(slack.base_url).find(a_card(a_case()))

    (asked,) = slack.named("conversations.history")
    assert f"oldest={(NOW - timedelta(minutes=1)).timestamp():.0f}." in asked
    assert "latest" not in asked
    assert "include_all_metadata=1" in asked or "include_all_metadata=True" in asked


FAULTS = {
    "429 with Retry-After": (Fault(status=429, headers={"Retry-After": "30"}), RateLimited),
    "429 without Retry-After": (Fault(status=429), RateLimited),
    "429 with nonsense": (Fault(status=429, headers={"Retry-After": "soon"}), RateLimited),
    "ratelimited in a 200": (refused("ratelimited"), RateLimited),
    "invalid_auth": (refused("invalid_auth"), Unauthorised),
    "token_revoked": (refused("token_revoked"), Unauthorised),
    "missing_scope": (refused("missing_scope"), Unauthorised),
    "channel_not_found": (refused("channel_not_found"), Gone),
    "is_archived": (refused("is_archived"), Gone),
    "not_in_channel": (refused("not_in_channel"), Gone),
    "invalid_metadata": (refused("invalid_metadata_format"), BadRequest),
    "fatal_error": (refused("fatal_error"), OutcomeUnknown),
    "503": (Fault(status=503, body=HTML), Unavailable),
    "502 with HTML": (Fault(status=502, body=HTML), OutcomeUnknown),
    "200 with HTML": (Fault(body=HTML), OutcomeUnknown),
    "200 with a list": (Fault(body=b"[1]"), OutcomeUnknown),
    "200 with null": (Fault(body=b"null"), OutcomeUnknown),
    "200 not UTF-8": (Fault(body=b"\xff\xfe\x00"), OutcomeUnknown),
    "disconnect": (Fault(disconnect=True), OutcomeUnknown),
    "cut in mid-body": (Fault(body=b'{"ok": tr', cut=True), OutcomeUnknown),
    "timeout": (Fault(sleep=3), OutcomeUnknown),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_goes_wrong_at_slack_is_told_in_our_words(slack, name):
    fault, expected = FAULTS[name]
    slack.fail("chat.postMessage", fault, fault)

    with pytest.raises(FirstContactError) as caught:
        sink_on(slack.base_url).post(a_card(a_case()), a_case(), now=NOW)

    assert type(caught.value) is expected
    assert BOT_TOKEN not in str(caught.value)


def test_retry_after_says_when(slack):
    slack.fail("chat.postMessage", Fault(status=429, headers={"Retry-After": "30"}))

    with pytest.raises(RateLimited) as caught:
        sink_on(slack.base_url).post(a_card(a_case()), a_case(), now=NOW)

    assert caught.value.retry_at == NOW + timedelta(seconds=30)


def test_a_slack_that_is_not_there_has_received_nothing():
    with Slack() as server:
        address = server.base_url

    with pytest.raises(Unavailable):
        sink_on(address).post(a_card(a_case()), a_case(), now=NOW)


def test_the_sdk_never_repeats_a_post_by_itself(slack):
    slack.fail("chat.postMessage", Fault(disconnect=True))

    with pytest.raises(OutcomeUnknown):
        sink_on(slack.base_url).post(a_card(a_case()), a_case(), now=NOW)

    assert len(slack.named("chat.postMessage")) == 1


def test_editing_a_card_that_somebody_removed_is_told_as_gone(slack):
    card = replace(a_card(a_case()), external_id="C02/1.1")

    with pytest.raises(Gone):
        sink_on(slack.base_url).edit(card, a_case(), now=NOW)


@pytest.mark.parametrize("hours", [-3, -0.2, 0.2, 3])
def test_a_card_is_found_however_wrong_our_clock_is(slack, hours):
    slack.clock = Time(NOW + timedelta(hours=hours))
    slack.fail("chat.postMessage", Fault(accept=True, disconnect=True))
    card = replace(a_card(a_case()), tried_at=NOW, attempts=1, unsure=True)
    sink = sink_on(slack.base_url)
    with pytest.raises(OutcomeUnknown):
        sink.post(card, a_case(), now=NOW)

    (message,) = slack.messages["C02"]
    assert sink.find(card) == f"C02/{message['ts']}"
    assert sink.ahead == timedelta(hours=hours)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(accept=True, disconnect=True),
        Fault(accept=True, sleep=3),
        Fault(accept=True, status=502, body=HTML),
        Fault(accept=True, body=b'{"ok": tr', cut=True),
    ],
    ids=["disconnect", "timeout", "bad gateway", "cut in mid-body"],
)
def test_a_post_slack_took_before_it_failed_ends_as_one_card(slack, fault):
    time, outbox = Time(), OutboxInMemory()
    sink = sink_on(slack.base_url)
    case = a_case()
    card = a_card(case)
    outbox.add(case, card)
    deliverer = Deliverer(outbox, outbox, {"slack": sink}, time, {"slack": 100})
    slack.fail("chat.postMessage", fault)

    assert not deliverer.deliver(card.key)
    time.pass_(20)
    assert deliverer.deliver(card.key)

    (message,) = slack.messages["C02"]
    assert outbox.rows[card.key].external_id == f"C02/{message['ts']}"


def test_what_is_for_one_officer_goes_to_their_conversation_with_the_app_and_is_found_there(slack):
    sink = sink_on(slack.base_url)
    word = Outgoing(
        key="notice:FC-26-1123-0041:follow:3:slack:U01",
        destination="slack:U01",
        urgency=1,
        case_ref="FC-26-1123-0041",
        body='{"title": "You follow this", "text": "FC-26-1123-0041: P1 Emergency now"}',
        created_at=NOW,
    )

    external = sink.post(word, None, now=NOW)
    sink.post(replace(word, key="notice:2"), None, now=NOW)

    assert external.startswith("D01/")
    assert len(slack.messages["D01"]) == 2
    assert sink_on(slack.base_url).find(word) == external
    assert len(slack.named("conversations.open")) == 2
