"""The training course in torch: epochs, checkpoints, the averaged network, the linear model."""

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from classifiers.hashed import BUCKETS, Features, HashedLinear, features_of, quantised
from classifiers.heads import HEADS, LINEAR_WIDTH, WIDTH
from classifiers.runtime.tokens import Tokens, Window
from classifiers.training.augment import varied
from classifiers.training.data import Row
from classifiers.training.losses import Targets, loss_of, targets_of
from classifiers.training.network import (
    Network,
    Source,
    device,
    identity,
    load_encoder,
    short_floats,
    tokens_by,
)
from classifiers.training.recipe import Recipe
from triage.taxonomy import Label

Progress = Callable[[str], None]
Steps = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Padded windows with their targets."""

    ids: torch.Tensor
    mask: torch.Tensor
    wanted: torch.Tensor
    counts: torch.Tensor


Loss = Callable[[Network, Batch], torch.Tensor]
"""What a network in training is told about a batch; `benchmarks/training.py` tries others."""


def answered(network: Network, batch: Batch) -> torch.Tensor:
    """The network's logits for a batch, in whole floats on the processor."""
    with short_floats():
        logits: torch.Tensor = network(batch.ids.to(device()), batch.mask.to(device()))
    return logits.float().cpu()


def plain_loss(network: Network, batch: Batch) -> torch.Tensor:
    """How far the answers are from the targets."""
    return loss_of(answered(network, batch), batch.wanted, batch.counts)


def train_network(  # noqa: PLR0913  the knobs of a run
    rows: Sequence[Row],
    encoder: Source,
    checkpoint: Path,
    recipe: Recipe,
    *,
    progress: Progress,
    start: Path | None = None,
    watch: Callable[[Network], str] | None = None,
    steps: Steps = lambda done, of: None,
    loss: Loss = plain_loss,
) -> Network:
    """Train the adapters and heads; an interrupted run goes on after its last whole epoch.

    `start` is the adapter of an earlier run to set out from instead of from nothing. `watch`
    is asked for a line about the averaged network after each epoch; `steps` is told how many
    batches are done and how many there are.

    Raises:
        BadInput: the encoder cannot be used, or `start` does not fit it.
    """
    torch.manual_seed(recipe.seed)
    network = Network(
        load_encoder(encoder), rank=recipe.rank, alpha=recipe.alpha, dropout=recipe.dropout
    )
    if start is not None:
        network.learn_from(start)
    course = _Course(network, rows, recipe, encoder=identity(encoder), loss=loss)
    done = course.resume(checkpoint)
    if done:
        progress(f"going on after epoch {done} of {recipe.epochs}, from {checkpoint}")
    tokens = tokens_by(encoder)
    for epoch in range(done, recipe.epochs):
        began = time.monotonic()
        mean = course.run_epoch(epoch, rows, tokens, steps)
        course.save(checkpoint, epoch + 1)
        seconds = time.monotonic() - began
        note = watch(course.averaged()) if watch else ""
        progress(f"epoch {epoch + 1}/{recipe.epochs}: loss {mean:.4f}, {seconds:.0f} s {note}")
    return course.averaged()


