"""config/default.toml is what an operator reads: it must say what config/settings.py does."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import config
from config.settings import Settings, load

DEFAULTS = Path(config.__file__).with_name("default.toml")
EXAMPLE = re.compile(r"^#(?=[\[a-z])", re.MULTILINE)


@pytest.fixture(scope="module")
def everything_on(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The defaults file with all its examples switched on and its secrets in place."""
    folder = tmp_path_factory.mktemp("settings")
    text = EXAMPLE.sub("", DEFAULTS.read_text(encoding="utf-8"))
    for secret in re.findall(r'_file = "([^"]+)"', text):
        path = folder / secret
        path.parent.mkdir(exist_ok=True)
        path.write_text("invented", encoding="utf-8")
    path = folder / "firstcontact.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ={})


def sections(settings: Settings) -> list[tuple[str, BaseModel]]:
    plain = {name: value for name, value in settings if isinstance(value, BaseModel)}
    several = [
        (f"{name}[{value.kind}]", value)
        for name in ("collector", "sink", "record_source")
        for value in getattr(settings, name)
    ]
    return [*plain.items(), *several]


def test_the_defaults_file_changes_nothing_when_loaded() -> None:
    assert load(DEFAULTS, environ={}) == Settings()


def test_every_kind_of_collector_sink_and_source_has_an_example(everything_on: Settings) -> None:
    for name in ("collector", "sink", "record_source"):
        annotation = str(Settings.model_fields[name].annotation)
        shown = {type(value).__name__ for value in getattr(everything_on, name)}
        assert shown == set(re.findall(r"(\w+(?:Collector|Sink|Source))\b", annotation))


def test_every_setting_is_written_out(everything_on: Settings) -> None:
    for section, value in sections(everything_on):
        missing = set(type(value).model_fields) - value.model_fields_set
        assert not missing, f"[{section}] in config/default.toml leaves out {sorted(missing)}"


def test_every_value_written_out_is_the_default(everything_on: Settings) -> None:
    for section, value in sections(everything_on):
        for name, field in type(value).model_fields.items():
            if field.default in (None, PydanticUndefined) or isinstance(field.default, dict):
                continue  # no default, or a table whose entries are examples
            assert getattr(value, name) == field.default, f"[{section}] {name}"
