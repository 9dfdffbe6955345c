"""The last way to tell people: straight to the chat tools, when nothing can be stored any more."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from triage.errors import FirstContactError
from triage.flow import notice
from triage.model import Outgoing
from triage.ports import Clock, Sink

log = logging.getLogger("firstcontact.lastword")

PATIENCE = timedelta(seconds=60)
AGAIN = timedelta(minutes=15)


class LastWord:
    """Says that the database is gone once it has been for a while, and when it is back.

    Alarms and cards travel through the database; without it nobody would hear why the desk has
    gone quiet. A restart begins anew, so people may be told twice.
    """

    def __init__(
        self, sinks: Mapping[str, Sink], places: Callable[[], Sequence[str]], clock: Clock
    ) -> None:
        self._sinks = sinks
        self._places = places
        self._clock = clock
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._said: datetime | None = None

    def cannot_store(self, why: str) -> None:
        """Storing failed. People are told when it has failed for a minute, then now and then."""
        now = self._clock()
        with self._lock:
            self._since = self._since or now
            early = now - self._since < PATIENCE
            if early or (self._said is not None and now - self._said < AGAIN):
                return
            self._said = now
        self._say(
            "Service alarm",
            f"Nothing can be stored since {self._since:%H:%M} UTC, so nothing is read and no new "
            f"cards come: watch the accounts themselves. {why}",
        )

    def can_store(self) -> None:
        """Storing works; whoever was told otherwise is told so."""
        with self._lock:
            spoken, self._since, self._said = self._said is not None, None, None
        if spoken:
            self._say("Service alarm over", "Storing works again: what came meanwhile is read now")

    def _say(self, title: str, text: str) -> None:
        now = self._clock()
        for place in self._places():
            message = Outgoing(
                key=f"last-word:{now:%Y%m%dT%H%M%S}:{place}",
                destination=place,
                urgency=1,
                body=notice(title, text),
                created_at=now,
            )
            try:
                self._sinks[place.partition(":")[0]].post(message, None, now=now)
            except FirstContactError as error:
                log.error("cannot tell %s: %s", place, error)
