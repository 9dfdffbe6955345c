"""The running service: what the engine calls, what the clock ticks, what presses do."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Protocol

from console.backlog import Backlog
from console.lastword import LastWord
from console.rightofway import Haste, RightOfWay
from console.screen import Screen
from console.tuning.lines import LinesInForce
from console.watch import Patience, Watch
from triage.errors import (
    BadRequest,
    FirstContactError,
    RateLimited,
    Retry,
    Unauthorised,
    Unavailable,
)
from triage.flow import Desk, card_key, raise_alarm, run_clocks, triage_waiting
from triage.handing_over import Hours, tell_what_is_over
from triage.lifecycle import URGENT, Tell
from triage.model import Alarm, Harvest, Outgoing
from triage.ports import Collector, TakenIn, Triaged
from triage.second_route import take_second_route
from triage.taxonomy import Lane

__all__ = ["Patience", "Queue", "Sender", "Service"]

log = logging.getLogger("firstcontact.service")

REPLY = "reply:"
"""Marks the keys of replies to citizens among those of messages to the staff."""

FEW = 8
"""So few new items are triaged at once; more are screened first, so that danger goes ahead."""

TRIAGE_BATCH = 32
DRAIN_BATCH = 200
DRAIN_SECONDS = 60.0
BUDGET_PAUSE_SECONDS = 0.1  # all that is owed waits for its destination's budget


class Queue(Protocol):
    """How the service hands work to the engine (`console.engine.Engine`)."""

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        """Have cases triaged: now, or when a worker is free."""
        ...

    def deliver(self, keys: Sequence[str]) -> None:
        """Send these urgent messages at once."""
        ...

    def drain(self) -> None:
        """Have all that is owed sent."""
        ...


class Sender(Protocol):
    """The outbox's delivery (`notifier.outbox.Deliverer`)."""

    def deliver_all(self, keys: Sequence[str]) -> int:
        """Send these messages now, side by side; returns how many were delivered."""
        ...

    def drain(self, limit: int = 50, urgent_only: bool = False) -> int:
        """Send up to `limit` owed messages; returns how many were delivered."""
        ...


class Replier(Protocol):
    """Who brings replies to the platforms (`console.replying.Replier`)."""

    def send(self, reply_id: str) -> None:
        """Bring one reply a step on, if it is owed."""
        ...

    def owed(self) -> Sequence[str]:
        """The ids of replies that are owed and due."""
        ...


