"""What every store promises about what waits, and about outcomes written on top of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.store import SqlStore
from tests.stores import (
    NOW,
    a_card,
    a_post,
    a_verdict,
    an_item,
    an_open_case,
    arriving,
    claimed,
    confirmed,
    settle,
    take,
    the_case,
    triaged,
)
from triage.model import (
    Author,
    Change,
    History,
    Item,
    LinkDecision,
    Priority,
    PriorLink,
    Span,
    State,
)
from triage.ports import Unread
from triage.taxonomy import Kind, Lane, SignalName

DAY = timedelta(days=1)
STRANGER = Author(account_id="99", handle="stranger")


def ago(**amount: float) -> dict[str, object]:
    return {"sent_at": NOW - timedelta(**amount)}


def history_of(store: SqlStore, item: Item) -> History:
    """The history of an item that arrives now."""
    (ref,) = take(store, item)
    (waiting,) = store.waiting(limit=1, refs=[ref])
    return waiting.history


# --- what waits -----------------------------------------------------------------------------------


def test_private_messages_wait_first_then_the_oldest(store: SqlStore) -> None:
    take(
        store,
        a_post(1, **ago(hours=9)),
        an_item(2, **ago(minutes=1)),
        a_post(3, **ago(hours=10)),
        an_item(4, **ago(minutes=5)),
    )
    assert [each.case.item.id for each in store.waiting(limit=9)] == ["4", "2", "3", "1"]
    assert [each.case.item.id for each in store.waiting(limit=2)] == ["4", "2"]
    assert store.waiting_refs(limit=9) == [each.case.ref for each in store.waiting(limit=9)]
    assert len(store.waiting_refs(limit=2)) == 2


def test_only_the_cases_asked_for_are_given_and_only_if_they_wait(store: SqlStore) -> None:
    first, second = take(store, an_item(1), an_item(2))
    settle(store, first)
    assert [each.case.ref for each in store.waiting(limit=9, refs=[second, first, "FC-x"])] == [
        second
    ]
    assert store.waiting(limit=9, refs=[]) == []


def test_the_thread_is_what_the_same_sender_wrote_there_before(store: SqlStore) -> None:
    take(
        store,
        an_item(1, "oldest", **ago(minutes=9)),
        an_item(2, "older", **ago(minutes=8)),
        an_item(3, "elsewhere", thread_id="another", **ago(minutes=7)),
        an_item(4, "not me", author=STRANGER, **ago(minutes=6)),
        an_item(5, "later", **ago(minutes=1)),
    )
    (ref,) = take(store, an_item(6, "now", **ago(minutes=5)))
    (waiting,) = store.waiting(limit=1, refs=[ref])
    assert waiting.thread == ("oldest", "older")


def test_the_thread_holds_the_last_eight_texts(store: SqlStore) -> None:
    take(store, *[an_item(n, f"text {n}", **ago(minutes=60 - n)) for n in range(12)])
    (ref,) = take(store, an_item("now"))
    (waiting,) = store.waiting(limit=1, refs=[ref])
    assert waiting.thread == tuple(f"text {n}" for n in range(4, 12))


def test_an_item_without_a_thread_has_none(store: SqlStore) -> None:
    take(store, an_item(1, thread_id="", **ago(hours=1)))
    (ref,) = take(store, an_item(2, thread_id=""))
    (waiting,) = store.waiting(limit=1, refs=[ref])
    assert waiting.thread == ()


# --- history --------------------------------------------------------------------------------------


def test_earlier_contacts_are_counted_over_all_channels_of_a_platform(store: SqlStore) -> None:
    take(
        store,
        an_item(1, **ago(days=1)),
        a_post(2, **ago(days=6)),
        an_item(3, **ago(days=8)),
        an_item(4, **ago(days=29)),
        an_item(5, **ago(days=89)),
        an_item(6, **ago(days=91)),
        an_item(7, author=STRANGER, **ago(days=1)),
        an_item(8, channel="fb_message", **ago(days=1)),
    )
    history = history_of(store, an_item("now"))
    assert (history.contacts_7d, history.contacts_30d, history.contacts_90d) == (2, 4, 5)


def test_a_contact_is_not_its_own_history_nor_is_a_later_one(store: SqlStore) -> None:
    (first,) = take(store, an_item(1, **ago(minutes=5)))
    take(store, an_item(2, **ago(minutes=1)))
    (waiting,) = store.waiting(limit=1, refs=[first])
    assert waiting.history.contacts_90d == 0


def test_unknown_senders_are_not_one_person(store: SqlStore) -> None:
    take(store, an_item(1, author=Author(), **ago(days=1)))
    assert history_of(store, an_item(2, author=Author())) == History()


def test_a_sender_known_only_by_handle_is_counted_by_it(store: SqlStore) -> None:
    take(store, an_item(1, author=Author(handle="@ZeldaQ"), **ago(days=1)))
    assert history_of(store, an_item(2, author=Author(handle="zeldaq"))).contacts_7d == 1


def test_an_earlier_disclosure_is_remembered_however_old(store: SqlStore) -> None:
    disclosing = a_verdict(SignalName.COERCIVE_CONTROL)
    an_open_case(store, an_item(1, thread_id="", **ago(days=400)), verdict=disclosing)
    an_open_case(store, an_item(2, author=STRANGER), verdict=a_verdict(SignalName.GENERAL))
    assert history_of(store, an_item(3)).disclosed_before
    assert not history_of(store, an_item(4, author=STRANGER)).disclosed_before


def test_a_private_thread_hands_on_its_most_urgent_open_priority(store: SqlStore) -> None:
    urgent = an_open_case(store, an_item(1, author=STRANGER), priority=Priority.P1)
    an_open_case(store, an_item(2), priority=Priority.P4)
    assert history_of(store, an_item(3)).open_thread is Priority.P1
    store.change(urgent, replace(urgent, state=State.CLOSED, closed_at=NOW), events=[])
    assert history_of(store, an_item(4)).open_thread is Priority.P4


def test_strangers_under_one_public_post_do_not_share_a_priority(store: SqlStore) -> None:
    an_open_case(store, a_post(1, thread_id="post"), priority=Priority.P1)
    stranger = a_post(2, thread_id="post", author=STRANGER)
    assert history_of(store, stranger).open_thread is None
    assert history_of(store, a_post(3, thread_id="post")).open_thread is Priority.P1


def test_a_public_reply_inherits_from_what_it_replies_to(store: SqlStore) -> None:
    an_open_case(store, a_post(1, thread_id="post"), priority=Priority.P2)
    reply = a_post(2, thread_id="post", reply_to="1", author=STRANGER)
    assert history_of(store, reply).open_thread is Priority.P2


def test_an_edited_item_holds_its_priority(store: SqlStore) -> None:
    case = an_open_case(store, an_item(1, "first"), priority=Priority.P2)
    assert history_of(store, an_item(1, "second")).held is Priority.P2
    (waiting,) = store.waiting(limit=1, refs=[case.ref])
    assert waiting.thread == ("first",)


def test_a_confirmed_person_is_counted_over_all_their_accounts(store: SqlStore) -> None:
    other = Author(account_id="501", handle="zq")
    disclosing = a_verdict(SignalName.DOMESTIC_ABUSE)
    elsewhere = an_item(1, channel="fb_message", author=other, **ago(days=2))
    an_open_case(store, elsewhere, verdict=disclosing)
    take(store, an_item(2, thread_id="", **ago(days=1)))
    assert history_of(store, an_item(3, **ago(hours=9))).contacts_7d == 1
    for platform, account in (("facebook", "501"), ("x", "77")):
        link = PriorLink(
            platform=platform,
            account_id=account,
            record_id="P-1",
            confirmed_by="officer-1",
            confirmed_at=NOW,
        )
        store.confirm_link(link, events=[])
    history = history_of(store, an_item(4, **ago(hours=2)))
    assert (history.contacts_7d, history.disclosed_before) == (3, True)
    store.revoke_link("x", "77", by="officer-1", now=NOW, events=[])
    assert history_of(store, an_item(5)).contacts_7d == 3  # 2, 3 and 4, no longer 1


def test_a_person_confirmed_on_a_case_without_an_account_is_counted(store: SqlStore) -> None:
    letter = an_item(1, channel="email", author=Author(), **ago(days=2))
    an_open_case(store, letter, link=confirmed("P-1"))
    link = PriorLink(
        platform="x", account_id="77", record_id="P-1", confirmed_by="o", confirmed_at=NOW
    )
    store.confirm_link(link, events=[])
    assert history_of(store, an_item(2)).contacts_7d == 1


# --- outcomes -------------------------------------------------------------------------------------


def test_an_outcome_comes_back_whole(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1))
    (waiting,) = store.waiting(limit=1)
    verdict = a_verdict(SignalName.STALKING_HARASSMENT)
    signal = replace(verdict.signals[0], spans=(Span(start=2, end=9),))
    outcome = triaged(
        waiting.case,
        Priority.P2,
        verdict=replace(verdict, signals=(signal,)),
        link=confirmed("P-1"),
        owner=Lane.SAFEGUARDING,
    )
    outcome = replace(
        outcome, history=History(contacts_7d=2, held=Priority.P3, markers=frozenset({"child"}))
    )
    assert store.settle([outcome]) == [ref]
    case = the_case(store, ref)
    assert (case.verdict, case.link, case.history, case.decision) == (
        outcome.verdict,
        outcome.link,
        outcome.history,
        outcome.decision,
    )
    assert (case.state, case.priority, case.lane) == (State.OPEN, Priority.P2, Lane.SAFEGUARDING)
    assert case.version == 2
    assert store.waiting(limit=9) == []
    assert [each.action for each in store.events(ref)] == ["item.received", "triaged"]


def test_an_outcome_for_a_case_that_changed_meanwhile_is_not_written(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "first"))
    (waiting,) = store.waiting(limit=1)
    take(store, an_item(1, "second"))
    assert store.settle([triaged(waiting.case)]) == []
    assert the_case(store, ref).state is State.RECEIVED
    assert store.owed(limit=9, now=NOW) == []
    assert "triaged" not in [each.action for each in store.events(ref)]


def test_the_second_of_two_equal_outcomes_changes_nothing(store: SqlStore) -> None:
    take(store, an_item(1), an_item(2))
    outcomes = [triaged(each.case) for each in store.waiting(limit=9)]
    assert len(store.settle(outcomes)) == 2
    mark = store.change_mark()
    assert store.settle(outcomes) == []
    assert store.change_mark() == mark
    assert store.settle([]) == []


def test_settled_references_come_in_the_order_of_the_outcomes(store: SqlStore) -> None:
    take(store, *[an_item(n, **ago(minutes=n)) for n in range(5)])
    outcomes = [triaged(each.case) for each in store.waiting(limit=9)]
    assert store.settle(outcomes) == [each.ref for each in outcomes]


def test_cards_of_a_new_case_are_owed_at_its_version(store: SqlStore) -> None:
    case = an_open_case(store, places=("slack:C02", "teams:T1"), priority=Priority.P2)
    owed = store.owed(limit=9, now=NOW)
    assert {each.destination for each in owed} == {"slack:C02", "teams:T1"}
    assert {(each.wanted, each.delivered, each.urgency) for each in owed} == {(case.version, 0, 2)}


def test_after_an_edit_every_card_of_the_case_is_owed_again(store: SqlStore) -> None:
    case = an_open_case(store, places=("slack:C02", "teams:T1"))
    for each in store.owed(limit=9, now=NOW):
        store.delivered(each.key, version=each.wanted, external_id="x", now=NOW)
    take(store, an_item(1, "second"))
    assert store.owed(limit=9, now=NOW) == []
    settle(store, places=("slack:C02",), priority=Priority.P1)
    owed = {each.destination: each for each in store.owed(limit=9, now=NOW)}
    assert {each.wanted for each in owed.values()} == {the_case(store, case.ref).version}
    assert set(owed) == {"slack:C02", "teams:T1"}
    assert owed["slack:C02"].external_id == "x"
    assert owed["slack:C02"].urgency == 1


@pytest.mark.parametrize("state", [State.CLAIMED, State.OFFERED])
def test_an_edited_case_returns_to_whoever_has_it(store: SqlStore, state: State) -> None:
    case = an_open_case(store, an_item(1, "first"))
    work = claimed() if state is State.CLAIMED else {"offered_to": Lane.COMMS, "offered_at": NOW}
    store.change(case, replace(case, **(work | {"state": state})), events=[])
    take(store, an_item(1, "second"))
    settle(store)
    after = the_case(store, case.ref)
    assert after.state is state
    assert (after.claimed_by, after.offered_to) == (
        work.get("claimed_by", ""),
        work.get("offered_to"),
    )


def test_a_closed_case_whose_text_changes_is_open_again_and_nobodys(store: SqlStore) -> None:
    case = an_open_case(store, an_item(1, "first"))
    done = replace(
        case, **claimed() | {"state": State.CLOSED, "closed_at": NOW, "result": "no_action"}
    )
    store.change(case, done, events=[])
    take(store, an_item(1, "second"))
    settle(store)
    after = the_case(store, case.ref)
    assert (after.state, after.claimed_by, after.closed_at) == (State.OPEN, "", None)
    assert after.result == "no_action"


def test_a_raised_priority_moves_the_case_and_starts_its_steps_anew(store: SqlStore) -> None:
    case = an_open_case(store, an_item(1, "first"), priority=Priority.P3)
    store.change(case, replace(case, lane=Lane.COMMS, escalation=1), events=[])
    take(store, an_item(1, "second"))
    settle(store, priority=Priority.P3)
    same = the_case(store, case.ref)
    assert (same.lane, same.escalation) == (Lane.COMMS, 1)
    take(store, an_item(1, "third"))
    settle(store, priority=Priority.P1, owner=Lane.CONTROL_ROOM)
    raised = the_case(store, case.ref)
    assert (raised.lane, raised.escalation) == (Lane.CONTROL_ROOM, 0)


def test_a_deleted_item_that_waits_can_still_be_settled(store: SqlStore) -> None:
    take(store, an_item(1), arriving(an_item(1, ""), Change.DELETE))
    (ref,) = settle(store)
    case = the_case(store, ref)
    assert case.state is State.OPEN
    assert case.deleted_at == NOW


def test_notices_among_the_cards_are_added_once(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1))
    (waiting,) = store.waiting(limit=1)
    note = replace(a_card(ref), key="notice:x", body="look")
    outcome = triaged(waiting.case)
    store.settle([replace(outcome, cards=(*outcome.cards, note, note))])
    owed = {each.key: each for each in store.owed(limit=9, now=NOW)}
    assert owed["notice:x"].wanted == 1
    assert owed["notice:x"].body == "look"


def test_a_confirmed_case_is_found_by_its_person(store: SqlStore) -> None:
    case = an_open_case(store, link=confirmed("P-1"))
    assert [each.ref for each in store.cases_of("P-1")] == [case.ref]
    assert case.link.decision is LinkDecision.CONFIRMED
    assert store.cases_of("P-2") == []


def test_kind_decides_what_is_private(store: SqlStore) -> None:
    take(store, a_post(1, kind=Kind.DM), an_item(2, kind=Kind.COMMENT, **ago(days=1)))
    assert [each.case.item.id for each in store.waiting(limit=9)] == ["1", "2"]


# --- what is not read -----------------------------------------------------------------------------


def unread(store: SqlStore, first: int = 0, **before: timedelta) -> Unread:
    """What came in so long before NOW, or changed."""
    ends = {"private": timedelta(), "public": timedelta()} | before
    return store.unread(
        private_before=NOW - ends["private"], public_before=NOW - ends["public"], first=first
    )


def test_what_is_not_read_is_counted_by_kind_and_age(store: SqlStore) -> None:
    take(store, an_item(1), a_post(2), now=NOW - timedelta(minutes=9))
    (late,) = take(store, an_item(3), now=NOW - timedelta(minutes=1))
    assert unread(store).count == 3
    assert unread(store, private=timedelta(minutes=2)).count == 2
    assert unread(store, public=timedelta(minutes=10)).count == 2
    only = unread(store, first=9, private=timedelta(), public=timedelta(hours=1))
    assert (only.count, only.since) == (2, NOW - timedelta(minutes=9))
    assert [each.item.id for each in only.first] == ["1", "3"]
    settle(store)
    assert unread(store, first=9) == Unread()
    assert the_case(store, late).state is State.OPEN


def test_the_first_that_are_not_read_are_private_then_oldest(store: SqlStore) -> None:
    take(store, a_post(1, **ago(hours=3)), an_item(2, **ago(hours=1)), an_item(3, **ago(hours=2)))
    found = unread(store, first=2)
    assert found.count == 3
    assert [each.item.id for each in found.first] == ["3", "2"]


def test_a_changed_text_is_not_read_since_the_change_and_not_since_it_came(
    store: SqlStore,
) -> None:
    take(store, an_item(1), now=NOW - timedelta(days=1))
    settle(store)
    changed = NOW - timedelta(minutes=5)
    take(store, an_item(1, "other words"), now=changed)
    take(store, arriving(an_item(1, "other words"), Change.DELETE), now=NOW)
    assert unread(store) == Unread(count=1, since=changed)
    assert unread(store, private=timedelta(minutes=6)).count == 0
