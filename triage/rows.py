"""Rows of JSON lines or CSV, and their fields, read strictly: every error names its place."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from triage.errors import BadInput
from triage.items import clean_text

Raw = Mapping[str, Any]
Row = tuple[str, Raw | BadInput]
"""A place ("records.jsonl: line 3") and what stands there, or what is wrong with it."""

CONTROL = tuple(map(chr, (*range(0x1C, 0x20), 0x7F)))
"""Separators of old tapes: no text holds them, and the index of records uses one."""

LIST_SEPARATOR = re.compile(r"[;|]")
UK_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
PART_OF_DATE = re.compile(r"\d{4}(?:-(?:\d{2}|00)(?:-00)?)?")
MAX_TEXT, MAX_ID = 2000, 255


def rows(lines: Iterable[str | bytes], name: str) -> Iterator[Row]:
    """The rows of a file, its format seen from the first line; empty lines are passed over."""
    decoded = _decoded(lines, name)
    first = next(
        (each for each in decoded if isinstance(each[1], BadInput) or each[1].strip()), None
    )
    if first is None:
        return
    if isinstance(first[1], str) and first[1].lstrip().startswith("["):
        yield first[0], BadInput(first[0], "a JSON array: one JSON object a line is wanted")
        return
    everything = chain([first], decoded)
    if isinstance(first[1], str) and not first[1].lstrip().startswith("{"):
        yield from _csv_rows(everything, name)
    else:
        yield from _json_rows(everything)


def json_rows(lines: Iterable[str | bytes], name: str, *, first: int = 1) -> Iterator[Row]:
    """The rows of a piece of a file of JSON lines, whose first line has this number."""
    return _json_rows(_decoded(lines, name, first))


def _decoded(
    lines: Iterable[str | bytes], name: str, first: int = 1
) -> Iterator[tuple[str, str | BadInput]]:
    for number, line in enumerate(lines, first):
        where = f"{name}: line {number}"
        try:
            text = line.decode() if isinstance(line, bytes) else line
            text.encode()
        except UnicodeError:
            yield where, BadInput(where, "not UTF-8 text")
            continue
        yield where, text.removeprefix("\ufeff") if number == 1 else text


def _json_rows(lines: Iterable[tuple[str, str | BadInput]]) -> Iterator[Row]:
    for where, line in lines:
        if isinstance(line, BadInput):
            yield where, line
        elif line.strip():
            yield where, _json_row(line, where)


def _json_row(line: str, where: str) -> Raw | BadInput:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadInput(where, f"not valid JSON: {error}")
    return raw if isinstance(raw, dict) else BadInput(where, "not a JSON object")


def _csv_rows(lines: Iterable[tuple[str, str | BadInput]], name: str) -> Iterator[Row]:
    """A header line, then rows; a quoted cell may run over lines."""
    wrong: list[BadInput] = []

    def texts() -> Iterator[str]:
        for _, line in lines:
            if isinstance(line, BadInput):
                wrong.append(line)
                yield "\n"
            else:
                yield line

    reader = csv.reader(texts(), strict=True)
    header: list[str] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            where = f"{name}: line {reader.line_num}"
            yield where, BadInput(where, f"not valid CSV: {error}")
            continue
        where = f"{name}: line {reader.line_num}"
        if not header:
            header = [cell.strip().casefold() for cell in cells]
        elif any(cell.strip() for cell in cells):
            yield where, _csv_row(header, cells, where)
    yield from ((error.where, error) for error in wrong)


def _csv_row(header: Sequence[str], cells: Sequence[str], where: str) -> Raw | BadInput:
    if len(cells) > len(header):
        return BadInput(where, f"has {len(cells)} columns, the header {len(header)}")
    return {key: cell.strip() for key, cell in zip(header, cells, strict=False) if cell.strip()}


# --- fields ---------------------------------------------------------------------------------------


def text(raw: Raw, field: str, where: str) -> str:
    """A string or whole number; "" where it is missing."""
    value = raw.get(field)
    return "" if value is None else plain(value, f"{where}: {field}")


def plain(value: Any, where: str) -> str:
    """A string or whole number as text without blanks around it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadInput(where, f"must be a string, not {type(value).__name__}")
    if not value.isprintable() and _is_no_text(value):
        raise BadInput(where, "holds characters that are not text")
    if len(value) > MAX_TEXT:
        raise BadInput(where, f"is longer than {MAX_TEXT} characters")
    return value.strip()


