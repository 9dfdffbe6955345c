"""What staff must hear about the service itself, looked at every minute."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.backlog import Strain
from triage.flow import BROKE_ALARM, Desk
from triage.lifecycle import Tell
from triage.model import MONEY, Alarm, CollectorHealth, Quota
from triage.ports import Unread
from triage.surges import Surging, over, surge_text
from triage.taxonomy import Lane

MISSED_POLLS = 5
SHORTEST_LATE = timedelta(minutes=2)
"""A source is late when it was not read for `MISSED_POLLS` intervals, but never before this."""

SINGLE_EVENTS = (
    "rejected:",
    "refused:",
    "records-missing:",
    "records-rejected:",
    BROKE_ALARM,
)
SINGLE_EVENTS_LAST = timedelta(hours=12)
"""What could not be read is told once in so long, so that the next shift hears anew."""

STUCK_TRIAGE = "stuck:triage"

MONEY_EARLY = 0.2
"""People are told when so much of the day's budget is left, and again when nothing is."""

ABOUT_SOURCES = frozenset({"collector", "silent", "late", "rejected", "budget", "overspent"})
ABOUT_PLACES = frozenset({"sink", "refused", "urgent-waits"})
RAISED_ANEW = frozenset({"clock", "job", "presses", "records", "records-late"})
"""Kinds of alarm that come back by themselves after a start if their cause still stands."""

Raise = Callable[[str, str, int], None]
"""Raise an alarm: key, text, severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When the trouble of a part becomes an alarm (settings `escalation` and `chat`)."""

    failures: int = 3
    silent_factor: float = 4.0
    silent_floor: timedelta = timedelta(minutes=30)
    unread_private: timedelta = timedelta(minutes=2)
    unread_public: timedelta = timedelta(minutes=10)
    undelivered: timedelta = timedelta(seconds=20)
    surging: Surging = field(default_factory=Surging)
    strain: Strain = field(default_factory=Strain)


@dataclass(slots=True, kw_only=True)
class _Probe:
    """Something that says by itself whether it works. `missed` counts looks that found it bad."""

    text: str
    well: Callable[[], bool]
    missed: int = 0


