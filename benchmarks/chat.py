"""From received to card in Slack and Teams, and what a surge does to it.

The service runs with its engine against a loopback Slack and Teams in a process of their own, which
answer after 80 ms and allow each channel one message a second with a short burst, as Slack does:
more is refused with 429. Emergencies are handed in while 500 items a minute come, then alone, then
in the middle of a surge. A card counts when the tool has it.

The texts are those of the demo's day, drawn as a desk gets them: one in 550 an emergency, one in 50
at immediate risk, one in 10 P3, the rest routine, each of somebody else. `--as-told` draws them as
the demo has them, a tenth of them emergencies: about as many as one channel can take.

    python benchmarks/chat.py [--seconds 60] [--surge 20000] [--as-told]
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from config.settings import Settings
from console.app import STOP_SECONDS
from console.bench.parts import PROBE, arrival, fresh_store, harvests, percentile, texts
from console.engine import TRIAGE, Engine
from console.service import Service
from console.wiring import build_service, open_store, utc_now
from storage.store import SqlStore
from tests.servers.slack import BOT_TOKEN, Slack
from tests.servers.teams import Teams
from triage.flow import triage_waiting
from triage.model import Arrival, Harvest

LATENCY = 0.08
BURST = 5.0
PER_MINUTE = 500
SOURCE = "webhook:bench"
LEAST_SECONDS = 40.0
LONGEST_SECONDS = 1800
SHARES = {1: 1 / 550, 2: 1 / 50, 3: 1 / 10}
PLACES = {"control_room": "C01", "desk": "C02", "safeguarding": "C03", "comms": "C04"}
CONVERSATIONS = {lane: f"19:{lane}@thread.tacv2" for lane in PLACES}


# --- the tools, in a process of their own ---------------------------------------------------------


class Limited:
    """What both tools do in this benchmark: one message a second and channel, and a note of when
    each card came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.refused = 0
        self.taken = 0
        self._tokens: dict[str, tuple[float, float]] = defaultdict(lambda: (BURST, 0.0))

    def allows(self, channel: str) -> bool:
        """Whether the channel takes one more message now."""
        now = time.monotonic()
        tokens, filled = self._tokens[channel]
        tokens = min(BURST, tokens + (now - filled if filled else BURST))
        fits = tokens >= 1
        self._tokens[channel] = (tokens - fits, now)
        self.refused += not fits
        self.taken += fits
        return fits


class SlowSlack(Slack):
    """Slack with a way to go, and its limit."""

    def __init__(self, limits: Limited) -> None:
        super().__init__()
        self.latency, self.limits = LATENCY, limits

    def respond(self, name: str, handler: Any, body: Any) -> tuple[int, Any]:
        """As Slack, but within the limit."""
        if name not in ("chat.postMessage", "chat.update"):
            return super().respond(name, handler, body)
        with self.lock:
            if not self.limits.allows(body["channel"]):
                return 429, {"ok": False, "error": "ratelimited"}
        answer = super().respond(name, handler, body)
        self.limits.came.setdefault(body["metadata"]["event_payload"]["key"], time.time())
        return answer


class SlowTeams(Teams):
    """Teams with a way to go, and the same limit."""

    def __init__(self, limits: Limited) -> None:
        super().__init__()
        self.latency, self.limits, self.open_door = LATENCY, limits, True
        self.activities = {each: [] for each in CONVERSATIONS.values()}

    def respond(self, name: str, handler: Any, body: Any) -> tuple[int, Any]:
        """As Teams, but within the limit."""
        with self.lock:
            if not self.limits.allows(self._conversation(handler)):
                return 429, {"error": {"code": "TooManyRequests"}}
        answer = super().respond(name, handler, body)
        self.limits.came.setdefault(body["channelData"]["firstcontact"]["key"], time.time())
        return answer


def serve() -> None:
    """Serve both until standard input ends; a line there asks for what came so far."""
    slack_limits, teams_limits = Limited(), Limited()
    with SlowSlack(slack_limits) as slack, SlowTeams(teams_limits) as teams:
        print(json.dumps({"slack": slack.base_url, "teams": teams.connector}), flush=True)
        for _ in sys.stdin:
            said = {
                name: {"came": dict(each.came), "taken": each.taken, "refused": each.refused}
                for name, each in (("slack", slack_limits), ("teams", teams_limits))
            }
            print(json.dumps(said), flush=True)


class Tools:
    """The process in which they run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            text=True,
        )
        self.urls: Mapping[str, str] = self._read()

    def report(self) -> Mapping[str, Any]:
        """What came so far, by tool."""
        assert self._process.stdin is not None
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        return self._read()

    def stop(self) -> None:
        """End them."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def _read(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        found: Mapping[str, Any] = json.loads(self._process.stdout.readline())
        return found


