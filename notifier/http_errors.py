"""What `requests` says and what HTTP statuses mean, in our errors. Shared by plain HTTP sinks."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
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
"""A pause asked for is kept, but never longer: then one message is tried, and the answer counts."""


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
    who: str, status: int, headers: Mapping[str, str], *, now: datetime
) -> FirstContactError | None:
    """The error of an HTTP status; None for a success."""
    what = f"{who}: HTTP {status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    match status:
        case 429:
            return RateLimited(f"{who}: rate limited", retry_at=retry_at(headers, now))
        case 401 | 403 | 407:
            return Unauthorised(what)
        case 404 | 410:
            return Gone(what)
        case 408 | 412 | 425 | 503:
            return Unavailable(what, retry_at=retry_at(headers, now))
        case _:
            broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return OutcomeUnknown(what) if broken else BadRequest(what)


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When a vendor lets us come back; None where it does not say, or says nothing sensible.

    `Retry-After` is seconds, or a date. A date is read beside the vendor's own `Date`, so that
    it does not matter whose clock is wrong.
    """
    said = _header(headers, "retry-after").strip()
    seconds = _seconds(said)
    if seconds is None:
        until = _moment(said)
        if until is None:
            return None
        seconds = (until - (_moment(_header(headers, "date")) or now)).total_seconds()
    return now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_RETRY_SECONDS))


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """What time it is by the vendor's clock (its `Date`); None where it does not say."""
    return _moment(_header(headers, "date"))


def _header(headers: Mapping[str, str], wanted: str) -> str:
    found = (str(value) for name, value in headers.items() if name.lower() == wanted)
    return next(found, "")


def _seconds(said: str) -> float | None:
    try:
        seconds = float(said)
    except ValueError:
        return None
    return None if math.isnan(seconds) else seconds


def _moment(said: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(said)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
