"""Rows of the systems that citizen records come from, read a thousand at a time, never written."""

import csv
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Engine,
    Select,
    column,
    create_engine,
    event,
    false,
    literal_column,
    make_url,
    select,
    table,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from config.record_sources import FileSource, RecordSource, SqlSource
from triage.columns import LISTS, OBJECTS, TEXTS, Columns, as_named
from triage.errors import BadInput, BadSettings, Unavailable
from triage.rows import Raw, Row, rows

AT_ONCE = 1000
PARQUET_MEMORY = "512MB"


def columns_of(source: RecordSource) -> Columns:
    """Which column of a source is which field."""
    asked = {"date_format": source.date_format, "separator": source.separator}
    if source.columns is None:
        return as_named(**asked)
    told = {name: value for name, value in source.columns if value}
    return Columns(
        plain={name: told[name] for name in (*TEXTS, *LISTS) if name in told},
        objects={name: told[name] for name in OBJECTS if name in told},
        safe_contact=source.columns.safe_contact,
        **asked,
    )


def source_rows(source: RecordSource) -> Generator[Row, None, None]:
    """Each row of a source, its columns in lower case, with its place. Closing it lets go of all.

    Raises:
        Unavailable: it cannot be reached or read; the same may work later.
        BadSettings: address, query, file or columns are wrong, or a driver is not installed.
    """
    if isinstance(source, SqlSource):
        return _sql_rows(source)
    return _file_rows(source)


def _check(source: RecordSource, names: Iterable[str]) -> None:
    """Refuse a column that is not there: a phone number that is never read is never missed."""
    known = list(names)
    missing = columns_of(source).missing(known) if source.columns else []
    if missing:
        there = ", ".join(known)
        raise BadSettings(f"record_source {source.name}: no column {missing[0]}; there are {there}")


def _numbered(name: str, names: Sequence[str], found: Iterable[Sequence[Any]]) -> Iterator[Row]:
    keys = [each.casefold() for each in names]
    for number, values in enumerate(found, 1):
        yield f"{name}: row {number}", dict(zip(keys, values, strict=True))


# --- files ----------------------------------------------------------------------------------------


def _file_rows(source: FileSource) -> Generator[Row, None, None]:
    check = partial(_check, source)
    try:
        with source.file.open("rb") as lines:
            if source.kind == "parquet":
                yield from parquet_rows(source.file, source.name, check)
                return
            first = lines.readline()
            if source.kind == "csv":
                check(_header(first))
            for where, row in rows(chain([first], lines), source.name):
                yield where, row if isinstance(row, BadInput) else _lower(row)
    except OSError as error:
        where = f"record_source {source.name}: {source.file}"
        raise Unavailable(f"{where} cannot be read: {error.strerror}") from error


def _header(line: bytes) -> list[str]:
    cells = next(csv.reader([line.decode("utf-8-sig", "replace")]), [])
    return [cell.strip() for cell in cells]


def _lower(row: Raw) -> Raw:
    return {key.casefold(): value for key, value in row.items()}


def parquet_rows(
    file: Path, name: str, check: Callable[[list[str]], None] = lambda names: None
) -> Iterator[Row]:
    """Each row of a Parquet file; `check` may refuse its columns.

    Raises:
        BadSettings: the extra `records` is not installed.
        BadInput: the file cannot be read as Parquet.
    """
    duckdb = _duckdb()
    try:
        with duckdb.connect(config={"memory_limit": PARQUET_MEMORY, "threads": 1}) as connection:
            found = connection.execute("SELECT * FROM read_parquet(?)", [str(file)])
            names = [each[0] for each in found.description]
            check(names)
            yield from _numbered(name, names, _fetched(found))
    except duckdb.Error as error:
        raise BadInput(str(file), f"cannot be read as Parquet: {_first_line(error)}") from error


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        said = "Parquet needs the extra `records`: pip install firstcontact[records]"
        raise BadSettings(said) from error
    return duckdb


def _fetched(cursor: Any) -> Iterator[Sequence[Any]]:
    while batch := cursor.fetchmany(AT_ONCE):
        yield from batch


# --- databases ------------------------------------------------------------------------------------


def _sql_rows(source: SqlSource) -> Generator[Row, None, None]:
    engine = _engine(source)
    try:
        with engine.connect() as connection, _selected(connection, source) as found:
            names = list(found.keys())
            _check(source, names)
            yield from _numbered(source.name, names, found)
    except SQLAlchemyError as error:
        raise _translated(source, error) from error
    finally:
        engine.dispose()


def _selected(connection: Connection, source: SqlSource) -> CursorResult[Any]:
    """The rows as they come; those of a view in the order of their record, for rows of children."""
    streaming = connection.execution_options(
        stream_results=True, yield_per=AT_ONCE, no_parameters=True
    )
    if source.query:
        return streaming.exec_driver_sql(source.query)
    schema, _, name = (source.view or "").rpartition(".")
    every: Select[Any] = select(literal_column("*")).select_from(table(name, schema=schema or None))
    with connection.execute(every.where(false())) as nothing:
        names = list(nothing.keys())
    wanted = columns_of(source).plain["record_id"][0].casefold()
    order = [each for each in names if each.casefold() == wanted]
    return streaming.execute(every.order_by(*map(column, order)))


def _engine(source: SqlSource) -> Engine:
    where = f"record_source {source.name}"
    try:
        url = make_url(source.url.get_secret_value())
        engine = create_engine(
            url, poolclass=NullPool, hide_parameters=True, connect_args=_limits(url, source)
        )
    except NoSuchModuleError as error:
        raise BadSettings(f"{where}: no driver is known for {url.drivername}") from error
    except ArgumentError as error:
        raise BadSettings(f"{where}: not a database URL") from error
    except ImportError as error:
        raise BadSettings(f"{where}: the driver {error.name} is not installed") from error
    if url.get_backend_name() == "sqlite":
        _existing(where, url)
        event.listen(engine, "connect", _only_read)
    return engine


def _limits(url: URL, source: SqlSource) -> dict[str, Any]:
    """Time-outs, and no writing, as far as the driver knows them."""
    seconds = source.timeout_seconds
    if url.get_driver_name() == "psycopg":
        options = f"-c default_transaction_read_only=on -c statement_timeout={int(seconds * 1000)}"
        return {
            "connect_timeout": max(2, int(seconds)),
            "options": options,
            "tcp_user_timeout": int(seconds * 1000),
        }
    if url.get_driver_name() in ("pyodbc", "pysqlite"):
        return {"timeout": int(seconds)}
    return {}


def _existing(where: str, url: URL) -> None:
    if not Path(url.database or "").is_file():
        raise Unavailable(f"{where}: there is no database at {url.database}")


def _only_read(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _translated(source: SqlSource, error: SQLAlchemyError) -> Unavailable | BadSettings:
    """No values of rows: an error of data quotes them."""
    where = f"record_source {source.name}"
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable(f"{where}: {_first_line(error.orig)}")
    if isinstance(error, ProgrammingError):
        return BadSettings(f"{where}: {_first_line(error.orig)}")
    if isinstance(error, DBAPIError):
        return BadSettings(f"{where}: {type(error.orig).__name__}: the query or view does not work")
    return Unavailable(f"{where}: {type(error).__name__}")


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
