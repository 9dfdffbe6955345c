"""/comms: what waits for the comms reviewers, softened; and how much abuse each has looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.web.queue import eyes_of
from console.web.rows import Eyes, Row, row_of
from console.web.site import Site, officer_of, render, site_of, wants_part
from notifier import words
from triage.authority import leads, may_see_text
from triage.comms import Flag, flags_of, in_review, reviews
from triage.model import Case, Officer
from triage.ports import QueueFilter
from triage.shifts import shift_began
from triage.taxonomy import Lane

MOST = 300
"""So many cases are looked through at a time, the most urgent first."""

MOST_COPIES = 100
UNSOFTENED = "unsoftened"
FLAGS = {
    Flag.ABUSIVE: "Abusive",
    Flag.IDENTIFYING: "Identifies somebody",
    Flag.PRESS: "Press",
    Flag.COMMENT: "Comments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case before the reviewers as the list shows it."""

    row: Row
    flags: tuple[str, ...]
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One of the lists, and how many it holds."""

    text: str
    href: str
    count: int
    current: bool


def lane(request: Request) -> Response:
    """The list. What was shown of texts is recorded."""
    site, officer = site_of(request), reviewer_of(request)
    snapshot = site.pulse.fresh()
    eyes = eyes_of(site, officer, lane=Lane.COMMS)
    kind = request.query_params.get("kind", "")
    wanted = Flag(kind) if kind in set(Flag) else None
    cases = before_reviewers(site, officer)
    shown = [case for case in cases if wanted is None or wanted in flags_of(case)]
    hidden = site.store.hidden_among([case.ref for case in shown])
    rows = [waiting_of(case, eyes, hidden=case.ref in hidden) for case in shown]
    if rows:
        site.record(officer.id, "listed", "comms", refs=[each.row.ref for each in rows])
    values = {
        "rows": rows,
        "views": _views(cases, wanted),
        "heading": FLAGS[wanted] if wanted else "Comms review",
        "exposure": exposure(site, officer),
        "cut": len(cases) >= MOST,
        "may_grant": leads(officer),
        "granted": sorted(officer.granted),
        "since": snapshot.at.isoformat(),
        "at": words.clock_time(snapshot.at, now=eyes.now, zone=eyes.zone),
        "here": f"/comms?kind={wanted}" if wanted else "/comms",
    }
    return render(request, "comms_list.html" if wants_part(request) else "comms.html", values)


def reviewer_of(request: Request) -> Officer:
    """The signed-in reviewer.

    Raises:
        HTTPException: 403 the officer's role does not cover the review.
    """
    officer = officer_of(request)
    if not reviews(officer):
        raise HTTPException(403, "The comms review is for reviewers and supervisors")
    return officer


def before_reviewers(site: Site, officer: Officer, *, most: int = MOST) -> list[Case]:
    """Open public cases of the lane, those offered or copied to it among them; urgent first."""
    own = site.store.queue(QueueFilter(lanes=(Lane.COMMS,)), limit=most)
    beats = site.pulse.now().beats
    others = [
        beat.ref for beat in beats if Lane.COMMS in beat.lanes and beat.lane is not Lane.COMMS
    ]
    copies = [site.store.case(ref) for ref in others[:MOST_COPIES]]
    everything = {case.ref: case for case in (*own, *(each for each in copies if each))}
    found = [
        case
        for case in everything.values()
        if case.open and in_review(case) and may_see_text(case, officer)
    ]
    return sorted(found, key=_urgency)[:most]


def _urgency(case: Case) -> tuple[int, str, str]:
    due = case.decision.due.decide_by if case.decision else case.item.sent_at
    return (int(case.priority) if case.priority else 9, due.isoformat(), case.ref)


def waiting_of(case: Case, eyes: Eyes, *, hidden: bool) -> Waiting:
    """A case as a row of the list."""
    flags = tuple(FLAGS[flag] for flag in flags_of(case))
    return Waiting(row=row_of(case, eyes), flags=flags, hidden=hidden)


def _views(cases: Sequence[Case], wanted: Flag | None) -> list[View]:
    views = [View(text="All", href="/comms", count=len(cases), current=wanted is None)]
    for flag, text in FLAGS.items():
        count = sum(flag in flags_of(case) for case in cases)
        href = f"/comms?kind={flag.value}"
        views.append(View(text=text, href=href, count=count, current=flag is wanted))
    return views


def exposure(site: Site, officer: Officer) -> str:
    """How many abusive texts the officer has looked at in full since the shift began."""
    began = shift_began(site.now(), site.settings.desk.shift_ends, site.zone)
    count = len(seen_since(site, officer, began))
    since = words.clock_time(began, now=site.now(), zone=site.zone)
    texts = "1 flagged text" if count == 1 else f"{count} flagged texts"
    return f"You have looked at {texts} in full since {since}, when the shift began."


def seen_since(site: Site, officer: Officer, since: datetime) -> set[str]:
    """What the officer had shown in full since a moment."""
    entries = site.store.audit_events(actor=officer.id, action=UNSOFTENED, limit=1000)
    return {each.event.subject for each in entries if each.event.at >= since}
