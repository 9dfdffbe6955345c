"""What is known of each place that is sent to: its rate, a pause, how it is doing."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.budget import Budget
from triage.errors import FirstContactError, Retry
from triage.model import Priority
from triage.ports import Clock

AT_ONCE = 4
"""So many messages may be on their way to one place: a place that hangs ties up no more."""

Trouble = Callable[[str, FirstContactError], None]
Recovered = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DelivererSettings:
    """How long things take. `failures_before_trouble` counts retryable errors in a row.

    A place that refuses us (token dead, channel archived) is tried again after
    `first_block_seconds`, then ever more seldom. `patience_seconds` is how long a drain waits
    for the slowest place.
    """

    hold_seconds: float = 30
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 300
    longest_urgent_wait_seconds: float = 15
    failures_before_trouble: int = 3
    first_block_seconds: float = 15
    longest_block_seconds: float = 120
    patience_seconds: float = 2


@dataclass(slots=True)
class _Place:
    budget: Budget
    paused_until: datetime | None = None
    failures: int = 0
    refusals: int = 0
    on_the_way: int = 0
    told: bool = False
    worked: bool = False


class Destinations:
    """The places by their destination, shared by all threads that send.

    Args:
        budgets: messages a second and destination, by sink name; 1 where not given.
        on_trouble: told once when a destination fails, with the error; again only after it
            worked in between.
        on_recovered: told when a destination that was in trouble works again, and when it
            works for the first time (an alarm may be open from before a restart).
    """

    def __init__(
        self,
        budgets: Mapping[str, float],
        clock: Clock,
        settings: DelivererSettings,
        *,
        on_trouble: Trouble,
        on_recovered: Recovered,
    ) -> None:
        self._budgets = budgets
        self._clock = clock
        self._settings = settings
        self._on_trouble = on_trouble
        self._on_recovered = on_recovered
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    # --- rates ----------------------------------------------------------------------------------

    def room(self, destination: str) -> tuple[int, int]:
        """How many messages may go there now: urgent ones, and routine ones."""
        now = self._clock()
        with self._lock:
            place = self._place(destination)
            if self._paused(place, now) or place.on_the_way >= AT_ONCE:
                return 0, 0
            left = place.budget.left
            return left(Priority.P1, now=now), left(Priority.P5, now=now)

    def enter(self, destination: str, urgency: int) -> bool:
        """Take the right to send one message; whoever took it calls `leave`."""
        now = self._clock()
        with self._lock:
            place = self._place(destination)
            if self._paused(place, now) or place.on_the_way >= AT_ONCE:
                return False
            taken = place.budget.take(urgency, now=now)
            place.on_the_way += taken
            return taken

    def leave(self, destination: str, *, unused: bool = False) -> None:
        """The message is no longer on its way; `unused` gives the right back."""
        with self._lock:
            place = self._place(destination)
            place.on_the_way -= 1
            if unused:
                place.budget.give_back()

    # --- how they are doing ----------------------------------------------------------------------

    def failed(self, destination: str, error: Retry) -> None:
        """A message may go through later: leave the place alone for a while."""
        now = self._clock()
        with self._lock:
            place = self._place(destination)
            place.failures += 1
            # Whoever comes next to this place would only wait for the same answer.
            ours = now + self._pause(place.failures if error.retry_at is None else 1)
            self._hold_off(place, max(error.retry_at or ours, ours))
            tell = place.failures >= self._settings.failures_before_trouble
        if tell:
            self.trouble(destination, error)

    def refused(self, destination: str, error: FirstContactError) -> datetime:
        """The place itself refuses us: tell people at once; returns when it is tried again."""
        settings, now = self._settings, self._clock()
        with self._lock:
            place = self._place(destination)
            place.refusals += not self._paused(place, now)  # those sent side by side are one
            seconds = settings.first_block_seconds * 2 ** min(max(place.refusals - 1, 0), 20)
            until = now + timedelta(seconds=min(settings.longest_block_seconds, seconds))
            self._hold_off(place, until)
        self.trouble(destination, error)
        return until

    def trouble(self, destination: str, error: FirstContactError) -> None:
        """Tell people of trouble, unless they know."""
        with self._lock:
            place = self._place(destination)
            told, place.told = place.told, True
        if not told:
            self._on_trouble(destination, error)

    def tell(self, destination: str, error: FirstContactError) -> None:
        """Tell people of one message that will be seen by nobody, whatever they know."""
        self._on_trouble(destination, error)

    def worked(self, destination: str) -> None:
        """A message arrived: all is well."""
        with self._lock:
            place = self._place(destination)
            news = place.told or not place.worked
            place.told, place.worked, place.failures, place.refusals = False, True, 0, 0
        if news:
            self._on_recovered(destination)

    def _hold_off(self, place: _Place, until: datetime) -> None:
        place.paused_until = max(place.paused_until or until, until)

    def _pause(self, failures: int) -> timedelta:
        """How long a place that failed so often is left alone; short, urgent ones wait too."""
        first, longest = (
            self._settings.first_wait_seconds,
            self._settings.longest_urgent_wait_seconds,
        )
        return timedelta(seconds=min(longest, first * 2 ** min(failures - 1, 20)) / 2)

    def _paused(self, place: _Place, now: datetime) -> bool:
        return place.paused_until is not None and now < place.paused_until

    def _place(self, destination: str) -> _Place:
        """The record of a destination; called with the lock held."""
        if destination not in self._places:
            rate = self._budgets.get(destination.partition(":")[0], 1.0)
            self._places[destination] = _Place(Budget(rate, now=self._clock()))
        return self._places[destination]
