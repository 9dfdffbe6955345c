"""The ticks: a job per account, the clocks, the sweeper. APScheduler keeps them apart.

No job overlaps itself, missed runs are folded into one, polls are spread by jitter.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger("firstcontact.schedule")

JITTER = 0.1  # of the interval: two nodes and many accounts do not fire in the same instant
LONGEST_DELAY_SECONDS = 3600


class Schedule:
    """Periodic jobs on threads of their own."""

    def __init__(self, *, threads: int = 8, on_error: Callable[[str, str], None]) -> None:
        self._on_error = on_error
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": LONGEST_DELAY_SECONDS,
            },
        )
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)

    def every(
        self, seconds: float, name: str, job: Callable[[], None], *, jitter: bool = False
    ) -> None:
        """Run `job` now and then every `seconds`."""
        self._scheduler.add_job(
            job,
            "interval",
            seconds=seconds,
            id=name,
            name=name,
            jitter=seconds * JITTER if jitter else None,
            next_run_time=datetime.now(UTC),
        )

    def polls(self, sources: Mapping[str, float], poll: Callable[[str, int], None]) -> None:
        """One job per source: `poll(source, slot)` with the number of the interval since 1970."""
        for source, seconds in sources.items():
            self.every(seconds, f"poll:{source}", _slotted(poll, source, seconds), jitter=True)

    def start(self) -> None:
        """Begin ticking."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking and wait for the jobs that run."""
        self._scheduler.shutdown(wait=True)

    def _failed(self, event: JobExecutionEvent) -> None:
        log.error(
            "job failed", extra={"job": event.job_id, "error": type(event.exception).__name__}
        )
        self._on_error(event.job_id, f"{type(event.exception).__name__}: {event.exception}")


def _slotted(poll: Callable[[str, int], None], source: str, seconds: float) -> Callable[[], None]:
    def job() -> None:
        poll(source, int(datetime.now(UTC).timestamp() // seconds))

    return job
