"""Looks in a Teams channel for a card whose post was never answered.

The bot's own interface lists nothing it posted. Microsoft Graph does, for an app that the team's
owner has let read the channel's messages (`ChannelMessage.Read.Group`); the number of a message
there is the activity id that the bot edits.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from config.settings import TeamsSink as Settings
from notifier.http_errors import not_answered, refused, told_time
from notifier.teams_token import BotToken
from triage.errors import Unavailable
from triage.model import Outgoing
from triage.ports import Clock

SKEW = timedelta(minutes=2)
"""So far two clocks may be apart after what the tool says of its own was taken into account."""

PAGE = 50
PAGES = 40


class ChannelSearch:
    """The messages of the channels of one team, newest first."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._token = BotToken(settings, clock, scope=f"{settings.graph_url.rstrip('/')}/.default")

    def find(self, message: Outgoing, channel: str) -> str:
        """The activity id of an earlier post of the message, "" if there is none.

        Without a `team_id`, or where the bot has no password, nothing can be searched.

        Raises:
            Unauthorised: the team's owner has not let the app read its messages.
            RateLimited, Unavailable: ask later.
        """
        settings = self._settings
        if not settings.team_id or settings.app_password is None:
            return ""
        began = message.tried_at or message.created_at
        url = (
            f"{settings.graph_url.rstrip('/')}/v1.0/teams/{quote(settings.team_id, safe='')}"
            f"/channels/{quote(channel, safe='')}/messages?$top={PAGE}"
        )
        for _ in range(PAGES):
            page, behind = self._page(url)
            found = page.get("value")
            posts = [each for each in found or [] if isinstance(each, dict)]
            for post in posts:
                if message.key in _keys(post):
                    return str(post.get("id") or "")
            url = self._next(page)
            if not url or (began is not None and _all_before(posts, began + behind - SKEW)):
                break
        return ""

    def _page(self, url: str) -> tuple[Mapping[str, Any], timedelta]:
        """A page, and how far ahead of ours the clock there is, if it is behind at all."""
        try:
            answer = requests.get(
                url,
                headers=dict(self._token.header()),
                timeout=self._settings.timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unavailable(str(not_answered("Teams search", error))) from error
        problem = refused("Teams search", answer.status_code, answer.headers, now=self._clock())
        if problem is not None:
            raise problem
        try:
            body = answer.json()
        except ValueError as error:
            raise Unavailable("Teams search: an answer that is not JSON") from error
        if not isinstance(body, dict):
            raise Unavailable("Teams search: an answer that is no object")
        now = self._clock()
        ahead = (told_time(answer.headers) or now) - now
        return body, min(ahead, timedelta())

    def _next(self, page: Mapping[str, Any]) -> str:
        """The address of the next page; only one of the same service gets our token."""
        url = str(page.get("@odata.nextLink") or "")
        return url if url.startswith(f"{self._settings.graph_url.rstrip('/')}/") else ""


def marked(body: dict[str, Any], key: str) -> dict[str, Any]:
    """The card with the key of its message on its first element, where a search finds it."""
    first, *rest = body["body"]
    return body | {"body": [first | {"id": key}, *rest]}


def _keys(post: Mapping[str, Any]) -> set[str]:
    """The marks of the cards in a message."""
    found = set()
    for each in post.get("attachments") or []:
        try:
            card = json.loads(each["content"])
            found.add(str(card["body"][0]["id"]))
        except (ValueError, TypeError, LookupError):
            continue  # somebody else's
    return found


def _all_before(posts: list[dict[str, Any]], moment: datetime) -> bool:
    """Whether a page ends with what was last changed before a moment: no more can come."""
    changed = [_changed(each) for each in posts]
    return bool(changed) and all(each is not None and each < moment for each in changed)


def _changed(post: Mapping[str, Any]) -> datetime | None:
    said = str(post.get("lastModifiedDateTime") or post.get("createdDateTime") or "")
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
