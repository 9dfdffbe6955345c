"""Right of way: in a surge, bulk work pulls over while something urgent passes.

The threads of a process share one interpreter, so an emergency that came in alone would be read
in turns with twenty thousand others. Bulk work therefore asks at every small step, and waits
while anything urgent is under way: briefly each time, so that it never stands still.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum

from triage.flow import Linker
from triage.model import Item, Link, Verdict
from triage.ports import Classifier, People, Reading

LONGEST_SECONDS = 0.1
"""So long bulk work waits at one step, whatever is under way: a flood of urgent work slows it
and never stops it."""

LINGER_SECONDS = 0.01
"""Urgent work goes from thread to thread: the road stays clear so long between two of them."""

READ_AT_ONCE = 4
"""Readings between two looks: some 20 ms of work."""


class Haste(IntEnum):
    """When work is begun."""

    NOW = 0
    """At once, on the node that saw it, before everything else."""
    SOON = 1
    """First among what waits for a worker."""
    LATER = 2


class RightOfWay:
    """Shared by all threads of a process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way = 0
        self._passed = float("-inf")
        self._last = 0
        # A context and not a thread: what is urgent may have others send for it side by side.
        self._mine: ContextVar[bool] = ContextVar("urgent", default=False)

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """What runs inside is urgent: bulk work of other threads gives way to it."""
        mine = self._mine.set(True)
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            self._mine.reset(mine)
            with self._changed:
                self._under_way -= 1
                self._passed, self._last = time.monotonic(), threading.get_ident()
                self._changed.notify_all()

    def give_way(self) -> None:
        """Wait while something urgent is under way; inside `urgent` itself, go on at once."""
        if self._mine.get():
            return
        ends = time.monotonic() + LONGEST_SECONDS
        with self._changed:
            while (wait := min(self._blocked_for(), ends - time.monotonic())) > 0:
                self._changed.wait(wait)

    def _blocked_for(self) -> float:
        if self._under_way:
            return LONGEST_SECONDS
        if self._last == threading.get_ident():
            return 0.0  # what this thread did itself it need not wait for
        return self._passed + LINGER_SECONDS - time.monotonic()


class YieldingClassifier:
    """Reads a few texts at a time and gives way in between. A verdict has no neighbours anyway."""

    def __init__(self, classifier: Classifier, way: RightOfWay) -> None:
        self._classifier = classifier
        self._way = way
        self.name = classifier.name

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        """As `triage.ports.Classifier.read`."""
        verdicts: list[Verdict] = []
        for at in range(0, len(readings), READ_AT_ONCE):
            self._way.give_way()
            verdicts += self._classifier.read(readings[at : at + READ_AT_ONCE])
        return verdicts


def yielding_linker(linker: Linker, way: RightOfWay) -> Linker:
    """The linker, giving way before each item."""

    def find(item: Item, thread: Sequence[str], people: People) -> Link:
        way.give_way()
        return linker(item, thread, people)

    return find
