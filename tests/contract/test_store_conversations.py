"""What every store promises about the conversations a chat tool told of."""

from datetime import timedelta

from storage.store import SqlStore
from tests.stores import NOW
from triage.conversations import Conversation

DESK = Conversation(
    id="19:desk@thread.tacv2",
    service_url="https://smba.trafficmanager.net/uk/",
    tenant="invented-tenant",
    bot_id="28:bot",
    name="Desk",
)
EMEA = "https://smba.trafficmanager.net/emea/"
LATER = NOW + timedelta(days=1)


def test_a_conversation_is_known_as_it_was_told_last(store: SqlStore) -> None:
    assert store.conversation("teams", DESK.id) is None
    assert store.save_conversation("teams", DESK, now=NOW)
    assert store.conversation("teams", DESK.id) == DESK
    moved = Conversation(id=DESK.id, service_url=EMEA, name="Digital desk")
    assert store.save_conversation("teams", moved, now=LATER)
    known = store.conversation("teams", DESK.id)
    assert known is not None
    assert (known.service_url, known.name) == (EMEA, "Digital desk")


def test_what_is_not_told_again_stays_known(store: SqlStore) -> None:
    store.save_conversation("teams", DESK, now=NOW)
    pressed = Conversation(id=DESK.id, service_url=EMEA)
    assert store.save_conversation("teams", pressed, now=LATER)
    known = store.conversation("teams", DESK.id)
    assert known is not None
    assert (known.tenant, known.bot_id, known.name) == ("invented-tenant", "28:bot", "Desk")


def test_the_same_again_is_not_written(store: SqlStore) -> None:
    assert store.save_conversation("teams", DESK, now=NOW)
    assert not store.save_conversation("teams", DESK, now=LATER)
    alike = Conversation(id=DESK.id, service_url=DESK.service_url)
    assert not store.save_conversation("teams", alike, now=LATER)


def test_conversations_of_two_sinks_are_apart(store: SqlStore) -> None:
    store.save_conversation("teams", DESK, now=NOW)
    assert store.conversation("teams-2", DESK.id) is None


def test_any_id_and_name_can_be_kept(store: SqlStore) -> None:
    odd = Conversation(id="a:" + "é" * 900, service_url=EMEA, name="\x00desk \ud800 🚓")
    assert store.save_conversation("teams", odd, now=NOW)
    assert not store.save_conversation("teams", odd, now=NOW)
    known = store.conversation("teams", odd.id)
    assert known is not None
    assert known.service_url == EMEA
    assert "🚓" in known.name
