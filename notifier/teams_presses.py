"""Buttons pressed in Teams: checked, decided, and answered with the card as it is now."""

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from config.settings import TeamsSink as Settings
from notifier.adaptive import ARG, CONTENT_TYPE, SEEN, card_body, neutral
from notifier.adaptive_forms import form_card
from notifier.card import CardContext, card_of
from notifier.places import lanes_at
from notifier.press import ACTIONS, Answer, Answering, Press, clean_args, valid_ref
from notifier.privacy import level_of
from notifier.teams_address import may_have_token
from notifier.teams_token import InboundCheck
from triage.conversations import Conversation
from triage.errors import FirstContactError, Refused, Unavailable
from triage.model import Case
from triage.ports import Clock
from triage.seen import Seen, read_mark
from triage.taxonomy import Lane

log = logging.getLogger("firstcontact.notifier.teams")

MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
ANSWER_SECONDS = 5.0
WORKERS = 4

Reply = tuple[int, dict[str, Any]]
Beside = Callable[[Mapping[str, Any], Executor], Reply | None]


class TeamsPresses:
    """Answers what Teams posts to the bot's address.

    Args:
        answering: decides a press; called from worker threads, may raise our errors.
        on_conversation: told where a conversation is reached whenever Teams says so in a signed
            request, and the address is one our token may be sent to; may raise our errors.
        answer_seconds: how long Teams is kept waiting for the card as it is now.
        beside: answers what is no press on a card (`notifier.teams_talk`); None if it is one.
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
        beside: Beside = lambda activity, workers: None,
    ) -> None:
        self._settings = settings
        self._context = context
        self._answering = answering
        self._clock = clock
        self._on_conversation = on_conversation
        self._answer_seconds = answer_seconds
        self._beside = beside
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
                self._verify(headers, activity)
        except Refused as error:
            log.warning("refused: %s", error)
            return 401, {"error": str(error)}
        except Unavailable as error:
            log.warning("cannot check a request: %s", error)
            return 503, {"error": str(error)}
        if activity.get("type") == "message":
            self._remember(activity)  # first: the answer goes to where it says
        reply = self._beside(activity, self._workers)
        if reply is not None:
            return reply
        if activity.get("type") == "invoke" and activity.get("name") == "adaptiveCard/action":
            return self._answered(activity)
        if activity.get("type") == "conversationUpdate":
            self._remember(activity)
        return 200, {}

    def _verify(self, headers: Mapping[str, str], activity: Mapping[str, Any]) -> None:
        lowered = {name.lower(): value for name, value in headers.items()}
        self._check.check(lowered.get("authorization", ""), activity)
        ours, theirs = _number_of(self._settings.tenant_id), _number_of(_tenant(activity))
        if ours is not None and theirs not in (None, ours):
            raise Refused("Teams request from another tenant")

    def _answered(self, activity: Mapping[str, Any]) -> Reply:
        press = self._press(activity)
        if press is None:
            return _error("This button is not known any more.")
        working = self._workers.submit(self._decided, press)
        self._workers.submit(self._remember, activity)
        try:
            return self._shown(press, working.result(timeout=self._answer_seconds))
        except TookTooLong:
            return _said(f"{press.ref}: still working on it. The card will change.")

    def _press(self, activity: Mapping[str, Any]) -> Press | None:
        press = press_of(activity, now=self._clock())
        if press is None or self._lanes(press.reply.get("conversation", "")):
            return press
        return replace(press, at_desk=False)

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
        """What the presser alone sees: a form, or the card as it is now with a word on top."""
        if answer.form is not None:
            return _card_answer(form_card(answer.form))
        if answer.case is None:
            return _said(answer.text or f"{press.ref}: done")
        place = press.reply.get("conversation", "")
        return _card_answer(self._card(answer.case, place, answer.for_presser))

    def _card(self, case: Case, conversation: str, note: str) -> dict[str, Any]:
        level = level_of(case, self._lanes(conversation), self._settings.privacy)
        card = card_of(case, self._context, level=level, now=self._clock())
        return card_body(card, note=note)

    def _lanes(self, conversation: str) -> frozenset[Lane]:
        return lanes_at(self._settings, _place(conversation))

    def _remember(self, activity: Mapping[str, Any]) -> None:
        """Pass on where a conversation is reached, from a signed request only."""
        told = conversation_of(activity)
        if told is None or self._settings.allow_unsigned:
            return
        if not may_have_token(told.service_url, self._settings.base_url):
            log.warning("a service address that is not Microsoft's or base_url's is not used")
            return
        try:
            self._on_conversation(told)
        except FirstContactError as error:
            log.warning("a conversation could not be remembered: %s", error)


def conversation_of(activity: Mapping[str, Any]) -> Conversation | None:
    """Where an activity says its conversation is reached; None if it does not say."""
    about, address = _part(activity, "conversation"), activity.get("serviceUrl")
    place = _place(str(about.get("id") or ""))
    if not place or not isinstance(address, str) or not address:
        return None
    return Conversation(
        id=place,
        service_url=address,
        tenant=_tenant(activity),
        bot_id=str(_part(activity, "recipient").get("id") or ""),
        name=str(about.get("name") or ""),
    )


def press_of(activity: Mapping[str, Any], *, now: datetime) -> Press | None:
    """The press of an `adaptiveCard/action` invoke; None if it is none of ours."""
    action = _part(_part(activity, "value"), "action")
    data = _part(action, "data")
    verb, ref = str(action.get("verb") or ""), valid_ref(data.get("ref"))
    seen = _seen(data.get(SEEN, ""))
    if verb not in ACTIONS or not ref or seen is None:
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
        seen=seen,
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


def _place(conversation: str) -> str:
    """A press in a thread comes from `19:…@thread.tacv2;messageid=…`: the place is before it."""
    return conversation.partition(";")[0]


def _tenant(activity: Mapping[str, Any]) -> str:
    told = _part(_part(activity, "channelData"), "tenant").get("id")
    return str(told or _part(activity, "conversation").get("tenantId") or "")


def _number_of(tenant: str) -> UUID | None:
    """A tenant's number; None for its name, which activities do not tell."""
    try:
        return UUID(tenant)
    except ValueError:
        return None


def _seen(mark: object) -> Seen | None:
    return read_mark(mark) if isinstance(mark, str) else None


def _part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _card_answer(card: dict[str, Any]) -> Reply:
    return 200, {"statusCode": 200, "type": CONTENT_TYPE, "value": card}


def _said(text: str) -> Reply:
    return 200, {"statusCode": 200, "type": MESSAGE_TYPE, "value": neutral(text)}


def _error(text: str) -> Reply:
    value = {"code": "BadRequest", "message": text}
    return 200, {"statusCode": 400, "type": ERROR_TYPE, "value": value}
