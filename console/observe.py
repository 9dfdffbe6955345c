"""Logs without personal data, and numbers for Prometheus."""

import logging
import sys
import traceback
from collections.abc import Iterable
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as MetricsCollector

from config.settings import Learning, Logging
from console.drift import drift_of
from console.repeats import ReadsTrail, RecentRepeats
from storage.thresholds import Taken
from triage.errors import FirstContactError
from triage.ports import Clock, Store

FRAMES = 6


def set_up_logging(settings: Logging) -> None:
    """One JSON object a line on standard error, or readable lines.

    Only our own loggers speak below WARNING: vendors' packages put URLs, and with them tokens,
    into theirs.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str)
        if settings.json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            where_it_broke,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # It would bring a handler of its own otherwise, with lines of another form.
    logging.getLogger("dbos").handlers[:] = [handler]
    logging.getLogger("dbos").propagate = False
    logging.getLogger("firstcontact").setLevel(settings.level)


def where_it_broke(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The kind of an exception and the places it passed, without its message.

    Messages of other people's errors quote what they could not read: citizens' words, tokens.
    """
    info = line.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        said = f": {error}" if isinstance(error, FirstContactError) else ""
        line["exception"] = type(error).__name__ + said
        line["places"] = places
    return line


class MetricsStore(Store, ReadsTrail, Protocol):
    """What the metrics are read from."""

    def lines_taken(self) -> list[Taken]:
        """Which lines each node judges by."""
        ...


class DeskMetrics(MetricsCollector):
    """Reads the store when Prometheus asks; nothing is counted in the service itself."""

    def __init__(self, store: MetricsStore, clock: Clock, learning: Learning) -> None:
        self._store = store
        self._clock = clock
        self._learning = learning
        self._recent = RecentRepeats(store)

    def collect(self) -> Iterable[Metric]:
        """The gauges of docs/reference/metrics.md."""
        cases = GaugeMetricFamily("firstcontact_cases", "Cases by state", labels=["state"])
        open_cases = GaugeMetricFamily(
            "firstcontact_open_cases", "Open cases by priority", labels=["priority"]
        )
        for name, count in self._store.counts().items():
            kind, _, value = name.partition(":")
            (cases if kind == "state" else open_cases).add_metric([value], count)
        yield cases
        yield open_cases
        backlog = GaugeMetricFamily(
            "firstcontact_outbox_waiting", "Messages owed by destination", labels=["destination"]
        )
        for destination, count in self._store.backlog().items():
            backlog.add_metric([destination], count)
        yield backlog
        yield from self._chat()
        replies = GaugeMetricFamily(
            "firstcontact_replies", "Replies not at their end, by state", labels=["state"]
        )
        for state, count in self._store.reply_counts().items():
            replies.add_metric([state], count)
        yield replies
        yield GaugeMetricFamily(
            "firstcontact_alarms_open", "Open alarms", value=len(self._store.alarms())
        )
        yield from self._lines()
        yield from self._repeats()
        yield from self._sources()
        yield from self._drift()

    def _chat(self) -> Iterable[Metric]:
        """How long what is owed has waited, and what a digest stands for."""
        oldest = GaugeMetricFamily(
            "firstcontact_outbox_oldest_seconds",
            "Age of the oldest message owed",
            labels=["destination", "lane"],
        )
        dead = GaugeMetricFamily(
            "firstcontact_outbox_dead", "Messages given up", labels=["destination"]
        )
        digest = GaugeMetricFamily(
            "firstcontact_digest_items", "Open items in a digest", labels=["destination"]
        )
        surge = GaugeMetricFamily(
            "firstcontact_surge_mode", "1 while a surge lasts", labels=["destination"]
        )
        now = self._clock()
        for owed in self._store.pressure():
            dead.add_metric([owed.destination], owed.dead)
            for lane, since in (("any", owed.oldest), ("urgent", owed.oldest_urgent)):
                if since is not None:
                    oldest.add_metric([owed.destination, lane], (now - since).total_seconds())
        for each in self._store.digests(since=now):
            digest.add_metric([each.destination], each.count)
            surge.add_metric([each.destination], each.live)
        yield from (oldest, dead, digest, surge)

    def _drift(self) -> Iterable[Metric]:
        """The last week beside the reference; what cannot be said is left out."""
        now = GaugeMetricFamily("firstcontact_drift", "Last week, by figure", labels=["figure"])
        reference = GaugeMetricFamily(
            "firstcontact_drift_reference", "The reference, by figure", labels=["figure"]
        )
        index = GaugeMetricFamily(
            "firstcontact_drift_index", "Population stability index", labels=["distribution"]
        )
        moved = GaugeMetricFamily(
            "firstcontact_drift_moved", "1 if it has moved beyond what is usual", labels=["figure"]
        )
        report = drift_of(self._store, self._learning, now=self._clock())
        for figure in report.figures:
            for family, value in ((now, figure.now), (reference, figure.reference)):
                if value is not None:
                    family.add_metric([figure.name], value)
        for shift in report.shifts:
            if shift.psi is not None:
                index.add_metric([shift.name], shift.psi)
        for each in report.all if report.enough else ():
            moved.add_metric([each.name], each.moved)
        yield from (now, reference, index, moved)

    def _lines(self) -> Iterable[Metric]:
        line = GaugeMetricFamily(
            "firstcontact_line", "Score from which a node gives a class", labels=["class", "node"]
        )
        for taken in self._store.lines_taken():
            line.add_metric(["emergency", taken.node], taken.emergency)
            line.add_metric(["abuse", taken.node], taken.abuse)
        yield line

    def _repeats(self) -> Iterable[Metric]:
        repeats = self._recent.at(self._clock())
        yield GaugeMetricFamily(
            "firstcontact_known_people_notes",
            "Notes on items of known people, last seven days",
            value=repeats.notes,
        )
        yield GaugeMetricFamily(
            "firstcontact_repeat_questions",
            "Those that ask for what the record holds",
            value=repeats.asked,
        )

    def _sources(self) -> Iterable[Metric]:
        silent = GaugeMetricFamily(
            "firstcontact_collector_seconds_since_success",
            "Seconds since a source was last read without error",
            labels=["source"],
        )
        failures = GaugeMetricFamily(
            "firstcontact_collector_failures", "Failed polls in a row", labels=["source"]
        )
        now = self._clock()
        for health in self._store.collectors():
            if health.last_success is not None:
                age = (now - health.last_success).total_seconds()
                silent.add_metric([health.source], age)
            failures.add_metric([health.source], health.failures)
        yield silent
        yield failures


def registry_of(store: MetricsStore, clock: Clock, learning: Learning) -> CollectorRegistry:
    """The registry that /metrics shows."""
    registry = CollectorRegistry()
    registry.register(DeskMetrics(store, clock, learning))
    return registry
