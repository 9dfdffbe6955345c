"""What a line may promise: known values, and many simulated desks at which it must hold."""

import math

import numpy as np
import pytest

from classifiers.guarantee import (
    ALWAYS,
    Promise,
    emergencies_needed,
    misses_allowed,
    most_missed,
    per_hundred,
    promise_at,
    promised_line,
)

DESKS = 2_000


@pytest.mark.parametrize(("share", "needed"), [(0.05, 59), (0.02, 149), (0.01, 299)])
def test_without_a_miss_a_promise_needs_so_many_emergencies(share: float, needed: int) -> None:
    assert emergencies_needed(share) == needed
    assert misses_allowed(needed, share) == 0
    assert misses_allowed(needed - 1, share) is None


@pytest.mark.parametrize(
    ("emergencies", "share", "allowed"),
    [(93, 0.05, 1), (92, 0.05, 0), (124, 0.05, 2), (123, 0.05, 1), (236, 0.02, 1)],
)
def test_each_miss_has_its_price_in_emergencies(
    emergencies: int, share: float, allowed: int
) -> None:
    """The numbers are those of acceptance sampling tables (Wilks: 59, 93, 124 for 95/95)."""
    assert misses_allowed(emergencies, share) == allowed


def test_the_share_missed_at_most_agrees_with_published_bounds() -> None:
    assert most_missed(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59), abs=1e-9)
    assert most_missed(1, 93) == pytest.approx(0.0500, abs=5e-4)
    assert most_missed(5, 100) == pytest.approx(0.1023, abs=1e-4)
    assert most_missed(0, 0) == 1.0
    assert most_missed(7, 7) == 1.0


def test_bound_and_allowance_are_two_sides_of_one_thing() -> None:
    for emergencies in (59, 100, 150, 324, 1_000):
        allowed = misses_allowed(emergencies, 0.05)
        assert allowed is not None
        assert most_missed(allowed, emergencies) <= 0.05 < most_missed(allowed + 1, emergencies)


def test_the_line_is_the_highest_that_may_promise() -> None:
    scores = [0.31 + 0.004 * n for n in range(93)]
    promise = promised_line(scores, 0.05)
    assert promise == Promise(share=0.05, line=0.314, emergencies=93, missed=1)
    assert promise.covers(0.2)
    assert not promise.covers(0.3141)


def test_what_a_rule_catches_counts_as_caught_and_lifts_the_line() -> None:
    scores = [0.1, 0.2, *[0.6] * 57]
    low = promised_line(scores, 0.05)
    high = promised_line([ALWAYS, ALWAYS, *scores[2:]], 0.05)
    assert low is not None
    assert high is not None
    assert (low.line, high.line) == (0.1, 0.6)
    only_rules = promised_line([ALWAYS] * 59, 0.05)
    assert only_rules is not None
    assert only_rules.line == 1.0


def test_with_too_few_emergencies_nothing_is_promised() -> None:
    assert promised_line([0.9] * 148, 0.02) is None
    assert promised_line([], 0.02) is None


def test_a_promise_is_said_with_what_it_rests_on_and_never_rounded_down() -> None:
    promise = Promise(share=0.02, line=0.0712, emergencies=324, missed=2)
    assert promise.text == (
        "at most 2 in 100 emergencies are missed by the rules and a line at 0.0712 or lower, with "
        "95 % confidence, on messages of the same kind (2 of 324 were)"
    )
    assert per_hundred(0.0341) == "3.5"
    assert per_hundred(0.035) == "3.5"


def test_a_line_that_stood_before_promises_by_what_it_missed() -> None:
    promise = promise_at([ALWAYS, 0.9, 0.3, *[0.8] * 97], 0.5)
    assert (promise.line, promise.missed, promise.emergencies) == (0.5, 1, 100)
    assert promise.share == most_missed(1, 100)


@pytest.mark.parametrize(("emergencies", "share"), [(59, 0.05), (150, 0.05), (324, 0.02)])
def test_the_promise_holds_at_ninety_five_of_a_hundred_desks_and_the_plain_form_at_half(
    emergencies: int, share: float
) -> None:
    """Scores are even in [0, 1] here, so a line misses exactly the share that it stands at."""
    draw = np.random.default_rng(20261126)
    kept = plain_kept = 0
    for _ in range(DESKS):
        scores = np.sort(draw.random(emergencies))
        promise = promised_line(scores.tolist(), share)
        assert promise is not None
        kept += promise.line <= share
        plain_kept += plain_line(scores, share) <= share
    spread = 3 * math.sqrt(0.95 * 0.05 / DESKS)
    assert kept / DESKS >= 0.95 - spread
    assert 0.35 < plain_kept / DESKS < 0.7


def plain_line(scores: np.ndarray, share: float) -> float:
    """Conformal risk control on average: k misses where (k+1)/(n+1) is at most the share."""
    allowed = max(0, math.floor(share * (len(scores) + 1)) - 1)
    return float(scores[allowed])
