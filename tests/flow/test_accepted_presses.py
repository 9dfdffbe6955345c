"""A press Slack was told is accepted is carried out once, whoever dies."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from config.settings import SlackSink as Settings
from notifier.inbox import Inbox, packed, unpacked
from notifier.press import Answer, Press
from notifier.slack import SlackPresses
from storage.memory import memory_store
from storage.store import SqlStore
from tests.servers.chat_vendor import Fault, eventually, refused
from tests.servers.desk import NOW, Time, a_case
from tests.servers.slack import BOT_TOKEN, SIGNING_SECRET, Slack, block_actions, signed
from triage.errors import Unavailable
from triage.seen import seen
from triage.taxonomy import Lane

REF = "FC-26-1123-0041"
STAMP = int(NOW.timestamp())


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def store() -> Iterator[SqlStore]:
    made = memory_store()
    yield made
    made.close()


class Node:
    """One process of the service: what it was asked to carry out, and whether it dies of it."""

    def __init__(self, slack: Slack, store: SqlStore, time: Time, *, dies: bool = False) -> None:
        self.presses: list[Press] = []
        self.dead = threading.Event()
        self.answer = Answer(text=f"{REF} is yours")
        self._dies = dies
        settings = Settings.model_validate(
            {
                "kind": "slack",
                "bot_token": BOT_TOKEN,
                "signing_secret": SIGNING_SECRET,
                "base_url": slack.base_url,
                "channels": {Lane.DESK: "C02"},
            }
        )
        self.receiver = SlackPresses(
            settings, self._decide, time, inbox=Inbox(store, "slack", time)
        )

    def press(self, stamp: int = STAMP) -> int:
        pressed = block_actions("fc_claim", f"{REF}|{seen(a_case())}")
        return self.receiver.receive(*signed(pressed, stamp))[0]

    def _decide(self, press: Press) -> Answer:
        self.presses.append(press)
        if self._dies:
            self.dead.wait(10)  # as if killed: nothing after this is seen by anybody
        return self.answer


@pytest.fixture
def time() -> Time:
    return Time()


def test_what_a_killed_process_had_accepted_is_carried_out_by_the_next(slack, store, time) -> None:
    killed, next_one = Node(slack, store, time, dies=True), Node(slack, store, time)
    assert killed.press() == 200
    assert eventually(lambda: killed.presses)

    next_one.receiver.resume()
    assert next_one.presses == []  # it may still be in hand
    time.pass_(11)
    next_one.receiver.resume()
    next_one.receiver.resume()

    assert eventually(lambda: next_one.presses) == killed.presses
    next_one.receiver.stop()
    assert len(next_one.presses) == 1
    killed.dead.set()
    killed.receiver.stop()


def test_what_was_carried_out_is_forgotten(slack, store, time) -> None:
    node = Node(slack, store, time)
    node.press()
    node.receiver.stop()

    time.pass_(60)
    assert store.left_presses("slack", before=time()) == []
    assert len(node.presses) == 1


def test_a_press_delivered_twice_while_in_hand_is_carried_out_once(slack, store, time) -> None:
    slow, other = Node(slack, store, time, dies=True), Node(slack, store, time)

    assert [slow.press(), other.press()] == [200, 200]

    other.receiver.stop()
    assert other.presses == []
    slow.dead.set()
    slow.receiver.stop()
    assert len(slow.presses) == 1


def test_a_press_whose_refusal_could_not_be_told_is_answered_again(slack, store, time) -> None:
    node = Node(slack, store, time)
    node.answer = Answer(text=f"{REF}: Officer Osei has it", refused=True)
    slack.fail("chat.postEphemeral", Fault(status=503))
    node.press()
    assert eventually(lambda: slack.named("chat.postEphemeral"))
    assert slack.ephemerals == []
    time.pass_(11)

    assert eventually(lambda: node.receiver.resume() or slack.ephemerals)

    node.receiver.stop()
    assert [each["text"] for each in slack.ephemerals] == [f"{REF}: Officer Osei has it"]
    assert store.left_presses("slack", before=time() + timedelta(hours=1)) == []


def test_a_press_of_somebody_slack_no_longer_knows_is_let_go(slack, store, time) -> None:
    node = Node(slack, store, time)
    node.answer = Answer(text=f"{REF}: Officer Osei has it", refused=True)
    slack.fail("chat.postEphemeral", refused("channel_not_found"))
    node.press()
    node.receiver.stop()

    assert store.left_presses("slack", before=time() + timedelta(hours=1)) == []


def test_what_waits_its_turn_here_is_not_taken_up_a_second_time(slack, store, time) -> None:
    busy = Node(slack, store, time, dies=True)
    busy.press()
    assert eventually(lambda: busy.presses)
    time.pass_(30)

    busy.receiver.resume()

    busy.dead.set()
    busy.receiver.stop()
    assert len(busy.presses) == 1


def test_what_waited_so_long_that_another_took_it_is_left_to_them(slack, store, time) -> None:
    inbox, other = Inbox(store, "slack", time), Inbox(store, "slack", time)
    press = unpacked(packed(a_press()))
    assert press is not None
    assert inbox.accept(press)
    assert inbox.begin(press)
    time.pass_(11)

    assert [each for each, _ in other.left()] == [press]

    assert not inbox.begin(press)
    assert other.begin(press)
    time.pass_(6)
    assert other.begin(press)


def test_a_press_found_minutes_later_is_not_done_and_the_presser_is_told(
    slack, store, time
) -> None:
    killed, next_one = Node(slack, store, time, dies=True), Node(slack, store, time)
    killed.press()
    assert eventually(lambda: killed.presses)
    time.pass_(121)

    next_one.receiver.resume()

    assert eventually(lambda: slack.ephemerals)
    assert slack.ephemerals[0]["text"] == (
        f"{REF}: what you pressed at 09:42 UTC was not done: look again"
    )
    next_one.receiver.stop()
    assert next_one.presses == []
    assert store.left_presses("slack", before=time() + timedelta(hours=1)) == []
    killed.dead.set()
    killed.receiver.stop()


def test_without_a_database_a_press_is_answered_all_the_same(slack, store, time) -> None:
    class Away(SqlStore):
        def __init__(self) -> None:
            pass

        def accept_press(self, *args: object, **fields: object) -> bool:
            raise Unavailable("the database is away")

        def press_done(self, key: str) -> None:
            raise Unavailable("the database is away")

    node = Node(slack, Away(), time)
    assert node.press() == 200
    node.receiver.stop()
    assert len(node.presses) == 1


def a_press() -> Press:
    return Press(
        id="1763890001.1",
        ref=REF,
        action="fc_note",
        args={"text": "called back \u2013 “fine”"},
        tool="slack",
        pressed_at=NOW,
        actor_name="khan",
        slack_id="U01",
        seen=seen(a_case()),
        at_desk=False,
        reply={"channel": "C02"},
    )


def test_a_press_is_the_same_after_it_was_kept() -> None:
    press = a_press()

    assert unpacked(packed(press)) == press
    assert unpacked(packed(replace(press, action="fc_unheard_of"))) is None
    assert unpacked("") is unpacked("[]") is unpacked("{}") is None
