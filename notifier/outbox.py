"""Brings what was delivered up to what is owed: urgent first, rate-aware, effectively once.

A message is held, looked up if an earlier attempt may have arrived, then posted or edited, and
the outcome written. Whoever dies in between leaves a hold that ends by itself. Places are sent to
side by side: one that is slow, asks for a pause or refuses us holds back no other.
"""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from notifier.destinations import DelivererSettings, Destinations, Recovered, Trouble
from notifier.lanes import Lanes
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Permanent,
    Removed,
    Retry,
    Unavailable,
)
from triage.lifecycle import URGENT
from triage.model import Case, Outgoing
from triage.ports import Cases, Clock, Outbox, Sink

log = logging.getLogger("firstcontact.notifier.outbox")

MORE = 8
"""So many more messages are read than may be sent: others may hold the first of them."""

AGAIN = 5
"""So often at most a message is sent again because it changed while it was sent."""


class NoSink(Gone):
    """No sink of that name is configured any more: nothing will ever be sent there."""


class NotLooked(OutcomeUnknown):
    """Whether an earlier attempt arrived cannot be found out now; new messages may go on."""


def urgent(message: Outgoing) -> bool:
    """Whether a message travels in the urgent lane."""
    return message.urgency <= URGENT


class Deliverer:
    """Sends what the outbox owes, from any number of threads.

    Args:
        sinks: by sink name, the part of a destination before the colon.
        budgets, on_trouble, on_recovered: as `notifier.destinations.Destinations` has them.
        pull_over: called before each message of a drain that is not urgent; it may wait.
        chance: a number in [0, 1) for the jitter.
    """

    def __init__(  # noqa: PLR0913 - a composition root hands over what it has
        self,
        outbox: Outbox,
        cases: Cases,
        sinks: Mapping[str, Sink],
        clock: Clock,
        budgets: Mapping[str, float],
        settings: DelivererSettings | None = None,
        *,
        pull_over: Callable[[], None] = lambda: None,
        on_trouble: Trouble = lambda destination, error: None,
        on_recovered: Recovered = lambda destination: None,
        chance: Callable[[], float] = random.SystemRandom().random,
    ) -> None:
        self._outbox = outbox
        self._cases = cases
        self._sinks = sinks
        self._clock = clock
        self._settings = settings or DelivererSettings()
        self._pull_over = pull_over
        self._chance = chance
        self._places = Destinations(
            budgets, clock, self._settings, on_trouble=on_trouble, on_recovered=on_recovered
        )
        self._lanes = Lanes(self._settings.patience_seconds)

    def drain(self, limit: int = 50, urgent_only: bool = False) -> int:
        """Send up to `limit` owed messages a destination, urgent first; returns how many arrived.

        A destination that is slow goes on by itself and is not counted. A message that fails
        never stops the line.
        """
        lane = "urgent" if urgent_only else "any"
        jobs = {}
        for destination in self._outbox.places_owed():
            room, routine = self._places.room(destination)
            if room:
                only_urgent = urgent_only or not routine
                job = partial(self._send_some, destination, min(limit, room), only_urgent)
                jobs[f"{lane}:{destination}"] = job
        return self._lanes.run(jobs)

    def deliver(self, key: str) -> bool:
        """Send one message now if its destination allows it; whether it was delivered.

        What changed while it was sent, and found it held, is sent right after.
        """
        delivered = False
        for _ in range(AGAIN):
            owed = self._outbox.message(key)
            if owed is None or owed.delivered >= owed.wanted or self._try(owed) is not True:
                break
            delivered = True
        return delivered

    def deliver_all(self, keys: Sequence[str]) -> int:
        """Send messages at once, side by side; returns how many were delivered."""
        return self._lanes.run({key: partial(self.deliver, key) for key in keys})

    def _send_some(self, destination: str, room: int, urgent_only: bool) -> int:
        owed = self._outbox.owed(
            limit=room + MORE,
            now=self._clock(),
            urgent_only=urgent_only,
            destination=destination,
        )
        tried = delivered = 0
        for message in owed:
            if tried >= room:
                break
            if not urgent(message):
                self._pull_over()
            outcome = self._try(message)
            tried += outcome is not None
            delivered += outcome is True
        return delivered

    # --- one message ---------------------------------------------------------------------------

    def _try(self, message: Outgoing) -> bool | None:
        """Send a message; None if it may not be sent now, or another has it in hand."""
        place = message.destination
        if not self._places.enter(place, message.urgency):
            return None
        held = None
        try:
            held = self._hold(message.key)
            return self._send(held) if held else None
        finally:
            self._places.leave(place, unused=held is None)

    def _hold(self, key: str) -> Outgoing | None:
        return self._outbox.hold(key, now=self._clock(), seconds=self._settings.hold_seconds)

    def _send(self, held: Outgoing) -> bool:
        case = self._cases.case(held.case_ref) if held.case_ref else None
        scrubbing = held.stub and case is not None and not case.open
        held = held if scrubbing else replace(held, stub=False)
        try:
            version, external_id = self._bring_up(held, case)
        except Retry as error:
            self._failed(held, error)
            return False
        except (BadRequest, NoSink) as error:
            self._dead(held, error)
            return False
        except FirstContactError as error:
            self._refused(held, error)
            return False
        except Exception as error:  # noqa: BLE001 - one card that breaks must not stop the line
            self._broke(held, error)
            return False
        now = self._clock()
        if scrubbing:
            self._outbox.scrubbed(held.key, version=version, now=now)
        else:
            self._outbox.delivered(held.key, version=version, external_id=external_id, now=now)
        self._places.worked(held.destination)
        return True

    def _bring_up(self, held: Outgoing, case: Case | None) -> tuple[int, str]:
        """Post or edit; returns the version of the case that was shown and the external id."""
        sink = self._sink(held)
        if held.body:
            case = None
        elif case is None:
            log.warning("no such case any more", extra={"key": held.key})
            return held.wanted, held.external_id
        shown = case.version if case else held.wanted
        if held.external_id and self._edited(sink, held, case):
            return shown, held.external_id
        return shown, self._post(sink, replace(held, external_id=""), case)

    def _post(self, sink: Sink, held: Outgoing, case: Case | None) -> str:
        """Post it, unless an earlier attempt whose outcome nobody knows turns out to be there."""
        found = self._look_up(sink, held) if held.unsure else ""
        if not found:
            return sink.post(held, case, now=self._clock())
        if case is not None or held.wanted > 1:
            # What was found may show things as they were when it was posted.
            sink.edit(replace(held, external_id=found), case, now=self._clock())
        return found

    def _edited(self, sink: Sink, held: Outgoing, case: Case | None) -> bool:
        """Edit the message; False if it was removed there and a new one is needed."""
        try:
            sink.edit(held, case, now=self._clock())
        except Removed as error:
            log.info("cannot be edited any more: %s", error, extra={"key": held.key})
            if held.stub and error.still_there:
                raise BadRequest(
                    f"{held.case_ref}: its card cannot be scrubbed: {error}"
                ) from error
            return case is not None and not case.open
        return True

    def _look_up(self, sink: Sink, held: Outgoing) -> str:
        """Look for an earlier post. A place that cannot be searched is better posted to twice
        than never; a place that is only busy is asked again later."""
        began = self._clock()
        try:
            found = sink.find(held)
        except Permanent as error:
            log.warning("cannot look for an earlier post: %s", error, extra={"key": held.key})
            self._places.trouble(held.destination, error)
            return ""
        except Retry as error:
            raise NotLooked(str(error), retry_at=error.retry_at) from error
        if self._clock() - began > timedelta(seconds=self._settings.hold_seconds / 2):
            raise NotLooked(f"{held.destination} answered too slowly to post safely")
        return found

    def _sink(self, held: Outgoing) -> Sink:
        name = held.destination.partition(":")[0]
        try:
            return self._sinks[name]
        except KeyError:
            raise NoSink(f"{held.destination}: no sink named {name} is configured") from None

    # --- when it does not work -------------------------------------------------------------------

    def _failed(self, held: Outgoing, error: Retry) -> None:
        now = self._clock()
        retry_at = max(error.retry_at or now, now + self._wait(held, held.attempts))
        log.info("not delivered yet: %s", error, extra={"key": held.key, "retry_at": retry_at})
        unsure = held.unsure or isinstance(error, OutcomeUnknown)
        self._postpone(held, retry_at, str(error), unsure)
        if not isinstance(error, NotLooked):
            self._places.failed(held.destination, error)

    def _refused(self, held: Outgoing, error: FirstContactError) -> None:
        """The place refuses us, not this message: it stays owed, and all others there wait."""
        log.error("refused: %s", error, extra={"key": held.key})
        until = self._places.refused(held.destination, error)
        self._postpone(held, until, str(error), held.unsure)

    def _broke(self, held: Outgoing, error: Exception) -> None:
        """A fault of ours with this one message: put it aside, tell people, log no content."""
        what = f"internal error: {type(error).__name__}"
        log.error("cannot show a card: %s", what, extra={"key": held.key})
        at = self._clock() + self._wait(held, held.attempts + 5)
        self._postpone(held, at, what, held.unsure)
        self._places.trouble(held.destination, Unavailable(f"{held.key}: {what}"))

    def _dead(self, held: Outgoing, error: FirstContactError) -> None:
        """This message will be seen by nobody: each one is told."""
        log.error("will not be delivered: %s", error, extra={"key": held.key})
        self._outbox.deferred(
            held.key, retry_at=None, error=str(error), unsure=held.unsure, now=self._clock()
        )
        if isinstance(error, NoSink):
            self._places.trouble(held.destination, error)
        else:
            self._places.tell(held.destination, error)

    def _postpone(self, held: Outgoing, at: datetime, error: str, unsure: bool) -> None:
        self._outbox.deferred(held.key, retry_at=at, error=error, unsure=unsure, now=self._clock())

    def _wait(self, held: Outgoing, attempts: int) -> timedelta:
        """Exponential, with a jitter of a half; an urgent message is never far away."""
        settings = self._settings
        longest = settings.longest_wait_seconds
        if urgent(held):
            longest = settings.longest_urgent_wait_seconds
        seconds = min(longest, settings.first_wait_seconds * 2 ** min(attempts, 20))
        return timedelta(seconds=seconds * (0.5 + self._chance() / 2))


__all__ = ["Deliverer", "DelivererSettings", "urgent"]
