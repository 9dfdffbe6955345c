"""How well a classifier reads a labelled file: numbers with their ranges, and what it missed.

Needs neither torch nor transformers.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifiers.training.data import Row, own_rows
from triage.model import Verdict
from triage.ports import Classifier, Reading
from triage.taxonomy import Label, SignalName

ENOUGH = 30
BASE_RATE = 1 / 550  # one message in about 550 is an emergency (docs/concepts: Northumbria)
PER_DAY = 1000
CHUNK = 256
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
    alerts_a_day: float
    alerts_range: tuple[float, float]

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the three classes."""
        return sum(each.f1 for each in self.classes) / len(self.classes)

    def as_json(self) -> str:
        """The report as one JSON object."""
        return json.dumps(_plain(self), ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """The report as tables for a terminal."""
        return "\n".join(_lines(self))


def evaluate(
    items: Sequence[Row],
    classifier: Classifier,
    *,
    per_day: int = PER_DAY,
    base_rate: float = BASE_RATE,
) -> Report:
    """Read the items and compare. Items without a label are left out.

    `per_day` messages with `base_rate` emergencies among them give the alerts a day.

    Raises:
        Unavailable: the model cannot be run.
    """
    labelled = [row for row in items if row.label is not None]
    verdicts = read_all(labelled, classifier)
    pairs = list(zip(labelled, verdicts, strict=True))
    alarm = _false_alarms(pairs)
    caught = _recall(pairs, Label.EMERGENCY)
    alerts = [
        per_day * (base_rate * caught.value + (1 - base_rate) * rate)
        for rate in (alarm.value, *alarm.range)
    ]
    return Report(
        items=len(labelled),
        model=classifier.name,
        classes=tuple(
            ClassResult(
                label=label, precision=_precision(pairs, label), recall=_recall(pairs, label)
            )
            for label in Label
        ),
        confusion=_confusion(pairs),
        slices=tuple(_slices(pairs)),
        signals=tuple(_signals(pairs)),
        missed=tuple(_missed(pairs)),
        alerts_a_day=alerts[0],
        alerts_range=(alerts[1], alerts[2]),
    )


def labelled_file(path: Path) -> list[Row]:
    """The items of a labelled JSON-lines file.

    Raises:
        BadInput: names the line that cannot be read.
    """
    return own_rows([path])


def read_all(rows: Sequence[Row], classifier: Classifier) -> list[Verdict]:
    """Verdicts for rows, in order."""
    readings = [Reading(text=row.text, thread=row.thread) for row in rows]
    verdicts: list[Verdict] = []
    for at in range(0, len(readings), CHUNK):
        verdicts += classifier.read(readings[at : at + CHUNK])
    return verdicts


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share; (0, 1) for nothing."""
    if not of:
        return (0.0, 1.0)
    share, square = hits / of, Z95 * Z95
    middle = share + square / (2 * of)
    spread = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    scale = 1 + square / of
    return (max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


Pairs = Sequence[tuple[Row, Verdict]]


def _precision(pairs: Pairs, label: Label) -> Share:
    said = [row for row, verdict in pairs if verdict.label is label]
    return Share(hits=sum(row.label is label for row in said), of=len(said))


def _recall(pairs: Pairs, label: Label) -> Share:
    real = [verdict for row, verdict in pairs if row.label is label]
    return Share(hits=sum(verdict.label is label for verdict in real), of=len(real))


def _false_alarms(pairs: Pairs) -> Share:
    calm = [verdict for row, verdict in pairs if row.label is not Label.EMERGENCY]
    return Share(hits=sum(v.label is Label.EMERGENCY for v in calm), of=len(calm))


def _confusion(pairs: Pairs) -> dict[Label, dict[Label, int]]:
    counts = Counter((row.label, verdict.label) for row, verdict in pairs)
    return {real: {said: counts[real, said] for said in Label} for real in Label}


def _signals(pairs: Pairs) -> list[tuple[SignalName, Share, Share]]:
    out = []
    for name in SignalName:
        on = [row for row, verdict in pairs if name in row.judged and verdict.has(name)]
        real = [verdict for row, verdict in pairs if name in row.signals]
        right = sum(name in row.signals for row in on)
        found = sum(verdict.has(name) for verdict in real)
        out.append((name, Share(hits=right, of=len(on)), Share(hits=found, of=len(real))))
    return out


def _length(row: Row) -> str:
    size = len(row.text)
    return "to 60" if size <= 60 else "61 to 200" if size <= 200 else "over 200"


def _slices(pairs: Pairs) -> list[Slice]:
    keys: Sequence[tuple[str, Callable[[Row], str]]] = (
        ("language", lambda row: row.lang or "?"),
        ("channel", lambda row: row.channel or "?"),
        ("letters", _length),
        ("thread", lambda row: "with earlier messages" if row.thread else "alone"),
    )
    return [
        _slice(f"{kind} {value}", [pair for pair in pairs if key(pair[0]) == value])
        for kind, key in keys
        for value in sorted({key(row) for row, _ in pairs})
    ]


def _slice(name: str, pairs: Pairs) -> Slice:
    right = sum(row.label is verdict.label for row, verdict in pairs)
    return Slice(
        name=name,
        caught=_recall(pairs, Label.EMERGENCY),
        right=Share(hits=right, of=len(pairs)),
    )


def _missed(pairs: Pairs) -> list[Missed]:
    missed = [
        Missed(
            id=row.id,
            text=row.text,
            label=verdict.label,
            score=verdict.scores[Label.EMERGENCY],
        )
        for row, verdict in pairs
        if row.label is Label.EMERGENCY and verdict.label is not Label.EMERGENCY
    ]
    return sorted(missed, key=lambda each: each.score)


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
    low, high = report.alerts_range
    out = [f"{report.items} items, model {report.model}", f"macro-F1 {report.macro_f1:.3f}", ""]
    for each in report.classes:
        out.append(f"{each.label:<10} F1 {each.f1:.3f}   precision {each.precision.text}")
        out.append(f"{'':<10}            recall    {each.recall.text}")
    out += ["", f"{'real / said':<12}" + "".join(f"{label:>11}" for label in Label)]
    for real, row in report.confusion.items():
        out.append(f"{real:<12}" + "".join(f"{row[said]:>11}" for said in Label))
    out += ["", f"{'slice':<32} emergencies caught; right class"]
    out += [f"{s.name:<32} {s.caught.text}; {s.right.text}" for s in report.slices]
    out += ["", f"{'signal':<24} precision; recall"]
    out += [f"{name:<24} {p.text}; {r.text}" for name, p, r in report.signals]
    out += [
        "",
        f"at {PER_DAY} messages a day and one emergency in {round(1 / BASE_RATE)}: "
        f"{report.alerts_a_day:.0f} alerts a day ({low:.0f} to {high:.0f}), if the other "
        "messages are as hard as these",
        "",
        f"missed emergencies: {len(report.missed)}",
    ]
    out += [
        f"  {m.score:.2f} {m.label:<8} {m.id}: {' '.join(m.text.split())}" for m in report.missed
    ]
    return out
