"""/audit: who did and saw what, and whether the trail is whole."""

import json
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.web.site import AUDITING, Site, officer_of, render, site_of
from notifier import words
from storage.audit import Entry
from triage.errors import BadInput
from triage.items import clean_text
from triage.model import Officer

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event as it is listed."""

    seq: int
    when: str
    who: str
    action: str
    subject: str
    detail: str
    link: str


def audit(request: Request) -> Response:
    """The trail, newest first. Reading it is recorded, with what was looked for."""
    return _show(request)


def verify(request: Request) -> Response:
    """Check the whole chain and say what was found."""
    site, officer = site_of(request), _auditor(request)
    try:
        count = site.store.verify()
        found, broken = f"The chain is whole: {count} events checked", ""
    except BadInput as error:
        found, broken = "", str(error)
    site.record(officer.id, "audit_verified", "audit", result=broken or "whole")
    return _show(request, found=found, broken=broken)


def _auditor(request: Request) -> Officer:
    officer = officer_of(request)
    if not officer.roles & AUDITING:
        raise HTTPException(403, "Your role does not show the audit trail")
    return officer


def _show(request: Request, *, found: str = "", broken: str = "") -> Response:
    site, officer = site_of(request), _auditor(request)
    params = request.query_params
    fields = ("subject", "actor", "action")
    sought = {name: clean_text(params.get(name, "")).strip()[:300] for name in fields}
    before = params.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    entries = site.store.audit_events(limit=PAGE, before=number, **sought)
    asked = {name: value for name, value in sought.items() if value}
    site.record(officer.id, "audit_viewed", "audit", sought=asked)
    values = {
        "lines": _lines(site, entries),
        "sought": sought,
        "oldest": entries[-1].seq if len(entries) == PAGE else 0,
        "found": found,
        "broken": broken,
    }
    return render(request, "audit.html", values)


def _lines(site: Site, entries: list[Entry]) -> list[Line]:
    now, names = site.now(), {each.id: each.name for each in site.store.officers()}
    return [
        Line(
            seq=entry.seq,
            when=words.clock_time(entry.event.at, now=now, zone=site.zone),
            who=names.get(entry.event.actor, entry.event.actor),
            action=entry.event.action.replace("_", " "),
            subject=entry.event.subject,
            detail=json.dumps(dict(entry.event.detail), ensure_ascii=False, default=str)
            if entry.event.detail
            else "",
            link=f"/item/{entry.event.subject}" if entry.event.subject.startswith("FC-") else "",
        )
        for entry in entries
    ]
