"""Homes that officers have open are drawn again as the desk changes, a few at a time.

Slack takes about a hundred drawings a minute: a surge must not use them up, so an officer's home
is drawn at most every quarter of a minute, and once a minute at least, for times left go by.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from console.homes import ChatDesk, HomeStore
from notifier.home import Home
from triage.errors import FirstContactError, RateLimited, Retry, Unavailable
from triage.homes import OpenHome, OpenHomes
from triage.model import Officer
from triage.ports import Clock

log = logging.getLogger("firstcontact.homes")

LOOK_SECONDS = 2.0
AT_ONCE = 2
"""So many homes are drawn at each look: with `LOOK_SECONDS` sixty a minute at most."""

OFTENEST = timedelta(seconds=15)
AGED = timedelta(seconds=60)
OPENED_LATELY = timedelta(minutes=30)
PAUSE = timedelta(seconds=30)

Draw = Callable[[str, Callable[[], Home]], None]
"""Draws the home of an account as a function gives it (`notifier.slack_talk.SlackTalk.draw`)."""


class OpenHomeStore(HomeStore, OpenHomes, Protocol):
    """What homes are made of, and which are open."""


class HomeRefresh:
    """Draws open homes again.

    Args:
        draws: how a home is drawn, by the name of the sink.
        officer: who an account of a sink is; None for nobody (any more).
    """

    def __init__(
        self,
        store: OpenHomeStore,
        desk: ChatDesk,
        clock: Clock,
        *,
        officer: Callable[[str], Officer | None],
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._officer = officer
        self._draws: dict[str, Draw] = {}
        self._paused: dict[str, datetime] = {}

    @property
    def sinks(self) -> Mapping[str, Draw]:
        """The sinks whose homes are drawn."""
        return self._draws

    def add(self, sink: str, draw: Draw) -> None:
        """Have the homes of a sink drawn."""
        self._draws[sink] = draw

    def opened(self, sink: str, account: str) -> None:
        """Somebody has just been shown their home."""
        self._store.home_opened(sink, account, now=self._clock())

    def look(self) -> None:
        """Draw those that are behind, those first that were drawn longest ago."""
        for sink in self._draws:
            now = self._clock()
            if self._paused.get(sink, now) <= now:
                self._look(sink, now)

    def _look(self, sink: str, now: datetime) -> None:
        mark = self._store.change_mark()  # read first: what changes meanwhile is drawn next time
        behind = self._store.homes_behind(
            sink,
            mark=mark,
            opened=now - OPENED_LATELY,
            drawn=now - OFTENEST,
            aged=now - AGED,
            limit=AT_ONCE,
        )
        for home in behind:
            if self._store.home_taken(home, mark=mark, now=now):
                self._draw(home, now)

    def _draw(self, home: OpenHome, now: datetime) -> None:
        officer = self._officer(home.account)
        if officer is None:
            self._store.home_closed(home.sink, home.account)
            return
        try:
            self._draws[home.sink](home.account, lambda: self._desk.home(officer))
        except Retry as error:
            # It is drawn again when its age says so; until then the place is left alone.
            if isinstance(error, RateLimited | Unavailable):
                self._paused[home.sink] = error.retry_at or now + PAUSE
            log.info("a home was not drawn: %s", error)
        except FirstContactError as error:
            log.warning("a home cannot be drawn: %s", error)
            self._store.home_closed(home.sink, home.account)
