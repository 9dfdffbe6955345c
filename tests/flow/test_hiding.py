"""Replies and comments are hidden on their platforms, once, with the evidence kept first."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.facebook_hide import FacebookHider
from collectors.x_hide import XHider
from console.evidence import export_bundle
from storage.store import SqlStore
from tests.collector_rigs import facebook_settings, x_settings
from tests.conftest import SteppingClock
from tests.servers.hiding import HidingFacebook, HidingX
from tests.servers.social_vendor import Fault
from tests.servers.x import TOKEN, USER_ID
from tests.stores import a_post, an_item, an_open_case, arriving, take, the_case
from triage.errors import Refused
from triage.hiding import Hidden, Wish, is_hidden
from triage.model import Case, Change, Officer, Priority, Role
from triage.taxonomy import Kind, Lane

REED = Officer(id="reed", name="Toby Reed", roles=frozenset({Role.REVIEWER}))


@pytest.fixture
def network() -> Iterator[HidingX]:
    with HidingX(tokens={TOKEN: USER_ID, "x-hide-invented": USER_ID}) as server:
        server.own_threads.add("900")
        yield server


@pytest.fixture
def hiding(store: SqlStore, network: HidingX, clock: SteppingClock) -> Hidden:
    settings = x_settings(network, hide_token="x-hide-invented", timeout_seconds=0.5)
    return Hidden(store=store, hiders={settings.name: XHider(settings, clock)}, clock=clock)


def a_reply(store: SqlStore, network: HidingX, thread: str = "900") -> Case:
    own = network.add({"id": "4001", "channel": "x_mention", "text": "x", "thread_id": thread})
    item = a_post(own, "you lot are scum", thread_id=thread, reply_to="900")
    return an_open_case(store, item, owner=Lane.COMMS, priority=Priority.P5)


def actions(store: SqlStore, case: Case) -> list[str]:
    return [event.action for event in store.events(case.ref)]


def test_a_reply_is_hidden_and_shown_again_and_stays_open(
    store: SqlStore, network: HidingX, hiding: Hidden
) -> None:
    case = a_reply(store, network)
    done = hiding.ask(case, REED, hidden=True, reason="abuse of staff")
    assert (done.state, network.out_of_sight) == (Wish.DONE, {"4001"})
    assert the_case(store, case.ref) == case
    assert store.hidden_among([case.ref]) == {case.ref}
    with pytest.raises(Refused, match="hidden already"):
        hiding.ask(case, REED, hidden=True, reason="again")
    hiding.ask(case, REED, hidden=False, reason="a mistake")
    assert network.out_of_sight == set()
    assert not is_hidden(store.hidings_of(case.ref))
    assert actions(store, case)[-4:] == ["hide_asked", "hide_ended"] * 2


def test_the_evidence_is_written_before_the_platform_is_asked(
    store: SqlStore, network: HidingX, hiding: Hidden
) -> None:
    case = a_reply(store, network)
    take(store, arriving(case.item, Change.NEW))
    done = hiding.ask(case, REED, hidden=True, reason="abuse")
    asked = next(each for each in store.events(case.ref) if each.action == "hide_asked")
    assert asked.detail["versions"] == [each.sha256 for each in store.full_versions(case.ref)]
    assert asked.detail["evidence"] == done.evidence
    assert asked.detail["reason"] == "abuse"


@pytest.mark.parametrize("kind", ["500", "timeout"])
def test_an_outcome_that_is_not_known_is_said_and_may_be_asked_for_again(
    store: SqlStore, network: HidingX, hiding: Hidden, kind: str
) -> None:
    case = a_reply(store, network)
    network.faults.append(Fault(kind, on="hide", seconds=3))
    first = hiding.ask(case, REED, hidden=True, reason="abuse")
    assert first.state is Wish.UNKNOWN
    assert first.error
    assert store.hidden_among([case.ref]) == frozenset()
    assert hiding.ask(case, REED, hidden=True, reason="abuse").state is Wish.DONE


def test_what_is_refused_for_its_rate_was_not_done(
    store: SqlStore, network: HidingX, hiding: Hidden
) -> None:
    case = a_reply(store, network)
    network.faults.append(Fault("429", on="hide"))
    done = hiding.ask(case, REED, hidden=True, reason="abuse")
    assert (done.state, network.out_of_sight) == (Wish.FAILED, set())
    assert "too many requests" in done.error


def test_a_post_in_a_strangers_conversation_is_not_hidden_and_the_reason_is_shown(
    store: SqlStore, network: HidingX, hiding: Hidden
) -> None:
    case = a_reply(store, network, thread="555")
    done = hiding.ask(case, REED, hidden=True, reason="abuse")
    assert done.state is Wish.FAILED
    assert "must answer one of the account's own" in done.error
    assert "x-hide-invented" not in done.error


def test_the_evidence_bundle_holds_what_was_hidden_and_what_it_was(
    store: SqlStore, network: HidingX, hiding: Hidden, tmp_path: Path, clock: SteppingClock
) -> None:
    case = a_reply(store, network)
    done = hiding.ask(case, REED, hidden=True, reason="abuse")
    out = export_bundle(store, case.ref, tmp_path / "bundle.zip", now=clock())
    with zipfile.ZipFile(out) as bundle:
        (told,) = json.loads(bundle.read("hidings.json"))
        payload = bundle.read("versions/001-new.payload")
    assert (told["state"], told["evidence"]) == ("done", done.evidence)
    hashed = hashlib.sha256(payload).hexdigest()
    assert done.evidence == hashlib.sha256(hashed.encode()).hexdigest()


def test_two_presses_at_once_ask_once(
    store: SqlStore, network: HidingX, hiding: Hidden, clock: SteppingClock
) -> None:
    case = a_reply(store, network)
    begun = hiding._begun(case, REED, hidden=True, reason="abuse")
    with pytest.raises(Refused, match="a moment ago"):
        hiding.ask(case, REED, hidden=True, reason="abuse")
    assert network.out_of_sight == set()
    clock.step(minutes=3)  # the process that asked is gone
    assert hiding.ask(case, REED, hidden=True, reason="abuse").state is Wish.DONE
    assert [each.state for each in store.hidings_of(case.ref)] == [Wish.DONE, Wish.UNKNOWN]
    assert begun.asked_at + timedelta(minutes=3) == clock()


def test_what_is_private_serious_or_without_a_reason_is_not_hidden(
    store: SqlStore, network: HidingX, hiding: Hidden
) -> None:
    message = an_open_case(store, an_item(1))
    threat = an_open_case(store, a_post(2, reply_to="900"), owner=Lane.COMMS, priority=Priority.P2)
    first = an_open_case(store, a_post(3), owner=Lane.COMMS, priority=Priority.P5)
    fine = a_reply(store, network)
    for case, reason, said in (
        (message, "x", "private message"),
        (threat, "x", "a supervisor decides"),
        (first, "x", "answers nothing"),
        (fine, "  ", "say why"),
    ):
        with pytest.raises(Refused, match=said):
            hiding.ask(case, REED, hidden=True, reason=reason)
        assert store.hidings_of(case.ref) == []
    assert network.asked("hide") == []


def test_a_facebook_comment_is_hidden_and_shown_again(
    store: SqlStore, clock: SteppingClock
) -> None:
    with HidingFacebook() as network:
        own = network.add({"channel": "fb_comment", "text": "scum", "thread_id": "2002_1"})
        settings = facebook_settings(network, hide_comments=True)
        hider = FacebookHider(settings, clock)
        hiding = Hidden(store=store, hiders={settings.name: hider}, clock=clock)
        item = a_post(
            own,
            "scum",
            channel="fb_comment",
            kind=Kind.COMMENT,
            account=settings.page_id,
            thread_id="2002_1",
        )
        case = an_open_case(store, item, owner=Lane.COMMS, priority=Priority.P5)
        assert hiding.ask(case, REED, hidden=True, reason="abuse").state is Wish.DONE
        assert network.comments[own]["is_hidden"] is True
        assert hiding.ask(case, REED, hidden=False, reason="mistake").state is Wish.DONE
        assert network.comments[own]["is_hidden"] is False
        network.delete(own)
        failed = hiding.ask(case, REED, hidden=True, reason="abuse")
    assert failed.state is Wish.FAILED
    assert failed.error
