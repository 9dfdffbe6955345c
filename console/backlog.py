"""What is owed to the chat channels: told when urgent messages wait, thinned out in a surge.

Every step is one transaction that checks what it rests on, so nodes may look side by side and be
killed at any point.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triage.desk import MACHINE, QUEUE, Desk, notice
from triage.digests import KIND, Digest, Pressure, SurgeMode, waiting_words
from triage.lifecycle import Tell
from triage.model import Alarm, Event, Outgoing
from triage.taxonomy import Lane

URGENT_WAITS = "urgent-waits"
DIGEST_URGENCY = 3
"""A digest goes behind P1 and P2 and before what it stands for."""

Raise = Callable[[str, str, int], None]
"""Raise an alarm: key, text, severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """When a backlog becomes something to do (settings `chat`).

    `per_second` is what a destination can take. An alarm is raised when an urgent message is not
    out for `urgent_wait`.
    """

    surge: SurgeMode = field(default_factory=SurgeMode)
    urgent_wait: timedelta = timedelta(seconds=60)
    per_second: Callable[[str], float] = lambda destination: 1.0


class Backlog:
    """Looks at what is owed, every few seconds on every node."""

    def __init__(self, desk: Desk, strain: Strain, *, alarm: Raise) -> None:
        self._desk = desk
        self._strain = strain
        self._alarm = alarm

    def look(self) -> bool:
        """Look once; whether there is something new to send."""
        now = self._desk.clock()
        owed = {each.destination: each for each in self._desk.store.pressure()}
        self._look_for_urgent(owed.values(), now)
        standing = self._desk.store.digests(since=now - self._strain.surge.within)
        changed = [self._follow(each, owed, now) for each in standing]
        live = {each.destination for each in standing if each.live}
        changed += [
            self._begin(each, now) for each in owed.values() if each.destination not in live
        ]
        self._show_in_health(live, now)
        return any(changed)

    def _look_for_urgent(self, owed: Iterable[Pressure], now: datetime) -> None:
        """An urgent message that is not out is told through the other routes."""
        late = {}
        for each in owed:
            since = each.oldest_urgent
            if since is not None and now - since > self._strain.urgent_wait:
                late[f"{URGENT_WAITS}:{each.destination}"] = _late_words(each, since)
        self._clear(URGENT_WAITS, late.keys(), now)
        for key, text in late.items():
            self._alarm(key, text, 1)

    # --- surge mode ------------------------------------------------------------------------------

    def _begin(self, owed: Pressure, now: datetime) -> bool:
        place, surge = owed.destination, self._strain.surge
        if not surge.begins(owed, self._strain.per_second(place)):
            return False
        key = f"{KIND}:{place}:{now:%Y%m%dT%H%M%S%f}"
        message = Outgoing(
            key=key,
            destination=place,
            urgency=DIGEST_URGENCY,
            body=_body("Surge mode", "Routine cards are collected here"),
            created_at=now,
        )
        minutes = surge.within.total_seconds() / 60
        text = (
            f"{place} is owed more than it can take in {minutes:g} minutes. Routine cards are one "
            "message there until the surge is over; P1 to P3, disclosures, hand-overs and what "
            "somebody claimed are posted as ever. Every item is in the console's queue"
        )
        event = _event("surge_began", place, now, owed=owed.routine, urgent=owed.urgent)
        notices = self._told(key, "began", place, "Surge mode", text, now)
        store = self._desk.store
        if not store.begin_digest(message, notices=notices, event=event, now=now):
            return False
        for each in store.digests(since=now - surge.within):
            if each.key == key:
                store.say_digest(key, _collected(each), now=now)
        return True

    def _follow(self, digest: Digest, owed: Mapping[str, Pressure], now: datetime) -> bool:
        place, surge, store = digest.destination, self._strain.surge, self._desk.store
        if not digest.live:
            return self._wind_up(digest, now)
        rate, pressure = self._strain.per_second(place), owed.get(place)
        pressure = pressure or Pressure(destination=place)
        if surge.ends(digest, pressure, rate, now=now):
            return self._end(digest, post_rest=surge.few(digest.count, rate), now=now)
        if surge.begins(pressure, rate):
            store.fold_more(digest)
        new = digest.said_at == digest.began_at
        if new or now - digest.said_at >= surge.edit_every:
            return store.say_digest(digest.key, _collected(digest), now=now)
        return False

    def _end(self, digest: Digest, *, post_rest: bool, now: datetime) -> bool:
        place = digest.destination
        text = _rest_words(digest, posted=post_rest)
        event = _event(
            "surge_ended", place, now, waiting=digest.count, posted=post_rest and digest.count
        )
        told = f"Cards are posted to {place} again. {text}"
        return self._desk.store.end_digest(
            digest.key,
            _body("Surge over", text),
            post_rest=post_rest,
            notices=self._told(digest.key, "ended", place, "Surge over", told, now),
            event=event,
            now=now,
        )

    def _wind_up(self, digest: Digest, now: datetime) -> bool:
        """A digest of a surge that is over stands until all in it is dealt with."""
        body = _body("Surge over", _rest_words(digest, posted=False))
        if not digest.count:
            return self._desk.store.close_digest(digest.key, body, now=now)
        if now - digest.said_at < self._strain.surge.edit_every:
            return False
        return self._desk.store.say_digest(digest.key, body, now=now)

    def _told(
        self, key: str, step: str, place: str, title: str, text: str, now: datetime
    ) -> list[Outgoing]:
        """A notice for each other route; the place itself has the digest."""
        routes = self._desk.places((Lane.CONTROL_ROOM, Lane.DESK), Tell.DUTY)
        return [
            Outgoing(
                key=f"notice:{key}:{step}:{route}",
                destination=route,
                urgency=DIGEST_URGENCY,
                body=_body(title, text),
                created_at=now,
            )
            for route in routes
            if route != place
        ]

    def _show_in_health(self, live: Iterable[str], now: datetime) -> None:
        """An alarm that is only seen: what there is to tell was told with the digest."""
        surging = {f"{KIND}:{place}": place for place in live}
        self._clear(KIND, surging.keys(), now)
        for key, place in surging.items():
            text = f"Surge mode: routine cards for {place} are one message there"
            self._desk.store.raise_alarm(Alarm(key=key, text=text, raised_at=now, severity=3))

    def _clear(self, kind: str, standing: Iterable[str], now: datetime) -> None:
        keep = set(standing)
        for alarm in self._desk.store.alarms():
            if alarm.key.startswith(f"{kind}:") and alarm.key not in keep:
                self._desk.store.clear_alarm(alarm.key, now=now)


def _body(title: str, text: str) -> str:
    return notice(title, text, opens=QUEUE)


def _collected(digest: Digest) -> str:
    words = waiting_words(digest.waiting) if digest.count else "Nothing routine waits"
    return _body("Surge mode", f"{words}. Routine cards are collected here for now")


def _event(action: str, place: str, now: datetime, **detail: object) -> Event:
    return Event(at=now, actor=MACHINE, action=action, subject=place, detail=detail)


def _rest_words(digest: Digest, *, posted: bool) -> str:
    if not digest.count:
        return "All that was collected here was dealt with or has its card"
    if posted:
        cards = "1 is" if digest.count == 1 else f"{digest.count} are"
        return f"Of what was collected here {cards} still open: the cards are posted"
    return f"{waiting_words(digest.waiting)}. New cards are posted again"


def _late_words(owed: Pressure, since: datetime) -> str:
    count = owed.urgent
    messages = "1 urgent message is" if count == 1 else f"{count} urgent messages are"
    return (
        f"{messages} owed to {owed.destination}, the oldest since {since:%H:%M:%S} UTC, and not "
        "there: open the console's queue"
    )
