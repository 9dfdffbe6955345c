"""The durable engine on a real SQLite file."""

import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from console.engine import SEND, TRIAGE, Engine, engine_url
from console.rightofway import Haste

WAIT_SECONDS = 20.0


class Work:
    """Keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.slow = threading.Event()
        self.slow.set()

    def poll(self, source: str) -> None:
        self.calls.append(("poll", source))

    def triage(self, refs: Sequence[str]) -> None:
        self.slow.wait(WAIT_SECONDS)
        self.calls.append(("triage", tuple(refs)))

    def deliver(self, keys: Sequence[str]) -> None:
        self.calls.append(("deliver", tuple(keys)))

    def drain(self) -> None:
        self.slow.wait(WAIT_SECONDS)
        self.calls.append(("drain", ()))


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def engine(work: Work, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    engine = Engine(work, url=url, node="n1", workers=2, poll_seconds=0.02)
    engine.start()
    yield engine
    work.slow.set()
    engine.stop(seconds=2)


def until(met: Callable[[], bool]) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while not met():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.01)


def test_a_source_is_polled_once_per_slot_however_often_it_is_asked(
    engine: Engine, work: Work
) -> None:
    for _ in range(3):
        engine.poll("x:westbridge", 7)
    engine.poll("x:westbridge", 8)
    until(lambda: len(work.calls) >= 2)
    time.sleep(0.2)
    assert work.calls == [("poll", "x:westbridge")] * 2


def test_urgent_work_does_not_wait_behind_a_full_queue(engine: Engine, work: Work) -> None:
    work.slow.clear()
    for number in range(5):
        engine.triage([f"FC-{number}"], Haste.LATER)
    engine.deliver(["card:1"])
    until(lambda: ("deliver", ("card:1",)) in work.calls)
    assert work.calls == [("deliver", ("card:1",))]


def test_what_is_wanted_soon_is_taken_first_from_a_full_queue(engine: Engine, work: Work) -> None:
    work.slow.clear()
    for number in range(6):
        engine.triage([f"FC-{number}"], Haste.LATER)
    engine.triage(["FC-soon"], Haste.SOON)
    work.slow.set()
    until(lambda: len(work.calls) == 7)
    order = [refs[0] for _, refs in work.calls]
    assert order.index("FC-soon") <= 2  # two workers may have begun before it came


def test_a_drain_asked_for_twice_while_it_waits_runs_once(engine: Engine, work: Work) -> None:
    work.slow.clear()
    for _ in range(4):
        engine.drain()
    work.slow.set()
    until(lambda: engine.idle(SEND))
    assert work.calls == [("drain", ())]


def test_finished_work_is_forgotten(engine: Engine, work: Work) -> None:
    engine.triage(["FC-1"], Haste.LATER)
    until(lambda: engine.idle(TRIAGE) and bool(work.calls))
    until(lambda: engine.forget(before_iso="2100-01-01T00:00:00+00:00") == 1)
    assert engine.forget(before_iso="2100-01-01T00:00:00+00:00") == 0


def test_the_engine_keeps_its_notes_beside_the_sqlite_file() -> None:
    assert engine_url("sqlite:////srv/desk.db") == "sqlite:////srv/desk-engine.db"
    assert engine_url("postgresql+psycopg://h/d") == "postgresql+psycopg://h/d"


def test_work_noted_as_running_that_is_not_makes_way_at_the_second_look(
    engine: Engine, work: Work, tmp_path: Path
) -> None:
    engine.drain()
    until(lambda: engine.idle(SEND) and bool(work.calls))
    with closing(sqlite3.connect(tmp_path / "desk-engine.db", timeout=20)) as notes, notes:
        lost = "UPDATE workflow_status SET status = 'PENDING', queue_name = ?, deduplication_id = ?"
        notes.execute(lost, (SEND, "drain:n1"))
    assert not engine.idle(SEND)
    assert [engine.bury(), engine.bury(), engine.bury()] == [0, 1, 0]
    engine.drain()
    until(lambda: work.calls == [("drain", ())] * 2)


def test_work_that_runs_long_is_not_taken_for_lost(engine: Engine, work: Work) -> None:
    work.slow.clear()
    engine.drain()
    until(lambda: not engine.idle(SEND))
    time.sleep(0.3)
    assert [engine.bury(), engine.bury(), engine.bury()] == [0, 0, 0]
    work.slow.set()
    until(lambda: work.calls == [("drain", ())])


FULL_DISK = """
    import resource, sys, time
    from console.engine import SEND, Engine

    def room(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))

    def until(met):
        ends = time.monotonic() + 30
        while not met() and time.monotonic() < ends:
            engine.bury()
            time.sleep(0.1)

    class Work:
        drains = 0
        def poll(self, source): pass
        def triage(self, refs): pass
        def deliver(self, keys): pass
        def drain(self):
            Work.drains += 1
            room(most if Work.drains > 1 else 0)

    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    engine = Engine(Work(), url=sys.argv[1], node="n1", workers=1, poll_seconds=0.02)
    engine.start()
    engine.drain()
    while not Work.drains:
        time.sleep(0.01)
    time.sleep(0.5)
    room(most)
    until(lambda: engine.idle(SEND))
    engine.drain()
    until(lambda: Work.drains > 1 and engine.idle(SEND))
    print(Work.drains > 1, engine.idle(SEND))
    engine.stop(seconds=1)
"""


def test_after_a_full_disk_the_engine_works_on_and_nothing_holds_its_place_for_ever(
    tmp_path: Path,
) -> None:
    script = tmp_path / "full.py"
    script.write_text(textwrap.dedent(FULL_DISK))
    ran = subprocess.run(
        [sys.executable, str(script), f"sqlite:///{tmp_path / 'desk.db'}"],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
        timeout=100,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.stdout == "True True\n", ran.stderr


KILLED = """
    import os, sys, time
    from console.engine import Engine
    from console.rightofway import Haste

    class Work:
        def poll(self, source): pass
        def triage(self, refs):
            with open(sys.argv[2], "a") as out:
                print("began", *refs, file=out, flush=True)
            if sys.argv[3] == "die":
                os.kill(os.getpid(), 9)
            with open(sys.argv[2], "a") as out:
                print("ended", *refs, file=out, flush=True)
        def deliver(self, keys): pass
        def drain(self): pass

    engine = Engine(Work(), url=sys.argv[1], node="n1", workers=1, poll_seconds=0.02)
    engine.start()
    if sys.argv[3] == "die":
        engine.triage(["FC-1"], Haste.NOW)
    time.sleep(5 if sys.argv[3] == "die" else 3)
    engine.stop(seconds=1)
"""


def test_work_cut_short_by_a_kill_is_done_again_after_the_restart(tmp_path: Path) -> None:
    url, out = f"sqlite:///{tmp_path / 'desk.db'}", tmp_path / "out"
    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(KILLED))
    root = str(Path(__file__).parents[2])
    for mode in ("die", "live"):
        subprocess.run(
            [sys.executable, str(script), url, str(out), mode],
            env={"PYTHONPATH": root, "PATH": ""},
            timeout=60,
            check=False,
        )
    assert out.read_text().splitlines() == ["began FC-1", "began FC-1", "ended FC-1"]
