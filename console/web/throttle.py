"""How long to wait after wrong passwords: decided here, kept in console/web/accounts.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """After `free` failures each further one locks, twice as long as the last, up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta


LIMITS: Mapping[str, Limit] = {
    # One account from one address: somebody guesses, or an officer has forgotten.
    "pair": Limit(free=5, first=timedelta(seconds=30), longest=timedelta(minutes=15)),
    # One account from anywhere: locks late and briefly, or anybody could lock an officer out.
    "account": Limit(free=30, first=timedelta(seconds=30), longest=timedelta(minutes=2)),
    # One address, any account: a whole force may share it.
    "address": Limit(free=100, first=timedelta(seconds=10), longest=timedelta(minutes=1)),
}

FORGET = timedelta(hours=1)
"""Failures older than this count no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Wrong passwords in a row under one key, the last one at `last_at`."""

    count: int
    last_at: datetime


def keys_of(officer_id: str, address: str) -> dict[str, str]:
    """What failures are counted under, by kind of limit."""
    return {
        "pair": f"pair:{officer_id}:{address}",
        "account": f"account:{officer_id}",
        "address": f"address:{address}",
    }


def locked_until(kind: str, failures: Failures) -> datetime | None:
    """When the next try is allowed; None if it is allowed as far as this limit goes."""
    limit = LIMITS[kind]
    if failures.count < limit.free:
        return None
    doublings = min(failures.count - limit.free, 20)
    return failures.last_at + min(limit.first * (1 << doublings), limit.longest)
