"""What `requests` says and what HTTP statuses mean, in our errors. Shared by plain HTTP sinks."""

from datetime import datetime, timedelta
from http import HTTPStatus

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    RateLimited,
    Unauthorised,
    Unavailable,
)

LONGEST_RETRY_SECONDS = 3600.0


def not_answered(who: str, error: requests.RequestException) -> FirstContactError:
    """An exception of `requests`: nothing was sent, or the outcome is unknown."""
    what = f"{who}: no answer ({type(error).__name__})"
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return Unavailable(what)
    inner = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(inner, NewConnectionError | NameResolutionError):
        return Unavailable(what)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return BadRequest(f"{who}: the address is not valid")
    return OutcomeUnknown(what)


def refused(
    who: str, status: int, retry_after: str | None, *, now: datetime
) -> FirstContactError | None:
    """The error of an HTTP status; None for a success."""
    what = f"{who}: HTTP {status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    match status:
        case 429:
            return RateLimited(f"{who}: rate limited", retry_at=_at(retry_after, now))
        case 401 | 403 | 407:
            return Unauthorised(what)
        case 404 | 410:
            return Gone(what)
        case 408 | 412 | 425 | 503:
            return Unavailable(what, retry_at=_at(retry_after, now))
        case _:
            broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return OutcomeUnknown(what) if broken else BadRequest(what)


def _at(retry_after: str | None, now: datetime) -> datetime | None:
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_RETRY_SECONDS))
