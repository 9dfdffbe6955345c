"""Where in a text a signal was read: the words that brought most of its evidence.

The network's logit for a signal is a sum over tokens (`runtime/graph.py`), so no second model and
no guess is needed: the words whose tokens add most are shown. They say where to look first. They
are no full account, since every token was read in the light of all the others.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from classifiers.normalise import plain
from triage.model import Span

Evidence = npt.NDArray[np.float32]
MOST = 3  # words a signal is shown with
SHARE = 0.5  # of what the strongest word brings
FILLER = 2  # letters
LONGEST = 24_000  # characters; of longer texts the middle was not read, and no place is given


def spans(text: str, words: Sequence[str], weights: Sequence[float]) -> tuple[Span, ...]:
    """Places in `text` of its strongest words, in order, neighbours as one.

    `words` are the words as the network read them (normalised, in lower case), `weights` what each
    added to a signal's logit.
    """
    told = [each * _tells(word) for word, each in zip(words, weights, strict=True)]
    strong = strongest(told)
    if not strong or len(text) > LONGEST:
        return ()
    places = _places(text, words)
    return tuple(_joined(text, [places[at] for at in strong if at in places]))


def strongest(weights: Sequence[float]) -> list[int]:
    """Which words to show, in the order of the text: few, and only those that speak for it."""
    top = max(weights, default=0.0)
    if top <= 0:
        return []
    ranked = sorted(range(len(weights)), key=lambda at: -weights[at])[:MOST]
    return sorted(at for at in ranked if weights[at] >= SHARE * top)


def _tells(word: str) -> bool:
    """Whether a word by itself tells a person anything: "i" does not, a sign of Chinese does."""
    return len(word) > FILLER or not word.isascii()


def by_word(evidence: Evidence, owners: Sequence[int], column: int, count: int) -> list[float]:
    """Evidence for a column, summed over the tokens of each of `count` words (owner -1: none)."""
    sums = [0.0] * count
    for token, owner in enumerate(owners):
        if owner >= 0:
            sums[owner] += float(evidence[token, column])
    return sums


def _places(text: str, words: Iterable[str]) -> Mapping[int, Span]:
    """Where each word stands in the original text; words that stand for something cut out do not.

    Handles, links and numbers were replaced before reading, so words are looked for one after
    the other.
    """
    source = plain(text)
    lowered = "".join(_same_length(char) for char in source.text)
    found: dict[int, Span] = {}
    at = 0
    for index, word in enumerate(words):
        start = _word_at(lowered, word, at)
        if start >= 0:
            at = start + len(word)
            found[index] = source.span(start, at)
    return found


def _word_at(text: str, word: str, at: int) -> int:
    """Where a word begins at or after `at`, not within another one; -1 if nowhere."""
    start = text.find(word, at)
    while start > 0 and text[start - 1].isalnum() and word[0].isalnum():
        start = text.find(word, start + 1)
    return start


def _same_length(char: str) -> str:
    lower = char.lower()
    return lower if len(lower) == 1 else char


def _joined(text: str, places: Iterable[Span]) -> list[Span]:
    """Spans with nothing but a gap between them as one."""
    out: list[Span] = []
    for span in places:
        if out and not text[out[-1].end : span.start].strip():
            out[-1] = Span(start=out[-1].start, end=span.end)
        else:
            out.append(span)
    return out
