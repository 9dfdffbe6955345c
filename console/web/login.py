"""Signing in and out, and one's own password."""

import secrets
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web.accounts import WRONG
from console.web.guard import (
    SESSION_COOKIE,
    STRANGER_COOKIE,
    drop_cookie,
    secure_cookies,
    set_cookie,
)
from console.web.site import (
    Visit,
    form_of,
    is_loopback,
    officer_of,
    render,
    site_of,
    visit_of,
)
from triage.errors import Refused


def form(request: Request) -> Response:
    """The sign-in page. A stranger gets a cookie of their own, so that the form is theirs."""
    if visit_of(request).officer is not None:
        return RedirectResponse("/queue", status_code=303)
    return _form(request)


def sign_in(request: Request) -> Response:
    """Check name and password. The session is always a new one, whatever cookie came along."""
    site, fields = site_of(request), form_of(request)
    name, address = fields.get("name", "").strip(), address_of(request)
    try:
        token = site.accounts.sign_in(name, fields.get("password", ""), address=address)
        if site.store.officer(name) is None:
            site.accounts.sign_out(token)
            raise Refused(WRONG)
    except Refused as refused:
        # What was typed is not recorded: people type passwords into the wrong field.
        known = site.store.officer(name) is not None
        subject = f"officer:{name}" if known else "officer:unknown"
        site.record("console", "sign_in_failed", subject, address=address)
        return _form(request, problem=str(refused), name=name)
    return _welcome(request, token, name, fields.get("next", ""), how="password")


def once(request: Request) -> Response:
    """`/login/once?token=…`: the demo's one-time link, on this machine only."""
    site = site_of(request)
    if not (site.on_loopback and is_loopback(address_of(request))):
        raise HTTPException(404)
    token = site.accounts.redeem(request.query_params.get("token", ""))
    session = site.accounts.session(token) if token else None
    if token is None or session is None or site.store.officer(session.officer_id) is None:
        return _form(request, problem="This link was used before or is too old: sign in")
    return _welcome(request, token, session.officer_id, "", how="link")


def sign_out(request: Request) -> Response:
    """End the session, here and in the database."""
    site, visit = site_of(request), visit_of(request)
    site.accounts.sign_out(visit.cookie)
    officer = officer_of(request)
    site.record(officer.id, "signed_out", f"officer:{officer.id}")
    response = RedirectResponse("/login", status_code=303)
    drop_cookie(response, SESSION_COOKIE, secure=secure_cookies(request, site))
    return response


def account(request: Request) -> Response:
    """One's own account."""
    return render(request, "account.html", {"problem": "", "done": ""})


def change_password(request: Request) -> Response:
    """Change one's own password; other sessions of the officer end."""
    site, fields, officer = site_of(request), form_of(request), officer_of(request)
    old, new = fields.get("old", ""), fields.get("new", "")
    try:
        if new != fields.get("again", ""):
            raise Refused("The new password was not typed the same twice")
        site.accounts.change_password(officer.id, old, new, token=visit_of(request).cookie)
    except Refused as refused:
        return render(request, "account.html", {"problem": str(refused), "done": ""}, status=409)
    site.record(officer.id, "password_changed", f"officer:{officer.id}")
    done = "Your password is changed. Your other sessions have ended."
    return render(request, "account.html", {"problem": "", "done": done})


def local_path(path: str) -> str:
    """`path` if it leads to a page of ours, else the queue."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    plain = all(character.isprintable() for character in path)
    return path if ours and plain and not parts.scheme and not parts.netloc else "/queue"


def address_of(request: Request) -> str:
    """Where a request comes from, as far as the server knows."""
    return request.client.host if request.client else ""


def _form(request: Request, *, problem: str = "", name: str = "") -> Response:
    site = site_of(request)
    visit = visit_of(request)
    secure = secure_cookies(request, site)
    stranger = not visit.cookie
    if stranger:
        visit = Visit(cookie=secrets.token_urlsafe(32))
        request.state.visit = visit
    values = {
        "problem": problem,
        "name": name,
        "ended": request.query_params.get("ended") == "1",
        "next": request.query_params.get("next") or form_of(request).get("next", ""),
    }
    response = render(request, "login.html", values, status=401 if problem else 200)
    if stranger:
        set_cookie(response, STRANGER_COOKIE, visit.cookie, secure=secure)
    return response


def _welcome(request: Request, token: str, officer_id: str, path: str, *, how: str) -> Response:
    site = site_of(request)
    site.record(officer_id, "signed_in", f"officer:{officer_id}", how=how)
    response = RedirectResponse(local_path(path), status_code=303)
    secure = secure_cookies(request, site)
    set_cookie(response, SESSION_COOKIE, token, secure=secure)
    drop_cookie(response, STRANGER_COOKIE, secure=secure)
    return response
