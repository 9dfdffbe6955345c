"""What every store promises about taking items in."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.store import SqlStore
from tests.stores import (
    NOW,
    SOURCE,
    a_harvest,
    a_post,
    an_item,
    arriving,
    claimed,
    settle,
    take,
    the_case,
)
from triage.model import Arrival, Attachment, Author, Change, State
from triage.taxonomy import Kind

EDIT, DELETE = Change.EDIT, Change.DELETE


def texts(store: SqlStore, ref: str) -> list[str]:
    return [text for _, text in store.versions(ref)]


def test_an_item_comes_back_whole(store: SqlStore) -> None:
    item = an_item(
        reply_to="41",
        lang="cy",
        attachments=(Attachment(kind="image", url="https://cdn.example/1.jpg"),),
        extra={"likes": 3, "geo": {"place": "Westbridge"}},
        author=Author(account_id="77", handle="zeldaq", display_name="Zelda", profile="Hiya"),
    )
    (ref,) = take(store, item)
    case = the_case(store, ref)
    assert case.item == item
    assert (case.state, case.version, case.received_at) == (State.RECEIVED, 1, NOW)


def test_a_case_is_also_found_by_the_platforms_own_id(store: SqlStore) -> None:
    (ref,) = take(store, an_item(5))
    found = store.case_by_key("x_dm", "westbridgepolice", "5")
    assert found is not None
    assert found.ref == ref
    assert store.case_by_key("x_dm", "anotherforce", "5") is None


def test_references_count_up_within_the_day_of_receipt(store: SqlStore) -> None:
    late = NOW.replace(hour=23, minute=59)
    assert take(store, an_item(1), an_item(2)) == ("FC-26-1123-0001", "FC-26-1123-0002")
    assert take(store, an_item(3), now=late) == ("FC-26-1123-0003",)
    assert take(store, an_item(4), now=late + timedelta(minutes=1)) == ("FC-26-1124-0001",)


def test_the_cursor_is_stored_with_its_harvest(store: SqlStore) -> None:
    assert store.cursor(SOURCE) == ""
    store.take_in(SOURCE, a_harvest(an_item(), cursor="page-2"), now=NOW)
    store.take_in("fb:1", a_harvest(cursor="elsewhere"), now=NOW)
    assert store.cursor(SOURCE) == "page-2"


def test_the_same_harvest_twice_changes_nothing(store: SqlStore) -> None:
    harvest = a_harvest(an_item(1), an_item(2))
    first = store.take_in(SOURCE, harvest, now=NOW)
    again = store.take_in(SOURCE, harvest, now=NOW)
    assert (first.new, again.new, again.repeated, again.refs) == (2, 0, 2, ())
    assert the_case(store, first.refs[0]).version == 1
    assert len(texts(store, first.refs[0])) == 1


def test_an_item_twice_in_one_page_is_one_case(store: SqlStore) -> None:
    taken = store.take_in(SOURCE, a_harvest(an_item(1), an_item(1)), now=NOW)
    assert (taken.new, taken.repeated, len(taken.refs)) == (1, 1, 1)


def test_the_same_id_on_another_account_is_another_item(store: SqlStore) -> None:
    refs = take(store, an_item(1), an_item(1, account="westbridgehelp"), a_post(1))
    assert len(set(refs)) == 3


def test_other_text_under_a_known_id_is_a_new_version_to_be_triaged(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "call me"))
    settle(store)
    taken = store.take_in(SOURCE, a_harvest(an_item(1, "call me NOW")), now=NOW)
    case = the_case(store, ref)
    assert (taken.changed, taken.refs, taken.texts) == (1, (ref,), ("call me NOW",))
    assert (case.state, case.item.text, case.text_versions) == (State.RECEIVED, "call me NOW", 2)
    assert texts(store, ref) == ["call me", "call me NOW"]


def test_what_waits_is_told_with_its_words(store: SqlStore) -> None:
    take(store, an_item(1, "call me"))
    found = a_harvest(an_item(2, "new"), an_item(1, "call me NOW"), an_item(3, "newer"))
    taken = store.take_in(SOURCE, found, now=NOW)
    said = [the_case(store, ref).item.text for ref in taken.refs]
    assert list(taken.texts) == said
    assert sorted(said) == ["call me NOW", "new", "newer"]


def test_an_edit_keeps_claim_priority_and_clocks(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "first"))
    settle(store)
    before = the_case(store, ref)
    store.change(before, replace(before, **claimed()), events=[])
    take(store, arriving(an_item(1, "second", sent_at=NOW), EDIT))
    after = the_case(store, ref)
    assert after.state is State.RECEIVED
    assert after.claimed_by == "officer-1"
    assert after.priority is before.priority
    assert after.item.sent_at == before.item.sent_at


def test_an_edit_that_leaves_things_out_does_not_wipe_them(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "first", lang="en", extra={"a": 1}))
    bare = an_item(1, "second", author=Author(account_id="77"), thread_id="", extra={"b": 2})
    take(store, arriving(bare, EDIT))
    item = the_case(store, ref).item
    assert (item.author.display_name, item.lang, item.thread_id) == (
        "Zelda Quill",
        "en",
        "thread-77",
    )
    assert item.extra == {"a": 1, "b": 2}


def test_new_attachments_are_a_change_but_new_links_to_them_are_not(store: SqlStore) -> None:
    picture = Attachment(kind="image", url="https://cdn.example/1?token=a")
    (ref,) = take(store, an_item(1, attachments=(picture,)))
    again = replace(picture, url="https://cdn.example/1?token=b")
    assert take(store, an_item(1, attachments=(again,))) == ()
    assert take(store, an_item(1, attachments=(again, again))) == (ref,)


def test_an_edit_in_the_same_page_as_its_item_is_one_case_with_two_texts(store: SqlStore) -> None:
    edit = arriving(an_item(1, "second"), EDIT)
    taken = store.take_in(SOURCE, a_harvest(an_item(1, "first"), edit), now=NOW)
    (ref,) = taken.refs
    assert (taken.new, taken.changed) == (1, 1)
    assert the_case(store, ref).item.text == "second"
    assert texts(store, ref) == ["first", "second"]


def test_an_edit_of_an_unknown_item_is_stored_as_new(store: SqlStore) -> None:
    (ref,) = take(store, arriving(an_item(1, "edited"), EDIT))
    assert the_case(store, ref).item.text == "edited"


def test_an_original_that_comes_after_its_edit_is_kept_but_not_shown(store: SqlStore) -> None:
    (ref,) = take(store, arriving(an_item(1, "never mind"), EDIT))
    assert take(store, arriving(an_item(1, "he has a knife"))) == (ref,)
    assert the_case(store, ref).item.text == "never mind"
    assert texts(store, ref) == ["never mind", "he has a knife"]
    (waiting,) = store.waiting(limit=1)
    assert waiting.thread == ("he has a knife",)


def test_an_old_edit_delivered_again_does_not_bring_back_its_text(store: SqlStore) -> None:
    second, third = (arriving(an_item(1, text), EDIT) for text in ("second", "third"))
    (ref,) = take(store, an_item(1, "first"))
    take(store, second)
    take(store, third)
    assert take(store, second, an_item(1, "first")) == ()
    assert the_case(store, ref).item.text == "third"


def test_a_poll_that_reads_the_first_text_again_is_believed(store: SqlStore) -> None:
    take(store, an_item(1, "first"))
    take(store, an_item(1, "second"))
    (ref,) = take(store, an_item(1, "first"))
    assert the_case(store, ref).item.text == "first"
    assert texts(store, ref) == ["first", "second", "first"]


def test_a_deletion_marks_the_case_and_keeps_every_version(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "help"))
    settle(store)
    gone = arriving(an_item(1, ""), DELETE, seen_at=NOW + timedelta(minutes=3))
    taken = store.take_in(SOURCE, a_harvest(gone, gone), now=NOW)
    case = the_case(store, ref)
    assert (taken.deleted, taken.repeated, taken.refs) == (1, 1, ())
    assert case.deleted_at == NOW + timedelta(minutes=3)
    assert (case.state, case.item.text) == (State.OPEN, "help")
    assert texts(store, ref) == ["help"]
    assert [each.change for each in store.full_versions(ref)] == [Change.NEW, DELETE]


def test_a_deletion_owes_the_cards_again(store: SqlStore) -> None:
    take(store, an_item(1))
    settle(store)
    (card,) = store.owed(limit=9, now=NOW)
    store.delivered(card.key, version=card.wanted, external_id="ts-1", now=NOW)
    take(store, arriving(an_item(1, ""), DELETE))
    (again,) = store.owed(limit=9, now=NOW)
    assert again.wanted == card.wanted + 1


def test_a_deletion_before_its_item_is_remembered(store: SqlStore) -> None:
    gone = arriving(an_item(1, ""), DELETE, seen_at=NOW - timedelta(minutes=1))
    taken = store.take_in(SOURCE, a_harvest(gone), now=NOW)
    assert (taken.deleted, taken.refs) == (1, ())
    assert store.take_in(SOURCE, a_harvest(gone), now=NOW).repeated == 1
    (ref,) = take(store, an_item(1, "late"))
    case = the_case(store, ref)
    assert (case.item.text, case.deleted_at) == ("late", NOW - timedelta(minutes=1))
    assert [each.change for each in store.full_versions(ref)] == [Change.NEW, DELETE]


def test_deletion_and_item_in_the_wrong_order_in_one_page(store: SqlStore) -> None:
    (ref,) = take(store, arriving(an_item(1, ""), DELETE), an_item(1, "late"))
    assert the_case(store, ref).deleted_at == NOW


def test_an_edit_after_a_deletion_is_read_and_the_mark_stays(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "first"))
    take(store, arriving(an_item(1, ""), DELETE))
    assert take(store, arriving(an_item(1, "second"), EDIT)) == (ref,)
    case = the_case(store, ref)
    assert (case.item.text, case.deleted_at) == ("second", NOW)


def test_every_version_keeps_the_platforms_own_bytes_and_their_hash(store: SqlStore) -> None:
    raw = b'{"text":"caf\\u00e9","odd":"\x00\xff"}'
    (ref,) = take(store, Arrival(item=an_item(1), payload=raw))
    (version,) = store.full_versions(ref)
    assert version.payload == raw
    assert version.sha256 == hashlib.sha256(raw).hexdigest()


def test_entries_that_cannot_be_read_are_kept_with_the_reason(store: SqlStore) -> None:
    harvest = a_harvest(rejected=(("no text", b"\x00\xff{"),))
    store.take_in(SOURCE, harvest, now=NOW)
    assert store.rejected() == [(NOW, SOURCE, "no text", b"\x00\xff{")]
    (event,) = store.events(SOURCE)
    assert (event.action, event.detail) == ("harvest.rejected", {"count": 1})


def test_arrival_edit_and_deletion_stand_in_the_trail_without_text(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, "secret words"))
    take(store, an_item(1, "other secret words"), arriving(an_item(1, ""), DELETE))
    events = store.events(ref)
    assert [each.action for each in events] == ["item.received", "item.edited", "item.deleted"]
    hashes = [each.sha256 for each in store.full_versions(ref)]
    assert [each.detail["sha256"] for each in events] == hashes
    assert "secret" not in repr(events)


def test_nothing_is_stored_when_a_harvest_fails_half_way(store: SqlStore) -> None:
    broken = replace(a_harvest(an_item(1), cursor="c2"), rejected=(("why", "not bytes"),))  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"(?i)bytea|blob|bytes|encod"):
        store.take_in(SOURCE, broken, now=NOW)
    assert store.cursor(SOURCE) == ""
    assert store.waiting(limit=10) == []
    assert store.verify() == 0


@pytest.mark.parametrize(
    "text", ["nul \x00 inside", "lone \ud83d surrogate", "🚨 १२३ ﷽", "x" * 100_000, ""]
)
def test_any_text_can_be_stored_and_found_unchanged_the_next_time(
    store: SqlStore, text: str
) -> None:
    (ref,) = take(store, an_item(1, text))
    kept = the_case(store, ref).item.text
    assert len(kept) == len(text)
    assert "\x00" not in kept
    assert take(store, an_item(1, text)) == ()


@pytest.mark.parametrize("odd", ["é" * 1000, "a\x00b", "\udcff"])
def test_keys_of_any_length_and_kind_keep_items_apart(store: SqlStore, odd: str) -> None:
    author = Author(account_id=odd, handle=odd, display_name=odd, profile=odd)
    fields = {"author": author, "thread_id": odd, "reply_to": odd, "account": odd}
    first, second = an_item(odd + "1", **fields), an_item(odd + "2", **fields)
    refs = take(store, first, second)
    assert len(refs) == 2
    assert take(store, first, second) == ()
    (later,) = take(store, an_item(3, sent_at=NOW + timedelta(hours=2), **fields))
    (waiting,) = store.waiting(limit=9, refs=[later])
    assert waiting.history.contacts_7d == 1


def test_a_long_key_comes_back_in_full(store: SqlStore) -> None:
    item = an_item("9" * 900, thread_id="t" * 900, account="a" * 900, reply_to="r" * 900)
    (ref,) = take(store, item)
    assert the_case(store, ref).item == item


def test_a_page_of_many_items_keeps_their_order(store: SqlStore) -> None:
    items = [an_item(number, f"text {number}") for number in range(1200)]
    refs = take(store, *items)
    assert [the_case(store, ref).item.id for ref in refs[::400]] == ["0", "400", "800"]
    assert len(set(refs)) == 1200
    assert take(store, *items) == ()


def test_a_public_item_is_known_as_public(store: SqlStore) -> None:
    (ref,) = take(store, a_post(1))
    assert the_case(store, ref).item.kind is Kind.MENTION
