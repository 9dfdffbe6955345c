"""The console as an ASGI application."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import cast
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from config.settings import Settings, WebhookCollector
from console.tuning.desk import Tuner
from console.tuning.lines import LinesInForce
from console.web import acting, audit, guide, health, item, live, login, queue, replying
from console.web.accounts import Accounts
from console.web.assets import Assets
from console.web.checks import checks as drawn
from console.web.comms.routes import comms_routes
from console.web.guard import FIXED_HEADERS, FORM_BYTES, BodyLimit, Guard, Headers
from console.web.pulse import Pulse
from console.web.site import ConsoleStore, Site, render, templates
from console.web.tuning.routes import tuner_routes
from storage.store import SqlStore
from triage.errors import BadSettings, Refused, Unavailable
from triage.flow import Desk
from triage.hiding import Hidden, Hider

log = logging.getLogger("firstcontact.console.web")

EXTRA_BYTES = 1_000_000


def create_app(
    desk: Desk,
    accounts: Accounts,
    settings: Settings,
    *,
    extra_routes: Sequence[BaseRoute] = (),
    checks: Mapping[str, Callable[[], bool]] | None = None,
    registry: CollectorRegistry | None = None,
    lines: LinesInForce | None = None,
    hiders: Mapping[str, Hider] | None = None,
) -> Starlette:
    """The console over a desk whose store is a `storage.store.SqlStore`.

    `extra_routes` come first and check their callers themselves. `checks` are what /readyz
    asks, each true or false within a second or two; `registry` is what /metrics shows; `lines`
    are those of the classifier of this process, which the tuner moves; `hiders` can hide on
    their platforms what comms asks them to.

    Raises:
        BadSettings: a way of signing in is set that is not built.
    """
    if settings.console.auth != "local":
        raise BadSettings(f"console.auth: {settings.console.auth!r} is not available, use 'local'")
    store = cast(ConsoleStore, desk.store)
    assets = Assets()
    zone = ZoneInfo(settings.desk.timezone)
    site = Site(
        desk=desk,
        store=store,
        accounts=accounts,
        settings=settings,
        zone=zone,
        assets=assets,
        pages=templates(assets),
        pulse=Pulse(store, desk.clock, store.change_mark),
        tuner=Tuner(cast(SqlStore, desk.store), settings, desk.clock, zone, lines),
        checks=checks or {},
        registry=registry,
        hiding=Hidden(store=store, hiders=hiders or {}, clock=desk.clock),
    )
    app = Starlette(
        routes=[*extra_routes, *_machine_routes(assets), _pages()],
        middleware=[
            Middleware(Headers),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
            Middleware(BodyLimit, most=_most_bytes(settings)),
        ],
        exception_handlers={
            HTTPException: _http_problem,
            Refused: _refused,
            Unavailable: _unavailable,
            Exception: _broken,
        },
    )
    app.state.site = site
    app.state.streams = live.Streams()
    return app


def _machine_routes(assets: Assets) -> list[BaseRoute]:
    return [
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
        Route("/static/{digest}/{name:path}", assets.serve),
    ]


def _pages() -> Mount:
    """Everything people see; the guard stands before all of it."""
    routes = [
        Route("/", queue.home),
        Route("/login", login.form),
        Route("/login", login.sign_in, methods=["POST"]),
        Route("/login/once", login.once),
        Route("/logout", login.sign_out, methods=["POST"]),
        Route("/account", login.account),
        Route("/account", login.change_password, methods=["POST"]),
        Route("/queue", queue.queue),
        Route("/live", live.live),
        Route("/live/now", live.now),
        Route("/item/{ref}", item.item),
        Route("/items/{ref}", item.old_address),
        Route("/item/{ref}/consult", acting.consult, methods=["POST"]),
        Route("/item/{ref}/mentions", acting.mentions, methods=["POST"]),
        Route("/item/{ref}/reply/{verb}", replying.press, methods=["POST"]),
        Route("/item/{ref}/{verb}", acting.act, methods=["POST"]),
        Route("/checks", drawn),
        *comms_routes(),
        Route("/health", health.health),
        *tuner_routes(),
        Route("/audit", audit.audit),
        Route("/audit/verify", audit.verify, methods=["POST"]),
        Route("/help", guide.guide),
    ]
    middleware = [Middleware(BodyLimit, most=FORM_BYTES), Middleware(Guard)]
    return Mount("/", routes=routes, middleware=middleware)


def _most_bytes(settings: Settings) -> int:
    """The largest body any mounted route may take."""
    hooks = [each for each in settings.collector if isinstance(each, WebhookCollector)]
    return max([EXTRA_BYTES, *(hook.max_bytes + 1 for hook in hooks)])


# --- what goes wrong -----------------------------------------------------------------------------

WORDS: Mapping[int, str] = {
    400: "The request could not be read",
    403: "You may not see this",
    404: "There is no such page",
    405: "This page cannot do that",
    413: "Too large",
    415: "Not a form",
    503: "The database does not answer",
}


def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = WORDS.get(error.status_code, "Something went wrong")
    said = error.detail if error.status_code in (403, 404, 413) else ""
    default = {404: "Not Found", 403: "Forbidden", 413: "Content Too Large"}
    return _problem(request, error.status_code, title, "" if said in default.values() else said)


def _refused(request: Request, error: Exception) -> Response:
    return _problem(request, 409, "Not done", str(error))


def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("a page could not reach the database: %s", type(error).__name__)
    return _problem(request, 503, WORDS[503], "Nothing was changed. Try again in a few seconds.")


def _broken(request: Request, error: Exception) -> Response:
    log.error("a page failed: %s at %s", type(error).__name__, request.method)
    # This answer is made outside of `Headers`, so it brings its own.
    headers = {**FIXED_HEADERS, "Content-Security-Policy": "default-src 'none'"}
    text = "Something went wrong. It has been written to the log.\n"
    return PlainTextResponse(text, status_code=500, headers=headers)


def _problem(request: Request, status: int, title: str, text: str) -> Response:
    """A page that says what is wrong; plain text where even a page cannot be made."""
    if hasattr(request.state, "visit") and status != 503:
        values = {"title": title, "text": text}
        return render(request, "problem.html", values, status=status)
    return PlainTextResponse(f"{title}. {text}\n", status_code=status)
