"""Messages that staff pass on out of their chat become items like any other.

Stored through the ordinary intake, as a private message of nobody known: who passed it on stands
in the audit trail alone. Nothing leads back to a citizen from there, so nothing can be answered.
"""

import logging
from dataclasses import dataclass

from console.homes import HomeStore
from console.presses import NOT_KNOWN
from console.service import Service
from notifier.asking import PassedOn, Told
from notifier.card import CardContext
from triage.errors import BadInput, FirstContactError, Refused
from triage.items import STAFF, parse_item
from triage.model import Arrival, Event, Harvest, Item, Officer, Role
from triage.ports import Clock

log = logging.getLogger("firstcontact.passing")

MAY = frozenset({Role.OFFICER, Role.REVIEWER, Role.SUPERVISOR, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingDesk:
    """Takes in what officers pass on; pressing twice makes one item."""

    service: Service
    store: HomeStore
    context: CardContext
    clock: Clock

    def pass_on(self, passed: PassedOn) -> Told:
        """Store a message and say which item it is, also if it was refused."""
        try:
            return self._taken(passed, self._officer(passed))
        except Refused as error:
            return Told(text=str(error), refused=True)
        except FirstContactError as error:
            log.warning("a message could not be passed on: %s", error)
            text = f"The message was not taken in, please try again ({error})"
            return Told(text=text, refused=True)

    def _officer(self, passed: PassedOn) -> Officer:
        known = self.store.officer(slack_id=passed.slack_id, teams_id=passed.teams_id)
        if known is None:
            self._note(
                f"{passed.tool}:{passed.slack_id or passed.teams_id}", "stranger_asked", "desk"
            )
            raise Refused(NOT_KNOWN)
        if not known.roles & MAY:
            raise Refused("Your role cannot pass messages on")
        return known

    def _taken(self, passed: PassedOn, officer: Officer) -> Told:
        if passed.ours:
            raise Refused("That is a card of firstcontact: its item is on the desk already")
        if not passed.text.strip() and not passed.attachments:
            raise Refused("There is nothing to read in that message")
        item = self._item(passed)
        arrival = Arrival(item=item, payload=passed.payload, seen_at=self.clock())
        harvest = Harvest(arrivals=(arrival,), cursor="")
        # The source stands in the trail as who brought the item, in the transaction that stores it.
        taken = self.service.take_in(f"{STAFF}:{officer.id}", harvest)
        case = self.store.case_by_key(*item.key)
        if case is None:
            raise BadInput("message", "was deleted before it came")
        again = not taken.new
        self._note(officer.id, "passed_on", case.ref, tool=passed.tool, again=again)
        link = self.context.link(case.ref)
        if again:
            said = "with its new wording" if taken.changed else "already"
            return Told(text=f"{case.ref}: that message is with the desk {said} · {link}")
        return Told(text=f"{case.ref}: the message is with the desk now · {link}")

    def _item(self, passed: PassedOn) -> Item:
        raw = {
            "id": passed.id,
            "channel": STAFF,
            "account": passed.sink,
            "sent_at": min(passed.sent_at, self.clock()).isoformat(),
            "text": passed.text,
            "attachments": [{"kind": each.kind, "url": each.url} for each in passed.attachments],
        }
        return parse_item(raw, "message", now=self.clock())

    def _note(self, actor: str, action: str, subject: str, **detail: object) -> None:
        event = Event(at=self.clock(), actor=actor, action=action, subject=subject, detail=detail)
        self.store.record([event])
