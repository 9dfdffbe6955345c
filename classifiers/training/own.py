"""An encoder from a folder of one's own: any model in the layout of the Hugging Face hub.

It is only ever read from the folder, and runs none of the code that may lie in it.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from classifiers.runtime.encoder import sha256_of
from classifiers.runtime.foreign import TOKENIZER, foreign_tokens
from classifiers.runtime.graph import IDS, OPSET, STATES, with_heads
from classifiers.runtime.session import Session
from classifiers.runtime.tokens import MAX_TOKENS, Tokens, Window
from classifiers.runtime.vocabulary import NETWORK
from triage.errors import BadInput

CONFIG = "config.json"
WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
LENGTHS = (2, 3, 17, MAX_TOKENS)
APART = 1e-3
"""How far a logit of the exported network may lie from that of the trained one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEncoder:
    """A folder that holds an encoder: config, weights, tokenizer."""

    folder: Path

    def tokens(self) -> Tokens:
        """Windows of its own word pieces. Raises BadInput: there is no tokenizer we can use."""
        return foreign_tokens(self.folder / TOKENIZER)

    def load(self) -> Any:
        """The encoder in fp32, without dropout inside and without a pooler.

        Raises:
            BadInput: a file is missing, or the model is of a kind that cannot be used.
        """
        for name in (CONFIG, TOKENIZER):
            if not (self.folder / name).is_file():
                raise BadInput(str(self.folder / name), "is missing: an encoder needs it")
        self._weights()
        encoder = _loaded(self.folder)
        if not any(isinstance(each, nn.Linear) for each in encoder.modules()):
            raise BadInput(str(self.folder), f"{type(encoder).__name__} has no layer to adapt")
        for module in encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        self._tried(encoder)
        return encoder

    def _weights(self) -> Path:
        for name in WEIGHTS:
            if (self.folder / name).is_file():
                return self.folder / name
        raise BadInput(str(self.folder), f"holds no weights: {WEIGHTS[0]} or {WEIGHTS[2]}")

    def _tried(self, encoder: Any) -> None:
        """Read a longest window, so that what cannot work is said before anything is learned."""
        start, end = self.tokens().windows("")[0].ids
        ids = torch.tensor([[start] * (MAX_TOKENS - 1) + [end]])
        try:
            with torch.no_grad():
                states = encoder(input_ids=ids, attention_mask=torch.ones_like(ids))
            size = tuple(states.last_hidden_state.shape)
        except Exception as error:  # whatever an unknown architecture raises
            raise BadInput(
                str(self.folder / CONFIG),
                f"{type(encoder).__name__} cannot read {MAX_TOKENS} word pieces: {_short(error)}",
            ) from error
        if size != (1, MAX_TOKENS, encoder.config.hidden_size):
            raise BadInput(str(self.folder / CONFIG), f"gives states of an odd shape: {size}")

    def about(self) -> Mapping[str, Any]:
        """What a manifest says of it."""
        weights = self._weights()
        return {
            "kind": "own",
            "name": self.folder.resolve().name,
            "weights": weights.name,
            "sha256": sha256_of(weights),
        }


def _loaded(folder: Path) -> Any:
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what matters of its report on missing weights is said below
    try:
        encoder, report = AutoModel.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float32,
            attn_implementation="eager",
            output_loading_info=True,
        )
    except Exception as error:  # whatever an unknown architecture raises
        raise BadInput(str(folder), f"encoder cannot be loaded: {_short(error)}") from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise BadInput(str(folder), f"its weights do not fit its config: {missing[0]} is missing")
    return encoder.eval()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


class _States(nn.Module):  # type: ignore[misc]
    """Ids of one window to the states of its tokens."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """As the network runs the encoder, with nothing padded."""
        out = self.encoder(input_ids=ids, attention_mask=torch.ones_like(ids))
        states: torch.Tensor = out.last_hidden_state
        return states


def export(source: OwnEncoder, network: Any, out: Path) -> None:
    """Write network.onnx and the tokenizer to `out`, so that serving needs no torch.

    `network` is fresh from `source`, with what was learned in it; its adapters are merged.

    Raises:
        BadInput: the architecture cannot be exported, or is another network afterwards.
    """
    import onnx

    network.merge()
    network.eval()
    states = _States(network.encoder).eval()
    target = out / NETWORK
    try:
        _exported(states, target)
        heads = {f"heads.{n}": p.detach().numpy() for n, p in network.heads.named_parameters()}
        onnx.save(with_heads(onnx.load(str(target)), heads), str(target))
        shutil.copyfile(source.folder / TOKENIZER, out / TOKENIZER)
        apart = _apart(network, Session(target), network.encoder.config.vocab_size)
    except Exception as error:  # whatever an unknown architecture raises
        raise _refused(source, network, _short(error)) from error
    if apart > APART:
        raise _refused(source, network, f"logits differ by {apart:.4f}")


def _refused(source: OwnEncoder, network: Any, problem: str) -> BadInput:
    kind = type(network.encoder).__name__
    return BadInput(str(source.folder), f"{kind} cannot be exported to ONNX: {problem}")


def _exported(states: _States, target: Path) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that traced lengths are constants: `_apart` sees to it
        torch.onnx.export(
            states,
            (torch.tensor([[1, 2, 3, 1, 2]]),),
            str(target),
            input_names=[IDS],
            output_names=[STATES],
            dynamic_axes={IDS: {1: "tokens"}, STATES: {1: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _apart(network: Any, session: Session, words: int) -> float:
    """The largest difference between torch and the exported file, over several lengths."""
    worst = 0.0
    draw = np.random.default_rng(1123)
    for length in LENGTHS:
        ids = draw.integers(1, words, size=length)
        with torch.no_grad():
            row = torch.from_numpy(ids[None])
            wanted = network(row, torch.ones_like(row)).numpy()[0]
        got = session.logits(Window(ids=tuple(map(int, ids))))
        worst = max(worst, float(np.abs(got - wanted).max()))
    return worst
