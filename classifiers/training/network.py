"""The network in torch: the frozen encoder with low-rank adapters, pooled, under our heads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import BertConfig, BertModel

from classifiers.heads import WIDTH
from classifiers.runtime.e5file import E5File, floats, tokens_of
from classifiers.runtime.tokens import Tokens
from classifiers.runtime.weights import read_arrays
from classifiers.training.own import OwnEncoder
from triage.errors import BadInput

Layer = TypeVar("Layer", bound=nn.Module)
Source = E5File | OwnEncoder
"""Where an encoder comes from: the pinned file, or a folder of one's own."""


class LowRank(nn.Module):  # type: ignore[misc]
    """A frozen linear layer plus `up @ down`, scaled; starts as the layer alone.

    Dropout falls on the few numbers between `down` and `up`: on the layer's input it took 40 % of
    a step's time.
    """

    def __init__(self, base: nn.Linear, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.base = base
        self.scale = scale
        self.dropout = nn.Dropout(dropout)
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Like the layer it wraps."""
        flat = states.reshape(-1, states.shape[-1])
        low = self.dropout(flat @ self.down.T)
        out = torch.addmm(self.base(flat), low, self.up.T * self.scale)
        return out.view(*states.shape[:-1], -1)

    def merged(self) -> nn.Linear:
        """One layer that does the same."""
        with torch.no_grad():
            self.base.weight += self.scale * (self.up @ self.down)
        return self.base


class Network(nn.Module):  # type: ignore[misc]
    """Token ids to one row of logits: mean and maximum over tokens, then a linear layer.

    Every linear layer of the encoder gets an adapter.
    """

    def __init__(self, encoder: Any, *, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.rank, self.scale = rank, alpha / rank
        for parameter in encoder.parameters():
            parameter.requires_grad = False
        for name, layer in _layers(encoder, nn.Linear):
            _replaced(encoder, name, LowRank(layer, rank, self.scale, dropout))
        self.dropout = nn.Dropout(0.15)
        self.heads = nn.Linear(2 * encoder.config.hidden_size, WIDTH)

    def shorten(self) -> None:
        """Keep the frozen layers in bfloat16, where that is what they are multiplied in anyway."""
        if _shortens():
            for module in self.modules():
                if isinstance(module, LowRank):
                    module.base.to(torch.bfloat16)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits (batch x WIDTH) of padded ids (batch x tokens)."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        real = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * real).sum(1) / real.sum(1)
        most = states.masked_fill(real == 0, -1e4).amax(1)
        out: torch.Tensor = self.heads(self.dropout(torch.cat([mean, most], dim=-1)))
        return out

    def merge(self) -> None:
        """Put what the adapters learned into the layers they stand at, and take them away."""
        for name, layer in _layers(self.encoder, LowRank):
            _replaced(self.encoder, name, layer.merged())

    def adapter(self) -> Mapping[str, npt.NDArray[np.float16]]:
        """What was learned, by the names `classifiers.runtime.weights.merged` reads."""
        learned: dict[str, npt.NDArray[np.float16]] = {}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                array = parameter.detach().to("cpu", torch.float32).numpy().astype(np.float16)
                learned[name.removeprefix("encoder.")] = np.ascontiguousarray(array)
        return learned

    def learn_from(self, path: Path) -> None:
        """Take over what an earlier run learned.

        Raises:
            BadInput: the file cannot be read, or does not fit this network.
        """
        learned = {name.removeprefix("encoder."): p for name, p in self.named_parameters()}
        for name, array in read_arrays(path).items():
            if name not in learned or tuple(learned[name].shape) != array.shape:
                raise BadInput(str(path), f"does not fit this network at {name}")
            learned[name].data.copy_(torch.from_numpy(array))


def device() -> torch.device:
    """The GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _shortens() -> bool:
    if device().type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def short_floats() -> torch.autocast:
    """Multiply in bfloat16 where the machine can: 1.6 times as fast, the learned stays exact."""
    return torch.autocast(device().type, dtype=torch.bfloat16, enabled=_shortens())


def _layers(encoder: nn.Module, kind: type[Layer]) -> list[tuple[str, Layer]]:
    return [(name, each) for name, each in encoder.named_modules() if isinstance(each, kind)]


def _replaced(encoder: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(encoder.get_submodule(parent), child, layer)


def load_encoder(source: Source) -> Any:
    """An encoder, through transformers. Raises BadInput: it cannot be used."""
    return source.load() if isinstance(source, OwnEncoder) else _pinned(source)


def tokens_by(source: Source) -> Tokens:
    """Windows of an encoder's own word pieces."""
    return source.tokens() if isinstance(source, OwnEncoder) else tokens_of(source)


def identity(source: Source) -> str:
    """What tells an encoder of one's own from others; "" for the pinned one."""
    return str(source.about()["sha256"]) if isinstance(source, OwnEncoder) else ""


def _pinned(file: E5File) -> BertModel:
    """The pinned encoder.

    Eager attention and no dropout inside: on a processor both fused attention (backwards, with a
    mask) and random numbers for whole layers take more time than the arithmetic.
    """
    sizes = file.sizes
    config = BertConfig(
        vocab_size=sizes.words,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.wide,
        max_position_embeddings=sizes.positions,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    encoder = BertModel(config, add_pooling_layer=False)
    words = {"embeddings.word_embeddings.weight": floats(file.words())}
    stored = {**file.weights(), **words}
    missing, _ = encoder.load_state_dict(
        {name: torch.from_numpy(array) for name, array in stored.items()}, strict=False
    )
    if missing:
        raise ValueError(f"encoder lacks {missing[:3]}")
    return encoder