# --- the service ----------------------------------------------------------------------------------


def texts_by_priority() -> Mapping[int, list[str]]:
    """The texts of the demo's day by the priority each has by itself."""
    pool = list(dict.fromkeys(texts()))
    found: dict[int, list[str]] = defaultdict(list)
    with fresh_store() as store:
        desk = build_service(Settings(), store, sinks={}).desk
        told = [arrival(f"t-{n}", text, utc_now(), author=2 * n) for n, text in enumerate(pool)]
        store.take_in(SOURCE, Harvest(arrivals=tuple(told), cursor=""), now=utc_now())
        while triage_waiting(desk, limit=100):
            pass
        with store.database.read() as tx:
            for priority, text in tx.exec_driver_sql("SELECT priority, text FROM items"):
                found[priority].append(text)
    return found


class Draw:
    """Draws messages as a desk gets them."""

    def __init__(self, *, as_told: bool) -> None:
        self._chance = random.Random(1)
        self._all = texts()
        self._pools = {} if as_told else texts_by_priority()
        self._number = 0

    def arrivals(self, count: int) -> list[Arrival]:
        """So many messages, each of somebody else."""
        return [self._one() for _ in range(count)]

    def _one(self) -> Arrival:
        self._number += 1
        name, author = f"b-{self._number}", self._number
        return arrival(name, self._chance.choice(self._pool()), utc_now(), author=author)

    def _pool(self) -> list[str]:
        if not self._pools:
            return self._all
        draw = self._chance.random()
        for priority, share in SHARES.items():
            if draw < share:
                return self._pools[priority]
            draw -= share
        return [*self._pools[4], *self._pools[5]]


class Bench:
    """The running service, and when each item was handed in."""

    def __init__(self, service: Service, store: SqlStore, tools: Tools) -> None:
        self.service, self.store, self.tools = service, store, tools
        self.given: dict[str, float] = {}

    def give(self, *found: Arrival) -> None:
        """Hand in arrivals as one harvest."""
        now = time.time()
        self.given |= {each.item.id: now for each in found}
        self.service.take_in(SOURCE, Harvest(arrivals=found, cursor=""))

    def probes(self, name: str, count: int, *, every: float) -> None:
        """Hand in emergencies of people nobody heard of before."""
        for number in range(count):
            author = 100_001 + 2 * (len(self.given) + number)
            self.give(arrival(f"{name}-{number}", PROBE, utc_now(), author=author))
            time.sleep(every)

    def delays(self, name: str) -> dict[str, list[float]]:
        """Seconds from handed in to card, of the probes of a name, by tool and in both."""
        report, items = self.tools.report(), self._probes(name)
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for tool in ("slack", "teams"):
            for key, came in report[tool]["came"].items():
                item = items.get(key.split(":")[1])
                if item is not None and key.startswith("card:"):
                    first = found[item].get(tool, float("inf"))
                    found[item][tool] = min(first, came - self.given[item])
        whole = [each for each in found.values() if len(each) == 2]
        by_tool = {tool: [each[tool] for each in whole] for tool in ("slack", "teams")}
        return by_tool | {"both": [max(each.values()) for each in whole]}

    def _probes(self, name: str) -> Mapping[str, str]:
        """The items of a name by the reference of their case."""
        with self.store.database.read() as tx:
            rows = tx.exec_driver_sql(
                "SELECT ref, external_id FROM items WHERE external_id LIKE ?", (f"{name}-%",)
            )
            return {row.ref: row.external_id for row in rows}

    def settled(self) -> bool:
        """Whether nothing waits to be read."""
        return not self.store.waiting_refs(limit=1)


@contextmanager
def running() -> Iterator[Bench]:
    """The service with its ticks, clocks left out: nobody is there to claim."""
    tools = Tools()
    with tempfile.TemporaryDirectory(prefix="firstcontact-bench-") as folder:
        settings = _settings(Path(folder), tools.urls)
        store = open_store(settings)
        service = build_service(settings, store)
        engine = Engine(
            service,
            url=settings.storage.url,
            node="bench",
            workers=settings.engine.triage_workers,
            poll_seconds=settings.engine.poll_seconds,
        )
        engine.start()
        service.attach(engine)
        over = threading.Event()
        ticking = threading.Thread(target=_tick, args=(service, engine, over), daemon=True)
        ticking.start()
        try:
            yield Bench(service, store, tools)
        finally:
            over.set()
            ticking.join()
            service.stop()
            engine.stop(seconds=STOP_SECONDS)
            store.close()
            tools.stop()


