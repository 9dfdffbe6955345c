"""How well a classifier reads a labelled file: numbers with their ranges, and what it missed.

Needs neither torch nor transformers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from classifiers.alone import in_chunks, item_alone, priority_alone
from classifiers.guarantee import promised_line
from classifiers.training.curves import Curve, Reliability, curve_of, reliability_of
from classifiers.training.data import Row, own_row, own_rows
from classifiers.training.report import Alerts, Asked, Band, ClassResult, Missed, Report
from classifiers.training.shares import Share
from classifiers.training.slices import Pairs, compared, recall_of, slices_of
from classifiers.verdict import Judgement
from triage.items import CHANNELS
from triage.model import Item, Priority, Verdict
from triage.ports import Reading
from triage.taxonomy import Label, SignalName
from triage.thresholds import Thresholds

BASE_RATE = 1 / 550  # one message in about 550 is an emergency (docs/concepts: Northumbria)
PER_DAY = 1000


class Judge(Protocol):
    """A classifier that also says which score and which rules are behind a class."""

    name: str
    thresholds: Thresholds

    def judge(self, readings: Sequence[Reading]) -> list[Judgement]:
        """One judgement per reading, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """For whom alerts are reckoned: messages a day, and the share of emergencies in them."""

    a_day: float = PER_DAY
    base_rate: float = BASE_RATE


def evaluate(
    items: Sequence[Row | Item],
    classifier: Judge,
    *,
    base_rate: float = BASE_RATE,
    a_day: float = PER_DAY,
    miss_at_most: float | None = None,
) -> Report:
    """Read the items and compare. Items without a `class` are left out.

    `a_day` messages with `base_rate` emergencies among them give the alerts a day.
    `miss_at_most` asks for a line that may promise this share of missed emergencies.

    Raises:
        Unavailable: the model cannot be run.
        BadInput: an item's labels cannot be read.
    """
    rows = [row_of(each) if isinstance(each, Item) else each for each in items]
    labelled = [row for row in rows if row.label is not None]
    pairs = list(zip(labelled, judge_all(labelled, classifier), strict=True))
    return report_on(
        pairs,
        model=classifier.name,
        thresholds=classifier.thresholds,
        desk=Desk(a_day=a_day, base_rate=base_rate),
        miss_at_most=miss_at_most,
    )


def report_on(
    pairs: Pairs,
    *,
    model: str,
    thresholds: Thresholds,
    desk: Desk = Desk(),
    miss_at_most: float | None = None,
) -> Report:
    """The report on labelled rows and what was made of them."""
    missed = _missed(pairs)
    return Report(
        items=len(pairs),
        model=model,
        classes=tuple(
            ClassResult(
                label=label, precision=_precision(pairs, label), recall=recall_of(pairs, label)
            )
            for label in Label
        ),
        confusion=_confusion(pairs),
        false_emergencies=_read_as_emergency(pairs, Label.ROUTINE),
        curves={label: _curve(pairs, label) for label in (Label.EMERGENCY, Label.ABUSE)},
        reliability=_reliability(pairs),
        slices=tuple(slices_of(pairs)),
        languages=tuple(compared(pairs)),
        signals=tuple(_signals(pairs)),
        missed=tuple(missed),
        landed=_landed(pairs),
        band=_band(pairs, missed, thresholds),
        alerts=_alerts(
            recall_of(pairs, Label.EMERGENCY),
            _read_as_emergency(pairs, Label.ABUSE, Label.ROUTINE),
            desk,
        ),
        asked=None if miss_at_most is None else _asked(pairs, miss_at_most, desk),
    )


def row_of(item: Item) -> Row:
    """A labelled item (its labels are among the fields we do not know) as a row.

    Raises:
        BadInput: a label is not one of ours.
    """
    if item.extra.get("class") is None:
        return Row(id=item.id, text=item.text)
    raw = {**item.extra, "id": item.id, "text": item.text, "channel": item.channel}
    return own_row({**raw, "lang": item.lang}, f"item {item.id}")


def labelled_file(path: Path) -> list[Row]:
    """The items of a labelled JSON-lines file.

    Raises:
        BadInput: names the line that cannot be read.
    """
    return own_rows([path])


def judge_all(rows: Sequence[Row], classifier: Judge) -> list[Judgement]:
    """What the classifier makes of rows, in order."""
    readings = [Reading(text=row.text, thread=row.thread) for row in rows]
    return in_chunks(readings, classifier.judge)


def _precision(pairs: Pairs, label: Label) -> Share:
    said = [row for row, judged in pairs if judged.verdict.label is label]
    return Share(hits=sum(row.label is label for row in said), of=len(said))


