"""Windows of many readings run over a few threads, and their answers put back in order.

Each window is run by itself: with dynamic int8 a batch companion would change its scores.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from classifiers.runtime.tokens import Window

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Distinct windows, longest first, and for each reading the windows it needs."""

    windows: tuple[Window, ...]
    needs: tuple[tuple[int, ...], ...]


def pack(readings: Sequence[Sequence[Window]]) -> Packed:
    """Plan the work: equal windows run once, long ones first so that threads end together."""
    distinct = sorted({window for each in readings for window in each}, key=_cost)
    place = {window: index for index, window in enumerate(distinct)}
    return Packed(
        windows=tuple(distinct),
        needs=tuple(tuple(place[window] for window in each) for each in readings),
    )


def _cost(window: Window) -> tuple[int, tuple[int, ...]]:
    return (-len(window.ids), window.ids)


def run_packed(
    packed: Packed, run: Callable[[Window], T], executor: Executor | None
) -> list[tuple[T, ...]]:
    """Per reading, in order, the answers on its windows."""
    answers = _mapped(packed.windows, run, executor)
    return [tuple(answers[index] for index in needed) for needed in packed.needs]


def _mapped(
    windows: Sequence[Window], run: Callable[[Window], T], executor: Executor | None
) -> list[T]:
    if executor is None or len(windows) < 2:
        return [run(window) for window in windows]
    return list(executor.map(run, windows))