class _Course:
    """A run under way: network, its running average, optimiser and schedule."""

    def __init__(
        self,
        network: Network,
        rows: Sequence[Row],
        recipe: Recipe,
        *,
        encoder: str,
        loss: Loss,
    ) -> None:
        self.network, self.targets, self.recipe = network.to(device()), targets_of(rows), recipe
        self.rows = _print_of(rows, self.targets)
        network.shorten()
        self.learned = {n: p for n, p in network.named_parameters() if p.requires_grad}
        self.mean = {n: p.detach().clone() for n, p in self.learned.items()}
        self.optimiser = torch.optim.AdamW(
            self.learned.values(), lr=recipe.rate, weight_decay=recipe.decay
        )
        self.encoder, self.loss = encoder, loss
        self.total = -(-len(rows) // recipe.batch) * recipe.epochs
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda step: _slope(step, self.total, recipe.warm_up)
        )

    def run_epoch(self, epoch: int, rows: Sequence[Row], tokens: Tokens, steps: Steps) -> float:
        """One pass in a seeded order; returns the mean loss."""
        self.network.train()
        torch.manual_seed(self.recipe.seed + epoch)
        losses = []
        for batch in batches(rows, self.targets, tokens, self.recipe, epoch=epoch):
            loss = self.loss(self.network, batch)
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
            torch.nn.utils.clip_grad_norm_(self.learned.values(), 1.0)
            self.optimiser.step()
            self.schedule.step()
            self._follow()
            steps(int(self.schedule.last_epoch), self.total)
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    def _follow(self) -> None:
        steps = int(self.schedule.last_epoch)
        keep = min(self.recipe.average, steps / (steps + 10))
        with torch.no_grad():
            for name, parameter in self.learned.items():
                self.mean[name].lerp_(parameter, 1 - keep)

    def averaged(self) -> Network:
        """The network with the running average of its weights, ready to be asked.

        It shares the frozen weights with the network in training.
        """
        frozen = {id(p): p for p in self.network.parameters() if not p.requires_grad}
        copy: Network = deepcopy(self.network, frozen)
        copy.load_state_dict(self.mean, strict=False)
        copy.eval()
        return copy

    def save(self, path: Path, epochs: int) -> None:
        """Write what `resume` needs, atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "recipe": asdict(self.recipe),
            "rows": self.rows,
            "encoder": self.encoder,
            "epochs": epochs,
            "learned": {name: p.detach() for name, p in self.learned.items()},
            "mean": self.mean,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> int:
        """Epochs already done in a checkpoint of the same recipe, encoder and rows, else 0."""
        if not path.exists():
            return 0
        state = torch.load(path, weights_only=True)
        same = (asdict(self.recipe), self.rows, self.encoder)
        if (state["recipe"], state["rows"], state.get("encoder", "")) != same:
            return 0
        self.network.load_state_dict({**self.network.state_dict(), **state["learned"]})
        self.mean = state["mean"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        return int(state["epochs"])


def _print_of(rows: Sequence[Row], targets: Targets) -> str:
    """SHA-256 of what is learned: the texts and the answers wanted."""
    digest = hashlib.sha256(targets.wanted.tobytes() + targets.counts.tobytes())
    for row in rows:
        digest.update(repr((row.text, row.thread)).encode())
    return digest.hexdigest()


def _slope(step: int, total: int, warm_up: float) -> float:
    """Rate factor: up over the first steps, then straight down to nothing."""
    rise = max(1, round(total * warm_up))
    return (step + 1) / rise if step < rise else max(0.0, (total - step) / max(1, total - rise))


def batches(
    rows: Sequence[Row], targets: Targets, tokens: Tokens, recipe: Recipe, *, epoch: int
) -> Iterator[Batch]:
    """Varied rows in seeded order, near lengths together."""
    draw = random.Random(f"{recipe.seed}:{epoch}")  # noqa: S311  a seeded order, no secret
    windows = [tokens.windows(varied(row.text, draw), row.thread)[0] for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(windows[i].ids) + draw.random() * 12)
    groups = [order[at : at + recipe.batch] for at in range(0, len(order), recipe.batch)]
    draw.shuffle(groups)
    for group in groups:
        yield _batch([windows[i] for i in group], targets, group)


def _batch(windows: Sequence[Window], targets: Targets, group: Sequence[int]) -> Batch:
    ids, mask = padded(windows)
    return Batch(
        ids=ids,
        mask=mask,
        wanted=torch.from_numpy(targets.wanted[group]),
        counts=torch.from_numpy(targets.counts[group]),
    )


def padded(windows: Sequence[Window]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask (windows x longest, rounded up so that few shapes occur)."""
    longest = -(-max(len(window.ids) for window in windows) // 16) * 16
    shape = (len(windows), longest)
    ids, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(2))
    for row, window in enumerate(windows):
        size = len(window.ids)
        ids[row, :size] = torch.tensor(window.ids)
        mask[row, :size] = 1
    return ids, mask


