"""/comms/grants: supervisors give a reviewer leave to read one item for a time, and end it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web.site import form_of, officer_of, render, site_of
from notifier import words
from triage.authority import leads
from triage.errors import Refused
from triage.grants import ended, grant
from triage.model import Officer, Role

HOURS = (1, 4, 12, 24, 72)


def grants(request: Request) -> Response:
    """What is in force, and the form for another."""
    return _show(request)


def give(request: Request) -> Response:
    """Give a reviewer leave to read one item."""
    site, officer, form = site_of(request), _leader(request), form_of(request)
    case = site.store.case(form.get("ref", "").strip().upper())
    to = site.store.officer(form.get("officer", ""))
    hours = form.get("hours", "")
    try:
        if case is None or to is None:
            raise Refused("There is no such item" if case is None else "There is no such officer")
        given, event = grant(
            case,
            to,
            officer,
            reason=form.get("reason", ""),
            hours=int(hours) if hours.isascii() and hours.isdigit() else 0,
            now=site.now(),
        )
    except Refused as refused:
        return _show(request, problem=str(refused))
    site.store.give_grant(given, event=event)
    return RedirectResponse("/comms/grants", status_code=303)


def end(request: Request) -> Response:
    """End it before its time."""
    site, officer, form = site_of(request), _leader(request), form_of(request)
    ref, to, now = form.get("ref", ""), form.get("officer", ""), site.now()
    site.store.end_grant(to, ref, now=now, event=ended(ref, to, officer, now=now))
    return RedirectResponse("/comms/grants", status_code=303)


def _show(request: Request, *, problem: str = "") -> Response:
    site, _ = site_of(request), _leader(request)
    names = {each.id: each.name for each in site.store.officers()}
    now = site.now()
    values = {
        "grants": [
            {
                "ref": each.ref,
                "officer": each.officer_id,
                "to": names.get(each.officer_id, each.officer_id),
                "by": names.get(each.granted_by, each.granted_by),
                "reason": each.reason,
                "until": words.clock_time(each.expires_at, now=now, zone=site.zone),
            }
            for each in site.store.grants_in_force(now=now)
        ],
        "reviewers": [each for each in site.store.officers() if Role.REVIEWER in each.roles],
        "hours": HOURS,
        "filled": form_of(request) if problem else {},
        "problem": problem,
    }
    return render(request, "comms_grants.html", values, status=409 if problem else 200)


def _leader(request: Request) -> Officer:
    officer = officer_of(request)
    if not leads(officer):
        raise HTTPException(403, "Supervisors give leave to read")
    return officer
