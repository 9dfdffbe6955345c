"""What `firstcontact doctor` says of chat tools."""

from pathlib import Path

from config.settings import load
from console.doctor import Finding, examine
from tests.servers.slack import APP_TOKEN, BOT_TOKEN, Slack
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, Teams


def found(folder: Path, sink: str) -> Finding:
    config = folder / "desk.toml"
    storage = f'[storage]\nurl = "sqlite:///{folder / "desk.db"}"\n'
    config.write_text(f"{storage}[[sink]]\n{sink}", encoding="utf-8")
    return next(each for each in examine(load(config)) if each.what.startswith("sink "))


def slack_sink(slack: Slack, *, bot: str = BOT_TOKEN, channel: str = "C02") -> str:
    return (
        f'kind = "slack"\nbot_token = "{bot}"\napp_token = "{APP_TOKEN}"\n'
        f'base_url = "{slack.base_url}"\ntimeout_seconds = 2\n'
        f'[sink.channels]\ndesk = "{channel}"\n'
    )


def test_a_slack_app_with_all_it_needs_is_well(tmp_path: Path) -> None:
    with Slack() as slack:
        finding = found(tmp_path, slack_sink(slack))
    assert finding.well
    assert "firstcontact's in Westbridge" in finding.text
    assert "Socket Mode answers" in finding.text


def test_a_slack_app_from_before_commands_is_to_be_installed_again(tmp_path: Path) -> None:
    with Slack() as slack:
        slack.scopes = "chat:write,channels:history,groups:history,im:history,im:write"
        finding = found(tmp_path, slack_sink(slack))
    assert not finding.well
    assert "lacks commands" in finding.text
    assert "install it again" in finding.text


def test_a_dead_token_or_a_channel_without_the_app_is_named(tmp_path: Path) -> None:
    with Slack() as slack:
        token = found(tmp_path, slack_sink(slack, bot="xoxb-revoked"))
        channel = found(tmp_path, slack_sink(slack, channel="C99"))
    assert (token.well, token.text) == (False, "Slack: invalid_auth")
    assert not channel.well
    assert channel.text == "Slack: channel_not_found: the channel of desk; invite the app to it"


def teams_sink(teams: Teams, password: str) -> str:
    return (
        f'kind = "teams"\napp_id = "{APP_ID}"\napp_password = "{password}"\n'
        f'base_url = "{teams.connector}"\nlogin_url = "{teams.url}/login"\ntimeout_seconds = 2\n'
        f'[sink.channels]\ndesk = "{DESK}"\n'
    )


def test_a_teams_bot_is_well_if_it_is_given_a_token(tmp_path: Path) -> None:
    with Teams() as teams:
        good = found(tmp_path, teams_sink(teams, APP_PASSWORD))
        bad = found(tmp_path, teams_sink(teams, "wrong"))
    assert good.well
    assert "given its token" in good.text
    assert (bad.well, bad.text) == (False, "Teams login: app id or password refused")
