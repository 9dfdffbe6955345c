"""POST /item/{ref}/reply/{verb}: what officers do about replies, as from every other tool."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web.item import case_of, show
from console.web.reply_box import MOST_CHARS, TYPED
from console.web.site import form_of, officer_of, site_of
from triage.actions import may_see_text
from triage.answering import answer
from triage.errors import Refused
from triage.model import Officer
from triage.replies import ReplyCommand, ReplyVerb

SENDING = "send"


def press(request: Request) -> Response:
    """Carry out a press about a reply; then the item again, with what was said of it."""
    case, form, officer = case_of(request), form_of(request), officer_of(request)
    site, verb = site_of(request), _verb(request)
    command = _command(verb, case.ref, officer, form)
    saved = ""
    try:
        done = answer(site.desk, command)
        if verb is ReplyVerb.WRITE and form.get("then") == SENDING:
            saved = "It is kept as a draft and was not sent. "
            submit = _command(ReplyVerb.SUBMIT, case.ref, officer, {"reply": done.reply.id})
            done = answer(site.desk, submit)
    except Refused as refused:
        return _refused(request, command, saved + str(refused))
    return RedirectResponse(f"/item/{case.ref}?said={done.reply.state.value}", status_code=303)


def _verb(request: Request) -> ReplyVerb:
    try:
        return ReplyVerb(request.path_params["verb"])
    except ValueError as error:
        raise HTTPException(404, "There is no such action") from error


def _command(verb: ReplyVerb, ref: str, officer: Officer, form: Mapping[str, str]) -> ReplyCommand:
    given = form.get("reply_version", "")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
    return ReplyCommand(
        verb=verb,
        ref=ref,
        officer=officer,
        reply_id=form.get("reply", ""),
        args={name: form.get(name, "")[:MOST_CHARS] for name in TYPED},
        version=version,
    )


def _refused(request: Request, command: ReplyCommand, why: str) -> Response:
    """The item as it is now, why nothing was sent, and what the officer had typed."""
    case = site_of(request).store.case(command.ref)
    if case is None or not may_see_text(case, command.officer):
        raise HTTPException(403, why)
    typed = {"reply": command.reply_id, **command.args} if command.args.get("text") else {}
    return show(request, case, problem=why, typed=typed)
