"""Signed HTTP posts to a gateway of the force: SMS, phone, pager. No content."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import requests

from config.settings import WebhookSink as Settings
from notifier.card import CardContext
from notifier.email import plain_of
from notifier.http_errors import not_answered, refused
from notifier.notices import notice_of
from notifier.places import place_of
from triage.model import Case, Outgoing
from triage.ports import Clock


class WebhookSink:
    """A gateway. Implements `triage.ports.Sink`; what it has passed on cannot be edited.

    The body is signed: `X-Firstcontact-Signature: sha256=` and the hexadecimal HMAC-SHA256 of
    `timestamp + "." + body` with the shared secret; `X-Firstcontact-Timestamp` is in seconds.
    `Idempotency-Key` is the same whenever the same message is sent again: the gateway must
    pass it on once.
    """

    def __init__(
        self,
        settings: Settings,
        context: CardContext,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._context = context
        self._clock = clock

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Send the message; its key is the external id."""
        body = json.dumps(self._body(message, case, now)).encode()
        stamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": hashlib.sha256(message.key.encode()).hexdigest(),
            "X-Firstcontact-Timestamp": stamp,
            "X-Firstcontact-Signature": signature(
                self._settings.secret.get_secret_value(), stamp, body
            ),
        }
        try:
            answer = requests.post(
                self._settings.url,
                data=body,
                headers=headers,
                timeout=self._settings.timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise not_answered(self.name, error) from error
        problem = refused(self.name, answer.status_code, answer.headers, now=self._clock())
        if problem is not None:
            raise problem
        return message.key

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """What was passed on stays as it is."""

    def find(self, message: Outgoing) -> str:
        """Not looked up: the idempotency key keeps a repetition from doubling."""
        return ""

    def _body(self, message: Outgoing, case: Case | None, now: datetime) -> dict[str, Any]:
        line, url = plain_of(message, case, self._context, now)
        return {
            "key": message.key,
            "lane": place_of(message.destination),
            "urgency": message.urgency,
            "ref": message.case_ref,
            "text": line,
            "url": url,
            "called": _called(message, self._context),
            "desk": self._context.desk,
            "at": now.isoformat(),
        }


def _called(message: Outgoing, context: CardContext) -> list[dict[str, str]]:
    """Staff whom a notice calls: the gateway may know their number."""
    people = notice_of(message.body, context).to if message.body else ()
    return [{"id": each.id, "name": each.name} for each in people]


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The signature of a body sent at `stamp`."""
    signed = stamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
