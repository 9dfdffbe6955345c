"""Fitting the calibration: chances by likelihood, lines by what the desk needs. Needs no torch.

Figures of the rows that something was fitted to flatter. `cross_judged` therefore judges every
row with a calibration fitted to the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import LABELS, SCALED, SIGNALS, Calibration, Mix
from classifiers.calibrate import Row as Logits
from classifiers.guarantee import promise_at
from classifiers.heads import HEADS
from classifiers.rules import Hit, shipped_rules
from classifiers.training.data import Row
from classifiers.training.likelihood import Prior, Values, likeliest
from classifiers.training.lines import chosen_lines
from classifiers.training.shares import ENOUGH
from classifiers.verdict import Judgement, Scores, judgement_of, scores_of
from triage.ports import Reading
from triage.taxonomy import Label, SignalName
from triage.thresholds import Thresholds

FOLDS = 5
RUN = 10  # neighbouring rows stay in one fold: many are pairs that share an opening
SCALE_PULL = 5.0
LABEL_PULLS = np.full(len(Label) - 1, 1.0)  # one class needs no shift of its own
SIGNAL_PULLS = np.full(len(SignalName), 30.0)
"""Rare signals would otherwise follow a handful of rows."""

PLAIN = Calibration(label=Mix(net=0.5, linear=0.5), signals=Mix(net=0.5, linear=0.5))
"""Where nothing is known yet: the mean of both models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A labelled row with the raw logits of its windows (windows x columns), as served.

    `hits` are what the rules find in it: once for all the calibrations that are tried on it.
    """

    row: Row
    windows: Logits
    linear: Logits
    hits: tuple[Hit, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hits", tuple(shipped_rules().hits(self.row.text)))

    def scores(self, calibration: Calibration, *, with_net: bool) -> Scores:
        """What a calibration makes of the logits."""
        return scores_of(self.windows if with_net else None, self.linear, calibration)


def fitted(
    seen: Sequence[Seen], covered: frozenset[str], start: Calibration = PLAIN
) -> Calibration:
    """The calibration that suits the rows best. `covered` are the languages the model reads.

    What the rows say nothing about (signals nobody labelled, say) stays as in `start`.
    """
    draft = _chances_fitted(seen, start)
    return replace(
        draft,
        thresholds=_lines_fitted(seen, draft, covered, with_net=True),
        thresholds_linear=_lines_fitted(seen, draft, covered, with_net=False),
    )


def calibrated(
    dev: Sequence[Seen],
    judge: Sequence[Seen],
    covered: frozenset[str],
    start: Calibration = PLAIN,
) -> Calibration:
    """Fitted to `dev`, with what its lines may promise by the emergencies of `judge`."""
    calibration = fitted(dev, covered, start)
    reached = [
        judged(each, calibration, covered).reach
        for each in judge
        if each.row.label is Label.EMERGENCY
    ]
    lines = calibration.thresholds
    standing = (lines.emergency, lines.unsure)
    promises = [promise_at(reached, line) for line in standing if line is not None]
    enough = len(reached) >= ENOUGH
    return replace(calibration, promises=tuple(promises) if enough else ())


def cross_judged(
    seen: Sequence[Seen], covered: frozenset[str], start: Calibration = PLAIN
) -> list[Judgement]:
    """What is made of each row by a calibration that was fitted to the other folds only."""
    folds = [place // RUN % FOLDS for place in range(len(seen))]
    calibrations = {
        fold: fitted(
            [each for each, at in zip(seen, folds, strict=True) if at != fold], covered, start
        )
        for fold in sorted(set(folds))
    }
    return [
        judged(each, calibrations[fold], covered) for each, fold in zip(seen, folds, strict=True)
    ]


def judged(
    seen: Seen, calibration: Calibration, covered: frozenset[str], *, with_net: bool = True
) -> Judgement:
    """What is made of a row, as the service would."""
    scores = seen.scores(calibration, with_net=with_net)
    return _weighed(seen, scores, calibration.lines(with_net=with_net), covered)


def _weighed(seen: Seen, scores: Scores, lines: Thresholds, covered: frozenset[str]) -> Judgement:
    return judgement_of(
        Reading(text=seen.row.text, thread=seen.row.thread),
        scores,
        seen.hits,
        thresholds=lines,
        covered=covered,
        model="",
    )


def _chances_fitted(seen: Sequence[Seen], start: Calibration) -> Calibration:
    net = np.stack([each.windows[0] for each in seen]).astype(np.float64)
    linear = np.stack([each.linear for each in seen]).astype(np.float64)
    rows = [each.row for each in seen]
    classes = np.eye(len(Label))[_gold(rows)]
    both = [net[:, LABELS], linear[:, LABELS]]
    signals = [net[:, SIGNALS], linear[:, SIGNALS]]
    wanted, counts = _wanted(rows), _judged_signals(rows)
    return replace(
        start,
        label=mix_of(both, LABEL_PULLS, classes, start=start.label),
        signals=mix_of(signals, SIGNAL_PULLS, wanted, counts=counts, start=start.signals),
        label_linear=mix_of(both[1:], LABEL_PULLS, classes, start=start.label_linear),
        signals_linear=mix_of(
            signals[1:], SIGNAL_PULLS, wanted, counts=counts, start=start.signals_linear
        ),
        scales={name: _scale(net[:, HEADS[name].columns], rows, name, start) for name in SCALED},
        promises=(),
    )


def _gold(rows: Sequence[Row]) -> npt.NDArray[np.int64]:
    return np.array([list(Label).index(row.label) for row in rows if row.label is not None])


def _wanted(rows: Sequence[Row]) -> Values:
    return np.array([[name in row.signals for name in SignalName] for row in rows], dtype=float)


def _judged_signals(rows: Sequence[Row]) -> Values:
    return np.array([[name in row.judged for name in SignalName] for row in rows], dtype=float)


def mix_of(
    models: Sequence[Values],
    pulls: Values,
    wanted: Values,
    *,
    counts: Values | None = None,
    start: Mix,
) -> Mix:
    """Models (each rows x answers) added with volumes, the first answers shifted.

    As many answers are shifted as there are `pulls`, which hold the shifts near those of `start`.
    One model is the linear one, two are the network and it. Answers compete where there are no
    `counts`.
    """
    loud, moved, answers = len(models), len(pulls), wanted.shape[1]
    shifts = np.eye(answers)[:, :moved]
    features = np.concatenate(
        [np.stack(models, axis=2), np.broadcast_to(shifts, (len(wanted), *shifts.shape))], axis=2
    )
    volumes = [start.net, start.linear][-loud:]
    prior = Prior(
        middle=np.array([*volumes, *(start.shift or (0.0,) * answers)[:moved]]),
        pull=np.array([*[SCALE_PULL] * loud, *pulls]),
    )
    weights = likeliest(features, wanted, prior, exclusive=counts is None, counts=counts)
    heard = [max(0.0, round(float(each), 4)) for each in weights[:loud]]
    shift = [round(float(each), 4) for each in shifts @ weights[loud:]]
    return Mix(net=heard[0] if loud > 1 else 0.0, linear=heard[-1], shift=tuple(shift))


def _scale(logits: Values, rows: Sequence[Row], name: str, start: Calibration) -> float:
    """The volume of a head that only the network has; as in `start` where nobody labelled it.

    Rows whose labels name no modifiers all bear the same one.
    """
    answers, before = HEADS[name].answers, start.scales.get(name, 1.0)
    known = [place for place, row in enumerate(rows) if getattr(row, name) is not None]
    said = [answers.index(getattr(rows[place], name)) for place in known]
    if len(set(said)) < 2:
        return before
    prior = Prior(middle=np.array([before]), pull=np.array([SCALE_PULL]))
    wanted = np.eye(len(answers))[said]
    (volume,) = likeliest(logits[known][:, :, None], wanted, prior, exclusive=True)
    return max(0.0, round(float(volume), 4))


def _lines_fitted(
    seen: Sequence[Seen], draft: Calibration, covered: frozenset[str], *, with_net: bool
) -> Thresholds:
    lines = draft.lines(with_net=with_net)
    scores = [each.scores(draft, with_net=with_net) for each in seen]
    by_rule = [
        bool(each.hits) and _weighed(each, said, lines, covered).by_rule
        for each, said in zip(seen, scores, strict=True)
    ]
    rows = [each.row for each in seen]
    chosen = chosen_lines(
        np.array([[each.labels[label] for label in Label] for each in scores], dtype=np.float32),
        np.array([[each.signals[name] for name in SignalName] for each in scores]),
        _gold(rows),
        _wanted(rows),
        np.array(by_rule, dtype=bool),
    )
    return replace(chosen, signals={**lines.signals, **chosen.signals})
