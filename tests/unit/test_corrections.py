"""Where people differ from the machine, and which of it may be learnt from."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import (
    NOW,
    SENT,
    a_case,
    a_disclosure,
    a_person,
    a_post,
    a_verdict,
    an_emergency,
    an_item,
)
from triage.corrections import (
    Basis,
    Consent,
    Correction,
    LeftOut,
    correction_of,
    earlier_texts,
    left_out,
)
from triage.model import Case, Event, History, Item, Person, SafeContact, State, Verdict
from triage.taxonomy import Audience, Label, Lane, SignalName

ROUTINE = {"class": "routine", "audience": "contact"}
EVERYTHING = Consent(private_messages=True)


def event(action: str, **detail: Any) -> Event:
    return Event(at=NOW, actor="alice", action=action, subject="FC-1", detail=detail)


def said(**more: str) -> Event:
    return event("correct", **(ROUTINE | more))


def closed(verdict: Verdict, result: str, **fields: Any) -> Case:
    case = a_case(a_post(), verdict)
    return replace(case, **({"state": State.CLOSED, "result": result} | fields))


def implied(case: Case, *events: Event) -> Correction:
    found = correction_of(case, events)
    assert found is not None
    assert found.basis is Basis.IMPLIED
    return found


# --- what a person's view is ----------------------------------------------------------------------


def test_the_last_word_counts_and_outweighs_what_was_done() -> None:
    case = closed(an_emergency(SignalName.WEAPON), "not_risk")
    first = said(**{"class": "abuse", "audience": "comms"})
    found = correction_of(case, [first, said(), event("not_risk")])
    assert found is not None
    assert (found.basis, found.judgement.label) == (Basis.STATED, Label.ROUTINE)
    assert found.differs


def test_saying_that_the_machine_was_right_is_no_surprise() -> None:
    found = correction_of(a_case(), [said()])
    assert found is not None
    assert not found.differs


def test_what_no_model_has_read_surprises_nobody() -> None:
    unread = a_verdict(degraded="none")
    found = correction_of(a_case(verdict=unread), [said(**{"class": "emergency"})])
    assert found is not None
    assert found.said is None
    assert not found.differs


@pytest.mark.parametrize("result", ["not_risk", "no_action", "spam"])
def test_an_emergency_closed_as_nothing_was_none(result: str) -> None:
    found = implied(closed(an_emergency(), result), event("result"))
    assert found.judgement.label is Label.ROUTINE


def test_no_emergency_after_all_is_what_the_machine_held_next() -> None:
    scores = {Label.EMERGENCY: 0.6, Label.ABUSE: 0.3, Label.ROUTINE: 0.1}
    found = implied(closed(an_emergency(scores=scores), "not_risk"), event("not_risk"))
    assert (found.judgement.label, found.judgement.audience) == (Label.ABUSE, Audience.COMMS)


def test_an_emergency_graded_to_what_can_wait_was_none() -> None:
    case = a_case(verdict=an_emergency())
    assert implied(case, event("grade", to="P4")).judgement.label is Label.ROUTINE
    assert correction_of(case, [event("grade", to="P2")]) is None


def test_routine_graded_p1_or_sent_out_by_the_control_room_was_an_emergency() -> None:
    case = a_case(a_post())
    assert implied(case, event("grade", to="P1")).judgement.label is Label.EMERGENCY
    out = closed(a_verdict(), "deployed", lane=Lane.CONTROL_ROOM)
    assert implied(out, event("result")).judgement.label is Label.EMERGENCY
    assert correction_of(replace(out, lane=Lane.DESK), [event("result")]) is None


def test_a_grade_that_came_to_nothing_teaches_nothing() -> None:
    case = closed(a_verdict(), "no_action")
    assert correction_of(case, [event("grade", to="P1"), event("result")]) is None


def test_routine_that_safeguarding_took_tells_of_abuse() -> None:
    passed = closed(a_verdict(), "safeguarding")
    found = implied(passed, event("result"))
    assert found.judgement.audience is Audience.SAFEGUARDING
    took = replace(a_case(), lane=Lane.SAFEGUARDING)
    assert implied(took, event("accept", lane="safeguarding")).judgement.label is Label.ABUSE


def test_ordinary_work_is_no_correction() -> None:
    assert correction_of(closed(a_verdict(), "advice"), [event("result")]) is None
    assert correction_of(closed(an_emergency(), "deployed"), [event("result")]) is None
    assert correction_of(closed(a_disclosure(), "safeguarding"), [event("result")]) is None
    assert correction_of(a_case(), []) is None


# --- what may be learnt from ----------------------------------------------------------------------


def why(
    case: Case,
    *events: Event,
    persons: tuple[Person, ...] = (),
    consent: Consent = EVERYTHING,
) -> LeftOut | None:
    events = events or (said(),)
    found = correction_of(case, events)
    assert found is not None
    return left_out(case, found, events, persons, consent)


def test_what_nothing_speaks_against_is_learnt_from() -> None:
    assert why(a_case(a_post())) is None


def test_private_messages_and_implied_views_need_consent_of_their_own() -> None:
    assert why(a_case(), consent=Consent()) is LeftOut.PRIVATE
    assert why(a_case(), consent=EVERYTHING) is None
    case = closed(an_emergency(), "not_risk")
    strict = Consent(private_messages=True, implied=False)
    assert why(case, event("not_risk"), consent=strict) is LeftOut.IMPLIED


def test_what_the_sender_deleted_is_never_learnt_from() -> None:
    assert why(replace(a_case(), deleted_at=NOW)) is LeftOut.ERASED


@pytest.mark.parametrize("fields", [{"lane": Lane.STANDARDS}, {"offered_to": Lane.STANDARDS}])
def test_what_concerns_an_officers_conduct_is_never_learnt_from(fields: dict[str, Any]) -> None:
    assert why(replace(a_case(), **fields)) is LeftOut.RESTRICTED


def test_what_began_with_professional_standards_stays_out_when_it_moves_on() -> None:
    case = a_case()
    assert case.decision is not None
    decision = replace(case.decision, owner=Lane.STANDARDS)
    assert why(replace(case, decision=decision, lane=Lane.DESK)) is LeftOut.RESTRICTED


def test_a_person_at_risk_is_never_learnt_from_even_if_only_suggested() -> None:
    safe = a_person(safe_contact=SafeContact(channels=("x_dm",)))
    assert why(a_case(), persons=(safe,)) is LeftOut.SAFE_CONTACT
    worded = a_person("R2", "Domestic Violence - HIGH RISK")
    assert why(a_case(), persons=(a_person("R3"), worded)) is LeftOut.SAFE_CONTACT
    marked = a_case(history=History(markers=frozenset({"stalking"})))
    assert why(marked) is LeftOut.SAFE_CONTACT


@pytest.mark.parametrize(
    "name", [SignalName.SEXUAL_OFFENCE, SignalName.CHILD_AT_RISK, SignalName.IMAGE_ABUSE]
)
def test_sensitive_disclosures_are_never_learnt_from(name: SignalName) -> None:
    assert why(a_case(verdict=a_disclosure(name))) is LeftOut.SENSITIVE
    by_hand = said(**{"class": "abuse", "audience": "safeguarding", "signals": name.value})
    assert why(a_case(), by_hand) is LeftOut.SENSITIVE


def test_whoever_keeps_an_item_out_is_heard_whatever_others_say_later() -> None:
    assert why(a_case(), said(learn="no"), said()) is LeftOut.KEPT_OUT


def test_a_text_that_changed_after_it_was_judged_is_another_text() -> None:
    assert why(a_case(), said(), event("item.edited")) is LeftOut.CHANGED
    assert why(a_case(), event("item.edited"), said()) is None


# --- the thread -----------------------------------------------------------------------------------


def in_thread(number: int, text: str, **fields: Any) -> Item:
    return an_item(text, id=str(number), sent_at=SENT + timedelta(minutes=number), **fields)


def test_the_thread_is_what_the_same_sender_wrote_before() -> None:
    other = replace(an_item().author, account_id="88")
    thread = [
        replace(a_case(in_thread(number, text, **fields)), ref=f"FC-{number}")
        for number, text, fields in (
            (1, "hello", {}),
            (2, "we are on it", {"author": other}),
            (3, "he is back", {}),
            (4, "thank you", {}),
        )
    ]
    assert earlier_texts(thread[2], thread) == ("hello",)
    deleted = [replace(thread[0], deleted_at=NOW), *thread[1:]]
    assert earlier_texts(thread[2], deleted) == ()


def test_a_sender_without_a_number_has_no_thread() -> None:
    nobody = replace(an_item().author, account_id="")
    first, second = (
        replace(a_case(in_thread(number, "hello", author=nobody)), ref=f"FC-{number}")
        for number in (1, 2)
    )
    assert earlier_texts(second, [first, second]) == ()
