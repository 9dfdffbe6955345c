"""What is told when a shift or a day is over: digests for lanes, and reminders of what is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from triage.desk import MACHINE, Desk, notice
from triage.lifecycle import CLOCKS, Tell, reminders_stopped
from triage.model import Case, Event, Officer, Outgoing, Priority
from triage.shift_figures import Figures, comms_lines, daily_lines, shift_lines, together
from triage.shifts import Shift, last_day, last_shift
from triage.taxonomy import Lane

ROUTINE = int(Priority.P5)
WHOLE_DESK = tuple(lane for lane in Lane if lane is not Lane.STANDARDS)
"""What desk and control room hear of: all but what is restricted."""

SCOPES: Mapping[Lane, tuple[Lane, ...]] = {
    lane: WHOLE_DESK if lane in (Lane.DESK, Lane.CONTROL_ROOM) else (lane,) for lane in Lane
}
LATE = timedelta(minutes=15)
REMINDED = 200
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The force's hours, in its own time (settings `desk`)."""

    zone: tzinfo
    shift_ends: Sequence[str] = ()
    daily_at: str = ""
    reply_hours: Mapping[str, float] = field(default_factory=dict)


def tell_what_is_over(desk: Desk, hours: Hours) -> int:
    """Tell the digests and reminders of the shift and the day that ended last.

    Each is told once, however often this is called and on however many nodes; of several that
    passed while the service was down only the last. Returns how many messages are owed by it.
    """
    now = desk.clock()
    shift = last_shift(now, hours.shift_ends, hours.zone)
    told = 0
    if shift is not None and _began_before(desk, shift):
        told += _digest(desk, hours, _Digest(name="shift", shift=shift), now)
        told += _remind(desk, shift, now)
    if hours.daily_at:
        day = last_day(now, hours.daily_at, hours.zone)
        if _began_before(desk, day):
            told += _digest(desk, hours, _Digest(name="daily", shift=day, only=Priority.P5), now)
            told += _digest(desk, hours, _Digest(name="comms", shift=day), now)
    return told


def _began_before(desk: Desk, shift: Shift) -> bool:
    """Whether there was a desk yet: nobody is told of shifts before the first item."""
    first = desk.store.first_received()
    return first is not None and first < shift.end


# --- digests --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Digest:
    name: str
    shift: Shift
    only: Priority | None = None

    def key(self, place: str) -> str:
        return f"digest:{self.name}:{self.shift.key}:{place}"


def _digest(desk: Desk, hours: Hours, digest: _Digest, now: datetime) -> int:
    scopes = _scopes(desk, digest)
    keys = {digest.key(place) for place in scopes}
    if not keys - desk.store.told(keys):
        return 0
    found = desk.store.figures(digest.shift, reply_hours=hours.reply_hours, only=digest.only)
    alarms = len(desk.store.alarms())
    messages = [
        Outgoing(
            key=digest.key(place),
            destination=place,
            urgency=ROUTINE,
            body=_body(digest, [found.get(lane, Figures()) for lane in lanes], alarms, hours, now),
            created_at=now,
        )
        for place, lanes in scopes.items()
    ]
    detail = {"until": digest.shift.end.isoformat(), "to": list(scopes)}
    event = Event(
        at=now, actor=MACHINE, action="digest_told", subject=f"digest:{digest.name}", detail=detail
    )
    return desk.store.tell_once(messages, events=[event], now=now)


def _scopes(desk: Desk, digest: _Digest) -> dict[str, tuple[Lane, ...]]:
    """Which lanes each place hears of: one notice, however many lanes share it."""
    told = [Lane.COMMS] if digest.name == "comms" else list(Lane)
    scopes: dict[str, tuple[Lane, ...]] = {}
    for lane in told:
        heard = (lane,) if digest.name == "comms" else SCOPES[lane]
        for place in desk.places([lane], Tell.OWNER):
            scopes[place] = tuple(dict.fromkeys((*scopes.get(place, ()), *heard)))
    return scopes


def _body(
    digest: _Digest, each: Sequence[Figures], alarms: int, hours: Hours, now: datetime
) -> str:
    figures, shift, zone = together(each), digest.shift, hours.zone
    start, end = shift.start.astimezone(zone), shift.end.astimezone(zone)
    match digest.name:
        case "shift":
            title = f"End of the shift {start:%H:%M} to {end:%H:%M}, {end:%a} {end.day} {end:%b}"
            lines = shift_lines(figures, shift, alarms=alarms, now=now, zone=zone)
        case "daily":
            title = f"Day to {end:%a} {end.day} {end:%b %H:%M}: for information (P5)"
            lines = daily_lines(figures, now=now)
        case _:
            title = f"Day to {end:%a} {end.day} {end:%b %H:%M}: comms"
            lines = comms_lines(figures, now=now)
    if now - shift.end > LATE:
        lines = (*lines, f"Told late: it stands so at {now.astimezone(zone):%H:%M}")
    return notice(title, lines[0], lines=lines[1:])


# --- what is left of P4 ---------------------------------------------------------------------------


def _remind(desk: Desk, shift: Shift, now: datetime) -> int:
    """P4 that are over half of their clock: whoever has them is called, else their lane hears."""
    half = CLOCKS[Priority.P4].decided / 2
    before = shift.end - half
    cases = desk.store.open_at(Priority.P4, sent_before=before, limit=REMINDED)
    groups: dict[tuple[Lane, str], list[Case]] = {}
    for case in cases:
        if reminders_stopped(case) is None:
            groups.setdefault((case.lane or Lane.DESK, case.claimed_by), []).append(case)
    return sum(
        _reminder(desk, shift, lane, who, group, now) for (lane, who), group in groups.items()
    )


def _reminder(
    desk: Desk, shift: Shift, lane: Lane, who: str, cases: Sequence[Case], now: datetime
) -> int:
    officer = desk.store.officer(who) if who else None
    places = desk.places([lane], Tell.OWNER)
    messages = [
        Outgoing(
            key=f"reminder:{shift.key}:{lane.value}:{who}:{place}",
            destination=place,
            urgency=int(Priority.P4),
            body=notice("Reminder: end of the shift", _left(cases, who), to=_one(officer)),
            created_at=now,
        )
        for place in places
    ]
    if not {each.key for each in messages} - desk.store.told({each.key for each in messages}):
        return 0
    events = [
        Event(
            at=now,
            actor=MACHINE,
            action="reminded",
            subject=case.ref,
            detail={"shift": shift.end.isoformat(), "tell": who or lane.value},
        )
        for case in cases
    ]
    return desk.store.tell_once(messages, events=events, now=now)


def _one(officer: Officer | None) -> tuple[Officer, ...]:
    return (officer,) if officer else ()


def _left(cases: Sequence[Case], who: str) -> str:
    priority = f"{Priority.P4.name} {Priority.P4.word}"
    has = "claimed and not decided" if who else "nobody has"
    return f"{len(cases)} {priority} {has}: {_named(case.ref for case in cases)}"


def _named(refs: Iterable[str]) -> str:
    named = list(refs)
    more = len(named) - NAMED
    return ", ".join(named[:NAMED]) + (f" and {more} more" if more > 0 else "")
