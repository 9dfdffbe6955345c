"""Citizen records and prior links as files: JSON lines or CSV, read strictly, line by line.

A row that cannot be read is yielded as `BadInput` with its line and field, and reading goes on.
A CSV column for a list holds JSON or values separated by semicolons.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal

from triage.errors import BadInput
from triage.model import Address, Handle, Person, PriorLink, SafeContact

Format = Literal["jsonl", "csv"]
Lines = Iterable[str | bytes]
Raw = Mapping[str, Any]

TEXTS = ("forename", "middle_names", "surname", "preferred_name", "sex")
LISTS = ("aliases", "phones", "emails", "vehicles")
MAX_TEXT = 2000
MAX_KEY = 255
UK_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE)


def read_people(
    lines: Lines, *, name: str = "records", file_format: Format | None = None
) -> Iterator[Person | BadInput]:
    """Each row as a person, or as what is wrong with it. The format is seen from the first line."""
    return _read(lines, name, file_format, person_from)


def read_prior_links(
    lines: Lines, *, name: str = "prior links", file_format: Format | None = None
) -> Iterator[PriorLink | BadInput]:
    """Each row as a link that a human confirmed, or as what is wrong with it."""
    return _read(lines, name, file_format, _prior_link)


def _read(
    lines: Lines, name: str, file_format: Format | None, make: Callable[[Raw, str], Any]
) -> Iterator[Any]:
    texts = _decoded(lines)
    first = next(texts, "")
    while first and not first.strip():
        first = next(texts, "")
    if not first:
        return
    everything = _chain(first, texts)
    if (file_format or _looks_like(first)) == "jsonl":
        rows = _json_rows(everything, name)
    else:
        rows = _csv_rows(everything, name)
    for where, row in rows:
        try:
            yield make(row, where) if not isinstance(row, BadInput) else row
        except BadInput as error:
            yield error


def _decoded(lines: Lines) -> Iterator[str]:
    for number, line in enumerate(lines):
        text = line.decode("utf-8", "surrogateescape") if isinstance(line, bytes) else line
        yield text.removeprefix("\ufeff") if number == 0 else text


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _looks_like(line: str) -> Format:
    return "jsonl" if line.lstrip().startswith("{") else "csv"


def _json_rows(lines: Iterator[str], name: str) -> Iterator[tuple[str, Raw | BadInput]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}: line {number}"
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield where, BadInput(where, f"not valid JSON: {error}")
            continue
        yield where, raw if isinstance(raw, dict) else BadInput(where, "not a JSON object")


def _csv_rows(lines: Iterator[str], name: str) -> Iterator[tuple[str, Raw | BadInput]]:
    reader = csv.reader(lines)
    header: list[str] | None = None
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = f"{name}: line {reader.line_num}"
            yield where, BadInput(where, f"not valid CSV: {error}")
            continue
        where = f"{name}: line {reader.line_num}"
        if header is None:
            header = [cell.strip().casefold() for cell in row]
        elif any(cell.strip() for cell in row):
            yield where, _csv_row(header, row, where)


def _csv_row(header: list[str], row: list[str], where: str) -> Raw | BadInput:
    if len(row) > len(header):
        return BadInput(where, f"has {len(row)} columns, the header {len(header)}")
    return {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}


# --- one row --------------------------------------------------------------------------------------


def person_from(raw: Raw, where: str) -> Person:
    """A decoded row as a person. Only `record_id` is required; unknown fields are passed over.

    Raises:
        BadInput: names `where` and the field.
    """
    plain: dict[str, Any] = {name: _text(raw, name, where) for name in TEXTS}
    plain |= {name: _texts(raw, name, where) for name in LISTS}
    return Person(
        record_id=_required(raw, "record_id", where),
        date_of_birth=_date(raw, "date_of_birth", where),
        addresses=tuple(_address(each, where) for each in _list(raw, "addresses", where)),
        handles=tuple(_handle(each, where) for each in _list(raw, "handles", where)),
        markers=tuple(_marker(each) for each in _texts(raw, "markers", where)),
        safe_contact=_safe_contact(raw, where),
        cases=tuple(_object(each, "cases", where) for each in _list(raw, "cases", where)),
        **plain,
    )


def _prior_link(raw: Raw, where: str) -> PriorLink:
    confirmed_at = _time(raw, "confirmed_at", where)
    if confirmed_at is None:
        raise BadInput(f"{where}: confirmed_at", "missing")
    return PriorLink(
        platform=_required(raw, "platform", where),
        account_id=_required(raw, "account_id", where),
        record_id=_required(raw, "record_id", where),
        confirmed_by=_required(raw, "confirmed_by", where),
        confirmed_at=confirmed_at,
        expires_at=_time(raw, "expires_at", where),
    )


def _address(raw: Any, where: str) -> Address:
    if isinstance(raw, str):
        found = POSTCODE.search(raw)
        line = (raw[: found.start()] + raw[found.end() :]) if found else raw
        return Address(line=line.strip(" ,"), postcode=found[0].upper() if found else "")
    inner, place = _object(raw, "addresses", where), f"{where}: addresses"
    return Address(
        line=_text(inner, "line", place),
        postcode=_text(inner, "postcode", place),
        current=_flag(inner, "current", place, default=True),
    )


def _handle(raw: Any, where: str) -> Handle:
    if isinstance(raw, str):
        platform, colon, handle = raw.partition(":")
        if not colon:
            raise BadInput(f"{where}: handles", "must be written platform:handle")
        return Handle(platform=platform.strip().casefold(), handle=handle.strip())
    inner, place = _object(raw, "handles", where), f"{where}: handles"
    return Handle(
        platform=_required(inner, "platform", place).casefold(),
        handle=_text(inner, "handle", place),
        account_id=_text(inner, "account_id", place),
    )


def _safe_contact(raw: Raw, where: str) -> SafeContact | None:
    value = _maybe_json(raw.get("safe_contact"), f"{where}: safe_contact")
    if value is None:
        return None
    inner, place = _object(value, "safe_contact", where), f"{where}: safe_contact"
    days = tuple(_list(inner, "days", place))
    if not all(_is_int(day) and 0 <= day <= 6 for day in days):
        raise BadInput(f"{place}: days", "must be numbers from 0 (Monday) to 6")
    return SafeContact(
        channels=_texts(inner, "channels", place),
        days=days,
        from_hour=_hour(inner, "from_hour", place),
        to_hour=_hour(inner, "to_hour", place),
        codeword=_text(inner, "codeword", place),
        public_reply=_flag(inner, "public_reply", place, default=False),
        note=_text(inner, "note", place),
        set_by=_text(inner, "set_by", place),
        set_at=_time(inner, "set_at", place),
        expires_at=_time(inner, "expires_at", place),
    )


def _marker(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().casefold())


# --- one field ------------------------------------------------------------------------------------


def _text(raw: Raw, field: str, where: str) -> str:
    return _as_text(raw.get(field), f"{where}: {field}")


def _as_text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if _is_int(value):
        return str(value)
    if not isinstance(value, str):
        raise BadInput(where, f"must be a string, not {type(value).__name__}")
    if "\x00" in value or not _is_unicode(value):
        raise BadInput(where, "holds characters that are not text")
    if len(value) > MAX_TEXT:
        raise BadInput(where, f"is longer than {MAX_TEXT} characters")
    return value.strip()


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _required(raw: Raw, field: str, where: str) -> str:
    value = _text(raw, field, where)
    if not value:
        raise BadInput(f"{where}: {field}", "missing")
    if len(value) > MAX_KEY or not value.isprintable():
        raise BadInput(f"{where}: {field}", f"must be up to {MAX_KEY} printable characters")
    return value


def _list(raw: Raw, field: str, where: str) -> list[Any]:
    value = raw.get(field)
    if isinstance(value, str):
        value = _listed(value, f"{where}: {field}")
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadInput(f"{where}: {field}", f"must be a list, not {type(value).__name__}")
    return value


def _listed(text: str, where: str) -> Any:
    if text.lstrip().startswith(("[", "{")):
        value = _maybe_json(text, where)
        return value if isinstance(value, list) else [value]
    return [part.strip() for part in text.split(";") if part.strip()]


def _maybe_json(value: Any, where: str) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"not valid JSON: {error}") from error


def _texts(raw: Raw, field: str, where: str) -> tuple[str, ...]:
    found = (_as_text(each, f"{where}: {field}") for each in _list(raw, field, where))
    return tuple(text for text in found if text)


def _object(value: Any, field: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{where}: {field}", "must hold objects")
    return value


def _flag(raw: Raw, field: str, where: str, *, default: bool) -> bool:
    value = raw.get(field, default)
    if not isinstance(value, bool):
        raise BadInput(f"{where}: {field}", "must be true or false")
    return value


def _hour(raw: Raw, field: str, where: str) -> int | None:
    value = raw.get(field)
    if value is None:
        return None
    if not _is_int(value) or not 0 <= value <= 24:
        raise BadInput(f"{where}: {field}", "must be an hour from 0 to 24")
    hour: int = value
    return hour


def _date(raw: Raw, field: str, where: str) -> date | None:
    text = _text(raw, field, where)
    if not text:
        return None
    british = UK_DATE.fullmatch(text)
    try:
        if british:
            day, month, year = (int(part) for part in british.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{where}: {field}", "not a date like 1984-03-21") from error


def _time(raw: Raw, field: str, where: str) -> datetime | None:
    text = _text(raw, field, where)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{where}: {field}", "not an ISO 8601 time") from error
    if moment.utcoffset() is None:
        raise BadInput(f"{where}: {field}", "time has no zone")
    return moment
