"""What a person decided is not silently undone.

Only a person lowers urgency. When one did, the machine raises the item again only for something
that person could not know: other words than they read, or a new fact around the item. A changed
comma, another reading of the same words, or a model that is down are no such thing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from triage.effects import regraded
from triage.floors import FLOORS, Facts
from triage.folding import fold, words
from triage.lifecycle import due
from triage.model import Case, Decision, Event, Priority, Reason
from triage.priority import GRADES, HUMAN
from triage.routing import route
from triage.undoing import not_undone

FACTS_AROUND = ("F1", "F2", "F2b", "F5", "F7", "incident")
"""The floors that read more than the words: markers, contacts, media, the thread, the incident."""

TEXT_NEWS = frozenset({"item.edited", "item.original_seen"})
"""What the audit trail calls a text that was not there before."""


def graded_by_human(case: Case) -> bool:
    """Whether the priority is a person's, raised at most by facts around the item since."""
    reasons = case.decision.reasons if case.decision else ()
    words_of = (each.rule for each in reasons if each.rule not in FACTS_AROUND)
    return next(words_of, "") == HUMAN


def reads_otherwise(events: Sequence[Event], versions: Sequence[tuple[datetime, str]]) -> bool:
    """Whether other words came since a person graded the case last.

    `events` and `versions` are the case's, oldest first, deletions left out of the latter.
    """
    since = [event.action for event in not_undone(events)]
    graded = max((at for at, action in enumerate(since) if action == "grade"), default=-1)
    fresh = sum(action in TEXT_NEWS for action in since[graded + 1 :])
    texts = [words(fold(text)) for _, text in versions]
    read = texts[-fresh - 1] if fresh < len(texts) else []
    return any(text != read for text in texts[len(texts) - fresh :])


def as_graded(case: Case, decision: Decision, facts: Facts) -> Decision:
    """The machine's decision brought back to the grade of a person, save for new facts."""
    if case.decision is None or case.priority is None:
        return decision
    news = new_facts(case, replace(facts, verdict=case.verdict or facts.verdict))
    priority = min([case.priority, *(least for least, _ in news)])
    owner, copies, _ = route(case.item, facts.verdict, priority)
    humans = (each for each in case.decision.reasons if each.rule == HUMAN)
    return replace(
        decision,
        priority=priority,
        due=due(priority, case.item.sent_at),
        owner=owner,
        copies=copies,
        reasons=tuple(dict.fromkeys([*(each for _, each in news), *humans, *decision.reasons])),
        grade=GRADES[priority],
    )


def new_facts(case: Case, facts: Facts) -> list[tuple[Priority, Reason]]:
    """What demands more urgency than the case has and was not among its reasons, gravest first."""
    known = case.decision.reasons if case.decision else ()
    found = []
    for name in FACTS_AROUND:
        raised = FLOORS[name](facts)
        if raised is None or (case.priority is not None and raised[0] >= case.priority):
            continue
        reason = Reason(rule=name, text=raised[1])
        if reason not in known:
            found.append((raised[0], reason))
    return sorted(found, key=lambda each: each[0])


def remembering(case: Case, decision: Decision) -> Decision:
    """The decision with what persons said about the case's urgency before."""
    said = case.decision.reasons if case.decision else ()
    humans = (each for each in said if each.rule == HUMAN and each not in decision.reasons)
    return replace(decision, reasons=(*decision.reasons, *humans))


def reassessed(case: Case, facts: Facts) -> Case:
    """An open case raised to what new facts demand; the case itself if they demand nothing."""
    news = new_facts(case, facts) if case.open else []
    if not news:
        return case
    return regraded(case, news[0][0], *(reason for _, reason in news))
