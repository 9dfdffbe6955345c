"""What a way of training brings: the same rows and recipe with one thing changed.

Learns a seeded draw of the shipped rows once for each way, and measures macro-F1 of the network
alone, by the likeliest class, on rows that nothing is trained on. Differences under the spread
between the seeds of `as usual` are chance. Needs the `train` extra.

    python benchmarks/training.py --rows 6000 --epochs 2 --ways "as usual" "R-Drop"
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.heads import HEADS
from classifiers.runtime.build import default_cache
from classifiers.runtime.e5file import E5File
from classifiers.runtime.encoder import ENCODER, fetch_encoder
from classifiers.training.course import (
    Batch,
    Loss,
    answered,
    dev_note,
    device_line,
    plain_loss,
    train_network,
)
from classifiers.training.data import Row, own_rows
from classifiers.training.losses import loss_of
from classifiers.training.network import Network, tokens_by
from classifiers.training.recipe import Recipe

DATA = Path(__file__).parents[1] / "classifiers" / "training" / "data"
LABEL = HEADS["label"].columns


# --- losses that were tried -----------------------------------------------------------------------


def unsmoothed(network: Network, batch: Batch) -> torch.Tensor:
    """Targets of nought and one."""
    return loss_of(answered(network, batch), batch.wanted, batch.counts, smoothing=0.0)


def unbalanced(network: Network, batch: Batch) -> torch.Tensor:
    """Every row counts the same, however rare its class and signals."""
    return loss_of(answered(network, batch), batch.wanted, (batch.counts > 0).float())


def r_drop(network: Network, batch: Batch, strength: float = 0.5) -> torch.Tensor:
    """Two readings with other dropout, drawn together (Liang et al., NeurIPS 2021)."""
    one, other = answered(network, batch), answered(network, batch)
    given = [functional.log_softmax(each[:, LABEL], dim=-1) for each in (one, other)]
    apart = sum(
        functional.kl_div(a, b, log_target=True, reduction="batchmean")
        for a, b in (given, given[::-1])
    )
    told = [loss_of(each, batch.wanted, batch.counts) for each in (one, other)]
    return sum(told) / 2 + strength * apart / 2


def adversarial(network: Network, batch: Batch, reach: float = 0.5) -> torch.Tensor:
    """Words moved to where they hurt most, by a step of length `reach` (Miyato et al., 2017)."""
    with _moved(network, None) as seen:
        loss = plain_loss(network, batch)
        [slope] = torch.autograd.grad(loss, seen, retain_graph=True)
    away = reach * slope / slope.norm(dim=(1, 2), keepdim=True).clamp_min(1e-12)
    with _moved(network, away):
        return (loss + plain_loss(network, batch)) / 2


def contrastive(network: Network, batch: Batch, strength: float = 0.1) -> torch.Tensor:
    """Messages of one class drawn together, others apart (Khosla et al., NeurIPS 2020)."""
    pooled: list[torch.Tensor] = []
    hook = network.heads.register_forward_pre_hook(lambda _, given: pooled.append(given[0]))
    loss = plain_loss(network, batch)
    hook.remove()
    points = functional.normalize(pooled[0].float().cpu(), dim=-1)
    near = points @ points.T / 0.1
    near.fill_diagonal_(-1e9)
    alike = batch.wanted[:, LABEL] @ batch.wanted[:, LABEL].T
    alike.fill_diagonal_(0.0)
    chances = functional.log_softmax(near, dim=-1)
    pulled = -(chances * alike).sum(-1) / alike.sum(-1).clamp_min(1.0)
    return loss + strength * pulled.mean()


@contextmanager
def _moved(network: Network, by: torch.Tensor | None) -> Iterator[list[torch.Tensor]]:
    """The word vectors of what is read meanwhile, moved, or open to be asked for their slope."""
    seen: list[torch.Tensor] = []

    def hook(_: Any, __: Any, vectors: torch.Tensor) -> torch.Tensor:
        seen.append(vectors.detach().requires_grad_() if by is None else vectors + by)
        return seen[0]

    handle = network.encoder.embeddings.register_forward_hook(hook)
    try:
        yield seen
    finally:
        handle.remove()


# --- the comparison -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of training: what of the recipe is changed, and what the network is told."""

    loss: Loss = plain_loss
    changed: dict[str, float] = field(default_factory=dict)


WAYS = {
    "as usual": Way(),
    "another seed": Way(changed={"seed": 8}),
    "rank 4": Way(changed={"rank": 4, "alpha": 8.0}),
    "rank 64": Way(changed={"rank": 64, "alpha": 128.0}),
    "rate 1.4e-3": Way(changed={"rate": 1.4e-3}),
    "no averaging": Way(changed={"average": 0.0}),
    "no smoothing": Way(loss=unsmoothed),
    "no balancing": Way(loss=unbalanced),
    "R-Drop": Way(loss=r_drop),
    "adversarial": Way(loss=adversarial),
    "contrastive": Way(loss=contrastive),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    asked = parser.parse_args()
    print(device_line(asked.threads))
    learned, sets = _rows(asked.rows)
    print(f"{len(learned)} rows, {asked.epochs} epochs")
    print(f"{'way':<14}" + "".join(f"{name:>8}" for name in sets) + f"{'minutes':>9}", flush=True)
    for name in asked.ways:
        began = time.monotonic()
        scores = _tried(WAYS[name], learned, sets, Recipe(epochs=asked.epochs, seed=7))
        cells = "".join(f"{each:>8}" for each in scores)
        print(f"{name:<14}{cells}{(time.monotonic() - began) / 60:>9.1f}", flush=True)


def _rows(count: int) -> tuple[list[Row], dict[str, list[Row]]]:
    """A seeded draw of rows to learn, and the sets to measure by."""
    files = sorted(DATA.glob("*.jsonl"))
    learned = own_rows([each for each in files if not each.name.startswith("dev-")])
    sets = {"dev": ("dev-d", "dev-k"), "dev-z": ("dev-z",)}
    return random.Random(7).sample(learned, min(count, len(learned))), {
        name: own_rows([each for each in files if each.name.startswith(starts)])
        for name, starts in sets.items()
    }


def _tried(
    way: Way, learned: Sequence[Row], sets: dict[str, list[Row]], recipe: Recipe
) -> list[str]:
    encoder = E5File(fetch_encoder(default_cache(), print) / ENCODER)
    with TemporaryDirectory() as folder:
        network = train_network(
            learned,
            encoder,
            Path(folder) / "checkpoint.pt",
            replace(recipe, **way.changed),
            progress=lambda line: None,
            loss=way.loss,
        )
    tokens = tokens_by(encoder)
    return [dev_note(network, rows, tokens).removeprefix("dev macro-F1 ") for rows in sets.values()]


if __name__ == "__main__":
    main()
