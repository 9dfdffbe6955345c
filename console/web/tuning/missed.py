"""/tuner/version/{number}/missed: the known emergencies a line would not have caught, in full."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web.reading import Segment, segments
from console.web.site import Site, form_of, render, site_of
from console.web.tuning.page import may_change, reader
from console.web.tuning.version import TOOL, _changer, _version
from notifier import words
from triage.actions import may_see_text
from triage.errors import Refused
from triage.floors import FLOORS
from triage.model import Case, Event, Officer, Priority
from triage.priority import prioritise
from triage.taxonomy import Label
from triage.tuning.gate import Mark, Sort
from triage.tuning.history import Judged
from triage.tuning.outcome import WORDS
from triage.tuning.scores import lower
from triage.tuning.versions import Version

PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One known emergency under the line. `marks` are what people noted about it, in words."""

    ref: str
    score: str
    basis: str
    sent: str
    channel: str
    lang: str
    segments: Sequence[Segment]
    thread: Sequence[str]
    floor: str
    caught: bool
    hidden: bool
    gone: bool
    marks: Sequence[str]
    mine: str


def missed(request: Request) -> Response:
    """The list, a page at a time. Each text that is shown is recorded as viewed."""
    reader(request)
    return _show(request, _version(request))


def note(request: Request) -> Response:
    """Note which of the page's items were read, and which miss is not acceptable."""
    officer, found, form = _changer(request), _version(request), form_of(request)
    tuner = site_of(request).tuner
    noted: list[tuple[str, Sort, str]] = []
    for ref in {each.ref for each in tuner.window(found.of).known.missed(found.line)}:
        said = form.get(f"said:{ref}", "")
        if said == Sort.READ.value:
            noted.append((ref, Sort.READ, ""))
        elif said == Sort.NOT_ACCEPTABLE.value:
            noted.append((ref, Sort.NOT_ACCEPTABLE, form.get(f"why:{ref}", "")))
    try:
        tuner.mark(found.number, officer, noted, tool=TOOL)
    except Refused as refused:
        return _show(request, found, problem=str(refused))
    page = form.get("page", "1")
    place = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return RedirectResponse(
        f"/tuner/version/{found.number}/missed?page={place}&done=marks", status_code=303
    )


def _show(request: Request, found: Version, *, problem: str = "") -> Response:
    site, officer = site_of(request), reader(request)
    said = request.query_params.get("page", "1")
    page = max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 6 else 1
    under = site.tuner.window(found.of).known.missed(found.line)
    first = (page - 1) * PAGE
    marks = site.tuner.store.threshold_marks(found.number)
    misses = [_miss(site, each, officer, marks, found.of) for each in under[first : first + PAGE]]
    _record(site, officer, found, misses)
    values = {
        "v": found,
        "told": WORDS[found.of],
        "misses": misses,
        "count": len(under),
        "page": page,
        "pages": max(1, -(-len(under) // PAGE)),
        "read": len({each.subject for each in marks if each.by == officer.id}),
        "may_change": may_change(officer),
        "problem": problem,
        "done": "Noted" if request.query_params.get("done") else "",
        "open": found.stage.value in ("draft", "shadow", "proposed", "approved"),
    }
    return render(request, "tuner_missed.html", values, status=409 if problem else 200)


def _miss(site: Site, judged: Judged, officer: Officer, marks: Sequence[Mark], of: Label) -> Miss:
    case = site.store.case(judged.ref)
    mine = [each for each in marks if each.subject == judged.ref and each.by == officer.id]
    shown = case is not None and may_see_text(case, officer)
    thread = site.store.thread(case) if case is not None and shown else []
    floor, caught = _floor(case, judged, of)
    return Miss(
        ref=judged.ref,
        score=f"{judged.reach:.3f}",
        basis="said by an officer" if judged.basis.value == "stated" else "by what was done",
        sent=words.clock_time(case.item.sent_at, now=site.now(), zone=site.zone) if case else "",
        channel=words.KINDS[case.item.kind] if case else "",
        lang=(case.verdict.lang if case and case.verdict else "") or "not known",
        segments=_segments(case) if case is not None and shown else (),
        thread=[words.visible(each.item.text) for each in _earlier(case, thread, officer)]
        if case is not None
        else (),
        floor=floor,
        caught=caught,
        hidden=case is not None and not shown,
        gone=case is None,
        marks=_noted(site, judged.ref, marks),
        mine=mine[-1].sort.value if mine else "",
    )


def _segments(case: Case) -> list[Segment]:
    return segments(case.item.text, case.verdict.signals if case.verdict else ())


def _earlier(case: Case, thread: Sequence[Case], officer: Officer) -> list[Case]:
    before = [each for each in thread if each.item.sent_at < case.item.sent_at]
    return [each for each in before if may_see_text(each, officer)][-3:]


def _floor(case: Case | None, judged: Judged, of: Label) -> tuple[str, bool]:
    """Whether a floor would have raised it without its class, and which."""
    if case is None or case.verdict is None:
        return "", False
    verdict = lower(case.verdict) if case.verdict.label is of else case.verdict
    decision = prioritise(case.item, verdict, case.history)
    # What was found when it was read had its thread before it; only that of emergencies is kept.
    priority = judged.under if of is Label.EMERGENCY else decision.priority
    word = f"{priority.name} {priority.word}"
    why = next((each for each in decision.reasons if each.rule in FLOORS), None)
    if why is None:
        return f"{word}: no floor raised it", False
    soon = Priority.P2 if of is Label.EMERGENCY else Priority.P3
    return f"{word}: {why.rule}, {why.text}", priority <= soon


def _noted(site: Site, ref: str, marks: Sequence[Mark]) -> list[str]:
    names = {each.id: each.name for each in site.store.officers()}
    last = {each.by: each for each in marks if each.subject == ref}
    return [
        f"{names.get(by, by)}: {mark.sort.value.replace('_', ' ')}"
        + (f" ({mark.text})" if mark.text else "")
        for by, mark in last.items()
    ]


def _record(site: Site, officer: Officer, found: Version, misses: Sequence[Miss]) -> None:
    """Who read which texts, and why: one event for each that was shown."""
    why = f"threshold:{found.number}"
    site.store.record(
        [
            Event(
                at=site.now(),
                actor=officer.id,
                action="viewed",
                subject=each.ref,
                detail={"tool": "console", "for": why},
            )
            for each in misses
            if each.segments or each.thread
        ]
    )
