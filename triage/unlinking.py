"""Taking a confirmed person back: what a case was, or would have been, without them.

Each confirmed link carries what it changed, so that undoing it restores every derived thing as it
stood: suggestions, history, urgency and lane. What a person or a new fact changed since stays.
"""

from collections.abc import Iterable, Sized
from dataclasses import replace

from triage.model import Case, History, LinkDecision, Person, PriorLink, Unlinked
from triage.ports import CANDIDATES, HELD_BY, Store


class Forgetful:
    """The records without any memory of whom accounts were confirmed for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __len__(self) -> int:
        """As many as there are."""
        return len(self._store) if isinstance(self._store, Sized) else 0

    def candidates(
        self, keys: Iterable[str], *, limit: int = HELD_BY, most: int = CANDIDATES
    ) -> list[Person]:
        """As the records themselves."""
        return self._store.candidates(keys, limit=limit, most=most)

    def person(self, record_id: str) -> Person | None:
        """As the records themselves."""
        return self._store.person(record_id)

    def prior_link(self, platform: str, account_id: str) -> PriorLink | None:
        """None, always."""
        return None

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        """As the records themselves: whom people refused stays refused."""
        return self._store.rejected_records(platform, account_id)


def undoable(without: Case, linked: Case) -> Case:
    """The linked case, in mind of what it was or would be without its confirmed person."""
    link, changed = without.link, without.decision != linked.decision
    undo = Unlinked(
        decision=link.decision,
        candidates=link.candidates,
        mentions=link.mentions,
        notes=link.notes,
        weights=link.weights,
        history=without.history,
        through=link.through,
        decided=without.decision if changed else None,
        then=linked.decision if changed else None,
        lane=without.lane,
        escalation=without.escalation,
    )
    return replace(linked, link=replace(linked.link, undo=undo))


def undone(case: Case) -> Case:
    """The case as it is without its confirmed person.

    Urgency goes back only if it is still what the link made it.
    """
    link, undo = case.link, case.link.undo
    if undo is None:  # confirmed by a version that did not note it
        undo = Unlinked(
            decision=LinkDecision.SUGGESTED,
            candidates=link.candidates,
            mentions=link.mentions,
            notes=link.notes,
            weights=link.weights,
            history=case.history,
        )
    bare = replace(
        link,
        decision=undo.decision if undo.candidates else LinkDecision.NONE,
        candidates=undo.candidates,
        mentions=undo.mentions,
        notes=undo.notes,
        weights=undo.weights,
        through=undo.through,
        undo=None,
    )
    return _calmed(replace(case, link=bare, history=_alone(case.history, undo.history)), undo)


def refusing(case: Case, refused: frozenset[str]) -> Case:
    """The case without suggestions of persons whom people refused for its account meanwhile."""
    link = case.link
    left = tuple(each for each in link.candidates if each.record_id not in refused)
    decision = link.decision if left else LinkDecision.NONE
    return replace(case, link=replace(link, candidates=left, decision=decision))


def _alone(now: History, then: History) -> History:
    """What hung on the person as it was; the thread and the incident as they are."""
    return replace(then, open_thread=now.open_thread, incident=now.incident)


def _calmed(case: Case, undo: Unlinked) -> Case:
    if undo.decided is None or undo.then is None or case.decision != undo.then:
        return case
    moved = case.lane is not undo.then.owner
    return replace(
        case,
        decision=undo.decided,
        priority=undo.decided.priority,
        lane=case.lane if moved else undo.lane,
        escalation=undo.escalation,
    )
