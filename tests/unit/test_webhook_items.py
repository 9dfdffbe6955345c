"""Items of every channel, as a gateway pushes them or a file replays them: the contract of both."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from collectors import build
from collectors.webhook import receive, sign
from config.settings import ReplayCollector
from tests.collector_rigs import NOW, Hands, Shelf, webhook_settings
from tests.spoiled import JUNK, spoiled
from triage.errors import BadInput
from triage.items import CHANNELS, STAFF, item_json
from triage.model import Item
from triage.taxonomy import Kind

PUBLIC = sorted(set(CHANNELS) - {STAFF})

ITEM: dict[str, Any] = {
    "id": "9223372036854775809",
    "channel": "whatsapp",
    "account": "447700900123",
    "sent_at": "2026-11-23T09:40:00.250+00:00",
    "author": {
        "account_id": "447700900456",
        "handle": "k8_loom",
        "display_name": "K8 Loom 🧵",
        "profile": "Weirside",
    },
    "thread_id": "t_1",
    "reply_to": "m_1",
    "text": "he is at the door 🆘",
    "lang": "en",
    "attachments": [{"kind": "audio", "url": "https://example.org/1.ogg"}],
    "kind": "dm",
    "form": {"field": ["kept", 1, None, {"deep": True}]},
}
PRIVATE = {"x_dm", "fb_message", "ig_dm", "whatsapp", "webhook", "webchat", "email"}
MANY = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def pushed(*raws: Any) -> list[Item]:
    body = json.dumps(list(raws)).encode()
    stamp = str(int(NOW.timestamp()))
    headers = {
        "X-Firstcontact-Timestamp": stamp,
        "X-Firstcontact-Signature": sign("invented-shared-secret", stamp, body),
    }
    return [each.item for each in receive(webhook_settings(), headers, body, NOW).arrivals]


def replayed(folder: Path, *raws: Any) -> Shelf:
    file, shelf = folder / "items.jsonl", Shelf()
    file.write_text("".join(json.dumps(raw) + "\n" for raw in raws), encoding="utf-8")
    for harvest in build(ReplayCollector(kind="replay", file=file), Hands()).collect(""):
        shelf.keep(harvest)
    return shelf


@pytest.mark.parametrize("channel", PUBLIC)
def test_every_channel_is_taken_and_private_where_only_the_force_can_see_it(
    channel: str, tmp_path: Path
) -> None:
    raw = {"id": "1", "channel": channel, "text": "hello"}
    (item,) = pushed(raw)
    (arrival,) = replayed(tmp_path, raw).arrivals
    assert item.channel == arrival.item.channel == channel
    assert item.private is arrival.item.private is (channel in PRIVATE)


@pytest.mark.parametrize("channel", PUBLIC)
@pytest.mark.parametrize("kind", list(Kind))
def test_the_kind_an_item_names_is_the_one_it_has(channel: str, kind: Kind, tmp_path: Path) -> None:
    raw = {"id": "1", "channel": channel, "text": "hello", "kind": kind.value}
    (item,) = pushed(raw)
    (arrival,) = replayed(tmp_path, raw).arrivals
    assert item.kind is arrival.item.kind is kind
    assert item.private is (kind is Kind.DM)  # a mastodon status may be a direct message


def test_nobody_outside_writes_to_the_channel_of_the_staff(tmp_path: Path) -> None:
    raw = {"id": "1", "channel": STAFF, "text": "hello"}
    with pytest.raises(BadInput, match="only staff"):
        pushed(raw)
    harvest = replayed(tmp_path, raw)
    assert harvest.arrivals == []
    assert ["only staff" in reason for reason, _ in harvest.rejected] == [True]


def test_everything_the_contract_names_arrives_and_what_it_does_not_name_is_kept(
    tmp_path: Path,
) -> None:
    (item,) = pushed(ITEM)
    (arrival,) = replayed(tmp_path, ITEM).arrivals
    for found in (item, arrival.item):
        assert {**item_json(found), "sent_at": ITEM["sent_at"]} == ITEM
        assert found.sent_at.isoformat() == "2026-11-23T09:40:00.250000+00:00"
        assert found.extra == {"form": ITEM["form"]}


def test_a_voice_note_without_text_is_an_attachment_with_an_empty_text() -> None:
    (item,) = pushed({**ITEM, "text": ""})
    assert (item.text, [each.kind for each in item.attachments]) == ("", ["audio"])


def test_only_the_text_is_required() -> None:
    (item,) = pushed({"text": "hello"})
    assert (item.channel, item.account, item.sent_at) == ("webhook", "gateway", NOW)


def test_the_same_number_on_two_accounts_or_channels_is_two_items() -> None:
    same = {"id": "1", "text": "x"}
    found = pushed(same, {**same, "account": "other"}, {**same, "channel": "email"}, same)
    assert len({item.key for item in found}) == 3


def refusal(*raws: Any) -> str:
    """Why a body is refused; "" if it is taken."""
    try:
        found = pushed(*raws)
    except BadInput as error:
        return str(error)
    assert all(json.dumps(item_json(item)) for item in found)
    return ""


@MANY
@given(raw=spoiled(ITEM))
def test_an_item_of_any_shape_is_taken_or_refused_with_its_number(raw: Any) -> None:
    said = refusal({"text": "neighbour"}, raw)
    assert said == "" or said.startswith("webhook:gateway: item ")
    assert "\n" not in said


@MANY
@given(raw=spoiled(ITEM), junk=JUNK)
def test_a_line_of_any_shape_is_read_or_rejected_and_the_next_one_arrives(
    raw: Any, junk: Any, tmp_path: Path
) -> None:
    odd = None if repr(junk).startswith("<object") else junk
    shelf = replayed(tmp_path, raw, odd, {"id": "last", "text": "neighbour"})
    assert shelf.arrivals[-1].item.text == "neighbour"
    assert len(shelf.arrivals) + len(shelf.rejected) == 3
    assert all(reason.startswith(str(tmp_path)) and kept for reason, kept in shelf.rejected)
