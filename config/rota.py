"""Rota files (docs/howto/on-call-rota.md): TOML and CSV; calendars by config/rota_calendar.py."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from config.sources import read_toml
from triage.errors import BadSettings
from triage.rota import Duty, Turn, in_order

FIELDS = ("who", "role", "from", "to", "mail")
MUST = FIELDS[:4]
MAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*turn[ \t]*\]\]", re.MULTILINE)

Turns = Callable[[datetime, datetime], Sequence[Turn]]
"""The turns of a file that cover some of the time between two moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaFile:
    """What a file says. `passed_over` names entries of a calendar that are no turn of duty."""

    turns: Turns
    passed_over: tuple[str, ...] = ()


def read_rota(path: Path, zone: tzinfo) -> RotaFile:
    """A rota file, by how its name ends: .toml, .csv or .ics.

    Times without a zone are meant in `zone`.

    Raises:
        BadSettings: names the file, the line, and what is wrong there.
    """
    match path.suffix.lower():
        case ".toml":
            return _listed(_from_toml(path, zone))
        case ".csv":
            return _listed(_from_csv(path, zone))
        case ".ics":
            from config.rota_calendar import read_calendar

            return read_calendar(path, zone)
        case _:
            raise BadSettings(f"{path}: a rota is a .toml, .csv or .ics file")


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        BadSettings: it cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{path}: not a text in UTF-8") from error


def duty_of(said: str) -> Duty | None:
    """A duty as people write it: `Duty officer`, `duty_officer`; None for anything else."""
    word = re.sub(r"[\s_-]+", "_", said.strip().casefold())
    return Duty(word) if word in set(Duty) else None


def overlapping(turns: Sequence[Turn], start: datetime, end: datetime) -> list[Turn]:
    """Those that cover some of the time."""
    return [each for each in turns if each.starts < end and each.ends > start]


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins there."""
    return datetime.combine(day, time(), tzinfo=zone)


def _listed(turns: Iterator[Turn]) -> RotaFile:
    kept = in_order(turns)
    return RotaFile(turns=lambda start, end: overlapping(kept, start, end))


# --- TOML -----------------------------------------------------------------------------------------


def _from_toml(path: Path, zone: tzinfo) -> Iterator[Turn]:
    tree = read_toml(path)
    unknown = next((name for name in tree if name != "turn"), None)
    if unknown is not None:
        raise BadSettings(f"{path}: {unknown}: a rota has only [[turn]] tables")
    tables = tree.get("turn", [])
    if not isinstance(tables, list):
        raise BadSettings(f"{path}: write [[turn]], one for each")
    text = text_of(path)
    lines = [text.count("\n", 0, found.start()) + 1 for found in _TABLE.finditer(text)]
    for number, table in enumerate(tables):
        line = lines[number] if number < len(lines) else number + 1
        yield _turn(table, f"{path}:{line}", zone)


# --- CSV ------------------------------------------------------------------------------------------


def _from_csv(path: Path, zone: tzinfo) -> Iterator[Turn]:
    rows = csv.DictReader(io.StringIO(text_of(path), newline=""), restkey="", strict=True)
    try:
        header = [name.strip().casefold() for name in rows.fieldnames or ()]
        missing = [name for name in MUST if name not in header]
        if missing:
            needs = f"the header needs {', '.join(MUST)}; {missing[0]} is missing"
            raise BadSettings(f"{path}:1: {needs}")
        rows.fieldnames = header
        for row in rows:
            given = {name: value for name, value in row.items() if value}
            if "" in given:
                raise BadSettings(f"{path}:{rows.line_num}: more values than the header has names")
            yield _turn(given, f"{path}:{rows.line_num}", zone)
    except csv.Error as error:
        raise BadSettings(f"{path}:{rows.line_num}: not CSV: {error}") from error


# --- one turn -------------------------------------------------------------------------------------


def _turn(given: Mapping[str, Any], place: str, zone: tzinfo) -> Turn:
    unknown = next((name for name in given if name not in FIELDS), None)
    if unknown is not None:
        raise BadSettings(f"{place}: {unknown}: unknown; a turn has {', '.join(FIELDS)}")
    missing = next((name for name in MUST if not str(given.get(name, "")).strip()), None)
    if missing is not None:
        raise BadSettings(f"{place}: {missing} is missing")
    duty, mail = duty_of(str(given["role"])), str(given.get("mail", "")).strip()
    if duty is None:
        known = ", ".join(each.value for each in Duty)
        raise BadSettings(f"{place}: role: {str(given['role'])!r} is none of {known}")
    starts, _ = _moment(given["from"], f"{place}: from", zone)
    last, whole_day = _moment(given["to"], f"{place}: to", zone)
    ends = midnight(last.date() + timedelta(days=1), zone) if whole_day else last
    return checked(
        Turn(
            who=str(given["who"]).strip(),
            duty=duty,
            starts=starts,
            ends=ends,
            mail=mail,
            place=place,
        )
    )


def checked(turn: Turn) -> Turn:
    """The turn in UTC, if it can be one: times of one zone compare by the wall clock, which
    stands still for an hour in autumn.

    Raises:
        BadSettings: it ends before it begins, or its address is none.
    """
    turn = replace(turn, starts=turn.starts.astimezone(UTC), ends=turn.ends.astimezone(UTC))
    if turn.ends <= turn.starts:
        raise BadSettings(f"{turn.place}: it ends before it begins")
    if turn.mail and not MAIL.fullmatch(turn.mail):
        raise BadSettings(f"{turn.place}: mail: {turn.mail!r} is no address")
    return turn


def _moment(value: object, place: str, zone: tzinfo) -> tuple[datetime, bool]:
    """A time as it was written, and whether it was only a day."""
    if isinstance(value, str):
        value = _parsed(value.strip(), place)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone), False
    if isinstance(value, date):
        return midnight(value, zone), True
    raise BadSettings(f"{place}: {value!r} is no time: write 2026-11-23 06:00")


def _parsed(value: str, place: str) -> date:
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(value)
        except ValueError:
            continue
    raise BadSettings(f"{place}: {value!r} is no time: write 2026-11-23 06:00")
