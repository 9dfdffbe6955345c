import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.factories import (
    ADA,
    ALICE,
    BOB,
    NOBODY,
    NOW,
    OTTO,
    REX,
    SENT,
    SUE,
    a_case,
    a_command,
    a_disclosure,
    a_post,
    a_verdict,
    an_abusive_post,
    an_emergency,
    an_item,
    items,
    suggested,
    verdicts,
)
from triage.actions import Outcome, act, lanes_of, may_see_text, who_has
from triage.authority import comms_may_own
from triage.effects import EFFECTS
from triage.errors import Refused, Stale
from triage.lifecycle import CLOCKS, RESULTS, Verb
from triage.model import Case, Item, Link, LinkDecision, Officer, Priority, State, Verdict
from triage.taxonomy import Lane, SignalName
from triage.undoing import BEFORE, UNDOABLE, restored

P1, P2, P3, P4, P5 = Priority
OFFICERS = (ALICE, BOB, SUE, REX, ADA, OTTO, NOBODY)


def press(case: Case, verb: Verb, officer: Officer = ALICE, **fields: Any) -> Outcome:
    return act(case, a_command(verb, officer, **fields), now=NOW)


def done(case: Case, verb: Verb, officer: Officer = ALICE, **fields: Any) -> Case:
    return press(case, verb, officer, **fields).case


def refused(case: Case, verb: Verb, officer: Officer = ALICE, **fields: Any) -> str:
    with pytest.raises(Refused) as caught:
        press(case, verb, officer, **fields)
    return str(caught.value)


def late(case: Case, verb: Verb, officer: Officer = ALICE, **fields: Any) -> str:
    with pytest.raises(Stale) as caught:
        press(case, verb, officer, **fields)
    return str(caught.value)


CLAIMED = done(a_case(), Verb.CLAIM)
OFFERED = done(a_case(), Verb.OFFER, lane="safeguarding")
CLOSED = done(a_case(), Verb.RESULT, code="advice")
COMMS_POST = a_case(a_post(), an_abusive_post())
RESTRICTED = a_case(an_item("The officer who took my statement keeps texting me"), a_disclosure())


# --- claim, give back, hand over ------------------------------------------------------------------


def test_a_claim_says_who_has_it_since_when() -> None:
    assert (CLAIMED.state, CLAIMED.claimed_by, CLAIMED.claimed_at) == (State.CLAIMED, "alice", NOW)
    assert who_has(CLAIMED) == "FC-26-1123-0041: alice has it since 09:42 UTC"


def test_whoever_claims_second_is_told_who_was_first() -> None:
    assert late(CLAIMED, Verb.CLAIM, BOB) == "FC-26-1123-0041: alice has it since 09:42 UTC"


def test_a_supervisor_cannot_claim_over_an_officer_unawares() -> None:
    assert "alice has it" in late(CLAIMED, Verb.CLAIM, SUE)
    assert done(CLAIMED, Verb.RELEASE, SUE).claimed_by == ""


def test_what_is_given_back_escalates_anew() -> None:
    freed = done(replace(CLAIMED, escalation=3), Verb.RELEASE)
    assert (freed.state, freed.claimed_by, freed.escalation) == (State.OPEN, "", 0)


def test_an_offer_names_the_lane_and_lets_go_of_the_claim() -> None:
    offered = done(CLAIMED, Verb.OFFER, lane="safeguarding")
    assert (offered.state, offered.claimed_by) == (State.OFFERED, "")
    assert (offered.offered_to, offered.offered_by) == (Lane.SAFEGUARDING, "alice")
    assert offered.lane is Lane.DESK


def test_an_offer_that_is_accepted_changes_the_owner() -> None:
    accepted = done(OFFERED, Verb.ACCEPT, BOB)
    assert (accepted.lane, accepted.claimed_by) == (Lane.SAFEGUARDING, "bob")
    assert (accepted.offered_to, accepted.offered_by, accepted.offered_at) == (None, "", None)


