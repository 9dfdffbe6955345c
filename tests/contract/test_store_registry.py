"""What every store promises about staff, alarms, collectors and nodes."""

from datetime import timedelta

import pytest

from console.web.accounts import Accounts
from storage.store import SqlStore
from tests.browser.desk import CHEAP
from tests.conftest import SteppingClock
from tests.stores import NOW, a_harvest
from triage.errors import Refused
from triage.model import Alarm, Officer, Quota, Role

ADA = Officer(
    id="ada",
    name="PC Ada Quill",
    roles=frozenset({Role.OFFICER, Role.SUPERVISOR}),
    slack_id="U01",
    teams_id="aad-1",
)
MINUTE = timedelta(minutes=1)


def an_alarm(key: str = "collector:x", severity: int = 2, text: str = "X is silent") -> Alarm:
    return Alarm(key=key, text=text, raised_at=NOW, severity=severity)


# --- staff ----------------------------------------------------------------------------------------


def test_an_officer_is_known_by_any_identity(store: SqlStore) -> None:
    store.save_officer(ADA)
    store.save_officer(Officer(id="ben", name="Ben Oak"))
    assert store.officer("ada") == ADA
    assert store.officer(slack_id="U01") == ADA
    assert store.officer(teams_id="aad-1") == ADA
    assert [each.id for each in store.officers()] == ["ben", "ada"]


def test_nobody_is_found_by_nothing_or_by_a_wrong_identity(store: SqlStore) -> None:
    store.save_officer(Officer(id="ben", name="Ben Oak"))
    assert store.officer() is None
    assert store.officer("ada") is None
    assert store.officer(slack_id="U99") is None
    assert store.officer("ben", slack_id="U99") is None


def test_saving_again_changes_an_officer(store: SqlStore) -> None:
    store.save_officer(ADA)
    store.save_officer(Officer(id="ada", name="Sgt Ada Quill"))
    assert store.officer("ada") == Officer(id="ada", name="Sgt Ada Quill")


def test_a_removed_officer_who_comes_back_has_no_password_and_no_session(
    store: SqlStore, clock: SteppingClock
) -> None:
    kept = Accounts(store.database, clock, hasher=CHEAP)
    for officer in ("ada", "ben"):
        store.save_officer(Officer(id=officer, name=officer))
        kept.set_password(officer, "three plain words")
    hers, his = kept.open_session("ada"), kept.open_session("ben")
    store.remove_officer("ada")
    store.save_officer(ADA)
    assert kept.session(hers) is None
    with pytest.raises(Refused):
        kept.sign_in("ada", "three plain words", address="192.0.2.7")
    assert kept.session(his) is not None


def test_only_who_never_was_an_officer_is_enrolled(store: SqlStore) -> None:
    enrolled = Officer(id="slack:U01", name="quill", slack_id="U01")
    assert store.enrol_officer(enrolled)
    assert not store.enrol_officer(Officer(id="slack:U01", name="somebody", slack_id="U01"))
    assert store.officer(slack_id="U01") == enrolled
    store.remove_officer("slack:U01")
    assert not store.enrol_officer(enrolled)
    assert not store.enrol_officer(Officer(id="another", name="quill", slack_id="U01"))
    assert store.officers() == []


def test_a_chat_identity_belongs_to_one_officer(store: SqlStore) -> None:
    store.save_officer(ADA)
    with pytest.raises(Refused, match="belongs to another officer"):
        store.save_officer(Officer(id="ben", name="Ben Oak", slack_id="U01"))
    assert store.officer("ben") is None


def test_a_removed_officer_is_gone_until_saved_again(store: SqlStore) -> None:
    store.save_officer(ADA)
    assert store.remove_officer("ada")
    assert not store.remove_officer("ada")
    assert store.officer("ada") is None
    assert store.officer(slack_id="U01") is None
    assert store.officers() == []
    store.save_officer(ADA)
    assert store.officer("ada") == ADA


# --- alarms ---------------------------------------------------------------------------------------


def test_an_alarm_is_open_once(store: SqlStore) -> None:
    assert store.raise_alarm(an_alarm())
    assert not store.raise_alarm(an_alarm(text="again"))
    assert store.alarms() == [an_alarm()]


def test_a_cleared_alarm_can_be_raised_again_and_is_remembered(store: SqlStore) -> None:
    store.raise_alarm(an_alarm())
    assert store.clear_alarm("collector:x", now=NOW + MINUTE)
    assert not store.clear_alarm("collector:x", now=NOW + MINUTE)
    assert not store.clear_alarm("other", now=NOW)
    assert store.alarms() == []
    assert store.raise_alarm(an_alarm())
    assert [each.cleared_at for each in store.past_alarms()] == [None, NOW + MINUTE]


