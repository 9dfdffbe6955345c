"""/tuner/version/{number}: one version, what it still lacks, and what is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.tuning.windows import Window
from console.web.site import Site, form_of, officer_of, render, site_of
from console.web.tuning import view
from console.web.tuning.page import class_of, may_change, reader, show
from console.web.tuning.told import ice_of, story_of
from notifier import words
from triage.errors import Refused
from triage.model import Officer
from triage.taxonomy import Label
from triage.tuning import gate
from triage.tuning.gate import Facts, Sort
from triage.tuning.outcome import WORDS, line_words, range_words, sentence
from triage.tuning.versions import MOVES, OPEN, Move, Stage, Version

TOOL = "console"
LISTED = 20

DONE: Mapping[str, str] = {
    "draft": "Drafted",
    "shadow": "It runs in the shadow from now on",
    "propose": "Proposed: another admin has to approve it",
    "approve": "Approved: it can be put in force",
    "reject": "Rejected",
    "withdraw": "Withdrawn",
    "go_live": "In force. Every node takes it up within seconds",
    "roll_back": "Rolled back. Every node takes the line before up within seconds",
    "acknowledge": "Acknowledged",
    "marks": "Noted",
    "frozen": "Frozen: no line can change until it is thawed",
    "thawed": "Lines may change again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Both lines on what was read since the shadow run began; the draft moved nothing."""

    since: str
    items: int
    live: int
    draft: int
    first: list[view.Moved]


def version(request: Request) -> Response:
    """A version as it was known then and is known now."""
    reader(request)
    return show_version(request, _version(request))


def show_version(
    request: Request,
    found: Version,
    *,
    problem: str = "",
    filled: Mapping[str, str] | None = None,
) -> Response:
    """The page of a version, with why something was not done."""
    site, officer = site_of(request), officer_of(request)
    tuner = site.tuner
    facts, window = tuner.facts(found), tuner.window(found.of)
    at = window.outcome(found.line, live=facts.live)
    stand = tuner.stand(found.of)
    values = {
        "v": found,
        "told": WORDS[found.of],
        "stage": found.stage.words,
        "line_words": line_words(found.line),
        "live_words": line_words(facts.live),
        "sentence": sentence(at),
        "beside": sentence(window.outcome(facts.live, live=facts.live)),
        "of_this_model": found.model == tuner.model,
        "tiles": view.tiles(at, window),
        "story": story_of(site, found),
        "shadow": _shadow(site, window, found, facts.live),
        "missed": len(facts.missed),
        "unread": len(gate.unread(facts, found, officer.id)),
        "not_acceptable": _refusals(site, found, facts),
        "to_acknowledge": gate.unacknowledged(facts, found),
        "acknowledged": _acknowledged(site, found, facts),
        "slice_words": view.slice_words,
        "range_words": range_words,
        "flips": view.flips(window, facts.live, found.line),
        "objections": _objections(site, found, facts, officer),
        "moves": _moves(found, officer),
        "mine": officer.id in found.makers,
        "open": found.stage in OPEN,
        "live": found.stage is Stage.LIVE,
        "back_to": line_words(stand.default),
        "frozen": ice_of(site, facts.frozen),
        "may_change": may_change(officer),
        "problem": problem,
        "filled": filled or {},
        "done": DONE.get(request.query_params.get("done", ""), ""),
    }
    return render(request, "tuner_version.html", values, status=409 if problem else 200)


def _version(request: Request) -> Version:
    said = request.path_params["number"]
    if not (said.isascii() and said.isdigit() and len(said) < 8):
        raise HTTPException(404, "There is no such version")
    try:
        return site_of(request).tuner.version(int(said))
    except Refused as error:
        raise HTTPException(404, "There is no such version") from error


def _shadow(site: Site, window: Window, found: Version, live: float) -> Shadow | None:
    since = found.when(Move.SHADOW) or found.when(Move.PROPOSE)
    if since is None or found.stage not in OPEN:
        return None
    history = window.history
    items, draft = history.read_since(since, found.line)
    low, high = min(live, found.line), max(live, found.line)
    rows = history.between(low, high, most=LISTED, since=since)
    return Shadow(
        since=f"{since.astimezone(site.zone):%-d %B, %H:%M}, {words.span(site.now() - since)}",
        items=items,
        live=history.read_since(since, live)[1],
        draft=draft,
        first=view.moved(site.tuner, window, rows),
    )


def _names(site: Site) -> Mapping[str, str]:
    return {each.id: each.name for each in site.store.officers()}


