"""A loopback Graph API in the published shapes, with its faults.

Standalone: `python -m tests.servers.facebook --port 8102 [--scenario items.jsonl]`.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.social_vendor import Asked, Fault, Reply, SocialVendor, arguments, serve

PAGE_ID = "2002"
TOKEN = "fb-page-token-invented"
SECRET = "fb-app-secret-invented"

LIMIT_CODES = {"limit": 80001, "limit_app": 4, "limit_page": 32, "limit_calls": 613}


class FacebookServer(SocialVendor):
    """A page with posts, comments and conversations. Token and app secret are checked if given."""

    def __init__(
        self,
        port: int = 0,
        *,
        page_id: str = PAGE_ID,
        token: str = TOKEN,
        secret: str = SECRET,
        page_size: int = 100,
        edges: tuple[str, ...] = ("feed", "published_posts", "posts"),
    ) -> None:
        super().__init__(port)
        self.page_id = page_id
        self.token = token
        self.secret = secret
        self.page_size = page_size
        self.edges = edges
        self.posts: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        self.conversations: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.usage: dict[str, str] = {}
        self.expires_at = 0
        self.scopes = ["pages_manage_engagement", "pages_messaging", "pages_read_engagement"]
        self.counts = True
        self._made = 0

    # --- feeding --------------------------------------------------------------------------------

    def add(self, item: Mapping[str, Any]) -> str:
        """An item of channel fb_comment or fb_message; `kind` post makes a post on the page."""
        self._made += 1
        sent = item.get("sent_at")
        moment = datetime.fromisoformat(sent) if sent else self.now()
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        author = item.get("author", {"account_id": "7007"})
        who = author and {
            "id": str(author.get("account_id") or "7007"),
            "name": author.get("display_name") or "Somebody",
        }
        if item.get("kind") == "post":
            return self._add_post(item, stamp, who)
        if item.get("channel") == "fb_message" or item.get("kind") == "dm":
            return self._add_message(item, stamp, who)
        return self._add_comment(item, stamp, who)

    def post(self, post_id: str, stamp: str = "2026-01-01T08:00:00+0000") -> str:
        """A post of the page itself."""
        self.posts[post_id] = {
            "id": post_id,
            "created_time": stamp,
            "updated_time": stamp,
            "message": "Roadworks on the ring road today",
            "from": {"id": self.page_id, "name": "Westbridge Police"},
        }
        return post_id

    def _add_post(self, item: Mapping[str, Any], stamp: str, who: Any) -> str:
        own = str(item.get("id") or f"{self.page_id}_{9000 + self._made}")
        self.post(own, stamp)
        self.posts[own] |= {"from": who, "message": item.get("text", "")}
        return own

    def _add_comment(self, item: Mapping[str, Any], stamp: str, who: Any) -> str:
        post_id = str(item.get("thread_id") or f"{self.page_id}_1")
        post = self.posts.get(post_id) or self.posts[self.post(post_id, stamp)]
        own = str(item.get("id") or f"{post_id.split('_')[-1]}_{500000 + self._made}")
        comment = {
            "id": own,
            "post": post_id,
            "created_time": stamp,
            "message": item.get("text", ""),
            "order": self._made,
        }
        if who:
            comment["from"] = who
        if item.get("reply_to"):
            comment["parent"] = {"id": item["reply_to"]}
        self.comments[own] = {**comment, **item.get("raw", {})}
        post["updated_time"] = max(post["updated_time"], stamp)
        return own

    def _add_message(self, item: Mapping[str, Any], stamp: str, who: Any) -> str:
        sender = (who or {}).get("id", "")
        conversation = str(item.get("thread_id") or f"t_{sender}")
        own = str(item.get("id") or f"m_{self._made:08d}")
        message = {
            "id": own,
            "conversation": conversation,
            "created_time": stamp,
            "message": item.get("text", ""),
            "order": self._made,
        }
        if who:
            message["from"] = who
        self.messages[own] = {**message, **item.get("raw", {})}
        known = self.conversations.setdefault(
            conversation, {"id": conversation, "updated_time": stamp, "unread_count": 0}
        )
        known["updated_time"] = max(known["updated_time"], stamp)
        known["unread_count"] += 1
        return own

    def edit(self, item_id: str, text: str) -> str:
        found = self.comments.get(item_id) or self.messages.get(item_id) or self.posts[item_id]
        found["message"] = text
        return item_id

    def delete(self, item_id: str) -> None:
        for kept in (self.comments, self.messages, self.posts):
            kept.pop(item_id, None)

    # --- answering ------------------------------------------------------------------------------

    def route_name(self, asked: Asked) -> str:
        parts = re.sub(r"^/v\d+\.\d+/", "/", asked.path).strip("/").split("/")
        if len(parts) == 2 and asked.method == "POST":
            return {"comments": "write_comment", "messages": "write_message"}.get(parts[1], "write")
        if len(parts) == 2:
            return "posts" if parts[0] == self.page_id and parts[1] in EDGE_NAMES else parts[1]
        return parts[0] if parts[0] in ("me", "debug_token") else "object"

    def respond(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        refused = self._refused(name, asked, fault)
        reply = refused or self._answer(name, asked, fault)
        reply.headers = {**self.usage, **reply.headers}
        return reply

    def _refused(self, name: str, asked: Asked, fault: Fault | None) -> Reply | None:
        kind = fault.kind if fault else ""
        if asked.method != "GET" and not name.startswith("write_"):
            return graph_error(3, "Application does not have the capability")
        if kind in LIMIT_CODES:
            minutes = fault.options.get("minutes", 0) if fault else 0
            return _limited(LIMIT_CODES[kind], minutes)
        sent = _form(asked)
        if kind == "dead" or sent.get("access_token") != self.token:
            return graph_error(190, "Error validating access token: expired", 463, status=401)
        proof = hmac.new(self.secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        if sent.get("appsecret_proof") != proof:
            return graph_error(100, "Invalid appsecret_proof provided in the API argument")
        if kind == "scope":
            return graph_error(200, "(#200) Missing permissions", status=403)
        if kind == "scope_named":
            said = "(#10) This endpoint requires the 'pages_messaging' permission"
            return graph_error(10, said, status=403)
        if kind == "too_much" and fault and int(asked.query["limit"]) > fault.options["most"]:
            said = "Please reduce the amount of data you're asking for, then retry your request"
            return graph_error(1, said, status=500)
        if kind == "transient":
            return graph_error(2, "Service temporarily unavailable", status=500)
        return None

    def _answer(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        parts = re.sub(r"^/v\d+\.\d+/", "/", asked.path).strip("/").split("/")
        query = asked.query
        match name:
            case "me":
                return Reply({"id": self.page_id})
            case "debug_token":
                told = {"is_valid": True, "expires_at": self.expires_at, "scopes": self.scopes}
                return Reply({"data": told})
            case "posts" if parts[1] in self.edges:
                found = sorted(self.posts.values(), key=lambda raw: raw["created_time"])
                return self._page(found[::-1], asked, fault, self._shown_post)
            case "comments" if parts[0] in self.posts or parts[0] in self.comments:
                return self._page(self._comments_of(parts[0], query), asked, fault, _shown)
            case "write_comment" if parts[0] in self.posts or parts[0] in self.comments:
                return self._write_comment(parts[0], _form(asked), fault)
            case "write_message" if parts[0] == self.page_id:
                return self._write_message(_form(asked), fault)
            case "conversations" if parts[0] == self.page_id:
                found = sorted(self.conversations.values(), key=lambda raw: raw["updated_time"])
                return self._page(found[::-1], asked, fault, _shown)
            case "messages" if parts[0] in self.conversations:
                return self._page(self._messages_of(parts[0]), asked, fault, _shown)
            case "object" if parts[0] in self.comments or parts[0] in self.posts:
                found_one = self.comments.get(parts[0]) or self.posts[parts[0]]
                return Reply(_shown(found_one, _fields(query)))
        return graph_error(100, "Unsupported get request. Object does not exist", 33)

    # --- writing --------------------------------------------------------------------------------

    def _write_comment(self, parent: str, form: Mapping[str, str], fault: Fault | None) -> Reply:
        kind = fault.kind if fault else ""
        if kind in REFUSALS:
            return graph_error(*REFUSALS[kind])
        if len(form["message"]) > 8000:
            return graph_error(100, "(#100) Param message must be at most 8000 characters long")
        above = self.comments.get(parent)
        if above is not None and "parent" in above:
            parent, above = above["parent"]["id"], self.comments.get(above["parent"]["id"])
        own = self.add(
            {
                "channel": "fb_comment",
                "text": form["message"],
                "thread_id": above["post"] if above else parent,
                "reply_to": parent if above else "",
                "author": {"account_id": self.page_id, "display_name": "Westbridge Police"},
                "raw": {"said": form["message"]},
            }
        )
        return Reply({"id": own})

    def _write_message(self, form: Mapping[str, str], fault: Fault | None) -> Reply:
        """The Send API: 24 hours, with the tag seven days, and its words outside of them."""
        kind = fault.kind if fault else ""
        if kind in REFUSALS:
            return graph_error(*REFUSALS[kind])
        person = json.loads(form["recipient"])["id"]
        text = json.loads(form["message"])["text"]
        if len(text) > 2000:
            said = "(#100) Length of param message[text] must be less than or equal to 2000"
            return graph_error(100, said)
        theirs = [raw for raw in self.messages.values() if raw.get("from", {}).get("id") == person]
        if not theirs:
            return graph_error(100, "(#100) No matching user found", 2018001)
        last = max(datetime.fromisoformat(raw["created_time"]) for raw in theirs)
        hours = (self.now() - last).total_seconds() / 3600
        tagged = (form["messaging_type"], form.get("tag")) == ("MESSAGE_TAG", "HUMAN_AGENT")
        if hours >= (168 if tagged else 24):
            return graph_error(*REFUSALS["window"])
        own = self.add(
            {
                "channel": "fb_message",
                "text": text,
                "thread_id": theirs[-1]["conversation"],
                "author": {"account_id": self.page_id, "display_name": "Westbridge Police"},
                "raw": {"said": text, "tag": form.get("tag", "")},
            }
        )
        return Reply({"recipient_id": person, "message_id": own})

    def said(self) -> list[str]:
        """What was written through the API, in order."""
        both = [*self.comments.values(), *self.messages.values()]
        written = sorted((raw for raw in both if "said" in raw), key=lambda raw: raw["order"])
        return [raw["said"] for raw in written]

    def _comments_of(self, post_id: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Comments of a post, or answers to a comment."""
        found = [raw for raw in self.comments.values() if raw["post"] == post_id]
        if post_id in self.comments:
            found = [
                raw for raw in self.comments.values() if raw.get("parent", {}).get("id") == post_id
            ]
            return sorted(found, key=lambda raw: (raw["created_time"], raw["order"]), reverse=True)
        if query.get("filter", "toplevel") != "stream":
            found = [raw for raw in found if "parent" not in raw]
        found.sort(key=lambda raw: (raw["created_time"], raw["order"]))
        return found[::-1] if query.get("order") == "reverse_chronological" else found

    def _messages_of(self, conversation: str) -> list[dict[str, Any]]:
        found = [raw for raw in self.messages.values() if raw["conversation"] == conversation]
        return sorted(found, key=lambda raw: (raw["created_time"], raw["order"]), reverse=True)

    def _shown_post(self, raw: dict[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
        shown = _shown(raw, fields)
        if self.counts and "summary" in fields.get("comments", ""):
            comments = self._comments_of(raw["id"], {"filter": "stream"})
            shown["comments"] = {"data": [], "summary": {"total_count": len(comments)}}
        return shown

    def _page(self, found: list[Any], asked: Asked, fault: Fault | None, show: Any) -> Reply:
        kind = fault.kind if fault else ""
        query = asked.query
        size = min(self.page_size, int(query.get("limit", "25")))
        ids = [raw["id"] for raw in found]
        after = query.get("after", "")
        if kind == "stale_cursor" and after:
            return graph_error(100, "Invalid parameter: cursor", 1487366)
        start = ids.index(after) + 1 if after in ids else 0
        page = found[start : start + size]
        body: dict[str, Any] = {"data": [show(raw, _fields(query)) for raw in page]}
        if kind == "short" and len(page) > 1:  # a short page that is not the last one
            page, body["data"] = page[:1], body["data"][:1]
        if kind == "shuffle":
            body["data"].reverse()
        if kind == "twice":
            body["data"] *= 2
        if kind == "broken":
            body["data"].append({"id": "1_1", "message": 7, "updated_time": 5})
        if page:
            last = "QVFIUagain" if kind == "endless" else page[-1]["id"]
            body["paging"] = {"cursors": {"before": page[0]["id"], "after": last}}
            if kind == "endless" or start + len(page) < len(found):
                body["paging"]["next"] = f"{self.url}{asked.path}?access_token=…&after={last}"
        return Reply(body)


REFUSALS = {
    "window": (10, "(#10) This message is sent outside of allowed window.", 2018278),
    "unavailable": (551, "(#551) This person isn't available right now.", 1545041),
    "policy": (368, "The action attempted has been deemed abusive or is otherwise disallowed"),
    "send_failure": (1200, "Temporary send message failure. Please try again later."),
}


def _form(asked: Asked) -> dict[str, str]:
    """The fields of a request, wherever they stand."""
    return {**asked.query, **dict(parse_qsl(asked.body.decode()))}


EDGE_NAMES = ("feed", "published_posts", "posts")


def _fields(query: Mapping[str, str]) -> dict[str, str]:
    """`fields` by name with what stands behind the name; only id without it."""
    text = query.get("fields", "id")
    found = re.findall(r"([a-z_]+)((?:[.{(][^,{}()]*(?:\{[^}]*\}|\([^)]*\)|\})?)*)(?:,|$)", text)
    return dict(found)


def _shown(raw: dict[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key in fields or key == "id"}


def graph_error(code: int, message: str, subcode: int = 0, *, status: int = 400) -> Reply:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
    if subcode:
        error["error_subcode"] = subcode
    return Reply({"error": error}, status)


def _limited(code: int, minutes: int) -> Reply:
    reply = graph_error(code, f"(#{code}) There have been too many calls", 2446079, status=403)
    usage = {"call_count": 100, "total_time": 20, "total_cputime": 20}
    business = {"type": "pages", **usage, "estimated_time_to_regain_access": minutes}
    reply.headers = {
        "X-App-Usage": json.dumps(usage),
        "X-Business-Use-Case-Usage": json.dumps({PAGE_ID: [business]}),
    }
    return reply


if __name__ == "__main__":
    parser = arguments(8102)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--secret", default=SECRET)
    parser.add_argument("--page-id", default=PAGE_ID)
    wanted = parser.parse_args()
    serve(
        FacebookServer(
            wanted.port, page_id=wanted.page_id, token=wanted.token, secret=wanted.secret
        ),
        wanted.scenario,
        "fb_",
    )
