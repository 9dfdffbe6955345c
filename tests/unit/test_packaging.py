"""What is installed is this project, whole, and light to import."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def python(code: str, folder: Path) -> str:
    """What a clean interpreter prints, in a folder that can lend it nothing."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_with_a_common_name_is_ours(name: str, tmp_path: Path) -> None:
    # A foreign `config` or `console` in site-packages would shadow ours.
    place = python(f"import {name}; print({name}.__file__)", tmp_path)
    assert Path(place).resolve() == ROOT / name / "__init__.py"


def test_the_command_line_starts_without_the_heavy_packages(tmp_path: Path) -> None:
    heavy = "{'torch', 'transformers', 'onnxruntime', 'tweepy', 'dbos', 'slack_sdk', 'sqlalchemy'}"
    code = f"import sys, console.cli; print(sorted({heavy} & set(sys.modules)))"
    assert python(code, tmp_path) == "[]"


def test_the_wheel_holds_every_tracked_file_of_the_packages(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    tracked = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    assert tracked - names == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_locked_file_has_a_hash_and_no_host() -> None:
    for package in LOCK["package"]:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        for file in files:
            assert file["hash"].startswith("sha256:"), package["name"]
            assert "url" not in file, f"{package['name']}: run `make lock`"
            assert "/" not in file["path"]


def test_every_dependency_is_locked() -> None:
    project = PROJECT["project"]
    groups = PROJECT["dependency-groups"].values()
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
        *(each for group in groups for each in group if isinstance(each, str)),
    ]
    names = {re.split(r"[\[<>=!;~ ]", each)[0].lower().replace("_", "-") for each in wanted}
    assert names - {package["name"] for package in LOCK["package"]} == set()
