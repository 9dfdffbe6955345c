"""/comms/item/{ref}: one flagged item with what stands around it, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web import forms
from console.web.acting import with_name
from console.web.comms.lane import (
    FLAGS,
    UNSOFTENED,
    exposure,
    reviewer_of,
    seen_since,
    waiting_of,
)
from console.web.item import case_of, thread_of
from console.web.queue import eyes_of
from console.web.reading import because, sender, softened
from console.web.rows import Eyes, owner_words
from console.web.site import Site, form_of, render, site_of
from notifier import words
from triage.actions import Command, may_see_text
from triage.comms import flags_of
from triage.errors import Refused
from triage.flow import carry_out
from triage.hiding import Hiding, Wish, is_hidden
from triage.lifecycle import Verb
from triage.model import Case, Officer, State
from triage.shifts import shift_began
from triage.taxonomy import Lane

VERBS = (Verb.CLAIM, Verb.ACCEPT, Verb.RETURN, Verb.RESULT, Verb.OFFER, Verb.REOPEN)
ESCALATE = (Lane.DESK, Lane.SAFEGUARDING, Lane.CONTROL_ROOM)
WISHES = {
    Wish.ASKED: "asked, no answer yet",
    Wish.DONE: "done",
    Wish.FAILED: "not done",
    Wish.UNKNOWN: "it is not known whether it was done: look at the platform, or ask again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A text near the item: softened, and who wrote it."""

    ref: str
    sender: str
    when: str
    text: str


def review(request: Request) -> Response:
    """The item softened, or in full if it was opened in this shift."""
    case = case_of(request)
    return show(request, case, done=forms.DONE.get(request.query_params.get("done", ""), ""))


def reveal(request: Request) -> Response:
    """Show the whole text: a press of its own, counted for the officer's own sake."""
    case, officer, site = case_of(request), reviewer_of(request), site_of(request)
    _readable(site, case, officer)
    site.record(officer.id, UNSOFTENED, case.ref, tool="console")
    return RedirectResponse(f"/comms/item/{case.ref}", status_code=303)


def act(request: Request) -> Response:
    """Carry out a command from the review, as from every other tool."""
    case, officer, site, form = (
        case_of(request),
        reviewer_of(request),
        site_of(request),
        form_of(request),
    )
    verb = next((each for each in VERBS if each.value == request.path_params["verb"]), None)
    if verb is None:
        raise HTTPException(404, "There is no such action")
    version = form.get("version", "")
    command = Command(
        verb=verb,
        ref=case.ref,
        officer=officer,
        args=forms.args_of(verb, form),
        version=int(version) if version.isascii() and version.isdigit() else None,
    )
    try:
        carry_out(site.desk, command)
    except Refused as refused:
        return _not_done(request, case, str(refused))
    return RedirectResponse(f"/comms/item/{case.ref}?done={verb.value}", status_code=303)


def hide(request: Request) -> Response:
    """Have it hidden on its platform, or shown again; what came of it is on the page."""
    case, officer, site, form = (
        case_of(request),
        reviewer_of(request),
        site_of(request),
        form_of(request),
    )
    _readable(site, case, officer)
    try:
        hiding = site.hiding.ask(
            case, officer, hidden=form.get("hidden") != "no", reason=form.get("reason", "")
        )
    except Refused as refused:
        return _not_done(request, case, str(refused))
    if hiding.state is not Wish.DONE:
        said = f"{case.ref}: {WISHES[hiding.state]}. {hiding.error}"
        return _not_done(request, case, said)
    done = "hide" if hiding.hidden else "unhide"
    return RedirectResponse(f"/comms/item/{case.ref}?done={done}", status_code=303)


