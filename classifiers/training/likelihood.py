"""Few weights fitted by likelihood: how loud each model speaks, and how often each answer comes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
STEPS = 50
SETTLED = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Where weights are held without rows, and how strongly: `pull` counts as so much evidence.

    A weight is moved by rows against a Gaussian of variance 1/pull around `middle`.
    """

    middle: Values
    pull: Values


def likeliest(
    features: Values,
    wanted: Values,
    prior: Prior,
    *,
    exclusive: bool,
    counts: Values | None = None,
) -> Values:
    """The weights under which `features @ weights` gives `wanted` the highest likelihood.

    `features` is rows x answers x weights, `wanted` and `counts` rows x answers. Exclusive answers
    compete by softmax; others stand alone, and only where they count. The loss is convex, so
    Newton's method ends at its one minimum.
    """
    weights = prior.middle.astype(np.float64)
    counted = np.ones_like(wanted) if counts is None else counts
    for _ in range(STEPS):
        slope, bend = _slopes(features, wanted, weights, exclusive=exclusive, counts=counted)
        slope = slope + prior.pull * (weights - prior.middle)
        step = np.linalg.solve(bend + np.diag(prior.pull), slope)
        step *= min(1.0, 2.0 / max(1e-12, float(np.abs(step).max())))  # never far at once
        weights = weights - step
        if np.abs(step).max() < SETTLED:
            break
    return weights


def _slopes(
    features: Values, wanted: Values, weights: Values, *, exclusive: bool, counts: Values
) -> tuple[Values, Values]:
    """First and second derivative of the loss."""
    logits = features @ weights
    if exclusive:
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        mean = np.einsum("nc,ncp->np", chances, features)
        bend = np.einsum("nc,ncp,ncq->pq", chances, features, features) - mean.T @ mean
        return np.einsum("nc,ncp->p", chances - wanted, features), bend
    chances = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    spread = chances * (1 - chances) * counts
    slope = np.einsum("nc,ncp->p", (chances - wanted) * counts, features)
    return slope, np.einsum("nc,ncp,ncq->pq", spread, features, features)
