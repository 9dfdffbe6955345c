"""Whatever Slack or Teams sends beside presses, nothing breaks and nobody is let in by it."""

from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from config.settings import SlackSink, TeamsSink
from notifier.asking import Asked, PassedOn, Told
from notifier.card import CardContext
from notifier.press import Answer, Press
from notifier.slack_commands import plain
from notifier.slack_talk import SlackTalk
from notifier.teams_presses import press_of as pressed_in_teams
from notifier.teams_talk import TeamsTalk
from tests.servers.desk import NOW, Time
from tests.servers.slack import home_opened, home_press, message_action, slash_command
from tests.servers.teams import Teams
from tests.spoiled import spoiled
from triage.errors import FirstContactError

MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NOWHERE = "http://127.0.0.1:9"


class Ears:
    """What came through to the desk."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.passed: list[PassedOn] = []

    def tell(self, asked: Asked) -> Told:
        self.asked.append(asked)
        return Told(text="no", refused=True)

    def pass_on(self, passed: PassedOn) -> Told:
        self.passed.append(passed)
        return Told(text="no", refused=True)

    def answer(self, press: Press) -> Answer:
        assert not press.at_desk
        return Answer(text="no", refused=True)


class AtOnce(Executor):
    """Does what it is given there and then."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as an executor keeps it
            done.set_exception(error)
        return done


@pytest.fixture(scope="module")
def ears() -> Ears:
    return Ears()


@pytest.fixture(scope="module")
def slack(ears: Ears) -> SlackTalk:
    raw = {"kind": "slack", "bot_token": "x", "base_url": f"{NOWHERE}/api/", "channels": {}}
    return SlackTalk(
        SlackSink.model_validate(raw | {"timeout_seconds": 1}),
        CardContext(),
        Time(),
        telling=ears.tell,
        passing_on=ears.pass_on,
        answering=ears.answer,
        press_of=lambda payload, now: None,
    )


def said_in_slack(slack: SlackTalk, payload: Any) -> None:
    if isinstance(payload, dict):
        with suppress(FirstContactError):
            slack.take(payload, NOW)


MESSAGE = {
    "ts": "1763890000.1",
    "text": "a <https://x.example|x> b",
    "attachments": [{"text": "c"}],
    "files": [{"mimetype": "image/png"}],
    "blocks": [{"type": "rich_text", "block_id": "b"}],
}
SHORTCUT = message_action(MESSAGE, response_url=NOWHERE)
COMMAND = slash_command("queue", response_url=NOWHERE) | {"type": "slash_command"}


@MANY
@given(payload=spoiled(SHORTCUT))
def test_a_spoiled_shortcut_breaks_nothing(slack: SlackTalk, ears: Ears, payload: Any) -> None:
    before = len(ears.passed)
    said_in_slack(slack, payload)
    for passed in ears.passed[before:]:
        assert passed.sent_at <= NOW
        assert passed.sent_at.utcoffset() is not None


@MANY
@given(payload=spoiled(COMMAND))
def test_a_spoiled_command_breaks_nothing(slack: SlackTalk, payload: Any) -> None:
    said_in_slack(slack, payload)


@MANY
@given(payload=spoiled(home_opened()))
def test_a_spoiled_event_breaks_nothing(slack: SlackTalk, payload: Any) -> None:
    said_in_slack(slack, payload)


@MANY
@given(payload=spoiled(home_press("fc_claim", "FC-26-1123-0041")))
def test_a_spoiled_press_on_a_home_breaks_nothing(slack: SlackTalk, payload: Any) -> None:
    if isinstance(payload.get("view"), dict) and payload["view"].get("type") == "home":
        said_in_slack(slack, payload)


# --- Teams ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def teams(ears: Ears) -> TeamsTalk:
    raw = {"kind": "teams", "app_id": "a", "base_url": NOWHERE, "channels": {}}
    return TeamsTalk(
        TeamsSink.model_validate(raw),
        CardContext(),
        Time(),
        telling=ears.tell,
        passing_on=ears.pass_on,
        answering=ears.answer,
        say=lambda conversation, body, summary: None,
        press_of=lambda activity, now: pressed_in_teams(activity, now=now),
    )


VENDOR = Teams()
QUOTED = {"contentType": "messageReference", "content": '{"messagePreview": "x"}'}
EXTENSION = {"body": {"contentType": "html", "content": "<p>a</p>"}, "attachments": [QUOTED]}


def said_in_teams(teams: TeamsTalk, activity: Any) -> None:
    if isinstance(activity, dict):
        reply = teams.take(activity, AtOnce())
        assert reply is None or reply[0] == 200


@MANY
@given(activity=spoiled(VENDOR.message("queue")))
def test_spoiled_words_break_nothing(teams: TeamsTalk, activity: Any) -> None:
    said_in_teams(teams, activity)


@MANY
@given(activity=spoiled(VENDOR.home_press("fc_claim", {"home": "1", "ref": "FC-1", "seen": ""})))
def test_a_spoiled_press_on_a_card_of_ours_breaks_nothing(teams: TeamsTalk, activity: Any) -> None:
    said_in_teams(teams, activity)


@pytest.mark.parametrize("step", ["fetchTask", "submitAction"])
@MANY
@given(message=spoiled(EXTENSION))
def test_a_spoiled_message_extension_breaks_nothing(
    teams: TeamsTalk, ears: Ears, step: str, message: Any
) -> None:
    before = len(ears.passed)
    said_in_teams(teams, VENDOR.extension(step, message))
    for passed in ears.passed[before:]:
        assert passed.sent_at <= NOW


@MANY
@given(activity=spoiled(VENDOR.extension("submitAction", EXTENSION)))
def test_a_spoiled_submission_breaks_nothing(teams: TeamsTalk, activity: Any) -> None:
    said_in_teams(teams, activity)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<!channel> <@U1> <#C1|desk> <!here|here>", "@channel @U1 #desk @here"),
        ("<https://x.example/a|x.example/a>", "x.example/a"),
        ("<https://evil.example|bank>", "bank https://evil.example"),
        ("<>", ""),
    ],
)
def test_slacks_marks_are_read_as_people_see_them(text: str, read: str) -> None:
    assert plain(text) == read


class Broken:
    """A desk on which everything breaks, with a citizen's words in the error."""

    def __call__(self, *_: object) -> Any:
        raise ValueError("he has a knife")


def test_who_asks_hears_that_it_broke_and_nothing_of_it_is_told_or_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw = {"kind": "teams", "app_id": "a", "base_url": NOWHERE, "channels": {}}
    told: list[str] = []
    talk = TeamsTalk(
        TeamsSink.model_validate(raw),
        CardContext(),
        Time(),
        telling=Broken(),
        passing_on=Broken(),
        answering=Broken(),
        say=lambda conversation, body, summary: told.append(summary),
        press_of=lambda activity, now: pressed_in_teams(activity, now=now),
    )
    talk.take(VENDOR.message("queue"), AtOnce())
    passed = talk.take(VENDOR.extension("submitAction", EXTENSION), AtOnce())
    home = talk.take(VENDOR.home_press("fc_home"), AtOnce())

    assert told == ["That did not work. Please use the console."]
    assert "did not work" in str(passed)
    assert "did not work" in str(home)
    assert "knife" not in caplog.text