class Service:
    """Work of the engine and of the ticks, over the desk, the collectors and the outbox.

    Args:
        sources: the interval of each source's polls, None where items are pushed; without it
            only silence is watched.
        last_word: how people hear that nothing can be stored.
        way: shared with the parts that do bulk work, so that they give way to what is urgent.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        collectors: Mapping[str, Collector],
        sender: Sender,
        screen: Screen,
        patience: Patience,
        sources: Mapping[str, timedelta | None] | None = None,
        last_word: LastWord | None = None,
        way: RightOfWay | None = None,
    ) -> None:
        self.desk = desk
        self.lines: LinesInForce | None = None  # where it can move the lines of its classifier
        self.way = way or RightOfWay()
        self._collectors = collectors
        self._sender = sender
        self._screen = screen
        self._patience = patience
        self._queue: Queue | None = None
        self._not_before: dict[str, datetime] = {}
        self._draining = threading.Lock()
        self._polling = {source: threading.Lock() for source in collectors}
        self.last_word = last_word or LastWord({}, list, desk.clock)
        watched = dict.fromkeys(collectors) if sources is None else sources
        self.watching = Watch(desk, sources=watched, patience=patience, alarm=self._alarm)
        self.backlog = Backlog(desk, patience.strain, alarm=self._alarm)
        self._stopping = threading.Event()
        self._replier: Replier | None = None

    def answer_through(self, replier: "Replier") -> None:
        """Name who sends replies to citizens; until then none is sent."""
        self._replier = replier

    def attach(self, queue: Queue) -> None:
        """Name the engine; until then nothing is handed on (the sweeper will find it)."""
        self._queue = queue

    def stop(self) -> None:
        """Begin nothing new; what is owed stays owed."""
        self._stopping.set()

    @property
    def sources(self) -> Sequence[str]:
        """The names of the sources that are polled."""
        return list(self._collectors)

    # --- collect ---------------------------------------------------------------------------------

    def poll(self, source: str) -> None:
        """Collect one source page by page; a failure is kept, shown, and at length an alarm.

        A poll that is asked for while one of the same source runs here does nothing: after a
        restart the engine takes up every poll that was cut short, and one is enough.
        """
        if not self._polling[source].acquire(blocking=False):
            return
        try:
            if self._not_before.get(source, self.desk.clock()) <= self.desk.clock():
                self._collect(source)
        finally:
            self._polling[source].release()

    def _collect(self, source: str) -> None:
        collector = self._collectors[source]
        count, last = 0, None
        try:
            for harvest in collector.collect(self.desk.store.cursor(source)):
                taken = self.take_in(source, harvest)
                count, last = count + taken.new + taken.changed, harvest
        except FirstContactError as error:
            self._failed(source, error)
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours must not silence a source
            self._failed(source, Unavailable(f"{source}: internal error: {type(error).__name__}"))
            return
        self._read(source, count, last)

    def take_pushed(self, source: str, harvest: Harvest) -> TakenIn:
        """Store what a source pushed, and note that it is alive."""
        taken = self.take_in(source, harvest)
        self._read(source, taken.new + taken.changed, harvest)
        return taken

    def _read(self, source: str, count: int, harvest: Harvest | None) -> None:
        now = self.desk.clock()
        self.desk.store.poll_succeeded(source, items=count, harvest=harvest, now=now)
        self.desk.store.clear_alarm(f"collector:{source}", now=now)

    def take_in(self, source: str, harvest: Harvest) -> TakenIn:
        """Store a harvest and have what is new triaged."""
        with self._urgent_if_few(harvest.arrivals):
            return self._take_in(source, harvest)

    def _urgent_if_few(self, work: Sized) -> AbstractContextManager[None]:
        return self.way.urgent() if len(work) <= FEW else nullcontext()

    def _take_in(self, source: str, harvest: Harvest) -> TakenIn:
        now = self.desk.clock()
        taken = self.desk.store.take_in(source, harvest, now=now)
        for problem in harvest.problems:
            log.warning("partial answer", extra={"source": source, "problem": problem})
        if harvest.rejected:
            reasons = "; ".join(reason for reason, _ in harvest.rejected[:3])
            self._alarm(
                f"rejected:{source}", f"{source}: {len(harvest.rejected)} unreadable: {reasons}", 3
            )
        self._hand_on(taken)
        return taken

    def _hand_on(self, taken: TakenIn) -> None:
        """Hand new cases to the engine, those that sound dangerous first."""
        if self._queue is None or not taken.refs:
            return
        if len(taken.refs) <= FEW:
            self._queue.triage(taken.refs, Haste.NOW)
            return
        first: list[str] = []
        later: list[str] = []
        for ref, text in zip(taken.refs, taken.texts, strict=True):
            self.way.give_way()
            (first if self._screen(text) else later).append(ref)
        haste = Haste.NOW if len(first) <= FEW else Haste.SOON
        for batch in _batches(first):
            self._queue.triage(batch, haste)
        for batch in _batches(later):
            self._queue.triage(batch, Haste.LATER)

    def _failed(self, source: str, error: FirstContactError) -> None:
        now = self.desk.clock()
        failures = self.desk.store.poll_failed(source, error=str(error), now=now)
        log.warning("poll failed", extra={"source": source, "error": str(error), "row": failures})
        if isinstance(error, Retry) and error.retry_at is not None:
            self._not_before[source] = error.retry_at
        if isinstance(error, RateLimited) and failures < self._patience.failures * 5:
            return  # a pause the platform asked for is no failure yet
        if isinstance(error, Unauthorised) or failures >= self._patience.failures:
            why = str(error).removeprefix(f"{source}: ")
            self._alarm(f"collector:{source}", f"{source} is not being read: {why}", 1)

    # --- triage ----------------------------------------------------------------------------------

    def triage(self, refs: Sequence[str]) -> None:
        """Triage those of the cases that still wait, and have their cards sent."""
        with self._urgent_if_few(refs):
            self.announce(triage_waiting(self.desk, limit=max(1, len(refs)), refs=refs))

    def announce(self, settled: Sequence[Triaged]) -> None:
        """Have the cards of settled cases sent, urgent ones at once."""
        cards = [card for outcome in settled for card in outcome.cards]
        self.send(cards)

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Have owed messages sent: urgent at once, the rest in turn."""
        if self._queue is None or not messages:
            return
        self._queue.deliver([each.key for each in messages if each.urgency <= URGENT])
        if any(each.urgency > URGENT for each in messages):
            self._queue.drain()

    def drain_soon(self) -> None:
        """Have all that is owed sent in turn: something was added that is not urgent."""
        if self._queue is not None:
            self._queue.drain()

    def refresh(self, ref: str) -> None:
        """Have a case's cards brought up to date at once, wherever they are."""
        if self._queue is None:
            return
        places = {
            place: None for lane in Lane for place in self.desk.destinations(lane, Tell.OWNER)
        }
        self._queue.deliver([card_key(ref, place) for place in places])

    # --- send ------------------------------------------------------------------------------------

    def deliver(self, keys: Sequence[str]) -> None:
        """Send those of the urgent messages that are still owed, each place by itself.

        What has to wait for its turn is drained as soon as that comes.
        """
        with self.way.urgent():
            cards = [key for key in keys if not key.startswith(REPLY)]
            sent = self._sender.deliver_all(cards)
            for key in keys:
                if key.startswith(REPLY):
                    self._send_reply(key.removeprefix(REPLY))
        if sent < len(cards) and self._queue is not None:
            self._queue.drain()

    def urge(self, reply_id: str) -> None:
        """Have a reply to a citizen sent at once."""
        if self._queue is not None:
            self._queue.deliver([f"{REPLY}{reply_id}"])

    def _send_reply(self, reply_id: str) -> None:
        if self._replier is not None and not self._stopping.is_set():
            self._replier.send(reply_id)

    def drain(self) -> None:
        """Send what is owed, urgent first, until nothing is due; then the sweeper looks again."""
        if not self._draining.acquire(blocking=False):
            return
        try:
            ends = time.monotonic() + DRAIN_SECONDS
            while time.monotonic() < ends and self._owes():
                if not self._sender.drain(DRAIN_BATCH):
                    self._stopping.wait(BUDGET_PAUSE_SECONDS)
        finally:
            self._draining.release()

    def _owes(self) -> bool:
        return not self._stopping.is_set() and bool(
            self.desk.store.owed(limit=1, now=self.desk.clock())
        )

    # --- ticks -----------------------------------------------------------------------------------

    def tick(self) -> None:
        """Run the clocks, and send what is urgent even if the engine is stuck."""
        run_clocks(self.desk)
        self.send_urgent()

    def send_urgent(self) -> None:
        """Send what is urgent and owed, without the engine."""
        self._sender.drain(DRAIN_BATCH, urgent_only=True)

    def reroute(self) -> None:
        """Send another way what is urgent and does not arrive."""
        self.send(take_second_route(self.desk, patience=self._patience.undelivered))

    def hand_over(self, hours: Hours) -> None:
        """Tell what the shift and the day that are over came to, once."""
        if tell_what_is_over(self.desk, hours) and self._queue is not None:
            self._queue.drain()

    def sweep(self, *, idle: Callable[[], bool]) -> None:
        """Find work that no workflow holds: a lost workflow never loses an item."""
        if self._queue is None:
            return
        if idle():
            for batch in _batches(self.desk.store.waiting_refs(limit=TRIAGE_BATCH * 16)):
                self._queue.triage(batch, Haste.LATER)
        if self.desk.store.owed(limit=1, now=self.desk.clock()):
            self._queue.drain()
        if self._replier is not None:
            for reply_id in self._replier.owed():
                self.urge(reply_id)

    def look_at_backlog(self) -> None:
        """See to what is owed to the chat channels."""
        if self.backlog.look() and self._queue is not None:
            self._queue.drain()

    def take_up_lines(self) -> None:
        """Judge by the lines that are in force now."""
        if self.lines is not None:
            self.lines.take_up()

    def watch(self) -> None:
        """Look whether people must be told something about the service."""
        self.watching.look()

    def trouble(self, destination: str, error: FirstContactError) -> None:
        """A destination fails, or refuses one message: tell the others."""
        kind = "refused" if isinstance(error, BadRequest) else "sink"
        self._alarm(f"{kind}:{destination}", f"Cannot deliver to {destination}: {error}", 1)

    def tell(self, key: str, text: str, severity: int = 1) -> None:
        """Raise an alarm about a part of the service."""
        self._alarm(key, text, severity)

    def well_again(self, key: str) -> None:
        """Close the alarm about a part of the service, if one is open."""
        self.desk.store.clear_alarm(key, now=self.desk.clock())

    def recovered(self, destination: str) -> None:
        """A destination works again: what was given up for it is owed again."""
        if self.desk.store.clear_alarm(f"sink:{destination}", now=self.desk.clock()):
            self.desk.store.revive(destination=destination)

    def _alarm(self, key: str, text: str, severity: int) -> None:
        alarm = Alarm(key=key, text=text, raised_at=self.desk.clock(), severity=severity)
        try:
            if raise_alarm(self.desk, alarm) and self._queue is not None:
                self._queue.drain()
        except Unavailable:
            log.exception("cannot keep an alarm", extra={"key": key, "text": text})


def _batches(refs: Sequence[str]) -> list[list[str]]:
    return [list(refs[at : at + TRIAGE_BATCH]) for at in range(0, len(refs), TRIAGE_BATCH)]
