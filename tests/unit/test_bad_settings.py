"""A wrong setting is refused with file and key, and never shows a secret."""

from pathlib import Path

import pytest

from config.settings import Settings, load
from triage.errors import BadSettings

SINK = """
[[sink]]
kind = "slack"
bot_token_file = "token"
[sink.channels]
desk = "C02"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "firstcontact.toml"


def problem(file: Path, text: str, **environ: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings) as caught:
        load(file, environ=environ)
    return str(caught.value).replace(str(file.parent), "DIR")


def test_an_unknown_setting_is_an_error_that_names_it(file: Path) -> None:
    said = problem(file, '[desk]\nnmae = "Westbridge Police"\n')
    assert said == "DIR/firstcontact.toml: desk.nmae: unknown setting"


def test_a_value_of_the_wrong_type_names_file_and_key(file: Path) -> None:
    said = problem(file, "[storage]\npool_size = -1\n")
    assert said.startswith("DIR/firstcontact.toml: storage.pool_size: ")


def test_a_file_that_is_not_toml_says_so(file: Path) -> None:
    assert problem(file, "[desk\n").startswith("DIR/firstcontact.toml: not valid TOML: ")


def test_a_settings_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", environ={})


def test_a_secret_file_that_is_not_there_names_key_and_path(file: Path) -> None:
    said = problem(file, SINK)
    assert said == (
        "DIR/firstcontact.toml: bot_token_file: secret file DIR/token cannot be read: "
        "No such file or directory"
    )


def test_an_empty_secret_file_is_refused(file: Path) -> None:
    (file.parent / "token").write_text("\n", encoding="utf-8")
    assert problem(file, SINK).endswith("secret file DIR/token is empty")


def test_a_secret_that_does_not_fit_is_not_shown(file: Path) -> None:
    said = problem(file, SINK.replace("bot_token_file", "bot_tken") + 'x = "xoxb-secret"\n')
    assert "xoxb" not in said


def test_a_secret_is_masked_wherever_settings_are_printed(file: Path) -> None:
    (file.parent / "token").write_text("xoxb-secret\n", encoding="utf-8")
    file.write_text(SINK, encoding="utf-8")
    settings = load(file, environ={})
    assert "xoxb" not in repr(settings)
    assert "xoxb" not in settings.model_dump_json()


def test_the_environment_overrides_the_file(file: Path) -> None:
    file.write_text('[desk]\nname = "Westbridge Police"\n', encoding="utf-8")
    settings = load(file, environ={"FIRSTCONTACT__DESK__NAME": "Eastbridge Police"})
    assert settings.desk.name == "Eastbridge Police"


def test_an_override_of_an_entry_that_is_not_there_is_an_error(file: Path) -> None:
    (file.parent / "token").write_text("invented", encoding="utf-8")
    said = problem(file, SINK, FIRSTCONTACT__SINK__7__NAME="x")
    assert said == "FIRSTCONTACT__SINK__7__NAME: the settings file has no entry number 7 there"


def test_firstcontact_config_names_the_file(file: Path) -> None:
    file.write_text('[desk]\nname = "Westbridge Police"\n', encoding="utf-8")
    settings = load(environ={"FIRSTCONTACT_CONFIG": str(file)})
    assert settings.desk.name == "Westbridge Police"


def test_without_a_file_the_defaults_are_in_force() -> None:
    assert load(environ={}) == Settings()
