"""What stands before every page: headers, host, session, form token, body size."""

import secrets
from collections.abc import Mapping, MutableMapping
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.web import csrf
from console.web.site import Site, Visit, is_loopback, site_of, wants_part
from triage.items import clean_text

OPEN_PAGES = frozenset({"/login", "/login/once"})
FORM_BYTES = 64 * 1024
FORM_FIELDS = 100
SESSION_COOKIE = "fc_session"
STRANGER_COOKIE = "fc_stranger"

FIXED_HEADERS: Mapping[str, str] = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_policy(nonce: str) -> str:
    """Nothing runs or styles a page but the files it names with this answer's nonce."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


class Headers:
    """Gives every answer the headers that keep browsers safe. Nothing is cached unless it says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), nonce, https=scope["scheme"] == "https")
            await send(message)

        await self._app(scope, receive, with_headers)


def _add_headers(headers: MutableHeaders, nonce: str, *, https: bool) -> None:
    headers["Content-Security-Policy"] = content_policy(nonce)
    for name, value in FIXED_HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"


class BodyLimit:
    """Refuses bodies over `most` bytes, however they are announced or split."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > self._most:
            await PlainTextResponse("Too large\n", status_code=413)(scope, receive, send)
            return
        left = self._most

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


class Guard:
    """Lets nobody but signed-in officers past the sign-in page, and no form from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        site = site_of(request)
        if host_of(request) not in site.hosts:
            answer: Response = PlainTextResponse("Not this host\n", status_code=421)
            await answer(scope, receive, send)
            return
        visit = await run_in_threadpool(_visit, request, site)
        scope["state"].update(visit=visit, form={})
        if visit.officer is None and request.url.path not in OPEN_PAGES:
            await _to_sign_in(request)(scope, receive, send)
            return
        if request.method == "POST":
            scope["state"]["form"] = await _checked_form(request, site, visit)
        await self._app(scope, receive, send)


def host_of(request: Request) -> str:
    """The name in the Host header, without its port; "" if there is none that can be read."""
    try:
        return (urlsplit(f"//{request.headers.get('host', '')}").hostname or "").lower()
    except ValueError:
        return ""


def secure_cookies(request: Request, site: Site) -> bool:
    """Whether cookies may only travel over TLS: always, but for plain HTTP on this machine."""
    if not site.settings.console.secure_cookies:
        return False
    plain = request.url.scheme == "http"
    return not (plain and site.on_loopback and is_loopback(host_of(request)))


def cookie_name(name: str, *, secure: bool) -> str:
    """`__Host-` makes browsers refuse a cookie that another host or path has planted."""
    return f"__Host-{name}" if secure else name


def set_cookie(response: Response, name: str, value: str, *, secure: bool) -> None:
    """A cookie for this browser window's life, out of reach of scripts."""
    response.set_cookie(
        cookie_name(name, secure=secure),
        value,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        cookie_name(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )


def _visit(request: Request, site: Site) -> Visit:
    secure = secure_cookies(request, site)
    cookie = request.cookies.get(cookie_name(SESSION_COOKIE, secure=secure), "")
    watching = request.url.path.startswith("/live")
    session = site.accounts.session(cookie, active=not watching) if cookie else None
    officer = site.store.officer(session.officer_id) if session else None
    if session is not None and officer is not None:
        return Visit(cookie=cookie, session=session, officer=officer)
    return Visit(cookie=request.cookies.get(cookie_name(STRANGER_COOKIE, secure=secure), ""))


def _to_sign_in(request: Request) -> Response:
    path = request.url.path
    if path.startswith("/live"):
        return PlainTextResponse("Signed out\n", status_code=401)
    if request.method not in ("GET", "HEAD"):
        target = "/login?ended=1"
    else:
        query = f"?{request.url.query}" if request.url.query else ""
        target = "/login" if path == "/" else f"/login?next={quote(path + query)}"
    if wants_part(request):
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


async def _checked_form(request: Request, site: Site, visit: Visit) -> MutableMapping[str, str]:
    """The fields of a form that our own page sent.

    Raises:
        HTTPException: 413 too large, 415 not a form, 403 not from our page.
    """
    ours = frozenset({f"{request.url.scheme}://{request.headers['host']}", _public_origin(site)})
    sent_from = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    if csrf.from_elsewhere(site=sent_from, origin=origin, ours=ours):
        raise HTTPException(403, "This form was sent from another site")
    form = await _read_form(request)
    if not visit.cookie or not csrf.proves(form.pop("csrf_token", ""), visit.secret):
        raise HTTPException(403, "This form is too old: open the page again")
    return form


def _public_origin(site: Site) -> str:
    public = urlsplit(site.settings.console.public_url)
    return f"{public.scheme}://{public.netloc}"


async def _read_form(request: Request) -> MutableMapping[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        body = await request.body()
        text = body.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS)
        return {name: clean_text(value) for name, value in pairs}
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    except ValueError as error:
        raise HTTPException(413, "Too many fields") from error
