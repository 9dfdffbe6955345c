"""GET /tuner: the page, and the part of it that changes while a slider moves."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.drift import drift_of, moved_words, sample_words, short_words
from console.tuning.desk import Stand, Tuner
from console.tuning.windows import Window
from console.web.site import TUNING, Site, officer_of, render, site_of
from console.web.tuning import charts, view
from console.web.tuning.told import ice_of, story_of, took_up
from notifier import words
from triage.model import Officer, Role
from triage.taxonomy import Label
from triage.tuning.candidates import tidy
from triage.tuning.outcome import line_words, percent, range_words
from triage.tuning.slices import Slice
from triage.tuning.versions import OPEN, TUNED, Stage

NEAR = 10
NEAR_SLICE = 3
MOST_THIN = 12


def tuner(request: Request) -> Response:
    """Everything about a line, the sentence first."""
    return show(request)


def answer(request: Request) -> Response:
    """What hangs on the line, for the slider."""
    site = site_of(request)
    reader(request)
    of = class_of(request)
    stand = site.tuner.stand(of)
    window = site.tuner.window(of)
    line = line_of(request, window, stand)
    return render(request, "tuner_answer.html", _answer(site, window, stand, line))


def show(
    request: Request, *, problem: str = "", filled: Mapping[str, str] | None = None
) -> Response:
    """The page, with why something was not done."""
    site, officer = site_of(request), reader(request)
    of = class_of(request)
    stand, window = site.tuner.stand(of), site.tuner.window(of)
    line = line_of(request, window, stand)
    values = {
        **_answer(site, window, stand, line),
        "of": of.value,
        "classes": [each.value for each in TUNED],
        "stand": stand,
        "stand_story": story_of(site, stand.version) if stand.version else (),
        "choices": view.choices(window, stand),
        "curve": charts.caught_curve(window.curve),
        "load": charts.alerts_curve(window.curve, window.wishes.alerts_a_shift),
        "histogram": charts.histogram(window.history.bins(), window.known),
        "bin_names": charts.bin_names(),
        "sensitivity": window.sensitivity,
        "miss_cost": window.wishes.miss_cost,
        "honesty": view.honesty(site.tuner, window, stand),
        "near": _to_label(site.tuner, window, stand),
        "thin": _thin(site.tuner, window, stand),
        "versions": _versions(site, of),
        "rollback": stand.version is not None,
        "frozen": ice_of(site, site.tuner.store.frozen()),
        "taken": took_up(site),
        "may_change": may_change(officer),
        "problem": problem,
        "filled": filled or {},
        "done": request.query_params.get("done", ""),
        **_drift(site),
    }
    return render(request, "tuner.html", values, status=409 if problem else 200)


def reader(request: Request) -> Officer:
    """The officer, if their role shows the tuner.

    Raises:
        HTTPException: 403 it does not.
    """
    officer = officer_of(request)
    if not officer.roles & TUNING:
        raise HTTPException(403, "Your role does not show the thresholds")
    return officer


def may_change(officer: Officer) -> bool:
    """Whether an officer may do more than look."""
    return Role.ADMIN in officer.roles


def class_of(request: Request) -> Label:
    """The class whose line is asked for; emergency where none is named."""
    said = request.query_params.get("of", "") or Label.EMERGENCY.value
    found = next((each for each in TUNED if each.value == said), None)
    if found is None:
        raise HTTPException(404, "There is no line for that")
    return found


def line_of(request: Request, window: Window, stand: Stand) -> float:
    """The line that is asked for, snapped; the one in force where none is named."""
    said = request.query_params.get("line", "").strip().replace(",", ".")
    if not said:
        return stand.line
    try:
        line = float(said)
    except ValueError:
        return stand.line
    if line != line:  # not a number, which compares with nothing
        return stand.line
    return stand.line if abs(line - stand.line) < 1e-9 else tidy(window.history, line)


def _answer(site: Site, window: Window, stand: Stand, line: float) -> dict[str, Any]:
    return {
        **view.answer(site.tuner, window, stand, line),
        "of": stand.of.value,
        "slice_words": view.slice_words,
        "range_words": range_words,
        "percent": percent,
        "chart": charts,
    }


def _drift(site: Site) -> dict[str, object]:
    report = drift_of(site.store, site.settings.learning, now=site.now())
    return {
        "drift": short_words(report).capitalize(),
        "drift_state": "late" if report.moved else "ok" if report.enough else "unknown",
        "drift_moved": [moved_words(each) for each in report.moved],
        "drift_sample": sample_words(report).capitalize(),
    }


def _to_label(
    tuner: Tuner, window: Window, stand: Stand, *, lang: str | None = None, most: int = NEAR
) -> list[view.Moved]:
    """What is worth a person's look next: items near the line that nobody judged."""
    rows = window.history.near(stand.line, most=most * 5, lang=lang)
    found = view.moved(tuner, window, rows)
    return [each for each in found if not each.label][:most]


def _thin(tuner: Tuner, window: Window, stand: Stand) -> list[tuple[Slice, Sequence[view.Moved]]]:
    """Slices of which too little is known to say anything; of languages with items to judge."""
    thin = [each for each in window.slices.at(stand.line) if not each.enough]
    return [
        (
            each,
            _to_label(tuner, window, stand, lang=each.name, most=NEAR_SLICE)
            if each.kind == "language"
            else (),
        )
        for each in thin[:MOST_THIN]
    ]


def _versions(site: Site, of: Label) -> list[dict[str, object]]:
    now = site.now()
    names = {each.id: each.name for each in site.store.officers()}
    return [
        {
            "number": each.number,
            "line": line_words(each.line),
            "stage": each.stage.words,
            "live": each.stage is Stage.LIVE,
            "open": each.stage in OPEN,
            "by": names.get(each.made_by, each.made_by),
            "when": words.clock_time(each.steps[-1].at, now=now, zone=site.zone),
            "model": each.model,
        }
        for each in site.tuner.versions()
        if each.of is of
    ]
