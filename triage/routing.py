"""Whose work an item is: exactly one owner, copies allowed (DOMAIN.md section 4, routing)."""

from triage import cues
from triage.model import Item, Priority, Reason, Verdict
from triage.taxonomy import (
    CONTENT_SIGNALS,
    DISCLOSURE_SIGNALS,
    Audience,
    Label,
    Lane,
    SignalName,
)


def route(
    item: Item, verdict: Verdict, priority: Priority
) -> tuple[Lane, tuple[Lane, ...], tuple[Reason, ...]]:
    """Owner, copies and why.

    The comms lane never owns a private message, a disclosure or a threat, so that it can delay
    none of them; professional standards never shares with the desk.
    """
    disclosure = discloses(verdict)
    if priority is Priority.P1:
        copies = (Lane.DESK, Lane.SAFEGUARDING) if disclosure else (Lane.DESK,)
        return Lane.CONTROL_ROOM, copies, (_because("P1 goes to the control room"),)
    if _about_an_officer(item, verdict):
        return Lane.STANDARDS, (), (_because("about an officer's conduct: restricted"),)
    if disclosure:
        return _disclosure(item, verdict, priority)
    if _content(verdict):
        return _abusive_post(item, verdict)
    if not item.private and _for_comms(item, verdict, priority):
        return Lane.COMMS, (), (_because("public and no report: comms"),)
    return Lane.DESK, (), (_because("first look by the digital desk"),)


def discloses(verdict: Verdict) -> bool:
    """Whether somebody tells of abuse: safe contact and privacy rules then hold."""
    return verdict.has(*DISCLOSURE_SIGNALS, SignalName.COVERT_HELP) or verdict.audience in (
        Audience.SAFEGUARDING,
        Audience.BOTH,
    )


def _disclosure(
    item: Item, verdict: Verdict, priority: Priority
) -> tuple[Lane, tuple[Lane, ...], tuple[Reason, ...]]:
    copies: list[Lane] = []
    if priority is Priority.P2:
        copies.append(Lane.DESK)  # staffed round the clock; the card there carries no content
    if not item.private and (verdict.audience is Audience.BOTH or _content(verdict)):
        copies.append(Lane.COMMS)
    return Lane.SAFEGUARDING, tuple(copies), (_because("discloses abuse: safeguarding"),)


def _abusive_post(
    item: Item, verdict: Verdict
) -> tuple[Lane, tuple[Lane, ...], tuple[Reason, ...]]:
    threat = verdict.has(SignalName.THREATENING_CONTENT)
    if item.private:
        return Lane.DESK, (), (_because("abusive private message: not shown to comms"),)
    if threat:
        return Lane.DESK, (Lane.COMMS,), (_because("a threat is never for comms alone"),)
    return Lane.COMMS, (), (_because("abusive or identifying public post"),)


def _content(verdict: Verdict) -> bool:
    return verdict.has(*CONTENT_SIGNALS) or (
        verdict.label is Label.ABUSE and verdict.audience is Audience.COMMS
    )


def _about_an_officer(item: Item, verdict: Verdict) -> bool:
    return verdict.label is not Label.EMERGENCY and cues.officer_conduct(item.text)


def _for_comms(item: Item, verdict: Verdict, priority: Priority) -> bool:
    report = verdict.has(
        SignalName.CRIME_REPORT, SignalName.INFORMATION_SIGHTING, SignalName.EXISTING_CASE
    )
    return cues.press(item.text) or (priority is Priority.P5 and not report)


def _because(text: str) -> Reason:
    return Reason(rule="route", text=text)
