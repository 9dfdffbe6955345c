"""A rota out of an iCalendar file (RFC 5545): repeated turns, exceptions, time zones, whole days.

Reading calendars is done by `icalendar` and `recurring-ical-events`; what comes from them is made
into our own turns here. A turn is an event called `DUTY: WHO`, or one called `WHO` with the duty
among its categories.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import icalendar
import recurring_ical_events

from config.rota import RotaFile, checked, duty_of, midnight, overlapping, text_of
from triage.errors import BadSettings
from triage.rota import Duty, Turn, in_order

TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})
LONGEST = timedelta(days=60)
"""A turn is not longer: it is looked for so far before the time that is asked about."""


def read_calendar(path: Path, zone: tzinfo) -> RotaFile:
    """The turns of a calendar; they are worked out for the time that is asked about.

    Raises:
        BadSettings: names the file and the line.
    """
    text = text_of(path)
    calendar = _parsed(text, path)
    lines = [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip().upper() == "BEGIN:VEVENT"
    ]
    events = calendar.walk("VEVENT")
    places = {_name(event): f"{path}:{line}" for event, line in zip(events, lines, strict=False)}
    passed_over = []
    for event, line in zip(events, lines, strict=False):
        place = f"{path}:{line}"
        _check(event, place)
        if not list(_who(event)):
            passed_over.append(f"{place} {str(event.get('SUMMARY', 'without a name'))!r}")

    def turns(start: datetime, end: datetime) -> Sequence[Turn]:
        found = recurring_ical_events.of(calendar).between(start, end)
        each = (turn for event in found for turn in _turns(event, places, zone))
        return overlapping(in_order(each), start, end)

    now = datetime.now(zone)
    try:
        turns(now, now + LONGEST)  # so that what cannot be worked out is told at once
    except BadSettings:
        raise
    except Exception as error:
        raise BadSettings(f"{path}: cannot be worked out: {_first_line(error)}") from error
    return RotaFile(turns=turns, passed_over=tuple(passed_over))


def _parsed(text: str, path: Path) -> icalendar.Calendar:
    try:
        return icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError, KeyError) as error:
        quoted = re.search(r"'(.{3,}?)'", str(error))
        line = _line_with(text, quoted[1]) if quoted else 1
        why = _first_line(error)
        raise BadSettings(f"{path}:{line}: not an iCalendar file: {why}") from error


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]


def _line_with(text: str, part: str) -> int:
    found = (number for number, line in enumerate(text.splitlines(), 1) if part[:40] in line)
    return next(found, 1)


def _name(event: Any) -> tuple[str, str]:
    """What tells an event of a calendar from others: also a changed one of a series."""
    changed = event.get("RECURRENCE-ID")
    return str(event.get("UID", "")), str(changed.dt) if changed is not None else ""


def _check(event: Any, place: str) -> None:
    """Whether an event can be worked out at all.

    Raises:
        BadSettings: a value of it cannot be read, or it repeats every minute.
    """
    for name, problem in getattr(event, "errors", ()):
        raise BadSettings(f"{place}: {f'{name}: ' if name else ''}{_first_line(problem)}")
    if event.get("DTSTART") is None:
        raise BadSettings(f"{place}: DTSTART is missing")
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        value = event.get(name)
        zone = value.params.get("TZID") if value is not None else None
        if zone and isinstance(value.dt, datetime) and value.dt.tzinfo is None:
            raise BadSettings(f"{place}: {name}: the time zone {str(zone)!r} is not known")
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        often = {str(each).upper() for each in rule.get("FREQ", ())} & TOO_OFTEN
        if often:
            raise BadSettings(f"{place}: RRULE: nobody's turn comes {often.pop().lower()}")


def _who(event: Any) -> Iterator[tuple[str, Duty]]:
    """Who has a turn as what: `Supervisor: Pat Green, Kim Moss`."""
    summary = str(event.get("SUMMARY", "")).strip()
    head, colon, rest = summary.partition(":")
    duty = duty_of(head) if colon else None
    names = rest if duty else summary
    if duty is None:
        duty = next((found for each in _categories(event) if (found := duty_of(each))), None)
    if duty is not None:
        yield from ((name.strip(), duty) for name in names.split(",") if name.strip())


def _categories(event: Any) -> list[str]:
    given = event.get("CATEGORIES") or []
    lists = given if isinstance(given, list) else [given]
    return [str(word) for each in lists for word in getattr(each, "cats", ())]


def _turns(event: Any, places: dict[tuple[str, str], str], zone: tzinfo) -> Iterator[Turn]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    place = places.get(_name(event)) or places.get((_name(event)[0], ""), "")
    starts, ends = _local(event.start, zone), _local(event.end, zone)
    people = list(_who(event))
    mails = _mails(event) if len(people) == 1 else []
    for who, duty in people:
        mail = mails[0] if mails else ""
        yield checked(Turn(who=who, duty=duty, starts=starts, ends=ends, mail=mail, place=place))


def _local(value: date, zone: tzinfo) -> datetime:
    """A time without a zone is meant where the desk is; a whole day begins there."""
    if not isinstance(value, datetime):
        return midnight(value, zone)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _mails(event: Any) -> list[str]:
    given = event.get("ATTENDEE") or []
    people = given if isinstance(given, list) else [given]
    found = (str(each).partition(":") for each in people)
    return [rest.strip() for scheme, _, rest in found if scheme.lower() == "mailto"]
