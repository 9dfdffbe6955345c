"""Settings of the systems that citizen records come from."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    model_validator,
)

from config.section import STRICT, Secret

NO_COMMAND = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""What stands in quotes or comments may hold semicolons: `string_agg(phone, ';')`."""

ONLY_READS = re.compile(r"\s*(?:select|with)\b[^;]*;?\s*", re.IGNORECASE | re.DOTALL)
A_DAY = date(1984, 3, 21)


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _tells_the_day(form: str) -> str:
    """Refuse a form that loses the century: 03/02/48 would make a child of a pensioner."""
    try:
        read = datetime.strptime(A_DAY.strftime(form), form)  # noqa: DTZ007 - a day has no zone
        whole = not form or read.date() == A_DAY
    except ValueError:
        whole = False
    if not whole or "%y" in form:
        raise ValueError("must tell day, month and year of four digits, like %d-%b-%Y")
    return form


def _only_reads(query: str) -> str:
    if query and not ONLY_READS.fullmatch(NO_COMMAND.sub(" ", query)):
        raise ValueError("must be one SELECT")
    return query


Several = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""One column, or several."""

Parts = dict[str, Several]
"""Which column fills which part of an address, a handle, a case."""

DateForm = Annotated[str, AfterValidator(_tells_the_day)]
Query = Annotated[str, AfterValidator(_only_reads)]


class RecordColumns(BaseModel):
    """Which column is which field of a record. Upper and lower case are one."""

    model_config = STRICT

    record_id: Several = ("record_id",)
    forename: Several = ()
    middle_names: Several = ()
    surname: Several = ()
    preferred_name: Several = ()
    date_of_birth: Several = ()
    sex: Several = ()
    aliases: Several = ()
    phones: Several = ()
    emails: Several = ()
    vehicles: Several = ()
    markers: Several = ()
    addresses: tuple[Parts, ...] = ()
    handles: tuple[Parts, ...] = ()
    cases: tuple[Parts, ...] = ()
    safe_contact: Parts = {}


class _Source(BaseModel):
    model_config = STRICT

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$")]
    columns: RecordColumns | None = None
    date_format: DateForm = ""
    separator: Annotated[str, Field(min_length=1)] = ";"
    every_hours: NonNegativeFloat = 0


class SqlSource(_Source):
    """A view of a database, or a query to it."""

    kind: Literal["sql"]
    url: Secret
    view: str | None = None
    query: Query | None = None
    timeout_seconds: PositiveFloat = 60

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.view) is bool(self.query):
            raise ValueError("either view or query")
        return self


class FileSource(_Source):
    """A file that is laid down anew by another system."""

    kind: Literal["parquet", "csv", "jsonl"]
    file: Path


RecordSource = Annotated[SqlSource | FileSource, Field(discriminator="kind")]
