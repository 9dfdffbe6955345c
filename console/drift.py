"""Counts each day once it is over, and tells how the last week differs from the reference."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from classifiers.normalise import folded, plain
from classifiers.training.shares import wilson
from config.settings import Learning
from storage.store import SqlStore
from triage.corrections import ACTIONS, correction_of
from triage.drift import REFERENCE, WINDOW, DayFigures, Drift, Figure, Shift, drift, read_figures
from triage.identify.lexicon import english_words
from triage.judgement import CORRECT
from triage.model import Case
from triage.ports import Days
from triage.sampling import DRAWN
from triage.taxonomy import Label

BACK = timedelta(days=100)
SETTLED = timedelta(hours=1)
"""So long after midnight a day is counted: by then all that came in was read."""

_WORD = re.compile(r"[a-z]{2,40}")


def keep_days(store: SqlStore, *, now: datetime) -> int:
    """Count the days that are over and not counted yet; returns how many. Safe to do twice."""
    began = store.first_received()
    if began is None:
        return 0
    first = max(began, now - BACK).astimezone(UTC).date()
    last = (now - SETTLED).astimezone(UTC).date() - timedelta(days=1)
    known = {each.day for each in store.days_since(first)}
    missing = [day for day in _each_day(first, last) if day not in known]
    for day in missing:
        store.save_days([counted(store, day)])
    return len(missing)


def drift_of(days: Days, learning: Learning, *, now: datetime) -> Drift:
    """The drift by the days that are counted."""
    today = now.astimezone(UTC).date()
    begins = learning.reference_from
    first = today - timedelta(days=WINDOW + REFERENCE)
    kept = days.days_since(min(first, begins) if begins else first)
    return drift(kept, today=today, reference_from=begins)


def _each_day(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


# --- one day --------------------------------------------------------------------------------------


def counted(store: SqlStore, day: date) -> DayFigures:
    """The figures of a day in UTC."""
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    read = read_figures(day, store.read_between(start, end), strange_words)
    drawn = store.subjects_of([DRAWN], since=start, until=end)
    judged = list(_cases(store, store.subjects_of(ACTIONS, since=start, until=end)))
    return DayFigures(
        **{name: getattr(read, name) for name in read.__slots__}
        | {"drawn": len(drawn), "judged": len(judged)}
        | _people(store, judged, start, end)
    )


def _cases(store: SqlStore, refs: Sequence[str]) -> Iterator[Case]:
    return (case for ref in refs if (case := store.case(ref)) is not None)


def _people(
    store: SqlStore, judged: Sequence[Case], start: datetime, end: datetime
) -> dict[str, Any]:
    """Surprises among what people judged that day, and what they found in the audit sample."""
    surprises = checked = found = 0
    for case in judged:
        events = store.events(case.ref)
        correction = correction_of(case, events)
        surprises += correction is not None and correction.differs
        said = any(each.action == CORRECT and start <= each.at < end for each in events)
        if said and any(each.action == DRAWN for each in events) and correction is not None:
            checked += 1
            found += correction.differs and correction.judgement.label is Label.EMERGENCY
    return {"surprises": surprises, "checked": checked, "found": found}


def strange_words(text: str) -> tuple[int, int]:
    """How many words a text has, and how many of them no English row of the training has."""
    words = _WORD.findall(folded(plain(text)).text)
    known = english_words()
    return len(words), sum(word not in known for word in words)


# --- for people and machines ----------------------------------------------------------------------


def as_text(report: Drift) -> Iterator[str]:
    """The report as lines for a terminal."""
    yield _period("last week", report.first, report.last, report.messages, report.models)
    yield _period(
        "reference",
        report.reference_first,
        report.reference_last,
        report.reference_messages,
        report.reference_models,
    )
    yield ""
    yield f"{'':<52}{'now':>9}{'reference':>11}   usual between"
    yield from (_figure_line(each) for each in report.figures)
    yield ""
    yield f"{'distribution':<52}{'index':>9}   moved over"
    for shift in report.shifts:
        psi = "-" if shift.psi is None else f"{shift.psi:.3f}"
        yield f"{shift.words:<52}{psi:>9}   {shift.line:.3f}{'   MOVED' if shift.moved else ''}"
    yield ""
    yield sample_words(report)
    yield verdict_words(report)


def _period(name: str, first: date, last: date, messages: int, models: Sequence[str]) -> str:
    read = f", read by {', '.join(models)}" if models else ""
    return f"{name}  {first} to {last}: {messages} messages{read}"


def _figure_line(each: Figure) -> str:
    now, reference = (_number(value) for value in (each.now, each.reference))
    usual = "not enough to say"
    if each.low is not None and each.high is not None:
        usual = f"{_number(each.low)} to {_number(each.high)}"
    return f"{each.words:<52}{now:>9}{reference:>11}   {usual}{'   MOVED' if each.moved else ''}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 10 else f"{value:.0f}"


def sample_words(report: Drift) -> str:
    """What the audit sample has shown."""
    said = f"audit sample: {report.drawn} drawn, {report.checked} checked"
    if not report.checked:
        return said
    low, high = wilson(report.found, report.checked)
    return f"{said}, {report.found} of them emergencies ({low:.1%} to {high:.1%})"


def verdict_words(report: Drift) -> str:
    """One sentence on whether anything has moved."""
    if not report.enough:
        return "not enough to say: five days of the last week and 14 of the reference are needed"
    if not report.moved:
        return "nothing has moved beyond what is usual"
    moved = ", ".join(each.words for each in report.moved)
    other = "; another model read in the meantime" if report.other_model else ""
    return f"moved: {moved}{other}"


def short_words(report: Drift) -> str:
    """The same where the figures stand below it."""
    if not report.moved:
        return verdict_words(report)
    count = len(report.moved)
    said = "1 figure has" if count == 1 else f"{count} figures have"
    other = "; another model read in the meantime" if report.other_model else ""
    return f"{said} moved beyond what is usual in the last week{other}"


def moved_words(each: Figure | Shift) -> str:
    """One figure that has moved, in words."""
    if isinstance(each, Shift):
        return f"{each.words}: index {_number(each.psi)}, moved over {_number(each.line)}"
    usual = f"{_number(each.low)} to {_number(each.high)}"
    return f"{each.words}: {_number(each.now)}, usual {usual}"


def as_json(report: Drift) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "last_week": [report.first.isoformat(), report.last.isoformat()],
        "reference": [report.reference_first.isoformat(), report.reference_last.isoformat()],
        "messages": report.messages,
        "reference_messages": report.reference_messages,
        "models": list(report.models),
        "reference_models": list(report.reference_models),
        "enough": report.enough,
        "figures": {
            each.name: {
                "now": each.now,
                "reference": each.reference,
                "low": each.low,
                "high": each.high,
                "moved": each.moved,
            }
            for each in report.figures
        },
        "distributions": {
            each.name: {"psi": each.psi, "line": each.line, "moved": each.moved}
            for each in report.shifts
        },
        "sample": {"drawn": report.drawn, "checked": report.checked, "found": report.found},
        "moved": [each.name for each in report.moved],
    }
