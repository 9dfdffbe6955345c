"""The whole service: engine, ticks, chat presses and console, started and stopped in order."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import uvicorn
from starlette.applications import Starlette

from config.settings import Settings
from console.drift import keep_days
from console.engine import TRIAGE, Engine
from console.record_watch import RecordWatch
from console.schedule import Schedule
from console.service import Service
from console.tuning.labelling import keep_labels
from console.wiring import index_keys, node_name
from storage.store import SqlStore
from triage.errors import BadSettings, Unavailable

log = logging.getLogger("firstcontact.app")

BEAT_SECONDS = 2.0
DEAD_AFTER = timedelta(seconds=6)
HOUSEKEEPING_SECONDS = 600.0
KEEP_SCENES = timedelta(hours=48)  # who is in which incident stays with the items
KEEP_FINISHED_WORK = timedelta(hours=1)
STOP_SECONDS = 10
EDITABLE = ("slack", "teams")
STUBS_AT_ONCE = 200  # every ten minutes, behind everything else that is owed
DAYS_SECONDS = 3600.0
LINES_SECONDS = 2.0
LABELS_SECONDS = 60.0


class App:
    """Everything `firstcontact run` runs."""

    def __init__(self, settings: Settings, store: SqlStore, service: Service) -> None:
        self._settings = settings
        self._store = store
        self._service = service
        self._node = node_name(settings)
        self.engine = Engine(
            service,
            url=settings.storage.url,
            node=self._node,
            workers=settings.engine.triage_workers,
            poll_seconds=settings.engine.poll_seconds,
        )
        self._records = RecordWatch(
            store,
            service,
            settings.record_source,
            keys_of=index_keys(),
            node=self._node,
            failures=settings.escalation.collector_failures,
        )
        self._schedule = Schedule(
            on_error=self._job_failed,
            on_mended=self._job_mended,
        )
        self._web: WebServer | None = None
        self._beside: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._jobs: list[tuple[float, str, Callable[[], None]]] = []

    def beside(self, start: Callable[[], None], stop: Callable[[], None]) -> None:
        """Something more to start and stop with the service (Socket Mode, for one)."""
        self._beside.append((start, stop))

    def every(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """Something more to do every so many seconds; a failure of it is shown as any other."""
        self._jobs.append((seconds, name, job))

    def serve(self, console: Starlette) -> None:
        """Serve the web console too."""
        self._web = WebServer(console, self._settings.console.bind)

    def start(self) -> None:
        """Start everything; what was left unfinished is taken up again.

        Raises:
            Unavailable: the console's address is taken; nothing else was started then.
        """
        if self._web is not None:
            self._web.start()  # what it takes in before the engine runs, the sweeper finds
        self.engine.start()
        self._service.attach(self.engine)
        self._store.revive()  # a token may have been mended while the service was down
        self._service.watching.begin()
        for start, _ in self._beside:
            start()
        self._plan()
        self._schedule.start()

    def stop(self) -> None:
        """Stop: no new work, then finish what is in hand."""
        self._service.stop()
        if self._web is not None:
            self._web.stop()
        self._schedule.stop()
        for _, stop in reversed(self._beside):
            stop()
        self.engine.stop(seconds=STOP_SECONDS)
        self._store.close()

    def _plan(self) -> None:
        engine = self._settings.engine
        intervals = {each.name: each.every_seconds for each in self._settings.collector}
        sources = {name: intervals[name] for name in self._service.sources}
        self._schedule.polls(sources, self.engine.poll)
        self._schedule.every(engine.tick_seconds, "clocks", self._service.tick)
        self._schedule.every(engine.tick_seconds, "backlog", self._service.look_at_backlog)
        self._schedule.every(engine.tick_seconds, "second route", self._service.reroute)
        self._schedule.every(engine.sweep_seconds, "sweep", self._sweep)
        self._schedule.every(60.0, "watch", self._service.watch)
        self._schedule.every(BEAT_SECONDS, "beat", self._beat)
        self._schedule.every(HOUSEKEEPING_SECONDS, "housekeeping", self._tidy)
        self._schedule.every(DAYS_SECONDS, "days", self._count_days)
        self._schedule.every(LINES_SECONDS, "lines", self._service.take_up_lines)
        self._schedule.every(LABELS_SECONDS, "labels", self._label)
        self._records.plan(self._schedule.every)
        for every, name, job in self._jobs:
            self._schedule.every(every, name, job)

    def _sweep(self) -> None:
        self.engine.bury()
        self._service.sweep(idle=lambda: self.engine.idle(TRIAGE))

    def _beat(self) -> None:
        """Say that this node lives, and take over from those that do not."""
        now = self._service.desk.clock()
        try:
            self._store.beat(self._node, now=now)
        except Unavailable as error:
            self._service.last_word.cannot_store(str(error))
            raise
        self._service.last_word.can_store()
        beats = self._store.nodes()
        dead = [node for node, beat in beats.items() if now - beat > DEAD_AFTER]
        adopted = self.engine.adopt(dead)
        for node in dead:
            self._store.forget_node(node)
            self._store.forget_lines(node)
        if adopted:
            log.warning("took over work", extra={"nodes": dead, "workflows": adopted})

    def _count_days(self) -> None:
        keep_days(self._store, now=self._service.desk.clock())

    def _label(self) -> None:
        keep_labels(self._store)

    def _tidy(self) -> None:
        now = self._service.desk.clock()
        self.engine.forget(before_iso=(now - KEEP_FINISHED_WORK).isoformat())
        self._store.forget_scenes(before=now - KEEP_SCENES)
        days = self._settings.chat.scrub_after_days
        if days:
            self._store.owe_stubs(
                [sink.name for sink in self._settings.sink if sink.kind in EDITABLE],
                closed_before=now - timedelta(days=days),
                limit=STUBS_AT_ONCE,
                now=now,
            )

    def _job_failed(self, job: str, error: str) -> None:
        """A tick that fails is shown to people, not only logged."""
        self._service.tell(f"job:{job}", f"{job} failed: {error}")

    def _job_mended(self, job: str) -> None:
        self._service.well_again(f"job:{job}")


class WebServer:
    """Uvicorn in a thread of its own."""

    def __init__(self, console: Starlette, bind: str) -> None:
        host, _, port = bind.rpartition(":")
        if not (host and port.isascii() and port.isdecimal() and int(port) < 65536):
            raise BadSettings(f"console.bind: {bind!r} is no address with a port: 127.0.0.1:8000")
        config = uvicorn.Config(
            console,
            host=host.strip("[]"),
            port=int(port),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            timeout_keep_alive=30,
        )
        self._bind = bind
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="console", daemon=True)

    def start(self) -> None:
        """Listen, and return when requests are answered.

        Raises:
            Unavailable: the address cannot be bound.
        """
        self._thread.start()
        ends = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise Unavailable(f"console: cannot listen on {self._bind}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop listening and let open requests finish."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
