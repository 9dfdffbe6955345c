"""From scores and rule hits to one verdict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.calibrate import (
    Calibration,
    Mix,
    calibration_json,
    load_calibration,
    sigmoid,
    softmax,
)
from classifiers.heads import HEADS, LINEAR_WIDTH, WIDTH
from classifiers.rules import Hit, shipped_rules
from classifiers.verdict import Judgement, Scores, audience_of, judgement_of, raised, scores_of
from config.taxonomy import words
from triage.model import Modifiers, Source, Span, Verdict
from triage.ports import Reading
from triage.taxonomy import Audience, Label, SignalName
from triage.thresholds import Thresholds, label_of, signals_on

SHARES = st.floats(0, 1, allow_nan=False)
LINES = Thresholds(emergency=0.4, abuse=0.5)


def labels(emergency: float, abuse: float) -> dict[Label, float]:
    return {
        Label.EMERGENCY: emergency,
        Label.ABUSE: abuse,
        Label.ROUTINE: max(0.0, 1 - emergency - abuse),
    }


def scores(
    emergency: float = 0.0,
    abuse: float = 0.0,
    *,
    signals: Mapping[SignalName, float] | None = None,
    audience: Mapping[Audience, float] | None = None,
    meant: float = 1.0,
) -> Scores:
    return Scores(
        labels=labels(emergency, abuse),
        signals=dict.fromkeys(SignalName, 0.0) | dict(signals or {}),
        audience=audience or {},
        modifiers=Modifiers(),
        meant=meant,
    )


def judged(
    text: str,
    given_scores: Scores | None,
    *,
    hits: list[Hit] | None = None,
    covered: frozenset[str] = frozenset({"en"}),
    degraded: str = "",
    lines: Thresholds = LINES,
) -> Judgement:
    return judgement_of(
        Reading(text=text),
        given_scores,
        shipped_rules().hits(text) if hits is None else hits,
        thresholds=lines,
        covered=covered,
        model="desk-1",
        degraded=degraded,
    )


def verdict(text: str, given_scores: Scores | None, **more: Any) -> Verdict:
    return judged(text, given_scores, **more).verdict


def hit(signal: SignalName, raises: Label | None) -> Hit:
    return Hit(
        rule="test-rule",
        signal=signal,
        raises=raises,
        reason="somebody has a weapon",
        phrase="knife",
        spans=(Span(start=3, end=8),),
    )


# --- thresholds ------------------------------------------------------------


@given(SHARES, SHARES, SHARES, SHARES, SHARES)
def test_lowering_the_emergency_line_never_loses_an_emergency(
    emergency: float, abuse: float, first: float, second: float, line: float
) -> None:
    low, high = sorted((first, second))
    given_scores = labels(emergency, abuse)
    if label_of(given_scores, Thresholds(emergency=high, abuse=line)) is Label.EMERGENCY:
        assert label_of(given_scores, Thresholds(emergency=low, abuse=line)) is Label.EMERGENCY


@given(SHARES, SHARES, SHARES, SHARES, SHARES)
def test_lowering_the_abuse_line_never_moves_an_item_to_routine(
    emergency: float, abuse: float, first: float, second: float, line: float
) -> None:
    low, high = sorted((first, second))
    given_scores = labels(emergency, abuse)
    if label_of(given_scores, Thresholds(emergency=line, abuse=high)) is not Label.ROUTINE:
        assert label_of(given_scores, Thresholds(emergency=line, abuse=low)) is not Label.ROUTINE


def test_a_score_on_the_line_counts() -> None:
    assert label_of(labels(0.4, 0.0), LINES) is Label.EMERGENCY
    assert label_of(labels(0.39, 0.5), LINES) is Label.ABUSE


def test_emergency_comes_before_abuse_even_where_abuse_scores_higher() -> None:
    assert label_of(labels(0.41, 0.59), LINES) is Label.EMERGENCY


def test_a_line_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="thresholds lie in"):
        Thresholds(emergency=1.5)


@given(SHARES, SHARES, SHARES, st.sampled_from(["emergency", "abuse", None]))
def test_danger_and_rules_say_what_is_an_emergency_wherever_the_line_stands(
    emergency: float, abuse: float, line: float, asked: str | None
) -> None:
    """So that another line can be tried without reading the text again."""
    hits = [hit(SignalName.WEAPON, Label(asked) if asked else None)]
    lines = Thresholds(emergency=line, abuse=0.5)
    one = judged("he has a knife", scores(emergency, abuse), hits=hits, lines=lines)
    assert one.danger == emergency
    assert one.by_rule is (asked == "emergency")
    is_one = one.by_rule or one.danger >= line
    assert (one.verdict.label is Label.EMERGENCY) is is_one


def test_a_rule_that_asks_for_abuse_takes_nobody_out_of_the_band_of_doubt() -> None:
    lines = Thresholds(emergency=0.4, abuse=0.5, unsure=0.3)
    hits = [hit(SignalName.DOMESTIC_ABUSE, Label.ABUSE)]
    doubted = verdict("he has a knife", scores(0.35, 0.1), hits=hits, lines=lines)
    assert doubted.scores[Label.EMERGENCY] < 0.3
    assert (doubted.label, doubted.unsure) == (Label.ABUSE, True)


def test_signals_are_on_at_their_own_line_strongest_first() -> None:
    lines = Thresholds(signals={SignalName.WEAPON: 0.2})
    given_scores = {SignalName.WEAPON: 0.3, SignalName.RESCUE: 0.45, SignalName.HATE: 0.9}
    assert signals_on(given_scores, lines) == (SignalName.HATE, SignalName.WEAPON)


# --- rules add, and only add ------------------------------------------------------------


@given(SHARES, SHARES, st.sampled_from([Label.EMERGENCY, Label.ABUSE]))
def test_a_rule_never_lowers_the_class(emergency: float, abuse: float, asked: Label) -> None:
    order = [Label.ROUTINE, Label.ABUSE, Label.EMERGENCY]
    total = max(1.0, emergency + abuse)
    before = labels(emergency / total, abuse / total)
    after = raised(before, [hit(SignalName.WEAPON, asked)], LINES)
    found = label_of(after, LINES)
    assert order.index(found) >= order.index(label_of(before, LINES))
    assert order.index(found) >= order.index(asked)
    assert sum(after.values()) == pytest.approx(1.0)


def test_a_phrase_makes_an_emergency_of_what_the_model_overlooked() -> None:
    found = verdict("theres a man with a machete outside the shop", scores(0.1))
    assert found.label is Label.EMERGENCY
    assert found.audience is Audience.CONTROL_ROOM
    (signal,) = [each for each in found.signals if each.name is SignalName.WEAPON]
    assert signal.source is Source.RULE
    assert signal.score >= 0.9
    assert signal.spans


def test_reasons_say_why_without_a_word_of_the_senders() -> None:
    found = verdict("theres a man with a machete outside the shop", scores(0.1))
    by_rule = {reason.rule: reason.text for reason in found.reasons}
    assert "somebody has a weapon" in by_rule["rule:weapon-in-hand"]
    assert "characters" in by_rule["rule:weapon-in-hand"]
    assert not any("machete" in text for text in by_rule.values())


def test_every_verdict_has_a_reason_in_the_desks_words() -> None:
    found = verdict("hello", scores(0.0, 0.8, signals={SignalName.OFFENDER_PRESENT: 0.7}))
    assert found.reasons[0].text == "reads as abuse, suffered or written (0.80): offender present"


def test_a_phrase_the_model_is_sure_is_a_joke_keeps_its_signal_and_raises_nothing() -> None:
    joke = scores(0.01, meant=0.05)
    found = verdict("the baby has a knife", joke, hits=[hit(SignalName.WEAPON, Label.EMERGENCY)])
    assert found.label is Label.ROUTINE
    assert found.has(SignalName.WEAPON)
    assert "sure that it is not meant" in found.reasons[1].text


def test_in_a_language_the_model_does_not_read_it_cannot_overrule_a_phrase() -> None:
    joke = scores(0.01, meant=0.05)
    found = verdict("on ma nóż, proszę szybko", joke)
    assert found.label is Label.EMERGENCY
    assert not found.covered
    reason = next(reason for reason in found.reasons if reason.rule == "language")
    assert reason.text.startswith("language not covered: Polish")


# --- audience ------------------------------------------------------------


def test_audience_agrees_with_the_class() -> None:
    chances = {Audience.COMMS: 0.9}
    assert audience_of(Label.EMERGENCY, chances, []) is Audience.CONTROL_ROOM
    assert audience_of(Label.ROUTINE, chances, []) is Audience.CONTACT
    assert audience_of(Label.ABUSE, chances, []) is Audience.COMMS
    assert audience_of(Label.ABUSE, {Audience.CONTACT: 0.9}, []) is Audience.SAFEGUARDING


@pytest.mark.parametrize(
    ("signals", "audience"),
    [
        ([SignalName.DOMESTIC_ABUSE], Audience.SAFEGUARDING),
        ([SignalName.HATE], Audience.COMMS),
        ([SignalName.HATE, SignalName.DOMESTIC_ABUSE], Audience.BOTH),
        ([], Audience.SAFEGUARDING),
    ],
)
def test_without_the_network_signals_choose_the_audience_of_abuse(
    signals: list[SignalName], audience: Audience
) -> None:
    assert audience_of(Label.ABUSE, {}, signals) is audience


# --- degraded and unreadable ------------------------------------------------------------


def test_rules_alone_still_catch_a_cry_and_say_that_they_are_alone() -> None:
    found = verdict("he is strangling me", None, degraded="rules only: model is damaged")
    assert found.label is Label.EMERGENCY
    assert found.degraded == "rules only: model is damaged"
    assert not found.covered
    assert any(reason.rule == "degraded" for reason in found.reasons)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_text_is_unreadable_and_says_so(text: str) -> None:
    found = verdict(text, scores())
    assert not found.covered
    assert [reason.rule for reason in found.reasons] == ["model", "unreadable"]


def test_an_emoji_alone_is_not_a_foreign_language() -> None:
    found = verdict("👍", scores())
    assert found.covered
    assert found.lang == ""


# --- scores over windows ------------------------------------------------------------


def row(emergency: float, abuse: float) -> npt.NDArray[np.float32]:
    out = np.zeros(WIDTH, dtype=np.float32)
    out[:2] = emergency, abuse
    return out


def test_of_a_long_text_the_most_alarming_window_counts() -> None:
    calm, alarm = row(-4, -4), row(5, 0)
    one = scores_of(np.stack([alarm]), None, Calibration())
    many = scores_of(np.stack([calm, alarm, calm]), None, Calibration())
    assert many.labels[Label.EMERGENCY] == one.labels[Label.EMERGENCY]
    assert sum(many.labels.values()) == pytest.approx(1.0)


def test_the_linear_model_alone_gives_scores_but_no_modifiers() -> None:
    found = scores_of(None, np.zeros(LINEAR_WIDTH, dtype=np.float32), Calibration())
    assert sum(found.labels.values()) == pytest.approx(1.0)
    assert found.audience == {}
    assert found.modifiers == Modifiers()


def test_calibration_survives_being_written_and_read(tmp_path: Path) -> None:
    made = Calibration(
        label=Mix(net=0.7, linear=0.3, shift=(0.1, 0.0, -0.1)),
        thresholds=Thresholds(emergency=0.2, abuse=0.4, signals={SignalName.HATE: 0.3}),
    )
    path = tmp_path / "calibration.json"
    path.write_text(calibration_json(made))
    assert load_calibration(path) == made


def test_probabilities_are_probabilities() -> None:
    assert softmax(np.array([1000.0, 0, 0], dtype=np.float32)).tolist() == [1, 0, 0]
    assert sigmoid(np.array([-1000.0, 0, 1000], dtype=np.float32)).tolist() == pytest.approx(
        [0, 0.5, 1], abs=1e-6
    )


def test_the_heads_lie_side_by_side_without_gap() -> None:
    spans = sorted((head.start, head.start + len(head.answers)) for head in HEADS.values())
    assert [start for start, _ in spans] == [0, *(end for _, end in spans)][:-1]
    assert spans[-1][1] == WIDTH


def test_the_words_people_read_name_every_class_and_signal_and_nothing_else() -> None:
    assert set(words()["class"]) == set(Label)
    assert set(words()["signal"]) == set(SignalName)
    entries = [each for part in words().values() for each in part.values()]
    assert all(each["name"] and each["says"] for each in entries)


@given(SHARES, SHARES, SHARES)
def test_the_grounds_say_at_which_lines_an_item_is_an_emergency(
    emergency: float, line: float, unsure: float
) -> None:
    lines = Thresholds(emergency=line, unsure=unsure)
    for text in ("he has a knife to my throat", "when does the fair open"):
        found = verdict(text, scores(emergency), lines=lines)
        assert found.grounds is not None
        ruled = found.grounds.ruled is Label.EMERGENCY
        assert (found.label is Label.EMERGENCY) is (ruled or found.grounds.danger >= line)
        assert found.grounds.danger == emergency
        assert found.grounds.doubtful is (emergency >= unsure)


def test_the_grounds_of_what_only_rules_read_are_the_rules() -> None:
    found = verdict("he has a knife to my throat", None)
    assert found.grounds is not None
    assert (found.grounds.danger, found.grounds.ruled) == (0.0, Label.EMERGENCY)
