"""What a built model needs beside its session: a way to cut texts, and the words it is fed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classifiers.runtime.e5file import E5File, WordTable, tokens_of
from classifiers.runtime.encoder import ENCODER
from classifiers.runtime.foreign import TOKENIZER, foreign_tokens
from classifiers.runtime.tokens import Tokens

NETWORK = "network.onnx"
"""In the folder of a model with an encoder of its own: the network, adapter merged, in fp32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """How texts become windows. `words` is None where the session knows words by their ids."""

    tokens: Tokens
    words: WordTable | None = None


def own_encoder(files: Mapping[str, str]) -> bool:
    """Whether a model with these files brings its own encoder instead of the pinned one."""
    return NETWORK in files


def vocabulary_file(files: Mapping[str, str]) -> str:
    """The name of the file, beside the sessions, that a built model cuts texts with."""
    return TOKENIZER if own_encoder(files) else ENCODER


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary in such a file.

    Raises:
        BadInput: it is missing or damaged.
    """
    if path.name == TOKENIZER:
        return Vocabulary(tokens=foreign_tokens(path))
    encoder = E5File(path)
    return Vocabulary(tokens=tokens_of(encoder), words=encoder.word_table())
