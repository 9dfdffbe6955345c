"""Ways of turning the two models' logits into chances, each measured on rows it was not fitted to.

Runs of ten neighbouring rows are dealt into five folds; each fold is read with what was fitted to
the other four. Loss is the mean negative log likelihood: lower is better.

    python benchmarks/calibration.py classifiers/training/data/dev-*.jsonl
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.calibrate import LABELS, SCALED, SIGNALS, Mix, sigmoid, softmax
from classifiers.ensemble import Models, load_models
from classifiers.heads import HEADS
from classifiers.runtime.artefact import SHIPPED
from classifiers.training.curves import reliability_of
from classifiers.training.data import Row, own_rows
from classifiers.training.fitting import (
    FOLDS,
    LABEL_PULLS,
    PLAIN,
    RUN,
    SCALE_PULL,
    SIGNAL_PULLS,
    mix_of,
)
from classifiers.training.likelihood import Prior, likeliest
from triage.ports import Reading
from triage.taxonomy import Label, SignalName

Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], Mix]
GRID = [
    Mix(net=net, linear=linear)
    for net, linear in product(
        (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5), (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
    )
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    rows = own_rows(sorted(asked.files))
    models = load_models(asked.model)
    if models.artefact is None:
        sys.exit(models.problem)
    net, linear = logits(rows, models)
    print(f"{len(rows)} rows, model {models.artefact.name}, {FOLDS} folds")
    classes = np.eye(len(Label))[[list(Label).index(row.label) for row in rows if row.label]]
    wanted = np.array([[name in row.signals for name in SignalName] for row in rows], dtype=float)
    print(f"\n{'class':<32}{'loss':>8}{'error, class':>14}{'error, emergency':>18}")
    for name, fit in ways(LABEL_PULLS, exclusive=True).items():
        crossed = cross(fit, net[:, LABELS], linear[:, LABELS], classes)
        print(f"{name:<32}{class_loss(crossed, classes):>8.4f}" + class_errors(crossed, classes))
    print(f"\n{'signals':<32}{'loss':>8}{'error':>14}")
    for name, fit in ways(SIGNAL_PULLS, exclusive=False).items():
        crossed = cross(fit, net[:, SIGNALS], linear[:, SIGNALS], wanted)
        error = reliability_of(sigmoid(crossed).ravel().tolist(), (wanted > 0).ravel().tolist())
        print(f"{name:<32}{signal_loss(crossed, wanted):>8.4f}{error.error:>14.4f}")
    heads = ("loss as it is", "fitted", "error as it is", "fitted")
    print(f"\n{'other heads':<16}{heads[0]:>14}{heads[1]:>8}{heads[2]:>16}{heads[3]:>8}")
    for name in SCALED:
        print(head_line(name, net[:, HEADS[name].columns], rows))


def logits(rows: Sequence[Row], models: Models) -> tuple[np.ndarray, np.ndarray]:
    if models.transformer is None or models.linear is None:
        sys.exit(models.problem)
    windows = models.transformer.rows([Reading(text=row.text, thread=row.thread) for row in rows])
    linear = [models.linear.logits(row.text, row.thread) for row in rows]
    return (
        np.stack([each[0] for each in windows]).astype(np.float64),
        np.stack(linear).astype(np.float64),
    )


def ways(pulls: np.ndarray, *, exclusive: bool) -> dict[str, Fit]:
    loss = class_loss if exclusive else signal_loss

    def by_grid(net: np.ndarray, linear: np.ndarray, wanted: np.ndarray) -> Mix:
        return min(GRID, key=lambda mix: loss(mix.of(net, linear), wanted))

    def by_likelihood(*, models: str, shifted: bool) -> Fit:
        def fit(net: np.ndarray, linear: np.ndarray, wanted: np.ndarray) -> Mix:
            heard = linear if models == "both" else np.zeros_like(linear)
            counts = None if exclusive else np.ones_like(wanted)
            held = pulls if shifted else pulls[:0]
            mix = mix_of([net, heard], held, wanted, counts=counts, start=PLAIN.label)
            return mix if models == "both" else replace(mix, linear=0.0)

        return fit

    return {
        "added as they come": lambda net, linear, wanted: Mix(net=1.0, linear=1.0),
        "network alone, one volume": by_likelihood(models="net", shifted=False),
        "two volumes from a grid": by_grid,
        "two volumes by likelihood": by_likelihood(models="both", shifted=False),
        "two volumes and shifts": by_likelihood(models="both", shifted=True),
    }


def cross(fit: Fit, net: np.ndarray, linear: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    folds = np.arange(len(net)) // RUN % FOLDS
    out = np.zeros_like(net)
    for fold in range(FOLDS):
        others, own = folds != fold, folds == fold
        mix = fit(net[others], linear[others], wanted[others])
        out[own] = mix.of(net[own], linear[own])
    return out


def class_loss(crossed: np.ndarray, wanted: np.ndarray) -> float:
    top = crossed.max(axis=1, keepdims=True)
    norm = np.log(np.exp(crossed - top).sum(axis=1)) + top[:, 0]
    return float((norm - (crossed * wanted).sum(axis=1)).mean())


def signal_loss(crossed: np.ndarray, wanted: np.ndarray) -> float:
    return float((np.logaddexp(0, crossed) - wanted * crossed).mean())


def class_errors(crossed: np.ndarray, wanted: np.ndarray) -> str:
    chances = np.stack([softmax(row) for row in crossed])
    right = chances.argmax(axis=1) == wanted.argmax(axis=1)
    said = reliability_of(chances.max(axis=1).tolist(), right.tolist()).error
    danger = reliability_of(chances[:, 0].tolist(), (wanted[:, 0] > 0).tolist()).error
    return f"{said:>14.4f}{danger:>18.4f}"


def head_line(name: str, net: np.ndarray, rows: Sequence[Row]) -> str:
    answers = HEADS[name].answers
    known = [place for place, row in enumerate(rows) if getattr(row, name) is not None]
    wanted = np.eye(len(answers))[[answers.index(getattr(rows[place], name)) for place in known]]
    prior = Prior(middle=np.ones(1), pull=np.array([SCALE_PULL]))

    def fit(net: np.ndarray, linear: np.ndarray, wanted: np.ndarray) -> Mix:
        (volume,) = likeliest(net[:, :, None], wanted, prior, exclusive=True)
        return Mix(net=float(volume))

    kept = net[known]
    crossed = cross(fit, kept, np.zeros_like(kept), wanted)
    losses = [class_loss(each, wanted) for each in (kept, crossed)]
    errors = [class_errors(each, wanted)[:14] for each in (kept, crossed)]
    return f"{name:<16}{losses[0]:>14.4f}{losses[1]:>8.4f}  {errors[0]}{errors[1].strip():>8}"


if __name__ == "__main__":
    main()
