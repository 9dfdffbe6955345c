"""One number of a settings file is changed, and nothing else in it."""

from pathlib import Path

import pytest

from config.writing import with_number, write_number
from triage.errors import BadSettings


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n[classifier]\nabuse = 0.4\n"),
        ("[desk]", "[desk]\n\n[classifier]\nabuse = 0.4\n"),
        ("[classifier]\n", "[classifier]\nabuse = 0.4\n"),
        ("[classifier]\nabuse = 0.9\n", "[classifier]\nabuse = 0.4\n"),
        ("[classifier]\n#abuse = 0.5\n", "[classifier]\nabuse = 0.4\n#abuse = 0.5\n"),
        (
            "[other]\nabuse = 1\n[classifier]\nthreads = 2\n[engine]\nabuse = 2\n",
            "[other]\nabuse = 1\n[classifier]\nabuse = 0.4\nthreads = 2\n[engine]\nabuse = 2\n",
        ),
    ],
)
def test_only_the_line_asked_for_changes(before: str, after: str) -> None:
    assert with_number(before, "classifier", "abuse", 0.4) == after


def test_a_file_that_would_not_load_afterwards_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text("[classifier]\nthreads = 1\n", encoding="utf-8")
    with pytest.raises(BadSettings, match=r"desk\.toml: classifier\.abuse: "):
        write_number(path, "classifier", "abuse", 7.0)
    assert path.read_text(encoding="utf-8") == "[classifier]\nthreads = 1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["desk.toml"]


def test_a_value_the_environment_overrides_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "desk.toml"
    path.write_text("", encoding="utf-8")
    monkeypatch.setenv("FIRSTCONTACT__CLASSIFIER__ABUSE", "0.9")
    with pytest.raises(BadSettings, match="the environment sets another value"):
        write_number(path, "classifier", "abuse", 0.4)
    assert path.read_text(encoding="utf-8") == ""


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"none\.toml: cannot be read or written"):
        write_number(tmp_path / "none.toml", "classifier", "abuse", 0.4)
