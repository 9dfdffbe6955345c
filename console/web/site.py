"""What every page needs, and how it is turned into a response."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, PrefixLoader
from jinja2.loaders import ChoiceLoader
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from config.settings import Settings
from console.tuning.desk import Tuner
from console.web import csrf
from console.web.accounts import Accounts, Session
from console.web.assets import Assets
from console.web.pulse import Pulse
from notifier import words
from storage.audit import Entry
from storage.search import Found
from triage.comms import reviews
from triage.flow import Desk
from triage.grants import Grants
from triage.hiding import Hidden, Hidings
from triage.model import Case, Event, Officer, Role
from triage.ports import QueueFilter, Store
from triage.searching import Search

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TUNING = frozenset({Role.ADMIN, Role.AUDITOR})
AUDITING = frozenset({Role.AUDITOR, Role.SUPERVISOR, Role.ADMIN})
WORKING = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ADMIN})


class ConsoleStore(Store, Hidings, Grants, Protocol):
    """What the console asks of the store beyond what the flow of items needs."""

    def change_mark(self) -> int:
        """A number that grows with every change of a case or an alarm."""
        ...

    def queue_length(self, wanted: QueueFilter) -> int:
        """How many cases a list would show without a limit."""
        ...

    def search(
        self,
        wanted: Search,
        *,
        sees: Callable[[Case], bool],
        limit: int = 50,
        offset: int = 0,
    ) -> Found:
        """Cases that say all of it and that `sees` lets through, newest first."""
        ...

    def case_by_key(self, channel: str, account: str, external_id: str) -> Case | None:
        """The case of an item known by the platform's id, or None."""
        ...

    def hidden_among(self, refs: Sequence[str]) -> frozenset[str]:
        """Those of some cases that are hidden on their platform, as far as is known."""
        ...

    def cases_of(self, record_id: str, *, limit: int = 100) -> list[Case]:
        """Cases whose sender a human confirmed to be this person, newest first."""
        ...

    def subjects_of(
        self,
        actions: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[str]:
        """What events of these actions were about, each once, the first first."""
        ...

    def audit_events(
        self,
        *,
        limit: int = 100,
        before: int | None = None,
        subject: str = "",
        actor: str = "",
        action: str = "",
    ) -> list[Entry]:
        """Events newest first, those before number `before`, by subject, actor or action."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The console: the desk behind it, and what its pages are made of.

    `store` is the desk's. `checks` say whether the service is ready, by name; `registry` is
    what /metrics shows.
    """

    desk: Desk
    store: ConsoleStore
    accounts: Accounts
    settings: Settings
    zone: tzinfo
    assets: Assets
    pages: Environment
    pulse: Pulse
    tuner: Tuner
    checks: Mapping[str, Callable[[], bool]]
    registry: CollectorRegistry | None
    hiding: Hidden

    @property
    def hosts(self) -> frozenset[str]:
        """The names this console is reached by."""
        public = urlsplit(self.settings.console.public_url).hostname or ""
        return LOOPBACK | {public.lower(), bind_host(self.settings).lower()} - {""}

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the console."""
        return is_loopback(bind_host(self.settings))

    def now(self) -> datetime:
        """The desk's time."""
        return self.desk.clock()

    def record(self, actor: str, action: str, subject: str, **detail: object) -> None:
        """Write one line of the audit trail."""
        event = Event(at=self.now(), actor=actor, action=action, subject=subject, detail=detail)
        self.store.record([event])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who makes a request. `cookie` is the session's, or a stranger's own before signing in."""

    cookie: str = ""
    session: Session | None = None
    officer: Officer | None = None

    @property
    def secret(self) -> bytes:
        """What forms of this visit must prove to know."""
        return csrf.secret_of(self.cookie)


def bind_host(settings: Settings) -> str:
    """The address part of `console.bind`."""
    return settings.console.bind.rpartition(":")[0].strip("[]")


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine."""
    if host in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def templates(assets: Assets) -> Environment:
    """The page templates, every value escaped."""
    pages = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("console.web"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals.update(asset=assets.url, lane_words=words.LANES)
    return pages


def site_of(request: Request) -> Site:
    """The console a request is for."""
    return cast(Site, request.app.state.site)


def visit_of(request: Request) -> Visit:
    """Who makes a request; set by `console.web.guard`."""
    return cast(Visit, request.state.visit)


def officer_of(request: Request) -> Officer:
    """The signed-in officer; the guard lets nobody else reach a page that asks."""
    officer = visit_of(request).officer
    assert officer is not None
    return officer


def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a checked form; set by `console.web.guard`."""
    return cast(Mapping[str, str], request.state.form)


def wants_part(request: Request) -> bool:
    """Whether the page's own script asks for a part of a page."""
    return request.headers.get("hx-request") == "true"


def render(
    request: Request, template: str, values: Mapping[str, Any], *, status: int = 200
) -> Response:
    """A page with what every page has: who is signed in, form token, nonce, urgent items."""
    site, visit = site_of(request), visit_of(request)
    officer = visit.officer
    working = officer is not None and bool(officer.roles & WORKING)
    page = site.pages.get_template(template).render(
        {
            "desk_name": site.settings.desk.name,
            "officer": officer,
            "may_audit": officer is not None and bool(officer.roles & AUDITING),
            "may_tune": officer is not None and bool(officer.roles & TUNING),
            "may_review": officer is not None and reviews(officer),
            "csrf_token": csrf.masked(visit.secret) if visit.cookie else "",
            "nonce": request.state.nonce,
            "path": request.url.path,
            "part": wants_part(request),
            "urgent": site.pulse.now().urgent(site.now(), site.zone) if working else (),
            **values,
        }
    )
    return HTMLResponse(page, status_code=status)
