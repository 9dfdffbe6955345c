"""Several threads and several nodes over one database: exactly one wins, and nothing is doubled."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.store import SqlStore, connect
from storage.tables import metadata
from tests.conftest import PATIENCE
from tests.stores import (
    NOW,
    SOURCE,
    a_harvest,
    a_notice,
    an_event,
    an_item,
    an_open_case,
    arriving,
    claimed,
    the_case,
    triaged,
)
from triage.errors import Stale
from triage.model import Alarm, Change

TwoNodes = tuple[SqlStore, SqlStore]


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run jobs in threads that start together; results in order, refusals as values."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        barrier.wait(timeout=10)
        try:
            return job()
        except Stale as stale:
            return stale

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def claims(store: SqlStore, ref: str, officer: str) -> Callable[[], object]:
    case = the_case(store, ref)
    after = replace(case, **claimed(officer))
    return lambda: store.change(case, after, events=[an_event(ref, "claim", by=officer)])


# --- threads of one process -----------------------------------------------------------------------


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(officers=st.integers(min_value=2, max_value=5))
def test_of_officers_who_claim_at_once_exactly_one_wins(store: SqlStore, officers: int) -> None:
    case = an_open_case(store, an_item(uuid4().hex, thread_id=""))
    jobs = [claims(store, case.ref, f"officer-{n}") for n in range(officers)]
    outcomes = at_once(*jobs)
    losers = [each for each in outcomes if isinstance(each, Stale)]
    assert len(losers) == officers - 1
    winner = the_case(store, case.ref).claimed_by
    assert all(winner in str(loser) for loser in losers)
    assert [each.detail for each in store.events(case.ref) if each.action == "claim"] == [
        {"by": winner}
    ]
    store.verify()


def test_threads_that_hold_the_same_message_get_it_once(store: SqlStore) -> None:
    store.notify([a_notice(n) for n in range(10)], now=NOW)
    for n in range(10):
        held = at_once(*[lambda n=n: store.hold(f"notice:{n}", now=NOW, seconds=9)] * 4)
        assert sum(each is not None for each in held) == 1


def test_reads_go_on_while_another_thread_writes(store: SqlStore) -> None:
    case = an_open_case(store)
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(the_case(store, case.ref).version)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(50):
            case = store.change(case, case, events=[])
    finally:
        done.set()
        reader.join(timeout=10)
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


# --- two nodes ------------------------------------------------------------------------------------


def test_two_nodes_that_claim_at_once_agree_who_has_it(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    for number in range(10):
        case = an_open_case(first, an_item(number, thread_id=""))
        outcomes = at_once(claims(first, case.ref, "ada"), claims(second, case.ref, "ben"))
        assert sum(isinstance(each, Stale) for each in outcomes) == 1
    assert first.verify() == second.verify()


def test_two_nodes_that_take_in_the_same_page_store_it_once(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    for page in range(5):
        harvest = a_harvest(*[an_item(page * 100 + n, thread_id="") for n in range(40)])
        taken = at_once(
            lambda harvest=harvest: first.take_in(SOURCE, harvest, now=NOW),
            lambda harvest=harvest: second.take_in(SOURCE, harvest, now=NOW),
        )
        assert sorted(each.new for each in taken) == [0, 40]  # type: ignore[attr-defined]
    assert len(first.waiting(limit=999)) == 200
    first.verify()


def test_references_are_never_doubled_over_two_nodes(two_nodes: TwoNodes) -> None:
    def take(store: SqlStore, name: str) -> Callable[[], object]:
        pages = [[an_item(f"{name}{p}-{n}", thread_id="") for n in range(7)] for p in range(15)]
        return lambda: [
            ref
            for page in pages
            for ref in store.take_in(f"x:{name}", a_harvest(*page), now=NOW).refs
        ]

    first, second = two_nodes
    refs = list(chain(*at_once(take(first, "a"), take(second, "b"))))  # type: ignore[arg-type]
    assert len(set(refs)) == len(refs) == 210
    first.verify()


def test_two_nodes_that_settle_the_same_cases_write_each_once(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    first.take_in(SOURCE, a_harvest(*[an_item(n, thread_id="") for n in range(60)]), now=NOW)
    outcomes = [triaged(each.case) for each in first.waiting(limit=99)]
    settled = at_once(
        lambda: first.settle(outcomes), lambda: second.settle(list(reversed(outcomes)))
    )
    assert sorted(len(each) for each in settled) == [0, 60]  # type: ignore[arg-type]
    assert {each.version for each in (the_case(first, o.ref) for o in outcomes)} == {2}
    assert len(first.owed(limit=99, now=NOW)) == 60
    assert first.verify() == 120


def test_an_edit_and_a_claim_at_once_both_stand(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    for number in range(10):
        case = an_open_case(first, an_item(number, "first", thread_id=""))
        edit = a_harvest(arriving(an_item(number, "second", thread_id=""), Change.EDIT))
        claim, _ = at_once(
            claims(first, case.ref, "ada"),
            lambda edit=edit: second.take_in(SOURCE, edit, now=NOW),
        )
        after = the_case(first, case.ref)
        assert after.item.text == "second"
        assert after.claimed_by == ("" if isinstance(claim, Stale) else "ada")


def test_only_one_of_two_nodes_gets_message_lease_and_alarm(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    alarm = Alarm(key="x", text="silent", raised_at=NOW)
    for number in range(8):
        first.notify([a_notice(number)], now=NOW)
        key, name = f"notice:{number}", f"lease:{number}"
        for jobs in (
            [lambda s=s, key=key: s.hold(key, now=NOW, seconds=9) for s in two_nodes],
            [
                lambda s=s, n=n, name=name: s.lease(name, n, seconds=9, now=NOW)
                for n, s in zip("ab", two_nodes, strict=True)
            ],
            [lambda s=s, a=replace(alarm, key=name): s.raise_alarm(a) for s in two_nodes],
        ):
            assert sum(bool(each) for each in at_once(*jobs)) == 1
    assert len(second.alarms()) == 8


def test_two_nodes_keep_one_chain_of_audit_events(two_nodes: TwoNodes) -> None:
    def recording(store: SqlStore, name: str) -> Callable[[], object]:
        return lambda: [store.record([an_event(f"{name}-{n}")]) for n in range(40)]

    first, second = two_nodes
    at_once(recording(first, "a"), recording(second, "b"))
    assert first.verify() == second.verify() == 80


def test_what_one_node_wrote_the_other_sees(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    case = an_open_case(first)
    mark = second.change_mark()
    first.change(case, replace(case, note="seen"), events=[])
    assert the_case(second, case.ref).note == "seen"
    assert second.change_mark() > mark


# --- migrations -----------------------------------------------------------------------------------


def test_migrations_lead_to_the_tables_of_this_version(store_url: str) -> None:
    store = connect(store_url, PATIENCE)
    store.migrate()
    with store._db.engine.connect() as tx:
        # Alembic cannot compare SQLite's defaults: it reads them back in other quotes.
        defaults = {"compare_server_default": tx.dialect.name == "postgresql"}
        # The words to be found by are a table of SQLite's own, or a vector of PostgreSQL's.
        seen = {"include_name": lambda name, kind, parents: not str(name).startswith("item_search")}
        context = MigrationContext.configure(tx, opts=defaults | seen)
        assert compare_metadata(context, metadata) == []
    store.close()


def test_migrating_again_changes_nothing(two_nodes: TwoNodes) -> None:
    first, second = two_nodes
    case = an_open_case(first)
    second.migrate()
    assert the_case(second, case.ref) == case


def test_nodes_that_start_at_once_migrate_once(store_url: str) -> None:
    nodes = [connect(store_url, PATIENCE) for _ in range(3)]
    at_once(*[node.migrate for node in nodes])
    for node in nodes:
        an_open_case(node, an_item(id(node), thread_id=""))
        node.close()


def test_a_store_that_was_never_migrated_says_so(store_url: str) -> None:
    store = connect(store_url, PATIENCE)
    with pytest.raises(Exception, match=r"no such table|does not exist"):
        store.case("FC-1")
    store.close()
