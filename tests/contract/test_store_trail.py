"""What every store promises about the audit trail."""

import json
from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest
from sqlalchemy import text

from storage.audit import verify_lines
from storage.memory import memory_store
from storage.store import SqlStore
from tests.stores import NOW, an_event, an_item, an_open_case, take
from triage.errors import BadInput
from triage.model import Event

TAMPERING = {
    "a changed actor": "UPDATE audit_events SET actor = 'somebody' WHERE seq = 3",
    "a changed detail": "UPDATE audit_events SET detail = '{}' WHERE seq = 3",
    "a changed subject": "UPDATE audit_events SET subject = 'FC-x' WHERE seq = 3",
    "a changed hash": "UPDATE audit_events SET hash = 'abc' WHERE seq = 3",
    "a changed number": "UPDATE audit_events SET seq = 99 WHERE seq = 3",
    "a detail that is no JSON": "UPDATE audit_events SET detail = '{' WHERE seq = 3",
    "a missing event": "DELETE FROM audit_events WHERE seq = 3",
    "two that changed places": (
        "UPDATE audit_events SET hash = (SELECT hash FROM audit_events WHERE seq = 4) WHERE seq = 3"
    ),
}


@pytest.fixture
def on_sqlite() -> Iterator[SqlStore]:
    """PostgreSQL would not store what is no time."""
    store = memory_store()
    yield store
    store.close()


def five(store: SqlStore) -> None:
    for number in range(5):
        store.record([an_event("FC-1", "viewed", number=number)])


def tamper(store: SqlStore, statement: str) -> None:
    with store._db.write() as tx:
        tx.execute(text(statement))


def test_events_come_back_as_they_were_recorded(store: SqlStore) -> None:
    zone = timezone(timedelta(hours=1))
    event = Event(
        at=NOW.astimezone(zone),
        actor="officer-1",
        action="viewed",
        subject="FC-1",
        detail={"a": [1, 2.5, None, True], "ü": {"nested": "🚨"}},
    )
    store.record([event, an_event("FC-2")])
    assert store.events("FC-1") == [event]
    assert store.verify() == 2


def test_what_events_were_about_is_told_once_the_first_first(store: SqlStore) -> None:
    store.record(
        [
            an_event(ref, action)
            for ref, action in (
                ("FC-2", "grade"),
                ("FC-1", "grade"),
                ("FC-2", "result"),
                ("FC-3", "viewed"),
            )
        ]
    )
    assert store.subjects_of(["grade", "result"]) == ["FC-2", "FC-1"]
    assert store.subjects_of(["grade"], since=NOW + timedelta(days=1)) == []


def test_an_empty_trail_is_whole(store: SqlStore) -> None:
    store.record([])
    assert store.verify() == 0
    assert store.chain_head().length == 0


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_and_named(store: SqlStore, what: str) -> None:
    five(store)
    tamper(store, TAMPERING[what])
    with pytest.raises(BadInput, match=r"audit event [34]\b"):
        store.verify()


def test_a_time_that_is_none_is_found(on_sqlite: SqlStore) -> None:
    five(on_sqlite)
    tamper(on_sqlite, "UPDATE audit_events SET at = 'noon' WHERE seq = 3")
    with pytest.raises(BadInput, match="audit event 1 or later: unreadable"):
        on_sqlite.verify()


def test_events_cut_off_at_the_end_are_missed(store: SqlStore) -> None:
    five(store)
    tamper(store, "DELETE FROM audit_events WHERE seq > 3")
    with pytest.raises(BadInput, match="audit event 4: the chain ends after 3 events"):
        store.verify()


def test_the_trail_goes_on_from_where_it_was(store: SqlStore) -> None:
    an_open_case(store)
    take(store, an_item(2))
    five(store)
    head = store.chain_head()
    assert store.verify() == head.length == store.audit_count() == 8


def test_an_export_is_checked_without_the_database(store: SqlStore) -> None:
    five(store)
    lines = list(store.export_audit())
    assert verify_lines(lines) == 5
    assert verify_lines(lines, pinned=store.chain_head().hash) == 5
    third = json.loads(lines[2])
    lines[2] = json.dumps(third | {"actor": "somebody"})
    with pytest.raises(BadInput, match="line 3: event 3"):
        verify_lines(lines)


def test_a_long_export_comes_in_pages_and_whole(store: SqlStore) -> None:
    store.record([an_event("FC-1", "viewed", number=number) for number in range(2100)])
    assert verify_lines(store.export_audit()) == 2100


def test_events_are_listed_newest_first_and_can_be_narrowed(store: SqlStore) -> None:
    five(store)
    store.record([Event(at=NOW, actor="officer-2", action="claim", subject="FC-2")])
    assert [each.seq for each in store.audit_events(limit=3)] == [6, 5, 4]
    assert [each.seq for each in store.audit_events(limit=2, before=4)] == [3, 2]
    for narrowed in ({"subject": "FC-2"}, {"actor": "officer-2"}, {"action": "claim"}):
        assert [each.seq for each in store.audit_events(**narrowed)] == [6]


@pytest.mark.parametrize("detail", [{"at": NOW}, {1: "one", 10: "ten", 2: "two"}, {"f": 0.1}])
def test_details_of_every_kind_keep_the_chain_whole(
    store: SqlStore, detail: dict[str, object]
) -> None:
    store.record([Event(at=NOW, actor="a", action="b", subject="c", detail=detail)])
    assert store.verify() == 1
    assert verify_lines(store.export_audit()) == 1


def test_odd_characters_and_long_subjects_keep_the_chain_whole(store: SqlStore) -> None:
    subject = "\x00\ud83d" + "é" * 2000
    store.record([Event(at=NOW, actor="\x00", action="b", subject=subject, detail={"x": "\ud83d"})])
    assert store.verify() == 1
    assert len(store.events(subject)) == 1
