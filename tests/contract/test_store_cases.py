"""What every store promises about reading cases and changing them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.store import SqlStore
from tests.stores import (
    NOW,
    a_card,
    a_notice,
    a_post,
    an_event,
    an_item,
    an_open_case,
    claimed,
    settle,
    take,
    the_case,
)
from triage.errors import Stale
from triage.lifecycle import next_step_at
from triage.model import Author, Case, Officer, Outgoing, Priority, State
from triage.ports import QueueFilter
from triage.taxonomy import Lane

EVERY_STATE = tuple(State)


def ids(cases: list[Case]) -> list[str]:
    return [case.item.id for case in cases]


def close(store: SqlStore, case: Case) -> Case:
    return store.change(case, replace(case, state=State.CLOSED, closed_at=NOW), events=[])


def sent_out(store: SqlStore) -> None:
    for each in store.owed(limit=99, now=NOW):
        store.delivered(each.key, version=each.wanted, external_id=f"id-{each.key}", now=NOW)


# --- change ---------------------------------------------------------------------------------------


def test_a_change_writes_case_event_and_cards_together(store: SqlStore) -> None:
    case = an_open_case(store)
    sent_out(store)
    mark = store.change_mark()
    after = replace(case, **claimed() | {"note": "called back", "escalation": 2})
    events = [an_event(case.ref, "claim")]
    changed = store.change(case, after, events=events, cards=[a_card(case.ref, "teams:T1")])
    assert changed == replace(after, version=case.version + 1)
    assert the_case(store, case.ref) == changed
    assert store.events(case.ref)[-1].action == "claim"
    owed = {each.destination: each.wanted for each in store.owed(limit=9, now=NOW)}
    assert owed == {"slack:C02": changed.version, "teams:T1": changed.version}
    assert store.change_mark() > mark


def test_every_field_of_the_desks_work_survives(store: SqlStore) -> None:
    case = an_open_case(store)
    after = replace(
        case,
        state=State.OFFERED,
        priority=Priority.P1,
        lane=Lane.SAFEGUARDING,
        claimed_by="officer-1",
        claimed_at=NOW,
        offered_to=Lane.STANDARDS,
        offered_by="officer-2",
        offered_at=NOW + timedelta(minutes=1),
        escalation=3,
        result="advice",
        result_ref="REF/1",
        closed_at=NOW + timedelta(minutes=2),
        deleted_at=NOW - timedelta(minutes=2),
        incident="I-1",
        note="nul \x00 note",
    )
    store.change(case, after, events=[])
    assert the_case(store, case.ref) == replace(after, version=case.version + 1, note="nul � note")


def test_a_stale_change_writes_nothing_and_says_who_has_it(store: SqlStore) -> None:
    store.save_officer(Officer(id="officer-1", name="PC Ada Quill"))
    case = an_open_case(store)
    sent_out(store)
    store.change(case, replace(case, **claimed()), events=[])
    sent_out(store)
    before, events = the_case(store, case.ref), store.events(case.ref)
    with pytest.raises(Stale, match="PC Ada Quill has it now"):
        store.change(
            case,
            replace(case, **claimed("officer-2")),
            events=[an_event(case.ref)],
            cards=[a_card(case.ref, "teams:T1")],
        )
    assert the_case(store, case.ref) == before
    assert store.events(case.ref) == events
    assert store.owed(limit=9, now=NOW) == []


def test_a_stale_change_of_a_free_case_says_what_it_is_now(store: SqlStore) -> None:
    case = an_open_case(store)
    store.change(case, replace(case, note="x"), events=[])
    with pytest.raises(Stale, match="open now, and nobody has it"):
        store.change(case, replace(case, note="y"), events=[])


def test_a_change_of_what_does_not_exist_is_stale(store: SqlStore) -> None:
    case = an_open_case(store)
    ghost = replace(case, ref="FC-26-1123-9999")
    with pytest.raises(Stale, match="no such item"):
        store.change(ghost, ghost, events=[])


def test_a_notice_among_the_cards_is_owed_once_as_it_is(store: SqlStore) -> None:
    case = an_open_case(store)
    sent_out(store)
    notice = a_notice(1, case_ref=case.ref, created_at=NOW)
    case = store.change(case, case, events=[], cards=[notice])
    sent_out(store)
    case = store.change(case, case, events=[], cards=[notice])
    assert [each.key for each in store.owed(limit=9, now=NOW)] == [a_card(case.ref).key]


def test_a_dead_card_is_tried_again_when_its_case_changes(store: SqlStore) -> None:
    case = an_open_case(store)
    key = a_card(case.ref).key
    store.deferred(key, retry_at=None, error="too long", unsure=False, now=NOW)
    assert store.owed(limit=9, now=NOW) == []
    store.change(case, replace(case, note="x"), events=[])
    assert [each.key for each in store.owed(limit=9, now=NOW)] == [key]


# --- the queue ------------------------------------------------------------------------------------


def test_the_queue_is_by_priority_then_by_time_left(store: SqlStore) -> None:
    for number, priority, minutes in (
        (1, Priority.P3, 5),
        (2, Priority.P1, 1),
        (3, Priority.P3, 50),
        (4, Priority.P5, 500),
        (5, Priority.P1, 4),
    ):
        item = an_item(number, sent_at=NOW - timedelta(minutes=minutes))
        an_open_case(store, item, priority=priority)
    assert ids(store.queue(QueueFilter())) == ["5", "2", "3", "1", "4"]
    assert ids(store.queue(QueueFilter(), limit=2, offset=1)) == ["2", "3"]
    assert store.queue_length(QueueFilter()) == 5


def test_the_queue_shows_what_is_open_unless_told_otherwise(store: SqlStore) -> None:
    closed = an_open_case(store, an_item(1))
    an_open_case(store, an_item(2))
    take(store, an_item(3))
    close(store, closed)
    assert ids(store.queue(QueueFilter())) == ["2"]
    assert ids(store.queue(QueueFilter(states=(State.CLOSED,)))) == ["1"]
    assert sorted(ids(store.queue(QueueFilter(states=EVERY_STATE)))) == ["1", "2", "3"]


def test_the_queue_can_be_narrowed(store: SqlStore) -> None:
    mine = an_open_case(store, an_item(1))
    an_open_case(store, an_item(2), owner=Lane.COMMS, priority=Priority.P5)
    store.change(mine, replace(mine, **claimed()), events=[])
    for wanted, found in (
        (QueueFilter(lanes=(Lane.COMMS,)), ["2"]),
        (QueueFilter(lanes=(Lane.COMMS, Lane.DESK)), ["1", "2"]),
        (QueueFilter(lanes=()), []),
        (QueueFilter(claimed_by="officer-1"), ["1"]),
        (QueueFilter(claimed_by=""), ["2"]),
        (QueueFilter(priorities=(Priority.P5,)), ["2"]),
        (QueueFilter(priorities=(Priority.P1,)), []),
    ):
        assert ids(store.queue(wanted)) == found
        assert store.queue_length(wanted) == len(found)


def test_counts_are_by_state_and_by_priority_of_what_is_open(store: SqlStore) -> None:
    assert store.counts() == {}
    closed = an_open_case(store, an_item(1), priority=Priority.P1)
    an_open_case(store, an_item(2), priority=Priority.P1)
    an_open_case(store, an_item(3), priority=Priority.P4)
    close(store, closed)
    take(store, an_item(4))
    assert store.counts() == {
        "state:open": 2,
        "state:closed": 1,
        "state:received": 1,
        "priority:1": 1,
        "priority:4": 1,
    }


# --- clocks ---------------------------------------------------------------------------------------


def test_a_case_is_overdue_from_its_next_step_on(store: SqlStore) -> None:
    case = an_open_case(store, priority=Priority.P1)
    step = next_step_at(case)
    assert step is not None
    assert store.overdue(step - timedelta(seconds=1)) == []
    assert [each.ref for each in store.overdue(step)] == [case.ref]
    taken = store.change(case, replace(case, escalation=1), events=[])
    assert store.overdue(step) == []
    later = next_step_at(taken)
    assert later is not None
    assert [each.ref for each in store.overdue(later)] == [case.ref]


def test_closed_cases_are_never_overdue_and_edited_ones_still_are(store: SqlStore) -> None:
    closed = an_open_case(store, an_item(1), priority=Priority.P1)
    an_open_case(store, an_item(2, "first"), priority=Priority.P1)
    close(store, closed)
    take(store, an_item(2, "second"))
    assert ids(store.overdue(NOW + timedelta(hours=1))) == ["2"]


def test_the_most_urgent_is_overdue_first(store: SqlStore) -> None:
    old = an_item(1, sent_at=NOW - timedelta(hours=5))
    an_open_case(store, old, priority=Priority.P3)
    an_open_case(store, an_item(2), priority=Priority.P1)
    assert ids(store.overdue(NOW + timedelta(hours=1))) == ["2", "1"]
    assert ids(store.overdue(NOW + timedelta(hours=1), limit=1)) == ["2"]


def test_low_priorities_have_no_steps_of_their_own(store: SqlStore) -> None:
    an_open_case(store, priority=Priority.P5)
    assert store.overdue(NOW + timedelta(days=30)) == []


# --- reading --------------------------------------------------------------------------------------


def test_a_thread_comes_in_true_order_whoever_wrote_and_whenever_it_was_fetched(
    store: SqlStore,
) -> None:
    stranger = Author(account_id="99")
    for number, minutes, author in ((1, 5, "77"), (2, 9, "99"), (3, 1, "77")):
        item = an_item(number, sent_at=NOW - timedelta(minutes=minutes))
        take(store, replace(item, author=stranger) if author == "99" else item)
    take(store, an_item(4, thread_id="other"), a_post(5))
    (ref,) = [each.case.ref for each in store.waiting(limit=9) if each.case.item.id == "1"]
    assert ids(store.thread(the_case(store, ref))) == ["2", "1", "3"]


def test_a_case_without_a_thread_stands_alone(store: SqlStore) -> None:
    first, _ = take(store, an_item(1, thread_id=""), an_item(2, thread_id=""))
    assert ids(store.thread(the_case(store, first))) == ["1"]


def test_what_is_not_there_is_none(store: SqlStore) -> None:
    assert store.case("FC-26-1123-0001") is None
    assert store.versions("FC-26-1123-0001") == []
    assert store.change_mark() == 0


def test_cases_are_found_by_sender_by_time_and_by_incident(store: SqlStore) -> None:
    first = an_open_case(store, an_item(1, sent_at=NOW - timedelta(hours=1)))
    (second,) = take(store, a_post(2), now=NOW + timedelta(minutes=5))
    take(store, an_item(3, author=Author(account_id="99")))
    store.change(first, replace(first, incident="I-1"), events=[])
    assert ids(store.cases_from("x", "77")) == ["2", "1"]
    assert [each.ref for each in store.cases_since(NOW + timedelta(minutes=1))] == [second]
    assert ids(store.cases_in("I-1")) == ["1"]
    assert store.cases_in("") == []


def test_the_change_mark_grows_with_every_kind_of_change(store: SqlStore) -> None:
    marks = [store.change_mark()]
    take(store, an_item(1))
    marks.append(store.change_mark())
    settle(store)
    marks.append(store.change_mark())
    (card,) = store.owed(limit=1, now=NOW)
    store.hold(card.key, now=NOW, seconds=5)
    assert store.change_mark() == marks[-1]
    take(store, an_item(1))
    assert store.change_mark() == marks[-1]
    assert marks == sorted(set(marks))


def test_outgoing_messages_of_a_case_are_listed_with_it(store: SqlStore) -> None:
    case = an_open_case(store)
    sent: list[Outgoing] = store.messages_of(case.ref)
    assert [each.key for each in sent] == [a_card(case.ref).key]
    assert store.message(a_card(case.ref).key) == sent[0]
    assert store.message("card:none") is None
