"""What `firstcontact doctor` asks Slack: are tokens, scopes and channels as they must be?"""

from typing import Any

from config.settings import SlackSink as Settings
from notifier.slack_api import SlackApi
from triage.errors import FirstContactError, Gone, Unauthorised
from triage.ports import Clock

SCOPES = (
    *("chat:write", "commands"),
    *("channels:history", "groups:history", "im:history", "im:write"),
)
"""What the manifest of docs/howto/connect-slack.md asks for."""


def check_slack(settings: Settings, clock: Clock) -> str:
    """What was found to be well.

    Raises:
        FirstContactError: says what to mend.
    """
    api = _api(settings, settings.bot_token.get_secret_value(), clock)
    told, scopes = _who(api)
    missing = [scope for scope in SCOPES if scopes and scope not in scopes]
    if missing:
        raise Unauthorised(
            f"Slack: the app lacks {', '.join(missing)}: give it the manifest of "
            "docs/howto/connect-slack.md and install it again"
        )
    for lane, channel in settings.channels.items():
        _reach(api, channel, lane.value)
    parts = [
        f"the bot's token is {told.get('user') or 'somebody'}'s in {told.get('team') or 'Slack'}",
        f"{len(settings.channels)} channels can be read",
    ]
    if settings.app_token is not None:
        app = _api(settings, settings.app_token.get_secret_value(), clock)
        token = settings.app_token.get_secret_value()
        app.call(app.client.apps_connections_open, app_token=token)
        parts.append("Socket Mode answers")
    return ", ".join(parts)


def _who(api: SlackApi) -> tuple[dict[str, Any], list[str]]:
    """Whose token it is, and its scopes; none where they are not told."""
    headers: dict[str, str] = {}

    def asked() -> Any:
        response = api.client.auth_test()
        headers.update({name.lower(): value for name, value in dict(response.headers).items()})
        return response

    told = api.call(asked)
    scopes = headers.get("x-oauth-scopes") or ""
    return told, [scope.strip() for scope in scopes.split(",") if scope.strip()]


def _reach(api: SlackApi, channel: str, lane: str) -> None:
    """Whether a lane's channel is there and the app in it."""
    try:
        api.call(api.client.conversations_history, channel=channel, limit=1)
    except Gone as error:
        raise Gone(f"{error}: the channel of {lane}; invite the app to it") from error
    except FirstContactError as error:
        raise type(error)(f"{error}: the channel of {lane}") from error


def _api(settings: Settings, token: str, clock: Clock) -> SlackApi:
    return SlackApi(token, settings.base_url, timeout=settings.timeout_seconds, clock=clock)