def test_an_offer_that_is_sent_back_is_open_where_it_was() -> None:
    returned = done(replace(OFFERED, escalation=2), Verb.RETURN, BOB)
    assert (returned.state, returned.lane, returned.escalation) == (State.OPEN, Lane.DESK, 0)
    assert returned.offered_to is None


def test_an_offer_to_where_it_is_already_is_refused() -> None:
    assert refused(a_case(), Verb.OFFER, lane="desk").endswith("is with desk already")


def test_an_offer_to_no_lane_is_refused() -> None:
    assert refused(a_case(), Verb.OFFER, lane="moon") == "unknown lane 'moon'"
    assert refused(a_case(), Verb.OFFER) == "offer: lane is missing"


@pytest.mark.parametrize(
    "case",
    [
        a_case(),
        a_case(a_post(), a_disclosure()),
        a_case(a_post(), an_abusive_post(SignalName.THREATENING_CONTENT)),
        a_case(a_post(), a_verdict(SignalName.MISSING_PERSON)),
        a_case(a_post(), an_emergency()),
        a_case(a_post(), a_verdict(covered=False)),
    ],
)
def test_comms_is_never_given_what_is_private_disclosed_threatening_or_dangerous(
    case: Case,
) -> None:
    assert "comms cannot take" in refused(case, Verb.OFFER, SUE, lane="comms")


def test_comms_cannot_accept_what_became_urgent_since_it_was_offered() -> None:
    offered = done(a_case(a_post(), a_verdict(SignalName.CRIME_REPORT)), Verb.OFFER, lane="comms")
    edited = replace(offered, verdict=an_abusive_post(SignalName.THREATENING_CONTENT))
    assert done(offered, Verb.ACCEPT, REX).lane is Lane.COMMS
    assert "comms cannot take" in refused(edited, Verb.ACCEPT, REX)


# --- twice and late -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "verb", "fields", "said"),
    [
        (CLAIMED, Verb.CLAIM, {}, "is already yours"),
        (CLAIMED, Verb.ACCEPT, {}, "is already yours"),
        (a_case(), Verb.RELEASE, {}, "is free already"),
        (a_case(), Verb.REOPEN, {}, "is open already"),
        (OFFERED, Verb.OFFER, {"lane": "safeguarding"}, "is offered already"),
        (CLOSED, Verb.RESULT, {"code": "advice"}, "is closed already"),
        (
            done(a_case(), Verb.NOT_RISK, reason="a joke"),
            Verb.NOT_RISK,
            {"reason": "a joke"},
            "is closed already",
        ),
        (
            done(a_case(), Verb.GRADE, priority="2", reason="he is near"),
            Verb.GRADE,
            {"priority": "P2", "reason": "he is near"},
            "is graded so already",
        ),
        (
            done(a_case(link=suggested("R1")), Verb.LINK, record_id="R1"),
            Verb.LINK,
            {"record_id": "R1"},
            "has this person confirmed already",
        ),
    ],
)
def test_pressing_twice_changes_nothing_and_says_so(
    case: Case, verb: Verb, fields: dict[str, Any], said: str
) -> None:
    outcome = press(case, verb, **fields)
    assert (outcome.case, outcome.event) == (case, None)
    assert outcome.said == f"{case.ref} {said}"


