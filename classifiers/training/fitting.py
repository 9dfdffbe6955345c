"""Fitting the calibration: mixes by likelihood, lines by what the desk needs. Needs no torch."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import LABELS, SIGNALS, Calibration, Mix
from classifiers.rules import shipped_rules
from classifiers.training.data import Row
from triage.taxonomy import Label, SignalName
from triage.thresholds import Thresholds

Logits = npt.NDArray[np.float32]
RECALL_WANTED = 0.95
PRECISION_WANTED = 0.82
"""Of dev rows, which are half near misses. On rows of another hand this line caught 0.87 of the
emergencies with 0.89 of the alarms real; 0.87 would have caught 0.79 with 0.94 real."""

HIGHEST_LINE = 0.5
NET_SCALES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5)
LINEAR_SCALES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
ALONE_SCALES = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 1.8, 2.2, 2.6)
FEWEST = 8  # positives below which a signal keeps the default line
SIGNAL_LINES = np.arange(0.2, 0.81, 0.05)


def fitted(net: Logits, linear: Logits, rows: Sequence[Row]) -> Calibration:
    """The calibration that suits the rows best. `net` and `linear` are raw logits of them."""
    by_rule = np.array([raised_by_rules(row.text) for row in rows])
    gold = np.array([list(Label).index(row.label) for row in rows if row.label is not None])
    wanted = np.array([[name in row.signals for name in SignalName] for row in rows], dtype=float)
    grid = [Mix(net=a, linear=b) for a, b in product(NET_SCALES, LINEAR_SCALES)]
    alone = [Mix(net=0.0, linear=b) for b in ALONE_SCALES]
    draft = Calibration(
        label=_best_label(grid, net, linear, gold),
        signals=_best_signals(grid, net, linear, wanted),
        label_linear=_best_label(alone, net, linear, gold),
        signals_linear=_best_signals(alone, net, linear, wanted),
    )
    with_net = [draft.probabilities(a, b) for a, b in zip(net, linear, strict=True)]
    without = [draft.probabilities(None, b) for b in linear]
    return Calibration(
        label=draft.label,
        signals=draft.signals,
        label_linear=draft.label_linear,
        signals_linear=draft.signals_linear,
        thresholds=chosen_lines(_stack(with_net, 0), _stack(with_net, 1), gold, wanted, by_rule),
        thresholds_linear=chosen_lines(
            _stack(without, 0), _stack(without, 1), gold, wanted, by_rule
        ),
    )


def _stack(pairs: Sequence[tuple[Logits, Logits]], which: int) -> Logits:
    return np.stack([pair[which] for pair in pairs])


def _mixed(mix: Mix, net: Logits, linear: Logits, columns: slice) -> Logits:
    return mix.of(net[:, columns], linear[:, columns])


def _best_label(
    grid: Sequence[Mix], net: Logits, linear: Logits, gold: npt.NDArray[np.int64]
) -> Mix:
    def loss(mix: Mix) -> float:
        logits = _mixed(mix, net, linear, LABELS)
        top = logits.max(axis=1, keepdims=True)
        norm = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
        return float((norm - logits[np.arange(len(gold)), gold]).mean())

    return min(grid, key=loss)


def _best_signals(
    grid: Sequence[Mix], net: Logits, linear: Logits, wanted: npt.NDArray[np.float64]
) -> Mix:
    def loss(mix: Mix) -> float:
        logits = _mixed(mix, net, linear, SIGNALS)
        return float((np.logaddexp(0, logits) - wanted * logits).mean())

    return min(grid, key=loss)


def chosen_lines(
    labels: Logits,
    signals: Logits,
    gold: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.float64],
    by_rule: npt.NDArray[np.bool_],
) -> Thresholds:
    """Lines: an alarm that is right often enough to be believed, and under it a band of doubt
    that reaches down to 95 % of the real ones; then the best macro-F1; signals by their F1.

    `by_rule` are the rows that a rule makes an emergency whatever the score.
    """
    unsure = emergency_line(labels[:, 0], gold == 0, by_rule)
    emergency = max(unsure, believed_line(labels[:, 0], gold == 0, by_rule))
    abuse = max(
        np.arange(0.2, 0.71, 0.01), key=lambda line: _macro_f1(labels, gold, emergency, line)
    )
    lines = {
        name: signal_line(signals[:, index], wanted[:, index] > 0)
        for index, name in enumerate(SignalName)
        if wanted[:, index].sum() >= FEWEST
    }
    return Thresholds(
        emergency=round(float(emergency), 4),
        abuse=round(float(abuse), 4),
        signals=lines,
        unsure=round(float(unsure), 4),
    )


def raised_by_rules(text: str) -> bool:
    """Whether a rule makes an emergency of a text."""
    return any(hit.raises is Label.EMERGENCY for hit in shipped_rules().hits(text))


def emergency_line(
    scores: Logits, real: npt.NDArray[np.bool_], by_rule: npt.NDArray[np.bool_]
) -> float:
    """The highest line with which scores and rules catch 95 % of the real emergencies."""
    spare = int(np.floor((1 - RECALL_WANTED) * real.sum() + 1e-9))
    ordered = np.sort(scores[real & ~by_rule])
    if spare >= len(ordered):
        return HIGHEST_LINE
    return min(HIGHEST_LINE, float(np.floor(ordered[spare] * 10_000) / 10_000))


def believed_line(
    scores: Logits, real: npt.NDArray[np.bool_], by_rule: npt.NDArray[np.bool_]
) -> float:
    """The lowest line at which `PRECISION_WANTED` of the alarms, those of rules included, are
    real on the balanced dev rows."""
    for line in np.arange(0.05, 0.96, 0.01):
        said = (scores >= line) | by_rule
        if said.any() and real[said].mean() >= PRECISION_WANTED:
            return float(line)
    return 0.95


def signal_line(scores: Logits, real: npt.NDArray[np.bool_]) -> float:
    """The line with the best F1 for one signal."""

    def f1(line: float) -> float:
        on = scores >= line
        return float(2 * (on & real).sum() / max(1, on.sum() + real.sum()))

    return round(float(max(SIGNAL_LINES, key=f1)), 2)


def _macro_f1(labels: Logits, gold: npt.NDArray[np.int64], emergency: float, abuse: float) -> float:
    said = np.where(labels[:, 0] >= emergency, 0, np.where(labels[:, 1] >= abuse, 1, 2))
    scores = []
    for each in range(3):
        right = ((said == each) & (gold == each)).sum()
        scores.append(2 * right / max(1, (said == each).sum() + (gold == each).sum()))
    return float(np.mean(scores))
