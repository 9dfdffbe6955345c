"""Record sources that the service reads by the clock."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from console.record_watch import RecordWatch
from console.service import Service
from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.flow.test_record_sources import NOMINALS, a_database, of_database, settings
from tests.flow.test_service import desk_of, service_of
from triage.identifiers import keys_of


@pytest.fixture
def store(clock: SteppingClock) -> Iterator[SqlStore]:
    kept = memory_store(clock=clock)
    yield kept
    kept.close()


@pytest.fixture
def service(store: SqlStore, clock: SteppingClock) -> Service:
    return service_of(desk_of(store, clock))[0]


def nightly(folder: Path, told: str = "") -> Settings:
    told = told or of_database(a_database(folder))
    return settings(folder, f"every_hours = 24\n{told}")


def watch_of(service: Service, store: SqlStore, told: Settings, node: str = "one") -> RecordWatch:
    return RecordWatch(store, service, told.record_source, keys_of=keys_of, node=node, failures=3)


def alarms(store: SqlStore) -> dict[str, str]:
    return {each.key: each.text for each in store.alarms()}


def test_a_source_is_read_when_its_hours_are_over_and_not_before(
    service: Service, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    watch = watch_of(service, store, nightly(tmp_path))
    (source,) = watch.sources
    read = [watch.look(source)]
    clock.step(hours=23)
    read.append(watch.look(source))
    clock.step(hours=1)
    read.append(watch.look(source))
    assert read == [True, False, True]
    assert store.persons_count() == 3


def test_a_restart_does_not_read_it_again(
    service: Service, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = nightly(tmp_path)
    watch_of(service, store, told).look(told.record_source[0])
    clock.step(hours=1)
    assert not watch_of(service, store, told).look(told.record_source[0])


def test_one_node_reads_it_while_the_other_leaves_it_alone(
    service: Service, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = nightly(tmp_path)
    store.lease("records:niche", "two", seconds=600, now=clock())
    watch = watch_of(service, store, told)
    assert not watch.look(told.record_source[0])
    clock.step(seconds=601)  # the other died
    assert watch.look(told.record_source[0])


def test_only_sources_with_hours_are_read_by_the_clock(
    service: Service, store: SqlStore, tmp_path: Path
) -> None:
    told = settings(tmp_path, of_database(a_database(tmp_path)))
    assert watch_of(service, store, told).sources == []


def test_a_source_that_fails_three_times_is_an_alarm_until_it_is_read(
    service: Service, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = nightly(tmp_path)
    watch = watch_of(service, store, told)
    (tmp_path / "niche.db").unlink()
    raised = []
    for _ in range(3):
        watch.look(told.record_source[0])
        clock.step(minutes=10)
        raised.append("records:niche" in alarms(store))
    assert raised == [False, False, True]
    assert "citizen records are not being read" in alarms(store)["records:niche"]
    a_database(tmp_path)
    watch.look(told.record_source[0])
    assert alarms(store) == {}


def test_wrong_settings_are_an_alarm_at_once(
    service: Service, store: SqlStore, tmp_path: Path
) -> None:
    of = of_database(a_database(tmp_path)).replace("HOME_TEL", "WORK_TEL")
    told = nightly(tmp_path, of)
    watch_of(service, store, told).look(told.record_source[0])
    assert "no column WORK_TEL" in alarms(store)["records:niche"]


def test_a_source_that_is_never_read_is_late(
    service: Service, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    watch_of(service, store, nightly(tmp_path)).plan(planned := Plan())
    assert planned.names == ["records:niche"]
    clock.step(hours=36)
    service.watch()
    service.watch()
    assert "records-late:niche" not in alarms(store)
    clock.step(hours=2)
    service.watch()
    service.watch()
    assert "records-late:niche" in alarms(store)
    planned.jobs[0]()
    service.watch()
    assert alarms(store) == {}


class Plan:
    """A schedule that keeps what it is given."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.jobs: list[Callable[[], None]] = []

    def __call__(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        self.names.append(name)
        self.jobs.append(job)


def test_missing_and_rejected_records_are_told_without_what_stands_in_them(
    service: Service, store: SqlStore, clock: SteppingClock, tmp_path: Path
) -> None:
    told = nightly(tmp_path)
    watch = watch_of(service, store, told)
    watch.look(told.record_source[0])
    a_database(tmp_path, [*NOMINALS[:2], (4, "Ryder", None, None, "last spring")])
    clock.step(hours=24)
    watch.look(told.record_source[0])
    assert "1 records kept here are no longer in niche" in alarms(store)["records-missing:niche"]
    said = alarms(store)["records-rejected:niche"]
    assert "row 3: date_of_birth (DOB)" in said
    assert "Ryder" not in said
    assert "spring" not in said
