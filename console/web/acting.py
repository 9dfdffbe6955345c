"""POST /item/{ref}/{verb}: what officers do, carried out as from every other tool."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web.forms import LONGEST, args_of
from console.web.item import case_of, show
from console.web.known import CONSULTED, MAY_LOOK
from console.web.site import form_of, officer_of, site_of
from triage.actions import Command, may_see_text
from triage.errors import Refused
from triage.flow import carry_out
from triage.lifecycle import Verb


def act(request: Request) -> Response:
    """Carry out a command; then the item again, with what was done or why it was not."""
    case, verb, form = case_of(request), _verb(request), form_of(request)
    officer, site = officer_of(request), site_of(request)
    command = Command(
        verb=verb,
        ref=case.ref,
        officer=officer,
        args=args_of(verb, form),
        version=_version(form),
    )
    try:
        carry_out(site.desk, command)
    except Refused as refused:
        return _refused(request, command, str(refused))
    return RedirectResponse(f"/item/{case.ref}?done={verb.value}", status_code=303)


def consult(request: Request) -> Response:
    """Open the record of a person who may be writing: recorded with who, when and why.

    The trail has it before anything is shown (DPA 2018 s.62).
    """
    case, officer, site = case_of(request), officer_of(request), site_of(request)
    if not (may_see_text(case, officer) and officer.roles & MAY_LOOK):
        raise HTTPException(403, f"{case.ref} is restricted: your role does not cover it")
    form = form_of(request)
    record_id, reason = form.get("record_id", ""), form.get("reason", "").strip()[:LONGEST]
    if record_id not in {each.record_id for each in case.link.candidates}:
        return show(request, case, problem="That record is not suggested here any more")
    if not reason:
        return show(request, case, problem="Say why you open the record")
    site.record(officer.id, CONSULTED, case.ref, records=[record_id], reason=reason)
    return RedirectResponse(f"/item/{case.ref}?done=consult", status_code=303)


def mentions(request: Request) -> Response:
    """Show the persons a text speaks about: a step of its own, recorded."""
    case, officer, site = case_of(request), officer_of(request), site_of(request)
    if not (may_see_text(case, officer) and officer.roles & MAY_LOOK):
        raise HTTPException(403, f"{case.ref} is restricted: your role does not cover it")
    records = [each.record_id for each in case.link.mentions]
    site.record(officer.id, "mentions_viewed", case.ref, records=records)
    return show(request, case, mentions=True)


def _refused(request: Request, command: Command, why: str) -> Response:
    """The item as it is now, why nothing was done, and what the officer had typed."""
    case = site_of(request).store.case(command.ref)
    if case is None or not may_see_text(case, command.officer):
        raise HTTPException(403, why)
    names = {each.id: each.name for each in site_of(request).store.officers()}
    why = with_name(why, case.claimed_by, names.get(case.claimed_by, ""))
    return show(request, case, problem=why, filled=command.args)


def with_name(said: str, officer_id: str, name: str) -> str:
    """`okafor has it` as `Sam Okafor has it`; other words that look like the id stay."""
    if not (officer_id and name):
        return said
    for before, after in ((": ", " has it"), ("closed by ", "")):
        said = said.replace(f"{before}{officer_id}{after}", f"{before}{name}{after}")
    return said


def _verb(request: Request) -> Verb:
    try:
        return Verb(request.path_params["verb"])
    except ValueError as error:
        raise HTTPException(404, "There is no such action") from error


def _version(form: Mapping[str, str]) -> int | None:
    given = form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
