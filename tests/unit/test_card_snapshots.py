"""Every card and form as it was looked at and agreed, in JSON, in both tools.

After a change that is meant: `FIRSTCONTACT_SNAPSHOTS=write` with this file writes them anew. Then
look at what changed (`git diff`, and the pictures of tests/acceptance/test_card_pictures.py).
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from notifier import limits
from tests.cards_shown import (
    CASES,
    LEVELS,
    forms,
    slack_card,
    slack_form,
    teams_card,
    teams_form,
)
from tests.servers.slack import violations

FOLDER = Path(__file__).parents[1] / "data" / "cards"
WRITE = os.environ.get("FIRSTCONTACT_SNAPSHOTS") == "write"


def as_agreed(name: str, shown: Any) -> None:
    """What is shown is what was agreed under a name."""
    path = FOLDER / f"{name}.json"
    text = json.dumps(shown, ensure_ascii=False, indent=1) + "\n"
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path.name}: not agreed yet, see the top of this file"
    assert json.loads(text) == json.loads(path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("name", CASES)
def test_a_card_in_slack_is_as_agreed_at_every_level(name: str) -> None:
    shown = {str(level): slack_card(name, level) for level in LEVELS}

    as_agreed(f"slack-{name}", shown)

    for blocks in shown.values():
        assert limits.slack_message(blocks) == list(violations(blocks)) == []


@pytest.mark.parametrize("name", CASES)
def test_a_card_in_teams_is_as_agreed_at_every_level(name: str) -> None:
    shown = {str(level): teams_card(name, level) for level in LEVELS}

    as_agreed(f"teams-{name}", shown)

    for card in shown.values():
        assert limits.teams_card(card) == []


@pytest.mark.parametrize("name", forms())
def test_a_form_is_as_agreed_in_both_tools(name: str) -> None:
    form = forms()[name]

    as_agreed(f"slack-form-{name}", slack_form(form))
    as_agreed(f"teams-form-{name}", teams_form(form))


def test_nothing_is_agreed_that_is_not_shown_any_more() -> None:
    shown = {f"{tool}-{name}" for tool in ("slack", "teams") for name in CASES}
    shown |= {f"{tool}-form-{name}" for tool in ("slack", "teams") for name in forms()}

    assert {path.stem for path in FOLDER.glob("*.json")} == shown


def test_level_0_shows_nothing_of_the_text_in_any_state() -> None:
    for name in CASES:
        shown = json.dumps([slack_card(name, 0), teams_card(name, 0)], ensure_ascii=False)
        for secret in (
            "knife",
            "Zelda",
            "Quill",
            "07700",
            "scum",
            "phone, please",
            "front counter",
        ):
            assert secret not in shown, name
