"""What every store promises about items that tell of one incident."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.store import SqlStore
from tests.contract.test_store_nodes import at_once
from tests.stores import NOW, SOURCE, a_harvest, a_post, arriving, take, the_case, triaged
from triage.incidents import scene_of
from triage.model import Author, Case, Change, Item, Outgoing, Priority, State
from triage.ports import Triaged

P1, P2, P3, P4, P5 = Priority
FIRE = "flames coming out of 3 Loom Street"


def told(number: int | str, text: str = FIRE, minutes: float = 0) -> Item:
    return a_post(number, text, sent_at=NOW + timedelta(minutes=minutes), thread_id="")


def outcome(case: Case, priority: Priority) -> Triaged:
    return replace(triaged(case, priority), scene=scene_of(case.item))


def arrives(store: SqlStore, item: Item, priority: Priority = P4) -> Case:
    (ref,) = take(store, item)
    return settled(store, ref, priority)


def settled(store: SqlStore, ref: str, priority: Priority = P4) -> Case:
    (waiting,) = store.waiting(limit=1, refs=[ref])
    assert store.settle([outcome(waiting.case, priority)]) == [ref]
    return the_case(store, ref)


def test_an_item_joins_the_incident_another_one_began(store: SqlStore) -> None:
    first = arrives(store, told(1))
    second = arrives(store, told(2, "fire at 3 loom st", 4))
    other = arrives(store, told(3, "lost dog on Moor Road", 5))
    assert first.incident == first.ref.replace("FC-", "IN-")
    assert second.incident == first.incident != other.incident
    assert [each.ref for each in store.cases_in(first.incident)] == [first.ref, second.ref]
    (grouped,) = [each for each in store.events(second.ref) if each.action == "grouped"]
    assert grouped.detail["incident"] == first.incident


def test_who_is_more_urgent_raises_those_before_and_says_so(store: SqlStore) -> None:
    first, closed = arrives(store, told(1)), arrives(store, told(2, minutes=1))
    store.change(closed, replace(closed, state=State.CLOSED, closed_at=NOW), events=[])
    said: list[tuple[str, str]] = []

    def saying(before: Case, after: Case) -> Sequence[Outgoing]:
        said.append((before.ref, after.priority.name if after.priority else ""))
        return ()

    (ref,) = take(store, told(3, minutes=2))
    (waiting,) = store.waiting(limit=1, refs=[ref])
    store.settle([outcome(waiting.case, P1)], said=saying)
    raised = the_case(store, first.ref)
    assert raised.priority is P1
    assert raised.decision is not None
    assert raised.decision.reasons[0].text == f"part of incident {first.incident} that is P1"
    assert raised.version == first.version + 1
    assert said == [(first.ref, "P1")]
    assert the_case(store, closed.ref).priority is P4
    assert [each.action for each in store.events(first.ref)][-1] == "raised"


def test_who_joins_something_urgent_is_urgent(store: SqlStore) -> None:
    arrives(store, told(1), P1)
    joined = arrives(store, told(2, minutes=1), P5)
    assert (joined.priority, joined.history.incident) == (P1, P1)


def test_what_a_person_found_nothing_in_raises_nobody(store: SqlStore) -> None:
    first = arrives(store, told(1), P1)
    nothing = {"state": State.CLOSED, "result": "not_risk", "closed_at": NOW}
    store.change(first, replace(first, **nothing), events=[])
    assert arrives(store, told(2, minutes=1)).priority is P4


def test_an_edit_leaves_an_item_in_its_incident_and_the_next_one_finds_its_new_words(
    store: SqlStore,
) -> None:
    first, _ = arrives(store, told(1)), arrives(store, told(2, minutes=1))
    edit = arriving(told(1, "sorry, I meant flames at 9 Carr Lane"), Change.EDIT)
    store.take_in(SOURCE, a_harvest(edit), now=NOW)
    assert settled(store, first.ref).incident == first.incident
    assert arrives(store, told(3, "flames 9 carr lane!", 2)).incident == first.incident


def test_settling_again_changes_nothing(store: SqlStore) -> None:
    take(store, told(1), told(2, minutes=1))
    outcomes = [outcome(each.case, P3) for each in store.waiting(limit=9)]
    assert len(store.settle(outcomes)) == 2
    before = [the_case(store, each.ref) for each in outcomes]
    assert store.settle(outcomes) == []
    assert [the_case(store, each.ref) for each in outcomes] == before
    assert len({each.incident for each in before}) == 1


def test_two_nodes_never_begin_one_incident_twice(two_nodes: tuple[SqlStore, SqlStore]) -> None:
    first, second = two_nodes
    for number in range(8):
        street = f"flames at 3 {'abcdefgh'[number] * 5}ham Street"
        items = [told(10 * number + each, street, each) for each in range(6)]
        refs = take(first, *items)
        halves = [
            [outcome(each.case, P5 if place else P1) for each in first.waiting(limit=9, refs=some)]
            for place, some in enumerate((refs[:3], refs[3:]))
        ]
        at_once(lambda: first.settle(halves[0]), lambda: second.settle(halves[1]))  # noqa: B023
        after = [the_case(first, ref) for ref in refs]
        assert len({each.incident for each in after}) == 1
        assert {each.priority for each in after} == {P1}
    first.verify()


def test_a_kill_in_the_middle_leaves_item_and_incident_as_they_were(store: SqlStore) -> None:
    first = arrives(store, told(1))
    (ref,) = take(store, told(2, minutes=1))
    (waiting,) = store.waiting(limit=1, refs=[ref])

    def killed(before: Case, after: Case) -> Sequence[Outgoing]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.settle([outcome(waiting.case, P1)], said=killed)
    assert (the_case(store, ref).state, the_case(store, ref).incident) == (State.RECEIVED, "")
    assert the_case(store, first.ref) == first
    assert settled(store, ref, P1).incident == first.incident
    assert the_case(store, first.ref).priority is P1


# --- many at once ---------------------------------------------------------------------------------

TEN = timedelta(minutes=10)


def crowd(store: SqlStore, texts: Sequence[str], *, senders: int, ago: float = 5) -> list[Case]:
    found = []
    for number, text in enumerate(texts):
        author = Author(account_id=f"a{number % senders}")
        at = -ago + number / 10
        item = replace(told(f"{ago}-{number}", text, at), author=author)
        found.append(arrives(store, item))
    return found


def test_many_senders_of_one_incident_are_a_surge(store: SqlStore) -> None:
    members = crowd(store, [FIRE] * 5, senders=5)
    (surge,) = store.surges(now=NOW, within=TEN, least=5)
    assert (surge.incident, surge.senders) == (members[0].incident, 5)
    assert surge.first == members[0].ref
    assert store.surges(now=NOW + TEN, within=TEN, least=5) == []


def test_one_sender_who_writes_five_times_is_no_surge(store: SqlStore) -> None:
    crowd(store, [FIRE] * 5, senders=1)
    assert store.surges(now=NOW, within=TEN, least=5) == []


def test_many_matters_in_one_place_are_a_surge_of_the_place_beside_its_usual(
    store: SqlStore,
) -> None:
    matters = ["a crash", "a burglary", "a fire", "a loud party", "a stray horse"]
    texts = [f"{each} on Tarn Street" for each in matters]
    crowd(store, texts[:2], senders=2, ago=24 * 60)
    crowd(store, texts, senders=5)
    (surge,) = store.surges(now=NOW, within=TEN, least=5)
    assert (surge.incident, surge.place) == ("", "tarn street")
    assert surge.usual == pytest.approx(2 / 143, rel=0.02)


def test_scenes_are_dropped_in_time_and_the_incident_stays(store: SqlStore) -> None:
    first = arrives(store, told(1))
    assert store.forget_scenes(before=NOW) == 0
    assert store.forget_scenes(before=NOW + TEN) == 1
    assert the_case(store, first.ref).incident == first.incident
    assert arrives(store, told(2, minutes=1)).incident != first.incident
