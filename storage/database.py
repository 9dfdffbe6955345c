"""One engine for both databases: transactions, their set-up, and the one place errors are read."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Connection,
    Engine,
    StaticPool,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    TimeoutError,
)

from config.settings import Storage
from storage.tables import marks
from triage.errors import BadSettings, Unavailable

T = TypeVar("T")

CHUNK = 500
MEMORY = "sqlite://"
WRITE = "firstcontact_write"
POSTGRES_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"
)
LOCK_NUMBERS = {
    "migrate": 4_609_001,
    "intake": 4_609_002,
    "audit": 4_609_003,
    "records": 4_609_004,
    "links": 4_609_007,
    "incidents": 4_609_005,
    "replies": 4_609_010,
    "digests": 4_609_014,
    "threads": 4_609_013,
}


class Database:
    """Hands out transactions. Safe to share between threads.

    SQLite has one writer at a time: the threads of a process queue for it here, processes in
    the database. An in-memory database has one connection, so reads queue too.
    """

    def __init__(self, engine: Engine, *, wait_seconds: float) -> None:
        self.engine = engine
        self._wait = wait_seconds
        self._turn = threading.Lock()
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._one_connection = isinstance(engine.pool, StaticPool)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from.

        Raises:
            Unavailable: the database is gone, locked or not set up.
        """
        with self._translated(), self._queue(self._one_connection), self.engine.connect() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all or nothing.

        Raises:
            Unavailable: the database is gone, locked, full or read-only; nothing was stored.
        """
        with self._translated(), self._queue(self._is_sqlite), self.engine.connect() as raw:
            tx = raw.execution_options(**{WRITE: True})
            with tx.begin():
                yield tx

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def _queue(self, needed: bool) -> Iterator[None]:
        if not needed:
            yield
            return
        if not self._turn.acquire(timeout=self._wait):
            raise Unavailable("database: locked by another writer of this process")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise Unavailable("database: no free connection") from error
        except DBAPIError as error:
            if _our_fault(error):
                raise
            self._forget(error)
            raise Unavailable(f"database: {_first_line(error.orig)}") from error

    def _forget(self, error: DBAPIError) -> None:
        """Drop SQLite connections after trouble: the file may have been moved or restored."""
        if self._is_sqlite and not self._one_connection and "locked" not in str(error.orig):
            self.engine.dispose()


def _our_fault(error: DBAPIError) -> bool:
    """Whether the statement or its values are wrong, which no retry mends."""
    if isinstance(error, ProgrammingError):
        return getattr(error.orig, "sqlstate", None) != "42P01"  # no such table: not migrated yet
    return isinstance(error, IntegrityError | DataError | NotSupportedError)


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def open_database(url: str, settings: Storage) -> Database:
    """The database at `url`: SQLite (`sqlite://` alone is in memory) or PostgreSQL (psycopg).

    Nothing is connected yet.

    Raises:
        BadSettings: the URL cannot be read or names another database.
    """
    try:
        name = make_url(url).drivername
    except ArgumentError as error:
        raise BadSettings("storage.url: not a database URL") from error
    if name in ("sqlite", "sqlite+pysqlite"):
        engine = _sqlite(url, settings)
    elif name == "postgresql+psycopg":
        engine = _postgres(url, settings)
    else:
        raise BadSettings(f"storage.url: {name}: use sqlite:///… or postgresql+psycopg://…")
    return Database(engine, wait_seconds=settings.busy_timeout_seconds)


def _sqlite(url: str, settings: Storage) -> Engine:
    memory = make_url(url).database in (None, "", ":memory:")
    shared: dict[str, Any] = {
        "hide_parameters": True,  # errors are logged, what people wrote is not
        "connect_args": {"timeout": settings.busy_timeout_seconds, "check_same_thread": False},
    }
    engine = (
        create_engine(MEMORY, poolclass=StaticPool, **shared)
        if memory
        else create_engine(url, pool_size=settings.pool_size, pool_timeout=10, **shared)
    )
    event.listen(engine, "connect", _prepare_memory if memory else _prepare_file)
    event.listen(engine, "begin", _begin)
    if not memory:
        _watch_file(engine, Path(make_url(url).database or ""))
    return engine


def _watch_file(engine: Engine, path: Path) -> None:
    """Drop connections to a file that was replaced: SQLite would go on writing to the old one."""

    def note(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    def check(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != _identity(path):
            raise DisconnectionError("the database file was replaced")

    event.listen(engine, "connect", note)
    event.listen(engine, "checkout", check)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def _prepare_memory(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_file(connection: Any, _record: Any) -> None:
    _prepare_memory(connection, _record)
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Switch a new file to WAL. Two processes that do so at once do not wait for each other."""
    for wait in (0.05, 0.1, 0.2, 0.4, 0.8, None):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if wait is None or "locked" not in str(error):
                raise
            time.sleep(wait)
        else:
            return


def _begin(tx: Connection) -> None:
    """Take the writer's lock at once: a read that turns into a write could not wait for it."""
    write = tx.get_execution_options().get(WRITE, False)
    tx.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgres(url: str, settings: Storage) -> Engine:
    lock_wait = int(settings.busy_timeout_seconds * 1000)
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=settings.pool_size,
        max_overflow=10,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "options": f"{POSTGRES_OPTIONS} -c lock_timeout={lock_wait}",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    )


def exclusive(tx: Connection, name: str) -> None:
    """Keep other nodes out of `name` until this transaction ends. SQLite's writer is alone."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_NUMBERS[name]})


def insert_into(tx: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def insert_rows(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows that all fill the same columns, the fast way of each database."""
    if not rows:
        return
    names = list(rows[0])
    if tx.dialect.name == "postgresql":
        _copy(tx, table, names, ([row[name] for name in names] for row in rows))
    else:
        _insert_mapped(tx, table, rows)


def insert_tuples(
    tx: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows given as values of the named columns, which the driver takes as they are."""
    if not rows:
        return
    if tx.dialect.name == "postgresql":
        _copy(tx, table, names, rows)
    else:
        values = ", ".join("?" for _ in names)
        tx.exec_driver_sql(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})",  # noqa: S608
            list(rows),
        )


def _insert_mapped(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """As the driver takes them: SQLAlchemy's own way looks at every value of every row again."""
    names = list(rows[0])
    compiled = insert(table).compile(dialect=tx.dialect, column_keys=names)
    order = list(compiled.positiontup or names)
    makers = [
        table.c[name].type.dialect_impl(tx.dialect).bind_processor(tx.dialect) for name in order
    ]
    plan = list(zip(order, makers, strict=True))
    values = [tuple(make(row[name]) if make else row[name] for name, make in plan) for row in rows]
    tx.exec_driver_sql(str(compiled), values)


def _copy(
    tx: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """PostgreSQL's COPY: five times as fast as statements, but past SQLAlchemy and its errors."""
    import psycopg
    from psycopg import sql

    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    raw = cast(psycopg.Connection[Any], tx.connection.driver_connection)
    try:
        with raw.cursor() as cursor, cursor.copy(copy_in) as copy:
            for row in rows:
                copy.write_row(row)
    except (psycopg.OperationalError, psycopg.InternalError) as error:
        raise Unavailable(f"database: {_first_line(error)}") from error


def touch(tx: Connection) -> None:
    """Tell live views that something changed. Comes last: it queues writers until they commit."""
    tx.execute(
        insert_into(tx, marks)
        .values(name="change", value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": marks.c.value + 1})
    )


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`: databases limit the parameters of a statement."""
    everything = list(values)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]
