"""Items that people have judged and that are most like a text: words weighed by their rarity.

No second model: what is alike is so by words and parts of words, which anybody can see.
"""

import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.folding import fold, words

TextsOf = Callable[[Sequence[str]], Mapping[str, str]]
"""The texts of items that are still there, by reference."""

MOST = 5000
LASTS_SECONDS = 600.0
GRAM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An item and how alike it is, from 0 to 1."""

    ref: str
    likeness: float


class Neighbours:
    """An index of texts by their words, built from what is handed in."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        counts = {ref: Counter(features(said)) for ref, said in texts.items()}
        held: Counter[str] = Counter()
        for each in counts.values():
            held.update(each.keys())
        self._rarity = {name: math.log(1 + len(counts) / times) for name, times in held.items()}
        self._says = {ref: frozenset(each.items()) for ref, each in counts.items()}
        self._by_feature: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for ref, each in counts.items():
            for name, weight in self._weighed(each).items():
                self._by_feature[name].append((ref, weight))

    def nearest(self, text: str, *, most: int = 5) -> list[Alike]:
        """The most alike, best first; of those that say the same only one."""
        likeness: dict[str, float] = defaultdict(float)
        for name, weight in self._weighed(Counter(features(text))).items():
            for ref, other in self._by_feature.get(name, ()):
                likeness[ref] += weight * other
        found: dict[frozenset[tuple[str, int]], Alike] = {}
        for ref, value in sorted(likeness.items(), key=lambda each: (-each[1], each[0])):
            found.setdefault(self._says[ref], Alike(ref=ref, likeness=min(1.0, value)))
            if len(found) == most:
                break
        return list(found.values())

    def _weighed(self, counts: Mapping[str, int]) -> dict[str, float]:
        weights = {
            name: (1 + math.log(times)) * self._rarity[name]
            for name, times in counts.items()
            if name in self._rarity
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {name: weight / length for name, weight in weights.items()} if length else {}


def features(text: str) -> Iterator[str]:
    """Words, and parts of them that survive another ending or a slip of the pen."""
    for word in words(fold(text)):
        yield word
        marked = f"<{word}>"
        for at in range(len(marked) - GRAM + 1):
            yield f"#{marked[at : at + GRAM]}"


class Kept:
    """The index of the items judged lately, kept for some minutes."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._made = -LASTS_SECONDS
        self._index = Neighbours({})

    def index(self, refs: Sequence[str], texts_of: TextsOf) -> Neighbours:
        """The index over the last of these items; `texts_of` is asked where it is too old."""
        with self._turn:
            if time.monotonic() - self._made > LASTS_SECONDS:
                self._index = Neighbours(texts_of(refs[-MOST:]))
                self._made = time.monotonic()
            return self._index
