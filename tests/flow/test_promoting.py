"""Promotion and rollback through the command line, with the shipped model as served."""

import json
import shutil
from pathlib import Path

import pytest

from classifiers.runtime.artefact import MANIFEST, SHIPPED, write_manifest
from classifiers.runtime.build import build_model, default_cache
from classifiers.training.shipping import FILE_NAMES
from tests.service_rig import Ran, firstcontact
from triage.errors import Unavailable


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with settings; skipped where the model cannot be built."""
    try:
        build_model(default_cache())
    except Unavailable as error:
        pytest.skip(f"the model cannot be built here: {error}")
    (tmp_path / "desk.toml").write_text('[storage]\nurl = "sqlite:///desk.db"\n', encoding="utf-8")
    return tmp_path


def model(desk: Path, *words: str) -> Ran:
    return firstcontact("model", *words, "--config", "desk.toml", cwd=desk)


def candidate(desk: Path, name: str, *, emergency: float | None = None) -> Path:
    """The shipped model under another name, with another line from which an alarm is raised."""
    folder = desk / name
    shutil.copytree(SHIPPED, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if emergency is not None:
        path = folder / "calibration.json"
        calibration = json.loads(path.read_text(encoding="utf-8"))
        for lines in (each for each in calibration.values() if isinstance(each, dict)):
            if "emergency" in lines:
                lines["emergency"] = emergency
        path.write_text(json.dumps(calibration), encoding="utf-8")
    fields = {key: value for key, value in manifest.items() if key not in ("files", "format")}
    write_manifest(folder, fields | {"name": name}, FILE_NAMES)
    return folder


def actions(desk: Path) -> list[str]:
    ran = firstcontact("audit", "export", "--config", "desk.toml", cwd=desk)
    return [each["action"] for each in ran.lines]


@pytest.mark.slow
def test_a_model_is_refused_promoted_and_taken_back_and_each_is_recorded(desk: Path) -> None:
    candidate(desk, "deaf", emergency=0.9999)
    refused = model(desk, "promote", "deaf")
    assert refused.code == 1
    assert "emergencies caught" in refused.out
    assert "- golden set: " in refused.out
    assert "deaf is not promoted" in refused.err.splitlines()[-1]

    candidate(desk, "next")
    promoted = model(desk, "promote", "next")
    assert promoted.code == 0, promoted.err
    assert "promoted: next; a running service takes it up at its next start" in promoted.out
    classified = firstcontact(
        "classify", "-", "--config", "desk.toml", cwd=desk, stdin='{"text": "hello"}'
    )
    assert classified.lines[0]["model"].startswith("next+")
    assert model(desk, "show").out.startswith("in force   next+")

    assert "as shipped" in model(desk, "rollback").out
    assert model(desk, "rollback").err == (
        "firstcontact: the shipped model is in force: there is nothing to go back to\n"
    )
    assert actions(desk) == ["model.refused", "model.promoted", "model.rolled_back"]


def test_a_candidate_with_a_changed_file_is_refused_and_that_is_recorded(desk: Path) -> None:
    folder = candidate(desk, "changed")
    (folder / "calibration.json").write_text("{}", encoding="utf-8")
    ran = model(desk, "promote", "changed")
    assert ran.code == 1
    assert "calibration.json: model file is damaged: its SHA-256 differs" in ran.err
    assert actions(desk) == ["model.refused"]
    assert not (desk / "models").exists()


def test_where_the_settings_name_a_model_none_is_promoted(desk: Path) -> None:
    candidate(desk, "own")
    (desk / "desk.toml").write_text('[classifier]\nmodel_dir = "own"\n', encoding="utf-8")
    for words in (("promote", "own"), ("rollback",)):
        assert "classifier.model_dir names the model in force" in model(desk, *words).err
    assert "named by classifier.model_dir: own" in model(desk, "show").out