def test_the_worst_alarm_comes_first(store: SqlStore) -> None:
    for key, severity in (("a", 3), ("b", 1), ("c", 2)):
        store.raise_alarm(an_alarm(key, severity))
    assert [each.key for each in store.alarms()] == ["b", "c", "a"]


def test_alarms_move_the_change_mark_only_when_something_changes(store: SqlStore) -> None:
    marks = [store.change_mark()]
    store.clear_alarm("collector:x", now=NOW)
    assert store.change_mark() == marks[0]
    store.raise_alarm(an_alarm())
    marks.append(store.change_mark())
    store.raise_alarm(an_alarm())
    assert store.change_mark() == marks[1]
    store.clear_alarm("collector:x", now=NOW)
    marks.append(store.change_mark())
    assert marks == sorted(set(marks))


# --- collectors -----------------------------------------------------------------------------------


def test_failures_are_counted_in_a_row_and_end_with_a_success(store: SqlStore) -> None:
    assert store.poll_failed("x:a", error="503", now=NOW) == 1
    assert store.poll_failed("x:a", error="HTML", now=NOW) == 2
    assert store.poll_failed("fb:b", error="190", now=NOW) == 1
    health = {each.source: each for each in store.collectors()}
    assert (health["x:a"].failures, health["x:a"].error) == (2, "HTML")
    assert health["x:a"].last_success is None
    store.poll_succeeded("x:a", items=0, harvest=None, now=NOW + MINUTE)
    health = {each.source: each for each in store.collectors()}
    assert (health["x:a"].failures, health["x:a"].error) == (0, "")
    assert health["x:a"].last_success == NOW + MINUTE
    assert store.poll_failed("x:a", error="503", now=NOW) == 1


def test_what_a_platform_says_is_left_is_kept_until_it_says_more(store: SqlStore) -> None:
    quotas = (Quota(name="mentions", remaining=3, limit=450, resets_at=NOW + MINUTE),)
    store.poll_succeeded("x:a", items=0, harvest=a_harvest(quotas=quotas), now=NOW)
    store.poll_succeeded("x:a", items=0, harvest=a_harvest(), now=NOW)
    (health,) = store.collectors()
    assert health.quotas == quotas


def test_the_usual_silence_is_the_longest_of_late(store: SqlStore) -> None:
    def polled(minutes: float, items: int = 1) -> timedelta | None:
        store.poll_succeeded("x:a", items=items, harvest=None, now=NOW + minutes * MINUTE)
        (health,) = store.collectors()
        return health.usual_gap

    assert polled(0) is None
    assert polled(10) == 10 * MINUTE
    assert polled(500, items=0) == 10 * MINUTE
    assert polled(490 + 10) == 490 * MINUTE
    week = 7 * 24 * 60
    for step in range(1, 8 * 24):
        last = polled(500 + step * 60)
    assert last is not None
    assert 200 * MINUTE < last < 245 * MINUTE
    (health,) = store.collectors()
    assert health.last_item == NOW + (500 + week + 23 * 60) * MINUTE


# --- nodes ----------------------------------------------------------------------------------------


def test_nodes_beat_until_they_are_forgotten(store: SqlStore) -> None:
    store.beat("a", now=NOW)
    store.beat("b", now=NOW)
    store.beat("a", now=NOW + MINUTE)
    assert store.nodes() == {"a": NOW + MINUTE, "b": NOW}
    store.forget_node("b")
    store.forget_node("c")
    assert store.nodes() == {"a": NOW + MINUTE}


def test_a_lease_is_held_by_one_and_ends_by_itself(store: SqlStore) -> None:
    assert store.lease("clocks", "a", seconds=60, now=NOW)
    assert not store.lease("clocks", "b", seconds=60, now=NOW + 0.9 * MINUTE)
    assert store.lease("other", "b", seconds=60, now=NOW)
    assert store.lease("clocks", "a", seconds=60, now=NOW + 0.9 * MINUTE)
    assert not store.lease("clocks", "b", seconds=60, now=NOW + 1.8 * MINUTE)
    assert store.lease("clocks", "b", seconds=60, now=NOW + 1.9 * MINUTE)
    assert not store.lease("clocks", "a", seconds=60, now=NOW + 2 * MINUTE)


def test_a_lease_can_be_given_back_by_its_holder_only(store: SqlStore) -> None:
    store.lease("clocks", "a", seconds=60, now=NOW)
    store.end_lease("clocks", "b")
    assert not store.lease("clocks", "b", seconds=60, now=NOW)
    store.end_lease("clocks", "a")
    assert store.lease("clocks", "b", seconds=60, now=NOW)
