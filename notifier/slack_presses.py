"""Buttons pressed in Slack: acknowledged at once, then answered from a worker thread.

Over Socket Mode where an app token is set, else over signed HTTP.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from config.settings import SlackSink as Settings
from notifier.blocks import TEXT_CHARS, Block, fit, split_action_id
from notifier.card import HAND_OVER, MORE
from notifier.inbox import Inbox
from notifier.limits import slack_view
from notifier.places import lanes_at
from notifier.press import ACTIONS, REPLIES, VERBS, Answer, Answering, Challenge, Press, pressed_on
from notifier.slack_api import SlackApi
from notifier.slack_commands import as_command, as_payload
from notifier.slack_forms import form_view, kept_in, loading_view, place_in, submitted, told_view
from notifier.slack_signature import SlackSignature
from triage.errors import BadInput, BadSettings, FirstContactError, Permanent, Refused
from triage.ports import Clock

log = logging.getLogger("firstcontact.notifier.slack")

LONGEST_WAIT_SECONDS = 30.0
WORKERS = 4
_NOT_OPENED = "{ref}: the form did not open, nothing was changed. Please press again."


class SlackPresses:
    """Receives presses and shows what became of them.

    Args:
        answering: decides a press; called from worker threads, may raise our errors.
        inbox: where presses are kept from when Slack is answered until they are carried out.
        on_trouble: told, each time it fails, when Socket Mode cannot connect.
        beside: answers what is no press on a card (`notifier.slack_talk`); False if it is one.
    """

    def __init__(
        self,
        settings: Settings,
        answering: Answering,
        clock: Clock = lambda: datetime.now(UTC),
        *,
        inbox: Inbox | None = None,
        on_trouble: Callable[[str], None] = lambda text: None,
        beside: Callable[[Mapping[str, Any], datetime], bool] = lambda payload, now: False,
    ) -> None:
        self._settings = settings
        self._answering = answering
        self._clock = clock
        self._inbox = inbox
        self._on_trouble = on_trouble
        self._beside = beside
        self._api = self._api_of(settings.bot_token.get_secret_value())
        secret = settings.signing_secret
        self._signature = SlackSignature(secret.get_secret_value()) if secret else None
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack-press")
        self._socket: SocketModeClient | None = None
        self._stopping = threading.Event()
        self._connecting: threading.Thread | None = None

    # --- Socket Mode -------------------------------------------------------------------------

    def start(self) -> None:
        """Connect in the background and stay connected until `stop`.

        Raises:
            BadSettings: no app token is set.
        """
        if self._settings.app_token is None:
            raise BadSettings(f"sink {self._settings.name}: app_token: needed for Socket Mode")
        token = self._settings.app_token.get_secret_value()
        # apps.connections.open wants the app token where every other call wants the bot's.
        api = self._api_of(token)
        self._socket = SocketModeClient(app_token=token, web_client=api.client, ping_interval=5)
        self._socket.socket_mode_request_listeners.append(self._requested)
        self._connecting = threading.Thread(target=self._connect, name="slack-socket", daemon=True)
        self._connecting.start()

    @property
    def connected(self) -> bool:
        """Whether presses arrive over Socket Mode now."""
        return self._socket is not None and self._socket.is_connected()

    def stop(self) -> None:
        """Disconnect, and wait for the presses that are being answered."""
        self._stopping.set()
        if self._connecting is not None:
            self._connecting.join(timeout=self._settings.timeout_seconds + 1)
        if self._socket is not None:
            self._socket.close()
        self._workers.shutdown()

    def _connect(self) -> None:
        """Try until connected; from then on the client reconnects by itself."""
        assert self._socket is not None
        wait = 1.0
        while not self._stopping.is_set():
            try:
                self._socket.connect()
            except (SlackClientError, OSError, ValueError, KeyError) as error:
                log.warning("Socket Mode cannot connect: %s", type(error).__name__)
                self._on_trouble(f"Slack: Socket Mode cannot connect ({type(error).__name__})")
                self._stopping.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            else:
                return

    def _requested(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        payload = as_payload(request.type, request.payload)
        press = self._accepted(payload) if payload is not None else None
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        if payload is not None:
            self._later(payload, press)

    # --- signed HTTP -------------------------------------------------------------------------

    def receive(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Answer a POST from Slack at once: status and JSON. The press is answered later."""
        try:
            payload = self._verified(headers, body, self._clock())
        except Refused as error:
            log.warning("refused: %s", error)
            return 401, {"error": str(error)}
        except BadInput as error:
            return 400, {"error": str(error)}
        if payload.get("type") == "url_verification":
            return 200, {"challenge": str(payload.get("challenge", ""))}
        self._later(payload, self._accepted(payload))
        return 200, {}

    def parse_http(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Press | Challenge | None:
        """What a signed request says; None if it is nothing to act on.

        Raises:
            Refused: unsigned, too old or a replay.
            BadInput: not a body Slack would send.
        """
        payload = self._verified(headers, body, now)
        if payload.get("type") == "url_verification":
            return Challenge(text=str(payload.get("challenge", "")))
        return self._press(payload, now)

    def _verified(self, headers: Mapping[str, str], body: bytes, now: datetime) -> dict[str, Any]:
        if self._signature is None:
            raise Refused(f"sink {self._settings.name}: no signing_secret is set")
        self._signature.check(headers, body, now=now)
        return payload_of(body)

    # --- answering ---------------------------------------------------------------------------

    def resume(self) -> None:
        """Carry out what was accepted by a process that died; tell of what is too old."""
        if self._inbox is None or self._stopping.is_set():
            return
        for press, too_old in self._inbox.left():
            self._workers.submit(self._finished, press, _too_late if too_old else self._answered)

    def _accepted(self, payload: Mapping[str, Any]) -> Press | None:
        """The press of an interaction, kept before Slack is answered; None if there is none."""
        try:
            press = self._press(payload, self._clock())
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            log.warning("an interaction cannot be read: %s", type(error).__name__)
            return None
        if press is None or press.needs_form or self._inbox is None:
            return press
        return press if self._inbox.accept(press) else None

    def _later(self, payload: Mapping[str, Any], press: Press | None) -> None:
        if not self._stopping.is_set():
            self._workers.submit(self._answer, payload, press, self._clock())

    def _answer(self, payload: Mapping[str, Any], press: Press | None, at: datetime) -> None:
        """Answer what is no press on a card beside, and a press as one."""
        try:
            taken = self._beside(payload, at)
        except Exception as error:  # noqa: BLE001 - a worker must live on; no content in the log
            log.error("a request broke: %s", type(error).__name__)
            return
        if press is None:
            return
        if not taken:
            self._finished(press, self._answered)
        elif self._inbox is not None and not press.needs_form:
            self._inbox.done(press)

    def _finished(self, press: Press, answering: Callable[[Press], str]) -> None:
        """Answer a press, tell the presser what must be told, and only then let go of it."""
        kept = self._inbox if not press.needs_form else None
        if kept is not None and not kept.begin(press):
            return
        try:
            if said := answering(press):
                self._tell(press, said)
            if kept is not None:
                kept.done(press)
        except Permanent as error:
            log.warning("the presser cannot be told: %s", error)
            if kept is not None:
                kept.done(press)
        except FirstContactError as error:
            log.warning("a press could not be answered: %s", error)
        except Exception as error:  # noqa: BLE001 - a worker must live on; no content in the log
            log.error("a press broke: %s", type(error).__name__)
        finally:
            if kept is not None:
                kept.leave(press)

    def _decided(self, press: Press) -> Answer:
        try:
            return self._answering(press)
        except FirstContactError as error:
            return Answer(text=str(error), refused=True)
        except Exception as error:  # noqa: BLE001 - the presser must hear that nothing happened
            log.error("a press broke: %s", type(error).__name__, extra={"ref": press.ref})
            text = f"{press.ref}: that did not work. Please use the console."
            return Answer(text=text, refused=True)

    def _press(self, payload: Mapping[str, Any], now: datetime) -> Press | None:
        press = press_of(payload, now=now)
        if press is None or lanes_at(self._settings, press.reply.get("channel", "")):
            return press
        return replace(press, at_desk=False)

    def _answered(self, press: Press) -> str:
        """Answer a press; returns what to tell the presser in the channel, "" if nothing."""
        view_id = press.reply.get("view_id", "")
        if press.needs_form:
            return self._ask(press, view_id)
        answer = self._decided(press)
        if not view_id:
            return answer.for_presser
        view = told_view(answer.text or f"{press.ref}: done", press)
        return self._into_view(press, view, view_id)

    def _ask(self, press: Press, view_id: str) -> str:
        """Show a form: a loading one at once, since the trigger dies after 3 seconds.

        Returns what to tell the presser if that did not work, "" if it did.
        """
        if not view_id:
            view_id = self._opened(press)
        if not view_id:
            return _NOT_OPENED.format(ref=press.ref)
        answer = self._decided(press)
        view = form_view(answer.form, press.reply) if answer.form else told_view(answer.text, press)
        return self._into_view(press, view, view_id)

    def _opened(self, press: Press) -> str:
        """The id of a modal that was opened, "" if it could not be."""
        trigger = press.reply.get("trigger_id", "")
        opening = self._api.client.views_open
        try:
            opened = self._api.call(opening, trigger_id=trigger, view=loading_view(press))
        except FirstContactError as error:
            log.warning("a form could not be opened: %s", error, extra={"ref": press.ref})
            return ""
        return str((opened.get("view") or {}).get("id", ""))

    def _into_view(self, press: Press, view: Block, view_id: str) -> str:
        """Fill an open modal. What Slack would refuse is not sent: the console has it."""
        problems = slack_view(view)
        if problems:
            log.error("a form breaks Slack's limits: %s", "; ".join(problems))
            view = told_view(f"{press.ref}: too long for Slack. Please use the console.", press)
        try:
            self._api.call(self._api.client.views_update, view_id=view_id, view=view)
        except FirstContactError as error:
            log.warning("a form could not be filled: %s", error, extra={"ref": press.ref})
            return _NOT_OPENED.format(ref=press.ref) if press.needs_form else ""
        return ""

    def _tell(self, press: Press, text: str) -> None:
        self._api.call(
            self._api.client.chat_postEphemeral,
            channel=press.reply.get("channel", ""),
            user=press.slack_id,
            text=fit(text, TEXT_CHARS),
        )

    def _api_of(self, token: str) -> SlackApi:
        settings = self._settings
        return SlackApi(
            token, settings.base_url, timeout=settings.timeout_seconds, clock=self._clock
        )


def _too_late(press: Press) -> str:
    return f"{press.ref}: what you pressed at {press.pressed_at:%H:%M} UTC was not done: look again"


def payload_of(body: bytes) -> dict[str, Any]:
    """The JSON of a request: an interaction is a form field `payload`, an event is plain JSON,
    and a command is a form of its own.

    Raises:
        BadInput: neither.
    """
    try:
        text = body.decode()
        fields = {} if text.startswith("{") else parse_qs(text)
        command = as_command(fields)
        payload = command or json.loads(fields["payload"][0] if fields else text)
    except (ValueError, KeyError, RecursionError) as error:
        raise BadInput("Slack request", "no JSON and no payload") from error
    if not isinstance(payload, dict):
        raise BadInput("Slack request", "not a JSON object")
    return payload


def press_of(payload: Mapping[str, Any], *, now: datetime) -> Press | None:
    """The press an interaction tells of; None for anything else, such as opening the console."""
    if payload.get("type") == "view_submission":
        return _submission(payload, now)
    if payload.get("type") != "block_actions":
        return None
    pressed = (payload.get("actions") or [{}])[0]
    action_id, value = str(pressed.get("action_id", "")), pressed.get("value")
    if action_id == MORE and "selected_option" in pressed:  # the menu of cards drawn earlier
        chosen = str((pressed.get("selected_option") or {}).get("value", ""))
        action_id, _, value = chosen.partition("|")
    action, values = split_action_id(action_id)
    card = pressed_on(value)
    if action not in ACTIONS or card is None:
        return None
    return Press(
        id=str(pressed.get("action_ts") or payload.get("trigger_id") or ""),
        ref=card.ref,
        action=action,
        args={"lane": values[0]} if action == HAND_OVER and values else card.args,
        tool="slack",
        pressed_at=now,
        actor_name=_name(payload),
        slack_id=str((payload.get("user") or {}).get("id", "")),
        seen=card.seen,
        reply=_reply(payload),
    )


def _submission(payload: Mapping[str, Any], now: datetime) -> Press | None:
    view = payload.get("view") or {}
    form = submitted(view)
    if form is None or form.action not in {*VERBS, *REPLIES}:
        return None
    return Press(
        id=str(view.get("id") or payload.get("trigger_id") or ""),
        ref=form.ref,
        action=form.action,
        args=form.args,
        tool="slack",
        pressed_at=now,
        actor_name=_name(payload),
        slack_id=str((payload.get("user") or {}).get("id", "")),
        seen=form.seen,
        reply=form.reply,
    )


def _reply(payload: Mapping[str, Any]) -> dict[str, str]:
    """Where the answer goes: the channel of a card, or the modal the button stands in."""
    view = payload.get("view") or {}
    if view:
        return place_in(kept_in(view)) | {"view_id": str(view.get("id") or "")}
    container = payload.get("container") or {}
    channel = (payload.get("channel") or {}).get("id") or container.get("channel_id") or ""
    message = (payload.get("message") or {}).get("ts") or container.get("message_ts") or ""
    return {
        "channel": str(channel),
        "message": str(message),
        "trigger_id": str(payload.get("trigger_id") or ""),
    }


def _name(payload: Mapping[str, Any]) -> str:
    user = payload.get("user") or {}
    return str(user.get("name") or user.get("username") or "")
