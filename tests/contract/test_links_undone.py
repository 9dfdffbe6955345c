"""Undoing a link restores all that was derived from it, over every store and a restart."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from storage.store import SqlStore, connect
from tests.conftest import PATIENCE, SteppingClock
from tests.factories import BOB, a_verdict
from tests.linked_desk import HITS, OTTOS, LinkedDesk
from triage.errors import Refused
from triage.flow import assess, triage_waiting
from triage.lifecycle import Verb
from triage.model import Case, LinkDecision, Priority

CONFIRMED, SUGGESTED = LinkDecision.CONFIRMED, LinkDecision.SUGGESTED


@pytest.fixture
def desk(store: SqlStore, clock: SteppingClock) -> Iterator[LinkedDesk]:
    """A desk that knows Mara and Otto, who live together."""
    desk = LinkedDesk(store, clock)
    desk.knows()
    return desk


def derived(case: Case) -> dict[str, Any]:
    """All of a case that follows from who is writing."""
    names = ("state", "link", "history", "decision", "priority", "lane", "escalation", "note")
    return {name: getattr(case, name) for name in names}


def record_of(desk: LinkedDesk, account: str = "77") -> str:
    link = desk.store.prior_link("x", account)
    return link.record_id if link else ""


# --- the case itself ------------------------------------------------------------------------------


def test_undoing_restores_the_case_bit_for_bit_and_the_trail_keeps_one_entry_each(
    desk: LinkedDesk,
) -> None:
    case = desk.arrives()
    assert (case.link.decision, case.priority) == (SUGGESTED, Priority.P2)
    linked = desk.press(case, Verb.LINK, record_id="MARA")
    assert (linked.link.decision, record_of(desk)) == (CONFIRMED, "MARA")
    undone = desk.press(case, Verb.UNLINK)
    assert derived(undone) == derived(case)
    assert record_of(desk) == ""
    assert desk.actions(case).count("link") == desk.actions(case).count("unlink") == 1
    desk.store.verify()


def test_urgency_that_the_person_s_markers_brought_goes_with_them(desk: LinkedDesk) -> None:
    case = desk.arrives("he hits me")
    assert (case.link.decision, case.priority) == (LinkDecision.NONE, Priority.P3)
    assert desk.press(case, Verb.LINK, record_id="MARA").priority is Priority.P2
    assert derived(desk.press(case, Verb.UNLINK)) == derived(case)


def test_urgency_that_a_person_set_since_stays(desk: LinkedDesk) -> None:
    case = desk.arrives("he hits me")
    desk.press(case, Verb.LINK, record_id="MARA")
    desk.press(case, Verb.GRADE, priority="1", reason="heard screams")
    undone = desk.press(case, Verb.UNLINK)
    assert (undone.priority, undone.link) == (Priority.P1, case.link)
    assert undone.history == case.history


def test_undoing_after_the_text_changed_gives_what_the_new_text_gives_alone(
    desk: LinkedDesk,
) -> None:
    case, twin = desk.arrives("he hits me"), desk.arrives("he hits me", "78")
    desk.press(case, Verb.LINK, record_id="MARA")
    desk.edited(case, HITS)
    assert derived(desk.press(case, Verb.UNLINK)) == derived(desk.edited(twin, HITS))


# --- what was linked through it -------------------------------------------------------------------


def test_a_known_account_is_linked_without_asking_and_undone_with_its_confirmation(
    desk: LinkedDesk,
) -> None:
    first, twin = desk.arrives(), desk.arrives(account="78")
    desk.press(first, Verb.LINK, record_id="MARA")
    desk.clock.step(days=1)
    second, second_twin = desk.arrives("any news?"), desk.arrives("any news?", "78")
    third, third_twin = desk.arrives("he hits me"), desk.arrives("he hits me", "78")
    assert [each.link.decision for each in (second, third)] == [CONFIRMED, CONFIRMED]
    assert second.link.through == first.ref
    desk.told.clear()
    desk.press(first, Verb.UNLINK)
    for case, alone in ((first, twin), (second, second_twin), (third, third_twin)):
        assert derived(desk.case(case.ref)) == derived(alone)
    assert desk.actions(second)[-1] == desk.actions(third)[-1] == "unlinked"
    assert sorted(desk.told) == sorted([first.ref, second.ref, third.ref])
    assert desk.arrives("any news?").link.decision is not CONFIRMED
    desk.store.verify()


def test_contacts_of_the_person_on_other_accounts_no_longer_count(desk: LinkedDesk) -> None:
    desk.press(desk.arrives(account="90"), Verb.LINK, record_id="MARA")
    first = desk.arrives(account="77")
    desk.press(first, Verb.LINK, record_id="MARA")
    desk.clock.step(days=1)
    second = desk.arrives("any news?", "77")
    assert second.history.contacts_7d == 1
    assert second.history.disclosed_before
    alone = desk.arrives("any news?", "79")
    desk.press(first, Verb.UNLINK)
    undone = desk.case(second.ref)
    assert undone.history.contacts_7d == 1  # the account's own earlier message
    assert undone.history.markers == alone.history.markers == frozenset()


def test_an_earlier_confirmation_that_another_displaced_stands_again(desk: LinkedDesk) -> None:
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    through_mara = desk.arrives("any news?")
    other = desk.arrives(OTTOS)
    assert other.link.decision is SUGGESTED
    kept = desk.store.prior_link("x", "77")
    desk.press(other, Verb.LINK, record_id="OTTO")
    shared = desk.arrives("any news?")
    assert shared.link.decision is SUGGESTED
    assert "MARA and OTTO" in shared.link.notes[0]
    assert derived(desk.press(other, Verb.UNLINK)) == derived(other)
    assert desk.store.prior_link("x", "77") == kept
    assert desk.case(through_mara.ref).link.decision is CONFIRMED


def test_a_rejection_that_a_confirmation_lifted_is_back_after_undoing(desk: LinkedDesk) -> None:
    case = desk.arrives()
    desk.press(case, Verb.REJECT, record_id="MARA")
    rejected = desk.case(case.ref)
    desk.press(case, Verb.LINK, record_id="MARA")
    assert desk.store.rejected_records("x", "77") == frozenset()
    assert derived(desk.press(case, Verb.UNLINK)) == derived(rejected)
    assert desk.store.rejected_records("x", "77") == {"MARA"}
    assert desk.arrives().link.decision is LinkDecision.NONE


def test_whom_people_rejected_meanwhile_does_not_come_back(desk: LinkedDesk) -> None:
    case = desk.arrives()
    desk.press(case, Verb.LINK, record_id="OTTO")
    desk.press(case, Verb.REJECT, record_id="MARA")
    undone = desk.press(case, Verb.UNLINK)
    assert undone.link.candidates == ()
    assert undone.link.decision is LinkDecision.NONE


def test_taken_back_on_a_later_item_the_account_is_nobody_s_but_what_a_person_said_stays(
    desk: LinkedDesk,
) -> None:
    first = desk.arrives()
    desk.press(first, Verb.LINK, record_id="MARA")
    second, third = desk.arrives("any news?"), desk.arrives("please hurry")
    desk.press(second, Verb.UNLINK, BOB)
    assert record_of(desk) == ""
    assert desk.case(first.ref).link.decision is CONFIRMED
    assert desk.case(second.ref).link.decision is LinkDecision.NONE
    assert desk.case(third.ref).link.decision is LinkDecision.NONE


def test_undoing_an_old_case_leaves_the_account_s_present_person_alone(desk: LinkedDesk) -> None:
    first = desk.arrives()
    desk.press(first, Verb.LINK, record_id="MARA")
    desk.press(desk.arrives(OTTOS), Verb.LINK, record_id="OTTO")
    assert desk.arrives("any news?").link.decision is SUGGESTED  # two persons, until one is undone
    desk.press(first, Verb.UNLINK)
    assert record_of(desk) == "OTTO"
    past = desk.store.account_past("x", "77")
    assert [link.record_id for link in past.links] == ["OTTO"]


def test_a_link_taken_back_while_an_item_was_being_read_is_not_written_on_it(
    desk: LinkedDesk,
) -> None:
    first = desk.arrives()
    desk.press(first, Verb.LINK, record_id="MARA")
    ref = desk.stored("any news?")
    (waiting,) = desk.store.waiting(limit=9)
    outcome = assess(waiting, a_verdict(), desk.desk)
    assert outcome.link.decision is CONFIRMED
    desk.press(first, Verb.UNLINK)
    assert desk.store.settle([outcome]) == []
    triage_waiting(desk.desk, limit=9)
    assert desk.case(ref).link.decision is LinkDecision.NONE


# --- memory ---------------------------------------------------------------------------------------


def test_an_account_that_was_silent_is_asked_about_until_a_person_confirms_it_again(
    desk: LinkedDesk,
) -> None:
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    for _ in range(2):
        desk.clock.step(days=170)
        assert desk.arrives("any news?").link.decision is CONFIRMED
    link = desk.store.prior_link("x", "77")
    assert link is not None
    assert link.seen_at == desk.clock()


def test_a_contradiction_holds_until_a_person_confirms_the_account_again(
    desk: LinkedDesk,
) -> None:
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    desk.clock.step(hours=1)
    assert desk.arrives("this is Otto").link.decision is SUGGESTED
    desk.clock.step(hours=1)
    later = desk.arrives("any news?")  # in another conversation
    assert later.link.decision is SUGGESTED
    assert "an earlier message spoke against it" in later.link.notes[0]
    desk.press(later, Verb.LINK, record_id="MARA")
    desk.clock.step(hours=1)
    assert desk.arrives("any news?").link.decision is CONFIRMED


def test_silence_is_counted_from_the_last_item_that_was_the_person_s(desk: LinkedDesk) -> None:
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    desk.clock.step(days=181)
    for _ in range(2):
        again = desk.arrives("any news?")
        assert again.link.decision is SUGGESTED
        assert "for 18" in again.link.notes[0]
        desk.clock.step(days=1)
    desk.press(again, Verb.LINK, record_id="MARA")
    assert desk.arrives("any news?").link.decision is CONFIRMED


def test_a_confirmation_that_has_expired_is_asked_about(desk: LinkedDesk) -> None:
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    for _ in range(3):
        desk.clock.step(days=122)
        last = desk.arrives("any news?")
    assert last.link.decision is not CONFIRMED


def test_an_officer_s_note_that_the_account_is_shared_ends_linking_without_asking(
    desk: LinkedDesk,
) -> None:
    first = desk.arrives()
    desk.press(first, Verb.LINK, record_id="MARA")
    desk.press(first, Verb.NOTE, text="family account, the son writes too")
    assert desk.arrives("any news?").link.decision is SUGGESTED


def test_memory_and_undo_outlive_a_restart(store_url: str, clock: SteppingClock) -> None:
    def started() -> LinkedDesk:
        store = connect(store_url, PATIENCE, clock=clock)
        store.migrate()
        return LinkedDesk(store, clock, number=int(clock().timestamp()))

    desk = started()
    desk.knows()
    case = desk.arrives(display_name="Mara Q")
    desk.press(case, Verb.LINK, record_id="MARA")
    desk.store.close()
    clock.step(days=1)
    desk = started()
    second = desk.arrives("any news?", display_name="Mara Q 🌻")
    assert second.link.decision is CONFIRMED
    assert desk.arrives("any news?", display_name="Priyanka").link.decision is SUGGESTED
    desk.store.close()
    clock.step(days=1)
    desk = started()
    assert derived(desk.press(case, Verb.UNLINK)) == derived(case)
    assert desk.case(second.ref).link.decision is LinkDecision.NONE
    desk.store.close()
    clock.step(days=1)
    desk = started()
    assert desk.arrives("any news?").link.decision is LinkDecision.NONE
    desk.store.verify()
    desk.store.close()


# --- policy ---------------------------------------------------------------------------------------


def test_where_the_platform_forbids_linking_no_officer_links(desk: LinkedDesk) -> None:
    case = desk.arrives()
    desk.desk = replace(desk.desk, may_link=lambda platform: platform != "x")
    with pytest.raises(Refused, match="switched off for this platform"):
        desk.press(case, Verb.LINK, record_id="MARA")
    assert desk.case(case.ref) == case


def test_where_it_forbids_storing_a_link_holds_for_its_item_alone(desk: LinkedDesk) -> None:
    desk.desk = replace(desk.desk, may_remember=lambda platform: False)
    case = desk.arrives()
    assert desk.press(case, Verb.LINK, record_id="MARA").link.decision is CONFIRMED
    assert record_of(desk) == ""
    desk.clock.step(days=1)
    assert desk.arrives("any news?").link.decision is LinkDecision.NONE
    assert derived(desk.press(case, Verb.UNLINK)) == derived(case)


# --- mentions -------------------------------------------------------------------------------------


def test_whom_a_text_speaks_about_is_never_its_writer(desk: LinkedDesk) -> None:
    case = desk.arrives("my ex Otto Quill, 07700 900230, is outside")
    assert [each.record_id for each in case.link.mentions] == ["OTTO"]
    assert "OTTO" not in {each.record_id for each in case.link.candidates}
    linked = desk.press(case, Verb.LINK, record_id="MARA")
    assert linked.link.mentions == case.link.mentions
    assert desk.press(case, Verb.UNLINK).link == case.link
