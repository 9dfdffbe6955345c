"""The way of an item after it is stored: classify, link, prioritise, settle; then the clocks.

Plain functions over ports. Whoever calls them (console/engine.py) may call them twice, on two
machines, and be killed in between: `Intake.settle` and `Cases.change` write only what is still
as it was read. What breaks on one item never stops the others: it is shown to people unread.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from triage.acting import carry_out
from triage.clocks import run_clocks
from triage.desk import (
    MACHINE,
    Desk,
    Destinations,
    Linker,
    card_key,
    cards_for,
    case_notices,
    notice,
    raise_alarm,
)
from triage.errors import FirstContactError, Retry
from triage.floors import Facts
from triage.following import told_of_change, told_of_new_text
from triage.gathering import raised_messages
from triage.items import platform_of
from triage.lifecycle import Tell, due, started
from triage.manner import other_language, other_style
from triage.markers import meant
from triage.model import (
    Alarm,
    Case,
    Decision,
    Event,
    History,
    Item,
    Link,
    LinkDecision,
    Outgoing,
    Priority,
    Reason,
    Verdict,
)
from triage.ports import People, Reading, Store, Triaged, Waiting, reading_of
from triage.priority import prioritise
from triage.regard import as_graded, graded_by_human, reads_otherwise, remembering
from triage.routing import discloses
from triage.sampling import TO_CHECK, drawn_events, is_drawn
from triage.scenes import Scene, as_read
from triage.taxonomy import Audience, Label, Lane
from triage.tuning.scores import scored
from triage.unlinking import Forgetful, undoable, undone

log = logging.getLogger("firstcontact.flow")

CLASSIFIER_ALARM = "classifier:down"
LINKING_ALARM = "linking:down"
BROKE_ALARM = "broke:triage"


def triage_waiting(desk: Desk, *, limit: int, refs: Sequence[str] | None = None) -> list[Triaged]:
    """Classify, link and prioritise what waits; returns what was settled by this call.

    If the classifier cannot be run, everything is still decided (floor F6) and people are told.
    What anything else breaks on is decided unread, and stops nothing beside it.
    """
    waiting = _waiting(desk, limit, refs)
    if not waiting:
        return []
    verdicts = _verdicts(desk, waiting)
    outcomes = _assessed(desk, list(zip(waiting, verdicts, strict=True)))
    settled = _settled(desk, outcomes, {each.case.ref: each for each in waiting})
    return [outcome for outcome in outcomes if outcome.ref in settled]


def assess(waiting: Waiting, verdict: Verdict, desk: Desk) -> Triaged:
    """Link, prioritise and address one case."""
    case, now = waiting.case, desk.clock()
    drawn = is_drawn(case.ref, verdict, desk.check_share)
    link, history, decision = _derived(desk, waiting, verdict, drawn=drawn)
    cards: tuple[Outgoing, ...] = ()
    if decision.priority <= desk.show_up_to:
        cards = cards_for(case.ref, decision, desk.destinations, now=now)
        cards += _raised(desk, case, decision, now)
    cards += told_of_new_text(desk, case, decision.priority)
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=verdict,
        link=link,
        history=history,
        decision=decision,
        cards=cards,
        events=(
            _triaged_event(case.ref, verdict, link, decision, now),
            *(drawn_events(case, verdict, now) if drawn else ()),
        ),
        scene=_scene(desk, case, verdict, decision),
        scored=scored(case.item, verdict, decision, history, thread=waiting.thread),
    )


def _scene(desk: Desk, case: Case, verdict: Verdict, decision: Decision) -> Scene | None:
    """Where and when the text tells of. If that fails, the case stands by itself."""
    try:
        return as_read(desk.scene_of(case.item), verdict, decision.priority)
    except Exception as error:  # noqa: BLE001 - a poisonous text must not hide an emergency
        log.error("reading a scene broke", extra={"ref": case.ref, "error": type(error).__name__})
        return None


def _derived(
    desk: Desk, waiting: Waiting, verdict: Verdict, *, drawn: bool
) -> tuple[Link, History, Decision]:
    """Who may be writing and how urgent it is; with a confirmed person also what it is without."""
    link, markers = _link(desk, waiting)
    linked = _with(desk, waiting, verdict, link, markers, drawn=drawn)
    if link.decision is LinkDecision.CONFIRMED:
        history = waiting.alone or waiting.history
        alone = replace(waiting, case=undone(waiting.case), history=history)
        bare = _with(desk, alone, verdict, *_link(desk, alone, remember=False), drawn=drawn)
        linked = undoable(bare, _noted(desk, waiting, verdict, linked))
    assert linked.decision is not None
    return linked.link, linked.history, linked.decision


def _noted(desk: Desk, waiting: Waiting, verdict: Verdict, linked: Case) -> Case:
    """With a note if a known account suddenly writes otherwise. It decides nothing."""
    item = waiting.case.item
    prior = desk.store.prior_link(platform_of(item.channel), item.author.account_id)
    notes = [other_style(item.text, waiting.thread)]
    notes.append(other_language(verdict.lang, prior.language) if prior else "")
    said = (*linked.link.notes, *(note for note in notes if note))
    return replace(linked, link=replace(linked.link, notes=tuple(dict.fromkeys(said))))


def _with(
    desk: Desk,
    waiting: Waiting,
    verdict: Verdict,
    link: Link,
    markers: frozenset[str],
    *,
    drawn: bool,
) -> Case:
    """The case with this link and all that follows from it."""
    history = _history(waiting, markers)
    decision = _decided(desk, waiting, verdict, history)
    if drawn:
        decision = replace(decision, reasons=(*decision.reasons, TO_CHECK))
    lane = waiting.case.lane or decision.owner
    return replace(waiting.case, link=link, history=history, decision=decision, lane=lane)


def _waiting(desk: Desk, limit: int, refs: Sequence[str] | None) -> list[Waiting]:
    """What waits; a row that cannot be read is told and left out, so that the others are read."""
    try:
        return desk.store.waiting(limit=limit, refs=refs)
    except FirstContactError:
        raise
    except Exception as error:
        if not refs:
            raise
        if len(refs) > 1:
            return [each for ref in refs for each in _waiting(desk, 1, [ref])]
        _broke(desk, refs[0], error)
        return []


def _broke(desk: Desk, ref: str, error: Exception) -> None:
    log.error("triage broke", extra={"ref": ref, "error": type(error).__name__})
    _alarm(desk, BROKE_ALARM, f"The service broke on {ref}: read it by hand, and others like it")


def _assessed(desk: Desk, pairs: Sequence[tuple[Waiting, Verdict]]) -> list[Triaged]:
    """Outcomes of all that can be decided now.

    Where the database fails one case it stays waiting (the sweeper comes back to it, and it is
    an alarm in time); if it fails all of them the failure is raised.
    """
    outcomes: list[Triaged] = []
    failed: Retry | None = None
    for waiting, verdict in pairs:
        try:
            outcomes.append(assess(waiting, verdict, desk))
        except Retry as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - one item must not hold up those beside it
            outcomes.append(_by_hand(waiting, verdict, desk, error))
    if failed is not None and not outcomes:
        raise failed
    return outcomes


def _settled(desk: Desk, outcomes: list[Triaged], waiting: Mapping[str, Waiting]) -> set[str]:
    """Write outcomes; if the store breaks on them, one by one, and what it breaks on unread."""
    try:
        return set(_settle(desk, outcomes))
    except FirstContactError:
        raise
    except Exception as error:  # noqa: BLE001 - one item must not hold up those beside it
        log.error("settling broke", extra={"error": type(error).__name__, "row": len(outcomes)})
    settled: set[str] = set()
    for place, outcome in enumerate(outcomes):
        try:
            settled.update(_settle(desk, [outcome]))
        except FirstContactError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            plain = _by_hand(waiting[outcome.ref], outcome.verdict, desk, error)
            outcomes[place] = plain
            settled.update(_settled_plain(desk, plain))
    return settled


def _settle(desk: Desk, outcomes: Sequence[Triaged]) -> list[str]:
    """Write outcomes; the cards of what an incident raised are brought up to date at once."""
    raised: list[tuple[Case, Case]] = []

    def said(before: Case, after: Case) -> Sequence[Outgoing]:
        raised.append((before, after))
        return raised_messages(desk, before, after)

    settled = desk.store.settle(outcomes, said=said)
    for before, after in raised:
        told = told_of_change(desk, before, after, MACHINE)
        desk.store.notify(told, now=desk.clock())
        desk.acted(after.ref)
    return settled


def _settled_plain(desk: Desk, outcome: Triaged) -> list[str]:
    """Even the plainest outcome may break: then the case stays waiting, and people were told."""
    try:
        return _settle(desk, [outcome])
    except FirstContactError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        log.error("cannot settle", extra={"ref": outcome.ref, "error": type(error).__name__})
        return []


def _by_hand(waiting: Waiting, verdict: Verdict, desk: Desk, error: Exception) -> Triaged:
    """What the service broke on goes to a person, as a message that no model has read (F6)."""
    case, now = waiting.case, desk.clock()
    _broke(desk, case.ref, error)
    decision = _unread_decision(case, emergency=verdict.label is Label.EMERGENCY)
    plain = unread("it broke on it")
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=plain,
        link=case.link,
        history=_history(replace(waiting, case=replace(case, verdict=None)), case.history.markers),
        decision=decision,
        cards=cards_for(case.ref, decision, desk.destinations, now=now),
        events=(_triaged_event(case.ref, plain, case.link, decision, now),),
    )


def _unread_decision(case: Case, *, emergency: bool) -> Decision:
    """As floor F6 without the rules, which may be what broke; never less than the case was."""
    least = Priority.P2 if case.item.private else Priority.P3
    priority = min(Priority.P1 if emergency else least, case.priority or Priority.P5)
    owner = Lane.CONTROL_ROOM if priority is Priority.P1 else Lane.DESK
    return Decision(
        priority=priority,
        due=due(priority, started(case)),
        owner=owner,
        copies=() if owner is Lane.DESK else (Lane.DESK,),
        reasons=(Reason(rule="F6", text="the service broke on it: nobody has read it"),),
    )


# --- how urgent -----------------------------------------------------------------------------------


def _history(waiting: Waiting, markers: frozenset[str]) -> History:
    """What is known around the item; a text that disclosed before its edit still did."""
    case, history = waiting.case, waiting.history
    disclosed = case.history.disclosed_before or (
        case.verdict is not None and discloses(case.verdict)
    )
    return replace(
        history,
        held=case.priority,
        disclosed_before=history.disclosed_before or disclosed,
        markers=history.markers | markers,
    )


def _decided(desk: Desk, waiting: Waiting, verdict: Verdict, history: History) -> Decision:
    """The rules' decision, which leaves a person's grade alone unless there is news."""
    case, thread = waiting.case, waiting.thread
    decision = prioritise(case.item, verdict, history, thread=thread)
    if not graded_by_human(case):
        return remembering(case, decision)
    if reads_otherwise(desk.store.events(case.ref), desk.store.versions(case.ref)):
        return remembering(case, decision)
    facts = Facts(item=case.item, verdict=verdict, history=history, thread=thread)
    return as_graded(case, decision, facts)


def _raised(desk: Desk, case: Case, decision: Decision, now: datetime) -> tuple[Outgoing, ...]:
    """Who has a case that an edit made more urgent is told: its card alone changes silently."""
    if case.priority is None or decision.priority >= case.priority:
        return ()
    lanes = [lane for lane in (case.lane, decision.owner) if lane is not None]
    priority, has = decision.priority, f"; {case.claimed_by} has it" if case.claimed_by else ""
    text = f"{case.ref}: its text changed, {priority.name} {priority.word} now{has}"
    places = desk.places(lanes, Tell.OWNER)
    raised = replace(case, priority=priority)
    return case_notices(raised, "raised", places, title="Raised", text=text, now=now)


# --- classify -------------------------------------------------------------------------------------


def unread(reason: str) -> Verdict:
    """The verdict on what no classifier has read: floor F6 sends it to a person."""
    return Verdict(
        label=Label.ROUTINE,
        audience=Audience.CONTACT,
        scores=dict.fromkeys(Label, 0.0),
        degraded="none",
        model=reason,
    )


def _verdicts(desk: Desk, waiting: Sequence[Waiting]) -> list[Verdict]:
    readings = [reading_of(each.case.item, each.thread) for each in waiting]
    verdicts = _read(desk, readings)
    if verdicts is None:
        alone = (_read(desk, [reading]) for reading in readings)
        verdicts = [one[0] if one else unread("it broke on a text") for one in alone]
    degraded = next((each for each in verdicts if each.degraded), None)
    if degraded is None:
        desk.store.clear_alarm(CLASSIFIER_ALARM, now=desk.clock())
    elif degraded.degraded == "none":
        text = f"Classifier down, people must read everything: {degraded.model}"
        _alarm(desk, CLASSIFIER_ALARM, text)
    else:
        _alarm(desk, CLASSIFIER_ALARM, f"Classifier degraded to {degraded.degraded}")
    return verdicts


def _read(desk: Desk, readings: Sequence[Reading]) -> list[Verdict] | None:
    """Verdicts of a batch; all unread if the classifier is down; None if it broke on them."""
    try:
        verdicts = desk.classifier.read(readings)
    except FirstContactError as error:
        return [unread(str(error)) for _ in readings]
    except Exception as error:  # noqa: BLE001 - one poisonous text must not stop the desk
        log.error("classifier broke", extra={"error": type(error).__name__})
        return None
    return list(verdicts) if len(verdicts) == len(readings) else None


# --- link -----------------------------------------------------------------------------------------


def _link(desk: Desk, waiting: Waiting, *, remember: bool = True) -> tuple[Link, frozenset[str]]:
    """Who may be writing, with their markers. If that fails, urgency is decided without.

    Not to `remember` is to look as if the account had never been confirmed for anybody.
    """
    case, store = waiting.case, desk.store
    try:
        people = store if remember else Forgetful(store)
        found = desk.linker(case.item, waiting.thread, people)
        link = _keep_confirmed(case.link, _without_rejected(found, case.item, store))
        return link, markers_of(link, store)
    except Retry:
        raise  # the database is away: nothing could be settled either
    except Exception as error:  # noqa: BLE001 - a poisonous profile must not hide an emergency
        log.error("linking broke", extra={"ref": case.ref, "error": type(error).__name__})
        _alarm(desk, LINKING_ALARM, f"Linking failed for {case.ref}: look the person up by hand")
        return replace(case.link, notes=(*case.link.notes, "linking failed")), frozenset()


def _keep_confirmed(before: Link, now: Link) -> Link:
    """A person confirmed on this case stays, whatever is found when its text changes."""
    return before if before.decision is LinkDecision.CONFIRMED else now


def _without_rejected(link: Link, item: Item, store: Store) -> Link:
    """A person a human rejected for this account is not suggested for it again."""
    if not link.candidates:
        return link
    rejected = store.rejected_records(platform_of(item.channel), item.author.account_id)
    left = tuple(each for each in link.candidates if each.record_id not in rejected)
    if not left:
        return replace(link, candidates=(), decision=LinkDecision.NONE)
    decision = link.decision
    if decision is LinkDecision.CONFIRMED and left[0] != link.candidates[0]:
        decision = LinkDecision.SUGGESTED
    return replace(link, candidates=left, decision=decision)


def markers_of(link: Link, people: People) -> frozenset[str]:
    """Markers of whoever may be writing. Suspicion is enough to raise, never to lower."""
    persons = (people.person(each.record_id) for each in link.candidates)
    return meant(marker for person in persons if person for marker in person.markers)


# --- what is kept ---------------------------------------------------------------------------------


def _triaged_event(
    ref: str, verdict: Verdict, link: Link, decision: Decision, now: datetime
) -> Event:
    return Event(
        at=now,
        actor=MACHINE,
        action="triaged",
        subject=ref,
        detail={
            "class": verdict.label.value,
            "scores": {label.value: round(score, 4) for label, score in verdict.scores.items()},
            "signals": [signal.name.value for signal in verdict.signals],
            "model": verdict.model,
            "degraded": verdict.degraded,
            "link": link.decision.value,
            "weights": link.weights,
            "candidates": [
                [each.record_id, round(each.probability, 4)] for each in link.candidates
            ],
            "priority": decision.priority.name,
            "owner": decision.owner.value,
            "rules": [reason.rule for reason in decision.reasons],
        },
    )


def _alarm(desk: Desk, key: str, text: str) -> None:
    raise_alarm(desk, Alarm(key=key, text=text, raised_at=desk.clock(), severity=1))


__all__ = [
    "MACHINE",
    "Desk",
    "Destinations",
    "Linker",
    "assess",
    "card_key",
    "cards_for",
    "carry_out",
    "markers_of",
    "notice",
    "raise_alarm",
    "run_clocks",
    "triage_waiting",
    "unread",
]
