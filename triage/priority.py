"""How urgent an item is: a base from what it says, then floors that can only raise.

A pure function of verdict, link, history and item. Every step below may return a more urgent
priority, and none returns a less urgent one (triage/floors.py).
"""

from collections.abc import Mapping, Sequence

from triage.floors import FLOORS, Facts, Floor, signal_words
from triage.lifecycle import due
from triage.model import Decision, History, Item, Priority, Reason, Verdict
from triage.routing import discloses, route, was_read
from triage.taxonomy import CONTENT_SIGNALS, Label, SignalName

GRADES: Mapping[Priority, str] = {
    Priority.P1: "Immediate",
    Priority.P2: "Priority",
    Priority.P3: "Priority",
    Priority.P4: "Scheduled",
    Priority.P5: "Resolution without deployment",
}
"""The force grade suggested for each priority; a person grades."""

HUMAN = "human"
"""The rule a reason names when a person set the priority."""


def prioritise(
    item: Item,
    verdict: Verdict,
    history: History,
    *,
    thread: Sequence[str] = (),
    grades: Mapping[Priority, str] = GRADES,
) -> Decision:
    """Priority, clocks, owner, copies and grade, with the reasons of every rule that had a say.

    `thread` holds the sender's earlier texts. The first reason is the one that set the priority.
    """
    facts = Facts(item=item, verdict=verdict, history=history, thread=tuple(thread))
    priority, reasons = _base(facts)
    if _third_contact(facts, priority):
        reasons.append(Reason(rule="contacts", text=_contacts_text(history)))
        if priority > Priority.P2:  # danger now is said by what is told, not by how often
            priority = Priority(priority - 1)
            reasons.insert(0, reasons.pop())
    for name, floor in FLOORS.items():
        raised = floor(facts)
        if raised is None or raised[0] > priority:
            continue
        least, text = raised
        reasons.insert(0 if least < priority else len(reasons), Reason(rule=name, text=text))
        priority = least
    owner, copies, why = route(item, verdict, priority)
    return Decision(
        priority=priority,
        due=due(priority, item.sent_at),
        owner=owner,
        copies=copies,
        reasons=(*reasons, *why),
        grade=grades.get(priority, ""),
    )


# --- the base: what the item itself says ---------------------------------------------------------


def _base(facts: Facts) -> tuple[Priority, list[Reason]]:
    verdict = facts.verdict
    if verdict.label is Label.EMERGENCY:
        base, text = Priority.P1, "reads like danger now"
    elif discloses(verdict):
        base, text = Priority.P3, "somebody tells of abuse"
    elif verdict.has(SignalName.IDENTIFIES_PERSON):
        base, text = Priority.P3, "a post may identify a person at risk"
    elif verdict.label is Label.ABUSE or verdict.has(*CONTENT_SIGNALS):
        base, text = Priority.P4, "abusive message" if facts.item.private else "abusive post"
    else:
        base, text = _routine(facts)
    signals = [Reason(rule="signal", text=signal_words(each.name)) for each in verdict.signals[:4]]
    return base, [Reason(rule="class", text=text), *signals]


def _routine(facts: Facts) -> tuple[Priority, str]:
    work = (
        SignalName.CRIME_REPORT,
        SignalName.INFORMATION_SIGHTING,
        SignalName.EXISTING_CASE,
        SignalName.NUISANCE,
    )
    if facts.verdict.has(*work):
        return Priority.P4, "work for the desk"
    return Priority.P5, "no report in it" if was_read(facts.verdict) else "no model has read it"


# --- contacts -------------------------------------------------------------------------------------


def _third_contact(facts: Facts, base: Priority) -> bool:
    """The third contact in 30 days, where there is something to act on: not public chatter."""
    if facts.history.contacts_30d < 2:
        return False
    return facts.item.private or base < Priority.P5


def _contacts_text(history: History) -> str:
    count = history.contacts_30d + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(count % 10 if count % 100 not in (11, 12, 13) else 0)
    return f"{count}{ending or 'th'} contact in 30 days"


__all__ = ["FLOORS", "GRADES", "Facts", "Floor", "prioritise", "signal_words"]
