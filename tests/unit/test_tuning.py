"""What a line would have caught, missed and cost: checked against counting by hand."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.guarantee import promised_line
from storage.score_history import ORDER, Rows, ScoreHistory
from storage.types import microseconds
from triage.corrections import Basis
from triage.model import Priority
from triage.ranges import Days, Sample, wilson
from triage.taxonomy import Label
from triage.tuning.candidates import Wishes, candidates, cheapest_line, fits, sensitivity
from triage.tuning.history import BINS, HOURS_OF_WEEK, Known
from triage.tuning.labels import Known as Said
from triage.tuning.outcome import Reviewed, outcome, range_words, sentence, snapped, steps
from triage.tuning.slices import Slices

UNTIL = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
WISHES = Wishes(alerts_a_shift=10, shifts_a_day=3, miss_per_thousand=20, miss_cost=500)

Scored = tuple[float, Label | None, int, bool]  # score, what people say, days ago, by rule

scores = st.floats(0, 1).map(lambda value: round(value, 3))
items = st.lists(
    st.tuples(
        scores,
        st.sampled_from([Label.EMERGENCY, Label.ROUTINE, None]),
        st.integers(0, 20),
        st.booleans(),
    ),
    max_size=60,
)
lines = st.floats(0, 1).map(lambda value: round(value, 4))


def a_history(
    found: Sequence[Scored], *, drawn: bool = False, lang: str = "en"
) -> tuple[ScoreHistory, Known]:
    """The arrays as they are built from rows of the database."""
    rows = Rows.empty()
    page: list[tuple[Any, ...]] = []
    said = []
    for number, (score, label, days, by_rule) in enumerate(found, 1):
        sent = microseconds(UNTIL - timedelta(days=days))
        values = {
            "number": number,
            "sent_us": sent,
            "read_us": sent + 1,
            "danger": score,
            "abuse": 0.1,
            "ruled": "emergency" if by_rule else "",
            "under": 2 + number % 4,
            "channel": "x_dm" if number % 2 else "fb_message",
            "lang": lang if number % 3 else "pl",
            "letters": 40 * (number % 8),
            "dialect": "",
        }
        page.append(tuple(values[name] for name in ORDER))
        if label is not None:
            known = Said(ref=f"FC-{number}", label=label, basis=Basis.STATED, at=UNTIL, drawn=drawn)
            said.append((number, known))
    rows.add(page)
    history = ScoreHistory(rows, said, model="m/int8", zone=UTC, until=UNTIL)
    return history, Known(history.judged, days=history.bootstrap_days)


def reach(each: Scored) -> float:
    return math.inf if each[3] else each[0]


@given(items, lines)
def test_every_figure_is_what_counting_by_hand_gives(found: list[Scored], line: float) -> None:
    history, known = a_history(found)
    alerts = [each for each in found if reach(each) >= line]
    real = [each for each in found if each[1] is Label.EMERGENCY]
    at = outcome(history, known, line, shifts_a_day=3, live=0.5)
    assert at.alerts == len(alerts)
    assert (at.caught.of, at.caught.hits) == (len(real), sum(reach(each) >= line for each in real))
    assert at.missed + at.caught.hits == len(real)
    assert at.real.hits == sum(each[1] is Label.EMERGENCY for each in alerts)
    assert at.real.of == sum(each[1] is not None for each in alerts)
    assert sum(history.hours(line)) == len(alerts)
    assert sum(history.bins()) == len(found)
    assert sorted(each.ref for each in known.missed(line)) == sorted(
        f"FC-{number}"
        for number, each in enumerate(found, 1)
        if each[1] is Label.EMERGENCY and reach(each) < line
    )


@given(items, lines, lines)
def test_a_lower_line_never_catches_less_nor_alerts_less(
    found: list[Scored], one: float, other: float
) -> None:
    history, known = a_history(found)
    low, high = sorted((one, other))
    assert history.alerts(low) >= history.alerts(high)
    assert known.misses(low) <= known.misses(high)
    moved = history.flips(low, high)
    assert sum(moved.values()) == history.alerts(low) - history.alerts(high)
    assert set(moved) <= set(Priority)


@given(items, lines)
def test_a_snapped_line_has_the_same_outcome_and_snaps_to_itself(
    found: list[Scored], line: float
) -> None:
    history, known = a_history(found)
    snap = snapped(history, line)
    assert history.alerts(snap) == history.alerts(line)
    assert known.misses(snap) == known.misses(line)
    assert snapped(history, snap) == snap


@given(items, st.floats(0.01, 5))
def test_the_line_that_fits_the_desk_is_the_lowest_that_does(
    found: list[Scored], a_day: float
) -> None:
    history, _ = a_history(found)
    line = fits(history, a_day)
    most = a_day * history.days
    if line is None:
        assert sum(reach(each) >= 1.0 for each in found) > most
        return
    assert history.alerts(line) <= most
    assert line == 0.0 or history.alerts((round(line * 10_000) - 1) / 10_000) > most


@given(items, st.integers(1, 2000))
def test_no_line_costs_less_than_the_cheapest(found: list[Scored], weight: int) -> None:
    history, known = a_history(found)
    line = cheapest_line(history, known, weight)
    if line is None:
        assert known.count == 0
        return

    def cost(at: float) -> float:
        return weight * known.misses(at) + history.alerts(at)

    assert all(cost(line) <= cost(place / 500) + 1e-9 for place in range(501))


@given(st.lists(st.tuples(st.integers(0, 29), st.booleans()), min_size=30, max_size=120))
def test_a_range_holds_its_share_and_days_only_widen_it(events: list[tuple[int, bool]]) -> None:
    sample = Sample([day for day, _ in events], Days(30))
    found = sample.range(no=[day for day, yes in events if not yes])
    low, high = wilson(found.hits, found.of)
    assert found.low <= low + 1e-12
    assert found.high >= high - 1e-12
    assert found.low <= found.share <= found.high
    again = Sample([day for day, _ in events], Days(30)).range(
        no=[day for day, yes in events if not yes]
    )
    assert again == found  # drawn by a seed: a page that is loaded twice says the same


def test_misses_of_one_day_make_the_range_wider_than_misses_of_many() -> None:
    days = list(range(60)) * 2
    together = Sample(days, Days(60)).range(no=[7] * 12)
    apart = Sample(days, Days(60)).range(no=list(range(12)))
    assert together.share == apart.share
    assert together.low < apart.low


def test_the_sentence_stands_as_people_would_say_it() -> None:
    real: list[Scored] = [(0.7, Label.EMERGENCY, day % 89, False) for day in range(156)]
    real += [(0.3, Label.EMERGENCY, day, False) for day in range(9)]
    false: list[Scored] = [(0.6, Label.ROUTINE, day % 89, False) for day in range(1716)]
    oldest: list[Scored] = [(0.01, None, 90, False)]
    rest: list[Scored] = [(0.6, None, day % 89, False) for day in range(108)]
    history, known = a_history([*real, *false, *oldest, *rest], drawn=True)
    at = outcome(history, known, 0.5, shifts_a_day=3, live=0.5)
    assert sentence(at) == (
        "At 0.50 the desk would see 22 alerts a day, 7 a shift. Over 90 days it would have "
        "caught 156 of 165 known emergencies and missed 9. About 1 alert in 12 is real."
    )


def test_under_thirty_emergencies_there_is_not_enough_to_say() -> None:
    few: list[Scored] = [(0.9, Label.EMERGENCY, 1, False)] * 29
    history, known = a_history(few, drawn=True)
    at = outcome(history, known, 0.5, shifts_a_day=3, live=0.5)
    assert not at.says_misses
    assert range_words(at.caught) == "not enough to say"
    assert "caught 29 of 29" in sentence(at)
    assert "That is not enough to say how many it misses." in sentence(at)
    history, known = a_history([*few, few[0]], drawn=True)
    assert outcome(history, known, 0.5, shifts_a_day=3, live=0.5).says_misses


def test_where_only_alerts_were_reviewed_misses_are_said_to_be_unknown() -> None:
    alerts: list[Scored] = [(0.9, Label.EMERGENCY, 1, False)] * 40
    history, known = a_history([*alerts, (0.1, None, 1, False)])
    at = outcome(history, known, 0.5, shifts_a_day=3, live=0.5)
    assert at.reviewed is Reviewed.ALERTS
    assert not at.says_misses
    assert "how many emergencies are missed is not known" in sentence(at)
    history, known = a_history([*alerts, (0.1, Label.ROUTINE, 1, False)])
    assert outcome(history, known, 0.5, shifts_a_day=3, live=0.5).reviewed is Reviewed.FOUND


def test_where_no_emergency_is_known_nothing_is_said_about_misses() -> None:
    history, known = a_history([(0.2, None, 3, False)])
    said = sentence(outcome(history, known, 0.5, shifts_a_day=3, live=0.5))
    assert "no emergency is known, so what it would miss cannot be said" in said
    assert cheapest_line(history, known, 500) is None
    assert sensitivity(history, known) == []


def test_an_empty_history_answers_too() -> None:
    history, known = a_history([])
    at = outcome(history, known, 0.5, shifts_a_day=3, live=0.5)
    assert (at.alerts, at.caught.of, history.days) == (0, 0, 1)
    assert snapped(history, 0.5) == 0.5
    assert fits(history, 1) == 0.0
    assert len(history.hours(0)) == HOURS_OF_WEEK
    assert len(history.bins()) == BINS


@given(items)
def test_candidates_meet_the_wish_they_are_named_for(found: list[Scored]) -> None:
    history, known = a_history(found)

    def promised(reached: list[float], share: float) -> float | None:
        promise = promised_line(reached, share)
        return promise.line if promise else None

    by_name = {each.name: each for each in candidates(history, known, WISHES, promised=promised)}
    assert all(each.line is not None or each.why_not for each in by_name.values())
    catch = by_name["catch"].line
    if catch is not None:
        assert known.misses(catch) <= 0.01 * known.count
    assert by_name["promise"].line is None  # 60 emergencies promise nothing of 20 in 1,000


def test_steps_lead_to_the_next_known_emergency() -> None:
    found: list[Scored] = [
        (0.3, Label.EMERGENCY, 1, False),
        (0.4, Label.ROUTINE, 1, False),
        (0.6, Label.EMERGENCY, 1, False),
        (0.1, Label.EMERGENCY, 1, True),
    ]
    _, known = a_history(found)
    assert steps(known, 0.5) == (0.3, 0.6)
    assert steps(known, 0.2) == (None, 0.3)
    assert steps(known, 0.9) == (0.6, None)


# --- parts of the public --------------------------------------------------------------------------


def test_a_part_served_worse_by_over_five_points_must_be_acknowledged() -> None:
    found: list[Scored] = []
    for number in range(1, 241):
        polish = number % 3 == 0
        missed = number % 12 == 0 if polish else number % 120 == 1
        found.append((0.2 if missed else 0.9, Label.EMERGENCY, number % 20, False))
    _, known = a_history(found)
    parts = {each.name: each for each in Slices(known).at(0.5)}
    assert parts["pl"].to_acknowledge
    assert parts["pl"].key == "language:pl"
    assert parts["en"].to_acknowledge  # the other side of the same difference
    assert not any(each.to_acknowledge for each in Slices(known).at(0.1))


def test_a_part_with_under_thirty_emergencies_says_nothing() -> None:
    found: list[Scored] = [(0.9, Label.EMERGENCY, 1, False)] * 60
    found += [(0.1, Label.EMERGENCY, 1, False)] * 20
    _, known = a_history(found)
    parts = {each.name: each for each in Slices(known).at(0.5)}
    assert parts["pl"].caught.of < 30
    assert parts["pl"].difference is None
    assert not parts["pl"].to_acknowledge


# --- rows ----------------------------------------------------------------------------------------


def test_rows_read_later_take_the_place_of_the_former() -> None:
    def rows(*found: tuple[int, float, str]) -> Rows:
        made = Rows.empty()
        made.add(
            [
                (number, 10 * number, 20, danger, 0.0, "", 3, "x_dm", lang, 9, "")
                for number, danger, lang in found
            ]
        )
        return made

    kept = rows((1, 0.1, "en"), (2, 0.2, "pl"))
    kept.replaced(rows((2, 0.9, "ur"), (3, 0.3, "en")))
    assert kept.columns["number"].tolist() == [1, 2, 3]
    assert kept.columns["danger"].tolist() == [0.1, 0.9, 0.3]
    assert [kept.words[code] for code in kept.columns["lang"]] == ["en", "ur", "en"]
    kept.replaced(Rows.empty())
    assert len(kept) == 3


def test_hours_are_those_of_the_desk() -> None:
    from zoneinfo import ZoneInfo

    rows = Rows.empty()
    summer = datetime(2026, 7, 5, 23, 30, tzinfo=UTC)  # Monday 0:30 in London
    sent = microseconds(summer)
    rows.add([(1, sent, sent, 0.9, 0.0, "", 3, "x_dm", "en", 9, "")])
    history = ScoreHistory(rows, [], model="m", zone=ZoneInfo("Europe/London"), until=UNTIL)
    assert history.hours(0.5)[0] == 1


@pytest.mark.parametrize("line", [0.0, 0.5, 1.0])
def test_what_a_rule_catches_alerts_at_any_line(line: float) -> None:
    history, known = a_history([(0.0, Label.EMERGENCY, 1, True)])
    assert history.alerts(line) == 1
    assert known.misses(line) == 0
    assert history.up(0.5) is None
