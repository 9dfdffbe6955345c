"""Two officers at once, on two nodes: never half a link, never two for an account."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.factories import ALICE, BOB
from tests.linked_desk import LinkedDesk, consistent
from triage.errors import Refused, Stale
from triage.flow import triage_waiting
from triage.lifecycle import Verb
from triage.model import Case, LinkDecision, Officer

Press = tuple[Case, Verb, str]

ROUNDS = 6


@pytest.fixture
def desks(two_nodes: tuple[SqlStore, SqlStore], clock: SteppingClock) -> Sequence[LinkedDesk]:
    """Two nodes of one desk."""
    first, second = (LinkedDesk(store, clock) for store in two_nodes)
    first.knows()
    return first, second


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """What came of jobs that begin together: their answers, or how they were refused."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return job()
        except (Refused, Stale) as refused:
            return refused

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def pressing(desk: LinkedDesk, press: Press, officer: Officer) -> Callable[[], object]:
    case, verb, record_id = press
    return lambda: desk.press(case, verb, officer, record_id=record_id)


def test_of_two_who_confirm_other_persons_on_one_item_one_is_told(
    desks: Sequence[LinkedDesk],
) -> None:
    one, two = desks
    for number in range(ROUNDS):
        case = one.arrives(account=f"1{number}")
        said = at_once(
            pressing(one, (case, Verb.LINK, "MARA"), ALICE),
            pressing(two, (case, Verb.LINK, "OTTO"), BOB),
        )
        assert sum(isinstance(each, Refused) for each in said) == 1
        assert one.actions(case).count("link") == one.actions(case).count("combined") == 1
        assert consistent(one, f"1{number}")


def test_two_who_confirm_on_two_items_of_an_account_leave_one_link_in_force(
    desks: Sequence[LinkedDesk],
) -> None:
    one, two = desks
    for number in range(ROUNDS):
        account = f"2{number}"
        first, second = one.arrives(account=account), one.arrives(account=account)
        said = at_once(
            pressing(one, (first, Verb.LINK, "MARA"), ALICE),
            pressing(two, (second, Verb.LINK, "OTTO"), BOB),
        )
        assert all(isinstance(each, Case) for each in said)
        assert consistent(one, account)
        shared = one.arrives("any news?", account)
        assert shared.link.decision is LinkDecision.SUGGESTED


def test_confirming_and_rejecting_at_once_end_in_one_word_or_the_other(
    desks: Sequence[LinkedDesk],
) -> None:
    one, two = desks
    for number in range(ROUNDS):
        account = f"3{number}"
        case = one.arrives(account=account)
        at_once(
            pressing(one, (case, Verb.LINK, "MARA"), ALICE),
            pressing(two, (case, Verb.REJECT, "MARA"), BOB),
        )
        live = one.store.prior_link("x", account)
        refused = one.store.rejected_records("x", account)
        assert (live is None) is ("MARA" in refused)
        assert consistent(one, account)


def test_undoing_twice_at_once_undoes_once(desks: Sequence[LinkedDesk]) -> None:
    one, two = desks
    for number in range(ROUNDS):
        account = f"4{number}"
        case = one.arrives(account=account)
        one.press(case, Verb.LINK, record_id="MARA")
        known = one.arrives("any news?", account)
        at_once(
            pressing(one, (case, Verb.UNLINK, "MARA"), ALICE),
            pressing(two, (known, Verb.UNLINK, "MARA"), BOB),
        )
        assert one.store.prior_link("x", account) is None
        assert one.case(known.ref).link.decision is LinkDecision.NONE
        assert consistent(one, account)


def test_what_is_read_while_its_account_is_taken_back_is_not_linked(
    desks: Sequence[LinkedDesk],
) -> None:
    one, two = desks
    for number in range(ROUNDS):
        account = f"5{number}"
        case = one.arrives(account=account)
        one.press(case, Verb.LINK, record_id="MARA")
        refs = [one.stored("any news?", account) for _ in range(3)]
        at_once(
            lambda: triage_waiting(two.desk, limit=9),
            pressing(one, (case, Verb.UNLINK, "MARA"), ALICE),
        )
        triage_waiting(one.desk, limit=9)
        decided = {one.case(ref).link.decision for ref in refs}
        assert decided == {LinkDecision.NONE}
        assert consistent(one, account)
    one.store.verify()
