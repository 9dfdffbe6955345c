"""A database of an earlier version comes to the tables of this one with everything in it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from console.web.accounts import Accounts
from storage.database import Database
from storage.migrations import upgrade
from storage.search import TABLE
from storage.store import SqlStore, connect
from storage.tables import accounts, metadata, sessions, sign_in_failures
from tests.browser.desk import CHEAP
from tests.conftest import NOW, PATIENCE, SteppingClock
from triage.errors import Refused
from triage.model import Officer, Person, Role

PASSWORD = "three plain words"
OFFICERS = "INSERT INTO officers (id, name, roles, slack_id, password_hash, active) VALUES "


@pytest.fixture
def first(store_url: str, clock: SteppingClock) -> Iterator[SqlStore]:
    """A store at revision 0001, with two officers in it."""
    store = connect(store_url, PATIENCE, clock=clock)
    upgrade(store.database, "0001")
    with store.database.write() as tx:
        tx.execute(text(f"{OFFICERS} ('ada', 'Ada Quill', '[\"officer\"]', 'U01', '', true)"))
        tx.execute(text(f"{OFFICERS} ('ben', 'Ben Oak', '[]', '', 'unused', false)"))
    yield store
    store.close()


def made_beside_the_migrations(database: Database) -> None:
    """As version 0001 made the console's tables when it started."""
    with database.write() as tx:
        metadata.create_all(tx, tables=[accounts, sessions, sign_in_failures])


def kept_by(store: SqlStore, clock: SteppingClock) -> Accounts:
    return Accounts(store.database, clock, hasher=CHEAP)


def differences(store: SqlStore) -> list[object]:
    with store.database.read() as tx:
        # The index of words is no table that SQLAlchemy knows: FTS5 here, tsvector there.
        opts = {"include_name": lambda name, kind, _: not (kind == "table" and of_the_index(name))}
        made = MigrationContext.configure(tx, opts=opts)
        found: list[object] = compare_metadata(made, metadata)
        return found


def of_the_index(name: str | None) -> bool:
    return (name or "").startswith(TABLE)


def test_accounts_and_sessions_made_the_old_way_are_kept(
    first: SqlStore, clock: SteppingClock
) -> None:
    made_beside_the_migrations(first.database)
    before = kept_by(first, clock)
    before.set_password("ada", PASSWORD)
    token = before.open_session("ada")
    with pytest.raises(Refused):
        before.sign_in("ada", "not the password", address="192.0.2.7")
    first.migrate()
    after = kept_by(first, clock)
    assert differences(first) == []
    assert after.session(token) is not None
    assert after.sign_in("ada", PASSWORD, address="192.0.2.7")
    with first.database.read() as tx:
        assert tx.execute(select(sign_in_failures.c.failed)).all()


def test_a_database_that_never_had_a_console_gets_its_tables(
    first: SqlStore, clock: SteppingClock
) -> None:
    first.migrate()
    kept_by(first, clock).set_password("ada", PASSWORD)
    assert differences(first) == []


def test_officers_come_through_with_what_keeps_their_identities_apart(first: SqlStore) -> None:
    first.migrate()
    assert first.officers() == [
        Officer(id="ada", name="Ada Quill", roles=frozenset({Role.OFFICER}), slack_id="U01")
    ]
    with pytest.raises(Refused, match="belongs to another officer"):
        first.save_officer(Officer(id="eve", name="Eve Rook", slack_id="U01"))
    first.save_officer(Officer(id="ben", name="Ben Oak"))  # nobody's identity is no identity
    first.save_officer(Officer(id="eve", name="Eve Rook"))


def test_nodes_that_start_at_once_on_an_old_database_take_the_step_once(
    first: SqlStore, store_url: str
) -> None:
    made_beside_the_migrations(first.database)
    nodes = [connect(store_url, PATIENCE) for _ in range(3)]
    with ThreadPoolExecutor(len(nodes)) as pool:
        for done in [pool.submit(node.migrate) for node in nodes]:
            done.result()
    for node in nodes:
        assert [officer.id for officer in node.officers()] == ["ada"]
        node.close()


def test_records_come_through_with_their_keys(first: SqlStore) -> None:
    raw = '{"record_id":"P-1","surname":"Quill"}'
    with first.database.write() as tx:
        tx.execute(
            text("INSERT INTO persons (record_id, body, keys) VALUES ('P-1', :body, :keys)"),
            {"body": raw, "keys": '["name:quill|z.","phone:1"]'},
        )
        tx.execute(text("INSERT INTO person_keys (key, record_id) VALUES ('phone:1', 'P-1')"))
    first.migrate()
    assert differences(first) == []
    found = [Person(record_id="P-1", surname="Quill")]
    assert first.candidates(["phone:1"]) == found
    assert first.candidates(["name:quill|z."]) == found
    first.keep_keys_in_memory().build()
    assert first.candidates(["phone:1"]) == found
    done = first.import_records([raw], keys_of=lambda _: ["phone:2"], now=NOW)
    assert (done.stored, first.candidates(["phone:1"])) == (1, [])
    assert first.candidates(["phone:2"]) == found
