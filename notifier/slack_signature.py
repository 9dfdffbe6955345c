"""Whether a request really comes from Slack: signed, fresh, and seen for the first time."""

import hashlib
import hmac
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from triage.errors import Refused

MAX_SKEW = timedelta(minutes=5)


class SlackSignature:
    """Checks `X-Slack-Signature`; thread-safe. Remembers signatures as long as they are valid."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def check(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Let a request pass once.

        Raises:
            Refused: not signed with our secret, older or newer than 5 minutes, or a replay.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        stamp = lowered.get("x-slack-request-timestamp", "")
        signature = lowered.get("x-slack-signature", "")
        if not stamp.isascii() or not stamp.isdigit():
            raise Refused("Slack request without a timestamp")
        if abs(now.timestamp() - int(stamp)) > MAX_SKEW.total_seconds():
            raise Refused("Slack request too old, or the clock is wrong")
        if not hmac.compare_digest(self.sign(stamp, body).encode(), signature.encode()):
            raise Refused("Slack request with a wrong signature")
        self._first_time(signature, now.timestamp())

    def sign(self, stamp: str, body: bytes) -> str:
        """The signature Slack makes of a body."""
        base = b"v0:" + stamp.encode() + b":" + body
        return "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()

    def _first_time(self, signature: str, now: float) -> None:
        ends = now + 2 * MAX_SKEW.total_seconds()
        with self._lock:
            self._seen = {each: until for each, until in self._seen.items() if until > now}
            if signature in self._seen:
                raise Refused("Slack request replayed")
            self._seen[signature] = ends
