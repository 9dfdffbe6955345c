"""Curves and calibration: small cases that can be reckoned by hand."""

import math
import random

import pytest

from classifiers.training.curves import MOST_POINTS, Point, curve_of, reliability_of


def test_the_curve_holds_what_each_line_would_say() -> None:
    curve = curve_of([0.9, 0.8, 0.8, 0.1], [True, False, True, True])
    assert curve.points == (
        Point(line=0.9, precision=1.0, recall=1 / 3),
        Point(line=0.8, precision=2 / 3, recall=2 / 3),
        Point(line=0.1, precision=3 / 4, recall=1.0),
    )
    assert curve.area == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_what_a_rule_says_stands_at_the_highest_line_and_what_none_reaches_never_comes() -> None:
    curve = curve_of([math.inf, 0.4, -1.0], [False, True, True])
    assert curve.points[0] == Point(line=1.0, precision=0.0, recall=0.0)
    assert curve.points[-1] == Point(line=0.4, precision=0.5, recall=0.5)
    assert curve.area == pytest.approx(0.25)


def test_a_curve_without_anything_real_is_empty() -> None:
    assert curve_of([0.5], [False]).points == ()
    assert curve_of([], []).area == 0.0


def test_a_long_curve_is_thinned_and_keeps_both_ends() -> None:
    draw = random.Random(5)
    scores = [draw.random() for _ in range(3_000)]
    curve = curve_of(scores, [score > 0.5 for score in scores])
    assert len(curve.points) == MOST_POINTS
    assert (curve.points[0].line, curve.points[-1].line) == (max(scores), min(scores))


def test_bins_hold_equally_many_rows_and_the_error_weighs_them() -> None:
    reliability = reliability_of([0.1, 0.1, 0.9, 0.9], [False, True, True, True], bins=2)
    assert [(each.said, each.came.hits, each.came.of) for each in reliability.bins] == [
        (0.1, 1, 2),
        (0.9, 2, 2),
    ]
    assert reliability.error == pytest.approx((0.4 + 0.1) / 2)


def test_chances_that_mean_what_they_say_have_next_to_no_error() -> None:
    draw = random.Random(7)
    chances = [draw.random() for _ in range(20_000)]
    honest = reliability_of(chances, [draw.random() < chance for chance in chances])
    assert [each.came.of for each in honest.bins] == [2_000] * 10
    assert honest.error < 0.02
    bold = reliability_of(chances, [draw.random() < chance / 2 for chance in chances])
    assert bold.error == pytest.approx(0.25, abs=0.02)


def test_fewer_rows_than_bins_and_no_rows_at_all_are_no_trouble() -> None:
    assert len(reliability_of([0.2, 0.3], [True, False]).bins) == 2
    assert reliability_of([], []).error == 0.0
