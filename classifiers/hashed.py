"""A linear model over hashed character and word n-grams: small, numpy only, any script.

It is averaged with the transformer, and stands alone where the transformer cannot run.
"""

import io
import re
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.heads import LINEAR_WIDTH
from classifiers.normalise import flat, for_model
from triage.errors import BadInput

BITS = 16
BUCKETS = 1 << BITS
CHAR_LENGTHS = (2, 3, 4, 5)
READ_CHARS = 4_000
CONTEXT_CHARS = 400
_WORD = re.compile(r"\w+|[^\w\s]")
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Hashed n-grams of a text: bucket numbers, each once, and their values."""

    buckets: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


def features_of(text: str, thread: tuple[str, ...] = ()) -> Features:
    """Features of a text and, more faintly, of what the sender wrote before.

    Of texts over 4,000 characters the beginning and the end are read.
    """
    shown = _shown(text)
    parts = [(_char_grams(shown), 1.0), (_word_grams(shown, ""), 1.0)]
    if thread:
        before = _shown(" ".join(thread)[-CONTEXT_CHARS:])
        parts.append((_word_grams(before, "<"), 0.5))
    buckets = np.concatenate([_unit(hashes, weight)[0] for hashes, weight in parts])
    values = np.concatenate([_unit(hashes, weight)[1] for hashes, weight in parts])
    return Features(buckets=buckets, values=values)


def _shown(text: str) -> str:
    if len(text) > READ_CHARS:
        text = text[: READ_CHARS // 2] + " … " + text[-READ_CHARS // 2 :]
    return for_model(flat(text).text)


def _unit(
    hashes: npt.NDArray[np.uint64], weight: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    buckets = np.unique(hashes % np.uint64(BUCKETS)).astype(np.int64)
    value = weight / np.sqrt(max(1, len(buckets)))
    return buckets, np.full(len(buckets), value, dtype=np.float32)


def _char_grams(text: str) -> npt.NDArray[np.uint64]:
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    grams = []
    for length in CHAR_LENGTHS:
        count = len(codes) - length + 1
        if count < 1:
            continue
        rolled = np.full(count, length, dtype=np.uint64)
        for offset in range(length):
            rolled = (rolled ^ codes[offset : offset + count]) * _MIX
        grams.append(rolled ^ (rolled >> np.uint64(29)))
    return np.concatenate(grams) if grams else np.zeros(0, dtype=np.uint64)


def _word_grams(text: str, mark: str) -> npt.NDArray[np.uint64]:
    words = _WORD.findall(text)
    grams = [f"{mark}{word}" for word in words]
    grams += [f"{mark}{first} {second}" for first, second in pairwise(words)]
    return np.array([zlib.crc32(gram.encode()) for gram in grams], dtype=np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedLinear:
    """Weights in int8 with one scale per column; logits for the classes and signals."""

    weights: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def logits(self, text: str, thread: tuple[str, ...] = ()) -> npt.NDArray[np.float32]:
        """One row of `LINEAR_WIDTH` logits."""
        found = features_of(text, thread)
        rows = self.weights[found.buckets].astype(np.float32)
        row: npt.NDArray[np.float32] = found.values @ rows * self.scales + self.bias
        return row

    def to_bytes(self) -> bytes:
        """The model as a compressed npz file."""
        out = io.BytesIO()
        np.savez_compressed(out, weights=self.weights, scales=self.scales, bias=self.bias)
        return out.getvalue()


def quantised(weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> HashedLinear:
    """A float model (buckets x columns) with its weights rounded to 255 steps a column."""
    scales = np.abs(weights).max(axis=0) / 127.0 + 1e-12
    steps = np.round(weights / scales).astype(np.int8)
    return HashedLinear(
        weights=steps, scales=scales.astype(np.float32), bias=bias.astype(np.float32)
    )


def load_linear(path: Path) -> HashedLinear:
    """Read the model.

    Raises:
        BadInput: the file is missing, damaged or of another layout.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            fields: dict[str, Any] = {name: stored[name] for name in ("weights", "scales", "bias")}
    except (OSError, ValueError, KeyError, zlib.error, EOFError) as error:
        raise BadInput(str(path), f"linear model cannot be read: {error}") from error
    if fields["weights"].shape != (BUCKETS, LINEAR_WIDTH):
        raise BadInput(str(path), f"linear model has shape {fields['weights'].shape}")
    return HashedLinear(**fields)
