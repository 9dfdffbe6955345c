"""Cards in Slack: posted with their key in the metadata, edited as the case changes."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from config.settings import SlackSink as Settings
from notifier.blocks import (
    TEXT_CHARS,
    Block,
    card_blocks,
    fit,
    has_key,
    line_blocks,
    notice_blocks,
)
from notifier.card import CardContext, card_of
from notifier.limits import slack_message
from notifier.notices import Notice, subject_of
from notifier.places import is_slack_user, lanes_at, place_of
from notifier.privacy import level_of
from notifier.slack_api import SlackApi
from notifier.slack_check import check_slack
from notifier.slack_presses import SlackPresses
from triage.errors import BadRequest, Gone
from triage.model import Case, Outgoing
from triage.ports import Clock

log = logging.getLogger("firstcontact.notifier.slack")

EVENT = "firstcontact_card"
NO_THREAD = "-"
"""The external id of a line whose card was removed."""

SKEW = timedelta(minutes=1)
"""So far our clock and Slack's may be apart beyond what its answers say."""

ATTEMPT = timedelta(minutes=1)
"""So long after its hold began a message may still arrive."""

PAGE = 200
PAGES = 20

Shown = tuple[str, list[Block]]


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class SlackSink:
    """A Slack workspace. Implements `triage.ports.Sink`; external ids are `channel/ts`."""

    def __init__(self, settings: Settings, context: CardContext, clock: Clock = utc_now) -> None:
        self.name = settings.name
        self._settings = settings
        self._context = context
        self._direct: dict[str, str] = {}
        self._clock = clock
        self._api = SlackApi(
            settings.bot_token.get_secret_value(),
            settings.base_url,
            timeout=settings.timeout_seconds,
            clock=clock,
        )

    @property
    def ahead(self) -> timedelta | None:
        """How far Slack's clock is ahead of ours; None while that is not known."""
        return self._api.ahead

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Post the card or notice. If Slack refuses its layout, one plain line is posted.

        A line under a card that somebody removed is left out: there is no thread any more.
        """
        text, blocks = self._shown(message, case, now)
        try:
            body = self._post(message, text, blocks)
        except Gone:
            if not message.under:
                raise
            return NO_THREAD
        except BadRequest:
            link = fit(self._context.link(message.case_ref), TEXT_CHARS)
            body = self._post(message, f"{text}\n{link}", [])
        return f"{body.get('channel') or place_of(message.destination)}/{body.get('ts', '')}"

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """Bring the posted card up to the case, or the notice to its body."""
        text, blocks = self._shown(message, case, now)
        channel, _, ts = message.external_id.partition("/")
        self._api.call(
            self._api.client.chat_update,
            channel=channel,
            ts=ts,
            text=text,
            blocks=blocks,
            metadata=_metadata(message),
        )

    def find(self, message: Outgoing) -> str:
        """Look through the channel around the attempt whose outcome is not known."""
        channel, cursor = self._channel(message.destination), ""
        client, under = self._api.client, _under(message)
        method = client.conversations_replies if under else client.conversations_history
        where = {"ts": under["thread_ts"]} if under else {}
        if self._api.ahead is None:
            self._api.call(client.auth_test)
        window = _window(message, self._api.ahead or timedelta())
        for _ in range(PAGES):
            body = self._api.call(
                method,
                channel=channel,
                include_all_metadata=True,
                limit=PAGE,
                **where,
                **window,
                **({"cursor": cursor} if cursor else {}),
            )
            for posted in body.get("messages") or []:
                if _is(posted, message.key):
                    return f"{channel}/{posted.get('ts', '')}"
            cursor = (body.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return ""

    def _channel(self, destination: str) -> str:
        """The channel of a destination; for an officer, their conversation with the app."""
        place = place_of(destination)
        if not is_slack_user(place):
            return place
        if place not in self._direct:
            opened = self._api.call(self._api.client.conversations_open, users=place)
            self._direct[place] = str((opened.get("channel") or {}).get("id") or place)
        return self._direct[place]

    def check(self) -> str:
        """Whether tokens, scopes and channels are as they must be. Raises what to mend."""
        return check_slack(self._settings, self._clock)

    def _post(self, message: Outgoing, text: str, blocks: list[Block]) -> dict[str, Any]:
        return self._api.call(
            self._api.client.chat_postMessage,
            channel=self._channel(message.destination),
            text=text,
            metadata=_metadata(message),
            unfurl_links=False,
            unfurl_media=False,
            **({"blocks": blocks} if blocks else {}),
            **_under(message),
        )

    def _shown(self, message: Outgoing, case: Case | None, now: datetime) -> Shown:
        shown = subject_of(message, case, self._context)
        if isinstance(shown, Notice):
            if message.under:
                blocks = line_blocks(shown, key=message.key)
                return self._checked(shown.text, blocks, shown.ref)
            return self._checked(shown.plain, notice_blocks(shown, key=message.key), shown.ref)
        lanes = lanes_at(self._settings, place_of(message.destination))
        level = level_of(shown, lanes, self._settings.privacy)
        card = card_of(shown, self._context, level=level, now=now)
        blocks = card_blocks(card, key=message.key, version=shown.version)
        return self._checked(card.plain, blocks, card.ref)

    def _checked(self, plain: str, blocks: list[Block], ref: str) -> Shown:
        """What is sent; what Slack would refuse becomes one plain line with a link."""
        text, problems = fit(plain, TEXT_CHARS), slack_message(blocks)
        if not problems:
            return text, blocks
        log.error("a card breaks Slack's limits: %s", "; ".join(problems), extra={"ref": ref})
        return f"{text}\n{fit(self._context.link(ref), TEXT_CHARS)}", []


def _window(message: Outgoing, ahead: timedelta) -> Mapping[str, str]:
    """From when and until when an earlier post can have come, by Slack's clock.

    Of several attempts in doubt the last is not known, so there the end stays open. Whichever
    clock was right when it was tried, the post lies between the two.
    """
    since = message.tried_at or message.created_at
    if since is None:
        return {}
    window = {"oldest": f"{(since + min(ahead, timedelta()) - SKEW).timestamp():.6f}"}
    if message.tried_at is not None and message.attempts == 1:
        window["latest"] = f"{(since + max(ahead, timedelta()) + SKEW + ATTEMPT).timestamp():.6f}"
    return window


def _under(message: Outgoing) -> dict[str, str]:
    """The thread of a line: that of the card whose external id is `channel/ts`."""
    ts = message.thread.rpartition("/")[2]
    return {"thread_ts": ts} if message.under and ts else {}


def _metadata(message: Outgoing) -> Mapping[str, Any]:
    return {"event_type": EVENT, "event_payload": {"key": message.key}}


def _is(posted: object, key: str) -> bool:
    if not isinstance(posted, dict):
        return False
    payload = (posted.get("metadata") or {}).get("event_payload") or {}
    return payload.get("key") == key or has_key(posted.get("blocks"), key)


__all__ = ["SlackPresses", "SlackSink"]