def _read_as_emergency(pairs: Pairs, *really: Label) -> Share:
    """Of the rows that are of these classes, those that were read as an emergency."""
    said = [judged.verdict.label for row, judged in pairs if row.label in really]
    return Share(hits=sum(label is Label.EMERGENCY for label in said), of=len(said))


def _confusion(pairs: Pairs) -> dict[Label, dict[Label, int]]:
    counts = Counter((row.label, judged.verdict.label) for row, judged in pairs)
    return {real: {said: counts[real, said] for said in Label} for real in Label}


def _curve(pairs: Pairs, label: Label) -> Curve:
    if label is Label.EMERGENCY:
        scores = [judged.reach for _, judged in pairs]
    else:
        scores = [_below_emergency(judged.verdict, label) for _, judged in pairs]
    return curve_of(scores, [row.label is label for row, _ in pairs])


def _below_emergency(verdict: Verdict, label: Label) -> float:
    """A class's score where the emergency line leaves it a say; under 0 where not."""
    return -1.0 if verdict.label is Label.EMERGENCY else verdict.scores[label]


def _reliability(pairs: Pairs) -> dict[str, Reliability]:
    """Chances as served, after the rules."""
    likeliest = [
        max(judged.verdict.scores, key=judged.verdict.scores.__getitem__) for _, judged in pairs
    ]
    return {
        "class": reliability_of(
            [max(judged.verdict.scores.values()) for _, judged in pairs],
            [row.label is label for (row, _), label in zip(pairs, likeliest, strict=True)],
        ),
        "emergency": reliability_of(
            [judged.verdict.scores[Label.EMERGENCY] for _, judged in pairs],
            [row.label is Label.EMERGENCY for row, _ in pairs],
        ),
    }


def _signals(pairs: Pairs) -> list[tuple[SignalName, Share, Share]]:
    out = []
    for name in SignalName:
        on = [row for row, judged in pairs if name in row.judged and judged.verdict.has(name)]
        real = [judged.verdict for row, judged in pairs if name in row.signals]
        right = sum(name in row.signals for row in on)
        found = sum(verdict.has(name) for verdict in real)
        out.append((name, Share(hits=right, of=len(on)), Share(hits=found, of=len(real))))
    return out


def _missed(pairs: Pairs) -> list[Missed]:
    missed = [
        Missed(
            id=row.id,
            text=row.text,
            label=judged.verdict.label,
            score=judged.danger,
            unsure=judged.verdict.unsure,
            priority=_priority(row, judged.verdict),
        )
        for row, judged in pairs
        if row.label is Label.EMERGENCY and judged.verdict.label is not Label.EMERGENCY
    ]
    return sorted(missed, key=lambda each: each.score)


def _landed(pairs: Pairs) -> dict[Priority, int]:
    counts = Counter(
        _priority(row, judged.verdict) for row, judged in pairs if row.label is Label.EMERGENCY
    )
    return {priority: counts[priority] for priority in Priority}


def _priority(row: Row, verdict: Verdict) -> Priority:
    """The priority of a row by itself: floors, but nothing known of its writer."""
    raw = {"text": row.text, "channel": row.channel if row.channel in CHANNELS else ""}
    return priority_alone(item_alone(raw, row.id), verdict, row.thread)


def _band(pairs: Pairs, missed: Sequence[Missed], thresholds: Thresholds) -> Band:
    return Band(
        low=thresholds.unsure,
        high=thresholds.emergency,
        items=Share(hits=sum(judged.verdict.unsure for _, judged in pairs), of=len(pairs)),
        missed=Share(hits=sum(each.unsure for each in missed), of=len(missed)),
    )


def _alerts(caught: Share, alarms: Share, desk: Desk) -> Alerts:
    usual, low, high = (
        desk.a_day * (desk.base_rate * caught.value + (1 - desk.base_rate) * rate)
        for rate in (alarms.value, *alarms.range)
    )
    return Alerts(a_day=desk.a_day, base_rate=desk.base_rate, value=usual, range=(low, high))


def _asked(pairs: Pairs, share: float, desk: Desk) -> Asked:
    """The promise, and what it costs on these rows."""
    real = [judged.reach for row, judged in pairs if row.label is Label.EMERGENCY]
    calm = [judged.reach for row, judged in pairs if row.label is not Label.EMERGENCY]
    promise = promised_line(real, share)
    if promise is None:
        return Asked(share=share, emergencies=len(real))
    caught = Share(hits=len(real) - promise.missed, of=len(real))
    alarms = Share(hits=sum(score >= promise.line for score in calm), of=len(calm))
    return Asked(
        share=share,
        emergencies=len(real),
        promise=promise,
        precision=Share(hits=caught.hits, of=caught.hits + alarms.hits),
        alerts=_alerts(caught, alarms, desk),
    )
