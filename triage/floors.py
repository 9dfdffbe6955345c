"""Safety floors: rules that can only raise. A changed floor needs a code review.

Safety rule 2: rules and context may raise urgency; only a person lowers it. Every floor gives
the least urgency an item may have, or None; there are no ceilings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from triage import cues
from triage.model import History, Item, Priority, Source, Verdict
from triage.routing import READING, about_an_officer
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

VOICES = frozenset({"audio", "voice", "voice_note", "voice_message", "ptt"})
"""Kinds of attachments in which somebody speaks."""

CAPTION_WORDS = 3
"""With fewer words than this beside media, the media is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a floor may look at. `thread` holds the sender's earlier texts."""

    item: Item
    verdict: Verdict
    history: History
    thread: tuple[str, ...] = ()


Raised = tuple[Priority, str] | None
Floor = Callable[[Facts], Raised]


def signal_words(name: SignalName) -> str:
    """A signal as people say it: `weapon`, `offender present`."""
    return name.value.replace("_", " ")


def _f1_child(facts: Facts) -> Raised:
    verdict = facts.verdict
    harm = verdict.has(SignalName.SEXUAL_OFFENCE, SignalName.CHILD_AT_RISK, SignalName.IMAGE_ABUSE)
    return (Priority.P2, "a child may be at risk") if harm and _child(facts) else None


def _child(facts: Facts) -> bool:
    """Whether a child is concerned; an adult who tells of their own childhood is not."""
    meant = facts.verdict.modifiers
    if facts.verdict.has(SignalName.CHILD_AT_RISK) or meant.voice is Voice.CHILD:
        return True
    if Marker.CHILD in facts.history.markers:
        return True
    if meant.time is When.HISTORIC:
        return False
    return any(cues.child(text) for text in (facts.item.text, *facts.thread))


def _f2_covert(facts: Facts) -> Raised:
    if not facts.verdict.has(SignalName.COVERT_HELP):
        return None
    if Marker.HIGH_RISK in facts.history.markers:
        return Priority.P1, "covert call for help from a person marked high risk"
    return Priority.P2, "covert call for help"


def _f2_known_victim(facts: Facts) -> Raised:
    if not facts.verdict.has(*DISCLOSURE_SIGNALS):
        return None
    if facts.history.markers & {Marker.DOMESTIC_ABUSE, Marker.STALKING, Marker.HIGH_RISK}:
        return Priority.P2, "discloses abuse and has a domestic abuse or stalking marker"
    if facts.history.contacts_7d >= 1:
        return Priority.P2, "discloses abuse, second contact within 7 days"
    return None


def _f3_suicide(facts: Facts) -> Raised:
    if not facts.verdict.has(SignalName.SUICIDE_RISK):
        return None
    cue = cues.means_place_or_goodbye(facts.item.text, *facts.thread)
    if cue:
        return Priority.P1, f"suicide risk with means, place or goodbye (“{cue}”)"
    return Priority.P2, "suicide risk"


def _f4_weapon(facts: Facts) -> Raised:
    """Weapon and somebody present. That it is now, alone, counts only if meant literally."""
    verdict = facts.verdict
    present = verdict.has(SignalName.OFFENDER_PRESENT, SignalName.VIOLENCE_IN_PROGRESS)
    now = verdict.modifiers.time is When.NOW and (_literal(verdict) or _rule_says_weapon(verdict))
    if verdict.has(SignalName.WEAPON) and (present or now):
        return Priority.P1, "weapon and offender present"
    return None


def _literal(verdict: Verdict) -> bool:
    return verdict.modifiers.literal is Literalness.LITERAL


def _rule_says_weapon(verdict: Verdict) -> bool:
    return any(
        each.name is SignalName.WEAPON and each.source is Source.RULE for each in verdict.signals
    )


def _f5_unreadable(facts: Facts) -> Raised:
    """A private message that no model can read: media, a voice, no words, another language."""
    item, verdict = facts.item, facts.verdict
    if not item.private:
        return None
    count = cues.word_count(item.text, up_to=CAPTION_WORDS)
    if not count:
        return Priority.P3, "private message without words: somebody must look"
    if any(each.kind.casefold() in VOICES for each in item.attachments):
        return Priority.P3, "voice message: somebody must listen"
    if item.attachments and count < CAPTION_WORDS:
        return Priority.P3, "picture or file with hardly a word: somebody must look"
    if not verdict.covered:
        return Priority.P3, _not_covered(verdict)
    return None


def _f6_no_classifier(facts: Facts) -> Raised:
    if facts.verdict.degraded in READING:
        return None
    if facts.item.private:
        return Priority.P2, "classifier down: every private message until read"
    return Priority.P3, "classifier down: nobody has read this"


def _f7_open_thread(facts: Facts) -> Raised:
    held = facts.history.open_thread
    if held is not None and held <= Priority.P2:
        return held, f"reply in an open {held.name} thread"
    return None


def _held(facts: Facts) -> Raised:
    held = facts.history.held
    return (held, f"was {held.name} before the text changed") if held is not None else None


def _incident(facts: Facts) -> Raised:
    incident = facts.history.incident
    return (incident, f"part of a {incident.name} incident") if incident is not None else None


def _threat(facts: Facts) -> Raised:
    if facts.verdict.has(SignalName.THREATENING_CONTENT):
        return Priority.P2, "a threat is made"
    return None


def _danger_signal(facts: Facts) -> Raised:
    """An emergency signal below the emergency line still gets a look soon."""
    verdict = facts.verdict
    if verdict.label is Label.EMERGENCY or not verdict.has(*EMERGENCY_SIGNALS):
        return None
    said = ", ".join(
        signal_words(each.name) for each in verdict.signals if each.name in EMERGENCY_SIGNALS
    )
    return Priority.P2 if _grave(verdict) else Priority.P3, f"possible {said}"


def _unsure(facts: Facts) -> Raised:
    """The model can rule an emergency neither in nor out: a person looks soon."""
    if not facts.verdict.unsure:
        return None
    return Priority.P2 if facts.item.private else Priority.P3, "may be an emergency: unsure"


def _grave(verdict: Verdict) -> bool:
    """Somebody is in danger at this moment, as far as the words say."""
    present = verdict.has(SignalName.OFFENDER_PRESENT, SignalName.VIOLENCE_IN_PROGRESS)
    danger = verdict.has(
        SignalName.VIOLENCE_IN_PROGRESS, SignalName.THREAT_TO_LIFE, SignalName.RESCUE
    )
    return (present and _literal(verdict)) or (danger and verdict.modifiers.time is When.NOW)


def _crime_now(facts: Facts) -> Raised:
    verdict = facts.verdict
    now = verdict.modifiers.time is When.NOW and _literal(verdict)
    if now and verdict.has(SignalName.CRIME_REPORT):
        return Priority.P3, "possible crime in progress"
    return None


def _conduct(facts: Facts) -> Raised:
    if about_an_officer(facts.item, facts.verdict):
        return Priority.P4, "about an officer's conduct"
    return None


def _unread_post(facts: Facts) -> Raised:
    """A public post in a language the model cannot read is for people, not for chatter."""
    if not facts.verdict.covered:
        return Priority.P4, _not_covered(facts.verdict)
    return None


def _not_covered(verdict: Verdict) -> str:
    known = verdict.lang not in ("", "und")  # und: ISO 639 for undetermined
    return f"language not covered ({verdict.lang if known else 'unknown'})"


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
    "unsure": _unsure,
    "now": _crime_now,
    "conduct": _conduct,
    "language": _unread_post,
}
"""Every rule that can raise, by the name shown in reasons. There are no ceilings."""
