"""`firstcontact run` as a process: where Teams is reached is known after a kill."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.servers.chat_vendor import eventually
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, Teams
from tests.service_rig import HOOK_SECRET, Running, sent

NOBODY = "http://127.0.0.1:9/nobody/"


@pytest.fixture
def teams() -> Iterator[Teams]:
    with Teams() as server:
        yield server


@pytest.fixture
def running(teams: Teams, tmp_path: Path) -> Iterator[Running]:
    """A service that is told in its settings to post where nobody listens."""
    running = Running(folder=tmp_path)
    running.config.write_text(
        f"""
[storage]
url = "sqlite:///{tmp_path / "desk.db"}"
[[collector]]
kind = "webhook"
account = "webchat"
secret = "{HOOK_SECRET}"
[[sink]]
kind = "teams"
app_id = "{APP_ID}"
app_password = "{APP_PASSWORD}"
base_url = "{NOBODY}"
login_url = "{teams.url}/login/"
openid_url = "{teams.url}/openid"
[sink.channels]
desk = "{DESK}"
[console]
bind = "127.0.0.1:{running.port}"
""",
        encoding="utf-8",
    )
    running.start()
    yield running
    running.end()


def test_the_address_teams_told_is_used_and_still_known_after_a_kill(
    teams: Teams, running: Running
) -> None:
    told = requests.post(
        f"{running.url}/teams/messages",
        data=json.dumps(teams.joined()),
        headers={"Authorization": teams.bearer()},
        timeout=20,
    )
    assert told.status_code == 200
    running.push({"id": "1", "text": "he has a knife", "sent_at": sent()})
    assert eventually(lambda: len(cards(teams)) == 1, seconds=20)

    running.kill()
    running.start()
    running.push({"id": "2", "text": "she has a gun", "sent_at": sent()})

    assert eventually(lambda: len(cards(teams)) == 2, seconds=20)


def cards(teams: Teams) -> list[str]:
    return [each["summary"] for each in teams.activities[DESK] if each["summary"].startswith("P1")]