def device_line(threads: int = 0) -> str:
    """Where training runs, in words; of a processor so many threads are used, or all for 0."""
    if device().type == "cuda":
        return str(torch.cuda.get_device_name())
    if threads:
        torch.set_num_threads(threads)
    count = torch.get_num_threads()
    return f"the processor, {count} thread{'s' if count > 1 else ''}"


def dev_note(network: Network, dev: Sequence[Row], tokens: Tokens) -> str:
    """Macro-F1 on dev rows by the likeliest class, for the progress line."""
    said = network_logits(network, dev, tokens)[:, HEADS["label"].columns].argmax(axis=1)
    real = np.array([list(Label).index(row.label) if row.label else -1 for row in dev])
    scores = [
        2
        * ((said == each) & (real == each)).sum()
        / max(1, (said == each).sum() + (real == each).sum())
        for each in range(len(Label))
    ]
    return f"dev macro-F1 {np.mean(scores):.3f}"


def network_logits(
    network: Network, rows: Sequence[Row], tokens: Tokens
) -> npt.NDArray[np.float32]:
    """Logits (rows x WIDTH) of the first window of each row, in order."""
    out = np.zeros((len(rows), WIDTH), dtype=np.float32)
    windows = [tokens.windows(row.text, row.thread)[0] for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(windows[i].ids))
    with torch.no_grad():
        for at in range(0, len(order), 64):
            group = order[at : at + 64]
            ids, mask = padded([windows[i] for i in group])
            with short_floats():
                out[group] = network(ids.to(device()), mask.to(device())).float().cpu().numpy()
    return out


def train_linear(rows: Sequence[Row], recipe: Recipe, *, progress: Progress) -> HashedLinear:
    """The hashed linear model, on the same rows and losses (label and signals)."""
    torch.manual_seed(recipe.seed)
    targets = targets_of(rows)
    found = [features_of(row.text, row.thread) for row in rows]
    weights = torch.nn.EmbeddingBag(BUCKETS, LINEAR_WIDTH, mode="sum")
    torch.nn.init.zeros_(weights.weight)
    bias = torch.nn.Parameter(torch.zeros(LINEAR_WIDTH))
    optimiser = torch.optim.AdamW(
        [
            {
                "params": weights.parameters(),
                "weight_decay": recipe.linear_decay / recipe.linear_rate,
            },
            {"params": [bias], "weight_decay": 0.0},
        ],
        lr=recipe.linear_rate,
    )
    draw = random.Random(recipe.seed)  # noqa: S311
    order = list(range(len(rows)))
    for epoch in range(recipe.linear_epochs):
        for group in optimiser.param_groups:
            group["lr"] = recipe.linear_rate * (1 - epoch / recipe.linear_epochs)
        draw.shuffle(order)
        for at in range(0, len(order), 128):
            group_rows = order[at : at + 128]
            logits = _bagged(weights, [found[i] for i in group_rows]) + bias
            loss = loss_of(
                logits,
                torch.from_numpy(targets.wanted[group_rows]),
                torch.from_numpy(targets.counts[group_rows]),
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    progress(f"linear model: last loss {float(loss.detach()):.4f}")
    return quantised(weights.weight.detach().numpy(), bias.detach().numpy())


def _bagged(weights: torch.nn.EmbeddingBag, features: Sequence[Features]) -> torch.Tensor:
    offsets = np.cumsum([0, *(len(each.buckets) for each in features[:-1])])
    out: torch.Tensor = weights(
        torch.from_numpy(np.concatenate([each.buckets for each in features])),
        torch.from_numpy(offsets),
        per_sample_weights=torch.from_numpy(np.concatenate([each.values for each in features])),
    )
    return out
