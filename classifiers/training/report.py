"""The outcome of a measurement: shares with their ranges, tables for people, JSON for others."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from triage.taxonomy import Label, SignalName

ENOUGH = 30
Z95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` of `of`, with the Wilson 95 % range."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The plain share; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def range(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.hits, self.of)

    @property
    def text(self) -> str:
        """For people: "0.94 (0.89 to 0.97), 141 of 150", or that it is too little to say."""
        if self.of < ENOUGH:
            return f"not enough to say ({self.hits} of {self.of})"
        low, high = self.range
        return f"{self.value:.3f} ({low:.3f} to {high:.3f}), {self.hits} of {self.of}"


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
class Missed:
    """An emergency that was read as something else."""

    id: str
    text: str
    label: Label
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of a measurement."""

    items: int
    model: str
    classes: tuple[ClassResult, ...]
    confusion: Mapping[Label, Mapping[Label, int]]
    slices: tuple[Slice, ...]
    signals: tuple[tuple[SignalName, Share, Share], ...]  # precision, recall
    missed: tuple[Missed, ...]
    a_day: float
    base_rate: float
    alerts_a_day: float
    alerts_range: tuple[float, float]

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the three classes."""
        return sum(each.f1 for each in self.classes) / len(self.classes)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values for a JSON object."""
        return _plain(self)

    def as_text(self) -> str:
        """The report as tables for a terminal."""
        return "\n".join(_lines(self))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share; (0, 1) for nothing."""
    if not of:
        return (0.0, 1.0)
    share, square = hits / of, Z95 * Z95
    middle = share + square / (2 * of)
    spread = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    scale = 1 + square / of
    return (max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def _plain(report: Report) -> dict[str, Any]:
    def share(each: Share) -> dict[str, Any]:
        enough = each.of >= ENOUGH
        return {**asdict(each), "value": each.value, "range": each.range, "enough": enough}

    return {
        "items": report.items,
        "model": report.model,
        "macro_f1": report.macro_f1,
        "classes": {
            each.label: {
                "precision": share(each.precision),
                "recall": share(each.recall),
                "f1": each.f1,
            }
            for each in report.classes
        },
        "confusion": report.confusion,
        "slices": [
            {"name": each.name, "caught": share(each.caught), "right": share(each.right)}
            for each in report.slices
        ],
        "signals": {
            name: {"precision": share(precision), "recall": share(recall)}
            for name, precision, recall in report.signals
        },
        "missed": [asdict(each) for each in report.missed],
        "alerts_a_day": {"value": report.alerts_a_day, "range": report.alerts_range},
    }


def _lines(report: Report) -> list[str]:
    parts = (_head, _class_lines, _confusion_lines, _slice_lines, _alert_lines, _missed_lines)
    return [line for part in parts for line in part(report)]


def _head(report: Report) -> list[str]:
    return [f"{report.items} items, model {report.model}", f"macro-F1 {report.macro_f1:.3f}", ""]


def _class_lines(report: Report) -> list[str]:
    out = []
    for each in report.classes:
        out.append(f"{each.label:<10} F1 {each.f1:.3f}   precision {each.precision.text}")
        out.append(f"{'':<10}            recall    {each.recall.text}")
    return out


def _confusion_lines(report: Report) -> list[str]:
    out = ["", f"{'real / said':<12}" + "".join(f"{label:>11}" for label in Label)]
    for real, row in report.confusion.items():
        out.append(f"{real:<12}" + "".join(f"{row[said]:>11}" for said in Label))
    return out


def _slice_lines(report: Report) -> list[str]:
    out = ["", f"{'slice':<32} emergencies caught; right class"]
    out += [f"{part.name:<32} {part.caught.text}; {part.right.text}" for part in report.slices]
    out += ["", f"{'signal':<24} precision; recall"]
    return out + [f"{name:<24} {p.text}; {r.text}" for name, p, r in report.signals]


def _alert_lines(report: Report) -> list[str]:
    low, high = report.alerts_range
    rate = f"one emergency in {1 / report.base_rate:.0f}" if report.base_rate else "no emergency"
    said = (
        f"at {report.a_day:g} messages a day and {rate}: {report.alerts_a_day:.0f} alerts a day "
        f"({low:.0f} to {high:.0f}), if the other messages are as hard as these"
    )
    return ["", said]


def _missed_lines(report: Report) -> list[str]:
    return ["", f"missed emergencies: {len(report.missed)}"] + [
        f"  {each.score:.2f} {each.label:<8} {each.id}: {' '.join(each.text.split())}"
        for each in report.missed
    ]