class Watch:
    """Finds silent and stuck sources and parts that no longer work; closes alarms that are over.

    Args:
        sources: every configured source with the interval of its polls; None if it is pushed to.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        sources: Mapping[str, timedelta | None],
        patience: Patience,
        alarm: Raise,
    ) -> None:
        self._desk = desk
        self._sources = sources
        self._patience = patience
        self._raise = alarm
        self._probes: dict[str, _Probe] = {}
        self._began = desk.clock()

    def probe(self, key: str, text: str, well: Callable[[], bool]) -> None:
        """Have a part looked at: found bad twice in a row it is an alarm until it is well."""
        self._probes[key] = _Probe(text=text, well=well)

    def begin(self) -> None:
        """Close alarms about what is no longer configured, or will be raised anew."""
        self._began = now = self._desk.clock()
        places = {place for tell in Tell for place in self._desk.places(tuple(Lane), tell)}
        for alarm in self._desk.store.alarms():
            kind, _, subject = alarm.key.partition(":")
            gone = (kind in ABOUT_SOURCES and subject not in self._sources) or (
                kind in ABOUT_PLACES and subject not in places
            )
            if gone or kind in RAISED_ANEW:
                self._desk.store.clear_alarm(alarm.key, now=now)

    def look(self) -> None:
        """Look at every source and part once."""
        now = self._desk.clock()
        known = {health.source: health for health in self._desk.store.collectors()}
        for source, every in self._sources.items():
            health = known.get(source, CollectorHealth(source=source))
            self._stands(f"silent:{source}", _silence(health), 2, self._silent(health, now))
            if every is not None:
                late = self._late(health, every, now)
                self._stands(f"late:{source}", _lateness(health), 1, late)
            self._look_at_money(health, now)
        for key, probe in self._probes.items():
            probe.missed = 0 if probe.well() else probe.missed + 1
            self._stands(key, probe.text, 1, probe.missed > 1)
        self._look_for_unread(now)
        self._look_for_surges(now)
        for alarm in self._desk.store.alarms():
            if _over(alarm, now):
                self._desk.store.clear_alarm(alarm.key, now=now)

    def _look_at_money(self, health: CollectorHealth, now: datetime) -> None:
        """A source that charges: what is read no longer, and until when."""
        source, money = health.source, _money(health, now)
        left, limit = (money.remaining or 0, money.limit or 0) if money else (1, 0)
        early = f"{source}: 80 % of today's budget is spent: edits and deletions are not looked for"
        over = (
            f"{source}: today's budget is spent: mentions are not read until midnight UTC, "
            "direct messages go on. Raise budget_usd_per_day, or read the mentions at X"
        )
        self._stands(f"budget:{source}", early, 2, 0 < left <= limit * MONEY_EARLY)
        self._stands(f"overspent:{source}", over, 1, left <= 0)

    def _look_for_unread(self, now: datetime) -> None:
        """What is stored and stays unread is told, whatever the reason: people read it then."""
        found = self._desk.store.unread(
            private_before=now - self._patience.unread_private,
            public_before=now - self._patience.unread_public,
        )
        self._stands(STUCK_TRIAGE, _unread_words(found, now), 1, bool(found.count))

    def _look_for_surges(self, now: datetime) -> None:
        """Many who tell of one incident or place are told to the desk once, whatever they say."""
        surging = self._patience.surging
        found = self._desk.store.surges(now=now, within=surging.within, least=surging.senders)
        told = [each for each in found if surging.holds(each)]
        for each in told:
            self._raise(each.key, surge_text(each, surging.within), 2)
        keys = {each.key for each in told}
        for alarm in self._desk.store.alarms():
            if over(alarm.key, alarm.raised_at, now, keys):
                self._desk.store.clear_alarm(alarm.key, now=now)

    def _stands(self, key: str, text: str, severity: int, bad: bool) -> None:
        if bad:
            self._raise(key, text, severity)
        else:
            self._desk.store.clear_alarm(key, now=self._desk.clock())

    def _silent(self, health: CollectorHealth, now: datetime) -> bool:
        if health.last_item is None or health.usual_gap is None:
            return False
        patience = max(self._patience.silent_floor, health.usual_gap * self._patience.silent_factor)
        return now - health.last_item > patience

    def _late(self, health: CollectorHealth, every: timedelta, now: datetime) -> bool:
        """Polls neither succeed nor fail: the service itself is stuck."""
        if health.failures:
            return False
        last = max(health.last_success or self._began, self._began)
        return now - last > max(MISSED_POLLS * every, SHORTEST_LATE)


def _money(health: CollectorHealth, now: datetime) -> Quota | None:
    """The budget of the day that is still running, if the source has one."""
    for quota in health.quotas:
        if quota.name == MONEY and quota.resets_at is not None and quota.resets_at > now:
            return quota
    return None


def _unread_words(found: Unread, now: datetime) -> str:
    messages = "1 message is" if found.count == 1 else f"{found.count} messages are"
    since = found.since or now
    day = "" if since.date() == now.date() else f"{since:%d %b} "
    return (
        f"{messages} stored and not read by the service since {day}{since:%H:%M} UTC: "
        "open the console's unread list"
    )


def _silence(health: CollectorHealth) -> str:
    since = f"{health.last_item:%d %b %H:%M} UTC" if health.last_item else "ever"
    return f"{health.source}: nothing new since {since}; check it"


def _lateness(health: CollectorHealth) -> str:
    since = f"since {health.last_success:%d %b %H:%M} UTC" if health.last_success else "at all"
    return f"{health.source} was not read {since}: the service may be stuck"


def _over(alarm: Alarm, now: datetime) -> bool:
    return alarm.key.startswith(SINGLE_EVENTS) and now - alarm.raised_at > SINGLE_EVENTS_LAST
