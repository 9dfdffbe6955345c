"""A citizen record out of the columns of another system.

Which column is which field is settings; what a record is stays in `triage/records.py`. Lists may
stand in several columns, in one column with a separator, or in rows of their own that follow each
other and bear the same id.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from math import isfinite
from typing import Any
from uuid import UUID

from triage.errors import BadInput
from triage.model import Person
from triage.records import parse_person
from triage.rows import Raw, Row

TEXTS = (
    "record_id", "forename", "middle_names", "surname", "preferred_name", "date_of_birth", "sex",
)  # fmt: skip
LISTS = ("aliases", "phones", "emails", "vehicles", "markers")
OBJECTS = ("addresses", "handles", "cases")
LITERAL = "="
"""A "column" that begins with it is no column but what shall stand there: `=x`."""

JOINED_BY_COMMAS = ("line", "whole")

LARGEST = 10**18

Parts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns fill which field of a record.

    `plain` are texts, joined by blanks, and lists; `objects` the addresses, handles and cases,
    each part by its columns. `date_format` is read by `strptime`; without one, dates are ISO or
    British. Several values in one column are parted at `separator`, or stand there as JSON.
    """

    plain: Parts
    objects: Mapping[str, Sequence[Parts]] = field(default_factory=dict)
    safe_contact: Parts = field(default_factory=dict)
    date_format: str = ""
    separator: str = ";"

    def missing(self, names: Iterable[str]) -> list[str]:
        """The columns that are wanted and not among `names`, each once."""
        known = {name.casefold() for name in names}
        wanted = (name for names in self._all() for name in names if not _literal(name))
        return [name for name in dict.fromkeys(wanted) if name.casefold() not in known]

    def _all(self) -> Iterator[Sequence[str]]:
        yield from self.plain.values()
        for several in self.objects.values():
            for parts in several:
                yield from parts.values()
        yield from self.safe_contact.values()

    def of(self, field_name: str) -> str:
        """The columns of a field as an error names them, "" if it has none."""
        names = [*self.plain.get(field_name, ())]
        parts = [*self.objects.get(field_name, ())]
        parts += [self.safe_contact] if field_name == "safe_contact" else []
        names += [name for each in parts for several in each.values() for name in several]
        return ", ".join(name for name in dict.fromkeys(names) if not _literal(name))

    def id_of(self, row: Row) -> str:
        """The id of a row's record, "" where it cannot be told."""
        where, raw = row
        if isinstance(raw, BadInput):
            return ""
        try:
            return _joined(raw, self.plain["record_id"], where, " ")
        except BadInput:
            return ""

    def raw(self, row: Raw, where: str) -> dict[str, Any]:
        """A row, its columns in lower case, as `parse_person` reads it; lists are lists.

        Raises:
            BadInput: names `where` and the column.
        """
        found: dict[str, Any] = {}
        for name, columns in self.plain.items():
            if name in LISTS:
                found[name] = [one for each in columns for one in self._several(row, each, where)]
            elif name == "date_of_birth":
                found[name] = self._day(row, columns, where)
            else:
                found[name] = _joined(row, columns, where, " ")
        for name, several in self.objects.items():
            found[name] = [one for parts in several for one in self._objects(row, parts, where)]
        if self.safe_contact:
            found["safe_contact"] = self._object(row, self.safe_contact, where)
        return {name: value for name, value in found.items() if value}

    def _several(self, row: Raw, column: str, where: str) -> list[Any]:
        value = _cell(row, column, where)
        if isinstance(value, str) and value.startswith(("[", "{")):
            value = _json(value, f"{where}: {column}")
        if isinstance(value, str):
            parts = (part.strip() for part in value.split(self.separator))
            return [part for part in parts if part]
        return value if isinstance(value, list) else [value]

    def _objects(self, row: Raw, parts: Parts, where: str) -> list[Any]:
        if set(parts) == {"whole"}:
            wholes = [one for each in parts["whole"] for one in self._several(row, each, where)]
            return [{"whole": each} if isinstance(each, str) else each for each in wholes]
        return [each] if (each := self._object(row, parts, where)) else []

    def _object(self, row: Raw, parts: Parts, where: str) -> Any:
        """The parts that are there; nothing if only what stands in the settings is."""
        if set(parts) == {"whole"}:
            return next(iter(self._several(row, parts["whole"][0], where)), None)
        said = {
            name: _joined(row, columns, where, ", " if name in JOINED_BY_COMMAS else " ")
            for name, columns in parts.items()
        }
        told = any(said[name] and not all(map(_literal, parts[name])) for name in parts)
        return {name: value for name, value in said.items() if value} if told else None

    def _day(self, row: Raw, columns: Sequence[str], where: str) -> str:
        written = _joined(row, columns, where, " ")
        if not written or not self.date_format or _is_iso(written):
            return written
        try:
            read = datetime.strptime(written, self.date_format)  # noqa: DTZ007 - a day has no zone
        except ValueError as error:
            form = f"not a date like {self.date_format}"
            raise BadInput(f"{where}: date_of_birth ({', '.join(columns)})", form) from error
        return read.date().isoformat()


