"""/checks: what chance has drawn, for people to say what it is."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from console.web.site import Site, officer_of, render, site_of
from notifier import words
from triage.actions import may_see_text
from triage.judgement import CORRECT
from triage.model import Case
from triage.sampling import DRAWN

DAYS = 14
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An item of the sample as the list says it: nothing of what was written."""

    ref: str
    kind: str
    sent: str
    priority: str


def checks(request: Request) -> Response:
    """The items that were drawn and that nobody has said what they are, oldest first."""
    site, officer = site_of(request), officer_of(request)
    cases = [case for case in to_check(site) if may_see_text(case, officer)]
    values = {"drawn": [_drawn(site, case) for case in cases[:MOST]], "days": DAYS}
    return render(request, "checks.html", values)


def to_check(site: Site) -> list[Case]:
    """The sample of the last days without what was checked."""
    since = site.now() - timedelta(days=DAYS)
    done = set(site.store.subjects_of([CORRECT], since=since))
    drawn = site.store.subjects_of([DRAWN], since=since)
    found = (site.store.case(ref) for ref in drawn if ref not in done)
    return [case for case in found if case is not None and case.deleted_at is None]


def _drawn(site: Site, case: Case) -> Drawn:
    now = site.now()
    return Drawn(
        ref=case.ref,
        kind=words.kind(case.item),
        sent=words.clock_time(case.item.sent_at, now=now, zone=site.zone),
        priority=f"{case.priority.name} {case.priority.word}" if case.priority else "",
    )