@pytest.mark.parametrize(
    ("case", "verb", "fields", "said"),
    [
        (CLAIMED, Verb.RESULT, {"code": "advice"}, "alice has it"),
        (CLAIMED, Verb.RELEASE, {}, "alice has it"),
        (CLAIMED, Verb.OFFER, {"lane": "comms"}, "alice has it"),
        (CLAIMED, Verb.GRADE, {"priority": "5", "reason": "x"}, "alice has it"),
        (OFFERED, Verb.CLAIM, {}, "is offered to safeguarding by alice"),
        (OFFERED, Verb.RESULT, {"code": "advice"}, "is offered to safeguarding by alice"),
        (CLOSED, Verb.CLAIM, {}, "was closed by alice"),
        (CLOSED, Verb.RESULT, {"code": "advice"}, "was closed by alice"),
        (CLOSED, Verb.GRADE, {"priority": "5", "reason": "x"}, "was closed by alice"),
    ],
)
def test_pressing_late_says_who_has_it(
    case: Case, verb: Verb, fields: dict[str, Any], said: str
) -> None:
    assert said in late(case, verb, BOB, **fields)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        (Verb.NOTE, {"text": "saw her before"}),
        (Verb.LINK, {"record_id": "R1"}),
        (Verb.REJECT, {"record_id": "R1"}),
    ],
)
def test_colleagues_may_add_what_they_know_to_a_claimed_case(
    verb: Verb, fields: dict[str, Any]
) -> None:
    after = done(replace(CLAIMED, link=suggested("R1")), verb, BOB, **fields)
    assert after.claimed_by == "alice"


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        (Verb.NOT_RISK, {"reason": "a joke"}),
        (Verb.RESULT, {"code": "spam"}),
        (Verb.GRADE, {"priority": "5", "reason": "a joke"}),
    ],
)
def test_nobody_judges_an_item_that_changed_since_they_read_it(
    verb: Verb, fields: dict[str, Any]
) -> None:
    case = replace(a_case(), version=7)
    assert "read it again" in late(case, verb, version=6, **fields)
    assert press(case, verb, version=7, **fields).event is not None
    assert press(case, verb, **fields).event is not None


def test_an_old_card_can_still_be_claimed() -> None:
    assert done(replace(a_case(), version=7), Verb.CLAIM, version=1).claimed_by == "alice"


# --- how urgent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("priority", ["1", "P1", "p1", " 1 "])
def test_a_grade_needs_a_reason_and_is_kept_with_it(priority: str) -> None:
    assert refused(a_case(), Verb.GRADE, priority=priority) == "grade: reason is missing"
    assert refused(a_case(), Verb.GRADE, priority=priority, reason=" ") == (
        "grade: reason is missing"
    )
    outcome = press(a_case(), Verb.GRADE, priority=priority, reason="he has a knife")
    assert outcome.event is not None
    assert outcome.event.detail["from"] == "P5"
    assert outcome.event.detail["reason"] == "he has a knife"
    assert outcome.case.decision is not None
    assert outcome.case.decision.reasons[0].text == "P1 by Alice Ames: he has a knife"


@pytest.mark.parametrize("priority", ["0", "6", "-1", "high", "P", "²", ""])
def test_a_priority_that_is_none_is_refused(priority: str) -> None:
    assert "priority" in refused(a_case(), Verb.GRADE, priority=priority, reason="x")


def test_a_new_grade_moves_the_clocks_the_suggested_grade_and_the_steps() -> None:
    after = done(replace(a_case(), escalation=2), Verb.GRADE, priority="2", reason="x")
    assert after.decision is not None
    assert after.decision.due.decide_by == SENT + CLOCKS[P2].decided
    assert after.decision.grade == "Priority"
    assert (after.priority, after.decision.priority, after.escalation) == (P2, P2, 0)


def test_the_same_grade_again_does_not_set_the_steps_back() -> None:
    case = replace(a_case(), escalation=2)
    assert done(case, Verb.GRADE, priority="5", reason="looked again").escalation == 2


def test_what_a_person_calls_an_emergency_goes_to_the_control_room() -> None:
    after = done(CLAIMED, Verb.GRADE, priority="1", reason="he is here")
    assert (after.lane, after.claimed_by) == (Lane.CONTROL_ROOM, "alice")
    assert after.decision is not None
    assert (after.decision.owner, after.decision.copies) == (Lane.CONTROL_ROOM, (Lane.DESK,))


def test_comms_keeps_nothing_a_person_calls_urgent() -> None:
    after = done(COMMS_POST, Verb.GRADE, REX, priority="2", reason="she names his street")
    assert after.lane is Lane.DESK
    assert Lane.COMMS in lanes_of(after)


def test_lowering_leaves_the_case_where_it_is() -> None:
    emergency = a_case(verdict=an_emergency())
    after = done(emergency, Verb.GRADE, priority="4", reason="a film")
    assert (after.priority, after.lane) == (P4, Lane.CONTROL_ROOM)


# --- closing and opening again --------------------------------------------------------------------


