"""The Slack Web API with its errors in our words. A refusal is HTTP 200 with `ok: false`."""

import http.client
import socket
import ssl
import urllib.error
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from notifier.http_errors import retry_at, told_time
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    RateLimited,
    Removed,
    Unauthorised,
    Unavailable,
)
from triage.ports import Clock

UNAUTHORISED = frozenset(
    [
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "restricted_action",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    ]
)
GONE = frozenset(
    ["channel_not_found", "is_archived", "not_in_channel", "team_not_found", "thread_not_found"]
)
REMOVED = frozenset(["message_not_found"])
FIXED = frozenset(["cant_update_message", "edit_window_closed"])
LIMITED = frozenset(["ratelimited", "rate_limited"])
UNKNOWN = frozenset(["fatal_error", "internal_error"])
LATER = frozenset(["request_timeout", "service_unavailable", "team_added_to_org"])


class SlackApi:
    """Calls that raise our errors only. One instance may serve many threads."""

    def __init__(self, token: str, base_url: str, *, timeout: float, clock: Clock) -> None:
        # No retry handlers: the SDK's own would post again after a lost connection.
        self.client = WebClient(
            token=token,
            base_url=base_url.rstrip("/") + "/",
            timeout=max(1, round(timeout)),
            retry_handlers=[],
        )
        self._clock = clock
        self.ahead: timedelta | None = None
        """How far Slack's clock is ahead of ours, by its last answer."""

    def call(self, method: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
        """Call a method of `client`; returns the decoded body.

        Raises:
            OutcomeUnknown: it was sent and may have been carried out.
            RateLimited, Unavailable, Unauthorised, Gone, BadRequest: it was not.
        """
        try:
            response = method(**arguments)
            self._note_time(response.headers)
            return dict(response.data)
        except SlackApiError as error:
            self._note_time(error.response.headers)
            raise self._refusal(error) from error
        except urllib.error.URLError as error:
            raise _not_reached(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise OutcomeUnknown(f"Slack: no answer ({type(error).__name__})") from error
        except (SlackClientError, ValueError, TypeError, AttributeError) as error:
            # The SDK stumbles over JSON that is no object and over text that is not UTF-8.
            raise OutcomeUnknown("Slack: an answer that cannot be read") from error

    def _note_time(self, headers: Mapping[str, str]) -> None:
        told = told_time(headers)
        if told is not None:
            self.ahead = told - self._clock()

    def _refusal(self, error: SlackApiError) -> FirstContactError:
        status, headers = error.response.status_code, error.response.headers
        code = str(error.response.get("error") or "")
        if status == http.client.TOO_MANY_REQUESTS or code in LIMITED:
            return RateLimited("Slack: rate limited", retry_at=retry_at(headers, self._clock()))
        if status == http.client.SERVICE_UNAVAILABLE or code in LATER:
            return Unavailable(f"Slack: not available ({status} {code})".strip())
        if (
            status >= http.client.INTERNAL_SERVER_ERROR
            or code in UNKNOWN
            or " " in code
            or not code
        ):
            return OutcomeUnknown(f"Slack: no sensible answer ({status})")
        return refusal(code, str(error.response.get("needed") or ""))


def refusal(code: str, needed: str = "") -> FirstContactError:
    """The permanent error of a Slack error code."""
    if code in UNAUTHORISED:
        scope = f" (needs {needed})" if needed else ""
        return Unauthorised(f"Slack: {code}{scope}")
    if code in REMOVED | FIXED:
        return Removed(f"Slack: {code}", still_there=code in FIXED)
    return Gone(f"Slack: {code}") if code in GONE else BadRequest(f"Slack: {code}")


def _not_reached(error: urllib.error.URLError) -> FirstContactError:
    """Refused, unknown host, bad certificate: nothing was sent. Anything else may have been."""
    reason = error.reason
    if isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError):
        return Unavailable(f"Slack: cannot be reached ({type(reason).__name__})")
    return OutcomeUnknown(f"Slack: connection lost ({type(reason).__name__})")
