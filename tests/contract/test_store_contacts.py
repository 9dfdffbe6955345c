"""What every store counts as a contact: messages less than an hour apart are one."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.contacts import contacts_before, same_account
from storage.store import SqlStore, connect
from storage.tables import items
from tests.stores import NOW, a_post, an_item, confirmed, settle, take
from triage.model import Author, History, Item, PriorLink

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COUNTER_STEPS = 100  # of SQLite's machine, so that cost is counted and not timed


def history_at(store: SqlStore, item: Item) -> History:
    (ref,) = take(store, item)
    (waiting,) = store.waiting(limit=1, refs=[ref])
    return waiting.history


def contacts(store: SqlStore, item: Item) -> tuple[int, int, int]:
    return counts(history_at(store, item))


def counts(history: History) -> tuple[int, int, int]:
    return history.contacts_7d, history.contacts_30d, history.contacts_90d


def written(store: SqlStore, *ages: timedelta, **fields: Any) -> None:
    """Messages of one sender, so long before now."""
    some = [an_item(f"{age}{fields}", sent_at=NOW - age, **fields) for age in ages]
    take(store, *some)


def test_the_lines_of_one_chat_are_one_contact(store: SqlStore) -> None:
    written(store, timedelta(minutes=4), timedelta(minutes=3), timedelta(minutes=1))
    assert contacts(store, an_item("now", sent_at=NOW)) == (0, 0, 0)


def test_the_lines_of_an_earlier_chat_are_one_contact(store: SqlStore) -> None:
    written(store, DAY, DAY + timedelta(minutes=2), DAY + timedelta(minutes=9), 20 * DAY)
    assert contacts(store, an_item("now", sent_at=NOW)) == (1, 2, 2)


@pytest.mark.parametrize(("apart", "earlier"), [(HOUR - timedelta(seconds=1), 0), (HOUR, 1)])
def test_an_hour_without_a_word_ends_a_contact(
    store: SqlStore, apart: timedelta, earlier: int
) -> None:
    written(store, apart)
    assert contacts(store, an_item("now", sent_at=NOW)) == (earlier,) * 3


def test_messages_of_the_same_second_are_one_contact(store: SqlStore) -> None:
    refs = take(store, an_item(1), an_item(2), an_item(3))
    assert [counts(each.history) for each in store.waiting(limit=9, refs=refs)] == [(0, 0, 0)] * 3


def test_a_chat_that_goes_on_in_private_is_the_same_contact(store: SqlStore) -> None:
    take(store, a_post(1, sent_at=NOW - timedelta(minutes=20), thread_id="post"))
    assert contacts(store, an_item("now", sent_at=NOW)) == (0, 0, 0)


def test_a_long_chat_is_left_out_whole_by_its_last_line(store: SqlStore) -> None:
    written(store, *[n * timedelta(minutes=50) for n in range(1, 12)], timedelta(hours=12))
    assert contacts(store, an_item("now", sent_at=NOW)) == (1, 1, 1)


def test_who_writes_without_a_pause_makes_a_contact_a_day(store: SqlStore) -> None:
    written(store, *[n * timedelta(minutes=50) for n in range(1, 100)])  # three and a half days
    assert contacts(store, an_item("now", sent_at=NOW)) == (3, 3, 3)


def test_a_contact_is_within_a_window_by_its_last_message(store: SqlStore) -> None:
    last = 7 * DAY - timedelta(minutes=10)
    written(store, last, last + timedelta(minutes=30))
    assert contacts(store, an_item("now", sent_at=NOW)) == (1, 1, 1)


def test_a_person_is_one_sender_over_all_their_accounts(store: SqlStore) -> None:
    for platform, account in (("x", "77"), ("facebook", "501")):
        link = PriorLink(
            platform=platform,
            account_id=account,
            record_id="P-1",
            confirmed_by="o",
            confirmed_at=NOW,
        )
        store.confirm_link(link, events=[])
    elsewhere = {"channel": "fb_message", "author": Author(account_id="501"), "thread_id": "m"}
    written(store, timedelta(minutes=30), 2 * DAY, **elsewhere)
    written(store, timedelta(minutes=50), 2 * DAY + timedelta(minutes=5), 5 * DAY)
    letter = an_item("letter", channel="email", author=Author(), sent_at=NOW - 9 * DAY)
    (ref,) = take(store, letter)
    settle(store, ref, link=confirmed("P-1"))
    assert contacts(store, an_item("now", sent_at=NOW)) == (2, 3, 3)


# --- whatever the order ---------------------------------------------------------------------------


def by_hand(times: list[datetime], now: datetime) -> tuple[int, ...]:
    """The last messages of the contacts before `now`, counted the slow and plain way."""
    last, before, ends = now, now, []
    for at in sorted((each for each in times if each < now), reverse=True):
        if before - at >= HOUR or at <= last - DAY:
            ends.append(at)
            last = at
        before = at
    return tuple(sum(now - end <= days * DAY for end in ends) for days in (7, 30, 90))


@pytest.mark.parametrize("seed", range(6))
def test_contacts_are_the_same_whatever_the_order_of_fetching(store: SqlStore, seed: int) -> None:
    dice = random.Random(seed)
    apart = [dice.choice([1, 20, 59, 61, 600, 5000]) for _ in range(60)]
    ages = [sum(apart[:n]) for n in range(len(apart))]
    times = [NOW - timedelta(minutes=age) for age in ages]
    some = [an_item(n, sent_at=at) for n, at in enumerate(times)]
    dice.shuffle(some)
    for at in range(0, len(some), 7):
        take(store, *some[at : at + 7])
    found = store.waiting(limit=len(some))
    assert len(found) == len(some)
    for each in found:
        assert counts(each.history) == by_hand(times, each.case.item.sent_at)


# --- what it costs --------------------------------------------------------------------------------


def cost(path: Path, ages: list[timedelta]) -> int:
    """Steps that SQLite takes to count the contacts before a message now."""
    store = connect(f"sqlite:///{path}")
    store.migrate()
    for at in range(0, len(ages), 500):
        written(store, *ages[at : at + 500])
    (ref,) = take(store, an_item("now", sent_at=NOW))
    steps = [0]

    def count() -> None:
        steps[0] += 1

    with store.database.read() as tx:
        raw: Any = tx.connection.driver_connection
        raw.set_progress_handler(count, COUNTER_STEPS)
        tx.execute(contacts_before(items.c.ref == ref, same_account)).one()
        raw.set_progress_handler(None, 0)
    store.close()
    return steps[0] * COUNTER_STEPS


def every(apart: timedelta, count: int) -> list[timedelta]:
    return [n * apart for n in range(1, count + 1)]


def test_a_flood_costs_no_more_than_a_few_lines(tmp_path: Path) -> None:
    few = cost(tmp_path / "few.db", every(timedelta(minutes=5), 5))
    flood = cost(tmp_path / "flood.db", every(timedelta(milliseconds=500), 3000))
    assert flood <= few + 2 * COUNTER_STEPS


@pytest.mark.parametrize("minutes", [59, 61])
def test_the_most_frequent_sender_costs_in_proportion_to_the_hours(
    tmp_path: Path, minutes: int
) -> None:
    apart = timedelta(minutes=minutes)
    some = cost(tmp_path / "some.db", every(apart, 400))
    more = cost(tmp_path / "more.db", every(apart, 1600))
    assert more < 5 * some
