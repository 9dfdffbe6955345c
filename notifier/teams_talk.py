"""What officers do in Teams beside pressing on cards: words to the bot, their home, passing on.

A message is answered by a message in the same personal chat; a press on the home by the home as
it is now, in its place; the message extension by a form that asks once and then says what became
of it.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from datetime import datetime
from typing import Any

from config.settings import TeamsSink as Settings
from notifier.adaptive import CONTENT_TYPE, Element, card_body, neutral
from notifier.adaptive_home import HOME, NEXT, answer_body, home_body
from notifier.asking import Asked, PassingOn, Telling, Told, answered, decided
from notifier.card import CardContext, card_of
from notifier.places import lanes_at
from notifier.press import Answering, Press
from notifier.privacy import level_of
from notifier.teams_words import (
    FETCH,
    SUBMIT,
    asked_by,
    home_action,
    home_asked,
    passed_on,
    personal,
    place_of,
    user_of,
)
from triage.errors import FirstContactError
from triage.model import Case
from triage.ports import Clock

log = logging.getLogger("firstcontact.notifier.teams")

ANSWER_SECONDS = 4.0
"""Teams waits five seconds for the answer to an invoke."""

IN_PERSON = "Please write to me in a personal chat: what I answer is for you alone."
QUESTION = "Send this message to the desk?"
HINT = "It becomes an item there, like a message from outside. Nobody outside hears of it."
TITLE = "Send to firstcontact"
SENDING = "Sent: the desk's queue will show it in a moment."

Reply = tuple[int, dict[str, Any]]
Say = Callable[[str, Element, str], object]
"""Posts a card as the bot: conversation, card, and the line of its notification."""

PressOf = Callable[[Mapping[str, Any], datetime], Press | None]


class TeamsTalk:
    """Answers words, homes and the message extension.

    Args:
        telling, passing_on, answering: decide; called from worker threads, may raise our errors.
        say: posts a message as the bot; may raise our errors.
        press_of: reads a press out of an activity (`notifier.teams_presses.press_of`).
        workers: where messages are answered after Teams has its acknowledgement.
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
        say: Say,
        press_of: PressOf,
    ) -> None:
        self._settings = settings
        self._context = context
        self._clock = clock
        self._telling = telling
        self._passing_on = passing_on
        self._answering = answering
        self._say = say
        self._press_of = press_of

    def take(self, activity: Mapping[str, Any], workers: Executor) -> Reply | None:
        """Answer a checked activity; None if it is a press on a card, and not for us."""
        if activity.get("type") == "message":
            workers.submit(self._answer, activity)
            return 200, {}
        if activity.get("name") == FETCH:
            return self._asks(activity)
        if activity.get("name") == SUBMIT:
            working = workers.submit(self._passed, activity)
            return _within(working.result, _task(SENDING))
        verb = home_action(activity)
        if not verb:
            return None
        working = workers.submit(self._pressed, activity, verb)
        return _within(working.result, _said("Still working on it. Please refresh."))

    # --- words -----------------------------------------------------------------------------------

    def _answer(self, activity: Mapping[str, Any]) -> None:
        """Answer a message to the bot; nothing is told where others read along."""
        asked = asked_by(activity, now=self._clock())
        if asked is None:
            return
        try:
            told = self._told(asked) if personal(activity) else Told(text=IN_PERSON)
            self._say(asked.place, self._body(told, activity), told.text)
        except FirstContactError as error:
            log.warning("words could not be answered: %s", error)
        except Exception as error:  # noqa: BLE001 - a worker must live on; no content in the log
            log.error("words broke: %s", type(error).__name__)

    def _told(self, asked: Asked) -> Told:
        return answered(lambda: self._telling(asked))

    def _body(self, told: Told, activity: Mapping[str, Any]) -> Element:
        if told.case is not None:
            return self._card(told.case, place_of(activity))
        if told.home is not None:
            return home_body(told, account=user_of(activity))
        return answer_body(told)

    def _card(self, case: Case, place: str) -> Element:
        level = level_of(case, lanes_at(self._settings, place), self._settings.privacy)
        return card_body(card_of(case, self._context, level=level, now=self._clock()))

    # --- the home --------------------------------------------------------------------------------

    def _pressed(self, activity: Mapping[str, Any], verb: str) -> Reply:
        now, note = self._clock(), ""
        if verb not in (HOME, NEXT):
            press = self._press_of(activity, now)
            if press is None:
                return _said("This button is not known any more.")
            # A personal chat is no place of the desk: pressing there makes nobody an officer.
            note = decided(self._answering, replace(press, at_desk=False)).text
        told = self._told(home_asked(activity, now=now, note=note, verb=verb))
        body = home_body(told, account=user_of(activity))
        return 200, {"statusCode": 200, "type": CONTENT_TYPE, "value": body}

    # --- the message extension -------------------------------------------------------------------

    def _asks(self, activity: Mapping[str, Any]) -> Reply:
        """The form of the message extension: a slip of the hand sends nothing."""
        passed = passed_on(
            activity, sink=self._settings.name, app=self._settings.app_id, now=self._clock()
        )
        if passed is None:
            return _task("This command is not known any more.")
        card: Element = {
            "type": "AdaptiveCard",
            "version": "1.5",
            "body": [
                {"type": "TextBlock", "text": QUESTION, "weight": "bolder", "wrap": True},
                {"type": "TextBlock", "text": HINT, "wrap": True},
            ],
            "actions": [{"type": "Action.Submit", "title": "Send", "data": {}}],
        }
        shown = {"contentType": CONTENT_TYPE, "content": card}
        value = {"title": TITLE, "height": "small", "width": "small", "card": shown}
        return 200, {"task": {"type": "continue", "value": value}}

    def _passed(self, activity: Mapping[str, Any]) -> Reply:
        passed = passed_on(
            activity, sink=self._settings.name, app=self._settings.app_id, now=self._clock()
        )
        if passed is None:
            return _task("This command is not known any more.")
        return _task(answered(lambda: self._passing_on(passed)).text)


def _within(answer: Callable[[float], Reply], else_said: Reply) -> Reply:
    """An answer, or another where it takes longer than Teams waits or breaks."""
    try:
        return answer(ANSWER_SECONDS)
    except TookTooLong:
        return else_said
    except Exception as error:  # noqa: BLE001 - whoever pressed must hear something; no content
        log.error("an answer broke: %s", type(error).__name__)
        return _said("That did not work. Please use the console.")


def _task(text: str) -> Reply:
    """A sentence in the dialog of the message extension."""
    return 200, {"task": {"type": "message", "value": neutral(text)}}


def _said(text: str) -> Reply:
    kind = "application/vnd.microsoft.activity.message"
    return 200, {"statusCode": 200, "type": kind, "value": neutral(text)}