@pytest.mark.parametrize("code", RESULTS)
def test_a_result_closes_and_says_by_whom(code: str) -> None:
    after = done(a_case(), Verb.RESULT, code=code, ref="CR/1")
    assert (after.state, after.result, after.result_ref) == (State.CLOSED, code, "CR/1")
    assert (after.claimed_by, after.closed_at) == ("alice", NOW)


def test_an_unknown_result_is_refused_with_those_there_are() -> None:
    said = refused(a_case(), Verb.RESULT, code="solved")
    assert said.startswith("unknown result 'solved': one of deployed, ")


def test_no_risk_needs_a_reason() -> None:
    assert refused(a_case(), Verb.NOT_RISK) == "not risk: reason is missing"
    after = done(OFFERED, Verb.NOT_RISK, reason="a song")
    assert (after.state, after.offered_to, after.result) == (State.CLOSED, None, "not_risk")


def test_closing_can_be_undone() -> None:
    reopened = done(replace(CLOSED, escalation=2), Verb.REOPEN)
    assert (reopened.state, reopened.result, reopened.closed_at) == (State.OPEN, "", None)
    assert (reopened.claimed_by, reopened.escalation) == ("", 0)


def test_a_note_is_signed_and_kept_below_the_ones_before() -> None:
    noted = done(done(a_case(), Verb.NOTE, text="rang the school"), Verb.NOTE, BOB, text="no reply")
    assert noted.note == (
        "23 Nov 09:42 UTC Alice Ames: rang the school\n23 Nov 09:42 UTC Bob Birch: no reply"
    )


def test_a_notes_words_do_not_stand_in_the_trail() -> None:
    event = press(a_case(), Verb.NOTE, text="Zelda called").event
    assert event is not None
    assert "Zelda" not in str(event.detail)


# --- who is writing -------------------------------------------------------------------------------


def test_a_link_is_confirmed_by_a_person_and_by_nothing_else() -> None:
    case = a_case(link=suggested("R1", "R2"))
    confirmed = done(case, Verb.LINK, record_id="R2").link
    assert confirmed.decision is LinkDecision.CONFIRMED
    assert [each.record_id for each in confirmed.candidates] == ["R2", "R1"]
    assert done(case, Verb.CLAIM).link == case.link
    assert done(case, Verb.GRADE, priority="1", reason="x").link == case.link


def test_an_officer_may_name_a_person_nobody_suggested() -> None:
    confirmed = done(a_case(), Verb.LINK, record_id="R9").link
    assert [each.record_id for each in confirmed.candidates] == ["R9"]


@pytest.mark.parametrize("link", [Link(), suggested("R1"), suggested("R1", "R2", "R3")])
@pytest.mark.parametrize("record_id", ["R1", "R3", "R9"])
def test_a_link_is_undone_bit_for_bit(link: Link, record_id: str) -> None:
    case = a_case(link=link)
    assert done(done(case, Verb.LINK, record_id=record_id), Verb.UNLINK).link == link


def test_a_person_rejected_meanwhile_does_not_come_back_with_the_undoing() -> None:
    case = done(a_case(link=suggested("R1", "R2")), Verb.LINK, record_id="R1")
    undone = done(done(case, Verb.REJECT, record_id="R2"), Verb.UNLINK).link
    assert [each.record_id for each in undone.candidates] == ["R1"]


def test_rejecting_another_leaves_the_confirmed_person_confirmed() -> None:
    case = done(a_case(link=suggested("R1", "R2")), Verb.LINK, record_id="R1")
    assert done(case, Verb.REJECT, record_id="R2").link.decision is LinkDecision.CONFIRMED


def test_a_confirmed_person_is_neither_replaced_nor_rejected_in_passing() -> None:
    case = done(a_case(link=suggested("R1", "R2")), Verb.LINK, record_id="R1")
    assert "undo that link first" in refused(case, Verb.LINK, record_id="R2")
    assert "undo that link first" in refused(case, Verb.REJECT, record_id="R1")