def show(request: Request, case: Case, *, done: str = "", problem: str = "") -> Response:
    """The page. What is softened was listed; what stands there in full was viewed."""
    site, officer = site_of(request), reviewer_of(request)
    _readable(site, case, officer)
    eyes = eyes_of(site, officer, lane=Lane.COMMS)
    open_text = case.ref in _opened(site, officer)
    around = [each for each in thread_of(site, case, eyes) if each.current] if open_text else []
    near = _around(site, case, eyes)
    _record(site, officer, case, near, whole=open_text)
    hidings = site.store.hidings_of(case.ref)
    values = {
        "case": case,
        "row": waiting_of(case, eyes, hidden=is_hidden(hidings)),
        "owner": owner_words(case, eyes.names),
        "flags": [FLAGS[flag] for flag in flags_of(case)],
        "because": because(case.decision) if case.decision else "Nobody has read it yet.",
        "softened": softened(case),
        "whole": around,
        "near": near,
        "answers": _answers(site, case, eyes),
        "forms": forms.forms_of(case, officer, events=site.store.events(case.ref), now=eyes.now),
        "escalate": [(lane.value, words.LANES[lane]) for lane in ESCALATE if lane is not case.lane],
        "cannot_hide": site.hiding.cannot(case, officer),
        "hidden": is_hidden(hidings),
        "hidings": [_told(each, eyes) for each in hidings],
        "owned": case.lane is Lane.COMMS or case.state is State.CLOSED,
        "exposure": exposure(site, officer),
        "done": done,
        "problem": problem,
    }
    return render(request, "comms_item.html", values, status=409 if problem else 200)


def _not_done(request: Request, case: Case, why: str) -> Response:
    site, officer = site_of(request), reviewer_of(request)
    now = site.store.case(case.ref)
    if now is None or not may_see_text(now, officer):
        raise HTTPException(403, why)
    names = {each.id: each.name for each in site.store.officers()}
    said = with_name(why, now.claimed_by, names.get(now.claimed_by, ""))
    return show(request, now, problem=said)


def _readable(site: Site, case: Case, officer: Officer) -> None:
    if may_see_text(case, officer) and not case.item.private:
        return
    site.record(officer.id, "view_refused", case.ref)
    raise HTTPException(403, f"{case.ref} is not before the comms review")


def _opened(site: Site, officer: Officer) -> set[str]:
    began = shift_began(site.now(), site.settings.desk.shift_ends, site.zone)
    return seen_since(site, officer, began)


def _around(site: Site, case: Case, eyes: Eyes) -> list[Around]:
    """Texts of the thread that the officer may read, softened, in true order."""
    near = thread_of(site, case, eyes)
    cases = [site.store.case(each.ref) for each in near if not each.current and not each.hidden]
    return [_near(each, eyes) for each in cases if each is not None and not each.item.private]


def _answers(site: Site, case: Case, eyes: Eyes) -> Around | None:
    """The post it answers, where it was addressed to the force too."""
    item = case.item
    if not item.reply_to:
        return None
    found = site.store.case_by_key(item.channel, item.account, item.reply_to)
    readable = found is not None and not found.item.private and may_see_text(found, eyes.officer)
    return _near(found, eyes) if found is not None and readable else None


def _near(case: Case, eyes: Eyes) -> Around:
    return Around(
        ref=case.ref,
        sender=sender(case.item),
        when=words.clock_time(case.item.sent_at, now=eyes.now, zone=eyes.zone),
        text=softened(case),
    )


def _told(hiding: Hiding, eyes: Eyes) -> Mapping[str, str]:
    return {
        "what": "Hide" if hiding.hidden else "Show again",
        "outcome": WISHES[hiding.state],
        "error": hiding.error,
        "who": eyes.names.get(hiding.by, hiding.by),
        "why": hiding.reason,
        "when": words.clock_time(hiding.asked_at, now=eyes.now, zone=eyes.zone),
        "evidence": hiding.evidence,
    }


def _record(site: Site, officer: Officer, case: Case, near: list[Around], *, whole: bool) -> None:
    if whole:
        site.record(officer.id, "viewed", case.ref, tool="comms")
    refs = [each.ref for each in near] + ([] if whole else [case.ref])
    if refs:
        site.record(officer.id, "listed", "comms", refs=refs)
