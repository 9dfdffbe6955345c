"""What every store promises about the figures of days, and the readings they are counted from."""

from datetime import timedelta

from storage.store import SqlStore
from tests.stores import NOW, a_post, an_open_case, take
from triage.drift import DayFigures

TODAY = NOW.date()


def test_figures_come_back_as_they_were_kept_the_oldest_first(store: SqlStore) -> None:
    days = [
        DayFigures(
            day=TODAY - timedelta(days=back),
            messages=back,
            score_sum=0.25,
            scores=(1, 2),
            langs={"en": 3, "pa-Latn": 1},
            models={"desk-2+f3946af8": 4},
        )
        for back in (1, 3, 2)
    ]
    store.save_days(days)
    assert store.days_since(TODAY - timedelta(days=2)) == [days[2], days[0]]


def test_a_day_kept_again_takes_the_place_of_the_first(store: SqlStore) -> None:
    for messages in (1, 2):
        store.save_days([DayFigures(day=TODAY, messages=messages)])
    assert [each.messages for each in store.days_since(TODAY)] == [2]


def test_an_empty_store_has_no_first_case_and_no_days(store: SqlStore) -> None:
    assert store.first_received() is None
    assert store.days_since(TODAY) == []


def test_what_was_read_comes_in_the_order_it_was_received_page_by_page(store: SqlStore) -> None:
    cases = [an_open_case(store, a_post(number, f"message {number}")) for number in range(5)]
    take(store, a_post(9, "nobody has read this"))
    began = store.first_received()
    assert began == min(case.received_at for case in cases)
    read = store.read_between(began, NOW + timedelta(days=1), page=2)
    found = [(text, verdict) for text, verdict in read]
    assert [text for text, _ in found] == [f"message {number}" for number in range(5)]
    assert [verdict for _, verdict in found] == [case.verdict for case in cases]
    assert list(store.read_between(began - timedelta(days=2), began)) == []
