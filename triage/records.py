"""Citizen records and earlier links as JSON or CSV: the shapes of DESIGN.md section 3.

What is missing stays missing. What cannot be read is an error that names line and field,
because a record read half is a wrong link later.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from triage.errors import BadInput
from triage.items import clean_text
from triage.model import Address, Handle, Person, PriorLink, SafeContact

LIST_SEPARATOR = re.compile(r"[;|]")
UK_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::(\d{2}))?")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# --- files ----------------------------------------------------------------------------------------


def read_people(lines: Iterable[str], name: str) -> Iterator[Person]:
    """Records from JSON lines or CSV with a header line; `name` is what errors call the file.

    In CSV, lists are separated by `;` or written as JSON, and one address may stand in the
    columns `address` (or `address_line`) and `postcode`.

    Raises:
        BadInput: names the line and the field, or a record id that comes twice.
    """
    seen: dict[str, str] = {}
    for where, raw in _rows(lines, name):
        person = parse_person(raw, where)
        if person.record_id in seen:
            what = f"{person.record_id!r} was given before, at {seen[person.record_id]}"
            raise BadInput(f"{where}: record_id", what)
        seen[person.record_id] = where
        yield person


def read_prior_links(lines: Iterable[str], name: str) -> Iterator[PriorLink]:
    """Earlier links from JSON lines or CSV. Raises BadInput, naming the line and the field."""
    return (parse_prior_link(raw, where) for where, raw in _rows(lines, name))


def _rows(lines: Iterable[str], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        return
    start, line = first[0], first[1].removeprefix("\ufeff")
    if line.lstrip().startswith("{"):
        for number, each in chain([(start, line)], numbered):
            where = f"{name} line {number}"
            yield where, _json_object(each, where)
        return
    yield from _csv_rows(chain([line], (each for _, each in numbered)), name, start)


def _csv_rows(
    lines: Iterable[str], name: str, start: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(lines, strict=True)
    try:
        for row in reader:
            where = f"{name} line {start - 1 + reader.line_num}"
            if None in row:
                raise BadInput(where, "more fields than the header names")
            yield where, {key.strip(): value for key, value in row.items() if value}
    except csv.Error as error:
        raise BadInput(f"{name} line {start - 1 + reader.line_num}", f"not CSV: {error}") from error


def _json_object(line: str, where: str) -> Mapping[str, Any]:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise BadInput(where, "not a JSON object")
    return raw


# --- one record -----------------------------------------------------------------------------------


def parse_person(raw: Mapping[str, Any], where: str) -> Person:
    """A decoded object or CSV row as a record. Unknown fields are passed over.

    Raises:
        BadInput: names `where` and the field.
    """
    record_id = _string(raw, "record_id", where)
    if not record_id:
        raise BadInput(f"{where}: record_id", "missing")
    return Person(
        record_id=record_id,
        forename=_string(raw, "forename", where),
        middle_names=_string(raw, "middle_names", where),
        surname=_string(raw, "surname", where),
        preferred_name=_string(raw, "preferred_name", where),
        aliases=_strings(raw, "aliases", where),
        date_of_birth=_date(raw, "date_of_birth", where),
        sex=_string(raw, "sex", where),
        addresses=_addresses(raw, where),
        phones=_strings(raw, "phones", where),
        emails=_strings(raw, "emails", where),
        handles=tuple(_handle(each, inner) for inner, each in _objects(raw, "handles", where)),
        vehicles=_strings(raw, "vehicles", where),
        markers=_strings(raw, "markers", where),
        safe_contact=_safe_contact(raw, where),
        cases=tuple(each for _, each in _objects(raw, "cases", where, key="reference")),
    )


def parse_prior_link(raw: Mapping[str, Any], where: str) -> PriorLink:
    """A decoded object as the link a human confirmed.

    Raises:
        BadInput: names `where` and the field.
    """
    needed = {
        key: _string(raw, key, where)
        for key in ("platform", "account_id", "record_id", "confirmed_by")
    }
    for key, value in needed.items():
        if not value:
            raise BadInput(f"{where}: {key}", "missing")
    confirmed_at = _moment(raw, "confirmed_at", where)
    if confirmed_at is None:
        raise BadInput(f"{where}: confirmed_at", "missing")
    return PriorLink(
        **needed, confirmed_at=confirmed_at, expires_at=_moment(raw, "expires_at", where)
    )


def person_json(person: Person) -> dict[str, Any]:
    """The record as a JSON object, from which `parse_person` makes it again. Empty is left out."""
    safe = person.safe_contact
    whole = {
        "record_id": person.record_id,
        "forename": person.forename,
        "middle_names": person.middle_names,
        "surname": person.surname,
        "preferred_name": person.preferred_name,
        "aliases": list(person.aliases),
        "date_of_birth": person.date_of_birth.isoformat() if person.date_of_birth else "",
        "sex": person.sex,
        "addresses": [
            {"line": each.line, "postcode": each.postcode, "current": each.current}
            for each in person.addresses
        ],
        "phones": list(person.phones),
        "emails": list(person.emails),
        "handles": [
            {"platform": each.platform, "handle": each.handle, "account_id": each.account_id}
            for each in person.handles
        ],
        "vehicles": list(person.vehicles),
        "markers": list(person.markers),
        "safe_contact": _safe_contact_json(safe) if safe else {},
        "cases": [dict(each) for each in person.cases],
    }
    return {key: value for key, value in whole.items() if value}


def _safe_contact_json(safe: SafeContact) -> dict[str, Any]:
    return {
        "channels": list(safe.channels),
        "days": list(safe.days),
        "from_hour": safe.from_hour,
        "to_hour": safe.to_hour,
        "codeword": safe.codeword,
        "public_reply": safe.public_reply,
        "note": safe.note,
        "set_by": safe.set_by,
        "set_at": safe.set_at.isoformat() if safe.set_at else None,
        "expires_at": safe.expires_at.isoformat() if safe.expires_at else None,
    }


# --- parts of a record ----------------------------------------------------------------------------


def _addresses(raw: Mapping[str, Any], where: str) -> tuple[Address, ...]:
    listed = tuple(
        Address(
            line=_string(each, "line", inner),
            postcode=_string(each, "postcode", inner),
            current=_flag(each, "current", inner, default=True),
        )
        for inner, each in _objects(raw, "addresses", where, key="line")
    )
    line = _string(raw, "address", where) or _string(raw, "address_line", where)
    postcode = _string(raw, "postcode", where)
    return (*listed, Address(line=line, postcode=postcode)) if line or postcode else listed


def _handle(raw: Mapping[str, Any], where: str) -> Handle:
    platform = _string(raw, "platform", where)
    if not platform:
        raise BadInput(f"{where}: platform", "missing")
    return Handle(
        platform=platform.lower(),
        handle=_string(raw, "handle", where),
        account_id=_string(raw, "account_id", where),
    )


def _safe_contact(raw: Mapping[str, Any], where: str) -> SafeContact | None:
    value = _json_in_text(raw.get("safe_contact"), f"{where}: safe_contact")
    if not value:
        return None
    inner = f"{where}: safe_contact"
    if not isinstance(value, dict):
        raise BadInput(inner, "must be an object")
    from_hour, to_hour = _hours(value, inner)
    return SafeContact(
        channels=_strings(value, "channels", inner),
        days=_days(value, inner),
        from_hour=from_hour,
        to_hour=to_hour,
        codeword=_string(value, "codeword", inner),
        public_reply=_flag(value, "public_reply", inner, default=False),
        note=_note(value, inner),
        set_by=_string(value, "set_by", inner),
        set_at=_moment(value, "set_at", inner),
        expires_at=_moment(value, "expires_at", inner),
    )


def _note(raw: Mapping[str, Any], where: str) -> str:
    note = _string(raw, "note", where)
    silent = "leave_message" in raw and not _flag(raw, "leave_message", where, default=True)
    return "; ".join(part for part in (note, "leave no message" if silent else "") if part)


def _hours(raw: Mapping[str, Any], where: str) -> tuple[int | None, int | None]:
    """Whole hours inside which contact is safe: `09:30-14:30` is safe from 10 to 14."""
    if "hours" not in raw:
        return _hour(raw, "from_hour", where), _hour(raw, "to_hour", where)
    text = _string(raw, "hours", where)
    match = HOURS.fullmatch(text)
    if match is None:
        raise BadInput(f"{where}: hours", f"must be like 09:00-17:00, not {text[:40]!r}")
    start, past, end, _ = match.groups()
    from_hour = int(start) + (1 if past and int(past) else 0)
    if from_hour > 24 or int(end) > 24:
        raise BadInput(f"{where}: hours", f"no such hour: {text[:40]!r}")
    return from_hour, int(end)


def _hour(raw: Mapping[str, Any], field: str, where: str) -> int | None:
    text = _string(raw, field, where)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > 24:
        raise BadInput(f"{where}: {field}", f"must be an hour from 0 to 24, not {text[:40]!r}")
    return int(text)


def _days(raw: Mapping[str, Any], where: str) -> tuple[int, ...]:
    return tuple(_day(text, f"{where}: days") for text in _strings(raw, "days", where))


def _day(text: str, where: str) -> int:
    if text in {"0", "1", "2", "3", "4", "5", "6"}:
        return int(text)
    if text[:3].lower() in DAYS:
        return DAYS.index(text[:3].lower())
    raise BadInput(where, f"must be mon to sun or 0 to 6, not {text[:40]!r}")


# --- fields ---------------------------------------------------------------------------------------


def _string(raw: Mapping[str, Any], field: str, where: str) -> str:
    value = raw.get(field)
    if value is None:
        return ""
    return _plain(value, f"{where}: {field}")


def _plain(value: Any, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadInput(where, f"must be a string, not {type(value).__name__}")
    return clean_text(value).strip()[:1000]


def _strings(raw: Mapping[str, Any], field: str, where: str) -> tuple[str, ...]:
    inner = f"{where}: {field}"
    value = _json_in_text(raw.get(field), inner)
    if value is None:
        return ()
    if isinstance(value, str):
        value = LIST_SEPARATOR.split(value)
    if not isinstance(value, list):
        raise BadInput(inner, f"must be a list, not {type(value).__name__}")
    return tuple(text for each in value if (text := _plain(each, inner)))


def _objects(
    raw: Mapping[str, Any], field: str, where: str, *, key: str = ""
) -> list[tuple[str, Mapping[str, Any]]]:
    """The objects of a list, each with its place. Where a plain string stands, it is `key`."""
    inner = f"{where}: {field}"
    value = _json_in_text(raw.get(field), inner)
    if value is None:
        return []
    if isinstance(value, str):
        value = [each for each in LIST_SEPARATOR.split(value) if each.strip()]
    if not isinstance(value, list):
        raise BadInput(inner, f"must be a list, not {type(value).__name__}")
    found: list[tuple[str, Mapping[str, Any]]] = []
    for index, each in enumerate(value):
        place = f"{inner}[{index}]"
        if isinstance(each, str) and key:
            found.append((place, {key: each.strip()}))
        elif isinstance(each, dict):
            found.append((place, each))
        else:
            raise BadInput(place, f"must be an object, not {type(each).__name__}")
    return found


def _json_in_text(value: Any, where: str) -> Any:
    """CSV cells hold lists and objects as JSON text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"not valid JSON: {error}") from error


