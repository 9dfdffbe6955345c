"""What each verb makes of a case: case in, changed case and detail for the audit out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from triage.authority import comms_may_own
from triage.commands import Command
from triage.errors import Refused
from triage.judgement import judged
from triage.lifecycle import RESULTS, Verb, due
from triage.model import (
    Candidate,
    Case,
    Decision,
    LinkDecision,
    Priority,
    Reason,
)
from triage.priority import GRADES, HUMAN
from triage.reminders import acknowledge, stop_reminders
from triage.taxonomy import Audience, Label, Lane
from triage.unlinking import undoable, undone

REASON = "reply to contact"
"""Why a record is looked at or linked, unless the officer says otherwise."""

Effect = tuple[Case, Mapping[str, str | int], str]


# --- who has it -----------------------------------------------------------------------------------


def _claim(case: Case, command: Command, now: datetime) -> Effect:
    after = replace(case, claimed_by=command.officer.id, claimed_at=now)
    return after, {}, f"{case.ref} is yours"


def _release(case: Case, command: Command, now: datetime) -> Effect:
    # The steps begin again: those told before think that somebody has it.
    after = replace(case, claimed_by="", claimed_at=None, escalation=0)
    return after, {}, f"{case.ref} is free again"


def _offer(case: Case, command: Command, now: datetime) -> Effect:
    lane = _lane(command)
    if lane is case.lane:
        raise Refused(f"{case.ref} is with {_words(lane)} already")
    _not_for_comms(case, lane)
    after = replace(
        case,
        offered_to=lane,
        offered_by=command.officer.id,
        offered_at=now,
        claimed_by="",
        claimed_at=None,
    )
    return after, {"lane": lane.value}, f"{case.ref} is offered to {_words(lane)}"


def _accept(case: Case, command: Command, now: datetime) -> Effect:
    lane = case.offered_to or case.lane
    _not_for_comms(case, lane)
    after = replace(without_offer(case), lane=lane, claimed_by=command.officer.id, claimed_at=now)
    return after, {"lane": lane.value if lane else ""}, f"{case.ref} is yours"


def _return(case: Case, command: Command, now: datetime) -> Effect:
    return replace(without_offer(case), escalation=0), {}, f"{case.ref} went back"


def without_offer(case: Case) -> Case:
    """The case, offered to nobody."""
    return replace(case, offered_to=None, offered_by="", offered_at=None)


def _not_for_comms(case: Case, lane: Lane | None) -> None:
    if lane is Lane.COMMS and not comms_may_own(case):
        what = "a private message, a disclosure, a threat or possible danger"
        raise Refused(f"{case.ref}: comms cannot take {what}")


def _lane(command: Command) -> Lane:
    value = command.required("lane")
    try:
        return Lane(value)
    except ValueError as error:
        raise Refused(f"unknown lane {value!r}") from error


def _words(lane: Lane) -> str:
    return lane.value.replace("_", " ")


# --- how urgent it is -----------------------------------------------------------------------------


def _grade(case: Case, command: Command, now: datetime) -> Effect:
    priority, why = priority_of(command.required("priority")), grade_reason(command)
    was, reason = case.priority, command.required("reason")
    detail = {"from": was.name if was else "", "to": priority.name, "reason": reason}
    return regraded(case, priority, why), detail, f"{case.ref} is {priority.name} now"


def regraded(case: Case, priority: Priority, *why: Reason) -> Case:
    """The case at another priority: its clocks begin anew, and its lane fits."""
    lane = _lane_for(case, priority)
    escalation = case.escalation if priority is case.priority else 0
    decision = _decision_at(case, priority, lane, why)
    return replace(case, priority=priority, lane=lane, escalation=escalation, decision=decision)


def grade_reason(command: Command) -> Reason:
    """What the case will give as the reason of its priority.

    Raises:
        Refused: priority or reason are missing or wrong.
    """
    priority, reason = priority_of(command.required("priority")), command.required("reason")
    return Reason(rule=HUMAN, text=f"{priority.name} by {command.officer.name}: {reason}")


def priority_of(text: str) -> Priority:
    """A priority as people write it: 2, P2, p2.

    Raises:
        Refused: it is none.
    """
    try:
        return Priority(int(text.upper().removeprefix("P")))
    except ValueError as error:
        raise Refused("priority must be P1 to P5") from error


def _lane_for(case: Case, priority: Priority) -> Lane | None:
    """A confirmed emergency belongs to the control room; comms keeps nothing urgent."""
    if case.priority is not None and priority >= case.priority:
        return case.lane
    if priority is Priority.P1:
        return Lane.CONTROL_ROOM
    return Lane.DESK if case.lane is Lane.COMMS and priority <= Priority.P2 else case.lane


def _decision_at(
    case: Case, priority: Priority, lane: Lane | None, why: tuple[Reason, ...]
) -> Decision | None:
    decision = case.decision
    if decision is None:
        return None
    owner, copies = decision.owner, decision.copies
    if lane is not None and lane is not case.lane:
        before = (case.lane or owner, owner, *copies)
        owner, copies = lane, tuple(dict.fromkeys(each for each in before if each is not lane))
    return replace(
        decision,
        priority=priority,
        due=due(priority, case.item.sent_at),
        owner=owner,
        copies=copies,
        reasons=(*why, *decision.reasons),
        grade=GRADES[priority],
    )


# --- what became of it ----------------------------------------------------------------------------


def _not_risk(case: Case, command: Command, now: datetime) -> Effect:
    reason = command.required("reason")
    after = _closed(case, command, now, result="not_risk")
    return after, {"reason": reason}, f"{case.ref} closed: not a risk"


def _result(case: Case, command: Command, now: datetime) -> Effect:
    code = command.required("code")
    if code not in RESULTS:
        raise Refused(f"unknown result {code!r}: one of {', '.join(RESULTS)}")
    ref = command.args.get("ref", "")
    after = replace(_closed(case, command, now, result=code), result_ref=ref)
    return after, {"code": code, "ref": ref}, f"{case.ref} closed: {RESULTS[code]}"


def _closed(case: Case, command: Command, now: datetime, *, result: str) -> Case:
    return replace(
        without_offer(case),
        result=result,
        closed_at=now,
        claimed_by=command.officer.id,
        claimed_at=case.claimed_at or now,
    )


def _reopen(case: Case, command: Command, now: datetime) -> Effect:
    after = replace(
        case, result="", result_ref="", closed_at=None, claimed_by="", claimed_at=None, escalation=0
    )
    return after, {"was": case.result}, f"{case.ref} is open again"


def _correct(case: Case, command: Command, now: datetime) -> Effect:
    """What a person says it is. It never lowers: that takes a grade, with its reason."""
    said = judged(case, command)
    detail = {**said.as_detail(), "was": case.verdict.label.value if case.verdict else ""}
    after = _raised_by(case, command, _least_urgent(said.label, said.audience))
    words = f"{case.ref} is noted as {said.label.value}"
    raised = after.priority.name if after is not case and after.priority else ""
    return after, detail, f"{words}, and {raised} now" if raised else words


def _least_urgent(label: Label, audience: Audience) -> Priority:
    """What a class said by a person asks for at least, as if the machine had read it so."""
    if label is Label.EMERGENCY:
        return Priority.P1
    told = audience in (Audience.SAFEGUARDING, Audience.BOTH)
    return Priority.P3 if label is Label.ABUSE and told else Priority.P5


def _raised_by(case: Case, command: Command, least: Priority) -> Case:
    if not case.open or case.priority is None or case.priority <= least:
        return case
    what = command.args.get("class", "")
    why = Reason(rule=HUMAN, text=f"{least.name}: {command.officer.name} says it is {what}")
    return regraded(case, least, why)


def _note(case: Case, command: Command, now: datetime) -> Effect:
    line = f"{now:%d %b %H:%M} UTC {command.officer.name}: {command.required('text')}"
    return replace(case, note=f"{case.note}\n{line}".strip()), {}, "Noted"


# --- who is writing -------------------------------------------------------------------------------


def _link(case: Case, command: Command, now: datetime) -> Effect:
    record_id, before = command.required("record_id"), case.link
    _not_confirmed(case)
    candidates = before.candidates
    if record_id not in {each.record_id for each in candidates}:
        chosen = Candidate(record_id=record_id, probability=1.0, weight=0.0, evidence=())
        candidates = (chosen, *candidates)
    link = replace(
        before,
        decision=LinkDecision.CONFIRMED,
        candidates=tuple(sorted(candidates, key=lambda each: each.record_id != record_id)),
        through=None,
    )
    detail = {"record_id": record_id, "reason": command.args.get("reason", "") or REASON}
    return undoable(case, replace(case, link=link)), detail, f"{case.ref}: person confirmed"


def _reject(case: Case, command: Command, now: datetime) -> Effect:
    record_id, before = command.required("record_id"), case.link
    _not_confirmed(case, record_id)
    left = tuple(each for each in before.candidates if each.record_id != record_id)
    undo = before.undo and replace(
        before.undo,
        candidates=tuple(each for each in before.undo.candidates if each.record_id != record_id),
    )
    decision = before.decision if left else LinkDecision.NONE
    link = replace(before, decision=decision, candidates=left, undo=undo)
    return replace(case, link=link), {"record_id": record_id}, f"{case.ref}: not this person"


def _not_confirmed(case: Case, *record_ids: str) -> None:
    """A confirmed person is taken back by undoing the link, so that nothing is half undone."""
    link = case.link
    if link.decision is not LinkDecision.CONFIRMED or not link.candidates:
        return
    confirmed = link.candidates[0].record_id
    if not record_ids or confirmed in record_ids:
        raise Refused(f"{case.ref}: {confirmed} is confirmed: undo that link first")


def _unlink(case: Case, command: Command, now: datetime) -> Effect:
    """Undo a confirmation exactly: what stood before it stands again."""
    link = case.link
    if link.decision is not LinkDecision.CONFIRMED or not link.candidates:
        raise Refused(f"{case.ref} has no confirmed person")
    detail = {"record_id": link.candidates[0].record_id}
    return undone(case), detail, f"{case.ref}: link undone"


# --- which incident -------------------------------------------------------------------------------


def _moved(case: Case, command: Command, now: datetime) -> Effect:
    """The case where the command puts it: `moved` are all that go `from` one incident `to`
    another (`triage.regrouping` finds out which)."""
    to, moved = command.required("to"), command.required("moved").split()
    detail = {
        "from": command.args.get("from", ""),
        "to": to,
        "moved": " ".join(moved),
        "reason": command.args.get("reason", ""),
    }
    return replace(case, incident=to) if case.ref in moved else case, detail, f"{case.ref}: {to}"


EFFECTS: Mapping[Verb, Callable[[Case, Command, datetime], Effect]] = {
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.OFFER: _offer,
    Verb.ACCEPT: _accept,
    Verb.RETURN: _return,
    Verb.GRADE: _grade,
    Verb.NOT_RISK: _not_risk,
    Verb.RESULT: _result,
    Verb.REOPEN: _reopen,
    Verb.CORRECT: _correct,
    Verb.NOTE: _note,
    Verb.LINK: _link,
    Verb.REJECT: _reject,
    Verb.UNLINK: _unlink,
    Verb.SPLIT: _moved,
    Verb.MERGE: _moved,
    Verb.REGROUP: _moved,
    Verb.ACKNOWLEDGE: acknowledge,
    Verb.STOP_REMINDERS: stop_reminders,
}
