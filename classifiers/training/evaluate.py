"""How well a classifier reads a labelled file: numbers with their ranges, and what it missed.

Needs neither torch nor transformers.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from classifiers.training.data import Row, own_row, own_rows
from classifiers.training.report import ClassResult, Missed, Report, Share, Slice
from triage.model import Item, Verdict
from triage.ports import Classifier, Reading
from triage.taxonomy import Label, SignalName

BASE_RATE = 1 / 550  # one message in about 550 is an emergency (docs/concepts: Northumbria)
PER_DAY = 1000
CHUNK = 256


def evaluate(
    items: Sequence[Row | Item],
    classifier: Classifier,
    *,
    base_rate: float = BASE_RATE,
    a_day: float = PER_DAY,
) -> Report:
    """Read the items and compare. Items without a `class` are left out.

    `a_day` messages with `base_rate` emergencies among them give the alerts a day.

    Raises:
        Unavailable: the model cannot be run.
        BadInput: an item's labels cannot be read.
    """
    rows = [row_of(each) if isinstance(each, Item) else each for each in items]
    labelled = [row for row in rows if row.label is not None]
    verdicts = read_all(labelled, classifier)
    pairs = list(zip(labelled, verdicts, strict=True))
    alarm = _false_alarms(pairs)
    caught = _recall(pairs, Label.EMERGENCY)
    alerts = [
        a_day * (base_rate * caught.value + (1 - base_rate) * rate)
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
        a_day=a_day,
        base_rate=base_rate,
        alerts_a_day=alerts[0],
        alerts_range=(alerts[1], alerts[2]),
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


def read_all(rows: Sequence[Row], classifier: Classifier) -> list[Verdict]:
    """Verdicts for rows, in order."""
    readings = [Reading(text=row.text, thread=row.thread) for row in rows]
    verdicts: list[Verdict] = []
    for at in range(0, len(readings), CHUNK):
        verdicts += classifier.read(readings[at : at + CHUNK])
    return verdicts


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
