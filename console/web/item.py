"""/item/{ref}: everything an officer needs to decide about one item."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.web import forms
from console.web.facts import masked
from console.web.incident import incident_of
from console.web.known import MAY_LOOK, Known, known_persons, person_for_safety
from console.web.queue import eyes_of
from console.web.reading import Segment, because, segments, sender, story
from console.web.reply_box import SAID, OwnReply, own_replies, reply_box
from console.web.rows import Eyes, holder_words, row_of
from console.web.site import Site, officer_of, render, site_of
from notifier import words
from notifier.card import CardContext, card_of
from triage.actions import may_see_text
from triage.effects import REASON
from triage.manner import NOT_THE_SAME
from triage.model import Case, Event, LinkDecision, Officer

REF = re.compile(r"[A-Z0-9-]{1,24}")
NEARBY = 10  # texts of a thread shown on each side; a busy public thread has hundreds


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One item of a thread as it is read: its wording now, and how it was before."""

    ref: str
    current: bool
    sender: str
    when: str
    sent: datetime
    segments: Sequence[Segment]
    earlier: Sequence[tuple[str, str]]
    deleted: str
    attachments: str
    hidden: bool


def item(request: Request) -> Response:
    """The page of an item. Reading it is recorded."""
    case = case_of(request)
    return show(request, case, done=request.query_params.get("done", ""))


def old_address(request: Request) -> Response:
    """`/items/{ref}`, as cards write it."""
    return RedirectResponse(f"/item/{request.path_params['ref']}", status_code=307)


def case_of(request: Request) -> Case:
    """The case an address names.

    Raises:
        HTTPException: 404 there is none.
    """
    ref = request.path_params["ref"]
    case = site_of(request).store.case(ref) if REF.fullmatch(ref) else None
    if case is None:
        raise HTTPException(404, "There is no such item")
    return case


def show(
    request: Request,
    case: Case,
    *,
    done: str = "",
    problem: str = "",
    filled: Mapping[str, str] | None = None,
    mentions: bool = False,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The item's page, with what was just done or why it was not.

    `filled` is what a refused form held, `typed` what the refused form of a reply held.
    """
    site, officer = site_of(request), officer_of(request)
    if not may_see_text(case, officer):
        site.record(officer.id, "view_refused", case.ref)
        raise HTTPException(403, f"{case.ref} is restricted: your role does not cover it")
    eyes = eyes_of(site, officer)
    persons = known_persons(site, case, officer, mentions=mentions)
    thread = thread_of(site, case, eyes)
    _record(site, officer, thread, persons)
    events = site.store.events(case.ref)
    values = {
        "case": case,
        "row": row_of(case, eyes),
        "owner": holder_words(case, eyes),
        "banner": _banner(site, case, eyes.now),
        "thread": _with_replies(site, thread, eyes),
        "persons": persons,
        "may_look": bool(officer.roles & MAY_LOOK),
        "reason": REASON,
        "because": because(case.decision) if case.decision else "",
        "degraded": case.verdict.degraded if case.verdict else "",
        "scores": sorted(case.verdict.signals, key=lambda each: -each.score)
        if case.verdict
        else (),
        "story": story(events, eyes.names, now=eyes.now, zone=site.zone),
        "forms": forms.forms_of(
            case,
            officer,
            events=events,
            now=eyes.now,
            in_chat=bool(site.desk.direct(officer)),
        ),
        "incident": incident_of(site, case, eyes),
        "filled": filled or {},
        "reply": reply_box(
            site,
            case,
            eyes,
            typed=typed or {},
            template=request.query_params.get("template", ""),
        ),
        "done": forms.DONE.get(done, "") or SAID.get(request.query_params.get("said", ""), ""),
        "problem": problem,
    }
    return render(request, "item.html", values, status=409 if problem else 200)


def _banner(site: Site, case: Case, now: datetime) -> str:
    """The safe-contact line, as cards say it. A person only suggested protects too."""
    person = person_for_safety(site, case)
    context = CardContext(zone=site.zone, person=lambda _: person)
    line = card_of(case, context, level=0, now=now).safe_contact
    if any(note.startswith(NOT_THE_SAME) for note in case.link.notes):
        line = f"{NOT_THE_SAME} {line}".strip()
    unsure = case.link.decision is not LinkDecision.CONFIRMED
    if line and unsure and person is not None and person.safe_contact is not None:
        return f"May be {masked(person)}. {line}"
    return line


def thread_of(site: Site, case: Case, eyes: Eyes) -> list[Message]:
    """The messages around a case in true order; those the officer may not read hold no text."""
    cases = site.store.thread(case)
    place = next((n for n, each in enumerate(cases) if each.ref == case.ref), 0)
    near = cases[max(place - NEARBY, 0) : place + NEARBY + 1] or [case]
    return [_message(site, each, case, eyes) for each in near]


def _with_replies(site: Site, thread: Sequence[Message], eyes: Eyes) -> list[Message | OwnReply]:
    """What they wrote and what we answered, in true order."""
    refs = [each.ref for each in thread if not each.hidden]
    both: list[Message | OwnReply] = [*thread, *own_replies(site, refs, eyes)]
    return sorted(both, key=lambda each: each.sent)


def _message(site: Site, each: Case, case: Case, eyes: Eyes) -> Message:
    hidden = not may_see_text(each, eyes.officer)
    signals = each.verdict.signals if each.verdict else ()
    return Message(
        ref=each.ref,
        current=each.ref == case.ref,
        sender="" if hidden else sender(each.item),
        when=words.clock_time(each.item.sent_at, now=eyes.now, zone=eyes.zone),
        sent=each.item.sent_at,
        segments=() if hidden else segments(each.item.text, signals),
        earlier=() if hidden else _earlier(site, each, eyes),
        deleted=(
            words.clock_time(each.deleted_at, now=eyes.now, zone=eyes.zone)
            if each.deleted_at
            else ""
        ),
        attachments=", ".join(attachment.kind for attachment in each.item.attachments),
        hidden=hidden,
    )


def _earlier(site: Site, each: Case, eyes: Eyes) -> list[tuple[str, str]]:
    """Former wordings with the time they were seen, the latest first."""
    if each.text_versions < 2:
        return []
    versions = site.store.versions(each.ref)
    return [
        (words.clock_time(seen, now=eyes.now, zone=eyes.zone), words.visible(text))
        for seen, text in reversed(versions)
        if text != each.item.text
    ]


def _record(
    site: Site, officer: Officer, thread: Sequence[Message], persons: Sequence[Known]
) -> None:
    """Who read which texts and records: one event for each item whose text was shown."""
    records = [person.record_id for person in persons]
    read = [message for message in thread if not message.hidden]
    site.store.record(
        [
            Event(
                at=site.now(),
                actor=officer.id,
                action="viewed",
                subject=message.ref,
                detail={"tool": "console"} | ({"records": records} if message.current else {}),
            )
            for message in read
        ]
    )
