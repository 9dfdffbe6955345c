"""The history a line is measured on, arranged once and kept: a slider asks it many times."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from classifiers.guarantee import promised_line
from config.settings import Settings
from console.tuning.labelling import keep_labels
from storage.score_history import Rows, ScoreHistory
from storage.store import SqlStore
from triage.errors import FirstContactError
from triage.taxonomy import Label
from triage.tuning.candidates import (
    Candidate,
    Priced,
    Wishes,
    candidates,
    sensitivity,
)
from triage.tuning.history import Known
from triage.tuning.outcome import Outcome, even, outcome
from triage.tuning.slices import Slices

log = logging.getLogger("firstcontact.tuning")

FRESH_SECONDS = 30.0
QUICK_SECONDS = 0.3
"""A window that is built faster than this is built while somebody waits; others beside."""

RELOAD_SECONDS = 3600.0
"""What was erased from the database leaves the memory after this time, too."""

OVERLAP_US = 120_000_000  # rows are stored in another order than they are read
CURVE_POINTS = 101


@dataclass(frozen=True)
class Window:
    """One history, ready to be asked about any line. What does not hang on the line is kept."""

    history: ScoreHistory
    known: Known
    wishes: Wishes
    built_at: datetime

    def outcome(self, line: float, *, live: float) -> Outcome:
        """A line measured."""
        return outcome(
            self.history, self.known, line, shifts_a_day=self.wishes.shifts_a_day, live=live
        )

    def candidates(self, live: float) -> list[Candidate]:
        """Lines worth looking at."""
        return [Candidate(name="current", words="In force now", line=live), *self._wished]

    @cached_property
    def _wished(self) -> list[Candidate]:
        return candidates(self.history, self.known, self.wishes, promised=_promised)

    @cached_property
    def labels(self) -> dict[str, Label]:
        """What people said of each item, by reference."""
        return {each.ref: each.label for each in self.history.judged}

    @cached_property
    def slices(self) -> Slices:
        """The parts of the public."""
        return Slices(self.known)

    @cached_property
    def sensitivity(self) -> list[Priced]:
        """How the cheapest line moves."""
        return sensitivity(self.history, self.known)

    @cached_property
    def curve(self) -> Sequence[Outcome]:
        """The outcome at even lines from 0 to 1."""
        return [self.outcome(line, live=0.0) for line in even(CURVE_POINTS)]


def _promised(scores: list[float], share: float) -> float | None:
    promise = promised_line(scores, share)
    return promise.line if promise else None


class Windows:
    """Builds windows and keeps the latest of each model and class."""

    def __init__(self, store: SqlStore, settings: Settings, zone: tzinfo) -> None:
        self._store = store
        self._settings = settings
        self._zone = zone
        self._rows: dict[str, tuple[float, Rows]] = {}
        self._kept: dict[tuple[str, Label], tuple[float, Window]] = {}
        self._building = threading.Lock()
        self._took = 0.0

    def window(
        self, model: str, of: Label, *, over: float, now: datetime, fresh: bool = False
    ) -> Window:
        """The window of the last days; `over` is the emergency line, for other classes.

        Where building takes long, an older one is given and a newer is built beside; `fresh`
        waits for it.

        Raises:
            Unavailable: the store does not answer, and there is no older one.
        """
        kept = self._kept.get((model, of))
        if kept is None or fresh:
            return self._build(model, of, over, now)
        since, window = kept
        if time.monotonic() - since < FRESH_SECONDS:
            return window
        if self._took < QUICK_SECONDS:
            return self._build(model, of, over, now)
        if not self._building.locked():
            asked = (model, of, over, now)
            threading.Thread(target=self._beside, args=asked, daemon=True).start()
        return window

    def forget(self, *classes: Label) -> None:
        """Build the windows of these classes anew, or all, when somebody asks next."""
        wanted = classes or tuple(Label)
        self._kept = {key: kept for key, kept in self._kept.items() if key[1] not in wanted}

    def _beside(self, model: str, of: Label, over: float, now: datetime) -> None:
        try:
            self._build(model, of, over, now)
        except FirstContactError as error:
            log.warning("a window could not be built: %s", error)

    def _build(self, model: str, of: Label, over: float, now: datetime) -> Window:
        with self._building:
            began = time.monotonic()
            keep_labels(self._store)
            rows, since = self._read(model, now)
            known = self._store.labelled(model, since=since)
            history = ScoreHistory(
                rows, known, model=model, zone=self._zone, until=now, of=of, over=over
            )
            window = Window(
                history=history,
                known=Known(history.judged, days=history.bootstrap_days, of=of),
                wishes=wishes_of(self._settings),
                built_at=now,
            )
            self._took = time.monotonic() - began
            self._kept[(model, of)] = (time.monotonic(), window)
            return window

    def _read(self, model: str, now: datetime) -> tuple[Rows, datetime]:
        """The rows of the window: all of them once, afterwards only what was read since."""
        since = now - timedelta(days=self._settings.tuner.window_days)
        began, rows = self._rows.get(model, (0.0, None))
        if rows is None or time.monotonic() - began > RELOAD_SECONDS:
            began, rows = time.monotonic(), self._store.score_rows(model, since=since)
        else:
            after = rows.last_read - OVERLAP_US
            rows.replaced(self._store.score_rows(model, since=since, read_after=after))
            rows.from_moment(since)
        self._rows = {model: (began, rows)}  # of one model: a promotion must not double the memory
        return rows, since


def wishes_of(settings: Settings) -> Wishes:
    """What the settings ask of a line."""
    tuner = settings.tuner
    return Wishes(
        alerts_a_shift=tuner.alerts_a_shift,
        shifts_a_day=len(settings.desk.shift_ends) or 1,
        miss_per_thousand=tuner.miss_per_thousand,
        miss_cost=tuner.miss_cost,
    )
