"""Scores of a window as sorted arrays: any line is answered in milliseconds for a million items."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.types import EPOCH, microseconds
from triage.model import Priority
from triage.taxonomy import Label
from triage.tuning.history import BINS, HOURS_OF_WEEK, Judged, length_of
from triage.tuning.labels import Known

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Any_ = npt.NDArray[Any]

HOUR_US = 3_600_000_000
NUMBERS = {
    "number": np.int64,
    "sent_us": np.int64,
    "read_us": np.int64,
    "danger": np.float64,
    "abuse": np.float64,
    "under": np.uint8,
    "letters": np.int32,
}
WORDS = ("ruled", "channel", "lang", "dialect")
ORDER = (
    "number", "sent_us", "read_us", "danger", "abuse", "ruled", "under", "channel", "lang",
    "letters", "dialect",
)  # fmt: skip
"""The columns in which pages come."""


@dataclass(slots=True)
class Rows:
    """Rows of scores as columns. Words are kept as numbers into `words`, "" being 0."""

    columns: dict[str, Any_] = field(default_factory=dict)
    words: list[str] = field(default_factory=lambda: [""])
    codes: dict[str, int] = field(default_factory=lambda: {"": 0})

    @classmethod
    def empty(cls) -> "Rows":
        """No rows."""
        kinds = {**NUMBERS, **dict.fromkeys(WORDS, np.uint16)}
        return cls(columns={name: np.zeros(0, dtype=kind) for name, kind in kinds.items()})

    def __len__(self) -> int:
        return len(self.columns["number"])

    def add(self, page: Sequence[Sequence[Any]]) -> None:
        """Add rows in the order `ORDER`."""
        if not page:
            return
        for name, values in zip(ORDER, zip(*page, strict=True), strict=True):
            kind = NUMBERS.get(name, np.uint16)
            new = np.array(self._coded(values) if name in WORDS else values, dtype=kind)
            self.columns[name] = np.concatenate([self.columns[name], new])

    def _coded(self, values: Iterable[str]) -> list[int]:
        codes = self.codes
        found = []
        for value in values:
            code = codes.get(value)
            if code is None:
                code = codes[value] = len(self.words)
                self.words.append(value)
            found.append(code)
        return found

    def replaced(self, newer: "Rows") -> None:
        """Take over rows that were read later, in place of those of the same number."""
        if not len(newer):
            return
        kept = ~np.isin(self.columns["number"], newer.columns["number"])
        for name, column in self.columns.items():
            new = newer.columns[name]
            if name in WORDS:
                new = np.array(self._coded(newer.words[code] for code in new), dtype=np.uint16)
            self.columns[name] = np.concatenate([column[kept], new])

    def from_moment(self, since: datetime) -> None:
        """Drop what was sent before."""
        kept = self.columns["sent_us"] >= microseconds(since)
        if not kept.all():
            self.columns = {name: column[kept] for name, column in self.columns.items()}

    @property
    def last_read(self) -> int:
        """When the latest of them was read; -1 of none."""
        return int(self.columns["read_us"].max()) if len(self) else -1


class ScoreHistory:
    """`triage.tuning.history.History` over arrays sorted by reach.

    Args:
        rows: the scores of one model; not changed afterwards.
        known: what people said, with the number of each row.
        zone: the desk's, in which hours and days are meant.
        until: the end of the window.
        over: the emergency line; what reaches it is over the line of any other class, too.
    """

    def __init__(
        self,
        rows: Rows,
        known: Sequence[tuple[int, Known]],
        *,
        model: str,
        zone: tzinfo,
        until: datetime,
        of: Label = Label.EMERGENCY,
        over: float = math.inf,
    ) -> None:
        self.model = model
        self.total = len(rows)
        columns = rows.columns
        reach = _reach(rows, of, over)
        order = np.argsort(reach, kind="stable")
        self._reach: Floats = reach[order]
        self._under: Any_ = columns["under"][order]
        self._read: Ints = columns["read_us"][order]
        self._number: Ints = columns["number"][order]
        self._lang: Any_ = columns["lang"][order]
        self._codes = dict(rows.codes)
        sent = columns["sent_us"]
        self.first = _moment(int(sent.min())) if len(rows) else until
        self.last = until
        self.days = max(1, math.ceil((until - self.first) / timedelta(days=1)))
        hour, day = _local(sent, zone)
        self._hour: Any_ = hour[order]
        self._day: Ints = (day - day.min())[order] if len(rows) else day
        self.bootstrap_days = int(self._day.max()) + 1 if len(rows) else 1
        self._bins = np.histogram(np.minimum(self._reach, 1.0), bins=BINS, range=(0, 1))[0]
        self.judged: Sequence[Judged] = self._judged(rows, order, known)

    def alerts(self, line: float) -> int:
        """How many items reach a line."""
        return self.total - self._place(line)

    def hours(self, line: float) -> Sequence[int]:
        """Those by hour of the week in the desk's zone, Monday 0:00 first."""
        found = np.bincount(self._hour[self._place(line) :], minlength=HOURS_OF_WEEK)
        return [int(count) for count in found]

    def flips(self, low: float, high: float) -> Mapping[Priority, int]:
        """Of the items from `low` to before `high` how many have which priority without."""
        counts = np.bincount(self._under[self._place(low) : self._place(high)], minlength=6)
        return {each: int(counts[each]) for each in Priority if counts[each]}

    def bins(self) -> Sequence[int]:
        """How many items lie in each of `BINS` equal parts of [0, 1]; by rule counts as 1."""
        return [int(count) for count in self._bins]

    def up(self, line: float) -> float | None:
        """The lowest score at or over a line; None if only rules reach it."""
        place = self._place(line)
        if place >= self.total or math.isinf(self._reach[place]):
            return None
        return float(self._reach[place])

    def read_since(self, moment: datetime, line: float) -> tuple[int, int]:
        """Of the items read from a moment on: how many, and how many reach the line."""
        late = self._read >= microseconds(moment)
        return int(late.sum()), int(late[self._place(line) :].sum())

    def between(
        self, low: float, high: float, *, most: int, since: datetime | None = None
    ) -> list[tuple[int, float]]:
        """Rows from `low` to before `high` by number and reach, the highest first."""
        part = slice(self._place(low), self._place(high))
        numbers, reach = self._number[part], self._reach[part]
        if since is not None:
            late = self._read[part] >= microseconds(since)
            numbers, reach = numbers[late], reach[late]
        return _pairs(numbers[::-1][:most], reach[::-1][:most])

    def near(self, line: float, *, most: int, lang: str | None = None) -> list[tuple[int, float]]:
        """The rows whose scores are nearest to a line by number and reach, nearest first.

        Only those in a language, where one is named.
        """
        at = np.arange(self.total)
        if lang is not None:
            at = np.nonzero(self._lang == self._codes.get(lang, -1))[0]
        reach = np.minimum(self._reach[at], 2.0)
        place = int(np.searchsorted(reach, line))
        low, high = max(0, place - most), min(len(at), place + most)
        nearest = np.argsort(np.abs(reach[low:high] - line), kind="stable")[:most]
        found = at[low:high][nearest]
        return _pairs(self._number[found], self._reach[found])

    def _place(self, line: float) -> int:
        return int(np.searchsorted(self._reach, line, side="left"))

    def _judged(self, rows: Rows, order: Ints, known: Sequence[tuple[int, Known]]) -> list[Judged]:
        by_number = np.argsort(self._number, kind="stable")
        wanted = np.array([number for number, _ in known], dtype=np.int64)
        at = np.searchsorted(self._number[by_number], wanted)
        found = []
        for place, (number, each) in zip(at, known, strict=True):
            if place < self.total and self._number[by_number[place]] == number:
                found.append(self._one(rows, order, int(by_number[place]), each))
        return sorted(found, key=lambda each: each.reach)

    def _one(self, rows: Rows, order: Ints, at: int, known: Known) -> Judged:
        columns, row = rows.columns, int(order[at])
        return Judged(
            ref=known.ref,
            reach=float(self._reach[at]),
            day=int(self._day[at]),
            label=known.label,
            basis=known.basis,
            under=Priority(int(self._under[at])),
            drawn=known.drawn,
            parts=(
                rows.words[columns["lang"][row]] or "not known",
                rows.words[columns["channel"][row]],
                length_of(int(columns["letters"][row])),
                rows.words[columns["dialect"][row]],
            ),
        )


def _pairs(numbers: Ints, reach: Floats) -> list[tuple[int, float]]:
    return [(int(one), float(other)) for one, other in zip(numbers, reach, strict=True)]


def _reach(rows: Rows, of: Label, over: float) -> Floats:
    columns = rows.columns
    always = [rows.codes.get(each.value, -1) for each in {Label.EMERGENCY, of}]
    score = columns["danger"] if of is Label.EMERGENCY else columns["abuse"]
    caught = np.isin(columns["ruled"], always)
    if of is not Label.EMERGENCY:
        caught |= columns["danger"] >= over
    reach: Floats = np.where(caught, math.inf, score)
    return reach


def _moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def _local(sent_us: Ints, zone: tzinfo) -> tuple[Any_, Ints]:
    """Hour of the week and number of the day in a zone; each hour is looked up once."""
    hours, which = np.unique(sent_us // HOUR_US, return_inverse=True)
    local = [_moment(int(hour) * HOUR_US).astimezone(zone) for hour in hours]
    week = np.array([each.weekday() * 24 + each.hour for each in local], dtype=np.uint8)
    days = np.array([each.toordinal() for each in local], dtype=np.int64)
    return week[which], days[which]