def test_rejecting_the_last_suggestion_leaves_nobody() -> None:
    link = done(a_case(link=suggested("R1")), Verb.REJECT, record_id="R1").link
    assert (link.decision, link.candidates) == (LinkDecision.NONE, ())


def test_there_is_nothing_to_undo_where_nobody_is_confirmed() -> None:
    assert "no confirmed person" in refused(a_case(link=suggested("R1")), Verb.UNLINK)


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("officer", [OTTO, NOBODY])
@pytest.mark.parametrize("verb", Verb)
def test_auditors_and_people_without_a_role_change_nothing(officer: Officer, verb: Verb) -> None:
    fields = {"lane": "comms", "priority": "1", "reason": "x", "code": "spam", "record_id": "R1"}
    assert refused(a_case(), verb, officer, **fields)


def test_an_auditor_reads_and_somebody_without_a_role_does_not() -> None:
    assert may_see_text(a_case(), OTTO)
    assert not may_see_text(a_case(), NOBODY)


def test_a_reviewer_works_on_what_comms_has() -> None:
    assert done(COMMS_POST, Verb.CLAIM, REX).claimed_by == "rex"
    assert done(COMMS_POST, Verb.OFFER, REX, lane="desk").offered_to is Lane.DESK


def test_a_reviewer_neither_reads_nor_touches_private_messages() -> None:
    case = a_case(verdict=an_abusive_post())
    assert not may_see_text(case, REX)
    assert "restricted" in refused(case, Verb.CLAIM, REX)
    forced = replace(case, lane=Lane.COMMS, offered_to=Lane.COMMS)
    assert not may_see_text(forced, REX)


def test_a_reviewer_reads_a_copy_but_cannot_act_on_it() -> None:
    copied = a_case(a_post(), an_abusive_post(SignalName.THREATENING_CONTENT))
    assert may_see_text(copied, REX)
    assert refused(copied, Verb.CLAIM, REX) == "Your role cannot claim FC-26-1123-0041"


def test_a_reviewer_takes_what_is_offered_to_comms_and_nothing_that_is_offered_elsewhere() -> None:
    case = a_case(a_post(), a_verdict(SignalName.CRIME_REPORT))
    offered = done(case, Verb.OFFER, lane="comms")
    assert done(offered, Verb.ACCEPT, REX).lane is Lane.COMMS
    assert done(offered, Verb.RETURN, REX).lane is Lane.DESK
    away = done(COMMS_POST, Verb.OFFER, REX, lane="desk")
    assert refused(away, Verb.ACCEPT, REX)


@pytest.mark.parametrize("verb", [Verb.LINK, Verb.REJECT, Verb.UNLINK])
def test_a_reviewer_does_not_touch_citizen_records(verb: Verb) -> None:
    assert refused(COMMS_POST, verb, REX, record_id="R1").startswith("Your role cannot")


def test_what_concerns_an_officers_conduct_is_for_supervisors_and_auditors() -> None:
    assert RESTRICTED.lane is Lane.STANDARDS
    assert not may_see_text(RESTRICTED, ALICE)
    assert not may_see_text(RESTRICTED, REX)
    assert all(may_see_text(RESTRICTED, each) for each in (SUE, ADA, OTTO))
    assert "restricted" in refused(RESTRICTED, Verb.CLAIM)
    assert done(RESTRICTED, Verb.CLAIM, SUE).claimed_by == "sue"


def test_standards_may_hand_a_case_on_and_then_others_see_it() -> None:
    offered = done(RESTRICTED, Verb.OFFER, SUE, lane="safeguarding")
    assert may_see_text(offered, ALICE)
    assert done(offered, Verb.ACCEPT).lane is Lane.SAFEGUARDING
    assert not may_see_text(done(offered, Verb.RETURN, SUE), ALICE)


def test_only_supervisors_take_a_case_into_standards() -> None:
    offered = done(a_case(), Verb.OFFER, lane="standards")
    assert "supervisors accept it" in refused(offered, Verb.ACCEPT, BOB)
    assert done(offered, Verb.ACCEPT, SUE).lane is Lane.STANDARDS


