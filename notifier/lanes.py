"""Work for several places at once, so that one that answers slowly holds nobody else."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context

THREADS = 32
Job = Callable[[], int]


class Lanes:
    """One job a name at a time, on threads that are shared by all names, in the caller's context.

    Args:
        patience_seconds: so long `run` waits for its jobs. One that takes longer goes on by
            itself; until it ends, its name gets no other.
    """

    def __init__(self, patience_seconds: float, threads: int = THREADS) -> None:
        self._patience = patience_seconds
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def run(self, jobs: Mapping[str, Job]) -> int:
        """Run the jobs whose name is free; returns the sum of what those that ended came to.

        What a job raised is raised here, if it was waited for.
        """
        started = [self._start(name, job) for name, job in jobs.items() if self._take(name)]
        ended, _ = wait(started, timeout=self._patience)
        return sum(each.result() for each in ended)

    def _take(self, name: str) -> bool:
        with self._lock:
            free = name not in self._busy
            self._busy.add(name)
        return free

    def _start(self, name: str, job: Job) -> Future[int]:
        def run() -> int:
            try:
                return job()
            finally:
                with self._lock:
                    self._busy.discard(name)

        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="lane")
        return self._pool.submit(copy_context().run, run)
