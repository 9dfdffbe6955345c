"""A chat tool is down: what is urgent goes by other chat, mail and webhook, once, and says so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from config.settings import Settings
from console.service import Patience, Service
from console.wiring import build_sink, destinations
from notifier.card import CardContext
from notifier.outbox import Deliverer
from storage.memory import memory_store
from storage.store import SqlStore, connect
from tests.conftest import PATIENCE, SteppingClock
from tests.escalation_rig import Shift
from tests.servers.chat_vendor import Fault, Vendor, VendorHandler
from tests.servers.slack import BOT_TOKEN, Slack
from tests.servers.smtp import Mail
from tests.servers.teams import DESK, Teams, texts
from tests.stores import a_card
from triage.flow import run_clocks
from triage.lifecycle import Verb
from triage.model import Priority
from triage.second_route import take_second_route
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority
CONTROL = "19:cr@thread.tacv2"
DOWN = [Fault(status=503, body=b"down")] * 500
DUTY = "duty@westbridge.example"


class Gateway(Vendor):
    """An SMS gateway that takes everything."""

    def name_of(self, method: str, path: str) -> str:
        return "alert"

    def respond(self, name: str, handler: VendorHandler, body: Any) -> tuple[int, Any]:
        return 202, None


class Town:
    """Slack, Teams, mail and a gateway on the loopback, and a desk that tells them."""

    def __init__(
        self,
        servers: tuple[Slack, Teams, Mail, Gateway],
        store: SqlStore,
        clock: SteppingClock,
        without: tuple[str, ...] = (),
    ) -> None:
        self.slack, self.teams, self.mail, self.gateway = servers
        self.teams.open_door = True
        sinks = [
            {
                "kind": "slack",
                "bot_token": BOT_TOKEN,
                "base_url": self.slack.base_url,
                "channels": {"desk": "C02", "control_room": "C01"},
                "per_second": 50,
            },
            {
                "kind": "teams",
                "base_url": self.teams.connector,
                "channels": {"desk": DESK, "control_room": CONTROL},
                "per_second": 50,
            },
            {
                "kind": "email",
                "host": "127.0.0.1",
                "port": self.mail.port,
                "sender": "desk@westbridge.example",
                "starttls": False,
                "channels": {"control_room": DUTY},
                "per_second": 50,
            },
            {
                "kind": "webhook",
                "url": f"{self.gateway.url}/alert",
                "secret": "invented",
                "lanes": ["control_room"],
                "per_second": 50,
            },
        ]
        settings = Settings.model_validate(
            {"sink": [each for each in sinks if each["kind"] not in without]}
        )
        self.shift = Shift(store, clock, {"destinations": destinations(settings)})
        built = {
            each.name: build_sink(each, CardContext(desk="Westbridge Police"), clock)
            for each in settings.sink
        }
        rates = {each.name: each.per_second for each in settings.sink}
        self.deliverer = Deliverer(
            store,
            store,
            built,
            clock,
            rates,
            on_trouble=lambda place, error: self.service.trouble(place, error),
            on_recovered=lambda place: self.service.recovered(place),
        )
        self.service = Service(
            self.shift.desk,
            collectors={},
            sender=self.deliverer,
            screen=lambda text: False,
            patience=Patience(),
        )

    def pass_(self, seconds: int) -> None:
        """Live through some seconds as the running service does."""
        for _ in range(0, seconds, 2):
            self.shift.clock.step(seconds=2)
            run_clocks(self.shift.desk)
            self.deliverer.drain(200, urgent_only=True)
            self.service.reroute()
        self.deliverer.drain(200)

    def case(self, priority: Priority = P1, number: int = 1) -> str:
        """An item of the control room with cards in both chats."""
        return self.shift.case(priority, number, Lane.CONTROL_ROOM)

    @property
    def in_teams(self) -> list[str]:
        """The first lines of what was posted to the control room in Teams."""
        posted = self.teams.activities[CONTROL]
        return [" ".join(texts(each["attachments"][0]["content"])) for each in posted]

    @property
    def mails(self) -> list[str]:
        return [str(each["Subject"]) for each in self.mail.mails]

    @property
    def pages(self) -> list[str]:
        return [body["text"] for body in self.gateway.named("alert")]


@pytest.fixture
def servers() -> Iterator[tuple[Slack, Teams, Mail, Gateway]]:
    with Slack() as slack, Teams() as teams, Mail() as mail, Gateway() as gateway:
        yield slack, teams, mail, gateway


@pytest.fixture
def town(servers: tuple[Slack, Teams, Mail, Gateway], clock: SteppingClock) -> Iterator[Town]:
    servers[0].clock = clock
    store = memory_store(clock=clock)
    yield Town(servers, store, clock)
    store.close()


def test_a_card_that_slack_does_not_take_is_told_by_mail_and_webhook_and_says_so(
    town: Town,
) -> None:
    town.slack.fail("chat.postMessage", *DOWN)
    ref = town.case(P2)
    town.pass_(20)
    told = f"{ref} P2 Immediate risk: unclaimed. By the second route: slack has not taken it"
    assert sum(told in each for each in town.pages) == 1
    assert sum(told in each for each in town.mails) == 1
    assert set(town.mail.recipients) == {f"TO:<{DUTY}>"}
    # Its card is in Teams already: there nothing is told twice but the service alarm.
    about = [each for each in town.in_teams if ref in each]
    assert len(about) == 1
    assert not any("second route" in each for each in about)
    (event,) = town.shift.events(ref, "second_route")
    assert event.detail == {
        "from": "slack:C01",
        "to": [f"email:{DUTY}", "webhook:control_room"],
        "why": "alarm",
        "what": "card",
    }


def test_a_known_failure_gives_the_next_emergency_no_time_to_lose(town: Town) -> None:
    town.slack.fail("chat.postMessage", *DOWN)
    town.case(P2)
    town.pass_(20)
    pages = len(town.pages)
    ref = town.case(P1, 2)
    town.pass_(2)
    assert [ref in each for each in town.pages[pages:]] == [True]


def test_a_tool_that_is_only_slow_is_waited_for_and_then_passed_by(town: Town) -> None:
    limited = Fault(status=429, headers={"Retry-After": "600"}, body=b"{}")
    town.slack.fail("chat.postMessage", limited)
    ref = town.case(P2)
    town.pass_(18)
    assert not any(ref in each for each in town.pages)
    town.pass_(6)
    assert sum(ref in each for each in town.pages) == 1
    (event,) = town.shift.events(ref, "second_route")
    assert event.detail["why"] == "undelivered"


def test_both_chats_down_leave_mail_and_webhook(town: Town) -> None:
    town.slack.fail("chat.postMessage", *DOWN)
    town.teams.fail("post", *DOWN)
    ref = town.case(P1)
    town.pass_(30)
    assert sum(f"{ref} P1 Emergency: unclaimed. By" in each for each in town.pages) == 1
    froms = {each.detail["from"] for each in town.shift.events(ref, "second_route")}
    assert froms == {"slack:C01", f"teams:{CONTROL}"}


def test_what_two_channels_of_a_tool_miss_is_told_once_elsewhere(town: Town) -> None:
    town.slack.fail("chat.postMessage", *DOWN)
    ref = town.case(P1)
    again = replace(a_card(ref, "slack:C02", 1), created_at=town.shift.clock())
    case = town.shift.now(ref)
    town.shift.store.change(case, case, events=[], cards=[again])
    town.pass_(30)
    froms = [each.detail["from"] for each in town.shift.events(ref, "second_route")]
    assert sorted(froms) == ["slack:C01", "slack:C02"]
    assert sum(f"{ref} P1 Emergency: unclaimed. By" in each for each in town.pages) == 1


def test_the_reminder_of_an_officer_goes_to_the_other_chat(town: Town) -> None:
    ref = town.shift.case(P2)
    town.pass_(2)
    town.shift.press(ref, Verb.CLAIM)
    town.slack.fail("chat.postMessage", *DOWN)
    town.pass_(8 * 60)
    assert town.shift.events(ref, "second_route") != []
    told = [each for each in (*town.pages, *town.mails) if "Reminder" in each and ref in each]
    assert any("By the second route: slack has not taken it" in each for each in told)


def test_when_the_tool_works_again_its_own_card_comes_and_nothing_is_told_twice(
    town: Town,
) -> None:
    town.slack.fail("chat.postMessage", *([Fault(status=503, body=b"down")] * 6))
    ref = town.case(P2)
    town.pass_(20)
    pages, mails = list(town.pages), list(town.mails)
    assert any(ref in each for each in pages)
    town.pass_(120)
    cards = [each for each in town.slack.messages["C01"] if "P2 Immediate risk · " in each["text"]]
    assert len(cards) == 1
    assert [each for each in town.pages[len(pages) :] if ref in each] == []
    assert [each for each in town.mails[len(mails) :] if ref in each] == []


def test_what_somebody_claimed_meanwhile_is_not_told_another_way(town: Town) -> None:
    town.slack.fail("chat.postMessage", *DOWN)
    ref = town.case(P2)
    town.shift.press(ref, Verb.CLAIM)
    town.pass_(30)
    assert town.shift.events(ref, "second_route") == []
    assert not any(ref in each for each in town.pages)


def test_routine_items_wait_for_their_tool(town: Town) -> None:
    town.slack.fail("chat.postMessage", *DOWN)
    ref = town.case(P4)
    town.pass_(60)
    assert not any(ref in each for each in town.pages + town.mails)


def test_without_another_way_it_is_asked_again_until_there_is_one(
    servers: tuple[Slack, Teams, Mail, Gateway], clock: SteppingClock
) -> None:
    store = memory_store(clock=clock)
    alone = Town(servers, store, clock, without=("teams", "email", "webhook"))
    alone.slack.fail("chat.postMessage", *DOWN)
    ref = alone.case(P1)
    alone.pass_(30)
    assert alone.shift.events(ref, "second_route") == []
    wider = Town(servers, store, clock)
    wider.pass_(4)
    assert len(wider.shift.events(ref, "second_route")) >= 1
    assert any(ref in each for each in wider.pages)
    store.close()


def test_two_nodes_and_a_kill_send_it_another_way_once(
    store_url: str, clock: SteppingClock
) -> None:
    first, second = (connect(store_url, PATIENCE, clock=clock) for _ in range(2))
    first.migrate()
    one, other = Shift(first, clock), Shift(second, clock)
    ref = one.case(P1)
    clock.step(seconds=30)
    assert len(take_second_route(one.desk)) == 1
    first.close()  # killed before anything was sent
    assert take_second_route(other.desk) == []
    (told,) = [each for each in second.messages_of(ref) if each.key.startswith("again:")]
    assert (told.destination, told.urgency, told.delivered) == ("mail:desk", 1, 0)
    assert json.loads(told.body)["title"] == "Second route"
    assert len(other.events(ref, "second_route")) == 1
    second.close()
