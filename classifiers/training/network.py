"""The network in torch: the frozen encoder with low-rank adapters, pooled, under our heads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import BertConfig, BertModel

from classifiers.heads import WIDTH
from triage.errors import BadInput

TARGETS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


class LowRank(nn.Module):  # type: ignore[misc]
    """A frozen linear layer plus `up @ down`, scaled; starts as the layer alone."""

    def __init__(self, base: nn.Linear, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.base = base
        self.scale = scale
        self.dropout = nn.Dropout(dropout)
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Like the layer it wraps."""
        low = self.dropout(states) @ self.down.T @ self.up.T
        out: torch.Tensor = self.base(states) + low * self.scale
        return out


class Network(nn.Module):  # type: ignore[misc]
    """Token ids to one row of logits: mean and maximum over tokens, then a linear layer."""

    def __init__(self, encoder: BertModel, *, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.rank, self.scale = rank, alpha / rank
        for parameter in encoder.parameters():
            parameter.requires_grad = False
        for name in adapted(encoder.config.num_hidden_layers):
            parent, child = name.rsplit(".", 1)
            owner = encoder.get_submodule(parent)
            layer = LowRank(getattr(owner, child), rank, self.scale, dropout)
            setattr(owner, child, layer)
        self.dropout = nn.Dropout(0.15)
        self.heads = nn.Linear(2 * encoder.config.hidden_size, WIDTH)

    def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits (batch x WIDTH) of padded ids (batch x tokens)."""
        states = self.encoder(
            input_ids=ids, token_type_ids=types, attention_mask=mask
        ).last_hidden_state
        real = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * real).sum(1) / real.sum(1)
        most = states.masked_fill(real == 0, -1e4).amax(1)
        out: torch.Tensor = self.heads(self.dropout(torch.cat([mean, most], dim=-1)))
        return out

    def adapter(self) -> Mapping[str, npt.NDArray[np.float16]]:
        """What was learned, by the names `classifiers.runtime.weights.merged` reads."""
        learned: dict[str, npt.NDArray[np.float16]] = {}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                array = parameter.detach().to(torch.float32).numpy().astype(np.float16)
                learned[name.removeprefix("encoder.")] = np.ascontiguousarray(array)
        return learned

    def learn_from(self, path: Path) -> None:
        """Take over what an earlier run learned.

        Raises:
            BadInput: the file does not fit this network.
        """
        from safetensors.numpy import load_file

        learned = {name.removeprefix("encoder."): p for name, p in self.named_parameters()}
        for name, array in load_file(path).items():
            if name not in learned or tuple(learned[name].shape) != array.shape:
                raise BadInput(str(path), f"does not fit this network at {name}")
            learned[name].data.copy_(torch.from_numpy(array.astype(np.float32)))


def adapted(layers: int) -> list[str]:
    """The linear layers that get an adapter."""
    return [f"encoder.layer.{index}.{target}" for index in range(layers) for target in TARGETS]


def load_encoder(folder: Path) -> BertModel:
    """The pinned encoder, through transformers, from a folder with model.safetensors."""
    config = BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        max_position_embeddings=512,
        layer_norm_eps=1e-12,
        attn_implementation="sdpa",
    )
    from safetensors.numpy import load_file

    encoder = BertModel(config, add_pooling_layer=False)
    stored: dict[str, Any] = load_file(folder / "model.safetensors")
    tensors = {name: torch.from_numpy(array) for name, array in stored.items()}
    missing, _ = encoder.load_state_dict(tensors, strict=False)
    if missing:
        raise ValueError(f"encoder lacks {missing[:3]}")
    return encoder
