"""Citizen records out of other systems: files, databases, by command and by the clock."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from config.settings import Settings, load
from console.record_sync import Synced, sync
from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.servers.postgres import fresh_database
from tests.service_rig import firstcontact
from triage.errors import BadInput, BadSettings, FirstContactError, Unavailable
from triage.identifiers import keys_of

COLUMNS = """
[record_source.columns]
record_id = "NOMINAL_ID"
surname = "FAMILY_NM"
phones = ["MOBILE", "HOME_TEL"]
date_of_birth = "DOB"
"""
NOMINALS = [
    (1, "Quill", "07700 900101", None, "1984-03-21"),
    (2, "Pemberton", "07700 900102", "01632 960002", "1990-01-02"),
    (3, "Okafor", None, "01632 960003", None),
]
NAMES = ("NOMINAL_ID", "FAMILY_NM", "MOBILE", "HOME_TEL", "DOB")
TABLE = (
    "CREATE TABLE nominal (NOMINAL_ID int, FAMILY_NM text, MOBILE text, HOME_TEL text, DOB text)"
)
VIEW = "CREATE VIEW v_nominal AS SELECT * FROM nominal"
INSERT = "INSERT INTO nominal VALUES (?, ?, ?, ?, ?)"


def settings(folder: Path, told: str) -> Settings:
    path = folder / "firstcontact.toml"
    path.write_text(f"[[record_source]]\nname = 'niche'\n{told}", encoding="utf-8")
    return load(path, environ={})


def a_database(folder: Path, rows: list[Any] = NOMINALS) -> Path:
    path = folder / "niche.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE)
        connection.execute(VIEW)
        connection.executemany(INSERT, rows)
    connection.close()
    return path


def of_database(path: Path, more: str = "view = 'v_nominal'") -> str:
    return f"kind = 'sql'\nurl = 'sqlite:///{path}'\n{more}\n{COLUMNS}"


def of_file(kind: str, path: Path) -> str:
    return f"kind = '{kind}'\nfile = '{path}'\n{COLUMNS}"


def a_file(folder: Path, kind: str) -> Path:
    path = folder / f"people.{kind}"
    if kind == "parquet":
        duckdb = pytest.importorskip("duckdb", reason="Parquet needs the extra `records`")
        with duckdb.connect() as connection:
            connection.execute(TABLE)
            connection.executemany(INSERT, NOMINALS)
            connection.execute(f"COPY nominal TO '{path}' (FORMAT parquet)")
        return path
    rows = [dict(zip(NAMES, row, strict=True)) for row in NOMINALS]
    lines = [",".join(NAMES), *(",".join(str(cell or "") for cell in row) for row in NOMINALS)]
    lines = [json.dumps(row) for row in rows] if kind == "jsonl" else lines
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def synced(store: SqlStore, told: Settings, clock: SteppingClock) -> Synced:
    (source,) = told.record_source
    return sync(store, source, keys_of=keys_of, now=clock())


@pytest.fixture
def desk(clock: SteppingClock) -> Iterator[SqlStore]:
    """A store in memory, where it does not matter which."""
    kept = memory_store(clock=clock)
    yield kept
    kept.close()


def phones(store: SqlStore) -> dict[str, tuple[str, ...]]:
    people = (store.person(each) for each in "123")
    return {each.surname: each.phones for each in people if each}


EVERYBODY = {
    "Quill": ("07700 900101",),
    "Pemberton": ("07700 900102", "01632 960002"),
    "Okafor": ("01632 960003",),
}

# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_records_come_out_of_a_file_by_their_columns(
    kind: str, desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = settings(tmp_path, of_file(kind, a_file(tmp_path, kind)))
    assert synced(desk, told, clock).imported.stored == 3
    assert phones(desk) == EVERYBODY


@pytest.mark.parametrize("what", ["view = 'v_nominal'", "query = 'SELECT * FROM nominal'"])
def test_records_come_out_of_a_database(
    what: str, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = settings(tmp_path, of_database(a_database(tmp_path), what))
    assert synced(store, told, clock).imported.stored == 3
    assert phones(store) == EVERYBODY
    clock.step(days=1)
    again = synced(store, told, clock).imported
    assert (again.stored, again.unchanged) == (0, 3)


def test_address_and_query_are_read_from_files_of_their_own(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    (tmp_path / "niche.url").write_text(f"sqlite:///{a_database(tmp_path)}\n", encoding="utf-8")
    query = "-- by number; whole\nSELECT *, ';' AS mark FROM nominal\nORDER BY nominal_id;\n"
    (tmp_path / "niche.sql").write_text(query, encoding="utf-8")
    told = settings(
        tmp_path, f"kind = 'sql'\nurl_file = 'niche.url'\nquery_file = 'niche.sql'\n{COLUMNS}"
    )
    assert synced(desk, told, clock).imported.stored == 3
    assert "niche.db" not in repr(told)


@pytest.fixture
def a_postgres(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            tx.execute(text(TABLE))
            tx.execute(text(VIEW))
            values = [dict(zip("abcde", row, strict=True)) for row in NOMINALS]
            tx.execute(text("INSERT INTO nominal VALUES (:a, :b, :c, :d, :e)"), values)
            tx.execute(
                text(
                    "CREATE FUNCTION writes() RETURNS int LANGUAGE sql"
                    " AS 'DELETE FROM nominal; SELECT 1'"
                )
            )
        engine.dispose()
        yield url


@pytest.mark.postgres
def test_records_come_out_of_postgresql_and_nothing_is_written_there(
    a_postgres: str, clock: SteppingClock, tmp_path: Path, desk: SqlStore
) -> None:
    where = f"kind = 'sql'\nurl = '{a_postgres}'\n"
    told = settings(tmp_path, f"{where}view = 'public.v_nominal'\n{COLUMNS}")
    assert synced(desk, told, clock).imported.stored == 3
    assert phones(desk) == EVERYBODY
    writes = settings(tmp_path, f"{where}query = 'SELECT writes() AS nominal_id'\n")
    with pytest.raises(FirstContactError, match="ReadOnly"):
        synced(desk, writes, clock)
    wrong = settings(tmp_path, f"{where}view = 'v_nobody'\n{COLUMNS}")
    with pytest.raises(BadSettings, match="v_nobody"):
        synced(desk, wrong, clock)


def test_rows_of_one_record_apart_from_each_other_are_refused_and_not_overwritten(
    store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    rows = [*NOMINALS, (1, "Quill", "07700 900199", None, None)]
    query = "query = 'SELECT * FROM nominal ORDER BY rowid'"
    imported = synced(
        store, settings(tmp_path, of_database(a_database(tmp_path, rows), query)), clock
    ).imported
    assert [str(each) for each in imported.rejected] == [
        "niche: row 4: this record came before: rows of one record must follow each other"
    ]
    assert phones(store)["Quill"] == ("07700 900101",)


@pytest.mark.parametrize("bad", ["9" * 300, "9\x009", "9\ud800".encode("utf-8", "surrogatepass")])
def test_an_id_that_no_database_takes_is_rejected_and_the_others_are_stored(
    bad: str | bytes, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    cells = bad if isinstance(bad, bytes) else bad.encode()
    path.write_bytes(b"record_id,surname\n1,Quill\n" + cells + b",Ryder\n3,Okafor\n")
    told = settings(tmp_path, f"kind = 'csv'\nfile = '{path}'\n")
    imported = synced(store, told, clock).imported
    assert (imported.stored, len(imported.rejected)) == (2, 1)


def test_a_view_brings_rows_of_one_record_together(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    rows = [*NOMINALS, (1, "Quill", "07700 900199", None, None)]
    told = settings(tmp_path, of_database(a_database(tmp_path, rows)))
    assert synced(desk, told, clock).imported.rejected == ()
    assert phones(desk)["Quill"] == ("07700 900101", "07700 900199")


@pytest.mark.parametrize("kind", ["csv", "parquet", "sql"])
def test_a_column_that_is_not_there_is_told_before_anything_is_stored(
    kind: str, desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    of = (
        of_database(a_database(tmp_path))
        if kind == "sql"
        else of_file(kind, a_file(tmp_path, kind))
    )
    told = settings(tmp_path, of.replace("HOME_TEL", "WORK_TEL"))
    with pytest.raises(BadSettings, match="no column WORK_TEL; there are NOMINAL_ID"):
        synced(desk, told, clock)
    assert desk.persons_count() == 0


def test_without_the_extra_parquet_says_how_to_get_it(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "duckdb", None)  # as if it were not installed
    with pytest.raises(BadSettings, match=r"pip install firstcontact\[records\]"):
        synced(desk, settings(tmp_path, of_file("parquet", path)), clock)


def test_what_is_no_parquet_is_told(clock: SteppingClock, desk: SqlStore, tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="Parquet needs the extra `records`")
    path = tmp_path / "people.parquet"
    path.write_text("record_id\n1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be read as Parquet"):
        synced(desk, settings(tmp_path, of_file("parquet", path)), clock)


@pytest.mark.parametrize(
    ("of", "error", "said"),
    [
        ("kind='sql'\nurl='sqlite:///nowhere.db'\nview='v'", Unavailable, "no database at nowhere"),
        ("kind='sql'\nurl='nonsense'\nview='v'", BadSettings, "not a database URL"),
        ("kind='sql'\nurl='nosuch://h/d'\nview='v'", BadSettings, "no driver is known for nosuch"),
        ("kind='sql'\nurl='mssql+pyodbc://h/d'\nview='v'", BadSettings, "driver pyodbc is not in"),
        ("kind='csv'\nfile='nowhere.csv'", Unavailable, "nowhere.csv cannot be read"),
    ],
)
def test_a_source_that_cannot_be_reached_says_what_to_mend(
    of: str,
    error: type[Exception],
    said: str,
    desk: SqlStore,
    clock: SteppingClock,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=said):
        synced(desk, settings(tmp_path, of), clock)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("kind='sql'\nurl='sqlite://'", "either view or query"),
        ("kind='sql'\nurl='sqlite://'\nquery='DELETE FROM nominal'", "must be one SELECT"),
        ("kind='sql'\nurl='sqlite://'\nquery='SELECT 1; DROP TABLE x'", "must be one SELECT"),
        ("kind='csv'\nfile='f'\ndate_format='%d/%m/%y'", "four digits"),
        ("kind='csv'\nfile='f'\ndate_format='%d/%m'", "four digits"),
        ("kind='csv'\nfile='f'\n[record_source.columns]\nsurename='x'", "unknown setting"),
    ],
)
def test_settings_that_would_lose_something_are_refused(of: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=said):
        settings(tmp_path, of)


def test_a_reading_that_is_cut_short_is_in_the_trail_and_goes_on_later(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    path = a_file(tmp_path, "csv")
    whole = path.read_bytes()
    path.unlink()
    told = settings(tmp_path, of_file("csv", path))
    with pytest.raises(Unavailable):
        synced(desk, told, clock)
    (event,) = [each.event for each in desk.audit_events(limit=10)]
    assert (event.action, event.subject) == ("records.cut_short", "records:niche")
    path.write_bytes(whole)
    assert synced(desk, told, clock).imported.stored == 3


def test_a_reading_stopped_half_way_is_taken_up_again_and_takes_nothing_for_gone(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.imports.BATCH", 1000)
    rows = [(number, "Quill", None, None, None) for number in range(2500)]
    (source,) = settings(tmp_path, of_database(a_database(tmp_path, rows))).record_source
    left = iter(range(2))

    def still() -> None:
        if next(left, None) is None:
            raise Unavailable("stopped")

    with pytest.raises(Unavailable):
        sync(desk, source, keys_of=keys_of, now=clock(), still=still)
    assert 0 < desk.persons_count() < 2500
    clock.step(minutes=1)
    again = sync(desk, source, keys_of=keys_of, now=clock())
    assert desk.persons_count() == 2500
    assert again.imported.unchanged >= 1000
    assert (again.missing.count, again.imported.rejected) == (0, ())


def test_of_a_mapping_that_fits_no_row_only_the_first_are_named(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    rows = [(number, "Quill", None, None, "soon") for number in range(10_050)]
    told = settings(tmp_path, of_database(a_database(tmp_path, rows)))
    rejected = synced(desk, told, clock).imported.rejected
    assert len(rejected) == 10_001
    assert str(rejected[-1]) == "niche: 50 more rows cannot be read"


# --- what is no longer there ----------------------------------------------------------------------


def test_records_gone_from_the_source_are_told_once_and_kept(
    store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = settings(tmp_path, of_database(a_database(tmp_path)))
    assert synced(store, told, clock).missing.count == 0
    a_database(tmp_path, NOMINALS[:1])
    clock.step(days=1)
    missing = synced(store, told, clock).missing
    assert (missing.count, missing.new, missing.first) == (2, 2, ("2", "3"))
    clock.step(days=1)
    later = synced(store, told, clock).missing
    assert (later.count, later.new) == (2, 0)
    assert store.persons_count() == 3
    told_of = [each.event for each in store.audit_events(limit=10)]
    assert [each.detail["first"] for each in told_of if each.action == "records.missing"] == [
        ["2", "3"]
    ]


def test_a_record_that_came_back_and_goes_again_is_told_again(
    store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = settings(tmp_path, of_database(a_database(tmp_path)))
    news = []
    for rows in (NOMINALS, NOMINALS[:2], NOMINALS, NOMINALS[:2]):
        a_database(tmp_path, rows)
        clock.step(days=1)
        news.append(synced(store, told, clock).missing.new)
    assert news == [0, 1, 0, 1]


def test_a_record_that_cannot_be_read_is_rejected_and_not_taken_for_gone(
    desk: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = settings(tmp_path, of_database(a_database(tmp_path)))
    synced(desk, told, clock)
    clock.step(days=1)
    a_database(tmp_path, [*NOMINALS[:2], (3, "Okafor", None, None, "last spring")])
    outcome = synced(desk, told, clock)
    assert outcome.missing.count == 0
    assert [each.where for each in outcome.imported.rejected] == [
        "niche: row 3: date_of_birth (DOB)"
    ]


# --- by command -----------------------------------------------------------------------------------


def test_the_command_reads_a_source_by_its_name(tmp_path: Path) -> None:
    rows = [*NOMINALS, (4, "Ryder", None, None, "soon")]
    told = of_database(a_database(tmp_path, rows))
    settings(tmp_path, f"{told}\n[storage]\nurl='sqlite:///{tmp_path}/desk.db'\n")
    line = ("records", "import", "--source", "niche", "--config", "firstcontact.toml")
    ran = firstcontact(*line, cwd=tmp_path)
    assert (ran.code, ran.out) == (1, "3 records stored, 0 unchanged, 1 rejected\n")
    assert "niche: row 4: date_of_birth (DOB): not a date" in ran.complaint
    a_database(tmp_path, NOMINALS[1:])
    ran = firstcontact(*line, cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "0 records stored, 2 unchanged, 0 rejected\n")
    assert "2 records kept here are no longer in niche" in ran.err
    ran = firstcontact(*line[:3], "athena", *line[4:], cwd=tmp_path)
    assert (ran.code, "none is named athena; there are: niche" in ran.complaint) == (1, True)


def test_the_command_reads_a_parquet_file(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="Parquet needs the extra `records`")
    path = tmp_path / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'P-1' AS record_id, ['07700 900101'] AS phones, DATE '1984-03-21' AS"
            f" date_of_birth UNION ALL SELECT NULL, [], NULL) TO '{path}' (FORMAT parquet)"
        )
    ran = firstcontact("records", "import", path, cwd=tmp_path)
    assert (ran.code, ran.out) == (1, "1 records stored, 0 unchanged, 1 rejected\n")
    assert ran.complaint.endswith("people.parquet: row 2: record_id (record_id): missing")
