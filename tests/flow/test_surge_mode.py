"""More comes in than a chat channel can take: one message stands for the routine cards."""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import SlackSink as Settings
from console.backlog import Backlog, Strain
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.slack import SlackSink
from storage.memory import memory_store
from storage.store import SqlStore, connect
from tests.servers.chat_vendor import Fault, eventually
from tests.servers.desk import Time, a_case
from tests.servers.slack import BOT_TOKEN, Slack
from tests.stores import NOW, a_verdict, an_item, claimed, take, the_case, triaged
from triage.digests import SurgeMode, foldable
from triage.flow import Desk
from triage.model import Case, History, Link, Priority, State
from triage.ports import QueueFilter
from triage.taxonomy import Audience, Label, Lane, SignalName

PLACE, OTHER = "slack:C02", "slack:C01"


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


class Flooded:
    """A desk whose channel takes one message a second, and a minute's worth before it surges."""

    def __init__(self, slack: Slack, store: SqlStore | None = None) -> None:
        self.time = Time(NOW)
        self.slack = slack
        slack.clock = self.time
        self.store = store or memory_store(clock=self.time)
        self.alarms: list[str] = []
        self.numbers = iter(range(1, 10_000))
        self.backlog = self.another()
        self.deliverer = self.sender()

    def another(self) -> Backlog:
        """The backlog as a node looks at it."""
        desk = Desk(
            store=self.store,
            classifier=None,  # type: ignore[arg-type] # nothing is read here
            linker=lambda item, thread, people: Link(),
            destinations=lambda lane, tell: [OTHER if lane is Lane.CONTROL_ROOM else PLACE],
            clock=self.time,
        )
        strain = Strain(surge=SurgeMode(within=timedelta(minutes=1)))
        return Backlog(desk, strain, alarm=lambda key, text, severity: self.alarms.append(key))

    def sender(self, per_second: float = 1.0) -> Deliverer:
        settings = Settings.model_validate(
            {
                "kind": "slack",
                "bot_token": BOT_TOKEN,
                "base_url": self.slack.base_url,
                "channels": {Lane.DESK: "C02", Lane.CONTROL_ROOM: "C01"},
                "timeout_seconds": 5,
            }
        )
        sink = SlackSink(settings, CardContext(console_url="https://desk.example"), self.time)
        return Deliverer(self.store, self.store, {"slack": sink}, self.time, {"slack": per_second})

    def come(self, count: int = 1, priority: Priority = Priority.P5, **outcome: Any) -> list[Case]:
        """So many items come in and are triaged."""
        numbers = [next(self.numbers) for _ in range(count)]
        refs = take(self.store, *(an_item(number) for number in numbers), now=self.time())
        for at in range(0, count, 100):
            self._settle(refs[at : at + 100], priority=priority, **outcome)
        return [the_case(self.store, ref) for ref in refs]

    def _settle(self, refs: Sequence[str], **outcome: Any) -> None:
        outcomes = [
            triaged(each.case, **outcome) for each in self.store.waiting(limit=100, refs=refs)
        ]
        self.store.settle(
            [
                replace(
                    each,
                    cards=tuple(replace(card, created_at=self.time()) for card in each.cards),
                )
                for each in outcomes
            ]
        )

    def pass_(self, seconds: int, each: Callable[[], object] = lambda: None) -> None:
        """The service goes on: each second it sends, every two it looks at the backlog."""
        for second in range(seconds):
            each()
            if second % 2 == 0:
                self.backlog.look()
            self.deliverer.drain()
            self.time.pass_(1)

    def shown(self, channel: str = "C02") -> list[str]:
        return [message["text"] for message in self.slack.messages[channel]]

    def digests(self) -> list[str]:
        return [text for text in self.shown() if text.startswith(("Surge mode", "Surge over"))]

    def owed(self) -> list[str]:
        return [each.key for each in self.store.owed(limit=10_000, now=self.time())]

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [(each.action, dict(each.detail)) for each in self.store.events(PLACE)]


@pytest.fixture
def desk(slack: Slack) -> Flooded:
    return Flooded(slack)


