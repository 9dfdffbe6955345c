"""Measuring: shares with ranges, slices that say when they cannot say, misses by name."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifiers.guarantee import most_missed
from classifiers.rules import shipped_rules
from classifiers.training.augment import varied
from classifiers.training.data import Row, own_row, own_rows, public_rows
from classifiers.training.evaluate import evaluate, labelled_file
from classifiers.training.shares import Share, wilson
from classifiers.verdict import Judgement, Scores, judgement_of
from triage.errors import BadInput
from triage.model import Item, Priority, Verdict
from triage.ports import Reading
from triage.taxonomy import Kind, Label, SignalName, When
from triage.thresholds import Thresholds


class RulesReader:
    """The rules as a classifier: small, real and quick."""

    name = "rules"
    thresholds = Thresholds()

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [each.verdict for each in self.judge(readings)]

    def judge(self, readings: Sequence[Reading]) -> list[Judgement]:
        return [
            judgement_of(
                each,
                None,
                shipped_rules().hits(each.text),
                thresholds=Thresholds(),
                covered=frozenset({"en"}),
                model="rules",
            )
            for each in readings
        ]


def row(text: str, label: Label, **more: object) -> Row:
    return Row(id=text[:10], text=text, label=label, lang="en", channel="x_dm", **more)  # type: ignore[arg-type]


ROWS = [
    *[row(f"he has a knife {n}", Label.EMERGENCY) for n in range(40)],
    row("the scales are on their way and I am in the bath with it", Label.EMERGENCY),
    *[row(f"when do you open {n}", Label.ROUTINE) for n in range(50)],
    *[row(f"my husband hits me {n}", Label.ABUSE) for n in range(9)],
]


def test_recall_and_precision_come_with_their_range() -> None:
    report = evaluate(ROWS, RulesReader())
    emergency = report.classes[0]
    assert (emergency.recall.hits, emergency.recall.of) == (40, 41)
    assert emergency.recall.range == pytest.approx((0.874, 0.996), abs=0.001)
    assert emergency.precision.value == 1.0
    assert report.confusion[Label.EMERGENCY][Label.ROUTINE] == 1


def test_wilson_agrees_with_published_values() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_under_thirty_the_report_refuses_to_say() -> None:
    assert Share(hits=9, of=9).text == "not enough to say (9 of 9)"
    assert Share(hits=29, of=30).text.startswith("0.967 (0.833 to 0.994)")


def test_missed_emergencies_are_listed_in_full() -> None:
    report = evaluate(ROWS, RulesReader())
    assert [each.text for each in report.missed] == [ROWS[40].text]
    assert ROWS[40].text in report.as_text()


def test_the_report_is_plain_json() -> None:
    raw = json.loads(json.dumps(evaluate(ROWS, RulesReader()).as_json()))
    assert raw["items"] == 100
    assert raw["classes"]["emergency"]["recall"]["enough"] is True
    assert raw["classes"]["abuse"]["recall"]["enough"] is False


def test_alerts_a_day_follow_the_base_rate() -> None:
    report = evaluate(ROWS, RulesReader(), base_rate=0.5, a_day=100)
    assert report.alerts.value == pytest.approx(100 * 0.5 * 40 / 41)


def test_labelled_items_are_measured_like_rows_and_unlabelled_ones_left_out() -> None:
    def item(text: str, **extra: object) -> Item:
        return Item(
            id="1",
            channel="x_dm",
            account="",
            sent_at=datetime(2026, 11, 23, tzinfo=UTC),
            text=text,
            kind=Kind.DM,
            extra=extra,
        )

    labelled = item("he has a knife", **{"class": "emergency", "signals": ["weapon"]})
    report = evaluate([labelled, item("hello")], RulesReader())
    assert report.items == 1
    assert report.classes[0].recall == Share(hits=1, of=1)


def test_a_wrong_label_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "class": "routine"}\n{"text": "b", "class": "urgent"}\n')
    with pytest.raises(BadInput, match=r"rows\.jsonl:2: class: unknown label 'urgent'"):
        labelled_file(path)


def test_what_a_row_does_not_say_is_not_trained_on(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the train extra")
    from classifiers.training.losses import targets_of

    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "class": "routine"}\n')
    (bare,) = own_rows([path])
    counts = targets_of([bare]).counts[0]
    assert counts[:3].min() > 0
    assert counts[3:28].max() == 0  # no signals were given: none are judged


def test_public_rows_come_from_the_train_split_only_and_the_draw_is_repeatable(
    tmp_path: Path,
) -> None:
    import gzip

    raws = [
        {
            "id": f"s{n}",
            "text": f"text {n}",
            "split": "dev" if n % 10 == 0 else "train",
            "label": "routine",
            "signals": [],
        }
        for n in range(400)
    ]
    lines = "\n".join(json.dumps(raw) for raw in raws)
    (tmp_path / "sms_spam.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    first, second = (public_rows(tmp_path, seed=5) for _ in range(2))
    assert first == second
    assert first
    assert not any(int(each.id[1:]) % 10 == 0 for each in first)


def test_slips_are_repeatable_and_leave_most_texts_alone() -> None:
    import random

    texts = [varied("he is outside my house now", random.Random(n)) for n in range(200)]
    assert texts == [varied("he is outside my house now", random.Random(n)) for n in range(200)]
    assert 100 < texts.count("he is outside my house now") < 180


# --- what a measurement says ----------------------------------------------------------------------


class ScoresReader(RulesReader):
    """A classifier whose emergency scores are known: the text is the score, rules beside it."""

    name = "scores"
    thresholds = Thresholds(emergency=0.5, unsure=0.2)

    def judge(self, readings: Sequence[Reading]) -> list[Judgement]:
        return [self._judged(each) for each in readings]

    def _judged(self, reading: Reading) -> Judgement:
        danger = float(reading.text.split()[0])
        labels = {Label.EMERGENCY: danger, Label.ABUSE: 0.0, Label.ROUTINE: 1 - danger}
        return judgement_of(
            reading,
            Scores(labels=labels, signals=dict.fromkeys(SignalName, 0.0), audience={}),
            shipped_rules().hits(reading.text),
            thresholds=self.thresholds,
            covered=frozenset({"en"}),
            model="scores",
        )


def scored(score: float, label: Label, count: int = 1, **more: object) -> list[Row]:
    fields = {"id": f"{score}", "text": f"{score} or so", "lang": "en", "channel": "x_dm", **more}
    return [Row(label=label, **fields) for _ in range(count)]  # type: ignore[arg-type]


MIXED = [
    *scored(0.9, Label.EMERGENCY, 95),
    *scored(0.3, Label.EMERGENCY, 3),
    *scored(0.1, Label.EMERGENCY, 2),
    *scored(0.6, Label.ROUTINE, 4),
    *scored(0.25, Label.ROUTINE, 16),
    *scored(0.01, Label.ROUTINE, 180),
]


def test_the_band_of_doubt_is_reported_with_what_it_holds_of_the_missed() -> None:
    report = evaluate(MIXED, ScoresReader())
    assert (report.band.low, report.band.high) == (0.2, 0.5)
    assert report.band.items == Share(hits=19, of=300)
    assert report.band.missed == Share(hits=3, of=5)
    assert "19 of 300 items, and 3 of 5 missed emergencies" in report.as_text()


def test_where_the_real_emergencies_end_counts_floors_and_doubt() -> None:
    report = evaluate(MIXED, ScoresReader())
    assert [report.landed[each] for each in Priority] == [95, 3, 0, 0, 2]
    assert [each.priority for each in report.missed] == [Priority.P5] * 2 + [Priority.P2] * 3
    assert report.at_most_missed == pytest.approx(most_missed(5, 100))
    assert report.at_most_late == pytest.approx(most_missed(2, 100))


def test_false_emergencies_are_those_among_routine_rows() -> None:
    rows = [*MIXED, *scored(0.9, Label.ABUSE)]
    assert evaluate(rows, ScoresReader()).false_emergencies == Share(hits=4, of=200)


def test_a_promise_comes_with_its_line_its_precision_and_its_alerts() -> None:
    asked = evaluate(MIXED, ScoresReader(), miss_at_most=0.05, base_rate=0.0).asked
    assert asked is not None
    assert asked.promise is not None
    assert (asked.promise.line, asked.promise.missed) == (0.1, 0)
    assert asked.precision == Share(hits=100, of=120)
    assert asked.alerts is not None
    assert asked.alerts.value == pytest.approx(1000 * 20 / 200)
    assert asked.refusal == ""


def test_without_enough_emergencies_the_promise_is_refused_with_how_many_it_needs() -> None:
    report = evaluate(MIXED, ScoresReader(), miss_at_most=0.02)
    assert report.asked is not None
    assert report.asked.promise is None
    assert report.asked.refusal == (
        "100 labelled emergencies are too few to promise that at most 2 in 100 are missed: 149 "
        "are needed, and more if any of them is missed"
    )
    assert report.asked.refusal in report.as_text()
    assert report.as_json()["asked"]["needed"] == 149


def test_emergencies_that_a_rule_catches_do_not_pull_the_line_down() -> None:
    by_rule = scored(0.01, Label.EMERGENCY, 60, text="0.01 he has a knife and is outside my door")
    asked = evaluate(by_rule, ScoresReader(), miss_at_most=0.05).asked
    assert asked is not None
    assert asked.promise is not None
    assert asked.promise.line == 1.0


def test_a_language_is_said_to_lie_within_eight_points_of_english_or_not_or_not_to_be_known() -> (
    None
):
    rows = [
        *scored(0.9, Label.EMERGENCY, 90),
        *scored(0.1, Label.EMERGENCY, 10),
        *scored(0.9, Label.EMERGENCY, 33, lang="pl"),
        *scored(0.1, Label.EMERGENCY, 7, lang="pl"),
        *scored(0.9, Label.EMERGENCY, 24, lang="cy"),
        *scored(0.1, Label.EMERGENCY, 16, lang="cy"),
        *scored(0.1, Label.EMERGENCY, 29, lang="so"),
    ]
    report = evaluate(rows, ScoresReader())
    assert {caught.lang: caught.says for caught, _ in report.languages} == {
        "cy": "not within",
        "pl": "within 8 points",
        "so": "not enough to say",
    }


def test_slices_name_dialects_and_modifiers_and_stand_from_short_to_long() -> None:
    rows = [
        *scored(0.9, Label.EMERGENCY, dialect="Scots", time=When.NOW),
        *scored(0.1, Label.ROUTINE, text=f"0.1 {'word ' * 20}"),
        *scored(0.1, Label.ROUTINE, text=f"0.1 {'word ' * 60}", thread=("0.1",)),
    ]
    names = [each.name for each in evaluate(rows, ScoresReader()).slices]
    assert [name for name in names if name.startswith("letters")] == [
        "letters to 60",
        "letters 61 to 200",
        "letters over 200",
    ]
    assert {"dialect Scots", "time now", "thread alone"} <= set(names)
    assert "dialect " not in names


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("signals", "weapon", "signals: not a list"),
        ("modifiers", ["now"], "modifiers: not a JSON object"),
        ("weight", "much", "weight: not a number"),
        ("judged", 3, "judged: not a list"),
    ],
)
def test_a_label_of_odd_shape_is_refused_by_name(field: str, value: object, said: str) -> None:
    with pytest.raises(BadInput, match=rf"line 3: {said}"):
        own_row({"text": "a", "class": "routine", field: value}, "line 3")


def test_a_thread_that_is_one_text_is_one_text() -> None:
    assert own_row({"text": "a", "class": "routine", "thread": "before"}, "1").thread == ("before",)
    odd = own_row({"text": "a", "class": "routine", "thread": [3, {"text": "b"}, "c", None]}, "1")
    assert odd.thread == ("b", "c")
