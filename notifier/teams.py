"""Cards in Microsoft Teams: as a bot, or through Workflows webhooks where no bot is allowed."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests

from config.settings import TeamsSink as Settings
from notifier.adaptive import CONTENT_TYPE, card_body, line_body, notice_body
from notifier.card import CardContext, card_of
from notifier.http_errors import not_answered, refused, told_time
from notifier.limits import teams_card
from notifier.notices import Notice, notice_of, subject_of
from notifier.places import is_teams_user, lanes_at, place_of
from notifier.privacy import level_of
from notifier.teams_address import may_have_token
from notifier.teams_presses import TeamsPresses
from notifier.teams_search import ChannelSearch, marked
from notifier.teams_token import BotToken
from triage.errors import FirstContactError, Gone, OutcomeUnknown, Removed, Unauthorised
from triage.model import Case, Outgoing
from triage.ports import Clock
from triage.taxonomy import Lane

log = logging.getLogger("firstcontact.notifier.teams")

NOT_KNOWN = "-"
"""The external id of what cannot be edited: a workflow tells none."""

NOT_THERE = frozenset(
    [
        "BotDisabledByAdmin",
        "BotNotInConversationRoster",
        "ConversationBlockedByUser",
        "ConversationNotFound",
        "MessageWritesBlocked",
    ]
)
"""Codes that say the conversation is closed to our bot; the token is as good as ever."""


class TokenRefused(Unauthorised):
    """The connector does not take the token: a new one may do."""


class TeamsSink:
    """Microsoft Teams. Implements `triage.ports.Sink`; external ids are activity ids.

    Args:
        service_url: the connector's address for a conversation as Teams last told it
            (`Conversation.service_url`), "" where it is not known. It is used only if our token
            may be sent there, else `base_url` is.
    """

    def __init__(
        self,
        settings: Settings,
        context: CardContext,
        clock: Clock = lambda: datetime.now(UTC),
        *,
        service_url: Callable[[str], str] = lambda conversation: "",
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._context = context
        self._clock = clock
        self._service_url = service_url
        self._token = BotToken(settings, clock)
        self._direct: dict[str, str] = {}
        self._search = ChannelSearch(settings, clock)
        self.ahead: timedelta | None = None
        """How far Microsoft's clock is ahead of ours, by its last answer."""

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Post the card or notice as the bot, or through the lane's workflow."""
        place = place_of(message.destination)
        workflow = self._workflow(place)
        body = self._body(message, case, now, buttons=not workflow)
        if workflow:
            sent = {"type": "message", "attachments": [_attached(body)]}
            self._send("POST", workflow, sent, {})
            return NOT_KNOWN
        if is_teams_user(place):
            place = self._conversation_with(place)
        if message.under:
            return self._reply(message, body)
        answer = self._as_bot("POST", self._activities(place), self._activity(message, case, body))
        return str(answer.get("id") or NOT_KNOWN)

    def _reply(self, message: Outgoing, body: dict[str, Any]) -> str:
        """A line under a card. One whose card was removed is left out: there is no thread."""
        if message.thread in ("", NOT_KNOWN):
            return NOT_KNOWN
        place, root = place_of(message.destination), message.thread
        url = f"{self._activities(f'{place};messageid={root}')}/{quote(root, safe='')}"
        activity = self._activity(message, None, body) | {"replyToId": root}
        try:
            return str(self._as_bot("POST", url, activity).get("id") or NOT_KNOWN)
        except (Gone, Removed):
            return NOT_KNOWN

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """Bring what was posted up to the case or body; what a workflow posted stays as it was."""
        if message.external_id in ("", NOT_KNOWN):
            return
        place = place_of(message.destination)
        body = self._body(message, case, now, buttons=True)
        url = f"{self._activities(place)}/{quote(message.external_id, safe='')}"
        activity = self._activity(message, case, body) | {"id": message.external_id}
        self._as_bot("PUT", url, activity)

    def find(self, message: Outgoing) -> str:
        """Look in the channel, if the app may read it: a workflow's cannot be told apart."""
        place = place_of(message.destination)
        return "" if self._workflow(place) else self._search.find(message, place)

    def _conversation_with(self, person: str) -> str:
        """The bot's own conversation with a person; asking for it twice gives the same one."""
        if person not in self._direct:
            tenant = self._settings.tenant_id
            wanted = {
                "bot": {"id": f"28:{self._settings.app_id}"},
                "members": [{"id": person}],
                "isGroup": False,
                "tenantId": tenant,
                "channelData": {"tenant": {"id": tenant}},
            }
            url = f"{self._settings.base_url.rstrip('/')}/v3/conversations"
            answer = self._as_bot("POST", url, wanted)
            self._direct[person] = str(answer.get("id") or person)
        return self._direct[person]

    def say(self, conversation: str, body: dict[str, Any], plain: str) -> str:
        """Post a card of its own to a conversation as the bot; returns the activity's id.

        `plain` is what the notification shows. Raises as `post`.
        """
        activity = {"type": "message", "summary": plain, "attachments": [_attached(body)]}
        answer = self._as_bot("POST", self._activities(conversation), activity)
        return str(answer.get("id") or NOT_KNOWN)

    def check(self) -> str:
        """Whether the bot is given a token. Raises what to mend.

        Teams cannot be asked more: whether the bot is in a channel, the first card tells.
        """
        if not self._settings.app_id:
            return f"{len(self._settings.workflows)} workflows, which cannot be asked"
        given = self._token.header()
        how = "the bot is given its token" if given else "no app_password: nothing can be posted"
        return f"{how}; words, homes and presses come to /teams/messages of the console"

    def _workflow(self, place: str) -> str:
        if place not in set(Lane):
            return ""
        secret = self._settings.workflows.get(Lane(place))
        return secret.get_secret_value() if secret else ""

    def _body(
        self, message: Outgoing, case: Case | None, now: datetime, *, buttons: bool
    ) -> dict[str, Any]:
        shown = subject_of(message, case, self._context)
        if isinstance(shown, Notice):
            said = line_body(shown) if message.under else notice_body(shown, buttons=buttons)
            return marked(said, message.key)
        lanes = lanes_at(self._settings, place_of(message.destination))
        level = level_of(shown, lanes, self._settings.privacy)
        card = card_of(shown, self._context, level=level, now=now)
        body = marked(card_body(card, buttons=buttons), message.key)
        problems = teams_card(body)
        if not problems:
            return body
        log.error("a card breaks Teams' limits: %s", "; ".join(problems), extra={"ref": shown.ref})
        plain = card_of(shown, self._context, level=0, now=now).plain
        return marked(notice_body(notice_of(plain, self._context, ref=shown.ref)), message.key)

    def _activity(
        self, message: Outgoing, case: Case | None, body: dict[str, Any]
    ) -> dict[str, Any]:
        shown = subject_of(message, case, self._context)
        if isinstance(shown, Notice):
            plain = shown.text if message.under else shown.plain
        else:
            plain = card_of(shown, self._context, level=0, now=self._clock()).plain
        return {
            "type": "message",
            "summary": plain,  # what the notification shows: never content
            "attachments": [_attached(body)],
            "channelData": {"firstcontact": {"key": message.key}},
        }

    def _activities(self, conversation: str) -> str:
        known = conversation.partition(";")[0]  # a thread is reached where its channel is
        told, base = self._service_url(known), self._settings.base_url
        if told and may_have_token(told, base):
            base = told
        return f"{base.rstrip('/')}/v3/conversations/{quote(conversation, safe='')}/activities"

    def _as_bot(self, method: str, url: str, activity: dict[str, Any]) -> dict[str, Any]:
        """Call the connector; a token it refuses is fetched anew once."""
        headers = self._token.header()
        try:
            answer = self._send(method, url, activity, headers)
        except TokenRefused:
            if not headers:
                raise
            self._token.forget()
            answer = self._send(method, url, activity, self._token.header())
        try:
            body = answer.json()
        except ValueError as error:
            if method == "PUT":
                return {}  # an edit may be answered with nothing
            raise OutcomeUnknown("Teams: an answer that is not JSON") from error
        return body if isinstance(body, dict) else {}

    def _send(
        self, method: str, url: str, body: dict[str, Any], headers: Mapping[str, str]
    ) -> requests.Response:
        try:
            answer = requests.request(
                method,
                url,
                json=body,
                headers=dict(headers),
                timeout=self._settings.timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise not_answered("Teams", error) from error
        told = told_time(answer.headers)
        if told is not None:
            self.ahead = told - self._clock()
        problem = refused("Teams", answer.status_code, answer.headers, now=self._clock())
        if problem is not None:
            raise _plainer(problem, answer, editing=method == "PUT")
        return answer


def _plainer(
    problem: FirstContactError, answer: requests.Response, *, editing: bool
) -> FirstContactError:
    """The error by the code Teams gives for it: a bot that was removed is no dead token."""
    code = _code(answer)
    what = f"Teams: {code or f'HTTP {answer.status_code}'}"
    match answer.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return TokenRefused(what)
        case HTTPStatus.FORBIDDEN if code in NOT_THERE:
            return Gone(what)
        case HTTPStatus.FORBIDDEN:
            return Unauthorised(what)
        case HTTPStatus.NOT_FOUND if editing and code not in NOT_THERE:
            return Removed(what)
        case HTTPStatus.NOT_FOUND:
            return Gone(what)
        case _:
            return problem


def _code(answer: requests.Response) -> str:
    """`BotNotInConversationRoster` of `{"error": {"code": …}}`, "" where there is none."""
    try:
        error = answer.json().get("error")
    except (ValueError, AttributeError):
        return ""
    code = error.get("code") if isinstance(error, dict) else error
    return code if isinstance(code, str) and code.isidentifier() else ""


def _attached(body: dict[str, Any]) -> dict[str, Any]:
    return {"contentType": CONTENT_TYPE, "contentUrl": None, "content": body}


__all__ = ["TeamsPresses", "TeamsSink"]
