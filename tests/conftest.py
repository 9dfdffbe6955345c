"""Stores for tests: in memory, on an SQLite file, and on a PostgreSQL server of our own."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete

from config.settings import Storage
from storage.memory import memory_store
from storage.store import SqlStore, connect
from storage.tables import metadata
from tests.servers.postgres import (
    NO_SERVER,
    SERVER_ENV,
    PostgresServer,
    fresh_database,
    own_postgres,
)
from triage.errors import Unavailable

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


@pytest.fixture
def own_cache(tmp_path: Path) -> Path:
    """An XDG cache with the shipped model in it, in which models made by a test leave no trace."""
    from classifiers.runtime.build import build_model, default_cache

    usual, own = default_cache(), tmp_path / "cache" / "firstcontact"
    try:
        shipped = build_model(usual)
    except Unavailable as error:
        pytest.skip(f"the encoder cannot be fetched here: {error}")
    (own / "models").mkdir(parents=True)
    (own / "encoder").symlink_to(usual / "encoder")
    (own / "models" / shipped.name).symlink_to(shipped)
    return own.parent


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
