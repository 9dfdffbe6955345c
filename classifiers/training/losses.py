"""What the network is told to get right: every head, only where a row was judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from classifiers.heads import HEADS, WIDTH, Head
from classifiers.training.data import Row

SHARES = {
    "label": 1.0,
    "signals": 1.0,
    "audience": 0.4,
    "time": 0.25,
    "voice": 0.1,
    "literal": 0.3,
    "direction": 0.15,
}
CELL = 0.6  # of one signal, against the whole of an exclusive head


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Wanted answers (rows x WIDTH) and how much each cell counts."""

    wanted: npt.NDArray[np.float32]
    counts: npt.NDArray[np.float32]


def targets_of(rows: Sequence[Row]) -> Targets:
    """Targets with weights that balance rare classes and signals within each head."""
    wanted = np.zeros((len(rows), WIDTH), dtype=np.float32)
    counts = np.zeros_like(wanted)
    for index, row in enumerate(rows):
        for head in HEADS.values():
            _fill(wanted[index], counts[index], head, row)
    for head in HEADS.values():
        _balance(wanted, counts, head)
    return Targets(wanted=wanted, counts=counts)


def _fill(
    wanted: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], head: Head, row: Row
) -> None:
    columns = head.columns
    if head.exclusive:
        answer = getattr(row, head.name)
        if answer is not None:
            wanted[columns] = [float(each == answer) for each in head.answers]
            counts[columns] = row.weight
    else:
        wanted[columns] = [float(each in row.signals) for each in head.answers]
        counts[columns] = [row.weight * (each in row.judged) for each in head.answers]


def _balance(wanted: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], head: Head) -> None:
    columns = head.columns
    have = (wanted[:, columns] * counts[:, columns]).sum(0) + 1.0
    if head.exclusive:
        strength = np.clip((have.mean() / have) ** 0.5, 0.5, 3.0)
        counts[:, columns] *= (wanted[:, columns] @ strength)[:, None]
    else:
        rest = ((1 - wanted[:, columns]) * counts[:, columns]).sum(0)
        strength = np.clip((rest / have) ** 0.5, 1.0, 8.0)
        counts[:, columns] *= np.where(wanted[:, columns] > 0, strength, 1.0)


def loss_of(
    logits: torch.Tensor, wanted: torch.Tensor, counts: torch.Tensor, *, smoothing: float = 0.05
) -> torch.Tensor:
    """Weighted mean loss over the heads that `logits` is wide enough to hold."""
    total = torch.zeros(())
    for head in HEADS.values():
        if head.columns.stop > logits.shape[1]:
            continue
        each = _head_loss(head, logits, wanted, smoothing) * counts[:, head.columns]
        total = total + SHARES[head.name] * each.sum() / len(logits)
    return total


def _head_loss(
    head: Head, logits: torch.Tensor, wanted: torch.Tensor, smoothing: float
) -> torch.Tensor:
    """Loss per cell; an exclusive head's loss is spread so that a row counts once."""
    given, goal = logits[:, head.columns], wanted[:, head.columns]
    size = len(head.answers)
    if head.exclusive:
        goal = goal * (1 - smoothing) + smoothing / size
        row = -(goal * functional.log_softmax(given, dim=-1)).sum(-1, keepdim=True)
        return row.expand(-1, size) / size
    goal = goal * (1 - smoothing) + smoothing / 2 * 0.5
    return functional.binary_cross_entropy_with_logits(given, goal, reduction="none") * CELL
