"""Blocking keys in arrays: who holds a key, of ten million records, in a microsecond.

Entries are ordered by key. The first bits of a key say in which of many small buckets it stands,
the next 32 are kept in `_rest`, the record's number in `_numbers`: 8 bytes an entry. What is not
kept of a key makes two keys look like one in one look-up of some hundred million; then a record
too many is weighed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from mmap import mmap
from typing import Any

import numpy as np

ALL_BITS, REST_BITS = 64, 32
A_BUCKET = 8
"""How many entries a bucket holds on average, at most."""

PART_BITS = 6
"""The build sorts a 64th of all entries at a time, to need little more than the result."""

MASK, REST_MASK = 2**ALL_BITS - 1, 2**REST_BITS - 1


class KeyIndex:
    """Record numbers (under 2^32) by key. Does not change, so any thread may read it."""

    def __init__(self, columns: Iterable[tuple[Any, Any]] = ()) -> None:
        """`columns` are keys (int64) and the numbers that hold them, in any order, by portions."""
        parts = _Parts(columns)
        bits = max(parts.count // A_BUCKET, 1).bit_length() - 1
        bits = min(max(bits, PART_BITS), ALL_BITS - REST_BITS)
        self._shift = ALL_BITS - bits
        starts = np.zeros(2**bits + 1, dtype=np.uint32)
        rest = np.empty(parts.count, dtype=np.uint32)
        numbers = np.empty(parts.count, dtype=np.uint32)
        self.highest = 0
        at, buckets = 0, 2 ** (bits - PART_BITS)
        for part in range(2**PART_BITS):
            keys, held = parts.take(part)
            end = at + len(keys)
            rest[at:end] = keys >> np.uint64(self._shift - REST_BITS) & np.uint64(REST_MASK)
            numbers[at:end] = held
            self.highest = max(self.highest, int(held.max(initial=0)))
            inside = (keys >> np.uint64(self._shift)).astype(np.int64) - part * buckets
            counts = np.bincount(inside, minlength=buckets)
            starts[part * buckets + 1 : (part + 1) * buckets + 1] = at + np.cumsum(counts)
            at = end
        self._starts, self._rest, self._numbers = starts.data, rest.data, numbers.data

    def __len__(self) -> int:
        """How many entries there are: keys of records, each as often as it is held."""
        return len(self._numbers)

    @property
    def nbytes(self) -> int:
        """The memory it takes."""
        return self._starts.nbytes + self._rest.nbytes + self._numbers.nbytes

    def holders(self, key: int, limit: int, without: Collection[int] = ()) -> Sequence[int]:
        """The numbers that hold a key, except `without`; at most one more than `limit`."""
        whole = key & MASK
        bucket, rest = whole >> self._shift, whole >> (self._shift - REST_BITS) & REST_MASK
        start, end = self._starts[bucket], self._starts[bucket + 1]
        first = bisect_left(self._rest, rest, start, end)
        if first == end or self._rest[first] != rest:
            return ()
        if without:
            return self._others(first, end, limit, without)
        return self._numbers[first : bisect_right(self._rest, rest, first, end)][: limit + 1]

    def _others(self, first: int, end: int, limit: int, without: Collection[int]) -> list[int]:
        found: list[int] = []
        rest = self._rest[first]
        while first < end and self._rest[first] == rest and len(found) <= limit:
            if self._numbers[first] not in without:
                found.append(self._numbers[first])
            first += 1
        return found


class _Parts:
    """Entries by the first bits of their keys, each part to be taken once, in order."""

    def __init__(self, columns: Iterable[tuple[Any, Any]]) -> None:
        self.count = 0
        self._parts: list[list[tuple[Any, Any]]] = [[] for _ in range(2**PART_BITS)]
        for keys, numbers in columns:
            self.count += len(keys)
            self._add(keys.view(np.uint64), numbers.astype(np.uint32))

    def _add(self, keys: Any, numbers: Any) -> None:
        parts = (keys >> np.uint64(ALL_BITS - PART_BITS)).astype(np.uint8)
        order = np.argsort(parts, kind="stable")
        keys, numbers = keys[order], numbers[order]
        ends = np.cumsum(np.bincount(parts, minlength=2**PART_BITS)).tolist()
        for part, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            if end > start:
                self._parts[part].append((_apart(keys[start:end]), _apart(numbers[start:end])))

    def take(self, part: int) -> tuple[Any, Any]:
        """Keys and numbers of a part, ordered by both; they are forgotten here."""
        found, self._parts[part] = self._parts[part], []
        if not found:
            return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint32)
        keys = np.concatenate([each for each, _ in found])
        numbers = np.concatenate([each for _, each in found])
        order = np.argsort(keys, kind="stable")
        return keys[order], numbers[order]


def _apart(values: Any) -> Any:
    """A copy in memory of its own, which the system has back as soon as it is let go.

    What is freed piece by piece within the process's own memory stays with it.
    """
    copy = np.frombuffer(mmap(-1, values.nbytes), dtype=values.dtype)
    copy[:] = values
    return copy
