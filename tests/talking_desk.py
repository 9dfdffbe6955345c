"""A desk over a store in memory with officers who ask in chat, for tests of homes and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.settings import Settings
from console.presses import PressDesk
from console.rightofway import Haste
from console.service import Patience, Service
from console.talking import Talking
from console.wiring import card_context
from storage.store import SqlStore
from tests.conftest import SteppingClock
from triage.flow import Desk, triage_waiting
from triage.items import parse_item
from triage.lifecycle import Tell
from triage.model import Arrival, Case, Change, Event, Harvest, Link, Officer, Role, Verdict
from triage.ports import Reading
from triage.taxonomy import Audience, Label, Lane

WORDS = {
    "knife": (Label.EMERGENCY, Audience.CONTROL_ROOM),
    "rude": (Label.ABUSE, Audience.COMMS),
}


class ByWord:
    """A classifier for tests: a word in the text says what it is, else it is routine."""

    name = "by-word"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        """A verdict for each."""
        return [_verdict(each.text) for each in readings]


def _verdict(text: str) -> Verdict:
    found = (kind for word, kind in WORDS.items() if word in text)
    label, audience = next(found, (Label.ROUTINE, Audience.CONTACT))
    return Verdict(label=label, audience=audience, scores={label: 1.0}, model="by-word")


class Idle:
    """An engine and a sender that do nothing: tests send by themselves."""

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        """Nothing."""

    def deliver(self, keys: Any) -> Any:
        """Nothing."""
        return False

    def drain(self, limit: int = 50, urgent_only: bool = False) -> int:
        """Nothing."""
        return 0


@dataclass
class TalkingDesk:
    """What officers and citizens do to a desk. `sinks` are the settings of chat tools."""

    store: SqlStore
    clock: SteppingClock
    sinks: Sequence[Mapping[str, Any]] = ()
    count: int = 0
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        raw = {
            "desk": {"name": "Westbridge Police", "enrol_chat_users": True},
            "console": {"public_url": "https://desk.example"},
            "sink": self.sinks,
        }
        self.settings = Settings.model_validate(raw)
        self.desk = Desk(
            store=self.store,
            classifier=ByWord(),
            linker=lambda item, thread, people: Link(),
            destinations=self._places,
            clock=self.clock,
        )
        self.service = Service(
            self.desk,
            collectors={},
            sender=Idle(),
            screen=lambda text: False,
            patience=Patience(),
        )
        self.context = card_context(self.settings, self.store)
        self.presses = PressDesk(self.service, enrol=True)
        self.talking = Talking(self.settings, self.store, self.service, self.context, self.presses)

    def _places(self, lane: Lane, tell: Tell) -> Sequence[str]:
        return [f"slack:{lane.value}"]

    def officer(
        self, name: str = "khan", *roles: Role, slack: str = "U01", teams: str = ""
    ) -> Officer:
        """Somebody who works here."""
        found = Officer(
            id=name,
            name=f"Officer {name.title()}",
            roles=frozenset(roles or {Role.OFFICER}),
            slack_id=slack,
            teams_id=teams,
        )
        self.store.save_officer(found)
        return found

    def take(
        self,
        text: str,
        *,
        channel: str = "x_dm",
        sent: datetime | None = None,
        ago: timedelta = timedelta(),
        read: bool = True,
        number: str = "",
    ) -> Case:
        """A citizen writes; the case as it was read."""
        self.count += 1
        raw = {
            "id": number or f"m{self.count}",
            "channel": channel,
            "account": "westbridge",
            "text": text,
            "sent_at": (sent or self.clock() - ago).isoformat(),
            "author": {"account_id": f"a{self.count}", "handle": "@zeldaq"},
        }
        item = parse_item(raw, "test", now=self.clock())
        arrival = Arrival(item=item, payload=text.encode(), change=Change.NEW)
        taken = self.store.take_in("x", Harvest(arrivals=(arrival,), cursor="c"), now=self.clock())
        if read:
            triage_waiting(self.desk, limit=9, refs=taken.refs)
        return self.case(taken.refs[0])

    def case(self, ref: str) -> Case:
        """A case as it is now."""
        case = self.store.case(ref)
        assert case is not None
        return case

    def trail(self, actor: str) -> list[tuple[str, str]]:
        """What somebody did, oldest first: action and subject."""
        entries = self.store.audit_events(actor=actor)[::-1]
        return [(entry.event.action, entry.event.subject) for entry in entries]

    def last(self, actor: str) -> Event:
        """The last thing somebody did."""
        return self.store.audit_events(actor=actor, limit=1)[0].event
