"""/live: what is new, pushed while a list or an item is open; /live/now says it once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from console.web.guard import SESSION_COOKIE, cookie_name, secure_cookies
from console.web.pulse import Snapshot, news
from console.web.site import WORKING, Site, officer_of, site_of
from console.web.wanted import Wanted, read
from triage.errors import FirstContactError
from triage.model import Officer

TICK = 1.0
STILL_HERE_EVERY = 15.0
STREAM_LIVES = 120.0  # then the browser asks again: nobody holds a stopping service for long
MOST_STREAMS = 200


class Streams:
    """How many streams are open; more than the limit are sent to poll instead."""

    def __init__(self) -> None:
        self.open = 0


def now(request: Request) -> Response:
    """What is new since the page was made."""
    return JSONResponse(json.loads(_message(request)))


async def live(request: Request) -> Response:
    """The same as server-sent events, one whenever it changes."""
    streams: Streams = request.app.state.streams
    if streams.open >= MOST_STREAMS:
        return PlainTextResponse("Too many live views: poll\n", status_code=503)
    return StreamingResponse(
        _events(request, streams),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(request: Request, streams: Streams) -> AsyncIterator[str]:
    streams.open += 1
    try:
        async for line in _ticks(request):
            yield line
    finally:
        streams.open -= 1


async def _ticks(request: Request) -> AsyncIterator[str]:
    started = spoke = time.monotonic()
    last = ""
    while time.monotonic() - started < STREAM_LIVES:
        try:
            message = await run_in_threadpool(_message, request)
        except FirstContactError:
            message = last  # the database is away for a moment: the page polls and says so
        if message != last:
            yield f"data: {message}\n\n"
            last, spoke = message, time.monotonic()
        elif time.monotonic() - spoke >= STILL_HERE_EVERY:
            if not await run_in_threadpool(_signed_in, request):
                yield "event: ended\ndata: {}\n\n"
                return
            yield ": still here\n\n"
            spoke = time.monotonic()
        await asyncio.sleep(TICK)


def _signed_in(request: Request) -> bool:
    site = site_of(request)
    name = cookie_name(SESSION_COOKIE, secure=secure_cookies(request, site))
    session = site.accounts.session(request.cookies.get(name, ""), active=False)
    return session is not None and site.store.officer(session.officer_id) is not None


def _message(request: Request) -> str:
    """One line of JSON: `text` for the bar, `item` if the open item changed, `urgent` items."""
    site, officer = site_of(request), officer_of(request)
    params = request.query_params
    snapshot = site.pulse.now()
    urgent = snapshot.urgent(site.now(), site.zone) if officer.roles & WORKING else ()
    return json.dumps(
        {
            "text": _text(snapshot, read(params, officer), officer, params.get("since", "")),
            "item": _item_changed(site, snapshot, params.get("ref", ""), params.get("version", ""))
            or _replies_changed(site, params.get("ref", ""), params.get("replies", "")),
            "urgent": [{"href": each.href, "text": each.text} for each in urgent],
        }
    )


def _text(snapshot: Snapshot, wanted: Wanted, officer: Officer, since: str) -> str:
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return ""
    if moment.utcoffset() is None:
        return ""
    return news(snapshot, wanted.shows, since=moment, me=officer.id).text


def _item_changed(site: Site, snapshot: Snapshot, ref: str, version: str) -> bool:
    """Whether the item a page shows is not as it was. Looks it up only if it left the list."""
    if not ref or not version.isdigit():
        return False
    beat = next((beat for beat in snapshot.beats if beat.ref == ref), None)
    if beat is not None:
        return beat.version != int(version)
    case = site.store.case(ref)
    return case is not None and case.version != int(version)


def _replies_changed(site: Site, ref: str, mark: str) -> bool:
    """Whether something became of a reply since the page was made."""
    return bool(ref) and mark.isdigit() and site.store.replies_mark(ref) != int(mark)