def _settings(folder: Path, urls: Mapping[str, str]) -> Settings:
    return Settings.model_validate(
        {
            "storage": {"url": f"sqlite:///{folder / 'bench.db'}"},
            "engine": {"node": "bench"},
            "sink": [
                {
                    "kind": "slack",
                    "bot_token": BOT_TOKEN,
                    "base_url": urls["slack"],
                    "channels": PLACES,
                },
                {"kind": "teams", "base_url": urls["teams"], "channels": CONVERSATIONS},
            ],
        }
    )


def _tick(service: Service, engine: Engine, over: threading.Event) -> None:
    number = 0
    while not over.wait(2.0):
        service.send_urgent()
        service.look_at_backlog()
        number += 1
        if number % 3 == 0:
            service.sweep(idle=lambda: engine.idle(TRIAGE))


# --- the figures ----------------------------------------------------------------------------------


def measure(seconds: int, surge: int, draw: Draw) -> Iterator[str]:
    """The lines of the table, each as soon as it is measured."""
    with running() as bench:
        bench.probes("warm", 3, every=1.5)
        yield f"loopback Slack and Teams, {LATENCY * 1000:.0f} ms, 1 message a second and channel"
        yield f"an emergency alone, {len(PLACES)} channels in each tool"
        bench.probes("idle", 20, every=2.0)
        time.sleep(3)
        idle = bench.delays("idle")
        yield from _table(idle)
        yield f"the same at {PER_MINUTE} items a minute for {seconds} s"
        _steady(bench, seconds, draw)
        steady = bench.delays("steady")
        yield from _table(steady, "target p95 1.50")
        yield f"the same in the middle of a surge of {surge} items"
        took = _surge(bench, draw.arrivals(surge))
        busy = bench.delays("busy")
        yield from _table(busy, f"target p95 {2 * percentile(idle['both'], 0.95):.2f}")
        ratio = percentile(busy["both"], 0.95) / percentile(idle["both"], 0.95)
        yield f"  p95 of both: {ratio:.1f} times idle (target 2), in {took:.0f} s"
        yield from _counts(bench)


def _table(delays: Mapping[str, list[float]], target: str = "") -> Iterator[str]:
    for tool, values in delays.items():
        if not values:
            yield f"  {tool:6} no card came"
            continue
        end = f"   ({target})" if target and tool == "both" else ""
        yield (
            f"  {tool:6} {len(values):3} cards  p50 {percentile(values, 0.5):5.2f} s  "
            f"p95 {percentile(values, 0.95):5.2f} s  longest {max(values):5.2f} s{end}"
        )


def _steady(bench: Bench, seconds: int, draw: Draw) -> None:
    probing = threading.Thread(
        target=bench.probes, args=("steady", seconds // 2), kwargs={"every": 2.0}
    )
    probing.start()
    gap = 60 / PER_MINUTE
    for each in draw.arrivals(int(seconds / gap)):
        bench.give(each)
        time.sleep(gap)
    probing.join()
    time.sleep(5)


def _surge(bench: Bench, found: list[Arrival]) -> float:
    over = threading.Event()

    def probe() -> None:
        number = 0
        while not over.wait(2.0):
            number += 1
            author = 500_001 + 2 * number
            bench.give(arrival(f"busy-{number}", PROBE, utc_now(), author=author))

    probing = threading.Thread(target=probe, daemon=True)
    began = time.monotonic()
    probing.start()
    for harvest in harvests(found):
        bench.give(*harvest.arrivals)
    while not bench.settled() and time.monotonic() - began < LONGEST_SECONDS:
        time.sleep(1)
    time.sleep(max(0.0, LEAST_SECONDS - (time.monotonic() - began)))
    took = time.monotonic() - began
    over.set()
    probing.join()
    time.sleep(5)
    return took


def _counts(bench: Bench) -> Iterator[str]:
    report = bench.tools.report()
    calls = ", ".join(
        f"{tool} took {each['taken']} and refused {each['refused']}"
        for tool, each in report.items()
    )
    yield f"  messages: {calls}"
    now = utc_now()
    digests = bench.store.digests(since=now)
    folded = sum(each.count for each in digests)
    yield f"  {len(digests)} digests stand for {folded} cards; {_owed(bench)} owed one by one"


def _owed(bench: Bench) -> int:
    return sum(each.urgent + each.routine for each in bench.store.pressure())


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=60)
    asked.add_argument("--surge", type=int, default=20_000)
    asked.add_argument("--as-told", action="store_true")
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        serve()
        return
    draw = Draw(as_told=options.as_told)
    for line in measure(options.seconds, options.surge, draw):
        print(line, flush=True)


if __name__ == "__main__":
    main()
