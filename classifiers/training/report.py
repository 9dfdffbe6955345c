"""The outcome of a measurement, as values; `report_text` and `report_json` put it into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifiers.guarantee import Promise, emergencies_needed, most_missed
from classifiers.training.curves import Curve, Reliability
from classifiers.training.shares import Share
from triage.model import Priority
from triage.taxonomy import Label, SignalName

POINTS_APART = 0.08
"""How far a language's recall may lie under that of English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """One class."""

    label: Label
    precision: Share
    recall: Share

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision.value + self.recall.value
        return 2 * self.precision.value * self.recall.value / total if total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of the file: emergencies caught, and items given their right class."""

    name: str
    caught: Share
    right: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A language beside English, by one share of each."""

    lang: str
    share: Share
    english: Share

    @property
    def says(self) -> str:
        """Whether the language lies within 8 points of English, or that nobody can say."""
        if not (self.share.enough and self.english.enough):
            return "not enough to say"
        return "within 8 points" if self.within else "not within"

    @property
    def within(self) -> bool:
        """Whether it lies within 8 points of English or above, however few there are."""
        return self.share.value >= self.english.value - POINTS_APART - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An emergency that was read as something else, and the priority that floors give it."""

    id: str
    text: str
    label: Label
    score: float
    unsure: bool
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The band of doubt: how many items lie in it, and how many of the missed emergencies."""

    low: float | None
    high: float
    items: Share
    missed: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Alarms on a usual day, if the other messages are as hard as the file's."""

    a_day: float
    base_rate: float
    value: float
    range: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answer to "at most this share missed": a promise with its price, or None."""

    share: float
    emergencies: int
    promise: Promise | None = None
    precision: Share | None = None
    alerts: Alerts | None = None

    @property
    def needed(self) -> int:
        """Labelled emergencies without which nothing can be promised."""
        return emergencies_needed(self.share)

    @property
    def refusal(self) -> str:
        """Why nothing is promised; "" if something is."""
        if self.promise is not None:
            return ""
        return (
            f"{self.emergencies} labelled emergencies are too few to promise that at most "
            f"{100 * self.share:g} in 100 are missed: {self.needed} are needed, and more if any "
            "of them is missed"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of a measurement.

    `reliability` is that of the class said (its chance against whether it is right) under
    "class", and of the emergency score under "emergency". `landed` says where the real
    emergencies end, rules and floors included.
    """

    items: int
    model: str
    classes: tuple[ClassResult, ...]
    confusion: Mapping[Label, Mapping[Label, int]]
    false_emergencies: Share
    curves: Mapping[Label, Curve]
    reliability: Mapping[str, Reliability]
    slices: tuple[Slice, ...]
    languages: tuple[tuple[Compared, Compared], ...]  # emergencies caught, right class
    signals: tuple[tuple[SignalName, Share, Share], ...]  # precision, recall
    missed: tuple[Missed, ...]
    landed: Mapping[Priority, int]
    band: Band
    alerts: Alerts
    asked: Asked | None = None

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the three classes."""
        return sum(each.f1 for each in self.classes) / len(self.classes)

    @property
    def caught(self) -> Share:
        """Emergencies that were called one."""
        return next(each.recall for each in self.classes if each.label is Label.EMERGENCY)

    @property
    def at_most_missed(self) -> float:
        """The share that the lines in force miss at most, with 95 % confidence.

        It holds only if nothing was fitted to these rows.
        """
        return most_missed(self.caught.of - self.caught.hits, self.caught.of)

    @property
    def at_most_late(self) -> float:
        """The share of emergencies that end under P3 at most, floors included; as above."""
        late = sum(count for each, count in self.landed.items() if each > Priority.P3)
        return most_missed(late, self.caught.of)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values for a JSON object."""
        from classifiers.training.report_json import plain

        return plain(self)

    def as_text(self) -> str:
        """The report as tables for a terminal."""
        from classifiers.training.report_text import lines

        return "\n".join(lines(self))
