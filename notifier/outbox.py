"""Brings what was delivered up to what is owed: urgent first, rate-aware, effectively once.

A message is held, looked up if an earlier attempt may have arrived, then posted or edited, and
the outcome written. Whoever dies in between leaves a hold that ends by itself.
"""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier.budget import Budget
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Permanent,
    Retry,
    Unavailable,
)
from triage.lifecycle import URGENT
from triage.model import Case, Outgoing
from triage.ports import Cases, Clock, Outbox, Sink

log = logging.getLogger("firstcontact.notifier.outbox")

Trouble = Callable[[str, FirstContactError], None]
Recovered = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DelivererSettings:
    """How long things take. `failures_before_trouble` counts retryable errors in a row."""

    hold_seconds: float = 30
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 300
    longest_urgent_wait_seconds: float = 15
    failures_before_trouble: int = 3


@dataclass(slots=True)
class _Destination:
    """What is known about one place: its budget, a pause it asked for, and its health."""

    budget: Budget
    paused_until: datetime | None = None
    failures: int = 0
    told: bool = False
    worked: bool = False


def urgent(message: Outgoing) -> bool:
    """Whether a message travels in the urgent lane."""
    return message.urgency <= URGENT


class Deliverer:
    """Sends what the outbox owes, from any number of threads.

    Args:
        sinks: by sink name, the part of a destination before the colon.
        budgets: messages a second and destination, by sink name; 1 where not given.
        pull_over: called before each message of a drain that is not urgent; it may wait.
        on_trouble: told once when a destination fails, with the error; again only after it
            worked in between.
        on_recovered: told when a destination that was in trouble works again, and when it
            works for the first time (an alarm may be open from before a restart).
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
        self._budgets = budgets
        self._settings = settings or DelivererSettings()
        self._pull_over = pull_over
        self._on_trouble = on_trouble
        self._on_recovered = on_recovered
        self._chance = chance
        self._lock = threading.Lock()
        self._destinations: dict[str, _Destination] = {}

    def drain(self, limit: int = 50, urgent_only: bool = False) -> int:
        """Send up to `limit` owed messages, urgent first; returns how many were delivered.

        Looks further than `limit`, so that a destination that has to wait does not stand in
        the way of the others. A message that fails never stops the line.
        """
        owed = self._outbox.owed(
            limit=max(limit * 10, 500), now=self._clock(), urgent_only=urgent_only
        )
        tried = delivered = 0
        for message in owed:
            if tried >= limit:
                break
            if not urgent(message):
                self._pull_over()
            if not self._may_send(message):
                continue
            held = self._hold(message.key)
            if held is None:
                self._refund(message.destination)
                continue
            tried += 1
            delivered += self._send(held)
        return delivered

    def deliver(self, key: str) -> bool:
        """Send one message now if its destination allows it; whether it was delivered."""
        held = self._hold(key)
        if held is None:
            return False
        if not self._may_send(held):
            self._postpone(held, self._allowed_at(held), "waiting for its turn", held.unsure)
            return False
        return self._send(held)

    # --- one message ---------------------------------------------------------------------------

    def _hold(self, key: str) -> Outgoing | None:
        return self._outbox.hold(key, now=self._clock(), seconds=self._settings.hold_seconds)

    def _send(self, held: Outgoing) -> bool:
        try:
            version, external_id = self._bring_up(held)
        except Retry as error:
            self._failed(held, error)
            return False
        except FirstContactError as error:
            self._dead(held, error)
            return False
        except Exception as error:  # noqa: BLE001 - one card that breaks must not stop the line
            self._broke(held, error)
            return False
        now = self._clock()
        self._outbox.delivered(held.key, version=version, external_id=external_id, now=now)
        self._worked(held.destination)
        return True

    def _bring_up(self, held: Outgoing) -> tuple[int, str]:
        """Post or edit; returns the version of the case that was shown and the external id."""
        sink = self._sink(held)
        case = self._cases.case(held.case_ref) if held.case_ref else None
        if held.unsure and not held.external_id:
            held = replace(held, external_id=self._look_up(sink, held))
        if held.body:
            return held.wanted, held.external_id or sink.post(held, case, now=self._clock())
        if case is None:
            log.warning("no such case any more", extra={"key": held.key})
            return held.wanted, held.external_id
        if held.external_id and not self._edited(sink, held, case):
            held = replace(held, external_id="")
        if not held.external_id:
            held = replace(held, external_id=sink.post(held, case, now=self._clock()))
        return case.version, held.external_id

    def _edited(self, sink: Sink, held: Outgoing, case: Case) -> bool:
        """Edit the card; False if it was removed there and the open case needs a new one."""
        try:
            sink.edit(held, case, now=self._clock())
        except Gone:
            log.info("card removed by somebody", extra={"key": held.key})
            return not case.open
        return True

    def _look_up(self, sink: Sink, held: Outgoing) -> str:
        """Look for an earlier post. A place that cannot be searched is better posted to twice
        than never; a place that is only busy is asked again later."""
        began = self._clock()
        try:
            found = sink.find(held)
        except Permanent as error:
            log.warning("cannot look for an earlier post: %s", error, extra={"key": held.key})
            self._trouble(held.destination, error)
            return ""
        except Retry as error:
            raise OutcomeUnknown(str(error), retry_at=error.retry_at) from error
        if self._clock() - began > timedelta(seconds=self._settings.hold_seconds / 2):
            raise OutcomeUnknown(f"{held.destination} answered too slowly to post safely")
        return found

    def _sink(self, held: Outgoing) -> Sink:
        name = held.destination.partition(":")[0]
        try:
            return self._sinks[name]
        except KeyError:
            raise Gone(f"{held.destination}: no sink named {name} is configured") from None

    # --- when it does not work -------------------------------------------------------------------

    def _failed(self, held: Outgoing, error: Retry) -> None:
        now = self._clock()
        retry_at = max(error.retry_at or now, now + self._wait(held, held.attempts))
        unsure = isinstance(error, OutcomeUnknown) or (held.unsure and not held.external_id)
        with self._lock:
            place = self._place(held.destination)
            place.failures += 1
            # Whoever comes next to this place would only wait for the same answer.
            place.paused_until = error.retry_at or now + self._pause(place.failures)
            tell = place.failures >= self._settings.failures_before_trouble
        log.info("not delivered yet: %s", error, extra={"key": held.key, "retry_at": retry_at})
        self._postpone(held, retry_at, str(error), unsure)
        if tell:
            self._trouble(held.destination, error)

    def _broke(self, held: Outgoing, error: Exception) -> None:
        """A fault of ours with this one message: put it aside, tell people, log no content."""
        what = f"internal error: {type(error).__name__}"
        log.error("cannot show a card: %s", what, extra={"key": held.key})
        at = self._clock() + self._wait(held, held.attempts + 5)
        self._postpone(held, at, what, held.unsure)
        self._trouble(held.destination, Unavailable(f"{held.key}: {what}"))

    def _dead(self, held: Outgoing, error: FirstContactError) -> None:
        log.error("will not be delivered: %s", error, extra={"key": held.key})
        self._outbox.deferred(
            held.key, retry_at=None, error=str(error), unsure=False, now=self._clock()
        )
        if isinstance(error, BadRequest):
            self._on_trouble(held.destination, error)  # each one is a message nobody will see
        else:
            self._trouble(held.destination, error)

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

    def _pause(self, failures: int) -> timedelta:
        """How long a place that failed so often is left alone; short, urgent ones wait too."""
        first, longest = (
            self._settings.first_wait_seconds,
            self._settings.longest_urgent_wait_seconds,
        )
        return timedelta(seconds=min(longest, first * 2 ** min(failures - 1, 20)) / 2)

    def _trouble(self, destination: str, error: FirstContactError) -> None:
        with self._lock:
            place = self._place(destination)
            told, place.told = place.told, True
        if not told:
            self._on_trouble(destination, error)

    def _worked(self, destination: str) -> None:
        with self._lock:
            place = self._place(destination)
            news = place.told or not place.worked
            place.told, place.worked, place.failures = False, True, 0
        if news:
            self._on_recovered(destination)

    # --- rates ----------------------------------------------------------------------------------

    def _may_send(self, message: Outgoing) -> bool:
        now = self._clock()
        with self._lock:
            place = self._place(message.destination)
            if place.paused_until is not None and now < place.paused_until:
                return False
            return place.budget.take(urgent=urgent(message), now=now)

    def _allowed_at(self, message: Outgoing) -> datetime:
        now = self._clock()
        with self._lock:
            place = self._place(message.destination)
            ready = place.budget.ready_at(urgent=urgent(message), now=now)
            return max(ready, place.paused_until or now)

    def _refund(self, destination: str) -> None:
        with self._lock:
            self._place(destination).budget.give_back()

    def _place(self, destination: str) -> _Destination:
        """The record of a destination; called with the lock held."""
        if destination not in self._destinations:
            rate = self._budgets.get(destination.partition(":")[0], 1.0)
            self._destinations[destination] = _Destination(Budget(rate, now=self._clock()))
        return self._destinations[destination]
