"""The gate refuses what loses anything; what is in force is one small file that can be undone."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.contexts.cases import Case, Expect, Form, Side
from classifiers.contexts.measure import measure
from classifiers.inforce import (
    POINTER,
    PROMOTED,
    go_back,
    history,
    in_force,
    promote_files,
    read_servable,
)
from classifiers.promotion import (
    Measured,
    golden_rows,
    objections,
    own_golden,
    table,
)
from classifiers.runtime.artefact import MANIFEST, SHIPPED, Artefact, read_artefact
from classifiers.training.data import Row
from classifiers.training.evaluate import evaluate
from classifiers.verdict import Judgement
from config.settings import Classifier as ClassifierSettings
from tests.factories import NOW
from triage.errors import BadInput, BadSettings
from triage.model import Verdict
from triage.ports import Reading
from triage.taxonomy import Audience, Label
from triage.thresholds import Thresholds

EMERGENCY, ABUSE, ROUTINE = Label
ROWS = [
    Row(id=f"{label}{n}", text=f"{label} {n}", label=label) for label in Label for n in range(20)
]


class Reader:
    """A model that reads a text as the class it begins with, save for those it gets wrong."""

    def __init__(self, name: str, wrong: dict[str, Label] | None = None) -> None:
        self.name, self._wrong = f"{name}/int8", wrong or {}
        self.thresholds = Thresholds()

    def judge(self, readings: Sequence[Reading]) -> list[Judgement]:
        return [
            Judgement(verdict=each, danger=each.scores[EMERGENCY]) for each in self.read(readings)
        ]

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        labels = [self._wrong.get(each.text, Label(each.text.split()[0])) for each in readings]
        return [
            Verdict(
                label=label,
                audience=Audience.CONTACT,
                scores={each: float(each is label) for each in Label},
            )
            for label in labels
        ]


def context(function: str, text: str) -> Case:
    side = Side(text=text, expect=Expect(classes=(Label(text.split()[0]),)))
    return Case(
        id=f"{function}-{text}", function=function, lang="en", form=Form.EXPECTATION, sides=(side,)
    )


CASES = [context(name, f"routine {name} {n}") for name in ("idiom", "games") for n in range(10)]


def model(name: str = "now", *wrong: tuple[str, Label], own: bool = False) -> Measured:
    reader = Reader(name, dict(wrong))
    return Measured(
        golden=evaluate(ROWS, reader),
        contexts=measure(CASES, reader),
        own=evaluate(ROWS, reader) if own else None,
    )


def missing(count: int) -> list[tuple[str, Label]]:
    return [(f"emergency {n}", ROUTINE) for n in range(count)]


# --- the gate -------------------------------------------------------------------------------------


def test_a_candidate_that_loses_nothing_is_let_through() -> None:
    assert objections(model(), model("new")) == []
    assert objections(model("now", *missing(3)), model("new", *missing(2))) == []


def test_one_emergency_lost_on_the_golden_set_is_one_too_many() -> None:
    against = objections(model(), model("new", *missing(1)))
    assert against == ["golden set: 1 fewer of 20 emergencies caught"]


def test_emergencies_that_change_places_are_named() -> None:
    now, new = model("now", ("emergency 9", ROUTINE)), model("new", ("emergency 1", ROUTINE))
    assert objections(now, new) == []
    lines = table(now, new)
    assert "golden: newly missed: emergency1" in lines
    assert "golden: newly caught: emergency9" in lines


def test_an_emergency_lost_on_the_forces_own_set_counts_as_much() -> None:
    against = objections(model(own=True), model("new", *missing(1), own=True))
    assert [each.partition(":")[0] for each in against] == ["golden set", "own set"]


def test_recall_may_not_be_bought_with_alarms() -> None:
    alarmed = [(f"routine {n}", EMERGENCY) for n in range(3)]
    against = objections(model(), model("new", *alarmed))
    assert "golden set: 15.0% more of what is routine raises an alarm" in against


def test_classes_mixed_up_elsewhere_are_seen_by_macro_f1() -> None:
    mixed = [(f"abuse {n}", ROUTINE) for n in range(4)]
    assert any("macro-F1 falls by" in each for each in objections(model(), model("new", *mixed)))


def in_context(name: str, count: int) -> list[tuple[str, Label]]:
    return [(f"routine {name} {n}", EMERGENCY) for n in range(count)]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (0, 1, None),
        (0, 2, "contexts: games falls from 1.00 to 0.80"),
        (2, 3, "contexts: games is under 0.75: 0.70, was 0.80"),
        (5, 5, None),
        (5, 4, None),
    ],
)
def test_a_context_function_may_lose_a_case_but_not_two_and_not_the_floor(
    before: int, after: int, why: str | None
) -> None:
    now, new = (model(name, *in_context("games", n)) for name, n in (("a", before), ("b", after)))
    against = [each for each in objections(now, new) if "games" in each]
    assert against == ([why] if why else [])


def test_a_little_lost_everywhere_is_seen_by_the_mean() -> None:
    less = [*in_context("games", 1), *in_context("idiom", 1)]
    assert objections(model(), model("new", *less)) == ["contexts: mean falls by 0.100"]


def test_the_table_shows_both_and_only_functions_that_differ() -> None:
    lines = table(model("old+1234"), model("new+5678", *in_context("games", 1), *missing(1)))
    assert [line.split() for line in lines[:2]] == [
        ["in", "force", "candidate"],
        ["model", "old+1234", "new+5678"],
    ]
    shown = "\n".join(lines)
    assert "20/20" in shown
    assert "19/20" in shown
    assert "games" in shown
    assert "idiom" not in shown


def test_the_golden_rows_only_judge_and_hold_enough_emergencies() -> None:
    rows = golden_rows()
    assert sum(row.label is EMERGENCY for row in rows) >= 100
    assert {row.label for row in rows} == set(Label)


def test_an_own_set_without_an_emergency_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "when do you open", "class": "routine"}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="no emergency among its rows"):
        own_golden(path)
    assert own_golden(None) == []


# --- what is in force -----------------------------------------------------------------------------


def named(folder: Path, name: str) -> Artefact:
    """The shipped model under another name: another digest, the same scores."""
    target = folder / name
    shutil.copytree(SHIPPED, target)
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    (target / MANIFEST).write_text(json.dumps(manifest | {"name": name}), encoding="utf-8")
    return read_artefact(target)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def served(models: Path) -> str:
    found = in_force(ClassifierSettings(models=models))
    assert found.problem == ""
    return read_artefact(found.folder).name


def test_without_a_promotion_the_shipped_model_is_in_force(models: Path) -> None:
    assert in_force(ClassifierSettings(models=models)).folder == SHIPPED
    with pytest.raises(BadSettings, match="nothing to go back to"):
        go_back(models)


def test_promotions_are_undone_one_by_one_down_to_the_shipped_model(
    models: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        promote_files(named(tmp_path, name), models, now=NOW)
    assert served(models) == "second"
    back = go_back(models)
    assert back is not None
    assert (back.name, served(models)) == ("first", "first")
    assert go_back(models) is None
    assert served(models) == read_artefact(SHIPPED).name


def test_a_promoted_model_needs_its_candidates_folder_no_longer(
    models: Path, tmp_path: Path
) -> None:
    promote_files(named(tmp_path, "first"), models, now=NOW)
    shutil.rmtree(tmp_path / "first")
    assert served(models) == "first"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    "break_it",
    [
        lambda models, digest: _cut(models / PROMOTED / digest / "linear.npz"),
        lambda models, digest: (models / PROMOTED / digest / MANIFEST).unlink(),
        lambda models, digest: (models / POINTER).write_text("{"),
        lambda models, digest: (models / POINTER).write_text(
            json.dumps({"promoted": [{"digest": "../x", "name": "x", "at": "2026-11-26T09:00Z"}]})
        ),
    ],
    ids=["a damaged file", "a missing file", "a damaged pointer", "a pointer elsewhere"],
)
def test_a_damaged_promotion_gives_way_to_the_shipped_model_and_says_so(
    models: Path, tmp_path: Path, break_it: Callable[[Path, str], None]
) -> None:
    promoted = promote_files(named(tmp_path, "first"), models, now=NOW)
    break_it(models, promoted.digest)
    found = in_force(ClassifierSettings(models=models))
    assert found.folder == SHIPPED
    assert found.problem.startswith("the promoted model cannot be used: ")


def test_what_cannot_be_gone_back_to_leaves_everything_as_it_is(
    models: Path, tmp_path: Path
) -> None:
    first = promote_files(named(tmp_path, "first"), models, now=NOW)
    promote_files(named(tmp_path, "second"), models, now=NOW)
    _cut(models / PROMOTED / first.digest / "linear.npz")
    with pytest.raises(BadInput, match="SHA-256 differs"):
        go_back(models)
    assert served(models) == "second"


def test_a_damaged_candidate_changes_nothing(models: Path, tmp_path: Path) -> None:
    candidate = named(tmp_path, "first")
    _cut(candidate.file("adapter.safetensors"))
    with pytest.raises(BadInput, match="SHA-256 differs"):
        promote_files(candidate, models, now=NOW)
    assert history(models) == []


def test_a_manifest_that_names_a_file_elsewhere_is_refused(models: Path, tmp_path: Path) -> None:
    candidate = named(tmp_path, "first")
    sly = {**candidate.manifest, "files": {"../outside": "0"}}
    with pytest.raises(BadInput, match="no file of its own"):
        promote_files(replace(candidate, manifest=sly), models, now=NOW)


def test_a_model_of_another_encoder_is_refused_and_gives_way_after_an_upgrade(
    models: Path, tmp_path: Path
) -> None:
    candidate = named(tmp_path, "first")
    manifest = {**candidate.manifest, "encoder": {"files": {"model.safetensors": "53aa"}}}
    candidate.file(MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    older = read_artefact(candidate.folder)
    with pytest.raises(BadInput, match="another encoder than this version serves"):
        read_servable(older.folder)
    with pytest.raises(BadInput, match="another encoder"):
        promote_files(older, models, now=NOW)
    pointer = {"digest": older.digest, "name": "first", "at": NOW.isoformat()}
    (models / POINTER).write_text(json.dumps({"promoted": [pointer]}), encoding="utf-8")
    found = in_force(ClassifierSettings(models=models))
    assert found.folder == SHIPPED
    assert "another encoder" in found.problem


def test_model_dir_comes_before_any_promotion(models: Path, tmp_path: Path) -> None:
    promote_files(named(tmp_path, "first"), models, now=NOW)
    other = named(tmp_path, "other").folder
    assert in_force(ClassifierSettings(models=models, model_dir=other)).folder == other
    with pytest.raises(BadSettings, match="holds no model"):
        in_force(ClassifierSettings(models=models, model_dir=models))
