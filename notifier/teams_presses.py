"""Buttons pressed in Teams: checked, decided, and answered with the card as it is now."""

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from config.settings import TeamsSink as Settings
from notifier.adaptive import ARG, CONTENT_TYPE, card_body, neutral
from notifier.card import CardContext, card_of
from notifier.places import lanes_at
from notifier.press import VERBS, Answer, Answering, Press, clean_args, valid_ref
from notifier.privacy import level_of
from notifier.teams_token import InboundCheck
from triage.errors import FirstContactError, Refused, Unavailable
from triage.model import Case
from triage.ports import Clock

log = logging.getLogger("firstcontact.notifier.teams")

MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
ANSWER_SECONDS = 5.0
WORKERS = 4

Reply = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Where Teams says a conversation is reached; to be stored, and given to the sink."""

    id: str
    service_url: str
    tenant: str = ""
    bot_id: str = ""
    name: str = ""


class TeamsPresses:
    """Answers what Teams posts to the bot's address.

    Args:
        answering: decides a press; called from worker threads, may raise our errors.
        on_conversation: told where a conversation is reached whenever Teams says so.
        answer_seconds: how long Teams is kept waiting for the card as it is now.
    """

    def __init__(
        self,
        settings: Settings,
        context: CardContext,
        answering: Answering,
        clock: Clock = lambda: datetime.now(UTC),
        *,
        on_conversation: Callable[[Conversation], None] = lambda conversation: None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._settings = settings
        self._context = context
        self._answering = answering
        self._clock = clock
        self._on_conversation = on_conversation
        self._answer_seconds = answer_seconds
        self._check = InboundCheck(settings, clock)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="teams-press")

    def stop(self) -> None:
        """Wait for the presses that are being answered."""
        self._workers.shutdown()

    def receive(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a POST from Teams: HTTP status and JSON."""
        try:
            activity = _activity(body)
        except ValueError:
            return 400, {"error": "not a JSON object"}
        try:
            if not self._settings.allow_unsigned:
                lowered = {name.lower(): value for name, value in headers.items()}
                self._check.check(lowered.get("authorization", ""), activity)
        except Refused as error:
            log.warning("refused: %s", error)
            return 401, {"error": str(error)}
        except Unavailable as error:
            log.warning("cannot check a request: %s", error)
            return 503, {"error": str(error)}
        return self._answered(activity)

    def _answered(self, activity: Mapping[str, Any]) -> Reply:
        if activity.get("type") == "conversationUpdate":
            self._remember(activity)
            return 200, {}
        if activity.get("type") != "invoke" or activity.get("name") != "adaptiveCard/action":
            return 200, {}
        press = press_of(activity, now=self._clock())
        if press is None:
            return _error("This button is not known any more.")
        if press.needs_form:
            return _said(f"{press.ref}: fill in the form first.")
        working = self._workers.submit(self._decided, press)
        try:
            return self._shown(press, working.result(timeout=self._answer_seconds))
        except TookTooLong:
            return _said(f"{press.ref}: still working on it. The card will change.")

    def _decided(self, press: Press) -> Answer:
        try:
            return self._answering(press)
        except FirstContactError as error:
            return Answer(text=str(error), refused=True)
        except Exception as error:  # noqa: BLE001 - the presser must hear that nothing happened
            log.error("a press broke: %s", type(error).__name__, extra={"ref": press.ref})
            text = f"{press.ref}: that did not work. Please use the console."
            return Answer(text=text, refused=True)

    def _shown(self, press: Press, answer: Answer) -> Reply:
        """The card as it is now, with the refusal on top for the presser alone."""
        note = answer.text if answer.refused else ""
        if answer.case is None:
            return _said(answer.text or f"{press.ref}: done")
        card = self._card(answer.case, press.reply.get("conversation", ""), note)
        return 200, {"statusCode": 200, "type": CONTENT_TYPE, "value": card}

    def _card(self, case: Case, conversation: str, note: str) -> dict[str, Any]:
        # A press in a thread comes from "19:…@thread.tacv2;messageid=…": the place is before it.
        lanes = lanes_at(self._settings, conversation.partition(";")[0])
        level = level_of(case, lanes, self._settings.privacy)
        card = card_of(case, self._context, level=level, now=self._clock())
        return card_body(card, note=note)

    def _remember(self, activity: Mapping[str, Any]) -> None:
        about = _part(activity, "conversation")
        if not about.get("id") or not activity.get("serviceUrl"):
            return
        data = _part(activity, "channelData")
        self._on_conversation(
            Conversation(
                id=str(about["id"]),
                service_url=str(activity["serviceUrl"]),
                tenant=str(_part(data, "tenant").get("id") or about.get("tenantId") or ""),
                bot_id=str(_part(activity, "recipient").get("id") or ""),
                name=str(about.get("name") or ""),
            )
        )


def press_of(activity: Mapping[str, Any], *, now: datetime) -> Press | None:
    """The press of an `adaptiveCard/action` invoke; None if it is none of ours."""
    action = _part(_part(activity, "value"), "action")
    data = _part(action, "data")
    verb, ref = str(action.get("verb") or ""), valid_ref(data.get("ref"))
    if verb not in VERBS or not ref:
        return None
    given = {name[len(ARG) :]: value for name, value in data.items() if name.startswith(ARG)}
    presser = _part(activity, "from")
    return Press(
        id=str(activity.get("id") or ""),
        ref=ref,
        action=verb,
        args=clean_args(given),
        tool="teams",
        pressed_at=now,
        actor_name=str(presser.get("name") or ""),
        teams_id=str(presser.get("aadObjectId") or presser.get("id") or ""),
        reply={
            "conversation": str(_part(activity, "conversation").get("id") or ""),
            "message": str(activity.get("replyToId") or ""),
            "service_url": str(activity.get("serviceUrl") or ""),
        },
    )


def _activity(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _said(text: str) -> Reply:
    return 200, {"statusCode": 200, "type": MESSAGE_TYPE, "value": neutral(text)}


def _error(text: str) -> Reply:
    value = {"code": "BadRequest", "message": text}
    return 200, {"statusCode": 400, "type": ERROR_TYPE, "value": value}
