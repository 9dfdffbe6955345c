"""A process killed between any two statements: a link with all that goes with it, or nothing."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from sqlalchemy import event

from storage.store import connect
from tests.conftest import PATIENCE, SteppingClock
from tests.linked_desk import OTTOS, LinkedDesk, consistent
from triage.errors import Refused
from triage.flow import triage_waiting
from triage.lifecycle import Verb
from triage.model import LinkDecision

ACCOUNT = "77"
MOST = 200
"""No press takes so many statements."""

Work = Callable[[LinkedDesk], object]


def opened(url: str, clock: SteppingClock) -> LinkedDesk:
    return LinkedDesk(connect(url, PATIENCE, clock=clock), clock)


def killed_at(number: int, url: str, clock: SteppingClock, work: Work) -> bool:
    """Whether a process that does the work was killed at its n-th statement or commit."""

    def run() -> None:
        desk = opened(url, clock)
        left = number

        def counted(*_: Any) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(desk.store.database.engine, "before_cursor_execute", counted)
        event.listen(desk.store.database.engine, "commit", counted)
        with suppress(Refused):  # it was done before the last kill
            work(desk)
        os._exit(0)

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    child.join(30)
    assert child.exitcode in (0, -signal.SIGKILL), child.exitcode
    return child.exitcode != 0


def kill_everywhere(url: str, clock: SteppingClock, work: Work) -> int:
    """Kill the work at each of its statements in turn until it is done; how many there were."""
    for number in count():
        assert number < MOST
        if not killed_at(number, url, clock, work):
            return number
        desk = opened(url, clock)
        assert consistent(desk, ACCOUNT)
        desk.store.close()
    raise AssertionError("unreachable: the count has no end")


@pytest.fixture
def place(store_url: str, clock: SteppingClock) -> tuple[str, SteppingClock]:
    """A database in which Mara and Otto are known."""
    desk = opened(store_url, clock)
    desk.store.migrate()
    desk.knows()
    desk.store.close()
    return store_url, clock


def test_confirming_is_whole_or_has_not_happened(place: tuple[str, SteppingClock]) -> None:
    desk = opened(*place)
    case = desk.arrives()
    desk.store.close()
    assert kill_everywhere(*place, lambda node: node.press(case, Verb.LINK, record_id="MARA")) > 5
    desk = opened(*place)
    link = desk.store.prior_link("x", ACCOUNT)
    assert link is not None
    assert link.ref == case.ref
    assert desk.actions(case).count("link") == 1
    desk.store.close()


def test_rejecting_is_whole_or_has_not_happened(place: tuple[str, SteppingClock]) -> None:
    desk = opened(*place)
    case = desk.arrives()
    desk.store.close()
    assert kill_everywhere(*place, lambda node: node.press(case, Verb.REJECT, record_id="MARA")) > 5
    desk = opened(*place)
    assert desk.store.rejected_records("x", ACCOUNT) == {"MARA"}
    assert desk.actions(case).count("reject") == 1
    assert desk.case(case.ref).link.candidates == ()
    desk.store.close()


def test_undoing_is_whole_over_every_item_or_has_not_happened(
    place: tuple[str, SteppingClock],
) -> None:
    desk = opened(*place)
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    later = [desk.arrives("any news?") for _ in range(2)]
    other = desk.arrives(OTTOS)
    desk.press(other, Verb.LINK, record_id="OTTO")
    desk.store.close()
    assert kill_everywhere(*place, lambda node: node.press(other, Verb.UNLINK)) > 5
    desk = opened(*place)
    link = desk.store.prior_link("x", ACCOUNT)
    assert link is not None
    assert link.record_id == "MARA"
    assert all(desk.case(each.ref).link.decision is LinkDecision.CONFIRMED for each in later)
    desk.store.close()
    assert kill_everywhere(*place, lambda node: node.press(later[0], Verb.UNLINK)) > 5
    desk = opened(*place)
    assert desk.store.prior_link("x", ACCOUNT) is None
    assert {desk.case(each.ref).link.decision for each in later} == {LinkDecision.NONE}
    desk.store.close()


def test_reading_a_known_account_s_message_is_whole_or_is_done_again(
    place: tuple[str, SteppingClock],
) -> None:
    desk = opened(*place)
    desk.press(desk.arrives(), Verb.LINK, record_id="MARA")
    place[1].step(hours=1)
    ref = desk.stored("any news?")
    desk.store.close()
    assert kill_everywhere(*place, lambda node: triage_waiting(node.desk, limit=9)) > 5
    desk = opened(*place)
    case, link = desk.case(ref), desk.store.prior_link("x", ACCOUNT)
    assert case.link.decision is LinkDecision.CONFIRMED
    assert link is not None
    assert link.seen_at == case.item.sent_at
    assert desk.actions(case).count("triaged") == 1
    desk.store.close()
