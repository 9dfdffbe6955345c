"""From received to card sent: at 500 items a minute, and for a P1 in the middle of a surge."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from console.app import STOP_SECONDS
from console.bench.parts import (
    PROBE,
    arrival,
    arrivals,
    fresh_settings,
    harvests,
    percentile,
    resident_mb,
)
from console.engine import Engine
from console.service import Service
from console.wiring import build_service, open_store, utc_now
from triage.model import Arrival, Case, Harvest, Outgoing
from triage.ports import Sink

PER_MINUTE = 500
SOURCE = "webhook:bench"
LONGEST_SECONDS = 900


class Stopwatch:
    """A sink that notes when each card came."""

    name = "terminal"

    def __init__(self) -> None:
        self.came: dict[str, float] = {}

    def post(self, message: Outgoing, case: Case | None, *, now: object) -> str:
        """Note the time."""
        if case is not None:
            self.came.setdefault(case.item.id, time.perf_counter())
        return message.key

    def edit(self, message: Outgoing, case: Case | None, *, now: object) -> None:
        """Nothing to show."""

    def find(self, message: Outgoing) -> str:
        """Nothing to find."""
        return ""


class Bench:
    """A running service and the moments at which items were handed in."""

    def __init__(self, service: Service, watch: Stopwatch) -> None:
        self.service = service
        self.watch = watch
        self.given: dict[str, float] = {}

    def give(self, *found: Arrival) -> None:
        """Hand in arrivals as one harvest."""
        moment = time.perf_counter()
        self.given |= {each.item.id: moment for each in found}
        self.service.take_in(SOURCE, Harvest(arrivals=found, cursor=""))

    def wait(self) -> None:
        """Wait until every item has its card."""
        ends = time.monotonic() + LONGEST_SECONDS
        while len(self.watch.came) < len(self.given) and time.monotonic() < ends:
            time.sleep(0.05)

    def delays(self, prefix: str) -> list[float]:
        """Seconds from handed in to card, of items whose id begins so."""
        given, came = self.given.copy(), self.watch.came.copy()  # other threads go on adding
        return [
            came[name] - moment
            for name, moment in given.items()
            if name.startswith(prefix) and name in came
        ]


def measure(*, quick: bool) -> Iterator[str]:
    """The steady state, the surge, and what the process weighs after both."""
    seconds = 10 if quick else 60
    surge = 1_000 if quick else 20_000
    with running() as bench:
        yield f"Steady state, {PER_MINUTE} items a minute for {seconds} s, shipped model"
        _steady(bench, seconds)
        delays = bench.delays("b")
        yield (
            f"  received to card    p50 {percentile(delays, 0.5):6.2f} s, "
            f"p95 {percentile(delays, 0.95):6.2f} s   (target p95 2)"
        )
        idle = _probes(bench, "idle", 20, every=0.5)
        yield f"Surge of {surge} items at once"
        took, busy = _surge(bench, surge)
        yield f"  drained in          {took:6.0f} s, {surge / took:.0f} items/s   (target 600 s)"
        yield (
            f"  P1 idle             p50 {percentile(idle, 0.5):6.2f} s, "
            f"p95 {percentile(idle, 0.95):6.2f} s"
        )
        if busy:
            ratio = percentile(busy, 0.95) / percentile(idle, 0.95)
            yield (
                f"  P1 in the surge     p50 {percentile(busy, 0.5):6.2f} s, "
                f"p95 {percentile(busy, 0.95):6.2f} s, {ratio:.1f} x idle   (target 2)"
            )
        yield f"  resident memory     {resident_mb():6.0f} MB   (target 700)"


@contextmanager
def running() -> Iterator[Bench]:
    """The service on its engine, with the clocks left out."""
    with fresh_settings() as settings:
        store = open_store(settings)
        watch = Stopwatch()
        sinks: dict[str, Sink] = {watch.name: watch}
        service = build_service(settings, store, sinks=sinks)
        engine = Engine(
            service,
            url=settings.storage.url,
            node="bench",
            workers=settings.engine.triage_workers,
            poll_seconds=settings.engine.poll_seconds,
        )
        engine.start()
        service.attach(engine)
        try:
            yield Bench(service, watch)
        finally:
            service.stop()
            engine.stop(seconds=STOP_SECONDS)
            store.close()


def _steady(bench: Bench, seconds: float) -> None:
    gap = 60 / PER_MINUTE
    for each in arrivals(int(seconds / gap)):
        bench.give(each)
        time.sleep(gap)
    bench.wait()


def _probes(bench: Bench, name: str, count: int, *, every: float) -> list[float]:
    for number in range(count):
        bench.give(arrival(f"{name}-{number}", PROBE, utc_now(), author=100_001 + 2 * number))
        time.sleep(every)
    bench.wait()
    return bench.delays(name)


def _surge(bench: Bench, count: int) -> tuple[float, list[float]]:
    """Seconds to drain, and the delays of P1 probes handed in meanwhile."""
    over = threading.Event()

    def probe() -> None:
        number = 0
        while not over.wait(0.7):
            number += 1
            text = arrival(f"busy-{number}", PROBE, utc_now(), author=200_001 + 2 * number)
            bench.give(text)

    probing = threading.Thread(target=probe, daemon=True)
    began = time.perf_counter()
    probing.start()
    for harvest in harvests(list(arrivals(count, seed=2))):
        bench.give(*harvest.arrivals)
    while len(bench.delays("b2-")) < count and time.perf_counter() - began < LONGEST_SECONDS:
        time.sleep(0.5)
    took = time.perf_counter() - began
    over.set()
    probing.join()
    bench.wait()
    return took, bench.delays("busy")