def _refusals(site: Site, found: Version, facts: Facts) -> list[tuple[str, str, str]]:
    names = _names(site)
    return [
        (each.subject, names.get(each.by, each.by), each.text)
        for each in gate.refusals(facts.marks, found)
    ]


def _acknowledged(site: Site, found: Version, facts: Facts) -> list[tuple[str, str, str]]:
    names = _names(site)
    return [
        (each.subject.replace(":", " "), names.get(each.by, each.by), each.text)
        for each in facts.marks
        if each.sort is Sort.ACKNOWLEDGED and each.version == found.number
    ]


def _objections(site: Site, found: Version, facts: Facts, officer: Officer) -> list[str]:
    """What the next step towards live still lacks, for this officer."""
    move = Move.GO_LIVE if found.stage is Stage.APPROVED else Move.APPROVE
    if found.stage not in (Stage.PROPOSED, Stage.APPROVED):
        return []
    said = gate.objections(found, move, officer.id, facts, now=site.now())
    stands_above = ("you have not read", "the difference for")
    said = [each for each in said if not each.startswith(stands_above)]
    said = [each for each in said if " is not acceptable to " not in each]
    names = _names(site)
    for officer_id, name in names.items():
        said = [each.replace(f" {officer_id}", f" {name}") for each in said]
    return said


def _moves(found: Version, officer: Officer) -> set[str]:
    """The moves that may be tried from here; whether they succeed is asked when they are made."""
    mine = officer.id in found.makers
    return {
        move.value
        for move, (stages, _) in MOVES.items()
        if found.stage in stages and not (mine and move in (Move.APPROVE, Move.REJECT))
    }


# --- acting ---------------------------------------------------------------------------------------


def draft(request: Request) -> Response:
    """Draft the line that was looked at."""
    officer, form = _changer(request), form_of(request)
    of = _class_in(form)
    try:
        line = float(form.get("line", "").replace(",", "."))
        made = site_of(request).tuner.draft(
            officer, line, of=of, reason=form.get("reason", ""), tool=TOOL
        )
    except ValueError:
        return show(request, problem="A line is a number between 0 and 1", filled=form)
    except Refused as refused:
        return show(request, problem=str(refused), filled=form)
    return _to(made, "draft")


def move(request: Request) -> Response:
    """Make a move; then the version again, with what was done or why it was not."""
    officer, found, form = _changer(request), _version(request), form_of(request)
    try:
        step = Move(request.path_params["move"])
    except ValueError as error:
        raise HTTPException(404, "There is no such action") from error
    if step in (Move.DRAFT, Move.SUPERSEDE, Move.RESTORE):
        raise HTTPException(404, "There is no such action")
    tuner = site_of(request).tuner
    try:
        made = tuner.move(found.number, step, officer, reason=form.get("reason", ""), tool=TOOL)
    except Refused as refused:
        now = tuner.version(found.number)
        kept = {step.value: form.get("reason", "")}
        return show_version(request, now, problem=str(refused), filled=kept)
    return _to(made, step.value)


def acknowledge(request: Request) -> Response:
    """Acknowledge a difference between parts of the public, in writing."""
    officer, found, form = _changer(request), _version(request), form_of(request)
    tuner = site_of(request).tuner
    known = {each.key for each in tuner.facts(found).slices}
    subject = form.get("slice", "")
    try:
        if subject not in known:
            raise Refused("that part of the public is not measured here any more")
        noted = [(subject, Sort.ACKNOWLEDGED, form.get("text", ""))]
        tuner.mark(found.number, officer, noted, tool=TOOL)
    except Refused as refused:
        return show_version(request, found, problem=str(refused))
    return _to(found, "acknowledge")


def freeze(request: Request) -> Response:
    """Freeze all lines, or thaw them."""
    officer, form = _changer(request), form_of(request)
    frozen = form.get("frozen", "") == "yes"
    try:
        site_of(request).tuner.freeze(officer, frozen, reason=form.get("reason", ""), tool=TOOL)
    except Refused as refused:
        return show(request, problem=str(refused))
    said = "frozen" if frozen else "thawed"
    return RedirectResponse(f"/tuner?of={class_of(request).value}&done={said}", status_code=303)


def _changer(request: Request) -> Officer:
    officer = reader(request)
    if not may_change(officer):
        raise HTTPException(403, "Only admins change thresholds")
    return officer


def _class_in(form: Mapping[str, str]) -> Label:
    try:
        return Label(form.get("of", Label.EMERGENCY.value))
    except ValueError as error:
        raise HTTPException(404, "There is no line for that") from error


def _to(found: Version, done: str) -> Response:
    return RedirectResponse(f"/tuner/version/{found.number}?done={done}", status_code=303)
