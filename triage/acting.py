"""Officers' commands carried out: one transaction with audit event, cards and notices."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from triage.actions import Command, Outcome, act, lanes_of
from triage.desk import Desk, cards_for, case_notices
from triage.errors import Refused, Stale
from triage.floors import Facts
from triage.following import follow, told_of_change
from triage.gathering import raised_event, raised_messages, raised_others
from triage.items import platform_of
from triage.lifecycle import FOLLOWING, GROUPING, Tell, Verb
from triage.markers import meant
from triage.model import Case, Event, Outgoing, PriorLink, Rejected
from triage.regard import reassessed
from triage.regrouping import regroup
from triage.repeat_questions import told_of
from triage.saying import in_hand_notices
from triage.taking_back import as_unlink, take_back
from triage.taxonomy import Lane
from triage.unlinking import refusing, undoable, undone

COMBINED = "combined"
"""An account was put together with a record: by whom, when and why."""

_ABOUT_RECORDS = (Verb.LINK, Verb.UNLINK, Verb.REJECT)


_APART: Mapping[Verb, Callable[[Desk, Command], Outcome]] = {
    **dict.fromkeys(GROUPING, regroup),
    **dict.fromkeys(FOLLOWING, follow),
    Verb.UNDO: take_back,
}
"""Verbs that are more than a change of the one case."""


def carry_out(desk: Desk, command: Command) -> Outcome:
    """Do what an officer asked, in one transaction with its audit event and its cards.

    A second try is made when another change slipped in between look and write, since the
    command may still be right; then the officer is told who was faster.

    Raises:
        Refused, Stale: as `triage.actions.act`.
    """
    if command.verb is Verb.UNDO:
        command = as_unlink(desk, command)
    if command.verb in _APART:
        return _APART[command.verb](desk, command)
    for last in (False, True):
        case = desk.store.case(command.ref)
        if case is None:
            raise Refused(f"{command.ref}: no such item")
        if command.verb is Verb.LINK and not desk.may_link(platform_of(case.item.channel)):
            raise Refused(f"{command.ref}: linking is switched off for this platform")
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
        after = undoable(before, _with_markers(desk, after))
    if command.verb is Verb.UNLINK:
        after = refusing(after, _refused(desk, after))
    if command.verb is Verb.NOTE:
        asked = told_of(command.args.get("text", ""), before, desk.store)
        event = replace(event, detail={**event.detail, **asked})
    cards = (*_told(desk, before, after), *told_of_change(desk, before, after, event.actor))
    if not _concerns_account(desk, before, command.verb):
        return _with_its_incident(desk, before, after, event, cards)
    change = _Change(before=before, after=after, cards=cards)
    for ref in _remember(desk, change, event, command):
        desk.acted(ref)
    return desk.store.case(before.ref) or after


def _with_its_incident(
    desk: Desk, before: Case, after: Case, event: Event, cards: Sequence[Outgoing]
) -> Case:
    """Write a change; who made a case more urgent than its incident raised the others too."""
    others = raised_others(desk, before, after)
    if not others:
        return desk.store.change(before, after, events=_logged(event), cards=cards)
    events = [*_logged(event), *(raised_event(*pair, now=event.at) for pair in others)]
    said = [message for pair in others for message in raised_messages(desk, *pair)]
    said += [each for pair in others for each in told_of_change(desk, *pair, actor=event.actor)]
    changed = desk.store.change_all(
        [(before, after), *others], events=events, cards=[*cards, *said]
    )
    for was, _ in others:
        desk.acted(was.ref)
    return changed[0]


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
    return (*messages, *in_hand_notices(desk, before, after))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A case as it was read and as it shall be, and the cards owed for it."""

    before: Case
    after: Case
    cards: tuple[Outgoing, ...]


def _remember(desk: Desk, change: _Change, event: Event, command: Command) -> Sequence[str]:
    """Keep what a human says about a link for the account, with the case's change.

    Returns the references of other cases that changed with it.
    """
    item, both = change.before.item, (change.before, change.after)
    platform, account_id = platform_of(item.channel), item.author.account_id
    if command.verb is Verb.LINK:
        link = _prior_link(desk, change, event)
        desk.store.confirm_link(link, events=_logged(event), change=both, cards=change.cards)
        return ()
    if command.verb is Verb.UNLINK:
        following = _Following(desk, change.before, event)
        desk.store.revoke_link(
            platform,
            account_id,
            by=event.actor,
            now=event.at,
            events=[event],
            change=both,
            follow=following,
        )
        return following.refs
    rejected = Rejected(
        platform=platform,
        account_id=account_id,
        record_id=command.required("record_id"),
        by=event.actor,
        at=event.at,
    )
    desk.store.reject_link(rejected, events=[event], change=both, cards=change.cards)
    return ()


def _prior_link(desk: Desk, change: _Change, event: Event) -> PriorLink:
    case = change.before
    return PriorLink(
        platform=platform_of(case.item.channel),
        account_id=case.item.author.account_id,
        record_id=change.after.link.candidates[0].record_id,
        confirmed_by=event.actor,
        confirmed_at=event.at,
        expires_at=event.at + desk.link_lasts,
        display_name=case.item.author.display_name,
        language=case.verdict.lang if case.verdict else case.item.lang,
        seen_at=case.item.sent_at,
        ref=case.ref,
    )


def _logged(event: Event) -> list[Event]:
    """The event; for a confirmed person also the combination that DPA 2018 s.62 asks to log."""
    if event.action != Verb.LINK.value:
        return [event]
    detail = {key: event.detail[key] for key in ("record_id", "reason", "tool")}
    return [event, replace(event, action=COMBINED, detail=detail)]


def _concerns_account(desk: Desk, case: Case, verb: Verb) -> bool:
    """Whether an officer's word goes with the account; what was kept can always be taken back."""
    if verb not in _ABOUT_RECORDS or not case.item.author.account_id:
        return False
    return verb is Verb.UNLINK or desk.may_remember(platform_of(case.item.channel))


def _refused(desk: Desk, case: Case) -> frozenset[str]:
    item = case.item
    return desk.store.rejected_records(platform_of(item.channel), item.author.account_id)


class _Following:
    """What becomes of an account's other cases when a link is taken back (`triage.ports.Follow`).

    Those that were linked through the account follow; what a person confirmed on a case itself
    stays until a person takes it back there.
    """

    def __init__(self, desk: Desk, case: Case, event: Event) -> None:
        self.refs: list[str] = []
        self._case, self._event, self._refused = case, event, _refused(desk, case)

    def __call__(self, other: Case) -> tuple[Case, Event] | None:
        through, here = other.link.through, self._case.link.through is None
        if through is None or (here and through not in ("", self._case.ref)):
            return None
        self.refs.append(other.ref)
        detail = {**self._event.detail, "because": self._case.ref}
        event = replace(self._event, action="unlinked", subject=other.ref, detail=detail)
        return refusing(undone(other), self._refused), event
