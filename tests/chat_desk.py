"""A whole desk in one process: real store, outbox and presses, whose cards go to chat tools."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from console.presses import PressDesk
from console.rightofway import Haste
from console.service import Patience, Service
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.press import Answer, Press
from storage.memory import memory_store
from storage.store import SqlStore
from tests.factories import suggested
from triage.flow import Desk, Destinations
from triage.items import parse_item
from triage.lifecycle import Tell
from triage.model import Arrival, Case, Event, Harvest, Item, Link, Officer, Person, Verdict
from triage.ports import Reading, Sink
from triage.taxonomy import Audience, Label, Lane

ZELDA = Person(record_id="R1", forename="Zelda", surname="Quill")


def now() -> datetime:
    """The real time: chat tools have clocks of their own."""
    return datetime.now(UTC)


class ByWord:
    """A classifier for tests: `knife` is an emergency, everything else routine."""

    name = "by-word"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [_verdict("knife" in each.text) for each in readings]


def _verdict(emergency: bool) -> Verdict:
    label = Label.EMERGENCY if emergency else Label.ROUTINE
    audience = Audience.CONTROL_ROOM if emergency else Audience.CONTACT
    scores = dict.fromkeys(Label, 0.0) | {label: 1.0}
    return Verdict(label=label, audience=audience, scores=scores, lang="en", model="by-word")


class AtOnce:
    """An engine that does everything at once, in the thread that asks."""

    def __init__(self, service: Service, deliverer: Deliverer) -> None:
        self._service, self._deliverer = service, deliverer

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        self._service.triage(refs)

    def deliver(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._deliverer.deliver(key)

    def drain(self) -> None:
        while self._deliverer.drain():
            pass


class ChatDesk:
    """Items in, cards out, presses back.

    Every item may be of Zelda Quill, a person of the records.
    """

    def __init__(
        self,
        sinks: Mapping[str, Sink],
        places: Mapping[Lane, Sequence[str]],
        direct: Callable[[Officer], Sequence[str]] = lambda officer: (),
        store: SqlStore | None = None,
    ) -> None:
        self.store = store or memory_store()
        self.desk = Desk(
            store=self.store,
            classifier=ByWord(),
            linker=_maybe_zelda,
            destinations=_destinations(places),
            clock=now,
            acted=lambda ref: self.service.refresh(ref),
            direct=direct,
        )
        deliverer = Deliverer(self.store, self.store, sinks, now, dict.fromkeys(sinks, 500.0))
        self.service = Service(
            self.desk,
            collectors={},
            sender=deliverer,
            screen=lambda text: False,
            patience=Patience(),
        )
        self.queue = AtOnce(self.service, deliverer)
        self.service.attach(self.queue)
        self.presses = PressDesk(self.service, enrol=True, context=self.context)
        self.store.import_people([ZELDA], keys_of=lambda person: ["zelda"], now=now())
        self._count = itertools.count(1)

    @property
    def context(self) -> CardContext:
        """What cards say beside their case."""
        return CardContext(desk="Westbridge Police", officer_name=self.desk.name_of)

    def answer(self, press: Press) -> Answer:
        """What the tools are handed, and what is owed after it is sent."""
        answer = self.presses.answer(press)
        self.queue.drain()
        return answer

    def take(self, text: str, channel: str = "x_dm") -> str:
        """An item arrives and is read, and its cards are posted; returns its reference."""
        item = _item(text, channel, f"m{next(self._count)}")
        arrival = Arrival(item=item, payload=text.encode())
        harvest = Harvest(arrivals=(arrival,), cursor=item.id)
        (ref,) = self.service.take_in("x", harvest).refs
        self.queue.drain()
        return ref

    def case(self, ref: str) -> Case:
        """A case as it is."""
        found = self.store.case(ref)
        assert found is not None
        return found

    def events(self, ref: str) -> list[Event]:
        """What happened to a case."""
        return self.store.events(ref)


def _item(text: str, channel: str, name: str) -> Item:
    raw = {"id": name, "channel": channel, "account": "westbridge", "text": text}
    return parse_item({**raw, "author": {"account_id": f"a{name}"}}, "test", now=now())


def _maybe_zelda(item: Item, thread: Sequence[str], people: object) -> Link:
    return suggested("R1")


def _destinations(places: Mapping[Lane, Sequence[str]]) -> Destinations:
    def find(lane: Lane, tell: Tell) -> Sequence[str]:
        return places.get(lane, places[Lane.DESK])

    return find
