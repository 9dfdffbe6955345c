"""/tuner/try: what the model makes of a text under two lines, and what was like it before.

What is typed is shown once and kept nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from console.tuning.desk import SUBJECT
from console.web.site import Site, form_of, render, site_of
from console.web.tuning.page import reader
from console.web.tuning.version import TOOL
from notifier import words
from triage.actions import may_see_text
from triage.items import clean_text
from triage.model import Event, History, Item, Officer, Verdict
from triage.ports import Reading
from triage.priority import prioritise
from triage.taxonomy import Audience, Kind, Label
from triage.tuning.outcome import line_words
from triage.tuning.scores import lower

LONGEST = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """What becomes of a text under one line."""

    line: str
    name: str
    label: str
    priority: str
    rank: int
    why: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A judged item like the text; its own text where the officer may read it."""

    ref: str
    label: str
    likeness: str
    score: str
    text: str
    hidden: bool


def form(request: Request) -> Response:
    """An empty box."""
    return _show(request, {"line": request.query_params.get("line", "")})


def tried(request: Request) -> Response:
    """The text read, under the line in force and under another."""
    site, officer, said = site_of(request), reader(request), form_of(request)
    text = clean_text(said.get("text", "")).strip()[:LONGEST]
    if not text:
        return _show(request, said, problem="Type a message first")
    live = site.tuner.stand().line
    line = _line(said.get("line", ""), live)
    private = said.get("kind", "dm") == "dm"
    (verdict,) = site.desk.classifier.read([Reading(text=text, private=private)])
    item = _item(site, text, private=private)
    near = _neighbours(site, officer, text)
    _record(site, officer, line, near)
    values = {
        "scores": [(label.value, f"{verdict.scores.get(label, 0.0):.3f}") for label in Label],
        "danger": f"{_danger(verdict):.3f}",
        "by_rule": verdict.grounds is not None and verdict.grounds.ruled is Label.EMERGENCY,
        "model": verdict.model,
        "degraded": verdict.degraded,
        "reasons": [each.text for each in verdict.reasons],
        "under": [
            _under(item, verdict, live, "In force"),
            *([_under(item, verdict, line, "This line")] if line != live else ()),
        ],
        "near": near,
    }
    return _show(request, said, found=values)


def _show(
    request: Request,
    filled: Mapping[str, str],
    *,
    problem: str = "",
    found: Mapping[str, object] | None = None,
) -> Response:
    site = site_of(request)
    reader(request)
    values = {
        "filled": filled,
        "problem": problem,
        "found": found,
        "live_words": line_words(site.tuner.stand().line),
    }
    return render(request, "tuner_try.html", values, status=409 if problem else 200)


def _line(said: str, live: float) -> float:
    try:
        line = float(said.replace(",", "."))
    except ValueError:
        return live
    return line if 0.0 <= line <= 1.0 else live


def _item(site: Site, text: str, *, private: bool) -> Item:
    """The text as an item of a stranger, sent now."""
    return Item(
        id="tried",
        channel="webhook",
        account="tried",
        sent_at=site.now(),
        text=text,
        kind=Kind.DM if private else Kind.MENTION,
    )


def _danger(verdict: Verdict) -> float:
    if verdict.grounds is not None:
        return verdict.grounds.danger
    return verdict.scores.get(Label.EMERGENCY, 0.0)


def _under(item: Item, verdict: Verdict, line: float, name: str) -> Under:
    """Class and priority where the emergency line stands there, for somebody without a past."""
    ruled = verdict.grounds is not None and verdict.grounds.ruled is Label.EMERGENCY
    alert = ruled or _danger(verdict) >= line
    if alert and verdict.label is not Label.EMERGENCY:
        audience = Audience.CONTROL_ROOM
        verdict = replace(verdict, label=Label.EMERGENCY, audience=audience, unsure=False)
    elif not alert and verdict.label is Label.EMERGENCY:
        verdict = lower(verdict)
    decision = prioritise(item, verdict, History())
    return Under(
        line=line_words(line),
        name=name,
        label=verdict.label.value,
        priority=f"{decision.priority.name} {decision.priority.word}",
        rank=int(decision.priority),
        why=[each.text for each in decision.reasons],
    )


def _neighbours(site: Site, officer: Officer, text: str) -> list[Neighbour]:
    known = {each.ref: each for each in site.tuner.window().history.judged}
    found = []
    for each in site.tuner.alike(text):
        case, judged = site.store.case(each.ref), known.get(each.ref)
        if case is None or judged is None:
            continue
        shown = may_see_text(case, officer)
        found.append(
            Neighbour(
                ref=each.ref,
                label=judged.label.value,
                likeness=f"{each.likeness:.2f}",
                score="by rule" if judged.reach > 1 else f"{judged.reach:.3f}",
                text=words.visible(case.item.text) if shown else "",
                hidden=not shown,
            )
        )
    return found


def _record(site: Site, officer: Officer, line: float, near: Sequence[Neighbour]) -> None:
    """That somebody tried a text, and whose texts they were shown; never the text itself."""
    now, shown = site.now(), [each.ref for each in near if not each.hidden]
    viewed = [
        Event(
            at=now,
            actor=officer.id,
            action="viewed",
            subject=ref,
            detail={"tool": TOOL, "for": "threshold:try"},
        )
        for ref in shown
    ]
    detail = {"tool": TOOL, "line": line, "shown": shown}
    tried = Event(
        at=now, actor=officer.id, action="threshold.tried", subject=SUBJECT, detail=detail
    )
    site.store.record([tried, *viewed])
