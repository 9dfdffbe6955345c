"""Paging newest first that survives a kill between two pages, and times as platforms give them."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime
from typing import Any

from triage.errors import FirstContactError, Permanent, RateLimited
from triage.items import EARLIEST_YEAR

log = logging.getLogger("firstcontact.collectors.paging")


def later(one: str, other: str) -> bool:
    """Whether a numeric id was given out after another; "" comes before every id."""
    return (len(one), one) > (len(other), other)


def latest(ids: Iterable[str]) -> str:
    """The id given out last, or "" of none."""
    return max(ids, key=lambda each: (len(each), each), default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where a newest-first walk stands.

    `mark`: everything up to this id is stored. While a walk is under way `token` names its next
    page, `since` the id it began from and `newest` the newest id met; `newest` becomes the mark
    only when the last page is stored.
    """

    mark: str = ""
    token: str = ""
    since: str = ""
    newest: str = ""

    def begun(self, since: str) -> "Walk":
        """The walk as its first page is asked for; one that is under way goes on."""
        return self if self.token else Walk(mark=self.mark, since=since)

    def after(self, ids: Iterable[str], token: str) -> "Walk":
        """The walk once a page is stored, with `token` for the next one ("" ends it)."""
        newest = latest((self.newest, *ids))
        if token:
            return replace(self, token=token, newest=newest)
        return Walk(mark=latest((self.mark, newest)))

    def restarted(self) -> "Walk":
        """Back to the first page: the mark stays, so nothing is lost."""
        return Walk(mark=self.mark)


def read_cursor(text: str, name: str) -> dict[str, Any]:
    """A cursor of ours, decoded. One that cannot be read begins anew: storage knows repeats."""
    if not text:
        return {}
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict):
        log.warning("%s: the cursor cannot be read, reading from the beginning", name)
        return {}
    return decoded


def write_cursor(cursor: object) -> str:
    """A cursor as compact text."""
    return json.dumps(cursor, separators=(",", ":"), sort_keys=True)


def moment(text: object, now: datetime) -> datetime:
    """A platform's time in UTC; a time in the future is `now`, since clocks run from it.

    Raises:
        ValueError: not a time with a zone, or one before any platform began.
    """
    if not isinstance(text, str):
        raise ValueError("no time")
    parsed = datetime.fromisoformat(text)
    if parsed.utcoffset() is None:
        raise ValueError("time has no zone")
    if not EARLIEST_YEAR < parsed.year < MAXYEAR:  # at the edges a change of zone would overflow
        raise ValueError(f"time lies out of reach: {text[:40]!r}")
    return min(parsed.astimezone(UTC), now)


def gravest(failures: list[FirstContactError]) -> FirstContactError:
    """The failure to raise of several: one people must mend before one that passes."""

    def weight(error: FirstContactError) -> int:
        return 0 if isinstance(error, Permanent) else 2 if isinstance(error, RateLimited) else 1

    return min(failures, key=weight)
