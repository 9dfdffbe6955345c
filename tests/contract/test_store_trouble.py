"""A database that is full, locked, read-only, broken or gone, and one that comes back."""

import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from config.settings import Storage
from storage.store import SqlStore, connect
from tests.conftest import SteppingClock
from tests.servers.postgres import PostgresServer, fresh_database
from tests.stores import NOW, SOURCE, a_harvest, an_item, an_open_case, take, the_case
from triage.errors import BadSettings, Unavailable

HASTE = Storage(busy_timeout_seconds=0.3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def on_file(path: Path, clock: SteppingClock) -> Iterator[SqlStore]:
    """A store on an SQLite file that does not wait long for a lock."""
    store = connect(f"sqlite:///{path}", HASTE, clock=clock)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def on_server(postgres_url: str, clock: SteppingClock) -> Iterator[SqlStore]:
    """A store on PostgreSQL that does not wait long for a lock."""
    with fresh_database(postgres_url) as url:
        store = connect(url, HASTE, clock=clock)
        store.migrate()
        yield store
        store.close()


def refuses(store: SqlStore, number: int, why: str) -> None:
    """Taking in fails, says why in one line, and stores nothing."""
    with pytest.raises(Unavailable, match=why) as caught:
        store.take_in(SOURCE, a_harvest(an_item(number, "secret words" * 5000)), now=NOW)
    assert "\n" not in str(caught.value)
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"


def works(store: SqlStore, number: int) -> None:
    """Taking in works, and nothing of a refused attempt is left."""
    taken = store.take_in(SOURCE, a_harvest(an_item(number)), now=NOW)
    assert taken.new == 1
    store.verify()


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """No file of this process may grow over `limit` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- SQLite ---------------------------------------------------------------------------------------


def test_a_full_disk_stores_nothing_and_is_used_again_when_there_is_room(
    on_file: SqlStore, path: Path
) -> None:
    take(on_file, an_item(1))
    wal = path.with_name("store.db-wal")
    with small_disk(max(wal.stat().st_size, path.stat().st_size)):
        refuses(on_file, 2, "full|disk I/O")
        assert len(on_file.waiting(limit=9)) == 1
    works(on_file, 2)


def test_a_locked_database_is_waited_for_and_then_refused(on_file: SqlStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        refuses(on_file, 1, "locked")
        assert 0.2 < time.monotonic() - started < 5
        assert on_file.waiting(limit=9) == []
        other.execute("ROLLBACK")
    works(on_file, 1)


def test_a_writer_of_this_process_is_waited_for_too(on_file: SqlStore) -> None:
    with on_file._db.write():
        refuses(on_file, 1, "locked")
    works(on_file, 1)


def test_a_read_only_database_can_be_read(on_file: SqlStore, path: Path) -> None:
    (ref,) = take(on_file, an_item(1))
    reader = connect(f"sqlite:///file:{path}?mode=ro&uri=true", HASTE)
    assert the_case(reader, ref).item.id == "1"
    refuses(reader, 2, "readonly")
    reader.close()
    works(on_file, 2)


def test_a_folder_that_is_not_there_is_unavailable_until_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    store = connect(f"sqlite:///{folder / 'store.db'}", HASTE)
    with pytest.raises(Unavailable, match="unable to open"):
        store.migrate()
    folder.mkdir()
    store.migrate()
    works(store, 1)
    store.close()


def test_a_file_that_is_no_database_is_unavailable(path: Path) -> None:
    path.write_bytes(b"not a database, just a file of some length" * 100)
    store = connect(f"sqlite:///{path}", HASTE)
    with pytest.raises(Unavailable, match="not a database"):
        store.migrate()
    store.close()


def test_a_database_restored_under_a_running_service_is_used(
    on_file: SqlStore, path: Path, tmp_path: Path
) -> None:
    take(on_file, an_item(1))
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    take(on_file, an_item(2))
    for name in ("store.db-wal", "store.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.unlink()
    shutil.copy(backup, path)
    works(on_file, 3)
    assert [each.case.item.id for each in on_file.waiting(limit=9)] == ["1", "3"]


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_row_locked_elsewhere_is_waited_for_and_then_refused(on_server: SqlStore) -> None:
    case = an_open_case(on_server)
    with on_server._db.engine.connect() as other:
        other.execute(text("SELECT * FROM items FOR UPDATE"))
        with pytest.raises(Unavailable, match="lock timeout"):
            on_server.change(case, case, events=[])
    assert on_server.change(case, case, events=[]).version == case.version + 1


@pytest.mark.postgres
def test_a_read_only_server_can_be_read(on_server: SqlStore, postgres_url: str) -> None:
    case = an_open_case(on_server)
    name = make_url(str(on_server._db.engine.url)).database
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as server:
        server.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        on_server.close()
        assert the_case(on_server, case.ref) == case
        refuses(on_server, 2, "read-only")
        server.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
    admin.dispose()
    on_server.close()
    works(on_server, 2)


@pytest.mark.postgres
def test_connections_that_were_cut_are_replaced(on_server: SqlStore, postgres_url: str) -> None:
    case = an_open_case(on_server)
    name = make_url(str(on_server._db.engine.url)).database
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as server:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        server.execute(text(cut), {"name": name})
    admin.dispose()
    assert the_case(on_server, case.ref) == case
    works(on_server, 2)


@pytest.mark.postgres
def test_a_connection_cut_within_a_transaction_stores_nothing(on_server: SqlStore) -> None:
    case = an_open_case(on_server)

    def write_and_be_cut() -> None:
        with on_server._db.write() as tx:
            tx.execute(text("UPDATE items SET note = 'half'"))
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable):
        write_and_be_cut()
    assert the_case(on_server, case.ref).note == ""
    works(on_server, 2)


@pytest.mark.postgres
def test_a_server_that_is_gone_is_unavailable_and_used_again_when_back(
    postgres_server: PostgresServer, clock: SteppingClock
) -> None:
    with fresh_database(postgres_server.url) as url:
        store = connect(url, HASTE, clock=clock)
        store.migrate()
        (ref,) = take(store, an_item(1))
        postgres_server.stop()
        refuses(store, 2, "refused|closed|connection")
        with pytest.raises(Unavailable):
            store.case(ref)
        postgres_server.start()
        assert the_case(store, ref).item.id == "1"
        works(store, 2)
        store.close()


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "not a database URL"),
        ("", "not a database URL"),
        ("mysql://localhost/x", "mysql"),
        ("postgresql://localhost/x", r"use sqlite:///… or postgresql\+psycopg"),
    ],
)
def test_a_url_that_is_none_of_ours_is_a_bad_setting(url: str, why: str) -> None:
    with pytest.raises(BadSettings, match=why):
        connect(url)


def test_a_bad_url_never_shows_its_password() -> None:
    with pytest.raises(BadSettings) as caught:
        connect("mysql://desk:geheim@localhost/x")
    assert "geheim" not in str(caught.value)
