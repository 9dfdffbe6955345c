"""/queue: which item is next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.replying import mark_of
from console.web.pulse import Snapshot
from console.web.rows import Eyes, Row, row_of
from console.web.site import Site, officer_of, render, site_of, wants_part
from console.web.wanted import PAGE, STATES, Wanted, only_comms, read
from notifier import words
from triage.actions import may_see_text
from triage.model import Case, Officer, Priority
from triage.ports import Unread
from triage.replies import Reply
from triage.taxonomy import Lane

MOST_COPIES = 50
MOST_UNREAD = 10  # stand at the top; a flood of them must not push emergencies off the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the left pane: a list and how many open items it holds."""

    text: str
    href: str
    count: str
    current: bool
    emergencies: int  # that nobody has claimed


def home(request: Request) -> Response:
    """`/`: the queue is where work begins."""
    return RedirectResponse("/queue", status_code=303)


def queue(request: Request) -> Response:
    """The list, with lanes at its left. What was shown of texts is recorded."""
    site, officer = site_of(request), officer_of(request)
    wanted = read(request.query_params, officer)
    snapshot = site.pulse.fresh()  # taken first: what comes in meanwhile is news, not lost
    cases, more, cut = _cases(site, wanted, snapshot, officer)
    eyes = eyes_of(site, officer, lane=wanted.lane)
    unread = unread_of(site, first=MOST_UNREAD) if wanted.first_look else Unread()
    rows = [row_of(case, eyes) for case in _each_once(unread.first, cases)]
    _record(site, officer, wanted, rows)
    rows = _with_replies(site, rows)
    values = {
        "wanted": wanted,
        "rows": rows,
        "unread": _unread_words(unread, eyes) if unread.count else "",
        "lists": () if only_comms(officer) else _lists(wanted, snapshot, officer),
        "heading": _heading(wanted),
        "wider": _wider(wanted),
        "cut": cut,
        "since": snapshot.at.isoformat(),
        "at": words.clock_time(snapshot.at, now=eyes.now, zone=eyes.zone),
        "previous": wanted.link(page=wanted.page - 1) if wanted.page > 1 else "",
        "next": wanted.link(page=wanted.page + 1) if more else "",
        "states": STATES,
        "priorities": tuple(Priority),
    }
    return render(request, "list.html" if wants_part(request) else "queue.html", values)


def _with_replies(site: Site, rows: Sequence[Row]) -> list[Row]:
    """The rows with a mark of what became of their replies: who approves finds them so."""
    replies: dict[str, list[Reply]] = {}
    for each in site.store.replies_of(*(row.ref for row in rows)):
        replies.setdefault(each.ref, []).append(each)
    marks = {ref: mark_of(found) for ref, found in replies.items()}
    return [
        replace(row, marks=(*row.marks, marks[row.ref])) if marks.get(row.ref) else row
        for row in rows
    ]


def eyes_of(site: Site, officer: Officer, *, lane: Lane | None = None) -> Eyes:
    """An officer's look at the desk now."""
    names = {each.id: each.name for each in site.store.officers()}
    return Eyes(officer=officer, names=names, now=site.now(), zone=site.zone, lane=lane)


def unread_of(site: Site, *, first: int) -> Unread:
    """What the service did not read in time: a person must find it without being told where."""
    now, patience = site.now(), site.settings.escalation
    return site.store.unread(
        private_before=now - timedelta(minutes=patience.unread_private_minutes),
        public_before=now - timedelta(minutes=patience.unread_minutes),
        first=first,
    )


def _unread_words(unread: Unread, eyes: Eyes) -> str:
    since = words.clock_time(unread.since or eyes.now, now=eyes.now, zone=eyes.zone)
    if unread.count == 1:
        return f"1 message waits to be read by the service, since {since}: read it yourself"
    waits = f"{unread.count} messages wait to be read by the service"
    return f"{waits}, the first since {since}: read them yourself, from the top"


def _each_once(first: Sequence[Case], others: Sequence[Case]) -> list[Case]:
    return list({case.ref: case for case in (*first, *others)}.values())


def _cases(
    site: Site, wanted: Wanted, snapshot: Snapshot, officer: Officer
) -> tuple[list[Case], bool, bool]:
    """One page of cases, whether there are more, and whether too many were found to look at all.

    A search must not tell an officer what stands in texts they may not read.
    """
    skip = (wanted.page - 1) * PAGE
    if wanted.text:
        hits = site.store.search(
            wanted.search(officer),
            sees=lambda case: may_see_text(case, officer),
            limit=PAGE,
            offset=skip,
        )
        return list(hits.cases), hits.more, hits.cut
    found = site.store.queue(wanted.query(), limit=PAGE + 1, offset=skip)
    cases, more = found[:PAGE], len(found) > PAGE
    if wanted.lane is not None and wanted.page == 1:
        cases = _with_copies(site, wanted, snapshot, cases)
    return cases, more, False


def _wider(wanted: Wanted) -> str:
    """The address that looks for the same words in closed items too."""
    return replace(wanted, state="any").link() if wanted.text and wanted.state != "any" else ""


def _with_copies(site: Site, wanted: Wanted, snapshot: Snapshot, own: Sequence[Case]) -> list[Case]:
    """What is offered or copied to a lane stands in its list too, at its place."""
    others = [
        beat.ref for beat in snapshot.beats if beat.lane is not wanted.lane and wanted.shows(beat)
    ]
    copies = [site.store.case(ref) for ref in others[:MOST_COPIES]]
    return sorted((*own, *(case for case in copies if case is not None)), key=_urgency)


def _urgency(case: Case) -> tuple[int, str, str]:
    due = case.decision.due.decide_by if case.decision else case.item.sent_at
    return (int(case.priority) if case.priority else 9, due.isoformat(), case.ref)


def _lists(wanted: Wanted, snapshot: Snapshot, officer: Officer) -> list[Entry]:
    everything = Wanted()
    lists = [
        ("All open", everything),
        ("Unclaimed", replace(everything, state="unclaimed")),
        ("Mine", replace(everything, mine=officer.id)),
        *((words.LANES[lane].capitalize(), replace(everything, lane=lane)) for lane in Lane),
    ]
    return [_entry(text, each, wanted, snapshot) for text, each in lists]


def _entry(text: str, each: Wanted, wanted: Wanted, snapshot: Snapshot) -> Entry:
    beats = [beat for beat in snapshot.beats if each.shows(beat)]
    return Entry(
        text=text,
        href=each.link(),
        count=f"{len(beats)}+" if snapshot.more else str(len(beats)),
        current=each.params() == replace(wanted, page=1).params(),
        emergencies=sum(beat.unclaimed_emergency for beat in beats),
    )


def _heading(wanted: Wanted) -> str:
    if wanted.text:
        return "Search results"
    if wanted.mine:
        return "My items"
    place = words.LANES[wanted.lane].capitalize() if wanted.lane else "All lanes"
    return place if wanted.state == "open" else f"{place}: {wanted.state}"


def _record(site: Site, officer: Officer, wanted: Wanted, rows: Sequence[Row]) -> None:
    """Previews are readings of texts, and a search is a look-up: both go into the trail."""
    refs = [row.ref for row in rows if row.text]
    if wanted.text:
        site.record(officer.id, "searched", "queue", searched=wanted.text, refs=refs)
    elif refs:
        site.record(officer.id, "listed", "queue", refs=refs)
