"""How urgent an item is: a base from what it says, then floors that can only raise.

A pure function of verdict, link, history and item. Safety rule 2: rules and context may raise
urgency; only a person lowers it. So every step below may return a more urgent priority, and
none returns a less urgent one. A changed floor needs a code review.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from triage import cues
from triage.lifecycle import due
from triage.model import Decision, History, Item, Priority, Reason, Verdict
from triage.routing import discloses, route
from triage.taxonomy import (
    DISCLOSURE_SIGNALS,
    EMERGENCY_SIGNALS,
    Label,
    Literalness,
    Marker,
    SignalName,
    Voice,
    When,
)

GRADES: Mapping[Priority, str] = {
    Priority.P1: "Immediate",
    Priority.P2: "Priority",
    Priority.P3: "Priority",
    Priority.P4: "Scheduled",
    Priority.P5: "Resolution without deployment",
}
"""The force grade suggested for each priority; a person grades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a floor may look at."""

    item: Item
    verdict: Verdict
    history: History


Floor = Callable[[Facts], tuple[Priority, str] | None]


def prioritise(
    item: Item,
    verdict: Verdict,
    history: History,
    *,
    grades: Mapping[Priority, str] = GRADES,
) -> Decision:
    """Priority, clocks, owner, copies and grade, with the reasons of every rule that had a say."""
    facts = Facts(item=item, verdict=verdict, history=history)
    priority, reasons = _base(facts)
    if _third_contact(facts) and priority > Priority.P2:
        priority = Priority(priority - 1)
        reasons.append(Reason(rule="contacts", text=_contacts_text(history)))
    for name, floor in FLOORS.items():
        raised = floor(facts)
        if raised is None:
            continue
        least, text = raised
        if least < priority:
            reasons.insert(0, Reason(rule=name, text=text))
        elif least == priority:
            reasons.append(Reason(rule=name, text=text))
        priority = min(priority, least)
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
    match verdict.label:
        case Label.EMERGENCY:
            base, text = Priority.P1, "danger now"
        case Label.ABUSE if discloses(verdict):
            base, text = Priority.P3, "somebody tells of abuse"
        case Label.ABUSE if verdict.has(SignalName.IDENTIFIES_PERSON):
            base, text = Priority.P3, "a post may identify a person at risk"
        case Label.ABUSE:
            base, text = Priority.P4, "abusive post"
        case Label.ROUTINE:
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
    return Priority.P5, "no report in it"


def signal_words(name: SignalName) -> str:
    """A signal as people say it: `weapon`, `offender present`."""
    return name.value.replace("_", " ")


# --- floors: code-reviewed, can only raise -----------------------------------------------------


def _f1_child(facts: Facts) -> tuple[Priority, str] | None:
    verdict = facts.verdict
    child = (
        verdict.has(SignalName.CHILD_AT_RISK)
        or verdict.modifiers.voice is Voice.CHILD
        or Marker.CHILD in facts.history.markers
    )
    harm = verdict.has(SignalName.SEXUAL_OFFENCE, SignalName.CHILD_AT_RISK, SignalName.IMAGE_ABUSE)
    if child and harm:
        return Priority.P2, "a child may be at risk"
    return None


def _f2_covert(facts: Facts) -> tuple[Priority, str] | None:
    if not facts.verdict.has(SignalName.COVERT_HELP):
        return None
    if Marker.HIGH_RISK in facts.history.markers:
        return Priority.P1, "covert call for help from a person marked high risk"
    return Priority.P2, "covert call for help"


def _f2_known_victim(facts: Facts) -> tuple[Priority, str] | None:
    if not facts.verdict.has(*DISCLOSURE_SIGNALS):
        return None
    if facts.history.markers & {Marker.DOMESTIC_ABUSE, Marker.STALKING, Marker.HIGH_RISK}:
        return Priority.P2, "discloses abuse and has a domestic abuse or stalking marker"
    if facts.history.contacts_7d >= 1:
        return Priority.P2, "discloses abuse, second contact within 7 days"
    return None


def _f3_suicide(facts: Facts) -> tuple[Priority, str] | None:
    if not facts.verdict.has(SignalName.SUICIDE_RISK):
        return None
    cue = cues.means_place_or_goodbye(facts.item.text)
    if cue:
        return Priority.P1, f"suicide risk with means, place or goodbye (“{cue}”)"
    return Priority.P2, "suicide risk"


def _f4_weapon(facts: Facts) -> tuple[Priority, str] | None:
    verdict = facts.verdict
    present = (
        verdict.has(SignalName.OFFENDER_PRESENT, SignalName.VIOLENCE_IN_PROGRESS)
        or verdict.modifiers.time is When.NOW
    )
    literal = verdict.modifiers.literal is Literalness.LITERAL
    if verdict.has(SignalName.WEAPON) and present and (literal or _said_by_rule(facts)):
        return Priority.P1, "weapon and offender present"
    return None


def _said_by_rule(facts: Facts) -> bool:
    return any(
        each.name is SignalName.WEAPON and each.source.value == "rule"
        for each in facts.verdict.signals
    )


def _f5_unreadable(facts: Facts) -> tuple[Priority, str] | None:
    item, verdict = facts.item, facts.verdict
    if not item.private:
        return None
    if not any(letter.isalpha() for letter in item.text):
        return Priority.P3, "private message without words: somebody must look"
    if not verdict.covered:
        return Priority.P3, f"language not covered ({verdict.lang or 'unknown'})"
    return None


def _f6_no_classifier(facts: Facts) -> tuple[Priority, str] | None:
    if facts.verdict.degraded not in ("rules", "none"):
        return None
    if facts.item.private:
        return Priority.P2, "classifier down: every private message until read"
    return Priority.P3, "classifier down: nobody has read this"


def _f7_open_thread(facts: Facts) -> tuple[Priority, str] | None:
    held = facts.history.open_thread
    if held is not None and held <= Priority.P2:
        return held, f"reply in an open {held.name} thread"
    return None


def _held(facts: Facts) -> tuple[Priority, str] | None:
    held = facts.history.held
    return (held, f"was {held.name} before the text changed") if held is not None else None


def _incident(facts: Facts) -> tuple[Priority, str] | None:
    incident = facts.history.incident
    if incident is None:
        return None
    return incident, f"part of a {incident.name} incident"


def _threat(facts: Facts) -> tuple[Priority, str] | None:
    if facts.verdict.has(SignalName.THREATENING_CONTENT):
        return Priority.P2, "a threat is made"
    return None


def _danger_signal(facts: Facts) -> tuple[Priority, str] | None:
    """An emergency signal below the emergency line still gets a look soon."""
    verdict = facts.verdict
    if verdict.label is Label.EMERGENCY or not verdict.has(*EMERGENCY_SIGNALS):
        return None
    words = ", ".join(
        signal_words(each.name) for each in verdict.signals if each.name in EMERGENCY_SIGNALS
    )
    least = Priority.P2 if _grave(verdict) else Priority.P3
    return least, f"possible {words}"


def _grave(verdict: Verdict) -> bool:
    return verdict.modifiers.time is When.NOW and verdict.has(
        SignalName.VIOLENCE_IN_PROGRESS, SignalName.THREAT_TO_LIFE, SignalName.RESCUE
    )


FLOORS: Mapping[str, Floor] = {
    "F1": _f1_child,
    "F2": _f2_covert,
    "F2b": _f2_known_victim,
    "F3": _f3_suicide,
    "F4": _f4_weapon,
    "F5": _f5_unreadable,
    "F6": _f6_no_classifier,
    "F7": _f7_open_thread,
    "held": _held,
    "incident": _incident,
    "threat": _threat,
    "danger": _danger_signal,
}
"""Every rule that can raise, by the name shown in reasons. There are no ceilings."""


def _third_contact(facts: Facts) -> bool:
    """The third contact in 30 days raises by one, where there is something to act on."""
    if facts.history.contacts_30d < 2:
        return False
    return facts.item.private or facts.verdict.label is not Label.ROUTINE


def _contacts_text(history: History) -> str:
    count = history.contacts_30d + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(count % 10 if count % 100 not in (11, 12, 13) else 0)
    return f"{count}{ending or 'th'} contact in 30 days"
