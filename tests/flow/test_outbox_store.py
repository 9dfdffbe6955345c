"""The outbox over the real store and a loopback Slack, with a worker that is killed."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import SlackSink as Settings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.slack import SlackSink
from storage.memory import memory_store
from storage.store import SqlStore, connect
from tests.servers.chat_vendor import Fault, eventually, refused
from tests.servers.desk import Time
from tests.servers.slack import BOT_TOKEN, Slack
from tests.stores import NOW, an_item, an_open_case, claimed
from triage.model import Priority
from triage.taxonomy import Lane

WORKER = """
import sys
from datetime import UTC, datetime
from config.settings import SlackSink as Settings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.slack import SlackSink
from storage.store import connect

url, base_url, token = sys.argv[1:]
store = connect(url)
settings = Settings(kind="slack", bot_token=token, base_url=base_url, channels={"desk": "C02"})
now = lambda: datetime.now(UTC)
sink = SlackSink(settings, CardContext(), now)
Deliverer(store, store, {"slack": sink}, now, {"slack": 1000}).drain()
"""


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def time() -> Time:
    return Time(NOW)


def deliverer(store: SqlStore, slack: Slack, time: Time) -> Deliverer:
    settings = Settings.model_validate(
        {
            "kind": "slack",
            "bot_token": BOT_TOKEN,
            "base_url": slack.base_url,
            "channels": {Lane.DESK: "C02"},
            "timeout_seconds": 2,
        }
    )
    sink = SlackSink(settings, CardContext(), time)
    slack.clock = time
    return Deliverer(store, store, {"slack": sink}, time, {"slack": 1000})


def shown(slack: Slack) -> list[str]:
    return [message["text"] for message in slack.messages["C02"]]


def test_a_claim_in_the_store_changes_the_one_card_in_slack(slack, time):
    store = memory_store(clock=time)
    sender = deliverer(store, slack, time)
    case = an_open_case(store)
    assert sender.drain() == 1

    after = store.change(case, replace(case, **claimed("Officer Khan")), events=[])
    assert sender.drain() == 1

    (text,) = shown(slack)
    assert "Claimed by Officer Khan" in text
    (message,) = store.messages_of(case.ref)
    assert message.delivered == after.version
    assert sender.drain() == 0


def test_many_changes_while_slack_is_down_fold_into_one_card(slack, time):
    store = memory_store(clock=time)
    sender = deliverer(store, slack, time)
    case = an_open_case(store)
    slack.fail("chat.postMessage", Fault(status=503))
    assert sender.drain() == 0
    for officer in ("Officer Khan", "Officer Osei"):
        case = store.change(case, replace(case, **claimed(officer)), events=[])
    time.pass_(20)

    assert sender.drain() == 1

    assert len(slack.named("chat.update")) == 0
    (text,) = shown(slack)
    assert "Claimed by Officer Osei" in text


def test_workers_that_share_a_store_post_every_card_once(slack, time, tmp_path: Path):
    store = connect(f"sqlite:///{tmp_path}/desk.db", clock=time)
    store.migrate()
    for number in range(30):
        an_open_case(store, an_item(number, sent_at=NOW - timedelta(seconds=number)))
    workers = [
        threading.Thread(target=deliverer(store, slack, time).drain, args=(30,)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    posted = [message["metadata"]["event_payload"]["key"] for message in slack.messages["C02"]]
    assert len(posted) == len(set(posted)) == 30
    store.close()


def test_a_worker_killed_between_post_and_outcome_leaves_one_card(slack, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/desk.db"
    time = Time(NOW)
    store = connect(url, clock=time)
    store.migrate()
    case = an_open_case(store, priority=Priority.P1)
    slack.fail("chat.postMessage", Fault(accept=True, sleep=60))
    worker = subprocess.Popen([sys.executable, "-c", WORKER, url, slack.base_url, BOT_TOKEN])
    try:
        assert eventually(lambda: slack.messages["C02"], seconds=30)
    finally:
        worker.kill()
        worker.wait()

    (held,) = store.messages_of(case.ref)
    assert held.unsure
    after_the_hold = Time()
    after_the_hold.now = NOW + timedelta(days=3650)  # the worker held it by the real clock
    assert deliverer(store, slack, after_the_hold).drain() == 1

    assert len(shown(slack)) == 1
    (message,) = store.messages_of(case.ref)
    assert message.external_id == f"C02/{slack.messages['C02'][0]['ts']}"
    store.close()


FAULTS = [
    Fault(status=429, headers={"Retry-After": "5"}),
    Fault(status=429),
    Fault(status=503),
    Fault(disconnect=True),
    Fault(accept=True, disconnect=True),
    Fault(accept=True, status=502, body=b"<html>"),
    Fault(accept=True, body=b'{"ok": tr', cut=True),
    refused("fatal_error"),
]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_slack_does_every_card_arrives_once(slack, time, seed):
    store = memory_store(clock=time)
    sender = deliverer(store, slack, time)
    chance = random.Random(seed)
    for number in range(40):
        an_open_case(store, an_item(number, sent_at=NOW - timedelta(seconds=number)))
    slack.fail("chat.postMessage", *chance.choices(FAULTS, k=60))
    slack.fail("conversations.history", *chance.choices(FAULTS, k=10))

    for _ in range(400):
        sender.drain()
        time.pass_(10)

    posted = [message["metadata"]["event_payload"]["key"] for message in slack.messages["C02"]]
    assert len(posted) == len(set(posted)) == 40
    assert store.backlog() == {"dead": 0}
