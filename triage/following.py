"""Who follows a case, and what they are told when it changes: in their own chat, never content.

Whoever follows stands in the audit trail (`follow`, `unfollow`), nowhere else. What is told goes
out with the change, in one transaction; whoever made it is not told of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from triage.actions import Command, Outcome, event_of
from triage.authority import authorise, may_see_text
from triage.desk import Desk, case_notices
from triage.errors import Refused
from triage.lifecycle import RESULTS, Verb, next_state
from triage.model import Case, Event, Officer, Outgoing, Priority, State

_SAID = {Verb.FOLLOW.value: True, Verb.UNFOLLOW.value: False}


def followers(events: Sequence[Event]) -> tuple[str, ...]:
    """The officers who follow a case, by its events, oldest first."""
    following = {each.actor: _SAID[each.action] for each in events if each.action in _SAID}
    return tuple(officer for officer, follows in following.items() if follows)


def told_of_change(desk: Desk, before: Case, after: Case, actor: str) -> tuple[Outgoing, ...]:
    """What those are told who follow a case, and who handed it over, when it changes."""
    text = ", ".join(changes(before, after, desk))
    events = desk.store.events(before.ref) if text else ()
    handed = before.offered_by if before.state is State.OFFERED else ""
    officers = dict.fromkeys((handed, *followers(events))) if text else {}
    return _to(desk, after, (each for each in officers if each and each != actor), text)


def told_of_new_text(desk: Desk, case: Case, priority: Priority) -> tuple[Outgoing, ...]:
    """What those are told who follow a case whose changed text was read."""
    if case.priority is None:
        return ()
    text = f"its text changed, {priority.name} {priority.word} now"
    read = replace(case, priority=priority)
    return _to(desk, read, followers(desk.store.events(case.ref)), text)


def changes(before: Case, after: Case, desk: Desk) -> Iterator[str]:
    """What changed for people, in words: never what somebody wrote, or who is writing."""
    if (after.state, after.claimed_by, after.offered_to) != (
        before.state,
        before.claimed_by,
        before.offered_to,
    ):
        yield _owner(after, desk)
    if after.priority != before.priority and after.priority is not None:
        yield f"{after.priority.name} {after.priority.word} now"
    if after.note != before.note:
        yield "a note was written"


def _owner(case: Case, desk: Desk) -> str:
    lane = case.lane.value.replace("_", " ") if case.lane else "nobody"
    match case.state:
        case State.CLAIMED:
            return f"{desk.name_of(case.claimed_by)} has it, for {lane}"
        case State.OFFERED:
            asked = case.offered_to.value.replace("_", " ") if case.offered_to else "another lane"
            return f"offered to {asked} by {desk.name_of(case.offered_by)}"
        case State.CLOSED:
            return f"closed: {RESULTS.get(case.result, case.result.replace('_', ' '))}"
        case _:
            return f"free, with {lane}"


def _to(desk: Desk, case: Case, officers: Iterable[str], text: str) -> tuple[Outgoing, ...]:
    """A notice to each officer who still is one and may still read the case."""
    found = (desk.store.officer(officer_id) for officer_id in officers)
    may = [officer for officer in found if officer and may_see_text(case, officer)]
    places = [place for officer in may for place in desk.direct(officer)]
    return case_notices(
        case,
        "follow",
        dict.fromkeys(places),
        title="You follow this",
        text=f"{case.ref}: {text}",
        now=desk.clock(),
    )


def follow(desk: Desk, command: Command) -> Outcome:
    """Carry out a follow or its end: the officer's own wish, which changes nothing of the case.

    Raises:
        Refused: the officer may not read it, or there is no chat in which to tell them.
    """
    case = desk.store.case(command.ref)
    if case is None:
        raise Refused(f"{command.ref}: no such item")
    authorise(case, command)
    next_state(case, command.verb)
    wanted = command.verb is Verb.FOLLOW
    if follows(command.officer, desk.store.events(case.ref)) is wanted:
        said = "you follow it already" if wanted else "you do not follow it"
        return Outcome(case=case, event=None, said=f"{case.ref}: {said}")
    if wanted and not desk.direct(command.officer):
        raise Refused(f"{case.ref}: you are known in no chat tool in which you could be told")
    event = event_of(case, command, {}, desk.clock())
    desk.store.record([event])
    said = "you are told when it changes" if wanted else "you are not told of it any more"
    return Outcome(case=case, event=event, said=f"{case.ref}: {said}")


def follows(officer: Officer, events: Sequence[Event]) -> bool:
    """Whether an officer follows a case, by its events."""
    return officer.id in followers(events)
