"""What officers do in Slack beside pressing on cards: `/fc`, their home, passing messages on.

Called from the worker threads of `notifier.slack_presses`, after the acknowledgement. Answers go
to the asker alone: through the address Slack gives with each command, or onto their Home tab.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from config.settings import SlackSink as Settings
from notifier.asking import Asked, PassingOn, Telling, Told, Word, answered, decided
from notifier.blocks import TEXT_CHARS, Block, card_blocks, fit, plain_text
from notifier.card import CardContext, card_of
from notifier.home import Home
from notifier.http_errors import not_answered, refused
from notifier.places import lanes_at
from notifier.press import Answering, Press
from notifier.privacy import level_of
from notifier.shapes import named, part, parts
from notifier.slack_api import SlackApi
from notifier.slack_commands import (
    COMMAND,
    command_of,
    home_of_account,
    home_opened,
    passed_on,
)
from notifier.slack_home import HOME, NEXT, home_view, sections_blocks
from triage.errors import BadRequest
from triage.model import Case
from triage.ports import Clock

log = logging.getLogger("firstcontact.notifier.slack")

HOSTS = frozenset(["hooks.slack.com", "hooks.slack-gov.com"])
"""Where Slack takes answers. Any other address in a request is not Slack's."""

PressOf = Callable[[Mapping[str, Any], datetime], Press | None]


