"""What the flow works with, and what it says to chat tools: cards, notices and alarms."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from triage.answers import Answering
from triage.incidents import Scene, scene_of
from triage.lifecycle import Tell, Verb
from triage.model import Alarm, Case, Decision, Item, Link, Officer, Outgoing, Priority
from triage.ports import Classifier, Clock, People, Store
from triage.rota import Duty, NoRota, OnCall, Rota, Turn, asked, officer_of, turns_at
from triage.taxonomy import Lane

MACHINE = "firstcontact"
"""The actor the audit trail names for what the service did by itself."""

QUEUE = "queue"
"""What a notice can open beside its case: the console's queue."""

Linker = Callable[[Item, Sequence[str], People], Link]
"""Who may be writing an item, given the sender's earlier texts: `triage.linking.link`."""

SceneReader = Callable[[Item], Scene]
"""Where, when and what an item tells of: `triage.incidents.scene_of`."""

Destinations = Callable[[Lane, Tell], Sequence[str]]
"""The destinations (`sink:channel`) of a lane for an owner's card or an escalation."""


Direct = Callable[[Officer], Sequence[str]]
"""The destinations that reach one officer alone: their own chat, in each tool they are known in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the flow needs of the outside.

    `acted` is told the reference of every case an officer changed, so that its cards change.
    Cards are posted for priorities up to `show_up_to`; what is less urgent is in the console
    (a desk that only warns shows P1 to P3). A confirmed link is asked about again after
    `link_lasts`: accounts change hands. `check_share` of what is not read as an emergency is
    drawn for the audit sample. `direct` reaches one officer alone. `scene_of` reads where and when
    a text tells of. `rota` says who is on call, `mailboxes` by which destinations a mail reaches an
    address. `may_link` and `may_remember` are the policy of a platform: may its writers be linked
    to records, and may that be kept with their accounts? `answering` is what replies to citizens
    are judged by.
    """

    store: Store
    classifier: Classifier
    linker: Linker
    destinations: Destinations
    clock: Clock
    acted: Callable[[str], None] = field(default=lambda ref: None)
    show_up_to: Priority = Priority.P5
    link_lasts: timedelta = timedelta(days=365)
    check_share: float = 0.0
    scene_of: SceneReader = scene_of
    direct: Direct = field(default=lambda officer: ())
    rota: Rota = field(default_factory=NoRota)
    mailboxes: Callable[[str], Sequence[str]] = field(default=lambda address: ())
    may_link: Callable[[str], bool] = field(default=lambda platform: True)
    may_remember: Callable[[str], bool] = field(default=lambda platform: True)
    answering: Answering = field(default_factory=Answering)

    def name_of(self, officer_id: str) -> str:
        """The name colleagues know an officer by."""
        officer = self.store.officer(officer_id)
        return officer.name if officer else officer_id

    def on_call(self, tell: Tell, now: datetime) -> OnCall:
        """Who is called beside the lanes that are told."""
        turns, missing = asked(self.rota, tell, now)
        return replace(self._people(turns), missing=missing)

    def having(self, duty: Duty, now: datetime) -> OnCall:
        """Who has a duty, if anybody has."""
        return self._people(turns_at(self.rota, duty, now))

    def _people(self, turns: Sequence[Turn]) -> OnCall:
        known = self.store.officers() if turns else []
        people = [
            officer_of(each.who, known) or Officer(id=each.who, name=each.who) for each in turns
        ]
        return OnCall(
            officers=tuple({each.id: each for each in people}.values()),
            mails=tuple(dict.fromkeys(each.mail for each in turns if each.mail)),
        )

    def mailed(self, on_call: OnCall) -> list[str]:
        """The destinations by which a mail reaches those who are on call."""
        found = (place for mail in on_call.mails for place in self.mailboxes(mail))
        return list(dict.fromkeys(found))

    def places(self, lanes: Iterable[Lane], tell: Tell) -> list[str]:
        """The destinations of several lanes, each once."""
        found = (place for lane in lanes for place in self.destinations(lane, tell))
        return list(dict.fromkeys(found))


def cards_for(
    ref: str, decision: Decision, destinations: Destinations, *, now: datetime
) -> tuple[Outgoing, ...]:
    """One card per destination of the owner and the copies; a destination gets only one."""
    places = {
        place: None
        for lane in (decision.owner, *decision.copies)
        for place in destinations(lane, Tell.OWNER)
    }
    return tuple(
        Outgoing(
            key=card_key(ref, place),
            destination=place,
            urgency=int(decision.priority),
            case_ref=ref,
            created_at=now,
        )
        for place in places
    )


def card_key(ref: str, destination: str) -> str:
    """The key of a case's card in a destination."""
    return f"card:{ref}:{destination}"


def notice(
    title: str,
    text: str,
    *,
    lines: Sequence[str] = (),
    to: Sequence[Officer] = (),
    ask: Verb | None = None,
    opens: str = "",
) -> str:
    """The body of an `Outgoing` that is no card. Never holds what a citizen wrote.

    `lines` stand below the text. Chat tools call those of `to` whom they know, and show a button
    for `ask`. `opens` is `QUEUE` where its link leads there.
    """
    body: dict[str, object] = {"title": title, "text": text}
    if lines:
        body["lines"] = list(lines)
    if to:
        body["to"] = [
            {"id": each.id, "name": each.name, "slack": each.slack_id, "teams": each.teams_id}
            for each in to
        ]
    if ask is not None:
        body["ask"] = ask.value
    if opens:
        body["opens"] = opens
    return json.dumps(body)


def case_notices(
    case: Case, about: str, places: Iterable[str], *, title: str, text: str, now: datetime
) -> tuple[Outgoing, ...]:
    """A notice about a case for each place. `about` tells it from others of this version."""
    return bodies(case, about, places, body=notice(title, text), now=now)


def bodies(
    case: Case, about: str, places: Iterable[str], *, body: str, now: datetime
) -> tuple[Outgoing, ...]:
    """As `case_notices`, with a body that `notice` made."""
    priority = case.priority or Priority.P5
    return tuple(
        Outgoing(
            key=f"notice:{case.ref}:{about}:{case.version}:{place}",
            destination=place,
            urgency=1 if priority <= Priority.P2 else int(priority),
            case_ref=case.ref,
            body=body,
            created_at=now,
        )
        for place in places
    )


def raise_alarm(desk: Desk, alarm: Alarm) -> bool:
    """Open an alarm and tell every route of desk and control room; once while it is open."""
    if not desk.store.raise_alarm(alarm):
        return False
    stamp = f"{alarm.raised_at:%Y%m%dT%H%M%S%f}"
    called = desk.on_call(Tell.DUTY, alarm.raised_at) if alarm.severity == 1 else OnCall()
    places = [*desk.places((Lane.CONTROL_ROOM, Lane.DESK), Tell.DUTY), *desk.mailed(called)]
    messages = [
        Outgoing(
            key=f"notice:{alarm.key}:{stamp}:{place}",
            destination=place,
            urgency=alarm.severity,
            body=notice("Service alarm", alarm.text, to=called.officers),
            created_at=alarm.raised_at,
        )
        for place in dict.fromkeys(places)
    ]
    desk.store.notify(messages, now=alarm.raised_at)
    return True
