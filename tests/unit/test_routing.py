import pytest
from hypothesis import given

from tests.factories import (
    a_disclosure,
    a_post,
    a_verdict,
    an_abusive_post,
    an_emergency,
    an_item,
    histories,
    items,
    verdicts,
)
from triage.model import History, Item, Modifiers, Priority, Verdict
from triage.priority import prioritise
from triage.routing import discloses, endangers, route
from triage.taxonomy import Audience, Label, Lane, SignalName, When

P1, P2, P3, P4, P5 = Priority
S = SignalName
ROOM, DESK, CARE, COMMS, STANDARDS = Lane
CONDUCT = "The officer who took my statement keeps texting me"


def lanes(item: Item, verdict: Verdict, priority: Priority) -> tuple[Lane, set[Lane]]:
    owner, copies, _ = route(item, verdict, priority)
    return owner, set(copies)


def test_a_p1_is_the_control_rooms_and_the_desk_sees_it() -> None:
    assert lanes(an_item(), an_emergency(), P1) == (ROOM, {DESK})


def test_safeguarding_sees_a_p1_that_discloses() -> None:
    verdict = an_emergency(S.DOMESTIC_ABUSE)
    assert lanes(an_item(), verdict, P1) == (ROOM, {DESK, CARE})


def test_comms_sees_a_public_p1_it_may_have_to_hide() -> None:
    verdict = an_emergency(S.IDENTIFIES_PERSON)
    assert lanes(a_post(), verdict, P1) == (ROOM, {DESK, COMMS})
    assert lanes(an_item(), verdict, P1) == (ROOM, {DESK})


def test_a_disclosure_is_safeguardings_alone() -> None:
    assert lanes(an_item(), a_disclosure(), P3) == (CARE, set())


def test_the_desk_is_told_of_an_urgent_disclosure_since_it_is_awake() -> None:
    assert lanes(an_item(), a_disclosure(), P2) == (CARE, {DESK})


def test_an_angry_victim_in_public_is_safeguardings_with_a_copy_to_comms() -> None:
    both = a_disclosure(S.DOMESTIC_ABUSE, S.ABUSE_OF_STAFF, audience=Audience.BOTH)
    assert lanes(a_post(), both, P3) == (CARE, {COMMS})
    assert lanes(an_item(), both, P3) == (CARE, set())


def test_an_abusive_public_post_is_for_comms() -> None:
    assert lanes(a_post(), an_abusive_post(), P4) == (COMMS, set())


def test_an_abusive_private_message_is_for_the_desk() -> None:
    assert lanes(an_item(), an_abusive_post(), P4) == (DESK, set())


def test_a_threat_is_never_for_comms_alone() -> None:
    assert lanes(a_post(), an_abusive_post(S.THREATENING_CONTENT), P2) == (DESK, {COMMS})


def test_possible_danger_in_an_abusive_post_is_never_for_comms_alone() -> None:
    verdict = an_abusive_post(S.HATE, S.VIOLENCE_IN_PROGRESS)
    assert lanes(a_post(), verdict, P3) == (DESK, {COMMS})


def test_an_abusive_post_in_an_urgent_thread_is_never_for_comms_alone() -> None:
    assert lanes(a_post(), an_abusive_post(), P2) == (DESK, {COMMS})


def test_praise_and_chatter_in_public_are_for_comms() -> None:
    assert lanes(a_post(), a_verdict(S.GENERAL), P5) == (COMMS, set())


def test_a_private_question_is_for_the_desk() -> None:
    assert lanes(an_item(), a_verdict(S.GENERAL), P5) == (DESK, set())


def test_a_public_report_is_for_the_desk() -> None:
    assert lanes(a_post(), a_verdict(S.CRIME_REPORT), P4) == (DESK, set())


def test_a_journalist_in_public_is_for_comms() -> None:
    post = a_post("I'm a journalist at the Westbridge Echo: any news on the crash?")
    assert lanes(post, a_verdict(S.INFORMATION_SIGHTING), P4) == (COMMS, set())


def test_a_reporter_in_danger_is_not_for_comms() -> None:
    post = a_post("I'm a reporter at the march and people are being attacked")
    verdict = a_verdict(S.VIOLENCE_IN_PROGRESS, modifiers=Modifiers(time=When.NOW))
    decision = prioritise(post, verdict, History())
    assert (decision.priority, decision.owner) == (P2, DESK)


@pytest.mark.parametrize("unread", [{"covered": False}, {"degraded": "none"}])
def test_what_no_model_has_read_is_never_for_comms(unread: dict[str, object]) -> None:
    decision = prioritise(a_post(), a_verdict(**unread), History())
    assert decision.owner is DESK


# --- officers' conduct ----------------------------------------------------------------------------


def test_a_complaint_about_an_officer_is_restricted() -> None:
    assert lanes(an_item(CONDUCT), a_verdict(S.EXISTING_CASE), P4) == (STANDARDS, set())


