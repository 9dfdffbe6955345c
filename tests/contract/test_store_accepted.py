"""What every store promises about presses that were accepted and are not carried out yet."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from storage.store import SqlStore
from tests.stores import NOW
from triage.accepted import Accepted

LATER = NOW + timedelta(seconds=20)


def kept(store: SqlStore, sink: str = "slack") -> list[Accepted]:
    return store.left_presses(sink, before=LATER)


def test_a_press_is_kept_once_until_it_is_done(store: SqlStore) -> None:
    assert store.accept_press("a", "slack", "{}", now=NOW)
    assert not store.accept_press("a", "slack", "{}", now=LATER)
    assert kept(store) == [Accepted(key="a", sink="slack", body="{}", at=NOW)]

    store.press_done("a")

    assert kept(store) == []
    assert store.accept_press("a", "slack", "{}", now=NOW)


def test_what_is_in_hand_is_not_left_and_nor_is_anothers(store: SqlStore) -> None:
    store.accept_press("a", "slack", "{}", now=NOW)
    store.accept_press("b", "other", "{}", now=NOW)

    assert store.left_presses("slack", before=NOW) == []
    assert [each.key for each in kept(store)] == ["a"]


def test_a_left_press_is_taken_by_one_only(store: SqlStore) -> None:
    store.accept_press("a", "slack", "{}", now=NOW)
    (left,) = kept(store)

    def take(_: int) -> bool:
        return store.retake_press(left, now=LATER)

    with ThreadPoolExecutor(4) as nodes:
        taken = list(nodes.map(take, range(4)))

    assert sum(taken) == 1
    assert kept(store) == []


def test_a_press_that_is_done_is_taken_by_nobody(store: SqlStore) -> None:
    store.accept_press("a", "slack", "{}", now=NOW)
    (left,) = kept(store)
    store.press_done("a")

    assert not store.retake_press(left, now=LATER)
