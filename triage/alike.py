"""Texts that are nearly the same: a raid sends one text from many accounts, each a bit changed.

Simhash over overlapping threes of characters of the folded text: texts that share most of them
differ in few of 64 bits. Cheap, without a model, and the same on every machine.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from triage.folding import fold, words

BITS = 64
NEAR = 14
"""Texts that differ in at most so many bits are taken for one. Strangers differ in half of them."""

SHARED = 0.5
"""Texts that are near must share so much of their words too: endings alone make bits alike."""

SHORTEST = 12
"""Letters: below that "thank you" and the like are alike by chance, and only equal ones are one."""

_MASK = (1 << BITS) - 1
COUNTER = 16  # bits: a folded text has at most 30,001 characters
_ONE = (1 << COUNTER) - 1
_BANDS = NEAR + 1  # two texts that differ in at most NEAR bits are equal in one band at least


def bare(text: str) -> str:
    """The words alone: addresses, names of accounts and numbers change from copy to copy."""
    kept = [
        piece
        for piece in fold(text).split()
        if not piece.startswith(("@", "http://", "https://", "www."))
    ]
    return " ".join(word for word in words(" ".join(kept)) if not word.isdecimal())


def simhash(said: str) -> int:
    """64 bits, of which texts that are alike share nearly all."""
    if len(said) < SHORTEST:
        return _bits(f"whole:{said}")
    threes = _threes(said)
    sums, half = sum(map(_spread, threes)), len(threes) / 2
    return sum(1 << bit for bit in range(BITS) if (sums >> bit * COUNTER & _ONE) > half)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The first text of a group, and the names of all that are like it."""

    mark: int
    parts: frozenset[str]
    names: list[str]

    def shares(self, other: "_Head") -> float:
        """Which share of all their parts both have."""
        return len(self.parts & other.parts) / (len(self.parts | other.parts) or 1)


def groups(texts: Mapping[str, str], *, least: int = 3) -> list[list[str]]:
    """The names of texts that are nearly the same, `least` or more together, the largest first.

    Each text is compared with the first of a group, so a chain of small changes does not join
    what is not alike.
    """
    by_words: dict[str, list[str]] = defaultdict(list)
    for name, text in texts.items():
        by_words[bare(text)].append(name)
    heads: list[_Head] = []
    by_band: dict[tuple[int, int], list[int]] = defaultdict(list)
    for said, names in by_words.items():
        if not said:
            continue  # nothing but links or pictures: not alike for that
        new = _Head(mark=simhash(said), parts=_parts(said), names=list(names))
        head = _nearest(new, heads, by_band) if len(said) >= SHORTEST else None
        if head is not None:
            head.names.extend(names)
            continue
        heads.append(new)
        for band in _bands(new.mark):
            by_band[band].append(len(heads) - 1)
    found = [head.names for head in heads if len(head.names) >= least]
    return sorted(found, key=len, reverse=True)


def _nearest(
    new: "_Head", heads: Sequence["_Head"], by_band: Mapping[tuple[int, int], Sequence[int]]
) -> "_Head | None":
    """The head most like it, of those that are near; which are near the bits say cheaply."""
    places = {place for band in _bands(new.mark) for place in by_band.get(band, ())}
    near = [heads[place] for place in sorted(places) if _near(heads[place].mark, new.mark)]
    best = max(near, key=new.shares, default=None)
    return best if best is not None and new.shares(best) >= SHARED else None


def _near(one: int, other: int) -> bool:
    return (one ^ other).bit_count() <= NEAR


def _parts(said: str) -> frozenset[str]:
    """Its words; its threes where hardly any blanks part them, as in Chinese."""
    words_of = said.split()
    return frozenset(words_of if len(words_of) > 3 else _threes(said))


def _threes(said: str) -> list[str]:
    return [said[place : place + 3] for place in range(len(said) - 2)]


def _bands(mark: int) -> Iterable[tuple[int, int]]:
    """Parts of the bits with their places; the last is what is left over."""
    width = -(-BITS // _BANDS)
    return ((band, mark >> band * width & (1 << width) - 1) for band in range(_BANDS))


@lru_cache(maxsize=50_000)
def _spread(three: str) -> int:
    """One counter for each bit, side by side in one number: sums of 64 counters at once."""
    bits = _bits(three)
    return sum(1 << bit * COUNTER for bit in range(BITS) if bits >> bit & 1)


def _bits(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) & _MASK