def test_routine_cards_become_one_message_that_is_edited_as_it_grows(desk):
    desk.come(60)
    desk.come(27, Priority.P4)
    desk.pass_(1)
    (text,) = desk.digests()
    assert text.startswith("Surge mode · 87 routine items wait in the queue: 60 P5, 27 P4. Rou")

    desk.come(40)
    desk.pass_(20)

    (text,) = desk.digests()
    assert "127 routine items wait in the queue: 100 P5, 27 P4" in text
    assert len(desk.shown()) == 1
    assert len(desk.store.queue(QueueFilter(), limit=500)) == 127


def test_the_message_links_to_the_queue_and_holds_no_content(desk):
    desk.come(70)
    desk.pass_(1)

    (message,) = desk.slack.messages["C02"]
    (block,) = message["blocks"]
    assert block["accessory"]["url"] == "https://desk.example/queue"
    assert block["accessory"]["text"]["text"] == "Open the queue"
    assert "back door" not in json.dumps(message)


def test_a_channel_that_can_take_what_waits_gets_a_card_for_each(desk):
    desk.come(60)
    desk.pass_(70)

    assert desk.digests() == []
    assert len(desk.shown()) == 60


ABUSE = replace(a_verdict(label=Label.ABUSE), audience=Audience.SAFEGUARDING)
COVERT = a_verdict(SignalName.COVERT_HELP)
UNREAD = replace(a_verdict(), degraded="rules")


@pytest.mark.parametrize(
    "outcome",
    [
        {"priority": Priority.P3},
        {"priority": Priority.P1},
        {"verdict": a_verdict(SignalName.DOMESTIC_ABUSE)},
        {"verdict": ABUSE},
        {"verdict": COVERT},
        {"verdict": UNREAD},
        {"verdict": replace(a_verdict(), unsure=True)},
        {"verdict": replace(a_verdict(), covered=False)},
        {"owner": Lane.SAFEGUARDING},
        {"owner": Lane.STANDARDS},
    ],
)
def test_what_counts_is_posted_as_a_card_of_its_own_in_the_middle_of_a_surge(desk, outcome):
    desk.come(70)
    desk.pass_(1)

    (case,) = desk.come(1, **({"priority": Priority.P5} | outcome))
    desk.pass_(10)

    assert [text for text in desk.shown() if case.ref in text]
    assert len(desk.shown()) == 2


def test_who_disclosed_before_or_is_at_risk_is_never_put_into_a_digest():
    case = replace(_routine(), history=History(disclosed_before=True))
    assert foldable(_routine())
    assert not foldable(case)
    assert not foldable(replace(_routine(), history=History(markers=frozenset({"dv_high_risk"}))))
    assert not foldable(replace(_routine(), **claimed()))
    assert not foldable(replace(_routine(), offered_to=Lane.COMMS, state=State.OFFERED))


def _routine() -> Case:
    return a_case(priority=Priority.P5, verdict=a_verdict())


def test_what_somebody_claims_or_hands_over_or_raises_leaves_the_digest_at_once(desk):
    claimed_one, offered, raised, closed, *_ = desk.come(70)
    desk.pass_(1)

    def change(case: Case, **fields: Any) -> None:
        case = the_case(desk.store, case.ref)
        desk.store.change(case, replace(case, **fields), events=[])

    change(claimed_one, **claimed())
    change(offered, state=State.OFFERED, offered_to=Lane.COMMS)
    change(raised, priority=Priority.P1)
    change(closed, state=State.CLOSED, closed_at=NOW)

    assert sorted(desk.owed()) == sorted(
        f"card:{case.ref}:{PLACE}" for case in (claimed_one, offered, raised)
    )
    desk.pass_(20)
    assert "66 routine items wait" in desk.digests()[0]
    assert len(desk.shown()) == 4
    assert not [text for text in desk.shown() if closed.ref in text]


