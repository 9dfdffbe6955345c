"""Undocumented fails: whatever an operator or officer can meet stands in docs/."""

import importlib
import pkgutil
import re
import runpy
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

import console.commands
from classifiers.contexts.cases import shipped_cases
from config.settings import Settings
from console.cli import app
from triage import errors
from triage.items import CHANNELS
from triage.lifecycle import CLOCKS, MOVES, RESULTS, Verb
from triage.model import Priority, Role, State
from triage.priority import FLOORS
from triage.taxonomy import (
    Audience,
    Direction,
    Label,
    Lane,
    Literalness,
    Marker,
    SignalName,
    Voice,
    When,
)

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("triage", "config", "collectors", "classifiers", "storage", "notifier", "console")
SOURCES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def table(name: str) -> list[list[str]]:
    """The rows of all tables of a page, marks of code taken off."""
    lines = [line for line in page(name).splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def tracked() -> list[Path]:
    found = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if found.returncode:
        pytest.skip("not a git checkout")
    names = [ROOT / name for name in found.stdout.split("\0") if name]
    return [path for path in names if path.is_file()]


# --- what stands in the code stands in the manual -------------------------------------------------


def test_the_settings_page_is_written_from_the_defaults_file() -> None:
    written = runpy.run_path(str(DOCS / "settings_page.py"))
    source = (ROOT / "config" / "default.toml").read_text(encoding="utf-8")
    assert page("reference/settings.md") == written["page"](source), "run `make docs`"


def test_every_setting_is_documented_with_its_meaning() -> None:
    rows = table("reference/settings.md")
    names = {row[0].removesuffix("_file").partition(".")[0] for row in rows}
    assert all(row[2] for row in rows), [row[0] for row in rows if not row[2]]
    for section, field in Settings.model_fields.items():
        for model in _models(field.annotation):
            missing = set(model.model_fields) - names
            assert not missing, f"[{section}]: {sorted(missing)}"


def test_a_setting_that_nothing_reads_says_so() -> None:
    sources = [path for path in SOURCES if path.parent.name != "config"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    unread = {
        name
        for field in Settings.model_fields.values()
        for model in _models(field.annotation)
        for name in model.model_fields
        if not re.search(rf"\.{name}\b", code)
    }
    rows = table("reference/settings.md")
    assert unread == {row[0] for row in rows if "Not in force" in row[2]}


def _models(annotation: object) -> Iterator[type[Settings]]:
    if hasattr(annotation, "model_fields"):
        yield annotation  # type: ignore[misc]
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def test_every_command_is_documented() -> None:
    for module in pkgutil.iter_modules(console.commands.__path__):
        commands = importlib.import_module(f"console.commands.{module.name}")
        if hasattr(commands, "register"):
            commands.register(app)
    text = page("reference/commands.md")
    for words in _commands(get_command(app)):
        assert f"`firstcontact {words}" in text, words


def _commands(group: typer.core.TyperGroup, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_error_is_documented() -> None:
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.FirstContactError)
    }
    assert classes == {row[0] for row in table("reference/errors.md") if row[0] in vars(errors)}


def test_every_channel_is_documented_as_it_is() -> None:
    rows = {row[0]: (row[1], row[2]) for row in table("reference/channels.md")}
    assert {name: (of, kind.value) for name, (of, kind) in CHANNELS.items()} == {
        name: rows[name] for name in rows if name in CHANNELS
    }


def test_every_state_and_result_is_documented() -> None:
    rows = {row[0]: row for row in table("reference/states-and-moves.md")}
    assert {state.value for state in State} <= set(rows)
    assert {code: rows[code][1] for code in RESULTS} == dict(RESULTS)


@pytest.mark.parametrize("verb", list(Verb))
def test_every_move_is_documented_as_it_is(verb: Verb) -> None:
    rows = {row[0]: row for row in table("reference/states-and-moves.md")}
    _, since, into, *_ = rows[verb.value]
    moves = MOVES[verb]
    if set(moves) == set(State) - {State.RECEIVED}:
        assert since == "any but received"
    else:
        assert since == ", ".join(state.value for state in moves)
    if verb is Verb.UNDO:
        assert into == "as it was"
    elif all(state is after for state, after in moves.items()):
        assert into == "the same"
    else:
        assert {into} == {after.value for after in moves.values()}


@pytest.mark.parametrize(
    "words",
    [Label, Audience, SignalName, When, Voice, Literalness, Direction, Lane, Marker],
    ids=lambda words: words.__name__,
)
def test_every_word_of_the_desk_is_explained(words: type[SignalName]) -> None:
    text = page("concepts/taxonomy.md")
    assert [word.value for word in words if f"`{word.value}`" not in text] == []


def test_every_priority_and_floor_is_explained() -> None:
    rows = {row[0]: row for row in table("concepts/prioritise.md")}
    assert {priority.name for priority in Priority} | set(FLOORS) <= set(rows)
    for priority in Priority:
        assert rows[priority.name][1] == priority.word


def test_every_clock_step_is_explained() -> None:
    told = [(row[0], row[1]) for row in table("concepts/escalate.md")[2:]]
    steps = [
        (priority.name, f"{step.after.total_seconds() / 60:g} min")
        for priority, clocks in CLOCKS.items()
        for step in clocks.steps
    ]
    assert told == steps


def test_every_role_is_explained() -> None:
    assert {role.value for role in Role} <= {row[0] for row in table("reference/roles.md")}


def test_every_context_function_is_explained_with_its_number_of_cases() -> None:
    counts = Counter(case.function for case in shipped_cases())
    rows = {row[0]: row for row in table("reference/contexts.md") if row[0] in counts}
    assert {name: str(count) for name, count in counts.items()} == {
        name: row[2] for name, row in rows.items()
    }
    assert all(row[1] for row in rows.values())


def test_every_metric_is_explained() -> None:
    source = (ROOT / "console" / "observe.py").read_text(encoding="utf-8")
    metrics = set(re.findall(r'MetricFamily\(\s*"(\w+)"', source))
    assert metrics
    assert metrics == {row[0] for row in table("reference/metrics.md")[2:]}


def test_every_action_of_the_audit_trail_is_explained() -> None:
    text = page("reference/audit-trail.md")
    named = re.compile(r'\baction="([a-z_.]+)"|\.record\([^,()]+, "([a-z_.]+)"')
    found = (named.findall(path.read_text(encoding="utf-8")) for path in SOURCES)
    actions = {first or second for each in found for first, second in each}
    assert {"triaged", "escalated"} <= actions
    assert [name for name in sorted(actions) if f"`{name}`" not in text] == []


# --- what the manual says is there ----------------------------------------------------------------


def test_every_test_the_manual_names_exists() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = re.findall(r"`(test_\w+)`", page("reference/errors.md"))
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_links_between_files_resolve() -> None:
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in link and not link.startswith("mailto:"):
                assert (path.parent / link).exists(), f"{path.relative_to(ROOT)}: {link}"


def test_pages_the_code_names_exist() -> None:
    for path in SOURCES:
        for name in re.findall(r"\bdocs/[\w/.-]+\b", path.read_text(encoding="utf-8")):
            found = (ROOT / name).exists() or list(ROOT.glob(f"{name}-*"))
            assert found, f"{path.relative_to(ROOT)}: {name}"


def test_no_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    # Put together here, so that this file does not name them either.
    hosts = ("pypi" + ".org", "python" + "hosted", "npmjs" + ".org", "/simple" + "/")
    places = ("/ro" + "ot/", "/wo" + "rk/main", "/wo" + "rk/shared", "/Us" + "ers/")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked()
        for word in (*hosts, *places)
        if word.encode() in path.read_bytes()
    ]
    assert found == []