def test_a_burglary_reported_to_an_officer_is_the_desks() -> None:
    item = an_item("I want to report a burglary to an officer")
    assert lanes(item, a_verdict(S.CRIME_REPORT), P4) == (DESK, set())


def test_safeguarding_knows_of_a_disclosure_about_an_officer_and_the_desk_does_not() -> None:
    assert lanes(an_item(CONDUCT), a_disclosure(S.SEXUAL_OFFENCE), P3) == (STANDARDS, {CARE})


def test_the_control_room_is_told_of_an_urgent_one_since_standards_sleeps() -> None:
    verdict = a_disclosure(S.SEXUAL_OFFENCE)
    assert lanes(an_item(CONDUCT), verdict, P2) == (STANDARDS, {CARE, ROOM})


def test_abuse_by_an_officer_at_home_is_restricted_but_an_officer_at_home_alone_is_not() -> None:
    item = an_item("My husband is a police officer")
    assert lanes(item, a_disclosure(), P3) == (STANDARDS, {CARE})
    assert lanes(item, a_verdict(S.GENERAL), P5) == (DESK, set())


def test_danger_goes_first_even_if_an_officer_is_concerned() -> None:
    suicide = a_verdict(S.SUICIDE_RISK)
    abused = a_disclosure(S.DOMESTIC_ABUSE, S.WEAPON)
    assert lanes(an_item(CONDUCT), suicide, P2) == (DESK, {STANDARDS})
    assert lanes(an_item(CONDUCT), abused, P2) == (CARE, {ROOM, STANDARDS})


def test_a_p1_about_an_officer_passes_by_the_desk() -> None:
    verdict = an_emergency(S.DOMESTIC_ABUSE)
    assert lanes(an_item(CONDUCT), verdict, P1) == (ROOM, {CARE, STANDARDS})


def test_a_public_insult_that_complains_is_reviewed_by_comms_and_known_to_standards() -> None:
    post = a_post("racist cop stopped me again, scum")
    assert lanes(post, an_abusive_post(S.ABUSE_OF_STAFF), P4) == (COMMS, {STANDARDS})


def test_a_threat_against_an_officer_complained_of_reaches_the_desk() -> None:
    post = a_post("The officer assaulted me and I will find him")
    verdict = an_abusive_post(S.THREATENING_CONTENT)
    owner, copies = lanes(post, verdict, P2)
    assert owner is DESK
    assert STANDARDS in copies


# --- disclosures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (a_verdict(S.STALKING_HARASSMENT), True),
        (a_verdict(S.COVERT_HELP), True),
        (a_verdict(audience=Audience.SAFEGUARDING), True),
        (a_verdict(audience=Audience.BOTH), True),
        (a_verdict(label=Label.ABUSE), True),
        (an_abusive_post(), False),
        (a_verdict(S.CRIME_REPORT), False),
        (an_emergency(S.WEAPON), False),
    ],
)
def test_what_counts_as_a_disclosure(verdict: Verdict, said: bool) -> None:
    assert discloses(verdict) is said


# --- properties -----------------------------------------------------------------------------------


@given(items, verdicts, histories)
def test_there_is_one_owner_and_it_gets_no_copy(
    item: Item, verdict: Verdict, around: History
) -> None:
    decision = prioritise(item, verdict, around)
    assert isinstance(decision.owner, Lane)
    assert decision.owner not in decision.copies
    assert len(set(decision.copies)) == len(decision.copies)


@given(items, verdicts, histories)
def test_comms_never_sees_a_private_item(item: Item, verdict: Verdict, around: History) -> None:
    decision = prioritise(item, verdict, around)
    if item.private:
        assert COMMS not in (decision.owner, *decision.copies)


@given(items, verdicts, histories)
def test_comms_never_owns_a_disclosure_a_threat_or_danger(
    item: Item, verdict: Verdict, around: History
) -> None:
    decision = prioritise(item, verdict, around)
    if decision.owner is COMMS:
        assert not discloses(verdict)
        assert not endangers(verdict)
        assert decision.priority >= P3


@given(items, verdicts, histories)
def test_a_p1_is_always_the_control_rooms(item: Item, verdict: Verdict, around: History) -> None:
    decision = prioritise(item, verdict, around)
    assert (decision.priority is P1) == (decision.owner is ROOM)


@given(items, verdicts, histories)
def test_safeguarding_always_knows_of_a_disclosure(
    item: Item, verdict: Verdict, around: History
) -> None:
    decision = prioritise(item, verdict, around)
    if discloses(verdict):
        assert CARE in (decision.owner, *decision.copies)


@given(items, verdicts, histories)
def test_what_standards_owns_the_desk_does_not_see(
    item: Item, verdict: Verdict, around: History
) -> None:
    decision = prioritise(item, verdict, around)
    if decision.owner is STANDARDS:
        assert not {DESK, COMMS} & set(decision.copies)