@given(items, verdicts, st.sampled_from(Lane), st.none() | st.sampled_from(Lane))
def test_a_reviewer_never_reads_a_private_item_wherever_it_is(
    item: Item, verdict: Verdict, lane: Lane, offered: Lane | None
) -> None:
    case = replace(a_case(item, verdict), lane=lane, offered_to=offered)
    if item.private:
        assert not may_see_text(case, REX)


# --- what never breaks, whoever presses what ------------------------------------------------------

ARGS = st.fixed_dictionaries(
    {},
    optional={
        "lane": st.sampled_from([*(lane.value for lane in Lane), "moon"]),
        "priority": st.sampled_from(["1", "2", "P3", "4", "5", "9"]),
        "reason": st.sampled_from(["a joke", ""]),
        "code": st.sampled_from([*RESULTS, "solved"]),
        "ref": st.just("CR/1"),
        "record_id": st.sampled_from(["R1", "R2", "R9"]),
        "text": st.just("rang"),
        "version": st.integers(1, 4),
    },
)


class PressingOfficers(RuleBasedStateMachine):
    """Several officers press whatever they like on one case."""

    case: Case
    now: datetime

    @initialize(item=items, verdict=verdicts)
    def arrives(self, item: Item, verdict: Verdict) -> None:
        self.case = a_case(item, verdict, link=suggested("R1", "R2"))
        self.now = NOW

    @rule(officer=st.sampled_from(OFFICERS), verb=st.sampled_from(list(EFFECTS)), args=ARGS)
    def presses(self, officer: Officer, verb: Verb, args: dict[str, Any]) -> None:
        before = self.case
        self.now += timedelta(seconds=7)
        try:
            outcome = act(before, a_command(verb, officer, **args), now=self.now)
        except Refused:
            return
        if outcome.event is None:
            assert outcome.case == before
            assert outcome.said
            return
        self.case = replace(outcome.case, version=before.version + 1)
        assert outcome.event.actor == officer.id
        assert may_see_text(before, officer)
        self._changed_lawfully(before, self.case, verb, args)
        if verb in UNDOABLE and verb is not Verb.LINK:
            kept = json.loads(json.dumps(outcome.event.detail[BEFORE]))
            assert restored(self.case, kept) == replace(before, version=self.case.version)

    def _changed_lawfully(
        self, before: Case, after: Case, verb: Verb, args: dict[str, Any]
    ) -> None:
        if after.priority != before.priority:
            assert verb is Verb.GRADE
            assert args["reason"]
        if after.link.decision is LinkDecision.CONFIRMED != before.link.decision:
            assert verb is Verb.LINK
        if after.state is State.CLOSED != before.state:
            assert verb in (Verb.RESULT, Verb.NOT_RISK)
        assert after.item == before.item
        assert after.verdict == before.verdict

    @invariant()
    def holds_together(self) -> None:
        case = getattr(self, "case", None)
        if case is None:
            return
        if case.state is not State.CLOSED:
            assert (case.state is State.CLAIMED) == bool(case.claimed_by)
        assert bool(case.claimed_by) == (case.claimed_at is not None)
        assert (case.state is State.OFFERED) == (case.offered_to is not None)
        assert (case.offered_to is None) == (case.offered_by == "") == (case.offered_at is None)
        assert (case.state is State.CLOSED) == bool(case.result) == (case.closed_at is not None)
        assert case.offered_to is None or case.offered_to is not case.lane

    @invariant()
    def decided_once(self) -> None:
        case = getattr(self, "case", None)
        if case is None:
            return
        decision = case.decision
        assert decision is not None
        assert decision.priority is case.priority
        assert decision.owner not in decision.copies
        assert decision.due.decide_by == case.item.sent_at + CLOCKS[case.priority].decided

    @invariant()
    def comms_keeps_to_its_own(self) -> None:
        case = getattr(self, "case", None)
        if case is None or case.lane is not Lane.COMMS:
            return
        assert comms_may_own(case)
        assert not case.item.private


TestPressingOfficers = PressingOfficers.TestCase
TestPressingOfficers.settings = settings(max_examples=50, deadline=None)
