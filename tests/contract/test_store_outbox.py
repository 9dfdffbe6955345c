"""What every store promises about messages owed to the outside."""

from datetime import timedelta

from sqlalchemy import update

from storage.chat_tables import outbox
from storage.store import SqlStore
from tests.stores import NOW, a_card, a_notice, an_item, an_open_case
from triage.model import Outgoing, Priority

SECOND = timedelta(seconds=1)


def keys(messages: list[Outgoing]) -> list[str]:
    return [message.key for message in messages]


def hold(store: SqlStore, key: str = "notice:1") -> Outgoing | None:
    return store.hold(key, now=NOW, seconds=30)


def test_posted_cards_of_a_case_can_be_owed_once_more(store: SqlStore) -> None:
    case, other = an_open_case(store), an_open_case(store, an_item(2))
    for each in (case, other):
        key = f"card:{each.ref}:slack:C02"
        store.hold(key, now=NOW, seconds=30)
        store.delivered(key, version=each.version, external_id="C02/1", now=NOW)
    store.notify([a_notice(1, case_ref=case.ref)], now=NOW)
    hold(store)
    store.delivered("notice:1", version=1, external_id="C02/2", now=NOW)
    assert store.owed(limit=9, now=NOW) == []

    assert store.show_again(case.ref) == 1
    assert store.show_again(case.ref) == 1

    (owed,) = store.owed(limit=9, now=NOW)
    assert (owed.case_ref, owed.external_id, owed.wanted) == (case.ref, "C02/1", case.version)


def test_showing_again_revives_a_posted_card_and_leaves_one_never_posted(store: SqlStore) -> None:
    case = an_open_case(store)
    key = f"card:{case.ref}:slack:C02"
    assert store.show_again(case.ref) == 0
    store.delivered(key, version=1, external_id="C02/1", now=NOW)
    store.deferred(key, retry_at=None, error="refused", unsure=False, now=NOW)
    assert store.owed(limit=9, now=NOW) == []

    store.show_again(case.ref)

    assert [each.delivered for each in store.owed(limit=9, now=NOW)] == [1]


def test_a_notice_is_owed_once_however_often_it_is_added(store: SqlStore) -> None:
    assert store.notify([a_notice(1), a_notice(2)], now=NOW) == 2
    assert store.notify([a_notice(2, body="changed"), a_notice(3)], now=NOW) == 1
    assert store.notify([], now=NOW) == 0
    assert {each.body for each in store.owed(limit=9, now=NOW)} == {
        "notice 1",
        "notice 2",
        "notice 3",
    }


def test_what_is_owed_comes_urgent_first_then_oldest(store: SqlStore) -> None:
    for number, urgency, minutes in ((1, 3, 9), (2, 1, 1), (3, 1, 5), (4, 2, 99)):
        at = NOW - timedelta(minutes=minutes)
        store.notify([a_notice(number, urgency=urgency)], now=at)
    assert keys(store.owed(limit=9, now=NOW)) == ["notice:3", "notice:2", "notice:4", "notice:1"]
    assert keys(store.owed(limit=9, now=NOW, urgent_only=True)) == [
        "notice:3",
        "notice:2",
        "notice:4",
    ]
    assert keys(store.owed(limit=1, now=NOW)) == ["notice:3"]


