"""A loopback Bot Framework: connector, login, OpenID keys and signed invokes, and a workflow."""

import json
import time
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.chat_vendor import Vendor, VendorHandler

APP_ID = "00000000-0000-0000-0000-00000000f1c0"
APP_PASSWORD = "invented-app-password"
TENANT = "invented-tenant"
ISSUER = "https://api.botframework.com"
DESK = "19:desk@thread.tacv2"
PERSONAL = "a:1-khan"
TEAM = "00000000-0000-0000-0000-0000000f1c7e"
BOT_SCOPE = "https://api.botframework.com/.default"
MAX_BYTES = 28 * 1024


class Teams(Vendor):
    """`activities` by conversation. Set `open_door` to take calls without a token."""

    def __init__(self) -> None:
        super().__init__()
        self.activities: dict[str, list[dict[str, Any]]] = {DESK: [], "19:cr@thread.tacv2": []}
        self.workflow: list[dict[str, Any]] = []
        self.open_door = False
        self.tokens = 0
        self.scopes: dict[str, str] = {}  # what each token is for
        self.may_read = True  # the team's owner let the app read its messages
        self.page = 50
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.expires_in = 3600
        self.keys = {"k1": rsa.generate_private_key(public_exponent=65537, key_size=2048)}

    @property
    def connector(self) -> str:
        return f"{self.url}/connector/"

    @property
    def graph(self) -> str:
        return f"{self.url}/graph"

    def name_of(self, method: str, path: str) -> str:
        parts = urllib.parse.urlsplit(path).path.strip("/").split("/")
        if parts[0] == "connector":
            return "post" if method == "POST" else "edit"
        if parts[0] == "graph":
            return "search"
        return {"login": "token", "openid": "openid", "keys": "keys"}.get(parts[0], parts[0])

    def respond(self, name: str, handler: VendorHandler, body: Any) -> tuple[int, Any]:
        match name:
            case "token":
                return self._token(body)
            case "openid":
                return 200, {"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"}
            case "keys":
                return 200, {"keys": [self._public(kid) for kid in self.keys]}
            case "search":
                return self._searched(handler)
            case "workflow":
                self.workflow.append(body)
                return 202, None
        if not self.open_door and not self._known(handler):
            return 401, {"error": {"code": "Unauthorized"}}
        if len(json.dumps(body)) > MAX_BYTES:
            return 413, {"error": {"code": "MessageSizeTooBig"}}
        with self.lock:
            if handler.path.rstrip("/").endswith("/v3/conversations"):
                return self._begun(body)
            return self._posted(handler, body) if name == "post" else self._edited(handler, body)

    def _token(self, body: str) -> tuple[int, Any]:
        fields = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
        if (fields.get("client_id"), fields.get("client_secret")) != (APP_ID, APP_PASSWORD):
            return 401, {"error": "invalid_client"}
        self.tokens += 1
        token = f"token-{self.tokens}"
        self.scopes[fields["scope"]] = token
        return 200, {"token_type": "Bearer", "expires_in": self.expires_in, "access_token": token}

    def _known(self, handler: VendorHandler) -> bool:
        return handler.headers.get("Authorization") == f"Bearer {self.scopes.get(BOT_SCOPE)}"

    def _begun(self, body: dict[str, Any]) -> tuple[int, Any]:
        """A conversation of two: the same one whenever it is asked for."""
        if body.get("tenantId") != TENANT or body.get("isGroup") or len(body["members"]) != 1:
            return 400, {"error": {"code": "BadSyntax"}}
        conversation = f"a:{body['members'][0]['id']}"
        self.activities.setdefault(conversation, [])
        return 201, {"id": conversation}

    def _posted(self, handler: VendorHandler, body: dict[str, Any]) -> tuple[int, Any]:
        conversation, _, root = self._conversation(handler).partition(";messageid=")
        replied = self._replied(handler)
        if root != replied:
            return 400, {"error": {"code": "BadSyntax", "message": "reply and thread differ"}}
        if root and not any(each["id"] == root for each in self.activities[conversation]):
            return 404, {"error": {"code": "ActivityNotFound"}}
        if conversation == PERSONAL:
            self.activities.setdefault(conversation, [])
        if conversation not in self.activities:
            return 404, {"error": {"code": "ConversationNotFound"}}
        number = sum(len(each) for each in self.activities.values()) + 1
        activity = body | {"id": f"1763890000{number:03}", "at": self.clock().isoformat()}
        self.activities[conversation].append(activity)
        return 201, {"id": activity["id"]}

    def _edited(self, handler: VendorHandler, body: dict[str, Any]) -> tuple[int, Any]:
        wanted = urllib.parse.unquote(handler.path.rstrip("/").split("/")[-1])
        for activity in self.activities.get(self._conversation(handler), []):
            if activity["id"] == wanted:
                activity |= body | {"edited": True}
                return 200, {"id": wanted}
        return 404, {"error": {"code": "ActivityNotFound"}}

    def _replied(self, handler: VendorHandler) -> str:
        """What a posted activity replies to, "" if it begins a thread."""
        return urllib.parse.unquote(handler.path.rstrip("/").split("/activities")[1].strip("/"))

    def _searched(self, handler: VendorHandler) -> tuple[int, Any]:
        """Graph's list of a channel's messages, newest first."""
        bearer = handler.headers.get("Authorization")
        if bearer != f"Bearer {self.scopes.get(self.graph + '/.default')}":
            return 401, {"error": {"code": "InvalidAuthenticationToken"}}
        if not self.may_read:
            return 403, {"error": {"code": "Forbidden"}}
        parts = urllib.parse.urlsplit(handler.path)
        _, _, _, team, _, channel, _ = parts.path.strip("/").split("/")
        channel = urllib.parse.unquote(channel)
        if team != TEAM or channel not in self.activities:
            return 404, {"error": {"code": "NotFound"}}
        start = int(urllib.parse.parse_qs(parts.query).get("$skiptoken", ["0"])[0])
        with self.lock:
            newest = self.activities[channel][::-1]
        page = [_as_graph(each) for each in newest[start : start + self.page]]
        answer: dict[str, Any] = {"value": page}
        if start + self.page < len(newest):
            answer["@odata.nextLink"] = f"{self.url}{parts.path}?$skiptoken={start + self.page}"
        return 200, answer

    def _conversation(self, handler: VendorHandler) -> str:
        return urllib.parse.unquote(handler.path.split("/")[4])

    # --- what Teams sends ----------------------------------------------------------------------

    def _public(self, kid: str) -> dict[str, Any]:
        key = self.keys[kid].public_key()
        raw = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
        return dict(raw) | {"kid": kid, "use": "sig", "endorsements": ["msteams"]}

    def bearer(self, *, kid: str = "k1", now: float | None = None, **claims: Any) -> str:
        """The Authorization header of a request, signed with one of our keys."""
        moment = time.time() if now is None else now
        values = {
            "iss": ISSUER,
            "aud": APP_ID,
            "nbf": moment - 60,
            "exp": moment + 3600,
            "serviceurl": self.connector,
        }
        token = jwt.encode(values | claims, self.keys[kid], "RS256", headers={"kid": kid})
        return f"Bearer {token}"

    def press(self, verb: str, ref: str, /, **args: str) -> dict[str, Any]:
        """An `adaptiveCard/action` invoke in the published shape."""
        return {
            "type": "invoke",
            "name": "adaptiveCard/action",
            "id": "f:1763890001",
            "channelId": "msteams",
            "serviceUrl": self.connector,
            "from": {"id": "29:1abc", "aadObjectId": "aad-khan", "name": "Officer Khan"},
            "conversation": {"id": f"{DESK};messageid=1763890000001", "tenantId": TENANT},
            "recipient": {"id": f"28:{APP_ID}"},
            "replyToId": "1763890000001",
            "value": {
                "action": {
                    "type": "Action.Execute",
                    "verb": verb,
                    "data": {"ref": ref, **{f"arg_{name}": value for name, value in args.items()}},
                },
                "trigger": "manual",
            },
        }

    def _personal(self, user: str) -> dict[str, Any]:
        """What every activity of the personal chat with the bot has."""
        return {
            "id": "1763890001000",
            "channelId": "msteams",
            "serviceUrl": self.connector,
            "from": {"id": f"29:{user}", "aadObjectId": f"aad-{user}", "name": user.title()},
            "conversation": {
                "id": PERSONAL,
                "conversationType": "personal",
                "tenantId": TENANT,
            },
            "recipient": {"id": f"28:{APP_ID}", "name": "firstcontact"},
            "channelData": {"tenant": {"id": TENANT}},
        }

    def message(self, text: str, *, user: str = "khan", channel: bool = False) -> dict[str, Any]:
        """Somebody writes to the bot: in their personal chat, or names it in a channel."""
        told = self._personal(user) | {"type": "message", "text": text, "textFormat": "plain"}
        if channel:
            about = {"id": f"{DESK};messageid=1763890000001", "conversationType": "channel"}
            told |= {"conversation": about, "text": f"<at>firstcontact</at> {text}"}
        return told

    def home_press(
        self, verb: str, data: dict[str, str] | None = None, *, user: str = "khan"
    ) -> dict[str, Any]:
        """An `Action.Execute` of a card in the personal chat."""
        action = {"type": "Action.Execute", "verb": verb, "data": data or {"home": "1"}}
        return self._personal(user) | {
            "type": "invoke",
            "name": "adaptiveCard/action",
            "replyToId": "1763890000009",
            "value": {"action": action, "trigger": "manual"},
        }

    def extension(
        self, step: str, message: dict[str, Any], *, user: str = "khan"
    ) -> dict[str, Any]:
        """The message extension, `fetchTask` then `submitAction`, in the published shape."""
        payload = {
            "linkToMessage": f"https://teams.example/l/message/{DESK}/1763890000200",
            "id": "1763890000200",
            "replyToId": None,
            "createdDateTime": "2026-11-23T09:40:00.2Z",
            "deleted": False,
            "locale": "en-gb",
            "from": {
                "user": {"userIdentityType": "aadUser", "id": "aad-osei", "displayName": "Osei"},
                "application": None,
            },
            "attachments": [],
            "mentions": [],
        }
        told = {
            "commandId": "fc_pass_on",
            "commandContext": "message",
            "context": {"theme": "default"},
            "messagePayload": payload | message,
        }
        submitted = {"data": {}} if step == "submitAction" else {}
        return self._personal(user) | {
            "type": "invoke",
            "name": f"composeExtension/{step}",
            "conversation": {
                "id": f"{DESK};messageid=1763890000200",
                "conversationType": "channel",
            },
            "value": told | submitted,
        }

    def joined(self) -> dict[str, Any]:
        """A conversationUpdate: the bot was added to a channel."""
        return {
            "type": "conversationUpdate",
            "channelId": "msteams",
            "serviceUrl": self.connector,
            "conversation": {"id": DESK, "name": "Desk", "conversationType": "channel"},
            "recipient": {"id": f"28:{APP_ID}"},
            "channelData": {"tenant": {"id": TENANT}},
            "membersAdded": [{"id": f"28:{APP_ID}"}],
        }


def _as_graph(activity: dict[str, Any]) -> dict[str, Any]:
    """A chatMessage in the published shape."""
    attachments = [
        each | {"id": "74d20c7f", "content": json.dumps(each["content"])}
        for each in activity["attachments"]
    ]
    return {
        "id": activity["id"],
        "messageType": "message",
        "createdDateTime": activity["at"],
        "lastModifiedDateTime": activity["at"],
        "attachments": attachments,
    }


def texts(card: dict[str, Any]) -> list[str]:
    """Every text of a card's body, in order."""
    found = []
    for element in card["body"]:
        found += [element["text"]] if "text" in element else []
        found += [run["text"] for run in element.get("inlines", [])]
    return found


def titles(card: dict[str, Any]) -> list[str]:
    """The titles of a card's actions, in order."""
    return [action["title"] for action in card["actions"]]
