"""The knobs of a training run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the outcome of a training run, besides the rows."""

    seed: int = 1123
    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.1
    epochs: int = 6
    batch: int = 32
    rate: float = 6e-4
    decay: float = 0.01
    warm_up: float = 0.08
    average: float = 0.995
    linear_epochs: int = 20
    linear_rate: float = 0.02
    linear_decay: float = 1e-4
