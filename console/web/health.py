"""/health for people, /healthz, /readyz and /metrics for machines."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from config.settings import WebhookCollector
from console.drift import drift_of, moved_words, sample_words, short_words
from console.repeats import repeat_words, repeats_of
from console.web.site import Site, render, site_of
from notifier import words
from triage.digests import Digest, Pressure, waiting_words
from triage.errors import FirstContactError
from triage.model import CollectorHealth, Priority, Quota, State

log = logging.getLogger("firstcontact.console.web.health")

CLASSIFIER = "classifier:"
OWED_LATE = timedelta(seconds=10)
MISSED = 4  # polls in a row without an answer, before a source is called late


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """How a collector is doing, in words. `state` is ok, late or failing."""

    source: str
    state: str
    state_words: str
    success: str
    last_item: str
    usual_gap: str
    failures: int
    error: str
    quotas: tuple[str, ...]


def health(request: Request) -> Response:
    """How the service itself is doing."""
    site = site_of(request)
    now, zone, store = site.now(), site.zone, site.store
    polls = {
        each.name: timedelta(seconds=each.every_seconds)
        for each in site.settings.collector
        if not isinstance(each, WebhookCollector)
    }
    counts, alarms = store.counts(), store.alarms()
    values = {
        "sources": [
            source_row(each, polls.get(each.source), now=now, zone=zone)
            for each in store.collectors()
        ],
        "alarms": [
            (alarm, words.clock_time(alarm.raised_at, now=now, zone=zone)) for alarm in alarms
        ],
        "classifier": [alarm for alarm in alarms if alarm.key.startswith(CLASSIFIER)],
        "owed": [owed_row(each, now=now) for each in store.pressure()],
        "digests": [digest_words(each, now=now, zone=zone) for each in store.digests(since=now)],
        "waiting": counts.get("state:received", 0),
        "states": [(state.value, counts.get(f"state:{state.value}", 0)) for state in State],
        "priorities": [
            (f"{each.name} {each.word}", counts.get(f"priority:{int(each)}", 0))
            for each in Priority
        ],
        **_drift(site, now),
        "repeats": repeat_words(repeats_of(store, now=now)),
        "checks": _checked(request),
        "at": words.clock_time(now, now=now, zone=zone),
    }
    return render(request, "health.html", values)


def _drift(site: Site, now: datetime) -> dict[str, object]:
    """Whether what comes in, and how it is read, is still what it was."""
    report = drift_of(site.store, site.settings.learning, now=now)
    return {
        "drift": short_words(report).capitalize(),
        "drift_state": "late" if report.moved else "ok" if report.enough else "unknown",
        "moved": [moved_words(each) for each in report.moved],
        "sample": sample_words(report).capitalize(),
    }


def source_row(
    each: CollectorHealth, every: timedelta | None, *, now: datetime, zone: tzinfo
) -> SourceRow:
    """A collector's row. `every` is how often it is polled, None if it is pushed to.

    One that has never succeeded is not called well.
    """
    if each.failures:
        state, said = "failing", f"Failing, {each.failures} in a row"
    elif each.last_success is None:
        state, said = "late", "Has not run yet"
    elif every is not None and now - each.last_success > MISSED * every:
        state, said = "late", "Late"
    else:
        state, said = "ok", "Well"
    return SourceRow(
        source=each.source,
        state=state,
        state_words=said,
        success=words.age(each.last_success, now) if each.last_success else "never",
        last_item=words.age(each.last_item, now) if each.last_item else "none yet",
        usual_gap=words.span(each.usual_gap) if each.usual_gap else "",
        failures=each.failures,
        error=each.error,
        quotas=tuple(_quota(quota, now, zone) for quota in each.quotas),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedRow:
    """What is owed to a destination, in words."""

    destination: str
    urgent: int
    routine: int
    oldest: str
    dead: int
    state: str


def owed_row(each: Pressure, *, now: datetime) -> OwedRow:
    """A destination's row. Urgent messages should not be seen here for longer than a moment."""
    late = each.oldest_urgent is not None and now - each.oldest_urgent > OWED_LATE
    return OwedRow(
        destination=each.destination,
        urgent=each.urgent,
        routine=each.routine,
        oldest=words.age(each.oldest, now) if each.oldest else "",
        dead=each.dead,
        state="failing" if each.dead or late else "ok",
    )


def digest_words(each: Digest, *, now: datetime, zone: tzinfo) -> str:
    """What one message stands for in a channel, and since when."""
    since = words.clock_time(each.began_at, now=now, zone=zone)
    what = f"{each.destination}: {waiting_words(each.waiting)}" if each.count else each.destination
    surge = "surge mode since" if each.live else "left of the surge of"
    return f"{what}, {surge} {since}"


def _quota(quota: Quota, now: datetime, zone: tzinfo) -> str:
    left = f"{quota.remaining}" if quota.remaining is not None else "?"
    of = f" of {quota.limit}" if quota.limit is not None else ""
    until = (
        f", resets {words.clock_time(quota.resets_at, now=now, zone=zone)}"
        if quota.resets_at
        else ""
    )
    return f"{quota.name}: {left}{of} left{until}"


def alive(request: Request) -> Response:
    """`/healthz`: the process answers."""
    return PlainTextResponse("ok\n")


def ready(request: Request) -> Response:
    """`/readyz`: every check holds; which does not is named, never why."""
    checks = _checked(request)
    return JSONResponse(checks, status_code=200 if all(checks.values()) else 503)


def metrics(request: Request) -> Response:
    """`/metrics` for Prometheus, without personal data."""
    registry = site_of(request).registry
    if registry is None:
        raise HTTPException(404)
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _checked(request: Request) -> dict[str, bool]:
    site = site_of(request)
    results = {}
    for name, check in site.checks.items():
        try:
            results[name] = check()
        except FirstContactError as error:
            log.warning("readiness check %s: %s", name, type(error).__name__)
            results[name] = False
    return results
