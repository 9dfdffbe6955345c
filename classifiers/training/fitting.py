"""Fitting the calibration: chances by likelihood, lines by what the desk needs. Needs no torch.

Figures of the rows that something was fitted to flatter. `cross_judged` therefore judges every
row with a calibration fitted to the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import LABELS, SCALED, SIGNALS, Calibration, Mix
from classifiers.calibrate import Row as Logits
from classifiers.guarantee import promise_at
from classifiers.heads import HEADS
from classifiers.rules import shipped_rules
from classifiers.training.data import Row
from classifiers.training.likelihood import Prior, Values, likeliest
from classifiers.training.lines import chosen_lines
from classifiers.training.shares import ENOUGH
from classifiers.verdict import Judgement, judgement_of, scores_of
from triage.ports import Reading
from triage.taxonomy import Label, SignalName
from triage.thresholds import Thresholds

FOLDS = 5
RUN = 10  # neighbouring rows stay in one fold: many are pairs that share an opening
SCALE_PULL = 5.0
LABEL_PULL = 1.0
SIGNAL_PULL = 30.0  # rare signals would otherwise follow a handful of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A labelled row with the raw logits of its windows (windows x columns), as served."""

    row: Row
    windows: Logits
    linear: Logits


def fitted(seen: Sequence[Seen], covered: frozenset[str]) -> Calibration:
    """The calibration that suits the rows best. `covered` are the languages the model reads."""
    draft = _chances_fitted(seen)
    return replace(
        draft,
        thresholds=_lines_fitted(seen, draft, covered, with_net=True),
        thresholds_linear=_lines_fitted(seen, draft, covered, with_net=False),
    )


def calibrated(dev: Sequence[Seen], judge: Sequence[Seen], covered: frozenset[str]) -> Calibration:
    """Fitted to `dev`, with what its lines may promise by the emergencies of `judge`."""
    calibration = fitted(dev, covered)
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


def cross_judged(seen: Sequence[Seen], covered: frozenset[str]) -> list[Judgement]:
    """What is made of each row by a calibration that was fitted to the other folds only."""
    folds = [place // RUN % FOLDS for place in range(len(seen))]
    calibrations = {
        fold: fitted([each for each, at in zip(seen, folds, strict=True) if at != fold], covered)
        for fold in sorted(set(folds))
    }
    return [
        judged(each, calibrations[fold], covered) for each, fold in zip(seen, folds, strict=True)
    ]


def judged(
    seen: Seen, calibration: Calibration, covered: frozenset[str], *, with_net: bool = True
) -> Judgement:
    """What is made of a row, as the service would."""
    windows = seen.windows if with_net else None
    return judgement_of(
        Reading(text=seen.row.text, thread=seen.row.thread),
        scores_of(windows, seen.linear, calibration),
        shipped_rules().hits(seen.row.text),
        thresholds=calibration.lines(with_net=with_net),
        covered=covered,
        model="",
    )


def _chances_fitted(seen: Sequence[Seen]) -> Calibration:
    net = np.stack([each.windows[0] for each in seen]).astype(np.float64)
    linear = np.stack([each.linear for each in seen]).astype(np.float64)
    rows = [each.row for each in seen]
    wanted = _wanted(rows)
    counts = np.array([[name in row.judged for name in SignalName] for row in rows], dtype=float)
    classes = np.eye(len(Label))[_gold(rows)]
    return Calibration(
        label=_label_mix([net[:, LABELS], linear[:, LABELS]], classes),
        signals=_signal_mix([net[:, SIGNALS], linear[:, SIGNALS]], wanted, counts),
        label_linear=_alone(_label_mix([linear[:, LABELS]], classes)),
        signals_linear=_alone(_signal_mix([linear[:, SIGNALS]], wanted, counts)),
        scales=_scales(net, rows),
    )


def _gold(rows: Sequence[Row]) -> npt.NDArray[np.int64]:
    return np.array([list(Label).index(row.label) for row in rows if row.label is not None])


def _wanted(rows: Sequence[Row]) -> Values:
    return np.array([[name in row.signals for name in SignalName] for row in rows], dtype=float)


def _label_mix(models: Sequence[Values], classes: Values) -> Mix:
    """Volumes of the models, and a shift for every class but the last."""
    shifts = np.eye(len(Label))[:, :-1]
    return mix_of(models, shifts, LABEL_PULL, classes, counts=None)


def _signal_mix(models: Sequence[Values], wanted: Values, counts: Values) -> Mix:
    return mix_of(models, np.eye(len(SignalName)), SIGNAL_PULL, wanted, counts=counts)


def mix_of(
    models: Sequence[Values], shifts: Values, pull: float, wanted: Values, *, counts: Values | None
) -> Mix:
    """Models (each rows x answers) added with volumes, and moved by weighted `shifts`.

    Answers compete where there are no `counts`. `pull` holds the shifts near nothing.
    """
    rows = len(wanted)
    features = np.concatenate(
        [
            np.stack(models, axis=2),
            np.broadcast_to(shifts, (rows, *shifts.shape)),
        ],
        axis=2,
    )
    loud, moved = len(models), shifts.shape[1]
    prior = Prior(
        middle=np.array([1.0 / loud] * loud + [0.0] * moved),
        pull=np.array([SCALE_PULL] * loud + [pull] * moved),
    )
    weights = likeliest(features, wanted, prior, exclusive=counts is None, counts=counts)
    volumes = [max(0.0, round(float(each), 4)) for each in weights[:loud]]
    shift = [round(float(each), 4) for each in shifts @ weights[loud:]]
    return Mix(net=volumes[0], linear=volumes[-1], shift=tuple(shift))


def _alone(mix: Mix) -> Mix:
    return replace(mix, net=0.0)


def _scales(net: Values, rows: Sequence[Row]) -> Mapping[str, float]:
    """One volume for each head that only the network has."""
    return {name: _scale(net[:, HEADS[name].columns], rows, name) for name in SCALED}


def _scale(logits: Values, rows: Sequence[Row], name: str) -> float:
    answers = HEADS[name].answers
    known = [place for place, row in enumerate(rows) if getattr(row, name) is not None]
    if not known:
        return 1.0
    wanted = np.eye(len(answers))[[answers.index(getattr(rows[place], name)) for place in known]]
    prior = Prior(middle=np.ones(1), pull=np.array([SCALE_PULL]))
    (volume,) = likeliest(logits[known][:, :, None], wanted, prior, exclusive=True)
    return max(0.0, round(float(volume), 4))


def _lines_fitted(
    seen: Sequence[Seen], draft: Calibration, covered: frozenset[str], *, with_net: bool
) -> Thresholds:
    scores = [scores_of(each.windows if with_net else None, each.linear, draft) for each in seen]
    by_rule = [judged(each, draft, covered, with_net=with_net).by_rule for each in seen]
    rows = [each.row for each in seen]
    return chosen_lines(
        np.array([[each.labels[label] for label in Label] for each in scores], dtype=np.float32),
        np.array([[each.signals[name] for name in SignalName] for each in scores]),
        _gold(rows),
        _wanted(rows),
        np.array(by_rule, dtype=bool),
    )
