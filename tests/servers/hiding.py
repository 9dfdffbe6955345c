"""X and Facebook as they hide what others wrote: `PUT /2/tweets/:id/hidden`, `POST /{comment}`."""

import json
from dataclasses import replace
from typing import Any

from tests.servers.facebook import FacebookServer, graph_error
from tests.servers.social_vendor import Asked, Fault, Reply
from tests.servers.x import XServer


class HidingX(XServer):
    """Hides replies in `own_threads` only, as X does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.own_threads: set[str] = set()
        self.out_of_sight: set[str] = set()

    def route_name(self, asked: Asked) -> str:
        return "hide" if asked.path.endswith("/hidden") else super().route_name(asked)

    def respond(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        if name != "hide":
            return super().respond(name, asked, fault)
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens is not None and token not in self.tokens:
            return Reply({"title": "Unauthorized", "status": 401}, 401)
        if fault and fault.kind == "429":
            return self._too_many({}, bare=True)
        post = self.posts.get(asked.path.split("/")[3])
        if asked.method != "PUT" or post is None:
            return Reply({"title": "Not Found", "status": 404}, 404)
        if post["conversation_id"] not in self.own_threads:
            return Reply({"title": "Forbidden", "status": 403}, 403)
        hidden = json.loads(asked.body)["hidden"]
        (self.out_of_sight.add if hidden else self.out_of_sight.discard)(post["id"])
        return Reply({"data": {"hidden": hidden}})


class HidingFacebook(FacebookServer):
    """Takes `is_hidden` for comments of the page's posts."""

    def respond(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        if asked.method != "POST":
            return super().respond(name, asked, fault)
        refused = self._refused(name, replace(asked, method="GET"), fault)
        if refused:
            return refused
        comment = self.comments.get(asked.path.rsplit("/", 1)[-1])
        if comment is None:
            return graph_error(100, "Unsupported post request. Object does not exist", 33)
        comment["is_hidden"] = asked.query["is_hidden"] == "true"
        return Reply({"success": True})
