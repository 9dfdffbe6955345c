"""What `firstcontact doctor` looks at, each with what to mend."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol, runtime_checkable

import classifiers
from collectors.checks import Checkable
from config.record_sources import RecordSource
from config.settings import Settings
from config.weights import read_weights
from console.rota import examined, rota_files
from console.tuning.lines import LinesInForce
from console.wiring import build_collectors, build_sink, messengers, open_store, utc_now
from notifier.card import CardContext
from storage.sources import columns_of, source_rows
from triage.columns import person_of, raws
from triage.errors import BadInput, FirstContactError, Unavailable
from triage.ports import Reading
from triage.weights import digest_of

SKEW = timedelta(minutes=1)


@runtime_checkable
class Reachable(Protocol):
    """A sink that can say whether its token and places are right."""

    def check(self) -> str:
        """What was found. Raises our errors, naming what to mend."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Every check; one that fails never keeps the others from being made."""
    return [
        Finding(what="settings", well=True, text=f"read, desk {settings.desk.name}"),
        _tried("database", lambda: _database(settings)),
        _tried("clock", lambda: _clock(settings)),
        _tried("model", lambda: _model(settings)),
        _tried("thresholds", lambda: _thresholds(settings)),
        _tried("weights", lambda: _weights(settings)),
        *_collectors(settings),
        *_messengers(settings),
        *_sinks(settings),
        *_record_sources(settings),
        *_rota(settings),
        *_advice(settings),
    ]


def _tried(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, well=True, text=check())
    except FirstContactError as error:
        return Finding(what=what, well=False, text=str(error))


def _database(settings: Settings) -> str:
    store = open_store(settings)
    try:
        store.ping()
        count = store.verify()
    finally:
        store.close()
    return f"answers, migrated, audit chain of {count} events is whole"


def _clock(settings: Settings) -> str:
    """Every deadline hangs on it; it must not lie behind what was already written down."""
    store = open_store(settings)
    try:
        newest = store.audit_events(limit=1)
    finally:
        store.close()
    now = utc_now()
    if newest and newest[0].event.at > now + SKEW:
        raise Unavailable(
            f"the machine says {now:%Y-%m-%d %H:%M} UTC, yet the newest event in the trail is of "
            f"{newest[0].event.at:%Y-%m-%d %H:%M}: set the clock, switch NTP on"
        )
    return f"{now:%Y-%m-%d %H:%M} UTC, not behind the audit trail; keep NTP on"


def _model(settings: Settings) -> str:
    classifier = classifiers.load(settings.classifier)
    verdict = classifier.read([Reading(text="There is a man with a knife outside my house")])[0]
    if verdict.degraded:
        raise Unavailable(f"degraded to {verdict.degraded}")
    return f"{verdict.model} reads"


def _thresholds(settings: Settings) -> str:
    """Which lines are in force, and whether approved ones fit the model that reads."""
    told: list[str] = []
    reader, store = classifiers.load(settings.classifier), open_store(settings)
    try:
        LinesInForce(store, reader, utc_now, tell=lambda _, text: told.append(text)).take_up()
    finally:
        store.close()
    if told:
        raise BadInput("thresholds", told[0])
    lines = reader.thresholds
    return f"emergency from {lines.emergency:.4g}, abuse from {lines.abuse:.4g}"


def _weights(settings: Settings) -> str:
    path = settings.linking.weights
    return f"{digest_of(read_weights(path))}, {path or 'as shipped'}"


def _collectors(settings: Settings) -> Iterator[Finding]:
    for name, collector in build_collectors(settings, utc_now).items():
        if not isinstance(collector, Checkable):
            continue
        for found in collector.check():
            yield Finding(what=f"collector {name}", well=found.level != "fail", text=found.text)


def _messengers(settings: Settings) -> Iterator[Finding]:
    """The tokens with which citizens are answered."""
    for messenger in messengers(settings, utc_now).values():
        if not isinstance(messenger, Checkable):
            continue
        for found in messenger.check():
            what = f"replies {messenger.name}"
            yield Finding(what=what, well=found.level != "fail", text=found.text)


def _sinks(settings: Settings) -> Iterator[Finding]:
    for each in settings.sink:
        sink = build_sink(each, CardContext(), utc_now)
        if isinstance(sink, Reachable):
            yield _tried(f"sink {each.name}", sink.check)


def _record_sources(settings: Settings) -> Iterator[Finding]:
    for each in settings.record_source:
        yield _tried(f"record source {each.name}", partial(_first_record, each))


def _first_record(source: RecordSource) -> str:
    columns = columns_of(source)
    with closing(source_rows(source)) as rows:
        first = next(raws(rows, columns), None)
    if first is None:
        raise BadInput(f"record_source {source.name}", "has no rows")
    person = person_of(first, columns)
    if isinstance(person, BadInput):
        raise person
    return "answers, the first record can be read"


def _rota(settings: Settings) -> Iterator[Finding]:
    if settings.escalation.rota:
        yield _tried("rota", lambda: _on_call(settings))


def _on_call(settings: Settings) -> str:
    store = open_store(settings)
    try:
        return examined(rota_files(settings), store, utc_now())
    finally:
        store.close()


def _advice(settings: Settings) -> Iterator[Finding]:
    if not settings.collector:
        yield Finding(what="collectors", well=False, text="none configured: nothing is read")
    if not settings.sink:
        yield Finding(what="sinks", well=False, text="none configured: nobody is told")
    if settings.desk.enrol_chat_users and any(s.kind in ("slack", "teams") for s in settings.sink):
        yield Finding(
            what="officers",
            well=True,
            text="whoever presses in a staff channel becomes an officer (desk.enrol_chat_users)",
        )
