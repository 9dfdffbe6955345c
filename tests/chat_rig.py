"""A desk in Slack, in Teams and with a gateway as second route, under a clock moved by hand."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from config.settings import Settings
from console.presses import PressDesk
from console.service import Patience, Service
from console.wiring import build_sink, destinations, strain
from notifier.card import CardContext
from notifier.outbox import Deliverer
from storage.memory import memory_store
from tests.servers.chat_vendor import Vendor, VendorHandler
from tests.servers.desk import Time
from tests.servers.slack import BOT_TOKEN, SIGNING_SECRET, Slack
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, TEAM, Teams
from tests.stores import NOW, an_item, take, the_case, triaged
from triage.desk import cards_for
from triage.flow import Desk
from triage.model import Case, Link, Officer, Priority
from triage.taxonomy import Lane

CONTROL_ROOM = "19:cr@thread.tacv2"
REF = re.compile(r"FC-\d\d-\d{4}-\d{4}")


class Gateway(Vendor):
    """Passes texts on to telephones."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def name_of(self, method: str, path: str) -> str:
        return "page"

    def respond(self, name: str, handler: VendorHandler, body: Any) -> tuple[int, Any]:
        self.texts.append(body["text"])
        return 202, {}


class ChatDesk:
    """The service without its engine: `pass_` does what its ticks do, second by second."""

    def __init__(self, slack: Slack, teams: Teams, gateway: Gateway) -> None:
        self.time = Time(NOW)
        self.slack, self.teams, self.gateway = slack, teams, gateway
        slack.clock = teams.clock = self.time
        self.store = memory_store(clock=self.time)
        self.settings = Settings.model_validate(
            {
                "chat": {"surge_minutes": 1},
                "sink": [_slack(slack), _teams(teams), _gateway(gateway)],
            }
        )
        self.service = self._service()
        self.presses = PressDesk(self.service, enrol=True)
        self._numbers = iter(range(1, 10_000))

    def _service(self) -> Service:
        late: list[Service] = []
        desk = Desk(
            store=self.store,
            classifier=None,  # type: ignore[arg-type] # nothing is read here
            linker=lambda item, thread, people: Link(),
            destinations=destinations(self.settings),
            clock=self.time,
        )
        context = CardContext(desk="Westbridge Police")
        self.sinks = {
            each.name: build_sink(each, context, self.time) for each in self.settings.sink
        }
        self.deliverer = Deliverer(
            self.store,
            self.store,
            self.sinks,
            self.time,
            {each.name: each.per_second for each in self.settings.sink},
            on_trouble=lambda destination, error: late[0].trouble(destination, error),
            on_recovered=lambda destination: late[0].recovered(destination),
            chance=lambda: 0.5,
        )
        late.append(
            Service(
                desk,
                collectors={},
                sender=self.deliverer,
                screen=lambda text: False,
                patience=Patience(strain=strain(self.settings)),
            )
        )
        return late[0]

    def come(self, count: int = 1, priority: Priority = Priority.P5) -> list[Case]:
        """So many items come in and are triaged, with cards in both tools."""
        now = self.time()
        numbers = [next(self._numbers) for _ in range(count)]
        refs = take(self.store, *(an_item(each, sent_at=now) for each in numbers), now=now)
        owner = Lane.CONTROL_ROOM if priority is Priority.P1 else Lane.DESK
        outcomes = []
        for each in self.store.waiting(limit=count, refs=refs):
            outcome = triaged(each.case, priority, owner=owner)
            find = self.service.desk.destinations
            cards = cards_for(each.case.ref, outcome.decision, find, now=now)
            outcomes.append(replace(outcome, cards=cards))
        self.store.settle(outcomes)
        return [the_case(self.store, ref) for ref in refs]

    def change(self, case: Case, **fields: Any) -> Case:
        case = the_case(self.store, case.ref)
        return self.store.change(case, replace(case, **fields), events=[])

    def an_officer(self) -> Officer:
        officer = Officer(id="khan", name="Officer Khan", slack_id="U01", teams_id="aad-khan")
        self.store.save_officer(officer)
        return officer

    def pass_(self, seconds: int, each: Callable[[], object] = lambda: None, step: int = 1) -> None:
        """Time goes by."""
        for second in range(0, seconds, step):
            each()
            if second % 2 == 0:
                self.service.tick()
                self.service.look_at_backlog()
            self.deliverer.drain(200)
            self.time.pass_(step)

    # --- what people see -------------------------------------------------------------------------

    def in_slack(self, channel: str) -> list[str]:
        return [each["text"] for each in self.slack.messages[channel]]

    def digests(self, channel: str) -> list[str]:
        """What stands for many cards there."""
        posted = self.slack.messages[channel]
        keys = [each["metadata"]["event_payload"]["key"] for each in posted]
        both = zip(keys, posted, strict=True)
        return [each["text"] for key, each in both if key.startswith("digest:")]

    def in_teams(self, conversation: str) -> list[str]:
        return [each["summary"] for each in self.teams.activities[conversation]]

    def cards(self, texts: Sequence[str]) -> list[str]:
        """The references of what was posted as a card, in the order it came."""
        found = [REF.search(each) for each in texts if re.match(r"P\d ", each)]
        return [each.group() for each in found if each]

    def alarms(self) -> set[str]:
        return {each.key for each in self.store.alarms()}


def _slack(slack: Slack) -> dict[str, Any]:
    return {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "signing_secret": SIGNING_SECRET,
        "base_url": slack.base_url,
        "channels": {Lane.CONTROL_ROOM: "C01", Lane.DESK: "C02"},
        "timeout_seconds": 2,
    }


def _teams(teams: Teams) -> dict[str, Any]:
    return {
        "kind": "teams",
        "app_id": APP_ID,
        "app_password": APP_PASSWORD,
        "tenant_id": "westbridge",
        "team_id": TEAM,
        "base_url": teams.connector,
        "login_url": f"{teams.url}/login",
        "openid_url": f"{teams.url}/openid",
        "graph_url": teams.graph,
        "channels": {Lane.CONTROL_ROOM: CONTROL_ROOM, Lane.DESK: DESK},
        "timeout_seconds": 2,
    }


def _gateway(gateway: Gateway) -> dict[str, Any]:
    return {"kind": "webhook", "name": "gateway", "url": f"{gateway.url}/sms", "secret": "invented"}


@contextmanager
def chat_desk() -> Iterator[ChatDesk]:
    """The desk with its tools running."""
    with Slack() as slack, Teams() as teams, Gateway() as gateway:
        desk = ChatDesk(slack, teams, gateway)
        yield desk
        desk.store.close()
