"""Windows of many readings: run once each, answered in the order asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from classifiers.runtime.packing import pack, run_packed
from classifiers.runtime.tokens import Window


def window(*ids: int) -> Window:
    return Window(ids=ids)


Row = tuple[int, int]


def row_of(asked: Window) -> Row:
    return sum(asked.ids), len(asked.ids)


READINGS = [
    [window(1, 5, 2)],
    [window(1, 9, 9, 9, 2), window(1, 8, 2)],
    [window(1, 5, 2)],
    [window(1, 7, 7, 2)],
]


@pytest.mark.parametrize("threads", [None, 1, 3])
def test_rows_come_back_in_the_order_of_the_readings(threads: int | None) -> None:
    executor = ThreadPoolExecutor(threads) if threads else None
    rows = run_packed(pack(READINGS), row_of, executor)
    assert rows == [
        ((8, 3),),
        ((30, 5), (11, 3)),
        ((8, 3),),
        ((17, 4),),
    ]


def test_equal_windows_are_run_once() -> None:
    asked: list[Window] = []

    def counting(each: Window) -> Row:
        asked.append(each)
        return row_of(each)

    run_packed(pack(READINGS), counting, None)
    assert len(asked) == len(set(asked)) == 4


def test_long_windows_are_run_first_so_that_threads_end_together() -> None:
    lengths = [len(each.ids) for each in pack(READINGS).windows]
    assert lengths == sorted(lengths, reverse=True)


def test_no_reading_is_no_work() -> None:
    assert run_packed(pack([]), row_of, None) == []