def test_an_urgent_item_is_posted_at_once_while_a_surge_goes_on(desk):
    delays = []

    def flood() -> None:
        desk.come(30)
        if desk.time.now.second % 10 == 0:
            (case,) = desk.come(1, Priority.P1)
            came = desk.time()
            assert desk.deliverer.deliver(f"card:{case.ref}:{PLACE}")
            delays.append(desk.time() - came)

    desk.pass_(120, flood)

    assert len(delays) == 12
    assert max(delays) == timedelta()
    assert len(desk.digests()) == 1
    cards = [text for text in desk.shown() if text.startswith("P5")]
    assert len(cards) <= 3  # what went out before the surge was seen


def test_when_the_surge_is_over_few_cards_are_posted_and_the_digest_says_so(desk):
    cases = desk.come(70)
    desk.pass_(1)
    for case in cases[:66]:
        case = the_case(desk.store, case.ref)
        desk.store.change(case, replace(case, state=State.CLOSED, closed_at=NOW), events=[])

    desk.pass_(80)

    (text,) = desk.digests()
    assert text == (
        "Surge over · Of what was collected here 4 are still open: the cards are posted"
    )
    assert sorted(text.split(" · ")[2] for text in desk.shown() if text.startswith("P5")) == sorted(
        case.ref for case in cases[66:]
    )
    assert desk.store.digests(since=NOW) == []


def test_when_many_are_left_they_stay_in_the_digest_until_they_are_dealt_with(desk):
    cases = desk.come(70)
    desk.pass_(90)

    (text,) = desk.digests()
    assert text.startswith("Surge over · 70 routine items wait in the queue: 70 P5")
    (late,) = desk.come(1)
    desk.pass_(5)
    assert [text for text in desk.shown() if late.ref in text]  # cards are posted again

    for case in cases:
        case = the_case(desk.store, case.ref)
        desk.store.change(case, replace(case, state=State.CLOSED, closed_at=NOW), events=[])
    desk.pass_(20)

    assert desk.digests() == [
        "Surge over · All that was collected here was dealt with or has its card"
    ]
    assert desk.store.digests(since=NOW) == []
    assert desk.owed() == []


def test_a_second_surge_takes_over_what_the_first_one_left(desk):
    desk.come(70)
    desk.pass_(90)
    desk.come(80)
    desk.pass_(3)

    assert [text.partition(" · ")[0] for text in desk.digests()] == ["Surge over", "Surge mode"]
    assert "150 routine items wait" in desk.digests()[1]
    assert len(desk.store.digests(since=NOW)) == 1


def test_people_are_told_once_that_it_began_and_once_that_it_ended(desk):
    desk.come(70)
    desk.pass_(100)

    began, ended = desk.shown("C01")
    assert began.startswith("Surge mode · slack:C02 is owed more than it can take in 1 minutes")
    assert ended.startswith("Surge over · Cards are posted to slack:C02 again. 70 routine items")
    assert desk.events() == [
        ("surge_began", {"owed": 70, "urgent": 0}),
        ("surge_ended", {"waiting": 70, "posted": 0}),
    ]


def test_a_surge_shows_as_an_alarm_for_as_long_as_it_lasts(desk):
    desk.come(70)
    desk.pass_(3)
    assert [each.key for each in desk.store.alarms()] == [f"digest:{PLACE}"]
    assert [each.destination for each in desk.store.pressure()] == []

    desk.pass_(80)
    assert desk.store.alarms() == []


def test_a_digest_somebody_removes_comes_back(desk):
    desk.come(70)
    desk.pass_(1)
    desk.slack.messages["C02"].clear()
    desk.come(5)
    desk.pass_(20)

    assert "75 routine items wait" in desk.digests()[0]


