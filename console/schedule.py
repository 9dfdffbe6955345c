"""The ticks: a job per account, the clocks, the sweeper. APScheduler keeps them apart.

No job overlaps itself, missed runs are folded into one, polls are spread by jitter.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from triage.errors import FirstContactError

log = logging.getLogger("firstcontact.schedule")

JITTER = 0.1  # of the interval: two nodes and many accounts do not fire in the same instant
LONGEST_DELAY_SECONDS = 3600


class Schedule:
    """Periodic jobs on threads of their own: as many as there are jobs, so that one that waits
    (polls for an engine that cannot write) holds no other up (clocks, beats).

    Args:
        on_error: told the job and what happened, each time one fails.
        on_mended: told the job when it works again.
    """

    def __init__(
        self,
        *,
        on_error: Callable[[str, str], None],
        on_mended: Callable[[str], None] = lambda job: None,
    ) -> None:
        self._on_error = on_error
        self._on_mended = on_mended
        self._failing: set[str] = set()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": LONGEST_DELAY_SECONDS,
            },
        )
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._worked, EVENT_JOB_EXECUTED)

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
        jobs = len(self._scheduler.get_jobs())
        self._scheduler.add_executor(ThreadPoolExecutor(max(1, jobs)), "default")
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking and wait for the jobs that run."""
        self._scheduler.shutdown(wait=True)

    def _failed(self, event: JobExecutionEvent) -> None:
        error = event.exception
        name = type(error).__name__
        log.error("job failed", extra={"job": event.job_id, "error": name})
        self._failing.add(event.job_id)
        # Only our own errors are written for people; others may quote what a citizen wrote.
        said = str(error) if isinstance(error, FirstContactError) else f"internal error: {name}"
        self._on_error(event.job_id, said)

    def _worked(self, event: JobExecutionEvent) -> None:
        if event.job_id in self._failing:
            self._on_mended(event.job_id)
            self._failing.discard(event.job_id)


def _slotted(poll: Callable[[str, int], None], source: str, seconds: float) -> Callable[[], None]:
    def job() -> None:
        poll(source, int(datetime.now(UTC).timestamp() // seconds))

    return job
