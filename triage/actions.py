"""What officers do, the same from Slack, Teams, console and API.

`act` is pure: case and command in, changed case and audit event out. Whoever calls it writes
both in one transaction guarded by the case's version (`triage.ports.Cases.change`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from triage.errors import Refused, Stale
from triage.lifecycle import RESULTS, Verb, due, next_state
from triage.model import (
    Candidate,
    Case,
    Decision,
    Event,
    LinkDecision,
    Officer,
    Priority,
    Reason,
    Role,
    State,
)
from triage.taxonomy import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An officer's wish.

    `args` by verb: offer `lane`; grade `priority` ("1".."5"), `reason`; not_risk `reason`;
    result `code`, `ref`; note `text`; link, reject, unlink `record_id`; reopen `reason`.
    `version` is the version the officer saw, where the tool knows it.
    """

    verb: Verb
    ref: str
    officer: Officer
    args: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    tool: str = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The case after the command, and the event to record; no event means nothing changed."""

    case: Case
    event: Event | None
    said: str


def act(case: Case, command: Command, *, now: datetime) -> Outcome:
    """Carry out a command.

    Pressing twice changes nothing and says so. Pressing late says who has it.

    Raises:
        Stale: somebody else has the case.
        Refused: the officer may not, the state does not allow it, or an argument is missing.
    """
    authorise(case, command)
    if _already_done(case, command):
        return Outcome(case=case, event=None, said=f"{case.ref} is already yours")
    _not_anothers(case, command)
    state = next_state(case, command.verb)
    after, detail, said = _EFFECTS[command.verb](case, command, now)
    after = replace(after, state=state)
    event = Event(
        at=now,
        actor=command.officer.id,
        action=command.verb.value,
        subject=case.ref,
        detail={"tool": command.tool, "version": case.version, **detail},
    )
    return Outcome(case=after, event=event, said=said)


# --- who may ------------------------------------------------------------------------------------

_ACTING = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ADMIN})


def may_see_text(case: Case, officer: Officer) -> bool:
    """Whether an officer may read what a case says; each reading is audited by the caller.

    Comms reviewers read no private messages; what concerns an officer's conduct is for
    supervisors and auditors.
    """
    if officer.roles & {Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR}:
        return True
    if case.lane is Lane.STANDARDS:
        return False
    if Role.OFFICER in officer.roles:
        return True
    return not case.item.private and Lane.COMMS in lanes_of(case)


def lanes_of(case: Case) -> tuple[Lane, ...]:
    """The lanes a case is shown in: who has it, who is asked, and copies."""
    copies = case.decision.copies if case.decision else ()
    own = [lane for lane in (case.lane, case.offered_to) if lane is not None]
    return tuple(dict.fromkeys((*own, *copies)))


def authorise(case: Case, command: Command) -> None:
    """Refuse a command the officer's roles do not cover: a visible button is not permission.

    Raises:
        Refused: says which role is missing.
    """
    roles = command.officer.roles
    if not may_see_text(case, command.officer):
        raise Refused(f"{case.ref} is restricted: your role does not cover it")
    if roles & _ACTING:
        return
    if Role.REVIEWER in roles and case.lane is Lane.COMMS:
        return
    raise Refused(f"Your role cannot {command.verb.value.replace('_', ' ')} {case.ref}")


def _leads(officer: Officer) -> bool:
    return bool(officer.roles & {Role.SUPERVISOR, Role.ADMIN})


def _already_done(case: Case, command: Command) -> bool:
    mine = case.claimed_by == command.officer.id
    return command.verb in (Verb.CLAIM, Verb.ACCEPT) and case.state is State.CLAIMED and mine


_BESIDE_THE_OWNER = (Verb.NOTE, Verb.LINK, Verb.REJECT, Verb.UNLINK)


def _not_anothers(case: Case, command: Command) -> None:
    if case.state is not State.CLAIMED or case.claimed_by == command.officer.id:
        return
    if command.verb in _BESIDE_THE_OWNER:
        return
    if _leads(command.officer) and command.verb is not Verb.CLAIM:
        return
    raise Stale(who_has(case))


def who_has(case: Case) -> str:
    """One sentence on who has a case now, for whoever came late."""
    match case.state:
        case State.CLAIMED:
            since = f" since {case.claimed_at:%H:%M} UTC" if case.claimed_at else ""
            return f"{case.ref}: {case.claimed_by} has it{since}"
        case State.OFFERED:
            lane = case.offered_to.value.replace("_", " ") if case.offered_to else "another lane"
            return f"{case.ref} is offered to {lane} by {case.offered_by}"
        case State.CLOSED:
            return f"{case.ref} was closed by {case.claimed_by or 'an officer'}"
        case _:
            return f"{case.ref} changed since you looked"


# --- what each verb does ------------------------------------------------------------------------

Effect = tuple[Case, Mapping[str, str | int], str]


def _claim(case: Case, command: Command, now: datetime) -> Effect:
    after = replace(case, claimed_by=command.officer.id, claimed_at=now)
    return after, {}, f"{case.ref} is yours"


def _release(case: Case, command: Command, now: datetime) -> Effect:
    return replace(case, claimed_by="", claimed_at=None), {}, f"{case.ref} is free again"


def _offer(case: Case, command: Command, now: datetime) -> Effect:
    lane = _lane(command)
    if lane is case.lane:
        raise Refused(f"{case.ref} is with {lane.value.replace('_', ' ')} already")
    after = replace(
        case,
        offered_to=lane,
        offered_by=command.officer.id,
        offered_at=now,
        claimed_by="",
        claimed_at=None,
    )
    words = lane.value.replace("_", " ")
    return after, {"lane": lane.value}, f"{case.ref} is offered to {words}"


def _accept(case: Case, command: Command, now: datetime) -> Effect:
    lane = case.offered_to or case.lane
    after = replace(_without_offer(case), lane=lane, claimed_by=command.officer.id, claimed_at=now)
    return after, {"lane": lane.value if lane else ""}, f"{case.ref} is yours"


def _return(case: Case, command: Command, now: datetime) -> Effect:
    return _without_offer(case), {}, f"{case.ref} went back"


def _without_offer(case: Case) -> Case:
    return replace(case, offered_to=None, offered_by="", offered_at=None)


def _grade(case: Case, command: Command, now: datetime) -> Effect:
    reason = _required(command, "reason")
    try:
        priority = Priority(int(_required(command, "priority").removeprefix("P")))
    except ValueError as error:
        raise Refused("priority must be P1 to P5") from error
    was = case.priority
    after = replace(
        case,
        priority=priority,
        escalation=0,
        decision=_regraded(case, priority, command.officer, reason),
    )
    detail = {"from": was.name if was else "", "to": priority.name, "reason": reason}
    return after, detail, f"{case.ref} is {priority.name} now"


def _regraded(case: Case, priority: Priority, officer: Officer, reason: str) -> Decision | None:
    if case.decision is None:
        return None
    why = Reason(rule="human", text=f"{priority.name} by {officer.name}: {reason}")
    return replace(
        case.decision,
        priority=priority,
        due=due(priority, case.item.sent_at),
        reasons=(why, *case.decision.reasons),
    )


def _not_risk(case: Case, command: Command, now: datetime) -> Effect:
    reason = _required(command, "reason")
    after = replace(
        _without_offer(case),
        result="not_risk",
        closed_at=now,
        claimed_by=command.officer.id,
        claimed_at=case.claimed_at or now,
    )
    return after, {"reason": reason}, f"{case.ref} closed: not a risk"


def _result(case: Case, command: Command, now: datetime) -> Effect:
    code = _required(command, "code")
    if code not in RESULTS:
        raise Refused(f"unknown result {code!r}: one of {', '.join(RESULTS)}")
    ref = command.args.get("ref", "")
    after = replace(
        case,
        result=code,
        result_ref=ref,
        closed_at=now,
        claimed_by=command.officer.id,
        claimed_at=case.claimed_at or now,
    )
    return after, {"code": code, "ref": ref}, f"{case.ref} closed: {RESULTS[code]}"


def _reopen(case: Case, command: Command, now: datetime) -> Effect:
    after = replace(
        case, result="", result_ref="", closed_at=None, claimed_by="", claimed_at=None, escalation=0
    )
    return after, {"was": case.result}, f"{case.ref} is open again"


def _note(case: Case, command: Command, now: datetime) -> Effect:
    line = f"{now:%d %b %H:%M} UTC {command.officer.name}: {_required(command, 'text')}"
    return replace(case, note=f"{case.note}\n{line}".strip()), {}, "Noted"


def _link(case: Case, command: Command, now: datetime) -> Effect:
    record_id = _required(command, "record_id")
    candidates = case.link.candidates
    if record_id not in {each.record_id for each in candidates}:
        chosen = Candidate(record_id=record_id, probability=1.0, weight=0.0, evidence=())
        candidates = (chosen, *candidates)
    first = sorted(candidates, key=lambda each: each.record_id != record_id)
    link = replace(case.link, decision=LinkDecision.CONFIRMED, candidates=tuple(first))
    return replace(case, link=link), {"record_id": record_id}, f"{case.ref}: person confirmed"


def _reject(case: Case, command: Command, now: datetime) -> Effect:
    record_id = _required(command, "record_id")
    left = tuple(each for each in case.link.candidates if each.record_id != record_id)
    decision = LinkDecision.SUGGESTED if left else LinkDecision.NONE
    link = replace(case.link, decision=decision, candidates=left)
    return replace(case, link=link), {"record_id": record_id}, f"{case.ref}: not this person"


def _unlink(case: Case, command: Command, now: datetime) -> Effect:
    if case.link.decision is not LinkDecision.CONFIRMED:
        raise Refused(f"{case.ref} has no confirmed person")
    was = case.link.candidates[0].record_id
    decision = LinkDecision.SUGGESTED
    link = replace(case.link, decision=decision)
    return replace(case, link=link), {"record_id": was}, f"{case.ref}: link undone"


_EFFECTS: Mapping[Verb, Callable[[Case, Command, datetime], Effect]] = {
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.OFFER: _offer,
    Verb.ACCEPT: _accept,
    Verb.RETURN: _return,
    Verb.GRADE: _grade,
    Verb.NOT_RISK: _not_risk,
    Verb.RESULT: _result,
    Verb.REOPEN: _reopen,
    Verb.NOTE: _note,
    Verb.LINK: _link,
    Verb.REJECT: _reject,
    Verb.UNLINK: _unlink,
}


def _required(command: Command, name: str) -> str:
    value = command.args.get(name, "").strip()
    if not value:
        raise Refused(f"{command.verb.value.replace('_', ' ')}: {name} is missing")
    return value


def _lane(command: Command) -> Lane:
    value = _required(command, "lane")
    try:
        return Lane(value)
    except ValueError as error:
        raise Refused(f"unknown lane {value!r}") from error
