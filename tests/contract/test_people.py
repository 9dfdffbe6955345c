"""What every way to find records promises: the book in memory, the table, the index in memory."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random

import pytest

from storage.store import SqlStore, connect
from tests.conftest import PATIENCE, wait_for
from tests.stores import NOW
from triage.blocking import keys_of
from triage.model import Address, Person
from triage.ports import People, rarity
from triage.recordbook import RecordBook
from triage.records import person_json

Finder = Callable[[Iterable[Person]], People]


def imported(store: SqlStore, people: Iterable[Person]) -> SqlStore:
    lines = [json.dumps(person_json(each)) for each in people]
    store.import_records(lines, keys_of=keys_of, now=NOW)
    return store


def indexed(store: SqlStore) -> SqlStore:
    """The store with its keys in memory, as they stand now."""
    index = store.keep_keys_in_memory()
    index.build()
    assert index.ready
    return store


def built_before(store: SqlStore, people: Iterable[Person]) -> SqlStore:
    """An index that was built over half of the records and had to follow for the rest."""
    everybody = list(people)
    half = len(everybody) // 2
    indexed(imported(store, everybody[:half]))
    return imported(store, everybody[half:])


WAYS: dict[str, Callable[[SqlStore, Iterable[Person]], People]] = {
    "book": lambda _, people: RecordBook(people),
    "table": imported,
    "index": lambda store, people: indexed(imported(store, people)),
    "index that followed": built_before,
}


@pytest.fixture(params=WAYS)
def finder(store: SqlStore, request: pytest.FixtureRequest) -> Finder:
    """Makes a finder of records, on each database."""
    return lambda people: WAYS[request.param](store, people)


def a_person(number: int, **fields: object) -> Person:
    return Person(record_id=f"P-{number:03}", **fields)  # type: ignore[arg-type]


def a_crowd(count: int = 120) -> list[Person]:
    """People with few names, birth days and streets between them."""
    random = Random(7)
    return [
        a_person(
            number,
            forename=random.choice(["Ann", "Bob", "Cy", "Di"]),
            surname=random.choice(["Quill", "Oak", "Marsh-Doyle", "Öberg"]),
            phones=(f"07700 900{random.randrange(40):03}",),
            emails=(f"e{number}@mail.example",),
            addresses=(Address(line=f"{random.randrange(9)} Elm Road", postcode="WB1 2AB"),),
        )
        for number in range(count)
    ]


def expected(people: list[Person], keys: Iterable[str], limit: int, most: int = 200) -> list[str]:
    """Record ids by the words of the promise, slowly."""
    shared: Counter[str] = Counter()
    for key in set(keys):
        holders = [each.record_id for each in people if key in keys_of(each)]
        for each in holders if len(holders) <= limit else ():
            shared[each] += rarity(len(holders), limit)
    return sorted(shared, key=lambda each: (-shared[each], each))[:most]


def found(people: People, keys: Iterable[str], limit: int = 64, most: int = 200) -> list[str]:
    return [each.record_id for each in people.candidates(keys, limit=limit, most=most)]


# --- the promise ----------------------------------------------------------------------------------


def test_everybody_is_found_by_each_of_their_keys(finder: Finder) -> None:
    crowd = a_crowd()
    people = finder(crowd)
    for each in crowd[::10]:
        for key in keys_of(each):
            assert found(people, [key], limit=200) == expected(crowd, [key], 200)


@pytest.mark.parametrize("limit", [1, 5, 30, 64])
def test_those_that_share_most_come_first_and_common_keys_name_nobody(
    finder: Finder, limit: int
) -> None:
    crowd = a_crowd()
    people = finder(crowd)
    for each in crowd[::10]:
        keys = [*keys_of(each), "name:nobody|at all"]
        assert found(people, keys, limit) == expected(crowd, keys, limit)
        assert found(people, keys, limit, most=3) == expected(crowd, keys, limit, most=3)


def test_one_key_that_is_nearly_unique_counts_for_more_than_two_common_ones(
    finder: Finder,
) -> None:
    crowd = [a_person(n, surname="Quill", phones=("07700 900001",)) for n in range(40)]
    people = finder([*crowd, a_person(99, emails=("me@mail.example",))])
    keys = ["phone:+447700900001", "sound:kl|ann", "name:quill|z.", "email:me@mail.example"]
    assert found(people, keys, most=1) == ["P-099"]


def test_a_key_counts_up_to_the_limit_and_not_beyond(finder: Finder) -> None:
    crowd = [a_person(number, phones=("07700 900001",)) for number in range(5)]
    people = finder(crowd)
    assert len(found(people, ["phone:+447700900001"], limit=5)) == 5
    assert found(people, ["phone:+447700900001"], limit=4) == []


def test_a_key_given_twice_counts_once(finder: Finder) -> None:
    people = finder([a_person(1, emails=("a@b.example",)), a_person(2, phones=("07700 900002",))])
    keys = ["phone:+447700900002"] * 3 + ["email:a@b.example"]
    assert found(people, keys) == ["P-001", "P-002"]


def test_nobody_is_found_by_no_key_or_among_no_records(finder: Finder) -> None:
    assert found(finder([]), ["email:a@b.example"]) == []
    assert found(finder([]), []) == []


def test_a_record_of_a_candidate_is_whole(finder: Finder) -> None:
    (person,) = a_crowd(1)
    people = finder([person])
    assert people.candidates(["email:e0@mail.example"]) == [person]
    assert people.person("P-000") == person
    assert people.person("P-001") is None


# --- changes --------------------------------------------------------------------------------------


@pytest.fixture(params=["table", "index"])
def followed(store: SqlStore, request: pytest.FixtureRequest) -> SqlStore:
    """A store with a crowd, its index (if it has one) built before anything changes."""
    imported(store, a_crowd())
    return indexed(store) if request.param == "index" else store


def test_a_changed_record_is_found_by_what_it_holds_now(followed: SqlStore) -> None:
    for phone in ("07700 900501", "07700 900502"):
        imported(followed, [a_person(3, phones=(phone,))])
    assert found(followed, ["email:e3@mail.example", "phone:+447700900501"]) == []
    assert found(followed, ["phone:+447700900502"]) == ["P-003"]


def test_a_removed_record_is_found_no_more_and_may_come_back(followed: SqlStore) -> None:
    assert followed.remove_records(["P-003", "P-999"], now=NOW) == ("P-003",)
    assert found(followed, ["email:e3@mail.example"]) == []
    assert followed.person("P-003") is None
    assert [each.action for each in followed.events("P-003")] == ["record.removed"]
    imported(followed, a_crowd())
    assert found(followed, ["email:e3@mail.example"]) == ["P-003"]


def test_a_key_names_somebody_again_when_others_have_left_it(followed: SqlStore) -> None:
    crowd, key = a_crowd(), "name:quill|ann"
    holders = expected(crowd, [key], 200)
    assert found(followed, [key], limit=len(holders) - 1) == []
    followed.remove_records(holders[:1], now=NOW)
    assert found(followed, [key], limit=len(holders) - 1) == holders[1:]


def test_an_index_that_is_behind_too_far_leaves_the_answer_to_the_table(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(store, a_crowd(20))
    index = indexed(store).keep_keys_in_memory()
    monkeypatch.setattr("storage.record_index.MOST_CHANGES", 10)
    imported(store, a_crowd(31))
    assert found(store, ["email:e30@mail.example"]) == ["P-030"]
    assert not index.ready
    index.start()
    assert wait_for(lambda: index.ready)
    assert found(store, ["email:e30@mail.example"]) == ["P-030"]


# --- several processes ----------------------------------------------------------------------------

OTHER_PROCESS = """
import sys
from storage.store import connect
store = connect(sys.argv[1])
index = store.keep_keys_in_memory()
index.build()
print("ready", flush=True)
for line in sys.stdin:
    print(index.ready, *(each.record_id for each in store.candidates([line.strip()])), flush=True)