def as_named(*, date_format: str = "", separator: str = ";") -> Columns:
    """Columns that are called as the fields of a record are."""
    objects: dict[str, Sequence[Parts]] = {name: ({"whole": (name,)},) for name in OBJECTS}
    line = {"line": ("address", "address_line"), "postcode": ("postcode",)}
    objects["addresses"] = (*objects["addresses"], line)
    return Columns(
        plain={name: (name,) for name in (*TEXTS, *LISTS)},
        objects=objects,
        safe_contact={"whole": ("safe_contact",)},
        date_format=date_format,
        separator=separator,
    )


# --- rows to records ------------------------------------------------------------------------------


def raws(rows: Iterable[Row], columns: Columns) -> Iterator[Row]:
    """Each record as `parse_person` reads it, made of the rows that follow each other with its id.

    Of a text that differs between them the first counts; lists are put together. A record with
    one row that cannot be read is not made of the others.
    """
    for record_id, same in groupby(rows, columns.id_of):
        if record_id:
            yield _whole(same, columns)
        else:
            yield from (_whole([each], columns) for each in same)


def _whole(rows: Iterable[Row], columns: Columns) -> Row:
    whole: dict[str, Any] = {}
    first = ""
    for where, row in rows:
        first = first or where
        if isinstance(row, BadInput):
            return where, row
        try:
            _add(whole, columns.raw(row, where))
        except BadInput as error:
            return where, error
    return first, whole


def person_of(row: Row, columns: Columns) -> Person | BadInput:
    """The record of a row, or what is wrong with it: row, field and column are named."""
    where, raw = row
    if isinstance(raw, BadInput):
        return raw
    try:
        return parse_person(raw, where)
    except BadInput as error:
        name = re.split(r"[:\[]", error.where.removeprefix(f"{where}: "))[0]
        of = columns.of(name)
        return BadInput(f"{error.where} ({of})", error.what) if of else error


def _add(whole: dict[str, Any], more: Raw) -> None:
    for name, value in more.items():
        known = whole.setdefault(name, value)
        if isinstance(known, list) and known is not value:
            known += [each for each in value if each not in known]


# --- one cell -------------------------------------------------------------------------------------


def _literal(column: str) -> bool:
    return column.startswith(LITERAL)


def _joined(row: Raw, columns: Sequence[str], where: str, between: str) -> str:
    parts = [_text(row, column, where) for column in columns]
    return between.join(part for part in parts if part)


def _text(row: Raw, column: str, where: str) -> str:
    if _literal(column):
        return column.removeprefix(LITERAL)
    value = _cell(row, column, where)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    raise BadInput(f"{where}: {column}", f"must be one value, not {type(value).__name__}")


def _cell(row: Raw, column: str, where: str) -> Any:
    value = row.get(column.casefold())
    return value.strip() if isinstance(value, str) else _plain(value, f"{where}: {column}")


def _plain(value: Any, where: str) -> Any:
    """What databases and files hold, as text; lists and objects stay what they are."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool() | int() | UUID():
            return str(value).lower()
        case float() | Decimal():
            return _number(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(each, where) for each in value]
        case dict():
            return {key: _plain(each, where) for key, each in value.items()}
        case _:
            raise BadInput(where, f"cannot be read: {type(value).__name__}")


def _number(value: float | Decimal) -> str:
    """A phone number that a spreadsheet took for a number, as its digits."""
    if not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
        return ""
    whole = -LARGEST < value < LARGEST and value == int(value)
    return str(int(value)) if whole else str(value)


def _is_iso(written: str) -> bool:
    return re.match(r"\d{4}-\d{2}-\d{2}", written) is not None


def _json(written: str, where: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, "not valid JSON") from error
