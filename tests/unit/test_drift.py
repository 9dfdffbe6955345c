"""Drift: what stays as it was says nothing, what moved is told, and too little says so."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.factories import a_verdict, an_emergency
from triage.drift import (
    FEWEST_REFERENCE_DAYS,
    PSI_MOVED,
    REFERENCE,
    SHARES,
    SURE,
    WINDOW,
    DayFigures,
    Drift,
    drift,
    read_figures,
    stability,
    stability_line,
    student,
)
from triage.taxonomy import Label

TODAY = date(2026, 11, 23)


def a_day(
    draw: random.Random, day: date, *, messages: int = 120, alerts: float = 0.02
) -> DayFigures:
    """A day of a small force: a twentieth of the messages in Polish."""
    count = round(draw.gauss(messages, messages / 6))
    said = [draw.random() < alerts for _ in range(count)]
    scores = [draw.betavariate(8, 2) if each else draw.betavariate(1, 12) for each in said]
    binned = [0] * 10
    for score in scores:
        binned[min(int(score * 10), 9)] += 1
    polish = sum(draw.random() < 0.05 for _ in range(count))
    return DayFigures(
        day=day,
        messages=count,
        score_sum=sum(scores),
        letters=round(draw.gauss(90, 6) * count),
        alerts=sum(said),
        scores=tuple(binned),
        lengths=(count // 4, count // 2, count - count // 4 - count // 2, 0, 0, 0),
        langs={"en": count - polish, "pl": polish},
        models={"desk-2+f3946af8": count},
        words=count * 15,
        unknown=round(draw.gauss(0.04, 0.004) * count * 15),
        judged=count // 2,
        surprises=sum(draw.random() < 0.05 for _ in range(count // 2)),
    )


def days(seed: int, *, shifted: float | None = None) -> list[DayFigures]:
    """Five weeks; `shifted` is the share of alerts in the last of them."""
    draw = random.Random(seed)
    found = []
    for back in range(WINDOW + REFERENCE, 0, -1):
        alerts = shifted if shifted is not None and back <= WINDOW else 0.02
        found.append(a_day(draw, TODAY - timedelta(days=back), alerts=alerts))
    return found


def names(report: Drift) -> set[str]:
    return {each.name for each in report.moved}


# --- the comparison -------------------------------------------------------------------------------


def test_what_stays_as_it_was_is_seldom_said_to_have_moved() -> None:
    moved = [drift(days(seed), today=TODAY).moved for seed in range(300)]
    assert sum(bool(each) for each in moved) <= 10


def test_three_times_the_alerts_are_noticed() -> None:
    found = [names(drift(days(seed, shifted=0.06), today=TODAY)) for seed in range(50)]
    assert sum("alerts" in each for each in found) >= 49


def test_another_language_in_the_town_is_noticed() -> None:
    week = [
        replace(day, langs={"en": day.messages * 6 // 10, "ro": day.messages * 4 // 10})
        if day.day >= TODAY - timedelta(days=WINDOW)
        else day
        for day in days(1)
    ]
    assert names(drift(week, today=TODAY)) == {"languages"}


def test_one_degraded_message_after_a_month_without_is_no_change() -> None:
    week = days(1)
    assert names(drift([*week[:-1], replace(week[-1], degraded=1)], today=TODAY)) == set()
    broken = [replace(day, degraded=day.messages // 2) for day in week[-4:]]
    assert "degraded" in names(drift([*week[:-4], *broken], today=TODAY))


def test_a_difference_too_small_to_matter_is_not_told() -> None:
    steady = [replace(day, letters=day.messages * 90) for day in days(1)]
    longer = [
        replace(day, letters=day.messages * 95)
        if day.day >= TODAY - timedelta(days=WINDOW)
        else day
        for day in steady
    ]
    assert "letters" not in names(drift(longer, today=TODAY))


def test_a_reference_that_is_named_stays_where_it_is() -> None:
    early = [replace(day, day=day.day - timedelta(days=90)) for day in days(1)]
    begins = early[0].day
    report = drift([*early, *days(2, shifted=0.06)], today=TODAY, reference_from=begins)
    assert (report.reference_first, report.reference_last) == (begins, begins + timedelta(days=27))
    assert "alerts" in names(report)


def test_a_reference_never_reaches_into_the_last_week() -> None:
    begins = TODAY - timedelta(days=20)
    report = drift(days(1), today=TODAY, reference_from=begins)
    assert report.reference_last == TODAY - timedelta(days=WINDOW + 1)
    assert not report.enough


@pytest.mark.parametrize("kept", [0, WINDOW + FEWEST_REFERENCE_DAYS - 1])
def test_too_few_days_say_nothing(kept: int) -> None:
    some = days(1, shifted=0.5)
    report = drift(some[len(some) - kept :], today=TODAY)
    assert not report.enough
    assert all(figure.low is None for figure in report.figures)


def test_another_model_is_named_beside_what_moved() -> None:
    week = days(1)
    report = drift([*week[:-1], replace(week[-1], models={"desk-3+0": 9})], today=TODAY)
    assert report.other_model
    assert not drift(week, today=TODAY).other_model


def test_the_audit_sample_is_summed_over_both_periods() -> None:
    week = [replace(day, drawn=2, checked=1) for day in days(1)]
    report = drift([*week[:-1], replace(week[-1], found=1)], today=TODAY)
    assert (report.drawn, report.checked, report.found) == (70, 35, 1)


# --- the measures ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("degrees", "wanted"), [(13, 3.012), (20, 2.845), (27, 2.771)])
def test_students_quantile_is_that_of_the_tables(degrees: int, wanted: float) -> None:
    assert student(0.99, degrees) == pytest.approx(wanted, abs=0.02)


def test_the_same_distribution_has_no_index_and_another_one_has() -> None:
    same = {"a": 500, "b": 500}
    assert stability(same, {"a": 50, "b": 50}) == pytest.approx(0, abs=1e-3)
    by_hand = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert stability({"a": 8_000, "b": 2_000}, {"a": 5_000, "b": 5_000}) == pytest.approx(
        by_hand, abs=0.001
    )


def test_few_messages_need_a_greater_index() -> None:
    assert stability_line(10, 10_000, 40_000) == PSI_MOVED
    assert stability_line(10, 60, 120) > PSI_MOVED
    draw = random.Random(7)

    def drawn(count: int) -> dict[str, int]:
        said = draw.choices("abcdefghij", k=count)
        return {each: said.count(each) for each in set(said)}

    over = [stability(drawn(60), drawn(120)) > stability_line(10, 60, 120) for _ in range(2_000)]
    assert sum(over) <= 2_000 * (1 - SURE) * 5


def test_a_days_figures_are_sums_of_its_messages() -> None:
    def strange(text: str) -> tuple[int, int]:
        return len(text.split()), text.count("zog")

    high = {Label.EMERGENCY: 1.0, Label.ABUSE: 0.0, Label.ROUTINE: 0.0}
    read: Sequence[tuple[str, object]] = [
        ("help zog", an_emergency(scores=high)),
        ("hello", a_verdict(unsure=True, degraded="linear model only: x")),
        ("", a_verdict(lang="", covered=False)),
    ]
    found = read_figures(TODAY, read, strange)  # type: ignore[arg-type]
    assert (found.messages, found.alerts, found.unsure, found.degraded) == (3, 1, 1, 1)
    assert (found.words, found.unknown, found.uncovered, found.letters) == (3, 1, 1, 13)
    assert found.score_sum == pytest.approx(1.04)
    assert (found.scores[0], found.scores[9]) == (2, 1)
    assert found.langs == {"en": 2, "none": 1}
    assert sum(found.lengths) == 3


def test_a_day_without_messages_has_figures_too() -> None:
    found = read_figures(TODAY, [], lambda text: (0, 0))
    assert found.messages == 0
    assert all(not share.of(found) for share in SHARES)
