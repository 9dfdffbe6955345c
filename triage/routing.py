"""Whose work an item is: exactly one owner, copies allowed (DOMAIN.md section 4, routing)."""

from triage import cues
from triage.model import Item, Priority, Reason, Verdict
from triage.taxonomy import (
    CONTENT_SIGNALS,
    DISCLOSURE_SIGNALS,
    EMERGENCY_SIGNALS,
    Audience,
    Label,
    Lane,
    SignalName,
)

Routed = tuple[Lane, tuple[Lane, ...], tuple[Reason, ...]]

READING = frozenset({"", "fp32", "linear"})
"""The fall-backs in which a model still reads; after any other word nobody has read the text."""


def route(item: Item, verdict: Verdict, priority: Priority) -> Routed:
    """Owner, copies and why.

    The comms lane never owns a private message, a disclosure, a threat or possible danger, so
    that it can delay none of them; what concerns an officer's conduct is kept from the desk
    unless a life may hang on it.
    """
    owner, copies, why = _conduct(item, verdict, priority) or _ordinary(item, verdict, priority)
    return owner, copies, (Reason(rule="route", text=why),)


def discloses(verdict: Verdict) -> bool:
    """Whether somebody tells of abuse: safe contact and privacy rules then hold.

    An item of class abuse that is not said to be abusive content is taken for a disclosure.
    """
    if verdict.has(*DISCLOSURE_SIGNALS, SignalName.COVERT_HELP):
        return True
    if verdict.audience in (Audience.SAFEGUARDING, Audience.BOTH):
        return True
    return verdict.label is Label.ABUSE and verdict.audience is not Audience.COMMS


def was_read(verdict: Verdict) -> bool:
    """Whether a model that knows the language has read the text."""
    return verdict.covered and verdict.degraded in READING


def endangers(verdict: Verdict) -> bool:
    """Whether somebody may come to harm soon: danger, or a threat."""
    return verdict.label is Label.EMERGENCY or verdict.has(
        *EMERGENCY_SIGNALS, SignalName.THREATENING_CONTENT
    )


_Choice = tuple[Lane, tuple[Lane, ...], str]


def _ordinary(item: Item, verdict: Verdict, priority: Priority) -> _Choice:
    disclosure = discloses(verdict)
    comms = (Lane.COMMS,) if _for_reviewers(item, verdict) else ()
    if priority is Priority.P1:
        copies = (Lane.DESK, Lane.SAFEGUARDING) if disclosure else (Lane.DESK,)
        return Lane.CONTROL_ROOM, (*copies, *comms), "P1 goes to the control room"
    if disclosure:
        # The desk is staffed round the clock; the card there carries no content.
        desk = (Lane.DESK,) if priority is Priority.P2 else ()
        return Lane.SAFEGUARDING, (*desk, *comms), "discloses abuse: safeguarding"
    if _content(verdict):
        return _abusive(item, verdict, priority)
    if _for_comms(item, verdict, priority):
        return Lane.COMMS, (), "public and no report: comms"
    return Lane.DESK, (), "first look by the digital desk"


def _abusive(item: Item, verdict: Verdict, priority: Priority) -> _Choice:
    if item.private:
        return Lane.DESK, (), "abusive private message: not shown to comms"
    if verdict.has(SignalName.THREATENING_CONTENT):
        return Lane.DESK, (Lane.COMMS,), "a threat is never for comms alone"
    if priority <= Priority.P2 or endangers(verdict) or not was_read(verdict):
        return Lane.DESK, (Lane.COMMS,), "possible danger is never for comms alone"
    return Lane.COMMS, (), "abusive or identifying public post"


# --- officers' conduct ----------------------------------------------------------------------------


def about_an_officer(item: Item, verdict: Verdict) -> bool:
    """Whether the text tells of an officer's conduct, or discloses abuse by one at home."""
    if cues.officer_conduct(item.text):
        return True
    return discloses(verdict) and cues.police_household(item.text)


def _conduct(item: Item, verdict: Verdict, priority: Priority) -> _Choice | None:
    """Professional standards, restricted; but life comes first, and safeguarding must know.

    Standards is not staffed at night. So danger goes its ordinary way with a copy to standards
    (and past the desk, where a colleague may sit), and the round-the-clock control room is
    told, without content, of every other P2.
    """
    if not about_an_officer(item, verdict):
        return None
    safeguarding = (Lane.SAFEGUARDING,) if discloses(verdict) else ()
    if priority is Priority.P1:
        why = "P1 goes to the control room; about an officer's conduct"
        return Lane.CONTROL_ROOM, (*safeguarding, Lane.STANDARDS), why
    if endangers(verdict) or (_content(verdict) and not item.private and not safeguarding):
        owner, copies, why = _ordinary(item, verdict, priority)
        past_the_desk = (Lane.CONTROL_ROOM if each is Lane.DESK else each for each in copies)
        return owner, (*past_the_desk, Lane.STANDARDS), f"{why}; about an officer's conduct"
    awake = (Lane.CONTROL_ROOM,) if priority is Priority.P2 else ()
    return Lane.STANDARDS, (*safeguarding, *awake), "about an officer's conduct: restricted"


# --- comms ----------------------------------------------------------------------------------------


def _content(verdict: Verdict) -> bool:
    return verdict.has(*CONTENT_SIGNALS) or (
        verdict.label is Label.ABUSE and verdict.audience is Audience.COMMS
    )


def _for_reviewers(item: Item, verdict: Verdict) -> bool:
    return not item.private and (_content(verdict) or verdict.audience is Audience.BOTH)


def _for_comms(item: Item, verdict: Verdict, priority: Priority) -> bool:
    """Public, read, harmless, and no work for the desk: praise, chatter, the press."""
    if item.private or priority <= Priority.P3 or endangers(verdict) or not was_read(verdict):
        return False
    report = verdict.has(
        SignalName.CRIME_REPORT, SignalName.INFORMATION_SIGHTING, SignalName.EXISTING_CASE
    )
    return cues.press(item.text) or (priority is Priority.P5 and not report)
