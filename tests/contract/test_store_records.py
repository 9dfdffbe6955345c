"""What every store promises about citizen records and links."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from storage import record_keys
from storage.imports import Imported
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.stores import NOW, an_event, an_open_case, confirmed, the_case
from triage.errors import Stale
from triage.model import (
    Address,
    Case,
    Event,
    Handle,
    Link,
    Person,
    PriorLink,
    Rejected,
    SafeContact,
)

LINK = PriorLink(
    platform="x", account_id="77", record_id="P-1", confirmed_by="officer-1", confirmed_at=NOW
)
REJECTED = Rejected(platform="x", account_id="77", record_id="P-2", by="officer-1", at=NOW)


def keys_of(person: Person) -> Iterator[str]:
    """Blocking keys good enough for these tests."""
    yield from (f"p:{phone}" for phone in person.phones)
    if person.surname:
        yield f"n:{person.surname.casefold()}"
    yield from (f"h:{each.platform}:{each.handle}" for each in person.handles)


def rows(*people: dict[str, Any]) -> list[str]:
    return [json.dumps(person) for person in people]


def load(store: SqlStore, *people: dict[str, Any]) -> Imported:
    return store.import_records(rows(*people), keys_of=keys_of, now=NOW)


def ids(people: list[Person]) -> list[str]:
    return [person.record_id for person in people]


# --- records --------------------------------------------------------------------------------------


def test_a_record_comes_back_whole(store: SqlStore) -> None:
    whole = {
        "record_id": "P-1",
        "forename": "Zelda",
        "middle_names": "Ann",
        "surname": "Quill",
        "preferred_name": "Zel",
        "aliases": ["Z"],
        "date_of_birth": "1984-03-21",
        "sex": "F",
        "addresses": [{"line": "12 Elm Road", "postcode": "WB1 2AB", "current": False}],
        "phones": ["07700 900123"],
        "emails": ["zelda@example.com"],
        "handles": [{"platform": "x", "handle": "zeldaq", "account_id": "77"}],
        "vehicles": ["AB12 CDE"],
        "markers": ["High Risk", "domestic_abuse"],
        "safe_contact": {
            "channels": ["x_dm"],
            "days": [0, 4],
            "from_hour": 9,
            "to_hour": 15,
            "codeword": "heron",
            "set_by": "officer-1",
            "set_at": "2026-11-01T09:00:00+00:00",
            "expires_at": "2026-11-29T09:00:00+00:00",
        },
        "cases": [{"ref": "C-1", "status": "open"}],
        "shoe_size": 6,
    }
    assert load(store, whole) == Imported(stored=1, unchanged=0, rejected=())
    assert store.person("P-1") == Person(
        record_id="P-1",
        forename="Zelda",
        middle_names="Ann",
        surname="Quill",
        preferred_name="Zel",
        aliases=("Z",),
        date_of_birth=date(1984, 3, 21),
        sex="F",
        addresses=(Address(line="12 Elm Road", postcode="WB1 2AB", current=False),),
        phones=("07700 900123",),
        emails=("zelda@example.com",),
        handles=(Handle(platform="x", handle="zeldaq", account_id="77"),),
        vehicles=("AB12 CDE",),
        markers=("high_risk", "domestic_abuse"),
        safe_contact=SafeContact(
            channels=("x_dm",),
            days=(0, 4),
            from_hour=9,
            to_hour=15,
            codeword="heron",
            set_by="officer-1",
            set_at=NOW.replace(day=1, hour=9, minute=0),
            expires_at=NOW.replace(day=29, hour=9, minute=0),
        ),
        cases=({"ref": "C-1", "status": "open"},),
    )
    assert store.person("P-2") is None


def test_candidates_share_a_key_and_those_that_share_most_come_first(store: SqlStore) -> None:
    load(
        store,
        {"record_id": "P-1", "surname": "Quill"},
        {"record_id": "P-2", "surname": "Quill", "phones": ["1"]},
        {"record_id": "P-3", "surname": "Oak", "phones": ["2"]},
    )
    assert ids(store.candidates(["n:quill", "p:1", "p:9"])) == ["P-2", "P-1"]
    assert ids(store.candidates(["n:quill", "p:1"], limit=1)) == ["P-2"]
    assert store.candidates([]) == []
    assert store.candidates(["", "n:"]) == []


def test_a_key_that_too_many_share_names_nobody(store: SqlStore) -> None:
    people = [{"record_id": f"P-{n}", "surname": "Smith", "phones": [str(n)]} for n in range(5)]
    load(store, *people)
    assert ids(store.candidates(["n:smith", "p:3"], limit=4)) == ["P-3"]
    assert len(store.candidates(["n:smith", "p:3"], limit=5)) == 5


def test_more_keys_than_one_statement_holds_are_looked_up(store: SqlStore) -> None:
    load(store, {"record_id": "P-1", "phones": [str(n) for n in range(300)]})
    assert ids(store.candidates([f"p:{n}" for n in range(1000)])) == ["P-1"]


def test_importing_again_replaces_and_passes_over_what_is_the_same(store: SqlStore) -> None:
    first, second = {"record_id": "P-1", "phones": ["1"]}, {"record_id": "P-2", "phones": ["2"]}
    load(store, first, second)
    again = load(store, first | {"phones": ["3"]}, second)
    assert (again.stored, again.unchanged) == (1, 1)
    assert store.persons_count() == 2
    assert store.candidates(["p:1"]) == []
    assert ids(store.candidates(["p:3", "p:2"])) == ["P-1", "P-2"]


def test_new_blocking_keys_are_stored_for_records_that_did_not_change(store: SqlStore) -> None:
    lines = rows({"record_id": "P-1", "surname": "Quill"})
    store.import_records(lines, keys_of=lambda _: ["old"], now=NOW)
    assert store.import_records(lines, keys_of=lambda _: ["new"], now=NOW).stored == 1
    assert ids(store.candidates(["new"])) == ["P-1"]
    assert store.candidates(["old"]) == []


def test_the_last_of_two_rows_with_one_id_counts(store: SqlStore) -> None:
    load(store, {"record_id": "P-1", "phones": ["1"]}, {"record_id": "P-1", "phones": ["2"]})
    assert ids(store.candidates(["p:1", "p:2"])) == ["P-1"]
    person = store.person("P-1")
    assert person is not None
    assert person.phones == ("2",)


def test_bad_rows_are_reported_and_do_not_stop_the_import(store: SqlStore) -> None:
    lines = [
        '{"record_id":"P-1"}',
        "not json",
        '{"surname":"Quill"}',
        "",
        '{"record_id":"P-2","date_of_birth":"21st March"}',
        '{"record_id":"P-3"}',
    ]
    done = store.import_records(lines, keys_of=keys_of, now=NOW, name="people.jsonl")
    assert done.stored == 2
    assert [str(each).split(": not")[0] for each in done.rejected] == [
        "people.jsonl: line 2",
        "people.jsonl: line 3: record_id: missing",
        "people.jsonl: line 5: date_of_birth",
    ]


def test_an_import_stands_in_the_trail(store: SqlStore) -> None:
    store.import_records(
        rows({"record_id": "P-1"}), keys_of=keys_of, now=NOW, name="people.jsonl", actor="ada"
    )
    (event,) = store.events("people.jsonl")
    assert (event.actor, event.action) == ("ada", "records.imported")
    assert event.detail == {"stored": 1, "rejected": 0}


def test_thousands_of_records_come_in_batches(store: SqlStore) -> None:
    people = [{"record_id": f"P-{n}", "surname": f"S{n}"} for n in range(2500)]
    assert load(store, *people).stored == 2500
    assert load(store, *people).unchanged == 2500
    assert ids(store.candidates(["n:s2499"])) == ["P-2499"]


def test_odd_keys_are_found_again(store: SqlStore) -> None:
    odd = "é" * 900
    load(store, {"record_id": "P-1", "surname": odd})
    assert ids(store.candidates([f"n:{odd}", "n:\x00"])) == ["P-1"]


# --- links ----------------------------------------------------------------------------------------


def test_a_confirmed_link_is_found_until_it_is_revoked(store: SqlStore) -> None:
    assert store.prior_link("x", "77") is None
    store.confirm_link(LINK, events=[an_event("FC-1", "link")])
    assert store.prior_link("x", "77") == LINK
    assert store.prior_link("facebook", "77") is None
    assert store.revoke_link("x", "77", by="officer-2", now=NOW, events=[])
    assert store.prior_link("x", "77") is None
    assert not store.revoke_link("x", "77", by="officer-2", now=NOW, events=[])
    assert [each.action for each in store.events("FC-1")] == ["link"]


def test_a_link_expires(store: SqlStore, clock: SteppingClock) -> None:
    link = replace(LINK, expires_at=NOW + timedelta(days=365))
    store.confirm_link(link, events=[])
    assert store.prior_link("x", "77") == link
    clock.step(days=365)
    assert store.prior_link("x", "77") is None


def test_a_new_link_takes_the_place_of_the_old(store: SqlStore) -> None:
    store.confirm_link(LINK, events=[])
    store.confirm_link(replace(LINK, record_id="P-2"), events=[])
    found = store.prior_link("x", "77")
    assert found is not None
    assert found.record_id == "P-2"


def test_a_rejected_record_is_remembered_until_it_is_confirmed(store: SqlStore) -> None:
    store.reject_link(REJECTED, events=[])
    store.reject_link(REJECTED, events=[])
    assert store.rejected_records("x", "77") == {"P-2"}
    assert store.rejected_records("x", "78") == frozenset()
    store.confirm_link(replace(LINK, record_id="P-2"), events=[])
    assert store.rejected_records("x", "77") == frozenset()


def test_a_link_and_its_case_change_together(store: SqlStore) -> None:
    case = an_open_case(store)
    linked = store.confirm_link(
        LINK, events=[], change=(case, replace(case, link=confirmed("P-1")))
    )
    assert linked == the_case(store, case.ref)
    assert [each.ref for each in store.cases_of("P-1")] == [case.ref]
    assert linked is not None
    store.revoke_link(
        "x", "77", by="o", now=NOW, events=[], change=(linked, replace(linked, link=Link()))
    )
    assert store.cases_of("P-1") == []
    now = the_case(store, case.ref)
    store.reject_link(REJECTED, events=[], change=(now, replace(now, note="not her")))
    assert the_case(store, case.ref).note == "not her"


Change = tuple[Case, Case]
WAYS: dict[str, Callable[[SqlStore, list[Event], Change], object]] = {
    "confirm": lambda store, events, change: store.confirm_link(
        replace(LINK, record_id="P-9"), events=events, change=change
    ),
    "revoke": lambda store, events, change: store.revoke_link(
        "x", "77", by="officer-1", now=NOW, events=events, change=change
    ),
    "reject": lambda store, events, change: store.reject_link(
        REJECTED, events=events, change=change
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_link_on_a_stale_case_is_not_written(store: SqlStore, way: str) -> None:
    case = an_open_case(store)
    store.confirm_link(LINK, events=[])
    store.change(case, case, events=[])
    with pytest.raises(Stale):
        WAYS[way](store, [an_event("link-event")], (case, replace(case, note="x")))
    assert store.prior_link("x", "77") == LINK
    assert store.rejected_records("x", "77") == frozenset()
    assert store.events("link-event") == []


def test_prior_links_are_imported_and_bad_ones_reported(store: SqlStore) -> None:
    good = {
        "platform": "x",
        "account_id": "77",
        "record_id": "P-1",
        "confirmed_by": "officer-1",
        "confirmed_at": NOW.isoformat(),
    }
    lines = rows(good, good | {"confirmed_at": "2026-11-23T09:41:00"}, {"platform": "x"})
    done = store.import_prior_links(lines, now=NOW, name="links.jsonl")
    assert done.stored == 1
    assert [str(each) for each in done.rejected] == [
        "links.jsonl: line 2: confirmed_at: time has no zone",
        "links.jsonl: line 3: confirmed_at: missing",
    ]
    assert store.prior_link("x", "77") == LINK
    assert store.import_prior_links(rows(good), now=NOW).unchanged == 1


# --- imports that are cut short -------------------------------------------------------------------


class Cut(Exception):
    """The process ends."""


def cut_after(monkeypatch: pytest.MonkeyPatch, portions: int) -> None:
    """From now on `person_keys` is written in portions of ten keys, and after some of them the
    process ends."""
    written = 0
    real = record_keys.insert_tuples

    def insert(*arguments: Any) -> None:
        nonlocal written
        if written == portions:
            raise Cut
        written += 1
        real(*arguments)

    monkeypatch.setattr(record_keys, "KEYS_AT_ONCE", 10)
    monkeypatch.setattr(record_keys, "insert_tuples", insert)


@pytest.mark.parametrize("portions", [0, 1, 3])
def test_an_import_that_was_cut_short_is_run_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, portions: int
) -> None:
    people = [{"record_id": f"P-{n}", "phones": [str(n)], "surname": "Oak"} for n in range(40)]
    with monkeypatch.context() as patch:
        cut_after(patch, portions)
        with pytest.raises(Cut):
            load(store, *people)
    moved = people[7] | {"phones": ["moved"]}
    done = load(store, *people[:7], moved, *people[8:])
    assert (done.stored, done.unchanged) == (1, 39)
    assert all(ids(store.candidates([f"p:{n}"])) == [f"P-{n}"] for n in range(40) if n != 7)
    assert store.candidates(["p:7"]) == []
    assert ids(store.candidates(["p:moved"])) == ["P-7"]
    assert len(store.candidates(["n:oak"], most=100)) == 40


def test_keys_are_written_in_runs_no_longer_than_memory_allows(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_keys, "RECORDS_A_RUN", 3)
    monkeypatch.setattr("storage.imports.BATCH", 2)
    load(store, *({"record_id": f"P-{n}", "phones": [str(n)]} for n in range(21)))
    assert all(ids(store.candidates([f"p:{n}"])) == [f"P-{n}"] for n in range(21))


def test_what_changes_while_keys_are_written_is_found_by_what_it_holds_now(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [{"record_id": f"P-{n}", "phones": [str(n)], "surname": "Oak"} for n in range(40)]
    monkeypatch.setattr("storage.imports.write_keys", lambda _: None)
    monkeypatch.setattr(record_keys, "KEYS_AT_ONCE", 10)
    load(store, *people)
    real = record_keys._pairs

    def pairs_then_a_change(*arguments: Any) -> Any:
        found = real(*arguments)
        monkeypatch.setattr(record_keys, "_pairs", real)
        load(store, people[7] | {"phones": ["moved"]})
        store.remove_records(["P-8"], now=NOW)
        return found

    monkeypatch.setattr(record_keys, "_pairs", pairs_then_a_change)
    record_keys.write_keys(store.database)
    assert store.candidates(["p:7", "p:8"]) == []
    assert ids(store.candidates(["p:moved"])) == ["P-7"]
    assert len(store.candidates(["n:oak"], most=100)) == 39


# --- all of it, to learn from ---------------------------------------------------------------------


def test_all_records_come_in_the_order_of_their_ids(store: SqlStore) -> None:
    load(store, *({"record_id": f"P-{number:04}", "surname": "Quill"} for number in range(1203)))
    assert ids(list(store.all_persons())) == [f"P-{number:04}" for number in range(1203)]


def test_links_that_stand_and_rejections_are_listed(store: SqlStore) -> None:
    other = replace(LINK, account_id="78", record_id="P-3")
    expired = replace(LINK, account_id="79", expires_at=NOW - timedelta(days=1))
    for link in (LINK, other, expired):
        store.confirm_link(link, events=[an_event()])
    store.revoke_link("x", "78", by="officer-2", now=NOW, events=[an_event()])
    store.reject_link(REJECTED, events=[an_event()])
    assert store.confirmed_links() == [LINK]
    assert store.rejections() == [REJECTED]
