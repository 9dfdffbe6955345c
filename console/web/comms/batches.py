"""/comms/batches: texts that are nearly the same, reviewed once; nothing happens without a look.

Each item of a batch is closed by a command of its own, under the version that was shown, with an
event of its own. Whoever cannot take part is named with the reason before anything is done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from console.web.comms.lane import Waiting, before_reviewers, reviewer_of, waiting_of
from console.web.queue import eyes_of
from console.web.site import Site, form_of, render, site_of
from triage.alike import groups
from triage.commands import Command
from triage.comms import not_in_bulk
from triage.errors import Refused
from triage.flow import carry_out
from triage.lifecycle import RESULTS, Verb
from triage.model import Case, Officer, State
from triage.taxonomy import Lane

CODES = ("no_action", "spam", "duplicate")
MOST = 200
"""So many are closed at a time."""

LOOKED_AT = 2000
UNDO_REASON = "undone: it was closed together with others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items that say nearly the same. `senders` is how many accounts sent them."""

    shown: Waiting
    refs: tuple[str, ...]
    senders: int
    most: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One item of what is to be done, or was, with why not."""

    ref: str
    version: int
    text: str
    why_not: str = ""


def batches(request: Request) -> Response:
    """The batches that are open now, the largest first."""
    site, officer = site_of(request), reviewer_of(request)
    cases = {case.ref: case for case in before_reviewers(site, officer, most=LOOKED_AT)}
    eyes = eyes_of(site, officer, lane=Lane.COMMS)
    found = [
        Batch(
            shown=waiting_of(cases[refs[0]], eyes, hidden=False),
            refs=tuple(refs),
            senders=len({cases[ref].item.author.account_id or ref for ref in refs}),
        )
        for refs in groups({ref: case.item.text for ref, case in cases.items()})
    ]
    if found:
        site.record(officer.id, "listed", "comms", refs=[each.shown.row.ref for each in found])
    return render(request, "comms_batches.html", {"batches": found})


def preview(request: Request) -> Response:
    """Exactly what will happen to which item. Nothing is changed."""
    return _preview(request, form_of(request).get("refs", "").split()[:MOST])


def close(request: Request) -> Response:
    """Close each item as previewed; what changed since then is left alone and named."""
    site, officer, form = site_of(request), reviewer_of(request), form_of(request)
    code, pairs = form.get("code", ""), list(_pairs(form.get("items", "")))
    if code not in CODES or not pairs:
        return _preview(request, [ref for ref, _ in pairs], problem="Choose a result")
    done: list[Part] = []
    left: list[Part] = []
    for ref, version in pairs:
        part = _closed(site, officer, ref, version, code)
        (left if part.why_not else done).append(part)
    site.record(officer.id, "bulk_closed", "comms", code=code, refs=[each.ref for each in done])
    values = {"done": done, "left": left, "result": RESULTS[code], "undone": False}
    return render(request, "comms_bulk_done.html", values)


def undo(request: Request) -> Response:
    """Open again what was closed together, where nobody has touched it since."""
    site, officer, form = site_of(request), reviewer_of(request), form_of(request)
    done: list[Part] = []
    left: list[Part] = []
    for ref, version in _pairs(form.get("items", "")):
        part = _reopened(site, officer, ref, version)
        (left if part.why_not else done).append(part)
    site.record(officer.id, "bulk_undone", "comms", refs=[each.ref for each in done])
    values = {"done": done, "left": left, "result": "", "undone": True}
    return render(request, "comms_bulk_done.html", values)


def _preview(request: Request, refs: Sequence[str], problem: str = "") -> Response:
    site, officer = site_of(request), reviewer_of(request)
    eyes = eyes_of(site, officer, lane=Lane.COMMS)
    cases = [case for case in map(site.store.case, dict.fromkeys(refs)) if case is not None]
    parts = [
        Part(
            ref=case.ref,
            version=case.version,
            text=waiting_of(case, eyes, hidden=False).row.text,
            why_not=not_in_bulk(case, officer),
        )
        for case in cases
    ]
    site.record(officer.id, "listed", "comms", refs=[each.ref for each in parts if each.text])
    taking = [each for each in parts if not each.why_not]
    values = {
        "taking": taking,
        "left": [each for each in parts if each.why_not],
        "items": " ".join(f"{each.ref}:{each.version}" for each in taking),
        "codes": [(code, RESULTS[code]) for code in CODES],
        "problem": problem,
    }
    return render(request, "comms_bulk.html", values, status=409 if problem else 200)


def _closed(site: Site, officer: Officer, ref: str, version: int, code: str) -> Part:
    case = site.store.case(ref)
    why = not_in_bulk(case, officer) if case else "no such item"
    if case is None or why:
        return Part(ref=ref, version=version, text="", why_not=why)
    return _carried_out(site, case, _command(Verb.RESULT, case, officer, version, code=code))


def _reopened(site: Site, officer: Officer, ref: str, version: int) -> Part:
    case = site.store.case(ref)
    if case is None or case.state is not State.CLOSED or case.version != version:
        return Part(ref=ref, version=version, text="", why_not="it has changed since")
    return _carried_out(
        site, case, _command(Verb.REOPEN, case, officer, version, reason=UNDO_REASON)
    )


def _command(verb: Verb, case: Case, officer: Officer, version: int, **args: str) -> Command:
    args_of: Mapping[str, str] = args
    return Command(verb=verb, ref=case.ref, officer=officer, args=args_of, version=version)


def _carried_out(site: Site, case: Case, command: Command) -> Part:
    part = Part(ref=case.ref, version=case.version, text="")
    try:
        outcome = carry_out(site.desk, command)
    except Refused as refused:
        return replace(part, why_not=str(refused))
    return replace(part, version=outcome.case.version)


def _pairs(text: str) -> Iterable[tuple[str, int]]:
    """`FC-26-1123-0041:3 …`: references with the versions that were shown."""
    for piece in text.split()[:MOST]:
        ref, _, version = piece.partition(":")
        if version.isascii() and version.isdigit() and len(version) < 10:
            yield ref, int(version)
