"""The Graph API through facebook-sdk: our base URL, a proof on each call, our errors."""

import hashlib
import hmac
import warnings
from typing import Self

import requests

from collectors import facebook_shapes as shapes
from collectors.entries import Raw
from collectors.http import Answer, fit
from config.settings import FacebookCollector as Settings
from triage.errors import BadRequest, Gone, Unavailable
from triage.model import Quota
from triage.ports import Clock

with warnings.catch_warnings():  # it holds an invalid escape, which is an error under -W error
    warnings.simplefilter("ignore")
    import facebook

FEWEST = 1
"""Entries of the smallest page that is asked for."""

EDGES = ("feed", "published_posts", "posts")
"""Where a page's posts are: the first also has what visitors wrote, some tokens see only others."""


class GraphApi:
    """Reads for one page. Raises only our errors, and none of them holds a token."""

    def __init__(self, settings: Settings, clock: Clock, edges: list[str]) -> None:
        self.quotas: tuple[Quota, ...] = ()
        self._settings = settings
        self._clock = clock
        self._what = "page"
        self._edges = edges
        self._session = requests.Session()
        fit(
            self._session,
            settings.name,
            settings.base_url,
            timeout=settings.timeout_seconds,
            judge=self._judge,
        )
        token = settings.page_token.get_secret_value()
        self._graph = facebook.GraphAPI(
            token, session=self._session, timeout=settings.timeout_seconds
        )
        self._graph.version = settings.version
        self._proof = hmac.new(
            settings.app_secret.get_secret_value().encode(), token.encode(), hashlib.sha256
        ).hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.close()

    @property
    def used_up(self) -> int:
        """The highest usage Facebook reported, in per cent."""
        return max((100 - (quota.remaining or 0) for quota in self.quotas), default=0)

    def owner(self) -> str:
        """The id of the page the token belongs to."""
        return str(self._get("me", "me", fields="id").get("id", ""))

    def token(self) -> Raw:
        """What Facebook says about the token itself: scopes and when it expires."""
        token = self._settings.page_token.get_secret_value()
        found = self._get("token", "debug_token", input_token=token).get("data")
        return found if isinstance(found, dict) else {}

    def posts(self, *, limit: int, after: str) -> Raw:
        """A page of the page's posts, newest first, from the first edge that answers.

        Edges that do not are dropped from the list handed in at the start.
        """
        while True:
            path = f"{self._settings.page_id}/{self._edges[0]}"
            try:
                return self._page("posts", path, after, fields=shapes.POST_FIELDS, limit=limit)
            except (BadRequest, Gone):
                if len(self._edges) == 1:
                    raise
                del self._edges[0]
                after = ""

    def comments(self, post_id: str, *, after: str) -> Raw:
        """A page of a post's comments with the replies to them, newest first."""
        return self._page(
            "comments",
            f"{post_id}/comments",
            after,
            filter="stream",
            order="reverse_chronological",
            live_filter="no_filter",  # else comments on live videos are thinned out
            fields=shapes.COMMENT_FIELDS,
            limit=100,
        )

    def conversations(self, *, after: str) -> Raw:
        """A page of conversations, most recently changed first."""
        path = f"{self._settings.page_id}/conversations"
        fields = shapes.CONVERSATION_FIELDS
        return self._page(
            "conversations", path, after, fields=fields, platform="messenger", limit=50
        )

    def messages(self, conversation_id: str, *, after: str) -> Raw:
        """A page of a conversation's messages, newest first."""
        fields = shapes.MESSAGE_FIELDS
        return self._page("messages", f"{conversation_id}/messages", after, fields=fields, limit=50)

    def comment_exists(self, comment_id: str) -> bool:
        """Whether a comment is still there."""
        try:
            self._get("comment", comment_id, fields="id")
        except Gone:
            return False
        return True

    def _page(self, what: str, path: str, after: str, *, limit: int, **args: str | int) -> Raw:
        """A page; a cursor that is no longer taken leads back to the first page.

        Facebook refuses pages that are too much work for it, so less is asked for then.
        """
        wanted = {"after": after} if after else {}
        while True:
            try:
                return self._get(what, path, limit=limit, **wanted, **args)
            except shapes.TooMuch:
                if limit <= FEWEST:
                    raise
                limit = max(FEWEST, limit // 4)
            except BadRequest:
                if not wanted:
                    raise
                wanted = {}

    def _get(self, what: str, path: str, **args: str | int) -> Raw:
        self._what = what
        try:
            body = self._graph.get_object(path, appsecret_proof=self._proof, **args)
        except facebook.GraphAPIError as error:
            raise Unavailable(f"{self._settings.name}: {what}: no sense in the answer") from error
        return body if isinstance(body, dict) else {}

    def _judge(self, answer: Answer) -> None:
        now = self._clock()
        self.quotas = shapes.quotas(answer.headers, now) or self.quotas
        refused = shapes.refusal(answer, name=self._settings.name, what=self._what, now=now)
        if refused:
            raise refused