class SlackTalk:
    """Answers commands, home tabs and message shortcuts.

    Args:
        telling, passing_on, answering: decide; called from worker threads, may raise our errors.
        press_of: reads a press out of a payload (`notifier.slack_presses.press_of`).
        opened: told whose home was drawn because they opened it.
    """

    def __init__(
        self,
        settings: Settings,
        context: CardContext,
        clock: Clock,
        *,
        telling: Telling,
        passing_on: PassingOn,
        answering: Answering,
        press_of: PressOf,
        opened: Callable[[str], None] = lambda account: None,
    ) -> None:
        self._settings = settings
        self._context = context
        self._clock = clock
        self._telling = telling
        self._passing_on = passing_on
        self._answering = answering
        self._press_of = press_of
        self._opened = opened
        self._drawing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._api = SlackApi(
            settings.bot_token.get_secret_value(),
            settings.base_url,
            timeout=settings.timeout_seconds,
            clock=clock,
        )

    def take(self, payload: Mapping[str, Any], now: datetime) -> bool:
        """Answer a payload; False if it is a press on a card or a form, and not for us."""
        match payload.get("type"):
            case "slash_command":
                self._command(payload, now)
            case "event_callback":
                self._event(payload, now)
            case "message_action":
                self._shortcut(payload, now)
            case "block_actions":
                return self._pressed(payload, now)
            case _:
                return False
        return True

    # --- commands and shortcuts ------------------------------------------------------------------

    def _command(self, payload: Mapping[str, Any], now: datetime) -> None:
        asked = command_of(payload, now=now)
        if asked.word is Word.HOME:
            asked = replace(asked, word=Word.QUEUE)  # the home has a tab of its own
        self._respond(payload, self._message(answered(lambda: self._telling(asked)), asked.place))

    def _shortcut(self, payload: Mapping[str, Any], now: datetime) -> None:
        passed = passed_on(payload, sink=self._settings.name, now=now)
        if passed is not None:
            told = answered(lambda: self._passing_on(passed))
            self._respond(payload, self._message(told, ""))

    def _message(self, told: Told, place: str, note: str = "") -> Block:
        """An answer as a message: a card, sections or one sentence."""
        if told.case is not None:
            return self._card(told.case, place, note)
        message: Block = {"text": fit(told.text, TEXT_CHARS)}
        blocks = sections_blocks(told.sections)
        return message | ({"blocks": blocks} if blocks else {})

    def _card(self, case: Case, place: str, note: str) -> Block:
        level = level_of(case, lanes_at(self._settings, place), self._settings.privacy)
        card = card_of(case, self._context, level=level, now=self._clock())
        blocks = card_blocks(card, key=f"shown:{case.ref}", version=case.version)
        if note:
            blocks.insert(0, {"type": "section", "text": plain_text(note, TEXT_CHARS)})
        return {"text": fit(card.plain, TEXT_CHARS), "blocks": blocks}

    def _respond(
        self, payload: Mapping[str, Any], message: Block, *, replace: bool = False
    ) -> None:
        """Answer through the address that came with a request, for the asker's eyes alone.

        Raises:
            BadRequest: the address is not Slack's.
            Retry: Slack did not take it; the asker asks again.
        """
        address = named(payload.get("response_url"))
        if not _slacks_own(address, self._settings.base_url):
            raise BadRequest("Slack: an address to answer at that is not Slack's")
        body = {"response_type": "ephemeral", "replace_original": replace, **message}
        try:
            answer = requests.post(
                address,
                json=body,
                timeout=self._settings.timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise not_answered("Slack", error) from error
        problem = refused("Slack", answer.status_code, answer.headers, now=self._clock())
        if problem is not None:
            raise problem

    # --- the home --------------------------------------------------------------------------------

    def _event(self, payload: Mapping[str, Any], now: datetime) -> None:
        account = home_opened(payload)
        if account and self._show_home(home_of_account(account, now=now)):
            self._opened(account)

    def draw(self, account: str, home: Callable[[], Home]) -> None:
        """Draw the home of somebody again, as it is now. Raises our errors."""
        with self._drawing[account]:
            self._publish(account, Told(home=home()))

    def _show_home(self, asked: Asked) -> bool:
        """Draw a home that was asked for; whether there is one to draw again."""
        with self._drawing[asked.account]:
            told = answered(lambda: self._telling(asked))
            self._publish(asked.account, told)
        return told.home is not None

    def _publish(self, account: str, told: Told) -> None:
        self._api.call(self._api.client.views_publish, user_id=account, view=home_view(told))

    # --- presses on what only one officer sees ---------------------------------------------------

    def _pressed(self, payload: Mapping[str, Any], now: datetime) -> bool:
        if part(payload, "view").get("type") == "home":
            self._pressed_on_home(payload, now)
            return True
        if not part(payload, "container").get("is_ephemeral"):
            return False
        press = self._press_of(payload, now)
        if press is None or press.needs_form:
            return False  # a form is opened as from any card
        self._pressed_on_answer(payload, press)
        return True

    def _pressed_on_home(self, payload: Mapping[str, Any], now: datetime) -> None:
        account = named(part(payload, "user").get("id"))
        action = next((named(each.get("action_id")) for each in parts(payload, "actions")), "")
        asked = home_of_account(account, now=now)
        press = self._press_of(payload, now)
        if press is not None:
            # A home is no place of the desk: pressing there makes nobody an officer.
            answer = decided(self._answering, replace(press, at_desk=False))
            asked = replace(asked, note=answer.text)
        elif action == NEXT:
            asked = replace(asked, word=Word.NEXT)
        elif action != HOME:
            return
        if self._show_home(asked):
            self._opened(account)

    def _pressed_on_answer(self, payload: Mapping[str, Any], press: Press) -> None:
        place = press.reply.get("channel", "")
        at_desk = bool(lanes_at(self._settings, place))
        answer = decided(self._answering, replace(press, at_desk=at_desk))
        told = Told(text=answer.text or f"{press.ref}: done", case=answer.case)
        message = self._message(told, place, answer.for_presser)
        self._respond(payload, message, replace=answer.case is not None)


def _slacks_own(address: str, base_url: str) -> bool:
    """Whether an address to answer at is Slack's, or on the host of `base_url`."""
    try:
        told, base = urlsplit(address), urlsplit(base_url)
    except ValueError:
        return False
    if told.username or told.password:
        return False
    if told.scheme == "https" and told.netloc in HOSTS:
        return True
    return (told.scheme, told.netloc) == (base.scheme, base.netloc) and bool(told.netloc)


__all__ = ["COMMAND", "SlackTalk"]
