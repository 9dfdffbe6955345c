"""What a line may promise: "at most 2 in 100 emergencies are missed, with 95 % confidence".

The promise is made to one desk, not to the average of many: conformal risk control in its PAC
form. Of n labelled emergencies sorted by score, the true share under the (k+1)-th is distributed
as Beta(k+1, n-k), whatever the model; a line may stand there if that lies under the promised share
with the wanted confidence. The plain form, which lets k+1 of n+1 be missed, keeps its promise on
average only, and so breaks it at about half of the desks.

It holds for messages of the same kind as those measured. It survives another share of
emergencies among them; other topics, another language or another public it does not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
ALWAYS = math.inf
"""The score of an emergency that a rule catches wherever the line stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """At most `share` of the emergencies are missed at `line` or lower, with `confidence`.

    Of `emergencies` labelled ones that it rests on, `missed` were.
    """

    share: float
    line: float
    emergencies: int
    missed: int
    confidence: float = CONFIDENCE

    def covers(self, line: float) -> bool:
        """Whether it is kept at another line: a lower one catches no less."""
        return line <= self.line

    @property
    def text(self) -> str:
        """The promise as a sentence."""
        return (
            f"at most {per_hundred(self.share)} in 100 emergencies are missed by the rules and a "
            f"line at {self.line:.4g} or lower, with {100 * self.confidence:g} % confidence, on "
            f"messages of the same kind ({self.missed} of {self.emergencies} were)"
        )


def per_hundred(share: float) -> str:
    """A share as a number of 100, rounded up to a tenth: a promise is never rounded down."""
    return f"{math.ceil(round(share * 1000, 6)) / 10:g}"


def misses_allowed(emergencies: int, share: float, *, confidence: float = CONFIDENCE) -> int | None:
    """How many of the labelled emergencies may lie under a line that promises `share`.

    None if they are too few for any promise: then even no miss at all proves nothing.
    """
    chance, allowed = 0.0, None
    for misses in range(emergencies):
        chance += _chance(misses, emergencies, share)
        if chance > 1 - confidence:
            break
        allowed = misses
    return allowed


def emergencies_needed(share: float, *, confidence: float = CONFIDENCE) -> int:
    """How many labelled emergencies the promise needs if none of them is missed."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-share))


def most_missed(missed: int, emergencies: int, *, confidence: float = CONFIDENCE) -> float:
    """The share of emergencies that a line misses at most, if it stood before they were labelled.

    The upper bound of Clopper and Pearson: 1 where nothing was caught, or nothing seen.
    """
    if missed >= emergencies:
        return 1.0
    low, high = missed / emergencies, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = sum(_chance(k, emergencies, middle) for k in range(missed + 1))
        low, high = (middle, high) if tail > 1 - confidence else (low, middle)
    return high


def promised_line(
    scores: Sequence[float], share: float, *, confidence: float = CONFIDENCE
) -> Promise | None:
    """The highest line that may promise `share`, from the scores of labelled emergencies.

    Those that a rule catches come as `ALWAYS`. None if there are too few. The line is rounded
    down to four places, so that it can be written into the settings as it is shown.
    """
    allowed = misses_allowed(len(scores), share, confidence=confidence)
    if allowed is None:
        return None
    line = math.floor(min(1.0, sorted(scores)[allowed]) * 10_000) / 10_000
    return Promise(
        share=share,
        line=line,
        emergencies=len(scores),
        missed=sum(score < line for score in scores),
        confidence=confidence,
    )


def promise_at(scores: Sequence[float], line: float, *, confidence: float = CONFIDENCE) -> Promise:
    """What a line may promise that stood before these emergencies were labelled."""
    missed = sum(score < line for score in scores)
    share = most_missed(missed, len(scores), confidence=confidence)
    return Promise(
        share=share, line=line, emergencies=len(scores), missed=missed, confidence=confidence
    )


def _chance(hits: int, of: int, share: float) -> float:
    """The binomial chance of exactly so many; 0 < share < 1, except that 1 is never reached."""
    if share <= 0 or share >= 1:
        return float(hits == (0 if share <= 0 else of))
    ways = math.lgamma(of + 1) - math.lgamma(hits + 1) - math.lgamma(of - hits + 1)
    return math.exp(ways + hits * math.log(share) + (of - hits) * math.log1p(-share))
