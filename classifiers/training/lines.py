"""Choosing the lines: an alarm that is believed, a band of doubt that promises, signals by F1."""

import numpy as np
import numpy.typing as npt

from classifiers.guarantee import ALWAYS, misses_allowed
from triage.taxonomy import SignalName
from triage.thresholds import Thresholds

Chances = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]
DOUBT_MISSES = 0.07
"""The band of doubt reaches down to where at most so many emergencies are missed by alarm and
doubt together: with 95 % confidence, if there are enough of them, and else none that is known.
With desk-2, 0.05 would put 187 of the 1,001 messages of the demo's day into the band, this 100."""

PRECISION_WANTED = 0.86
"""Of dev rows, which are half near misses. On English rows of another hand the line that follows
(0.23 for desk-5) caught 0.97 of the emergencies with 0.84 of the alarms real."""

HIGHEST_DOUBT = 0.5
FEWEST = 8  # positives below which a signal keeps the default line
SIGNAL_LINES = np.arange(0.2, 0.81, 0.05)


def chosen_lines(
    labels: Chances,
    signals: Chances,
    gold: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.float64],
    by_rule: Marks,
) -> Thresholds:
    """Lines for class chances (rows x classes) and signal chances (rows x signals).

    `by_rule` are the rows that a rule makes an emergency whatever the score.
    """
    unsure = doubt_line(labels[:, 0], gold == 0, by_rule)
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


def doubt_line(scores: Chances, real: Marks, by_rule: Marks) -> float:
    """The highest line that may promise `DOUBT_MISSES`; of few emergencies, the lowest score."""
    if not real.any():
        return HIGHEST_DOUBT
    reached = np.sort(np.where(by_rule, ALWAYS, scores)[real])
    allowed = misses_allowed(len(reached), DOUBT_MISSES) or 0
    return min(HIGHEST_DOUBT, float(np.floor(min(1.0, reached[allowed]) * 10_000) / 10_000))


def believed_line(scores: Chances, real: Marks, by_rule: Marks) -> float:
    """The lowest line at which `PRECISION_WANTED` of the alarms, those of rules included, are
    real on the balanced dev rows."""
    for line in np.arange(0.05, 0.96, 0.01):
        said = (scores >= line) | by_rule
        if said.any() and real[said].mean() >= PRECISION_WANTED:
            return float(line)
    return 0.95


def signal_line(scores: Chances, real: Marks) -> float:
    """The line with the best F1 for one signal."""

    def f1(line: float) -> float:
        on = scores >= line
        return float(2 * (on & real).sum() / max(1, on.sum() + real.sum()))

    return round(float(max(SIGNAL_LINES, key=f1)), 2)


def _macro_f1(
    labels: Chances, gold: npt.NDArray[np.int64], emergency: float, abuse: float
) -> float:
    said = np.where(labels[:, 0] >= emergency, 0, np.where(labels[:, 1] >= abuse, 1, 2))
    scores = []
    for each in range(3):
        right = ((said == each) & (gold == each)).sum()
        scores.append(2 * right / max(1, (said == each).sum() + (gold == each).sum()))
    return float(np.mean(scores))
