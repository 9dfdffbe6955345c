"""What every store promises about second routes, digests and who has a case in hand."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.stores import NOW, a_notice, an_event, an_item, an_open_case, claimed, the_case
from triage.inhand import InHand, Word
from triage.model import Outgoing, Priority
from triage.shifts import Shift
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority
SHIFT = Shift(
    start=NOW - timedelta(hours=1), end=NOW + timedelta(hours=1), next_end=NOW + timedelta(hours=9)
)
LATER = NOW + timedelta(minutes=1)


def stuck(store: SqlStore, *broken: str) -> list[str]:
    found = store.stuck(before=NOW - timedelta(seconds=1), broken=broken, limit=9)
    return [each.key for each in found]


def at_once(stores: Sequence[SqlStore], work: Callable[[SqlStore], int]) -> int:
    """What several threads on several nodes come to together."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return sum(pool.map(work, [store for store in stores for _ in range(4)]))


# --- in hand --------------------------------------------------------------------------------------


def test_who_has_a_case_in_hand_is_kept_and_wakes_the_clocks_when_it_ends(store: SqlStore) -> None:
    case = an_open_case(store, priority=P2)
    word = Word(by="o1", at=NOW, priority=2, texts=1)
    until = NOW + timedelta(minutes=7)
    hand = InHand(acknowledged=word, until=until, stopped=word, had=("o1", "o2"))
    store.change(case, replace(case, in_hand=hand, escalation=1), events=[])
    assert the_case(store, case.ref).in_hand == hand
    assert store.overdue(until - timedelta(seconds=1)) == []
    assert [each.ref for each in store.overdue(until)] == [case.ref]
    again = the_case(store, case.ref)
    store.change(again, replace(again, in_hand=InHand()), events=[])
    assert the_case(store, case.ref).in_hand == InHand()


# --- the second route -----------------------------------------------------------------------------


def test_stuck_is_what_is_urgent_about_a_case_and_was_never_delivered(store: SqlStore) -> None:
    urgent = an_open_case(store, an_item(1), priority=P1)
    routine = an_open_case(store, an_item(2), priority=P4)
    key = f"card:{urgent.ref}:slack:C02"
    assert stuck(store) == []  # nothing is late yet
    assert stuck(store, "slack:C02") == [key]
    assert store.stuck(before=LATER, broken=[], limit=9)[0].key == key
    store.notify([a_notice(1, urgency=1), a_notice(2, urgency=1, case_ref=urgent.ref)], now=NOW)
    store.notify([a_notice(3, key="again:x", urgency=1, case_ref=urgent.ref)], now=NOW)
    assert stuck(store, "slack:C02") == [key, "notice:2"]
    store.delivered(key, version=1, external_id="1", now=NOW)
    assert stuck(store, "slack:C02") == ["notice:2"]
    store.deferred("notice:2", retry_at=None, error="gone", unsure=False, now=NOW)
    assert stuck(store, "slack:C02") == ["notice:2"]  # given up is not arrived
    assert not any(routine.ref in each for each in stuck(store, "slack:C02"))


def test_a_message_goes_another_way_once_and_stays_owed_itself(store: SqlStore) -> None:
    case = an_open_case(store, priority=P1)
    key = f"card:{case.ref}:slack:C02"
    other = a_notice(7, key="again:7", destination="mail:duty", case_ref=case.ref)
    event = an_event(case.ref, "second_route")
    assert store.reroute(key, messages=[other], events=[event], now=LATER)
    assert not store.reroute(key, messages=[a_notice(8)], events=[event], now=LATER)
    assert stuck(store, "slack:C02") == []
    owed = {each.key for each in store.owed(limit=9, now=LATER)}
    assert owed == {key, "again:7"}
    assert [each.action for each in store.events(case.ref)].count("second_route") == 1


def test_nodes_that_look_at_once_send_it_another_way_once(
    two_nodes: tuple[SqlStore, SqlStore],
) -> None:
    first, _ = two_nodes
    case = an_open_case(first, priority=P1)
    key = f"card:{case.ref}:slack:C02"
    event = an_event(case.ref, "second_route")

    def work(store: SqlStore) -> int:
        return store.reroute(key, messages=[a_notice(1)], events=[event], now=LATER)

    assert at_once(two_nodes, work) == 1
    assert [each.action for each in first.events(case.ref)].count("second_route") == 1


# --- told once ------------------------------------------------------------------------------------


def test_nodes_that_look_at_once_tell_it_once(two_nodes: tuple[SqlStore, SqlStore]) -> None:
    first, _ = two_nodes
    messages: list[Outgoing] = [a_notice(number) for number in range(5)]
    event = an_event("digest:shift", "digest_told")

    def work(store: SqlStore) -> int:
        return store.tell_once(messages, events=[event], now=NOW)

    assert at_once(two_nodes, work) == 5
    assert len(first.events("digest:shift")) == 1
    keys = {each.key for each in messages}
    assert first.told([*keys, "another"]) == keys
    assert first.told([]) == frozenset()
    assert first.tell_once([], events=[event], now=NOW) == 0


# --- figures --------------------------------------------------------------------------------------


def test_figures_count_by_lane_what_fell_into_the_time_and_how_it_stands(
    store: SqlStore, clock: SteppingClock
) -> None:
    first = an_open_case(store, an_item(1), priority=P4)
    an_open_case(store, an_item(2), priority=P4)
    an_open_case(store, an_item(3), priority=P1, owner=Lane.CONTROL_ROOM)
    store.change(first, replace(first, **claimed()), events=[])
    found = store.figures(SHIFT, reply_hours={})
    assert set(found) == {Lane.DESK, Lane.CONTROL_ROOM}
    desk = found[Lane.DESK]
    assert (desk.received, desk.open, desk.decided) == ({4: 2}, {4: 2}, {})
    assert (desk.claimed, desk.unclaimed, desk.offered) == (1, 1, 0)
    assert [each.priority for each in desk.longest] == [4]
    assert found[Lane.CONTROL_ROOM].late == 1
    only = store.figures(SHIFT, reply_hours={}, only=P1)
    assert {lane: figures.received for lane, figures in only.items()} == {Lane.CONTROL_ROOM: {1: 1}}
    before = Shift(start=SHIFT.start - timedelta(days=1), end=SHIFT.start, next_end=SHIFT.end)
    assert store.figures(before, reply_hours={})[Lane.DESK].received == {}


def test_open_cases_of_a_priority_come_oldest_first(store: SqlStore) -> None:
    for number in (2, 1, 3):
        item = an_item(number, sent_at=NOW - timedelta(hours=number))
        an_open_case(store, item, priority=P4)
    found = store.open_at(P4, sent_before=NOW - timedelta(minutes=90), limit=9)
    assert [each.item.id for each in found] == ["3", "2"]
    assert store.open_at(P3, sent_before=NOW, limit=9) == []
