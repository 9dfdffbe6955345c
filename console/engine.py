"""The durable engine: DBOS workflows under the plain functions of triage/flow.py.

The row is the truth. A workflow only says "look at these rows now"; every step checks the state
of its row, so a workflow may be lost, repeated, or run on two nodes without harm, and the
engine's own database may be emptied: the sweeper finds what is still owed (docs/adr/0003).
"""

import contextvars
import logging
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Protocol

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from sqlalchemy import Engine as Database
from sqlalchemy import ExceptionContext, QueuePool, create_engine, event, make_url

from console.rightofway import Haste
from triage.errors import BadSettings

log = logging.getLogger("firstcontact.engine")

TRIAGE = "triage"
SEND = "send"
RECOVERIES = 2
"""How often a workflow cut short is taken up again. Then the sweeper looks at its rows instead:
a service that keeps being killed must not start each time with all it ever began."""

VERSION = "1"
"""Workflows of an older release are carried on by a newer one: their arguments are rows' names."""


class Work(Protocol):
    """What the engine calls. Each may be called twice with the same arguments."""

    def poll(self, source: str) -> None:
        """Collect what is new from one source."""
        ...

    def triage(self, refs: Sequence[str]) -> None:
        """Triage those of the cases that still wait."""
        ...

    def deliver(self, keys: Sequence[str]) -> None:
        """Send those of the urgent messages that are still owed."""
        ...

    def drain(self) -> None:
        """Send what is owed, urgent first, until nothing is due."""
        ...


class Engine:
    """Carries `Work` through queues that survive a kill.

    What is urgent starts at once on the node that saw it and waits behind nothing; the rest
    goes through queues that any node takes from.
    """

    def __init__(
        self, work: Work, *, url: str, node: str, workers: int, poll_seconds: float
    ) -> None:
        self._work = work
        self._database = _database(url)
        self._node = node
        self._workers = workers
        self._poll_seconds = poll_seconds
        self._running: set[str] = set()
        self._suspects: set[str] = set()
        config: DBOSConfig = {
            "name": "firstcontact",
            "system_database_url": engine_url(url),
            "system_database_engine": self._database,
            "executor_id": node,
            "application_version": VERSION,
            "log_level": "ERROR",
            "console_log_level": "ERROR",
            "enable_otlp": False,
            "max_executor_threads": 16,
            "notification_listener_polling_interval_sec": 1.0,
            "scheduler_polling_interval_sec": 1.0,
        }
        self._dbos = DBOS(config=config)
        self._poll = self._workflow("poll", work.poll)
        self._triage = self._workflow("triage", work.triage)
        self._deliver = self._workflow("deliver", work.deliver)
        self._drain = self._workflow("drain", work.drain)

    def _workflow(self, name: str, step: Callable[..., None]) -> Callable[..., None]:
        """A workflow of one step. What it raises is kept by DBOS and logged; the row tells on."""

        @DBOS.workflow(name=name, max_recovery_attempts=RECOVERIES)
        def run(*args: object) -> None:
            mine = str(DBOS.workflow_id)
            self._running.add(mine)
            try:
                DBOS.run_step({"name": name}, step, *args)
            finally:
                self._running.discard(mine)

        return run

    def start(self) -> None:
        """Take up work, what this node left unfinished first."""
        DBOS.launch()
        # While the database is gone, fail at once instead of waiting ever longer: the rows are the
        # truth and every tick asks again, so work resumes as soon as the database does.
        self._dbos._sys_db._retry_connection_errors = False
        # In a thread of its own: DBOS refuses where the caller's thread runs an event loop.
        with ThreadPoolExecutor(max_workers=1) as apart:
            apart.submit(self._register).result()

    def _register(self) -> None:
        for name, workers in ((TRIAGE, self._workers), (SEND, 1)):
            DBOS.register_queue(
                name, worker_concurrency=workers, polling_interval_sec=self._poll_seconds
            )

    def stop(self, *, seconds: int = 5) -> None:
        """Stop taking up work and give what runs `seconds` to finish."""
        DBOS.destroy(workflow_completion_timeout_sec=seconds, destroy_registry=True)
        self._database.dispose()

    def poll(self, source: str, slot: int) -> None:
        """Poll a source once per slot, on whichever node comes first."""
        self._start(f"poll:{source}:{slot}", self._poll, source)

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        """Have cases triaged: now, or when a worker is free."""
        if refs and haste is Haste.NOW:
            self._start(f"triage:{uuid.uuid4()}", self._triage, list(refs))
        elif refs:
            self._enqueue(TRIAGE, self._triage, list(refs), haste=haste)

    def deliver(self, keys: Sequence[str]) -> None:
        """Send these urgent messages at once."""
        if keys:
            self._start(f"deliver:{uuid.uuid4()}", self._deliver, list(keys))

    def drain(self) -> None:
        """Have all that is owed sent; asked twice while one is waiting, it runs once."""
        self._enqueue(SEND, self._drain, once=f"drain:{self._node}")

    def idle(self, queue: str) -> bool:
        """Whether nothing is queued or running there: only then may the sweeper add."""
        return not DBOS.list_queued_workflows(queue_name=queue, limit=1, load_input=False)

    def bury(self) -> int:
        """Cancel what this node's notes call running though it is not; returns how many.

        A workflow whose end could not be written (a full disk) would hold its place in the queue
        for ever, and all that is asked for once would wait for it. Found so twice in a row, it is
        over: its rows are still there for the sweeper.
        """
        noted = DBOS.list_queued_workflows(
            status="PENDING",
            queue_name=[TRIAGE, SEND],
            executor_id=self._node,
            load_input=False,
            load_output=False,
        )
        stuck = {each.workflow_id for each in noted} - self._running
        dead, self._suspects = stuck & self._suspects, stuck
        if dead:
            log.warning("workflows without an end are cancelled", extra={"row": len(dead)})
            DBOS.cancel_workflows(list(dead))
        return len(dead)

    def adopt(self, dead_nodes: Sequence[str]) -> int:
        """Take over what nodes that no longer beat had in hand; returns how many workflows."""
        return len(DBOS._recover_pending_workflows(list(dead_nodes))) if dead_nodes else 0

    def forget(self, *, before_iso: str) -> int:
        """Drop the engine's notes on finished work; returns how many."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR"],
            completed_before=before_iso,
            limit=5000,
            load_input=False,
            load_output=False,
        )
        if done:
            DBOS.delete_workflows([each.workflow_id for each in done])
        return len(done)

    def _start(self, workflow_id: str, workflow: Callable[..., None], *args: object) -> None:
        def start() -> None:
            with SetWorkflowID(workflow_id):
                DBOS.start_workflow(workflow, *args)

        _apart(start)

    def _enqueue(
        self,
        queue: str,
        workflow: Callable[..., None],
        *args: object,
        once: str | None = None,
        haste: Haste = Haste.LATER,
    ) -> None:
        def enqueue() -> None:
            options = SetEnqueueOptions(
                deduplication_id=once,
                duplication_policy="return-existing" if once else None,
                priority=int(haste),
            )
            with SetWorkflowID(f"{queue}:{uuid.uuid4()}"), options:
                DBOS.enqueue_workflow(queue, workflow, *args)

        _apart(enqueue)


def _apart(start: Callable[[], None]) -> None:
    """Start a workflow as nobody's child: a step may not start one, and the work of a step that
    is repeated after a crash may order different work."""
    contextvars.Context().run(start)


def engine_url(url: str) -> str:
    """Where the engine keeps its notes: beside the SQLite file, or inside PostgreSQL.

    Raises:
        BadSettings: the database is in memory only.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return url
    if not parsed.database or parsed.database == ":memory:":
        raise BadSettings("storage.url: the service needs a database file, not one in memory")
    path = Path(parsed.database)
    return f"sqlite:///{path.with_name(path.stem + '-engine' + path.suffix)}"