def _is_no_text(value: str) -> bool:
    return clean_text(value) != value or any(mark in value for mark in CONTROL)


def required(raw: Raw, field: str, where: str) -> str:
    """A key: there, and not longer than an index takes."""
    value = text(raw, field, where)
    if not value:
        raise BadInput(f"{where}: {field}", "missing")
    if len(value) > MAX_ID:
        raise BadInput(f"{where}: {field}", f"is longer than {MAX_ID} characters")
    return value


def texts(raw: Raw, field: str, where: str, *, inner: Sequence[str] = ()) -> tuple[str, ...]:
    """A list of strings, or of objects that hold the string under one of the `inner` keys."""
    if field not in raw:
        return ()
    found = []
    for value in listed(raw, field, where):
        if isinstance(value, dict):
            value = next((value[key] for key in inner if value.get(key)), value)
        found.append(plain(value, f"{where}: {field}"))
    return tuple(each for each in found if each)


def listed(raw: Raw, field: str, where: str) -> list[Any]:
    """A list; in CSV written as JSON or with semicolons."""
    if raw.get(field) is None:
        return []
    value = from_json(raw[field], f"{where}: {field}")
    if isinstance(value, str):
        return [part.strip() for part in LIST_SEPARATOR.split(value) if part.strip()]
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise BadInput(f"{where}: {field}", f"must be a list, not {type(value).__name__}")
    return value


def objects(raw: Raw, field: str, where: str, *, key: str) -> list[tuple[str, Raw]]:
    """A list of objects, each with its place; a plain string is the object's `key`."""
    found: list[tuple[str, Raw]] = []
    for index, value in enumerate(listed(raw, field, where)):
        place = f"{where}: {field}[{index}]"
        if isinstance(value, str):
            found.append((place, {key: value}))
        elif isinstance(value, dict):
            found.append((place, value))
        else:
            raise BadInput(place, f"must be an object, not {type(value).__name__}")
    return found


def from_json(value: Any, where: str) -> Any:
    """What a CSV cell holds as JSON text; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"not valid JSON: {error}") from error


def flag(raw: Raw, field: str, where: str, *, default: bool) -> bool:
    """True or false, also as the words CSV has for them."""
    value = raw.get(field)
    if value is None:
        return default
    if isinstance(value, str) and value.lower() in {"true", "yes", "1", "false", "no", "0"}:
        return value.lower() in {"true", "yes", "1"}
    if not isinstance(value, bool):
        raise BadInput(f"{where}: {field}", "must be true or false")
    return value


def day(raw: Raw, field: str, where: str) -> date | None:
    """A date, ISO or British; None where it is missing or only its year is known."""
    written = text(raw, field, where)
    if not written or PART_OF_DATE.fullmatch(written):
        return None
    british = UK_DATE.fullmatch(written)
    try:
        if british:
            return date(int(british[3]), int(british[2]), int(british[1]))
        return datetime.fromisoformat(written).date()
    except ValueError as error:
        raise BadInput(f"{where}: {field}", "not a date like 1984-03-21") from error


def moment(raw: Raw, field: str, where: str) -> datetime | None:
    """A time with its zone; a date alone is its beginning in UTC."""
    written = text(raw, field, where)
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadInput(f"{where}: {field}", "not an ISO 8601 time") from error
    if found.utcoffset() is not None:
        return found
    if len(written) == len("2026-11-23"):
        return found.replace(tzinfo=UTC)
    raise BadInput(f"{where}: {field}", "time has no zone")
