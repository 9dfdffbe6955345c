"""Lines in the thread of an incident's first card, through the outbox to Slack and Teams."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from config.settings import SlackSink as SlackSettings
from config.settings import TeamsSink as TeamsSettings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.slack import SlackSink
from notifier.teams import TeamsSink
from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.contract.test_store_incidents import P2, P4, outcome, told
from tests.servers.chat_vendor import Fault, refused
from tests.servers.desk import Time
from tests.servers.slack import BOT_TOKEN, Slack
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, Teams, texts
from tests.stores import NOW, a_card, take, the_case
from tests.talking_desk import TalkingDesk
from triage.model import Case, Event, Priority
from triage.threads import Telling


@pytest.fixture
def time() -> Time:
    return Time(NOW)


@pytest.fixture
def store(time: Time) -> Iterator[SqlStore]:
    store = memory_store(clock=time)
    yield store
    store.close()


class Street:
    """A street on fire, and the chat tool in which it is told."""

    def __init__(self, store: SqlStore, time: Time, sink: Any, place: str) -> None:
        self.store, self.time, self.place = store, time, place
        name = place.partition(":")[0]
        self.sender = Deliverer(store, store, {name: sink}, time, {name: 1000})
        self.tell()

    def burns(self, number: int, priority: Priority = P4) -> Case:
        """Somebody tells of it; their card goes to the tool too."""
        (ref,) = take(self.store, told(number, minutes=number / 10))
        (waiting,) = self.store.waiting(limit=1, refs=[ref])
        settled = outcome(waiting.case, priority)
        cards = (a_card(ref, self.place, int(priority)),)
        self.store.settle([replace(settled, cards=cards)])
        return the_case(self.store, ref)

    def tell(self) -> None:
        telling = Telling(zone=UTC, most=3, has_threads=lambda place: True)
        self.store.tell_threads(telling, now=self.time())

    def send(self) -> None:
        """All that is owed goes out, cards before lines."""
        while self.sender.drain():
            pass


@pytest.fixture
def slack(time: Time) -> Iterator[Slack]:
    with Slack() as server:
        server.clock = time
        yield server


@pytest.fixture
def street(slack: Slack, store: SqlStore, time: Time) -> Street:
    raw = {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "base_url": slack.base_url,
        "channels": {"desk": "C02"},
        "timeout_seconds": 2,
    }
    sink = SlackSink(SlackSettings.model_validate(raw), CardContext(desk="Westbridge Police"), time)
    return Street(store, time, sink, "slack:C02")


def replies(slack: Slack, root: dict[str, Any]) -> list[str]:
    return [each["text"] for each in slack.messages["C02"] if each.get("thread_ts") == root["ts"]]


def test_in_slack_a_line_stands_in_the_first_cards_thread(street: Street, slack: Slack) -> None:
    first = street.burns(1)
    street.send()
    (root,) = slack.messages["C02"]
    second = street.burns(2, P2)
    street.tell()
    street.send()

    assert replies(slack, root) == [f"{second.ref} joined this incident: P2, 09:41"]
    assert first.ref not in replies(slack, root)[0]
    cards = [each for each in slack.messages["C02"] if not each.get("thread_ts")]
    assert len(cards) == 2  # and both stay edits: the raised first one was edited in its place
    assert cards[0]["ts"] == root["ts"]
    assert cards[0]["edited"]


def test_first_and_joiner_in_one_batch_are_told_in_order(street: Street, slack: Slack) -> None:
    street.burns(1)
    second = street.burns(2)
    street.tell()
    street.send()

    root = next(each for each in slack.messages["C02"] if not each.get("thread_ts"))
    assert replies(slack, root) == [f"{second.ref} joined this incident: P4, 09:41"]


@pytest.mark.parametrize("keep_metadata", [True, False])
def test_a_line_that_may_have_arrived_is_looked_for_in_the_thread(
    street: Street, slack: Slack, time: Time, keep_metadata: bool
) -> None:
    slack.keep_metadata = keep_metadata
    street.burns(1)
    street.burns(2)
    street.send()
    street.tell()
    slack.fail("chat.postMessage", Fault(accept=True, disconnect=True))
    street.send()
    time.pass_(60)
    street.send()

    root = slack.messages["C02"][0]
    assert len(replies(slack, root)) == 1
    assert slack.named("conversations.replies")


def test_a_card_that_was_removed_has_no_thread_and_nobody_is_alarmed(
    street: Street, slack: Slack
) -> None:
    street.burns(1)
    street.burns(2)
    street.send()
    street.tell()
    slack.fail("chat.postMessage", refused("thread_not_found"))
    street.send()

    assert not any(each.get("thread_ts") for each in slack.messages["C02"])
    assert street.store.backlog() == {"dead": 0}


def test_in_a_surge_a_thread_gets_a_few_lines_and_a_sum(
    street: Street, slack: Slack, time: Time
) -> None:
    street.burns(1)
    street.send()
    root = slack.messages["C02"][0]
    for number in range(2, 17):
        street.burns(number)
    street.tell()
    street.send()
    assert len(replies(slack, root)) == 3
    time.pass_(60)
    street.send()

    assert replies(slack, root)[3:] == ["12 more items joined this incident, the most urgent P4"]


def test_in_teams_a_line_replies_to_the_first_card(store: SqlStore, time: Time) -> None:
    with Teams() as teams:
        raw = {
            "kind": "teams",
            "app_id": APP_ID,
            "app_password": APP_PASSWORD,
            "base_url": teams.connector,
            "login_url": f"{teams.url}/login",
            "channels": {"desk": DESK},
            "timeout_seconds": 2,
        }
        sink = TeamsSink(TeamsSettings.model_validate(raw), CardContext(), time)
        street = Street(store, time, sink, f"teams:{DESK}")
        street.burns(1)
        street.send()
        second = street.burns(2, P2)
        street.tell()
        street.send()
        root, _, line = teams.activities[DESK]

        assert line["replyToId"] == root["id"]
        assert texts(line["attachments"][0]["content"]) == [
            f"{second.ref} joined this incident: P2, 09:41"
        ]
        assert line["summary"] == f"{second.ref} joined this incident: P2, 09:41"
        assert root["edited"]

        street.burns(3)
        street.tell()
        teams.activities[DESK].remove(root)
        street.send()
        assert street.store.backlog() == {"dead": 0}


def test_only_channels_of_slack_and_of_a_teams_bot_have_threads(store: SqlStore) -> None:
    slack = {"kind": "slack", "bot_token": "x", "channels": {"desk": "C02"}}
    bot = {"kind": "teams", "channels": {"desk": DESK}, "workflows": {"comms": "https://x.example"}}
    mail = {"kind": "email", "host": "mail", "sender": "a@b.example", "channels": {"desk": "d@b"}}
    desk = TalkingDesk(store, SteppingClock(), [slack, bot, mail])
    first, second = (desk.take(text, sent=NOW) for text in ("one", "two"))
    places = ("slack:C02", "slack:U01", f"teams:{DESK}", "teams:comms", "email:d@b", "gone:C02")
    for place in places:
        store.notify([a_card(first.ref, place)], now=NOW)
    desk.talking.tell_threads()
    told = replace(second, incident=first.ref.replace("FC", "IN"))
    grouped = Event(at=NOW, actor="firstcontact", action="grouped", subject=second.ref)
    store.change(second, told, events=[grouped])

    desk.talking.tell_threads()

    lines = [each.destination for each in store.messages_of(first.ref) if each.under]
    assert sorted(lines) == ["slack:C02", f"teams:{DESK}"]
