"""A loopback X API v2 in the published shapes, in either vocabulary, with its faults.

Standalone: `python -m tests.servers.x --port 8101 [--scenario items.jsonl]`.
"""

import base64
import json
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.social_vendor import Asked, Fault, Reply, SocialVendor, arguments, serve

USER_ID = "1001"
TOKEN = "x-bearer-invented"
EPOCH_MS = 1288834974657

_SHARED = {"attachments", "author_id", "conversation_id", "created_at", "entities", "id", "lang"}
FIELDS = {
    "tweet": {*_SHARED, "edit_history_tweet_ids", "in_reply_to_user_id", "note_tweet"}
    | {"public_metrics", "referenced_tweets", "text"},
    "post": {*_SHARED, "note_post", "public_metrics", "text"},
}
EXPANSIONS = {
    "tweet": {"author_id", "attachments.media_keys", "referenced_tweets.id"},
    "post": {"author_id", "attachments.media_keys", "edit_history_post_ids", "referenced_posts"},
}
NOT_APP_ONLY = ("me", "dms", "conversation", "write_post", "write_dm")
COMMON = {"user.fields", "media.fields", "expansions", "max_results", "pagination_token"}


def snowflake(moment: datetime, sequence: int = 0) -> str:
    """The id X would give to something sent at a moment."""
    return str(((int(moment.timestamp() * 1000) - EPOCH_MS) << 22) + sequence)


