"""Bulk work pulls over for what is urgent, never for long, and never for itself."""

import threading
import time
from collections.abc import Callable

from console.rightofway import LONGEST_SECONDS, READ_AT_ONCE, RightOfWay, YieldingClassifier
from triage.model import Verdict
from triage.ports import Reading
from triage.taxonomy import Audience, Label

WAIT_SECONDS = 10


class Road:
    """A right of way with one urgent piece of work that lasts until it is told to end."""

    def __init__(self) -> None:
        self.way = RightOfWay()
        self._begun, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._urgent, daemon=True)

    def _urgent(self) -> None:
        with self.way.urgent():
            self._begun.set()
            self._end.wait(WAIT_SECONDS)

    def begin(self) -> None:
        self._thread.start()
        assert self._begun.wait(WAIT_SECONDS)

    def end(self) -> None:
        self._end.set()
        self._thread.join(WAIT_SECONDS)


def beside(work: Callable[[], None]) -> threading.Event:
    """Run `work` in another thread; the event tells that it is done."""
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return done


def test_bulk_work_waits_until_the_urgent_has_passed() -> None:
    road = Road()
    road.begin()
    passed = beside(road.way.give_way)
    assert not passed.wait(LONGEST_SECONDS / 5)
    road.end()
    assert passed.wait(WAIT_SECONDS)


def test_bulk_work_goes_on_after_a_moment_whatever_is_under_way() -> None:
    road = Road()
    road.begin()
    assert beside(road.way.give_way).wait(WAIT_SECONDS)
    road.end()


def test_urgent_work_does_not_wait_for_other_urgent_work_or_for_itself() -> None:
    road = Road()
    road.begin()
    began = time.monotonic()
    with road.way.urgent():
        for _ in range(100):
            road.way.give_way()
    assert time.monotonic() - began < 100 * LONGEST_SECONDS / 2
    road.end()


def test_after_its_own_urgent_work_a_thread_goes_on_at_once() -> None:
    way = RightOfWay()
    began = time.monotonic()
    for _ in range(200):
        with way.urgent():
            pass
        way.give_way()
    assert time.monotonic() - began < 1.0  # 200 lingerings would be 2 s


class Counting:
    """A classifier that notes how many texts it is given at once."""

    name = "counting"

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def read(self, readings: list[Reading]) -> list[Verdict]:
        self.sizes.append(len(readings))
        return [
            Verdict(label=Label.ROUTINE, audience=Audience.CONTACT, scores={}, model=each.text)
            for each in readings
        ]


def test_a_yielding_classifier_reads_a_few_at_a_time_and_keeps_the_order() -> None:
    inner = Counting()
    classifier = YieldingClassifier(inner, RightOfWay())  # type: ignore[arg-type]
    texts = [str(number) for number in range(2 * READ_AT_ONCE + 1)]
    verdicts = classifier.read([Reading(text=text) for text in texts])
    assert [each.model for each in verdicts] == texts
    assert inner.sizes == [READ_AT_ONCE, READ_AT_ONCE, 1]
    assert classifier.name == "counting"