def test_a_message_is_held_by_one_only(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    held = hold(store)
    assert held is not None
    assert held.body == "notice 1"
    assert hold(store) is None
    assert store.owed(limit=9, now=NOW) == []


def test_what_does_not_exist_cannot_be_held(store: SqlStore) -> None:
    assert hold(store, "notice:none") is None


def test_a_first_hold_is_sure_and_the_next_after_a_death_is_not(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    first = hold(store)
    assert first is not None
    assert (first.unsure, first.attempts) == (False, 0)
    later = NOW + 31 * SECOND
    assert keys(store.owed(limit=9, now=later)) == ["notice:1"]
    second = store.hold("notice:1", now=later, seconds=30)
    assert second is not None
    assert (second.unsure, second.attempts) == (True, 1)


def test_a_hold_tells_when_the_first_attempt_in_doubt_began(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    first = hold(store)
    assert first is not None
    assert first.tried_at is None
    for minute in (1, 2):
        held = store.hold("notice:1", now=NOW + minute * 60 * SECOND, seconds=30)
        assert held is not None
        assert held.tried_at == NOW
    later = NOW + 300 * SECOND
    store.deferred("notice:1", retry_at=None, error="refused", unsure=False, now=later)
    store.revive()
    sure = store.hold("notice:1", now=later, seconds=30)
    assert sure is not None
    assert not sure.unsure
    again = store.hold("notice:1", now=later + 31 * SECOND, seconds=30)
    assert again is not None
    assert again.tried_at == later


def test_a_doubt_from_before_attempts_had_a_time_stays_without_one(store: SqlStore) -> None:
    """It is looked for from when it was owed, however often it is tried."""
    store.notify([a_notice(1)], now=NOW)
    with store.database.write() as tx:
        tx.execute(update(outbox).values(unsure=True, attempts=1))
    for minute in (1, 2):
        held = store.hold("notice:1", now=NOW + minute * 60 * SECOND, seconds=30)
        assert held is not None
        assert (held.unsure, held.tried_at) == (True, None)


def test_a_delivered_message_is_no_longer_owed(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    hold(store)
    store.delivered("notice:1", version=1, external_id="ts-1", now=NOW)
    assert hold(store) is None
    assert store.owed(limit=9, now=NOW + timedelta(days=9)) == []
    message = store.message("notice:1")
    assert message is not None
    assert (message.external_id, message.delivered, message.unsure) == ("ts-1", 1, False)


def test_a_card_that_changed_while_it_was_sent_is_owed_again(store: SqlStore) -> None:
    case = an_open_case(store)
    key = a_card(case.ref).key
    held = hold(store, key)
    assert held is not None
    store.change(case, case, events=[])
    store.delivered(key, version=held.wanted, external_id="ts-1", now=NOW)
    (again,) = store.owed(limit=9, now=NOW)
    assert (again.delivered, again.wanted, again.external_id) == (2, 3, "ts-1")
    assert (again.unsure, again.attempts) == (False, 0)


def test_an_outcome_without_an_external_id_keeps_the_one_there_was(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    store.delivered("notice:1", version=1, external_id="ts-1", now=NOW)
    store.delivered("notice:1", version=2, external_id="", now=NOW)
    message = store.message("notice:1")
    assert message is not None
    assert message.external_id == "ts-1"


def test_a_late_outcome_of_an_older_version_does_not_turn_the_clock_back(store: SqlStore) -> None:
    store.notify([a_notice(1, wanted=3)], now=NOW)
    store.delivered("notice:1", version=3, external_id="new", now=NOW)
    store.delivered("notice:1", version=2, external_id="old", now=NOW)
    message = store.message("notice:1")
    assert message is not None
    assert (message.delivered, message.external_id) == (3, "new")


def test_a_deferred_message_comes_back_when_it_is_due(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    hold(store)
    due = NOW + 60 * SECOND
    store.deferred("notice:1", retry_at=due, error="rate limited", unsure=False, now=NOW)
    assert store.owed(limit=9, now=due - SECOND) == []
    assert store.hold("notice:1", now=due - SECOND, seconds=5) is None
    again = store.hold("notice:1", now=due, seconds=5)
    assert again is not None
    assert (again.unsure, again.attempts) == (False, 1)


def test_an_unknown_outcome_stays_unsure(store: SqlStore) -> None:
    store.notify([a_notice(1)], now=NOW)
    hold(store)
    store.deferred("notice:1", retry_at=NOW, error="timed out", unsure=True, now=NOW)
    (owed,) = store.owed(limit=9, now=NOW)
    assert owed.unsure


def test_a_dead_message_is_not_tried_but_counted_and_can_be_revived(store: SqlStore) -> None:
    store.notify([a_notice(1), a_notice(2, destination="teams:T1")], now=NOW)
    for key in ("notice:1", "notice:2"):
        store.deferred(key, retry_at=None, error="no such channel", unsure=False, now=NOW)
    assert store.owed(limit=9, now=NOW + timedelta(days=9)) == []
    assert hold(store) is None
    assert store.backlog() == {"dead": 2}
    assert {error for _, error in store.dead_messages()} == {"no such channel"}
    assert store.revive(destination="slack:C02") == 1
    assert keys(store.owed(limit=9, now=NOW)) == ["notice:1"]
    assert store.revive() == 1


def test_the_backlog_counts_what_waits_by_destination(store: SqlStore) -> None:
    assert store.backlog() == {"dead": 0}
    store.notify(
        [a_notice(1), a_notice(2), a_notice(3, destination="email:duty"), a_notice(4)], now=NOW
    )
    store.delivered("notice:4", version=1, external_id="x", now=NOW)
    assert store.backlog() == {"slack:C02": 2, "email:duty": 1, "dead": 0}


def test_cards_of_urgent_cases_travel_in_the_urgent_lane(store: SqlStore) -> None:
    urgent = an_open_case(store, an_item(1), priority=Priority.P2)
    an_open_case(store, an_item(2), priority=Priority.P3)
    assert keys(store.owed(limit=9, now=NOW, urgent_only=True)) == [a_card(urgent.ref).key]


def test_a_message_keeps_the_time_it_was_made(store: SqlStore) -> None:
    made = NOW - timedelta(hours=1)
    store.notify([a_notice(1, created_at=made), a_notice(2)], now=NOW)
    assert [each.created_at for each in store.owed(limit=9, now=NOW)] == [made, NOW]


def test_any_text_can_be_owed_and_any_error_noted(store: SqlStore) -> None:
    store.notify([a_notice(1, body="nul \x00 \ud83d" + "x" * 50_000)], now=NOW)
    store.deferred("notice:1", retry_at=NOW, error="\x00\ud83d" * 5000, unsure=False, now=NOW)
    (owed,) = store.owed(limit=9, now=NOW)
    assert len(owed.body) > 50_000
