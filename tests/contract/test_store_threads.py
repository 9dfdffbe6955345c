"""What every store promises about lines under the card of an incident's first item."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.contract.test_store_incidents import P1, P2, P4, arrives, told
from tests.contract.test_store_nodes import at_once
from tests.stores import NOW, the_case
from triage.model import Case, Outgoing
from triage.threads import Telling

TELLING = Telling(zone=UTC, most=3, has_threads=lambda place: place.startswith("slack:"))


def posted(store: SqlStore, case: Case) -> None:
    """The card of a case is in Slack."""
    key = f"card:{case.ref}:slack:C02"
    store.delivered(key, version=case.version, external_id="C02/1.1", now=NOW)


def lines(store: SqlStore, ref: str) -> list[Outgoing]:
    return [each for each in store.messages_of(ref) if each.under]


def texts(messages: Sequence[Outgoing]) -> list[str]:
    return [json.loads(each.body)["text"] for each in messages]


def begun(store: SqlStore) -> Case:
    """The first of an incident, with its card in Slack."""
    assert store.tell_threads(TELLING, now=NOW) == 0
    first = arrives(store, told(1))
    posted(store, first)
    return first


def test_who_joins_is_told_once_under_the_first_card(store: SqlStore) -> None:
    first = begun(store)
    second = arrives(store, told(2, minutes=1), P2)

    assert store.tell_threads(TELLING, now=NOW) == 1
    assert store.tell_threads(TELLING, now=NOW) == 0

    (line,) = lines(store, first.ref)
    assert texts([line]) == [f"{second.ref} joined this incident: P2, 09:42"]
    assert lines(store, second.ref) == []
    held = store.hold(line.key, now=NOW, seconds=30)
    assert held is not None
    assert (held.under, held.thread) == (f"card:{first.ref}:slack:C02", "C02/1.1")


def test_a_line_waits_until_the_card_above_it_is_posted(store: SqlStore) -> None:
    store.tell_threads(TELLING, now=NOW)
    first = arrives(store, told(1))
    arrives(store, told(2, minutes=1))
    assert store.tell_threads(TELLING, now=NOW) == 1
    (line,) = lines(store, first.ref)

    assert line.key not in {each.key for each in store.owed(limit=99, now=NOW)}
    assert store.hold(line.key, now=NOW, seconds=30) is None
    posted(store, the_case(store, first.ref))

    assert line.key in {each.key for each in store.owed(limit=99, now=NOW)}
    held = store.hold(line.key, now=NOW, seconds=30)
    assert held is not None
    store.delivered(held.key, version=1, external_id="C02/1.2", now=NOW)
    assert line.key not in {each.key for each in store.owed(limit=99, now=NOW)}


def test_what_joined_before_the_first_look_ever_is_history(store: SqlStore) -> None:
    first = arrives(store, told(1))
    arrives(store, told(2, minutes=1))

    assert store.tell_threads(TELLING, now=NOW) == 0
    assert lines(store, first.ref) == []


def test_a_surge_is_told_in_a_few_lines_and_a_sum_that_grows(
    store: SqlStore, clock: SteppingClock
) -> None:
    first = begun(store)
    joined = 0
    for batch in (2, 3, 4):
        for _ in range(batch):
            joined += 1
            arrives(store, told(1 + joined, minutes=joined / 10))
        store.tell_threads(TELLING, now=clock())
        clock.step(seconds=5)

    made = lines(store, first.ref)
    assert len(made) == 4
    (more,) = [each for each in made if ":more:" in each.key]
    assert texts([more]) == ["6 more items joined this incident, the most urgent P4"]
    assert store.hold(more.key, now=clock(), seconds=30) is None
    clock.step(seconds=60)
    held = store.hold(more.key, now=clock(), seconds=30)
    assert held is not None

    arrives(store, told(99, minutes=2))
    store.tell_threads(TELLING, now=clock())
    assert len(lines(store, first.ref)) == 5
    (again,) = [each for each in lines(store, first.ref) if each.key == more.key]
    assert again.body == more.body


def test_a_more_urgent_joiner_is_told_with_its_priority(store: SqlStore) -> None:
    first = begun(store)
    arrives(store, told(2, minutes=1), P1)
    store.tell_threads(TELLING, now=NOW)

    (line,) = lines(store, first.ref)
    assert "P1" in line.body
    assert the_case(store, first.ref).priority is P1


def test_who_was_parted_meanwhile_is_not_told_of(store: SqlStore) -> None:
    first = begun(store)
    second = arrives(store, told(2, minutes=1))
    alone = replace(second, incident=f"{second.ref.replace('FC', 'IN')}.1")
    store.change(second, alone, events=[])

    assert store.tell_threads(TELLING, now=NOW) == 0
    assert lines(store, first.ref) == []


def test_two_nodes_tell_of_each_joiner_once(two_nodes: tuple[SqlStore, SqlStore]) -> None:
    one, other = two_nodes
    first = begun(one)
    for number in range(2, 5):
        arrives(one, told(number, minutes=number / 10), P4)

    at_once(*[lambda node=node: node.tell_threads(TELLING, now=NOW) for node in (one, other)])

    assert len(lines(one, first.ref)) == 3


def test_lines_are_made_where_threads_are_and_nowhere_else(store: SqlStore) -> None:
    first = begun(store)
    arrives(store, told(2, minutes=1))
    nowhere = replace(TELLING, has_threads=lambda place: False)

    assert store.tell_threads(nowhere, now=NOW + timedelta(seconds=1)) == 0
    assert lines(store, first.ref) == []


def test_a_card_that_is_not_posted_for_long_gathers_no_lines(store: SqlStore) -> None:
    store.tell_threads(TELLING, now=NOW)
    first = arrives(store, told(1))
    arrives(store, told(2, minutes=1))

    assert store.tell_threads(TELLING, now=NOW + timedelta(minutes=6)) == 0
    posted(store, first)
    arrives(store, told(3, minutes=2))

    assert store.tell_threads(TELLING, now=NOW + timedelta(minutes=7)) == 1
