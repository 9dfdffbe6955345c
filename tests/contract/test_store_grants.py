"""Leave to read one item holds for its officer, its item and its time."""

from datetime import timedelta

from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.stores import NOW, an_event, an_item, an_open_case
from triage.grants import Grant
from triage.model import Officer, Role

REED = Officer(id="reed", name="Toby Reed", roles=frozenset({Role.REVIEWER}))


def a_grant(ref: str, hours: int = 1, officer_id: str = "reed") -> Grant:
    return Grant(
        officer_id=officer_id,
        ref=ref,
        granted_by="pryce",
        reason="press office asks",
        granted_at=NOW,
        expires_at=NOW + timedelta(hours=hours),
    )


def granted(store: SqlStore, officer_id: str = "reed") -> frozenset[str]:
    officer = store.officer(officer_id)
    assert officer is not None
    return officer.granted


def test_a_grant_holds_for_its_officer_until_it_ends(store: SqlStore, clock: SteppingClock) -> None:
    case = an_open_case(store, an_item(1))
    store.save_officer(REED)
    store.save_officer(Officer(id="lind", name="Ruth Lind", roles=REED.roles))
    assert granted(store) == frozenset()
    store.give_grant(a_grant(case.ref), event=an_event(case.ref, "grant_given"))
    assert granted(store) == {case.ref}
    assert granted(store, "lind") == frozenset()
    assert store.grants_in_force(now=NOW) == [a_grant(case.ref)]
    clock.step(minutes=60)
    assert granted(store) == frozenset()
    assert store.grants_in_force(now=clock()) == []


def test_a_second_grant_takes_the_place_of_the_first(store: SqlStore) -> None:
    case = an_open_case(store, an_item(1))
    store.give_grant(a_grant(case.ref), event=an_event(case.ref, "grant_given"))
    store.give_grant(a_grant(case.ref, hours=4), event=an_event(case.ref, "grant_given"))
    assert store.grants_in_force(now=NOW, officer_id="reed") == [a_grant(case.ref, hours=4)]
    assert store.grants_in_force(now=NOW, officer_id="lind") == []


def test_a_grant_is_ended_once(store: SqlStore) -> None:
    case = an_open_case(store, an_item(1))
    store.save_officer(REED)
    store.give_grant(a_grant(case.ref), event=an_event(case.ref, "grant_given"))
    ended = an_event(case.ref, "grant_ended")
    assert store.end_grant("reed", case.ref, now=NOW, event=ended)
    assert not store.end_grant("reed", case.ref, now=NOW, event=ended)
    assert granted(store) == frozenset()
    actions = [event.action for event in store.events(case.ref)]
    assert actions.count("grant_ended") == 1
