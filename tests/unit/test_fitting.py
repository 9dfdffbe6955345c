"""Fitting the calibration: chances by likelihood, lines with a reason, judged by other rows."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from classifiers.calibrate import Calibration, load_calibration
from classifiers.ensemble import load_ensemble
from classifiers.guarantee import most_missed
from classifiers.heads import HEADS, LINEAR_WIDTH, WIDTH
from classifiers.runtime.artefact import SHIPPED, read_artefact
from classifiers.training.card import model_card
from classifiers.training.data import Row
from classifiers.training.evaluate import report_on
from classifiers.training.fitting import Seen, calibrated, cross_judged, fitted, judged
from classifiers.training.likelihood import Prior, likeliest
from classifiers.training.lines import DOUBT_MISSES, chosen_lines, doubt_line
from classifiers.training.shipping import refit, write_card
from classifiers.verdict import scores_of
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput
from triage.taxonomy import Label, Literalness, SignalName

ENGLISH = frozenset({"en"})
NO_RULE = np.zeros(100, dtype=bool)
ALL_REAL = np.ones(100, dtype=bool)
EVEN = np.linspace(0.01, 1, 100).astype(np.float32)


def free(weights: int) -> Prior:
    return Prior(middle=np.zeros(weights), pull=np.full(weights, 1e-9))


# --- likelihood -----------------------------------------------------------------------------------


def test_the_weights_that_drew_the_answers_are_found_again() -> None:
    draw = np.random.default_rng(3)
    features = draw.normal(size=(20_000, 3, 2))
    logits = features @ np.array([1.5, -0.7])
    noisy = logits + draw.gumbel(size=logits.shape)
    wanted = np.eye(3)[noisy.argmax(axis=1)]
    found = likeliest(features, wanted, free(2), exclusive=True)
    assert found == pytest.approx([1.5, -0.7], abs=0.05)


def test_answers_that_stand_alone_are_fitted_only_where_they_count() -> None:
    draw = np.random.default_rng(4)
    features = draw.normal(size=(20_000, 2, 1))
    wanted = (draw.random((20_000, 2)) < 1 / (1 + np.exp(-2 * features[:, :, 0]))).astype(float)
    wanted[:, 1] = 0
    counts = np.array([[1.0, 0.0]] * 20_000)
    found = likeliest(features, wanted, free(1), exclusive=False, counts=counts)
    assert found == pytest.approx([2.0], abs=0.07)


def test_without_rows_to_move_them_weights_stay_where_they_are_held() -> None:
    prior = Prior(middle=np.array([0.7]), pull=np.array([5.0]))
    found = likeliest(np.zeros((4, 3, 1)), np.eye(3)[[0, 1, 2, 0]], prior, exclusive=True)
    assert found == pytest.approx([0.7])


def test_answers_that_can_be_told_apart_perfectly_do_not_run_away() -> None:
    features = np.array([[[50.0], [0.0]], [[-50.0], [0.0]]])
    prior = Prior(middle=np.ones(1), pull=np.array([5.0]))
    found = likeliest(features, np.array([[1.0, 0.0], [0.0, 1.0]]), prior, exclusive=True)
    assert np.isfinite(found).all()


# --- lines ----------------------------------------------------------------------------------------


def test_the_band_of_doubt_reaches_down_to_what_may_be_promised() -> None:
    line = doubt_line(EVEN * 0.4, ALL_REAL, NO_RULE)
    missed = int((line > EVEN * 0.4).sum())
    assert most_missed(missed, 100) <= DOUBT_MISSES < most_missed(missed + 1, 100)


def test_of_too_few_emergencies_none_may_lie_under_the_band() -> None:
    few = np.arange(100) < 40
    line = doubt_line(EVEN * 0.4, few, NO_RULE)
    assert line <= float((EVEN * 0.4)[few].min())


def test_what_the_rules_catch_anyway_lets_the_band_begin_higher() -> None:
    by_rule = np.arange(100) < 5
    assert doubt_line(EVEN * 0.4, ALL_REAL, by_rule) > doubt_line(EVEN * 0.4, ALL_REAL, NO_RULE)
    assert doubt_line(EVEN * 0.4, ALL_REAL, ALL_REAL) == 0.5


def test_a_signal_with_few_examples_keeps_the_common_line() -> None:
    labels = np.tile(np.array([[0.2, 0.2, 0.6]], dtype=np.float32), (20, 1))
    labels[:3, 0] = 0.9
    gold = np.array([0] * 3 + [1] * 3 + [2] * 14)
    wanted = np.zeros((20, 25))
    wanted[:3, 0] = 1
    lines = chosen_lines(labels, wanted.astype(np.float32), gold, wanted, NO_RULE[:20])
    assert dict(lines.signals) == {}
    assert lines.line(SignalName.WEAPON) == lines.signal_default


# --- calibration ----------------------------------------------------------------------------------


def made_up(count: int, seed: int, *, loud: float = 3.0) -> list[Seen]:
    """Rows whose network logits are `loud` times too sure, and whose linear ones are noise."""
    draw = np.random.default_rng(seed)
    return [_seen(draw, place, loud) for place in range(count)]


def _seen(draw: np.random.Generator, place: int, loud: float) -> Seen:
    true = draw.normal(scale=2, size=3)
    label = list(Label)[int((true + draw.gumbel(size=3)).argmax())]
    window = np.zeros(WIDTH, dtype=np.float32)
    window[HEADS["label"].columns] = loud * true
    linear = draw.normal(size=LINEAR_WIDTH).astype(np.float32)
    row = Row(id=str(place), text=f"message {place}", label=label, literal=Literalness.LITERAL)
    return Seen(row=row, windows=window[None, :], linear=linear)


def chances(seen: list[Seen], calibration: Calibration) -> npt.NDArray[np.float64]:
    scores = [scores_of(each.windows, each.linear, calibration).labels for each in seen]
    return np.array([[each[label] for label in Label] for each in scores])


def test_a_loud_network_is_turned_down_and_a_model_of_noise_left_out() -> None:
    calibration = fitted(made_up(1_500, 1), ENGLISH)
    assert calibration.label.net == pytest.approx(1 / 3, abs=0.05)
    assert calibration.label.linear == pytest.approx(0, abs=0.1)
    others = made_up(1_500, 2)
    for place, label in enumerate(Label):
        said = chances(others, calibration)[:, place].mean()
        assert said == pytest.approx(
            np.mean([each.row.label is label for each in others]), abs=0.04
        )


def test_signals_that_nobody_judged_move_nothing() -> None:
    seen = made_up(60, 3)
    unjudged = [
        Seen(
            row=Row(id=each.row.id, text=each.row.text, label=each.row.label, judged=frozenset()),
            windows=each.windows,
            linear=each.linear,
        )
        for each in seen
    ]
    mix = fitted(unjudged, ENGLISH).signals
    assert (mix.net, mix.linear) == (0.5, 0.5)
    assert set(mix.shift) == {0.0}


def test_what_the_rows_say_nothing_about_stays_as_it_was() -> None:
    """A force that labels classes only does not lose what is known of signals and modifiers."""
    before = load_calibration(SHIPPED / "calibration.json")
    bare = [
        Seen(
            row=Row(id=each.row.id, text=each.row.text, label=each.row.label, judged=frozenset()),
            windows=each.windows,
            linear=each.linear,
        )
        for each in made_up(120, 7)
    ]
    after = fitted(bare, ENGLISH, before)
    assert after.signals == before.signals
    assert after.thresholds.signals == before.thresholds.signals
    assert {name: after.scales[name] for name in before.scales} == dict(before.scales)
    assert after.label != before.label


def test_a_row_is_never_judged_by_a_calibration_it_helped_to_fit() -> None:
    """The label of one row is turned round: only what is made of the other folds may change."""
    seen = made_up(200, 4)
    turned = seen.copy()
    other = next(label for label in Label if label is not seen[0].row.label)
    row = Row(id="0", text=seen[0].row.text, label=other, literal=Literalness.LITERAL)
    turned[0] = Seen(row=row, windows=seen[0].windows, linear=seen[0].linear)
    before, after = (cross_judged(each, ENGLISH) for each in (seen, turned))
    same_fold = [place for place in range(200) if place // 10 % 5 == 0]
    assert all(before[place] == after[place] for place in same_fold)
    assert any(a.danger != b.danger for a, b in zip(before, after, strict=True))


def test_promises_rest_on_rows_to_which_nothing_was_fitted() -> None:
    dev, judge = made_up(300, 5), made_up(400, 6)
    calibration = calibrated(dev, judge, ENGLISH)
    lines = calibration.thresholds
    assert [each.line for each in calibration.promises] == [lines.emergency, lines.unsure]
    real = [each for each in judge if each.row.label is Label.EMERGENCY]
    missed = sum(
        judged(each, calibration, ENGLISH).verdict.label is not Label.EMERGENCY for each in real
    )
    first = calibration.promises[0]
    assert (first.missed, first.emergencies) == (missed, len(real))
    assert first.share == most_missed(missed, len(real))
    assert calibrated(dev, judge[:40], ENGLISH).promises == ()
    assert calibrated(dev, (), ENGLISH).promises == ()


def test_a_calibration_of_an_earlier_version_is_still_read(tmp_path: Path) -> None:
    raw = json.loads((SHIPPED / "calibration.json").read_text(encoding="utf-8"))
    raw.pop("scales", None)
    raw.pop("promises", None)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(raw))
    assert load_calibration(path).promises == ()


def test_the_card_tells_judged_from_cross_fitted_figures_and_says_what_is_promised() -> None:
    dev, judge = made_up(300, 5), made_up(400, 6)
    calibration = calibrated(dev, judge, ENGLISH)

    def report(seen: list[Seen]) -> object:
        pairs = [(each.row, judged(each, calibration, ENGLISH)) for each in seen]
        return report_on(pairs, model="m", thresholds=calibration.thresholds)

    manifest = {**read_artefact(SHIPPED).manifest, "dev_rows": 300, "judge_rows": 400}
    card = model_card(manifest, calibration, report(dev), report(judge))  # type: ignore[arg-type]
    assert "## Results on the 400 rows that only judge" in card
    assert "## Results on the 300 dev rows\n\nCross-fitted" in card
    assert all(promise.text in card for promise in calibration.promises)
    alone = model_card(manifest, fitted(dev, ENGLISH), report(dev))  # type: ignore[arg-type]
    assert "only judge\n" not in alone
    assert "Nothing is promised" in alone


# --- a model fitted anew --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_model_is_fitted_anew_without_learning_again(own_cache: Path, tmp_path: Path) -> None:
    cache = own_cache / "firstcontact"
    texts = ("he has a knife outside number", "when do you open on day", "my ex hit me on day")
    labels = (Label.EMERGENCY, Label.ROUTINE, Label.ABUSE)
    rows = [
        Row(id=f"{n}", text=f"{texts[n % 3]} {n}", label=labels[n % 3], lang="en")
        for n in range(120)
    ]
    out = tmp_path / "out"
    refit(SHIPPED, out, cache=cache, dev=rows, judge=rows, progress=lambda line: None)
    write_card(out, cache=cache, dev=rows, judge=rows, progress=lambda line: None)
    old, new = read_artefact(SHIPPED), read_artefact(out)
    files = [each.manifest["files"] for each in (old, new)]
    assert files[0]["adapter.safetensors"] == files[1]["adapter.safetensors"]
    assert files[0]["calibration.json"] != files[1]["calibration.json"]
    assert (new.manifest["dev_rows"], new.manifest["judge_rows"]) == (120, 120)
    served = load_ensemble(ClassifierSettings(model_dir=out), cache=cache)
    assert served.degraded == ""
    assert served.promises[0].emergencies == 40
    assert (out / "MODEL_CARD.md").read_text().startswith("# Model card: desk")
    with pytest.raises(BadInput):
        refit(tmp_path, out, cache=cache, dev=rows, progress=lambda line: None)