def _database(url: str) -> Database:
    place = engine_url(url)
    if make_url(place).get_backend_name() != "sqlite":
        return create_engine(
            place, pool_pre_ping=True, pool_size=8, max_overflow=8, hide_parameters=True
        )
    _set_aside_if_broken(Path(make_url(place).database or ""))
    # Without a limit: whoever holds the write lock may need a second connection, and must not
    # find all of them with those who wait for the lock.
    database = create_engine(
        place, connect_args={"timeout": 30}, poolclass=QueuePool, pool_size=8, max_overflow=-1
    )

    @event.listens_for(database, "connect")
    def configure(connection: object, _record: object) -> None:
        # NORMAL is enough here: losing the engine's last notes loses no item (the row is the
        # truth), and it halves the number of fsyncs.
        connection.isolation_level = "IMMEDIATE"  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    @event.listens_for(database, "handle_error")
    def doubt(context: ExceptionContext) -> None:
        # After a full disk a connection may go on failing although there is room again. Any other
        # error leaves it sound: to drop it for those would leave its lock behind.
        said = str(context.original_exception)
        if "full" in said or "disk I/O" in said:
            context.is_disconnect = True

    return database


def _set_aside_if_broken(path: Path) -> None:
    """Move broken notes out of the way: the rows say what is owed, so nothing is lost by it."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as notes:
            found = notes.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError:
        return  # locked or unreadable: whoever opens it says so
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found == "ok":
        return
    log.warning("engine notes are broken, starting anew", extra={"file": str(path), "why": found})
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        if each.exists():
            each.replace(each.with_name(f"{each.name}.broken"))
