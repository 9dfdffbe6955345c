"""Officers' commands carried out: one transaction with audit event, cards and notices."""

from collections.abc import Iterable
from dataclasses import replace

from triage.actions import Command, Outcome, act, lanes_of
from triage.desk import Desk, cards_for, case_notices
from triage.errors import Refused, Stale
from triage.floors import Facts
from triage.items import platform_of
from triage.lifecycle import Tell, Verb
from triage.markers import meant
from triage.model import Case, Event, Outgoing, PriorLink, Rejected
from triage.regard import reassessed
from triage.taxonomy import Lane

_ABOUT_RECORDS = (Verb.LINK, Verb.UNLINK, Verb.REJECT)


def carry_out(desk: Desk, command: Command) -> Outcome:
    """Do what an officer asked, in one transaction with its audit event and its cards.

    A second try is made when another change slipped in between look and write, since the
    command may still be right; then the officer is told who was faster.

    Raises:
        Refused, Stale: as `triage.actions.act`.
    """
    for last in (False, True):
        case = desk.store.case(command.ref)
        if case is None:
            raise Refused(f"{command.ref}: no such item")
        outcome = act(case, command, now=desk.clock(), names=desk.name_of)
        if outcome.event is None:
            return outcome
        try:
            saved = _write(desk, case, outcome.case, outcome.event, command)
        except Stale:
            if last:
                raise
            continue
        desk.acted(saved.ref)
        return replace(outcome, case=saved)
    raise AssertionError("unreachable: the second try returns or raises")


def _write(desk: Desk, before: Case, after: Case, event: Event, command: Command) -> Case:
    if command.verb is Verb.LINK:
        after = _with_markers(desk, after)
    cards = _told(desk, before, after)
    if command.verb not in _ABOUT_RECORDS or not before.item.author.account_id:
        return desk.store.change(before, after, events=[event], cards=cards)
    _remember(desk, before, after, event, command)
    saved = desk.store.case(before.ref) or after
    if cards:
        desk.store.notify(cards, now=event.at)
    return saved


# --- who is told ----------------------------------------------------------------------------------


def _told(desk: Desk, before: Case, after: Case) -> tuple[Outgoing, ...]:
    """Cards where the case is new, and a word where its card would only change silently."""
    messages: list[Outgoing] = []
    if after.offered_to is not None and after.offered_to is not before.offered_to:
        text = f"{after.ref} is offered to you: accept it or send it back"
        messages += _shown(desk, before, after, after.offered_to, "Hand-over", text)
    raised = before.priority and after.priority and after.priority < before.priority
    if raised and after.lane is not None and after.priority is not None:
        text = f"{after.ref} is {after.priority.name} {after.priority.word} now"
        messages += _shown(desk, before, after, after.lane, "Raised", text)
    return tuple(messages)


def _shown(
    desk: Desk, before: Case, after: Case, lane: Lane, title: str, text: str
) -> Iterable[Outgoing]:
    """The case shown in a lane: a card, and a notice where it had one already."""
    if after.decision is None:
        return
    now, places = desk.clock(), desk.places([lane], Tell.OWNER)
    asked = replace(after.decision, owner=lane, copies=())
    yield from cards_for(after.ref, asked, desk.destinations, now=now)
    had = set(desk.places(lanes_of(before), Tell.OWNER))
    again = [place for place in places if place in had]
    yield from case_notices(after, title.lower(), again, title=title, text=text, now=now)


# --- who is writing -------------------------------------------------------------------------------


def _with_markers(desk: Desk, case: Case) -> Case:
    """A person's markers raise a case as soon as the person is known (floors F1 and F2)."""
    person = desk.store.person(case.link.candidates[0].record_id)
    if person is None or case.verdict is None:
        return case
    history = replace(case.history, markers=case.history.markers | meant(person.markers))
    facts = Facts(item=case.item, verdict=case.verdict, history=history)
    return reassessed(replace(case, history=history), facts)


def _remember(desk: Desk, before: Case, after: Case, event: Event, command: Command) -> None:
    """Keep what a human says about a link for the account, with the case's change."""
    platform, account_id = platform_of(before.item.channel), before.item.author.account_id
    by, events, change = command.officer.id, [event], (before, after)
    if command.verb is Verb.LINK:
        link = PriorLink(
            platform=platform,
            account_id=account_id,
            record_id=after.link.candidates[0].record_id,
            confirmed_by=by,
            confirmed_at=event.at,
            expires_at=event.at + desk.link_lasts,
            display_name=before.item.author.display_name,
            language=before.verdict.lang if before.verdict else before.item.lang,
            seen_at=before.item.sent_at,
            ref=before.ref,
        )
        desk.store.confirm_link(link, events=events, change=change)
    elif command.verb is Verb.UNLINK:
        desk.store.revoke_link(
            platform, account_id, by=by, now=event.at, events=events, change=change
        )
    else:
        rejected = Rejected(
            platform=platform,
            account_id=account_id,
            record_id=command.required("record_id"),
            by=by,
            at=event.at,
        )
        desk.store.reject_link(rejected, events=events, change=change)
