"""Items pushed to us: signed, recent, and all or nothing.

The sender signs `timestamp + "." + body` with HMAC-SHA256 of the shared secret:
`X-Firstcontact-Timestamp: <Unix seconds>`, `X-Firstcontact-Signature: sha256=<hex>`.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collectors.checks import Finding
from collectors.entries import as_bytes
from config.settings import WebhookCollector as Settings
from triage.errors import BadInput, Unauthorised
from triage.items import CHANNELS, STAFF, parse_item, require_public
from triage.model import Arrival, Harvest, Item
from triage.ports import Clock

TIMESTAMP = "x-firstcontact-timestamp"
SIGNATURE = "x-firstcontact-signature"
SHORTEST_SECRET = 16


def receive(settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime) -> Harvest:
    """The items of a pushed body: one object, an array, or JSON lines.

    The same body again gives the same items, so a sender may repeat what it got no answer for;
    where neither `id` nor `sent_at` tells items apart, on the same day (UTC) only.
    `channel` and `account` are the collector's where an item does not say.

    Raises:
        Unauthorised: signature or timestamp is missing, wrong or too old; says which.
        BadInput: too large, or an item cannot be read; names its index (from 0) and field.
    """
    if len(body) > settings.max_bytes:
        raise BadInput(settings.name, f"the body is larger than {settings.max_bytes} bytes")
    verify(settings, headers, body, now)
    arrivals = [
        _arrival(settings, raw, index, now) for index, raw in enumerate(_objects(settings, body))
    ]
    return Harvest(arrivals=tuple(arrivals), cursor="")


def verify(settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check that the body comes from who knows the secret, and lately.

    Raises:
        Unauthorised: says what is wrong, never what would be right.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get(TIMESTAMP, "").strip()
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
        raise Unauthorised(f"{settings.name}: {TIMESTAMP} is missing or not Unix seconds")
    expected = sign(settings.secret.get_secret_value(), timestamp, body)
    signature = given.get(SIGNATURE, "").strip()
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise Unauthorised(f"{settings.name}: {SIGNATURE} is missing or wrong")
    if abs(now.timestamp() - int(timestamp)) > settings.max_age_seconds:
        raise Unauthorised(f"{settings.name}: {TIMESTAMP} is too old or in the future")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature header's value."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def _objects(settings: Settings, body: bytes) -> list[Any]:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        return _json_lines(settings, body)
    return decoded if isinstance(decoded, list) else [decoded]


def _json_lines(settings: Settings, body: bytes) -> list[Any]:
    found = []
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            where = f"{settings.name}: item {len(found)}"
            raise BadInput(where, f"not valid JSON: {error}") from error
    return found


def _arrival(settings: Settings, raw: Any, index: int, now: datetime) -> Arrival:
    where = f"{settings.name}: item {index}"
    if not isinstance(raw, dict):
        raise BadInput(where, "not a JSON object")
    named = {"channel": settings.channel, "account": settings.account}
    named |= {key: value for key, value in raw.items() if value is not None}
    item = require_public(parse_item(named, where, now=now), where)
    item = replace(item, sent_at=min(item.sent_at, now), id=_lasting_id(item, named, now))
    return Arrival(item=item, payload=as_bytes(raw), seen_at=now)


def _lasting_id(item: Item, named: Mapping[str, Any], now: datetime) -> str:
    """The item's id; one made from the content alone is good for a day.

    Else a second nameless "help" would for ever be taken for the first one, sent again.
    """
    if named.get("id") or named.get("sent_at"):
        return item.id
    return f"{item.id}-{now.astimezone(UTC):%Y%m%d}"


class WebhookCollector:
    """The polling side of a webhook: there is nothing to poll (see `triage.ports.Collector`)."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """Nothing: items come through `receive`."""
        yield from ()

    def check(self) -> list[Finding]:
        """Whether the secret is long enough to be one, and the channel known."""
        if self._settings.channel not in CHANNELS or self._settings.channel == STAFF:
            text = f"{self.name}: unknown channel {self._settings.channel!r}: all would be refused"
            return [Finding(level="fail", text=text)]
        if len(self._settings.secret.get_secret_value()) < SHORTEST_SECRET:
            text = f"{self.name}: the secret is shorter than {SHORTEST_SECRET} characters"
            return [Finding(level="warn", text=text)]
        return [Finding(level="ok", text=f"{self.name}: the secret is set")]
