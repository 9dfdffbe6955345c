"""What the manual says of manifests and of replies is what the code does."""

import json
import re
from pathlib import Path

from notifier import slack_check, slack_commands, teams_words
from notifier.asking import Word
from triage.replies import REPLY_MOVES, ReplyState

DOCS = Path(__file__).resolve().parents[2] / "docs" / "howto"


def manifest(page: str, language: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return next(str(each) for each in found if "firstcontact" in each or "botId" in each)


def test_slacks_manifest_names_command_shortcut_event_and_scopes() -> None:
    text = manifest("connect-slack.md", "yaml")

    assert f"callback_id: {slack_commands.SHORTCUT}" in text
    assert "bot_events: [app_home_opened]" in text
    assert "home_tab_enabled: true" in text
    (command,) = re.findall(r"command: (\S+)", text)
    assert command == "/fc"
    (name,) = re.findall(r"- name: (.*)", text)
    assert len(name) <= 24  # as Slack takes it
    (hint,) = re.findall(r"usage_hint: (.*)", text)
    words = {each.strip() for each in hint.split("|")}
    assert words >= {word.value for word in Word} - {"home", "item"}
    (scopes,) = re.findall(r"bot: \[(.*)\]", text)
    assert set(scopes.split(", ")) == set(slack_check.SCOPES)


def test_teams_manifest_names_words_and_message_extension() -> None:
    told = json.loads(manifest("connect-teams.md", "json"))

    (bot,) = told["bots"]
    (listed,) = bot["commandLists"]
    assert {each["title"] for each in listed["commands"]} == {word.value for word in Word} - {
        "item"
    }
    assert set(bot["scopes"]) == {"team", "personal"}
    ((command,),) = [each["commands"] for each in told["composeExtensions"]]
    assert (command["id"], command["context"]) == (teams_words.COMMAND, ["message"])
    assert (command["type"], command["fetchTask"]) == ("action", True)
    assert all(len(each["title"]) <= 32 for each in [*listed["commands"], command])


def test_every_state_and_move_of_replies_is_documented_as_it_is() -> None:
    text = (DOCS.parent / "reference" / "states-of-replies.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    rows = {cells[0]: cells for cells in ([c.strip(" `") for c in x.split("|")[1:]] for x in lines)}
    assert {state.value for state in ReplyState} <= set(rows)
    for verb, moves in REPLY_MOVES.items():
        assert rows[verb.value][1] == ", ".join(state.value for state in moves)