class XServer(SocialVendor):
    """`vocabulary` is tweet, post or both. A token that maps to "" is app-only."""

    def __init__(
        self,
        port: int = 0,
        *,
        tokens: Mapping[str, str] | None = None,
        vocabulary: str = "both",
        page_size: int = 100,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(port)
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.page_size = page_size
        self.limits = dict(limits or {})
        self.handle = "westbridgepolice"
        self.used: dict[str, int] = {}
        self.posts: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.users: dict[str, dict[str, str]] = {}
        self.removed: set[str] = set()
        self.hidden: set[str] = set()
        self._sequence = 0

    # --- feeding --------------------------------------------------------------------------------

    def add(self, item: Mapping[str, Any]) -> str:
        """An item of channel x_mention or x_dm; `raw` keys overlay what the API shows."""
        sent = item.get("sent_at")
        moment = datetime.fromisoformat(sent) if sent else self.now()
        self._sequence += 1
        own = str(item.get("id") or snowflake(moment, self._sequence))
        author = item.get("author") or {}
        author_id = str(author.get("account_id") or "5005")
        self.users[author_id] = {
            "id": author_id,
            "username": author.get("handle") or f"user{author_id}",
            "name": author.get("display_name") or "",
            "description": author.get("profile") or "",
        }
        stamp = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if item.get("channel") == "x_dm" or item.get("kind") == "dm":
            self.messages[own] = self._message(own, author_id, stamp, item)
        else:
            self.posts[own] = self._post(own, author_id, stamp, item)
        return own

    def _message(
        self, own: str, author_id: str, stamp: str, item: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "id": own,
            "event_type": "MessageCreate",
            "text": item.get("text", ""),
            "sender_id": author_id,
            "dm_conversation_id": item.get("thread_id") or f"{author_id}-{USER_ID}",
            "created_at": stamp,
            **item.get("raw", {}),
        }

    def _post(
        self, own: str, author_id: str, stamp: str, item: Mapping[str, Any]
    ) -> dict[str, Any]:
        text = item.get("text", "")
        post = {
            "id": own,
            "text": text if len(text) <= 280 else text[:270] + "… https://t.co/short",
            "author_id": author_id,
            "conversation_id": item.get("thread_id") or own,
            "created_at": stamp,
            "lang": item.get("lang") or "en",
            "history": [own],
        }
        if len(text) > 280:
            post["note"] = {"text": text}
        if item.get("reply_to"):
            post["references"] = [{"type": "replied_to", "id": item["reply_to"]}]
        return {**post, **item.get("raw", {})}

    def edit(self, item_id: str, text: str) -> str:
        old = self.posts[item_id]
        self._sequence += 1
        new = str(int(latest_of(old["history"])) + (1 << 22) + self._sequence)
        history = [*old["history"], new]
        for each in old["history"]:
            self.posts[each]["history"] = history
        self.posts[new] = {**old, "id": new, "text": text, "history": history}
        return new

    def delete(self, item_id: str) -> None:
        for each in self.posts.get(item_id, {}).get("history", [item_id]):
            self.posts.pop(each, None)
            self.removed.add(each)
        self.messages.pop(item_id, None)

    # --- answering ------------------------------------------------------------------------------

    def route_name(self, asked: Asked) -> str:
        if re.fullmatch(r"/2/users/\d+/mentions", asked.path):
            return "mentions"
        if re.fullmatch(r"/2/users/\d+/tweets", asked.path):
            return "own"
        if re.fullmatch(r"/2/dm_conversations/with/\d+/dm_events", asked.path):
            return "conversation"
        if re.fullmatch(r"/2/dm_conversations/with/\d+/messages", asked.path):
            return "write_dm"
        if asked.method == "POST" and asked.path == "/2/tweets":
            return "write_post"
        return {"/2/dm_events": "dms", "/2/tweets": "lookup", "/2/users/me": "me"}.get(
            asked.path, f"unknown {asked.path}"
        )

    def respond(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        owner = self.tokens.get(token) if self.tokens is not None else USER_ID
        if not token or owner is None or (fault and fault.kind == "dead"):
            return Reply({"title": "Unauthorized", "status": 401, "detail": "Unauthorized"}, 401)
        if (fault and fault.kind == "scope") or (owner == "" and name in NOT_APP_ONLY):
            return Reply(_problem("client-forbidden", "Forbidden", 403), 403)
        if fault and fault.kind == "credits":
            return Reply(_problem("credits", "CreditsDepleted", 402), 402)
        headers = self._counted(name)
        if fault and fault.kind in ("429", "429_bare"):
            return self._too_many(headers, bare=fault.kind == "429_bare")
        if headers.pop("over", ""):
            return self._too_many(headers, bare=False)
        if name.startswith("write_"):
            reply = self._write(name, asked, owner, fault)
            reply.headers = headers
            return reply
        if asked.method != "GET":
            return Reply(_problem("not-allowed", "Method Not Allowed", 405), 405, headers)
        reply = self._answer(name, asked, owner, fault)
        reply.headers = headers
        return reply

    def _answer(self, name: str, asked: Asked, owner: str, fault: Fault | None) -> Reply:
        match name:
            case "me":
                return Reply({"data": {"id": owner, "username": "westbridgepolice"}})
            case "mentions":
                refused = self._refuse_params(asked.query, {"since_id"})
                found = [
                    post for post in self.posts.values() if latest_of(post["history"]) == post["id"]
                ]
                return refused or self._page(found, asked.query, fault, self._shown)
            case "own":
                refused = self._refuse_params(asked.query, {"since_id", "start_time"})
                own = [
                    post
                    for post in self.posts.values()
                    if post["author_id"] == owner
                    and _moment(post["created_at"]) >= _moment(asked.query["start_time"])
                ]
                return refused or self._page(own, asked.query, fault, self._shown)
            case "conversation":
                person = asked.path.split("/")[4]
                pair = {f"{person}-{owner}", f"{owner}-{person}"}
                told = [raw for raw in self.messages.values() if raw["dm_conversation_id"] in pair]
                return self._page(told, asked.query, fault, lambda raw, _: raw)
            case "dms":
                messages = list(self.messages.values())
                return self._page(messages, asked.query, fault, lambda raw, _: raw)
            case "lookup":
                return self._refuse_params(asked.query, {"ids"}) or self._looked_up(asked.query)
        return Reply(_problem("not-found", "Not Found", 404), 404)

    # --- writing --------------------------------------------------------------------------------

    def _write(self, name: str, asked: Asked, owner: str, fault: Fault | None) -> Reply:
        """What X does with a post or message, and the words with which it refuses one."""
        kind = fault.kind if fault else ""
        wanted = json.loads(asked.body)
        if kind in REFUSALS:
            return _forbidden(REFUSALS[kind])
        text = wanted["text"]
        if name == "write_dm":
            if len(text) > 10_000:
                return _invalid("text", text[:20], "text: must be at most 10000 characters")
            return self._write_message(asked.path.split("/")[4], text, owner)
        to = wanted.get("reply", {}).get("in_reply_to_tweet_id", "")
        if to and to not in self.posts:
            return _forbidden(REFUSALS["deleted"])
        if to and f"@{self.handle}".casefold() not in self.posts[to]["text"].casefold():
            return _forbidden(REFUSALS["engaged"])
        if any(post["author_id"] == owner and post["said"] == text for post in self._written()):
            return _forbidden(REFUSALS["duplicate"])
        return self._write_post(to, text, owner)

    def _written(self) -> list[dict[str, Any]]:
        return [post for post in self.posts.values() if "said" in post]

    def _write_post(self, to: str, text: str, owner: str) -> Reply:
        answered = self.posts.get(to)
        author = self.users.get(answered["author_id"], {}) if answered else {}
        shown = re.sub(r"https?://\S+", "https://t.co/AbCdEf123", text)
        shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        name = f"@{author['username']} " if author.get("username") else ""
        own = self.add(
            {
                "text": name + shown,
                "reply_to": to,
                "thread_id": answered["conversation_id"] if answered else "",
                "author": {"account_id": owner, "handle": self.handle},
                "raw": {"said": text},
            }
        )
        body = {"id": own, "text": name + shown, "edit_history_tweet_ids": [own]}
        return Reply({"data": body}, 201)

    def _write_message(self, person: str, text: str, owner: str) -> Reply:
        conversation = f"{person}-{owner}"
        own = self.add(
            {
                "channel": "x_dm",
                "text": text,
                "thread_id": conversation,
                "author": {"account_id": owner, "handle": self.handle},
                "raw": {"said": text},
            }
        )
        body = {"dm_conversation_id": conversation, "dm_event_id": own}
        return Reply({"data": body}, 201)

    def said(self) -> list[str]:
        """What was written through the API, in order."""
        both = [*self.posts.values(), *self.messages.values()]
        return [raw["said"] for raw in sorted(both, key=_number) if "said" in raw]

    def _counted(self, name: str) -> dict[str, str]:
        limit = self.limits.get(name, 100_000)
        self.used[name] = self.used.get(name, 0) + 1
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - self.used[name])),
            "x-rate-limit-reset": str(int((datetime.now(UTC) + timedelta(minutes=15)).timestamp())),
        }
        return {**headers, "over": "yes"} if self.used[name] > limit else headers

    def _too_many(self, headers: dict[str, str], *, bare: bool) -> Reply:
        body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank"}
        shown = {} if bare else {**headers, "x-rate-limit-remaining": "0"}
        return Reply(body, 429, shown)

    def _refuse_params(self, query: Mapping[str, str], extra: set[str]) -> Reply | None:
        spoken = ["tweet", "post"] if self.vocabulary == "both" else [self.vocabulary]
        allowed = COMMON | extra | {f"{word}.fields" for word in spoken}
        for name in query:
            if name not in allowed:
                return _invalid(
                    name,
                    query[name],
                    f"The query parameter [{name}] is not one of [{','.join(sorted(allowed))}]",
                )
        for word in spoken:
            for value in _split(query.get(f"{word}.fields")) - FIELDS[word]:
                return _invalid(
                    f"{word}.fields",
                    value,
                    f"The `{word}.fields` query parameter "
                    f"value [{value}] is not one of [{','.join(sorted(FIELDS[word]))}]",
                )
        known = frozenset().union(*(EXPANSIONS[word] for word in spoken))
        for value in _split(query.get("expansions")) - known:
            return _invalid(
                "expansions",
                value,
                f"The `expansions` query parameter value "
                f"[{value}] is not one of [{','.join(sorted(known))}]",
            )
        return None

    def _page(
        self, found: list[Any], query: Mapping[str, str], fault: Fault | None, show: Any
    ) -> Reply:
        kind = fault.kind if fault else ""
        since = int(query.get("since_id", "0"))
        found = sorted((raw for raw in found if int(raw["id"]) > since), key=_number, reverse=True)
        token = query.get("pagination_token", "")
        if token:
            try:
                until = int(base64.urlsafe_b64decode(token).decode().removeprefix("until:"))
            except ValueError:
                return _invalid(
                    "pagination_token",
                    token,
                    f"The `pagination_token` query parameter value [{token}] is not valid",
                )
            if kind == "stale_token":
                return _invalid("pagination_token", token, "token expired")
            found = [raw for raw in found if int(raw["id"]) < until]
        size = min(self.page_size, int(query.get("max_results", "10")))
        page, rest = found[:size], found[size:]
        body: dict[str, Any] = {"meta": {"result_count": len(page)}}
        if page and kind != "empty":
            body["data"] = [show(raw, query) for raw in page]
            body["includes"] = self._includes(page, query)
            body["meta"] |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if (rest and page) or kind == "endless":
            last = page[-1]["id"] if page and kind != "endless" else "99999999999999999999"
            body["meta"]["next_token"] = base64.urlsafe_b64encode(f"until:{last}".encode()).decode()
        return Reply(self._spoiled(body, kind))

    def _spoiled(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        match kind:
            case "shuffle":
                random.Random(7).shuffle(body.get("data", []))
            case "twice":
                body["data"] = body.get("data", []) * 2
            case "partial":
                body["errors"] = [_not_found("77", "referenced_tweets.id")]
            case "broken":
                body.setdefault("data", []).append({"id": "12", "text": 7})
        return body

    def _includes(self, page: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
        authors = {str(raw.get("author_id") or raw.get("sender_id")) for raw in page}
        includes: dict[str, Any] = {}
        if _split(query.get("expansions")) & {"author_id", "sender_id"}:
            wanted = _split(query.get("user.fields")) | {"id", "name", "username"}
            includes["users"] = [
                {key: value for key, value in self.users[author].items() if key in wanted}
                for author in sorted(authors & self.users.keys())
            ]
        return includes

    def _shown(self, raw: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        """Only what was asked for, in the words it was asked in."""
        shown = {"id": raw["id"], "text": raw["text"]}
        for word in ("tweet", "post"):
            fields = _split(query.get(f"{word}.fields"))
            expansions = _split(query.get("expansions"))
            if self.vocabulary not in ("both", word):
                continue
            if fields or expansions & {f"edit_history_{word}_ids"}:
                shown[f"edit_history_{word}_ids"] = raw["history"]
            if "references" in raw and (fields | expansions) & {f"referenced_{word}s"}:
                shown[f"referenced_{word}s"] = raw["references"]
            if "note" in raw and f"note_{word}" in fields:
                shown[f"note_{word}"] = raw["note"]
            shown |= {key: value for key, value in raw.items() if key in fields}
        return shown

    def _looked_up(self, query: Mapping[str, str]) -> Reply:
        ids = query.get("ids", "").split(",")
        found = [self.posts[each] for each in ids if each in self.posts and each not in self.hidden]
        body: dict[str, Any] = {}
        if found:
            body["data"] = [self._shown(raw, query) for raw in found]
            body["includes"] = self._includes(found, query)
        errors = [_not_found(each) for each in ids if each not in self.posts]
        errors += [_not_yours(each) for each in ids if each in self.hidden]
        return Reply({**body, "errors": errors} if errors else body)


REFUSALS = {
    "duplicate": "You are not allowed to create a Tweet with duplicate content.",
    "engaged": (
        "Reply to this conversation is not allowed because you have not been mentioned or "
        "otherwise engaged by the author of the post you are replying to."
    ),
    "deleted": "You attempted to reply to a Tweet that is deleted or not visible to you.",
    "no_dm": "You do not have permission to DM one or more participants.",
}


def _forbidden(detail: str) -> Reply:
    body = {"title": "Forbidden", "status": 403, "detail": detail, "type": "about:blank"}
    return Reply(body, 403)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def latest_of(ids: list[str]) -> str:
    return max(ids, key=int)


def _number(raw: Mapping[str, Any]) -> int:
    return int(raw["id"])


def _split(text: str | None) -> frozenset[str]:
    return frozenset(part for part in (text or "").split(",") if part)


def _problem(kind: str, title: str, status: int) -> dict[str, Any]:
    kind = f"https://api.x.com/2/problems/{kind}"
    return {"title": title, "detail": title, "type": kind, "status": status}


def _invalid(name: str, value: str, message: str) -> Reply:
    body = {
        "errors": [{"parameters": {name: [value]}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request",
    }
    return Reply(body, 400)


def _not_found(post_id: str, parameter: str = "ids") -> dict[str, str]:
    return {
        "resource_id": post_id,
        "value": post_id,
        "parameter": parameter,
        "resource_type": "tweet",
        "title": "Not Found Error",
        "detail": f"Could not find tweet with {parameter}: [{post_id}].",
        "type": "https://api.x.com/2/problems/resource-not-found",
    }


def _not_yours(post_id: str) -> dict[str, str]:
    return {
        **_not_found(post_id),
        "title": "Authorization Error",
        "detail": f"Sorry, you are not authorized to see the Tweet with ids: [{post_id}].",
        "type": "https://api.x.com/2/problems/not-authorized-for-resource",
    }


if __name__ == "__main__":
    parser = arguments(8101)
    parser.add_argument("--token", help="the only token that is accepted")
    parser.add_argument("--user-id", default=USER_ID)
    wanted = parser.parse_args()
    only = {wanted.token: wanted.user_id} if wanted.token else None
    serve(XServer(wanted.port, tokens=only), wanted.scenario, "x_")
