"""What every store promises about replies to citizens."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage.store import SqlStore
from tests.stores import NOW, a_card, a_notice, an_event, an_item, an_open_case, the_case
from triage.errors import Stale
from triage.model import Event
from triage.replies import Reply, ReplyState

SECOND = timedelta(seconds=1)


def a_reply(ref: str, number: int = 1, **fields: Any) -> Reply:
    values: dict[str, Any] = {
        "id": f"reply-{number:04d}",
        "ref": ref,
        "channel": "x_dm",
        "public": False,
        "text": "Yes, it is \N{WAVING HAND SIGN}",
        "drafted_by": "alice",
        "drafted_at": NOW,
    }
    return Reply(**(values | fields))


def added(store: SqlStore, **fields: Any) -> Reply:
    reply = store.add_reply(a_reply(an_open_case(store).ref, **fields), events=())
    assert reply is not None
    return reply


def intent(reply: Reply) -> Event:
    return an_event(reply.ref, "reply_sending")


def hold(store: SqlStore, reply: Reply, **later: float) -> Reply | None:
    now = NOW + timedelta(**later)
    return store.hold_reply(reply.id, now=now, seconds=30, event=intent)


def test_a_reply_comes_back_as_it_was_kept(store: SqlStore) -> None:
    full = added(
        store,
        state=ReplyState.WAITING,
        safe_to_send=True,
        template="danger",
        approved_by="bob",
        approved_at=NOW,
        approved_digest="d" * 64,
        approved_versions=2,
        said="Facebook says: no",
    )
    assert store.reply(full.id) == full
    assert store.replies_of(full.ref) == [full]
    assert store.reply("none-0001") is None


def test_the_same_reply_is_kept_once(store: SqlStore) -> None:
    reply = added(store)
    event = an_event(reply.ref, "reply_drafted")
    assert store.add_reply(replace(reply, text="Another"), events=[event]) is None
    assert store.reply(reply.id) == reply
    assert "reply_drafted" not in [each.action for each in store.events(reply.ref)]


def test_a_case_has_one_reply_under_way(store: SqlStore) -> None:
    first = added(store)
    with pytest.raises(Stale):
        store.add_reply(a_reply(first.ref, 2), events=())
    store.change_reply(first, replace(first, state=ReplyState.SENT), events=())
    second = store.add_reply(a_reply(first.ref, 2), events=())
    assert [each.id for each in store.replies_of(first.ref)] == [first.id, "reply-0002"]
    assert second is not None


def test_a_failed_reply_cannot_come_back_beside_another(store: SqlStore) -> None:
    failed = added(store, state=ReplyState.FAILED)
    store.add_reply(a_reply(failed.ref, 2), events=())
    with pytest.raises(Stale):
        store.change_reply(failed, replace(failed, state=ReplyState.DRAFT), events=())


def test_of_two_changes_the_second_is_told(store: SqlStore) -> None:
    reply = added(store)
    changed = store.change_reply(
        reply,
        replace(reply, text="First"),
        events=[an_event(reply.ref, "reply_changed")],
        notices=[a_notice(1, created_at=NOW)],
    )
    assert (changed.version, changed.text) == (2, "First")
    with pytest.raises(Stale):
        store.change_reply(
            reply,
            replace(reply, text="Second"),
            events=[an_event(reply.ref, "reply_changed")],
            notices=[a_notice(2, created_at=NOW)],
        )
    assert store.reply(reply.id) == changed
    assert [each.action for each in store.events(reply.ref)].count("reply_changed") == 1
    owed = [each.key for each in store.owed(limit=9, now=NOW)]
    assert [key for key in owed if key.startswith("notice")] == ["notice:1"]


def test_a_hold_writes_the_intent_before_anything_is_sent(store: SqlStore) -> None:
    reply = added(store, state=ReplyState.APPROVED)
    held = hold(store, reply)
    assert held is not None
    assert (held.state, held.unsure, held.tried_at) == (ReplyState.SENDING, False, None)
    row = store.reply(reply.id)
    assert row is not None
    assert (row.state, row.unsure, row.tried_at) == (ReplyState.SENDING, True, NOW)
    assert row.version == held.version
    assert "reply_sending" in [each.action for each in store.events(reply.ref)]


def test_a_held_reply_is_free_again_when_its_hold_ends_and_tells_of_the_attempt(
    store: SqlStore,
) -> None:
    reply = added(store, state=ReplyState.APPROVED)
    assert hold(store, reply) is not None
    assert hold(store, reply, seconds=29) is None
    assert store.replies_owed(now=NOW + 29 * SECOND) == []
    assert store.replies_owed(now=NOW + 30 * SECOND) == [reply.id]
    again = hold(store, reply, seconds=30)
    assert again is not None
    assert (again.unsure, again.tried_at, again.attempts) == (True, NOW, 1)
    assert [each.action for each in store.events(reply.ref)].count("reply_sending") == 1


@pytest.mark.parametrize(
    "state", [each for each in ReplyState if each not in (ReplyState.APPROVED, ReplyState.SENDING)]
)
def test_only_what_is_owed_is_held(store: SqlStore, state: ReplyState) -> None:
    reply = added(store, state=state)
    assert hold(store, reply) is None
    assert store.replies_owed(now=NOW) == []


def test_what_is_not_due_is_not_held(store: SqlStore) -> None:
    reply = added(store, state=ReplyState.APPROVED, next_attempt=NOW + 10 * SECOND)
    assert hold(store, reply, seconds=9) is None
    assert hold(store, reply, seconds=10) is not None


def test_a_change_after_the_hold_was_lost_is_refused(store: SqlStore) -> None:
    reply = added(store, state=ReplyState.APPROVED)
    slow = hold(store, reply)
    assert slow is not None
    assert hold(store, reply, seconds=31) is not None
    with pytest.raises(Stale):
        store.change_reply(slow, replace(slow, state=ReplyState.SENT), events=())


def test_the_mark_of_a_case_changes_with_each_change_of_its_replies(store: SqlStore) -> None:
    reply = added(store)
    before = store.replies_mark(reply.ref)
    store.change_reply(reply, replace(reply, text="Other"), events=())
    assert store.replies_mark(reply.ref) != before
    assert store.replies_mark("FC-26-1123-9999") == 0


def test_replies_are_counted_until_they_are_at_their_end(store: SqlStore) -> None:
    for number, state in enumerate(ReplyState, start=1):
        ref = an_open_case(store, an_item(number)).ref
        store.add_reply(a_reply(ref, number, state=state), events=())
    ended = {"sent", "withdrawn"}
    assert store.reply_counts() == {each.value: 1 for each in ReplyState if each not in ended}


def test_a_new_state_is_owed_to_the_cards_of_the_case(store: SqlStore) -> None:
    case = an_open_case(store)
    key = a_card(case.ref).key
    store.hold(key, now=NOW, seconds=30)
    store.delivered(key, version=case.version, external_id="C02/1", now=NOW)
    reply = store.add_reply(a_reply(case.ref), events=())
    assert reply is not None
    assert store.owed(limit=9, now=NOW) == []
    store.change_reply(reply, replace(reply, state=ReplyState.WAITING), events=())
    assert [each.key for each in store.owed(limit=9, now=NOW)] == [key]


def test_of_two_nodes_one_takes_a_reply(two_nodes: tuple[SqlStore, SqlStore]) -> None:
    first, _ = two_nodes
    reply = added(first, state=ReplyState.APPROVED)
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda number: hold(two_nodes[number % 2], reply), range(16)))
    assert len([each for each in held if each is not None]) == 1


def test_of_two_nodes_one_begins_a_reply(two_nodes: tuple[SqlStore, SqlStore]) -> None:
    ref = an_open_case(two_nodes[0]).ref

    def begin(number: int) -> bool:
        try:
            return two_nodes[number % 2].add_reply(a_reply(ref, number), events=()) is not None
        except Stale:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(16))).count(True) == 1


def test_changes_of_a_case_and_of_its_reply_never_wait_for_each_other_in_a_circle(
    two_nodes: tuple[SqlStore, SqlStore],
) -> None:
    store = two_nodes[0]
    case = an_open_case(store)
    key = a_card(case.ref).key
    store.hold(key, now=NOW, seconds=30)
    store.delivered(key, version=case.version, external_id="C02/1", now=NOW)
    reply = store.add_reply(a_reply(case.ref), events=())
    assert reply is not None
    states = (ReplyState.WAITING, ReplyState.DRAFT)

    def change(number: int) -> None:
        node = two_nodes[number % 2]
        with suppress(Stale):
            if number % 4 < 2:
                now = the_case(node, case.ref)
                after = replace(now, note=str(number))
                node.change(now, after, events=[an_event(case.ref, "note")])
            else:
                before = node.reply(reply.id)
                assert before is not None
                after_reply = replace(before, state=states[before.state is states[0]])
                event = an_event(case.ref, "reply_changed")
                node.change_reply(before, after_reply, events=[event])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(80)))
    assert store.verify() > 0