FAULTS = [
    Fault(status=429, headers={"Retry-After": "3"}),
    Fault(status=503),
    Fault(accept=True, disconnect=True),
    Fault(accept=True, status=502, body=b"<html>"),
    Fault(accept=True, body=b'{"ok": tr', cut=True),
]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_slack_does_there_is_one_digest_and_every_item_is_on_it_or_has_its_card(
    slack, seed
):
    desk, chance = Flooded(slack), random.Random(seed)
    slack.fail("chat.postMessage", *chance.choices(FAULTS, k=12))
    slack.fail("chat.update", *chance.choices(FAULTS, k=6))
    slack.fail("conversations.history", *chance.choices(FAULTS, k=4))

    desk.come(80)
    desk.pass_(50)
    desk.come(20)
    desk.pass_(400)

    (text,) = desk.digests()
    cards = {text.split(" · ")[2] for text in desk.shown() if text.startswith("P5")}
    keys = [message["metadata"]["event_payload"]["key"] for message in slack.messages["C02"]]
    assert len(keys) == len(set(keys))
    assert f"{100 - len(cards)} routine items wait" in text


def test_two_nodes_begin_and_end_one_surge_between_them(slack, tmp_path: Path):
    time = Time(NOW)
    store = connect(f"sqlite:///{tmp_path}/desk.db", clock=time)
    store.migrate()
    desk = Flooded(slack, store)
    store._clock = desk.time
    nodes = [desk.backlog, desk.another(), desk.another()]
    desk.come(90)

    def all_look() -> None:
        looking = [threading.Thread(target=node.look) for node in nodes]
        for each in looking:
            each.start()
        for each in looking:
            each.join()

    desk.pass_(90, all_look)

    assert len(desk.digests()) == 1
    assert [action for action, _ in desk.events()] == ["surge_began", "surge_ended"]
    assert len(desk.shown("C01")) == 2
    store.close()


NODE = """
import sys
from datetime import UTC, datetime, timedelta
from console.backlog import Backlog, Strain
from storage.store import connect
from triage.digests import SurgeMode, foldable
from triage.flow import Desk

store = connect(sys.argv[1])
desk = Desk(store=store, classifier=None, linker=None,
            destinations=lambda lane, tell: ["slack:C02"], clock=lambda: datetime.now(UTC))
backlog = Backlog(desk, Strain(surge=SurgeMode(within=timedelta(minutes=1))), alarm=print)
print("looking", flush=True)
while True:
    backlog.look()
"""


def test_nodes_killed_at_any_moment_leave_one_digest_with_everything_in_it(slack, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/desk.db"
    store = connect(url)
    store.migrate()
    desk = Flooded(slack, store)
    chance = random.Random(7)
    for _ in range(3):
        desk.come(50)
        node = subprocess.Popen([sys.executable, "-c", NODE, url], stdout=subprocess.PIPE)
        assert node.stdout is not None
        with node.stdout as out:
            out.readline()
            eventually(lambda: False, chance.uniform(0, 0.3))
            node.kill()
            node.wait()
    desk.time.now = datetime.now(UTC)  # the nodes went by the real clock
    desk.backlog.look()

    (digest,) = desk.store.digests(since=NOW)
    begun = [action for action, _ in desk.events() if action == "surge_began"]
    assert (digest.count, begun, desk.owed()[0]) == (150, ["surge_began"], digest.key)
    assert not [key for key in desk.owed() if key.startswith("card:")]
    store.close()


def test_an_urgent_message_that_is_not_out_is_an_alarm_until_it_is(desk):
    desk.come(1, Priority.P1)
    desk.slack.fail("chat.postMessage", *[Fault(status=503)] * 12)

    desk.pass_(50)
    assert desk.alarms == []
    desk.pass_(20)
    assert set(desk.alarms) == {f"urgent-waits:{PLACE}"}
    (pressure,) = desk.store.pressure()
    assert (pressure.urgent, pressure.oldest_urgent) == (1, NOW)
    desk.pass_(150)
    desk.alarms.clear()
    desk.pass_(5)
    assert desk.alarms == []


def test_an_edit_is_owed_since_the_change_and_not_since_the_card_was_made(desk):
    (case,) = desk.come(1, Priority.P1)
    desk.pass_(2)
    desk.time.pass_(3600)
    desk.store.change(case, replace(case, **claimed()), events=[])

    (pressure,) = desk.store.pressure()
    assert pressure.oldest_urgent == desk.time()
    desk.backlog.look()
    assert desk.alarms == []