def _flag(raw: Mapping[str, Any], field: str, where: str, *, default: bool) -> bool:
    value = raw.get(field, default)
    if isinstance(value, str) and value.lower() in {"true", "yes", "1", "false", "no", "0"}:
        return value.lower() in {"true", "yes", "1"}
    if value is None:
        return default
    if not isinstance(value, bool):
        raise BadInput(f"{where}: {field}", f"must be true or false, not {type(value).__name__}")
    return value


def _date(raw: Mapping[str, Any], field: str, where: str) -> date | None:
    text = _string(raw, field, where)
    if not text:
        return None
    match = UK_DATE.fullmatch(text)
    try:
        if match:
            day, month, year = map(int, match.groups())
            return date(year, month, day)
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise BadInput(f"{where}: {field}", f"not a date: {text[:40]!r}") from error


def _moment(raw: Mapping[str, Any], field: str, where: str) -> datetime | None:
    """A time with its zone; a date alone is its beginning in UTC."""
    text = _string(raw, field, where)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{where}: {field}", f"not an ISO 8601 time: {text[:40]!r}") from error
    if moment.utcoffset() is not None:
        return moment
    if len(text) == len("2026-11-23"):
        return moment.replace(tzinfo=UTC)
    raise BadInput(f"{where}: {field}", f"time has no zone: {text[:40]!r}")