store.close()
"""


@pytest.fixture
def other(store_url: str) -> Iterator[tuple[SqlStore, Callable[[str], str]]]:
    """A store with a crowd, and what another process with an index of its own finds in it."""
    store = connect(store_url, PATIENCE)
    store.migrate()
    imported(store, a_crowd())
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, store_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout
        assert answers.readline() == "ready\n"

        def ask(key: str) -> str:
            asked.write(f"{key}\n")
            asked.flush()
            return answers.readline().strip()

        yield store, ask
        asked.close()
    store.close()


def test_another_process_sees_what_was_added_changed_and_removed(
    other: tuple[SqlStore, Callable[[str], str]],
) -> None:
    store, ask = other
    assert ask("email:e3@mail.example") == "True P-003"
    imported(store, [a_person(500, emails=("new@mail.example",))])
    assert ask("email:new@mail.example") == "True P-500"
    imported(store, [a_person(3, emails=("moved@mail.example",))])
    assert ask("email:e3@mail.example") == "True"
    assert ask("email:moved@mail.example") == "True P-003"
    store.remove_records(["P-003", "P-500"], now=NOW)
    assert ask("email:moved@mail.example") == "True"
    assert ask("email:new@mail.example") == "True"


def test_two_nodes_see_what_the_other_writes(two_nodes: tuple[SqlStore, SqlStore]) -> None:
    first, second = two_nodes
    imported(first, a_crowd(10))
    indexed(second)
    imported(first, [a_person(3, emails=("moved@mail.example",))])
    assert found(second, ["email:moved@mail.example"]) == ["P-003"]
    imported(second, [a_person(3, emails=("again@mail.example",))])
    assert found(first, ["email:moved@mail.example"]) == []
    assert found(second, ["email:again@mail.example"]) == ["P-003"]
