"""What was written is found, by words, sender and reference, and by nobody who may not read it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import delete, text

from storage.search import TABLE, number_of, ref_of
from storage.store import SqlStore, connect
from storage.tables import items
from tests.conftest import PATIENCE
from tests.stores import a_post, an_item, an_open_case, arriving, claimed, settle, take
from triage.model import Author, Case, Change, Priority, State
from triage.searching import Search
from triage.taxonomy import Lane


def found(store: SqlStore, typed: str, **wanted: object) -> list[str]:
    search = Search(text=typed, **wanted)  # type: ignore[arg-type]
    return ids(store.search(search, sees=lambda _: True).cases)


def ids(cases: Sequence[Case]) -> list[str]:
    return [case.item.id for case in cases]


def test_items_are_found_by_words_sender_and_reference(store: SqlStore) -> None:
    first = an_open_case(store, an_item(1, "My 100% stolen Bicycle, ring 07700 900123"))
    author = Author(account_id="99", handle="@Jo_Bakes", display_name="Jø Quill")
    an_open_case(store, a_post(2, "the café's bridge_closed sign", author=author))
    for typed, expected in (
        ("bicycle", ["1"]),
        ("BICYCLE stolen", ["1"]),
        ("bicyc", ["1"]),
        ("bicyc stolen", []),  # only the last word may go on
        ("stolen bridge", []),
        ('"stolen bicycle"', ["1"]),
        ('"bicycle stolen"', []),
        (first.ref.lower(), ["1"]),
        ("07700900123", ["1"]),
        ("07700 900 123", ["1"]),
        ("99", ["2"]),
        ("@jo_bakes", ["2"]),
        ("cafe's", ["2"]),
        ("bridge_closed", ["2"]),
        ("", []),
        ("%", []),
        ("'; DROP TABLE items; --", []),
        ('"', []),
        ('a" OR "b', []),
        ("NEAR(a b) AND * ^ : - | & ! <->", []),
    ):
        assert found(store, typed) == expected, typed


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("请帮帮我，他有刀", "他有刀"),
        ("ช่วยด้วย", "ด้วย"),
        ("ИРИНА пропала", "ирина"),
        ("مساعدة من فضلك", "فضلك"),
        ("kn\u200bife at the door", "knife"),
        ("ＫＮＩＦＥ", "knife"),
    ],
)
def test_every_script_is_searched(store: SqlStore, said: str, typed: str) -> None:
    take(store, an_item(1, said), an_item(2, "something else"))
    assert found(store, typed) == ["1"]


def test_the_newest_stand_first_and_come_in_pages(store: SqlStore) -> None:
    take(store, *[an_item(n, f"bridge {n}") for n in range(1, 8)])
    search = Search(text="bridge")
    page = store.search(search, sees=lambda _: True, limit=3, offset=3)
    assert (ids(page.cases), page.more) == (["4", "3", "2"], True)
    last = store.search(search, sees=lambda _: True, limit=3, offset=6)
    assert (ids(last.cases), last.more, last.cut) == (["1"], False, False)


def test_a_search_can_be_narrowed(store: SqlStore) -> None:
    mine = an_open_case(store, an_item(1, "bridge"))
    store.change(mine, replace(mine, **claimed()), events=[])
    an_open_case(store, a_post(2, "bridge"), owner=Lane.COMMS, priority=Priority.P5)
    take(store, an_item(3, "bridge"))
    assert found(store, "bridge") == ["3", "2", "1"]
    assert found(store, "bridge", states=(State.CLAIMED,)) == ["1"]
    assert found(store, "bridge", lanes=(Lane.COMMS,)) == ["2"]
    assert found(store, "bridge", priorities=(Priority.P5,)) == ["2"]
    assert found(store, "bridge", claimed_by="officer-1") == ["1"]
    assert found(store, "bridge", public_only=True) == ["2"]


def test_what_may_not_be_seen_is_neither_found_nor_counted(store: SqlStore) -> None:
    take(store, *[an_item(n, "bridge") for n in range(60)], a_post("p", "bridge"))
    page = store.search(
        Search(text="bridge"), sees=lambda case: not case.item.private, limit=1, offset=0
    )
    assert (ids(page.cases), page.more, page.cut) == (["p"], False, False)


def test_an_edit_is_found_by_its_new_words_and_its_old_ones(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "he has a knife"))
    settle(store, ref)
    take(store, arriving(an_item(1, "never mind"), Change.EDIT))
    assert found(store, "knife") == found(store, "never mind") == ["1"]
    take(store, arriving(an_item(1, ""), Change.DELETE))
    assert found(store, "knife") == ["1"]


def test_an_item_that_is_erased_is_found_no_more(store: SqlStore) -> None:
    take(store, an_item(1, "bridge"), an_item(2, "bridge"))
    with store.database.write() as tx:
        tx.execute(delete(items).where(items.c.external_id == "1"))
    assert found(store, "bridge") == ["2"]
    with store.database.read() as tx:
        assert tx.execute(text(f"SELECT count(*) FROM {TABLE}")).scalar() == 1  # noqa: S608


def test_an_item_is_found_by_the_reference_it_was_closed_under(store: SqlStore) -> None:
    case = an_open_case(store, an_item(1))
    closed = replace(case, state=State.CLOSED, result="crime_recorded", result_ref="42/1234/26")
    store.change(case, closed, events=[])
    assert found(store, "42/1234/26") == ["1"]


def test_items_of_an_earlier_version_are_found_after_the_step(store_url: str) -> None:
    store = connect(store_url, PATIENCE)
    store.migrate()
    take(store, an_item(1, "the old bridge"), an_item(2, "something"))
    settle(store)
    take(store, arriving(an_item(1, "the new bridge"), Change.EDIT))
    with store.database.write() as tx:
        tx.execute(text(f"DELETE FROM {TABLE}"))  # noqa: S608
    assert found(store, "bridge") == []
    with store.database.write() as tx:
        from storage.search import index_items

        index_items(tx, ["FC-26-1123-0001", "FC-26-1123-0002"])
    assert found(store, "old") == found(store, "new") == ["1"]
    store.close()


def test_a_reference_and_its_number_are_one() -> None:
    for ref in ("FC-26-1123-0041", "FC-26-0102-123456", "FC-09-1231-9999"):
        assert ref_of(number_of(ref) or 0) == ref
    assert number_of("FC-26-1123") is number_of("X-26-1123-0041") is None
