"""What test_bad_settings.py leaves over: lists, precedence, names, and secrets in every corner."""

import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import FacebookCollector, Settings, SlackSink, WebhookSink, XCollector, load
from triage.errors import BadSettings
from triage.taxonomy import Lane

SECRET = "xoxb-never-shown-7Kq"

FULL = f"""
[desk]
name = "Westbridge Police"
[storage]
url = "postgresql+psycopg://desk:{SECRET}@db.westbridge.example/desk"
[[collector]]
kind = "x"
account = "westbridgepolice"
user_id = "1001"
bearer_token = "{SECRET}"
[[collector]]
kind = "facebook"
page_id = "2002"
page_token = "{SECRET}"
app_secret = "{SECRET}"
[[sink]]
kind = "slack"
bot_token = "{SECRET}"
[sink.channels]
control_room = "C01"
[[sink]]
kind = "webhook"
name = "pager"
url = "https://gateway.westbridge.example/{SECRET}"
secret = "{SECRET}"
[escalation]
second_route = ["pager"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "firstcontact.toml"
    path.write_text(FULL, encoding="utf-8")
    return path


def problem(file: Path, text: str | None = None, **environ: str) -> str:
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings) as caught:
        load(file, environ=environ)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return str(caught.value).replace(str(file.parent), "DIR")


# --- the whole ------------------------------------------------------------------------------------


def test_every_vendor_is_read_with_its_own_defaults(file: Path) -> None:
    settings = load(file, environ={})
    x, facebook = settings.collector
    assert isinstance(x, XCollector)
    assert isinstance(facebook, FacebookCollector)
    assert (x.name, facebook.name) == ("x:westbridgepolice", "facebook:2002")
    assert x.base_url == "https://api.x.com"
    slack, pager = settings.sink
    assert isinstance(slack, SlackSink)
    assert isinstance(pager, WebhookSink)
    assert slack.channels == {Lane.CONTROL_ROOM: "C01"}


def test_nothing_printed_shows_a_secret(file: Path) -> None:
    settings = load(file, environ={})
    for shown in (repr(settings), str(settings), f"{settings.collector} {settings.sink}"):
        assert SECRET not in shown
    assert settings.sink[1].model_dump()["secret"].get_secret_value() == SECRET


def test_settings_cannot_be_changed_once_read(file: Path) -> None:
    settings = load(file, environ={})
    with pytest.raises(ValueError, match="frozen"):
        settings.desk.name = "Eastbridge Police"


# --- environment ----------------------------------------------------------------------------------


def test_the_environment_reaches_into_entries_of_lists(file: Path) -> None:
    settings = load(
        file,
        environ={
            "FIRSTCONTACT__COLLECTOR__0__BASE_URL": "http://127.0.0.1:9/",
            "FIRSTCONTACT__COLLECTOR__1__EVERY_SECONDS": "5",
            "FIRSTCONTACT__SINK__0__CHANNELS__DESK": "C02",
        },
    )
    assert settings.collector[0].model_dump()["base_url"] == "http://127.0.0.1:9/"
    assert settings.collector[1].every_seconds == 5
    assert settings.sink[0].model_dump()["channels"][Lane.DESK] == "C02"


def test_the_environment_alone_can_set_up_a_desk() -> None:
    settings = load(
        environ={
            "FIRSTCONTACT__SINK__0__KIND": "terminal",
            "FIRSTCONTACT__SINK__0__NAME": "first",
            **{f"FIRSTCONTACT__SINK__{n}__KIND": "terminal" for n in range(1, 12)},
            **{f"FIRSTCONTACT__SINK__{n}__NAME": f"sink {n}" for n in range(1, 12)},
        }
    )
    assert [each.name for each in settings.sink] == ["first", *(f"sink {n}" for n in range(1, 12))]


def test_lists_are_written_as_json_in_the_environment(file: Path) -> None:
    settings = load(
        file,
        environ={
            "FIRSTCONTACT__COLLECTOR__0__SOURCES": '["dms"]',
            "FIRSTCONTACT__DESK__SHIFT_ENDS": '["07:00", "19:00"]',
        },
    )
    assert settings.collector[0].model_dump()["sources"] == ("dms",)
    assert settings.desk.shift_ends == ("07:00", "19:00")


def test_a_secret_that_only_looks_like_json_is_taken_as_it_is(file: Path) -> None:
    settings = load(file, environ={"FIRSTCONTACT__SINK__0__BOT_TOKEN": "{not json"})
    assert settings.sink[0].model_dump()["bot_token"].get_secret_value() == "{not json"


def test_a_secret_from_the_environment_wins_over_the_file_the_settings_name(file: Path) -> None:
    (file.parent / "token").write_text("from a file", encoding="utf-8")
    file.write_text(FULL.replace(f'bot_token = "{SECRET}"', 'bot_token_file = "token"'))
    settings = load(file, environ={"FIRSTCONTACT__SINK__0__BOT_TOKEN": SECRET})
    assert settings.sink[0].model_dump()["bot_token"].get_secret_value() == SECRET


def test_a_secret_file_from_the_environment_wins_over_a_secret_in_the_settings(file: Path) -> None:
    (file.parent / "token").write_text("\ufefffrom a file\n", encoding="utf-8")
    settings = load(file, environ={"FIRSTCONTACT__SINK__0__BOT_TOKEN_FILE": "token"})
    assert settings.sink[0].model_dump()["bot_token"].get_secret_value() == "from a file"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FIRSTCONTACT__DESK__NAME__X", "FIRSTCONTACT__DESK__NAME__X: names no key of a table"),
        ("FIRSTCONTACT__COLLECTOR__0", "FIRSTCONTACT__COLLECTOR__0: names no key of a table"),
        (
            "FIRSTCONTACT__COLLECTOR__X__ACCOUNT",
            "FIRSTCONTACT__COLLECTOR__X__ACCOUNT: the settings file has no entry number x there",
        ),
        (
            "FIRSTCONTACT__COLLECTOR__²__ACCOUNT",
            "FIRSTCONTACT__COLLECTOR__²__ACCOUNT: the settings file has no entry number ² there",
        ),
        ("FIRSTCONTACT__", "FIRSTCONTACT__: names no key of a table"),
        ("FIRSTCONTACT__DESK__NMAE", "DIR/firstcontact.toml: desk.nmae: unknown setting"),
    ],
)
def test_a_variable_that_leads_nowhere_is_named(file: Path, name: str, said: str) -> None:
    assert problem(file, **{name: SECRET}) == said


# --- secrets --------------------------------------------------------------------------------------


def test_a_secret_under_a_mistyped_key_is_not_shown_even_in_a_traceback(file: Path) -> None:
    said = problem(file, FULL.replace("bot_token", "bot_tokn"))
    assert "sink.0.slack.bot_tok" in said


def test_a_secret_of_the_wrong_type_is_not_shown(file: Path) -> None:
    said = problem(file, FULL.replace(f'bot_token = "{SECRET}"', f'bot_token = ["{SECRET}"]'))
    assert "sink.0.slack.bot_token" in said


@pytest.mark.parametrize("name", ["bot_token", "secret", "app_secret", "bearer_token"])
def test_an_empty_secret_is_refused_since_it_would_let_anybody_sign(file: Path, name: str) -> None:
    said = problem(file, FULL.replace(f'{name} = "{SECRET}"', f'{name} = ""'))
    assert said.startswith("DIR/firstcontact.toml: ")
    assert name in said


def test_an_empty_secret_from_the_environment_is_refused(file: Path) -> None:
    assert "bot_token" in problem(file, FIRSTCONTACT__SINK__0__BOT_TOKEN="")


@pytest.mark.parametrize(
    ("content", "said"), [(b"\n \n", "is empty"), (b"\xff\xfe\x00", "cannot be read: not text")]
)
def test_a_secret_file_that_holds_none_is_named(file: Path, content: bytes, said: str) -> None:
    (file.parent / "token").write_bytes(content)
    text = FULL.replace(f'bot_token = "{SECRET}"', 'bot_token_file = "token"')
    assert problem(file, text) == (
        f"DIR/firstcontact.toml: bot_token_file: secret file DIR/token {said}"
    )


@pytest.mark.parametrize(
    ("path", "said"), [(".", "Is a directory"), ("to\\u0000ken", "not text"), ("a/b", "No such")]
)
def test_a_secret_path_that_leads_nowhere_is_named(file: Path, path: str, said: str) -> None:
    text = FULL.replace(f'bot_token = "{SECRET}"', f'bot_token_file = "{path}"')
    assert said in problem(file, text)


def test_a_secret_given_twice_is_refused(file: Path) -> None:
    (file.parent / "token").write_text("from a file", encoding="utf-8")
    said = problem(file, FULL.replace("bot_token =", 'bot_token_file = "token"\nbot_token ='))
    assert said == "DIR/firstcontact.toml: both bot_token and bot_token_file are set"


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[desk]\nname = 5", "desk.name"),
        ("[storage]\npool_size = 'many'", "storage.pool_size"),
        ("[storage]\npool_size = 0", "storage.pool_size"),
        ("[engine]\ntick_seconds = nan", "engine.tick_seconds"),
        ("[engine]\ntick_seconds = inf", "engine.tick_seconds"),
        ("[engine]\ntick_seconds = -1", "engine.tick_seconds"),
        ("[classifier]\nemergency = 1.5", "classifier.emergency"),
        ("[desk]\nmode = 'asleep'", "desk.mode"),
        ("[desk]\ntimezone = 'Europe/Westbridge'", "desk.timezone: no such time zone"),
        ("[desk]\ntimezone = '../../etc/passwd'", "desk.timezone: no such time zone"),
        ("[desk]\nshift_ends = ['25:00']", "desk.shift_ends.0"),
        ("desk = 'Westbridge'", "desk"),
        ("[weather]\nsun = true", "weather: unknown setting"),
        ("[[collector]]\nkind = 'pigeon'", "collector.0"),
        ("[[collector]]\naccount = 'x'", "collector.0"),
        (
            "[[sink]]\nkind = 'slack'\nbot_token = 'x'\n[sink.channels]\nmoon = 'C1'",
            "channels.moon",
        ),
        ("[collector]\nkind = 'x'", "collector"),
    ],
)
def test_a_wrong_value_names_its_key(file: Path, text: str, key: str) -> None:
    said = problem(file, text)
    assert said.startswith("DIR/firstcontact.toml: ")
    assert key in said
    assert "\n" not in said


def test_several_problems_are_counted(file: Path) -> None:
    assert problem(file, "[desk]\nname = 5\nmode = 'asleep'").endswith(" (and 1 more)")


def test_two_collectors_of_one_account_would_share_a_cursor(file: Path) -> None:
    one = FULL.split("[[collector]]")[1]
    said = problem(file, f"[[collector]]{one}[[collector]]{one}")
    assert said == "DIR/firstcontact.toml: collector: two are named x:westbridgepolice"


def test_two_sinks_of_one_name_would_share_an_outbox(file: Path) -> None:
    said = problem(file, "[[sink]]\nkind = 'terminal'\n[[sink]]\nkind = 'terminal'")
    assert said == "DIR/firstcontact.toml: sink: two are named terminal"


def test_a_second_route_that_is_no_sink_is_refused(file: Path) -> None:
    said = problem(file, FULL.replace('["pager"]', '["pagr"]'))
    assert said == "DIR/firstcontact.toml: escalation.second_route: no sink is named pagr"


def test_a_file_saved_with_a_byte_order_mark_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + FULL.encode())
    assert load(file, environ={}).desk.name == "Westbridge Police"


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match="not valid TOML"):
        load(file, environ={})


@given(
    st.dictionaries(
        st.lists(st.sampled_from(["desk", "sink", "collector", "0", "1", "name", "kind", "x"]))
        .map("__".join)
        .map(str.upper),
        st.text(max_size=5),
        max_size=4,
    )
)
def test_no_environment_raises_anything_but_bad_settings(names: dict[str, str]) -> None:
    environ = {f"FIRSTCONTACT__{name}": value for name, value in names.items()}
    try:
        settings = load(environ=environ)
    except BadSettings:
        return
    assert isinstance(settings, Settings)
