"""The pinned encoder's file: multilingual-e5-small with its word pieces, weights in 4 bits.

Layout: little-endian; magic, sizes, the pieces with their scores, a table of letter forms (not
used: our own normalisation has run before), then named arrays. A block of 4-bit weights is a
half-precision scale and 16 bytes: of byte j the low half is weight j, the high half weight j + 16,
both less 8. Source: the C reader inside the package that the file comes from.
"""

import os
import struct
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.runtime.pieces import Unigram
from classifiers.runtime.tokens import Tokens
from triage.errors import BadInput

Array = npt.NDArray[np.float32]
MAGIC = b"E5S1"
IN_BLOCK = 32
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", IN_BLOCK // 2)])
FOUR_BITS = 1
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_TABLES = ("emb.pos", "emb.type")
_ENDS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What the encoder measures."""

    hidden: int
    layers: int
    heads: int
    wide: int
    words: int
    positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an array lies in the file."""

    kind: int
    count: int
    offset: int


class WordTable:
    """Rows of the word table, read from the file when they are looked up.

    A table mapped into memory would come to lie in it whole: 54 MB of a process, read by read.
    Safe to use from several threads.
    """

    def __init__(self, path: Path, place: Place, words: int) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        self._offset, self._words = place.offset, words
        self._blocks = place.count // words // IN_BLOCK

    def __getitem__(self, ids: Sequence[int]) -> npt.NDArray[np.void]:
        """Rows as blocks (ids x blocks): see `floats`.

        Raises:
            IndexError: there is no such word.
        """
        rows = np.frombuffer(b"".join(map(self._read, ids)), BLOCK)
        return rows.reshape(len(ids), self._blocks)

    def _read(self, word: int) -> bytes:
        if not 0 <= word < self._words:
            raise IndexError(f"no word {word}")
        size = self._blocks * BLOCK.itemsize
        return os.pread(self._file, size, self._offset + word * size)


class E5File:
    """An encoder's file, mapped into memory: only what is asked for is read.

    Raises (in every method and on opening):
        BadInput: the file is missing, cut off or of another kind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
            self._at = 0
            self._read_header(path)
        except (OSError, ValueError, struct.error, UnicodeDecodeError) as error:
            raise BadInput(str(path), f"encoder cannot be read: {error}") from error

    def _read_header(self, path: Path) -> None:
        if self._take(4) != MAGIC:
            raise BadInput(str(path), "is not an encoder of the kind that is expected")
        hidden, layers, heads, wide, words, positions, _ = self._numbers("<4x7i")
        self.sizes = Sizes(
            hidden=hidden,
            layers=layers,
            heads=heads,
            wide=wide,
            words=words,
            positions=positions,
        )
        self._numbers("<fi")  # epsilon and block size: constants of this kind of file
        count, self.start, self.end, _, self.unknown, size = self._numbers("<5iQ")
        self._pieces = (count, self._at, size)
        self._at += 4 * (count + 1) + 4 * count + size
        _, forms = self._numbers("<iI")
        self._at += forms
        (arrays,) = self._numbers("<i")
        self._places = dict(self._place() for _ in range(arrays))

    def _take(self, size: int) -> bytes:
        taken = self._bytes[self._at : self._at + size].tobytes()
        self._at += size
        return taken

    def _numbers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))

    def _place(self) -> tuple[str, Place]:
        (size,) = self._numbers("<H")
        name = self._take(size).decode()
        kind, count, offset, _ = self._numbers("<BIQQ")
        return name, Place(kind=kind, count=count, offset=offset)

    def vocabulary(self) -> tuple[list[str], list[float]]:
        """The word pieces by id, and their log-probabilities."""
        count, at, size = self._pieces
        ends = np.frombuffer(self._bytes, "<u4", count + 1, at)
        scores = np.frombuffer(self._bytes, "<f4", count, at + 4 * (count + 1)).tolist()
        first = at + 4 * (2 * count + 1)
        letters = np.array(self._bytes[first : first + size])
        # Decoded as a whole, with byte offsets turned into characters: a third of the time.
        begins = np.zeros(size + 1, dtype=np.int32)
        np.cumsum((letters & 0xC0) != 0x80, out=begins[1:])
        text = letters.tobytes().decode()
        return [text[a:b] for a, b in pairwise(begins[ends].tolist())], scores

    def pieces(self) -> Unigram:
        """The way this encoder cuts words."""
        return Unigram(*self.vocabulary(), unknown=self.unknown)

    def word_table(self) -> WordTable:
        """The word table, to be read row by row."""
        return WordTable(self._path, self._places["emb.word"], self.sizes.words)

    def words(self) -> npt.NDArray[np.void]:
        """The whole word table as blocks (words x blocks): see `floats`."""
        place = self._places["emb.word"]
        blocks = place.count // IN_BLOCK
        found = np.frombuffer(self._bytes, BLOCK, blocks, place.offset)
        return found.reshape(self.sizes.words, -1)

    def weights(self) -> Mapping[str, Array]:
        """Every array but the word table, by the names that transformers' BertModel gives."""
        layers = {
            f"l{layer}.{short}.{end}": f"encoder.layer.{layer}.{long}.{called}"
            for layer in range(self.sizes.layers)
            for short, long in _LAYER.items()
            for end, called in _ENDS.items()
        }
        return {new: self._array(old) for old, new in (_EMBEDDINGS | layers).items()}

    def _array(self, name: str) -> Array:
        place, sizes = self._places[name], self.sizes
        if place.kind == FOUR_BITS:
            blocks = np.frombuffer(self._bytes, BLOCK, place.count // IN_BLOCK, place.offset)
            return floats(blocks).reshape(
                -1, sizes.wide if name.endswith(".fo.w") else sizes.hidden
            )
        array = np.frombuffer(self._bytes, "<f4", place.count, place.offset).copy()
        return array.reshape(-1, sizes.hidden) if name in _TABLES else array


def tokens_of(encoder: E5File) -> Tokens:
    """Windows of an encoder's own word pieces."""
    return Tokens(encoder.pieces(), start=encoder.start, end=encoder.end)


def floats(blocks: npt.NDArray[np.void]) -> Array:
    """The weights (... x 32 a block, side by side) that 4-bit blocks stand for."""
    low = (blocks["halves"] & 15).astype(np.float32) - 8
    high = (blocks["halves"] >> 4).astype(np.float32) - 8
    both = np.concatenate([low, high], axis=-1) * blocks["scale"].astype(np.float32)[..., None]
    out: Array = both.reshape(*blocks.shape[:-1], -1)
    return out
