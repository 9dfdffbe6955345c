"""Replies on X through tweepy: posts that answer a mention, and direct messages to one person.

Only what passed every rule is taken (`triage.clearance.Cleared`). Looking for a reply that may
have arrived reads the force's own posts, or its conversation with that one person.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from collectors import x_shapes as shapes
from collectors.checks import Finding
from collectors.entries import UNREADABLE, Raw, named
from collectors.http import Answer
from collectors.paging import moment
from collectors.x_api import XApi
from config.settings import XCollector as Settings
from triage.clearance import Cleared, Sought
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Unauthorised,
)
from triage.ports import Clock
from triage.reply_ports import Look, Presence, SameText
from triage.reply_text import LINK

REPLY = "reply"
MESSAGE = "message"
SCOPES = {REPLY: "tweet.write", MESSAGE: "dm.write"}
MOST_PAGES = 10
PAGE = 100


class XReplies:
    """Writes as one account on X (`triage.reply_ports.Messenger`). Needs `reply_token`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        token = settings.reply_token or settings.bearer_token
        self._settings = settings.model_copy(update={"bearer_token": token, "dm_token": token})
        self._clock = clock
        self._vocabulary = shapes.Vocabulary.BOTH

    def send(self, cleared: Cleared) -> str:
        """Post the reply or send the message; returns its id. Raises as the port says."""
        if not isinstance(cleared, Cleared):
            raise TypeError("only a cleared reply may be sent")
        with self._api() as api:
            if cleared.channel == shapes.DM:
                route = f"/2/dm_conversations/with/{cleared.person}/messages"
                body = api.write(MESSAGE, route, {"text": cleared.text})
                return _id_of(body, "dm_event_id", self.name)
            reply = {"in_reply_to_tweet_id": cleared.to}
            body = api.write(REPLY, "/2/tweets", {"text": cleared.text, "reply": reply})
            return _id_of(body, "id", self.name)

    def look(self, sought: Sought, *, since: datetime, known: frozenset[str]) -> Look:
        """Whether the account said this to them since then. Raises as the port says."""
        with self._api() as api:
            if sought.channel == shapes.DM:
                return self._look_among(self._messages(api, sought, since), sought, known)
            return self._look_among(self._answers(api, sought, since), sought, known)

    def check(self) -> list[Finding]:
        """Whether the reply token lives, is the account's own, and can look for what it sent."""
        with self._api() as api:
            try:
                owner = api.owner("dms")
                api.own_posts({"max_results": "5"})
            except FirstContactError as error:
                return [Finding(level="fail", text=f"reply token: {error}")]
        if owner != self._settings.user_id:
            text = f"{self.name}: the reply token belongs to {owner or 'nobody'}: correct it"
            return [Finding(level="fail", text=text)]
        text = f"{self.name}: the reply token is the account's own; X says at the first reply "
        return [Finding(level="ok", text=f"{text}whether it may write")]

    def _api(self) -> "_WritingApi":
        return _WritingApi(self._settings, self._clock, self._vocabulary)

    def _look_among(self, ours: "Iterator[_Said]", sought: Sought, known: frozenset[str]) -> Look:
        """The first of ours with this text; another answer of ours to a post makes it unclear."""
        others = False
        for said in ours:
            if said.id in known:
                continue
            if _same(said.text, sought.text):
                return Look(presence=Presence.THERE, external_id=said.id, sent_at=said.sent_at)
            others = others or sought.channel != shapes.DM
        if others:
            why = f"{self.name}: there is another answer of ours to it"
            return Look(presence=Presence.UNCLEAR, why=why)
        return Look(presence=Presence.ABSENT)

    def _answers(self, api: "_WritingApi", sought: Sought, since: datetime) -> "Iterator[_Said]":
        """Our own posts since then that answer the item."""
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for page in self._pages(api, lambda params: api.own_posts({**params, "start_time": start})):
            yield from (self._said(raw) for raw in page if sought.to in shapes.answered(raw))

    def _messages(self, api: "_WritingApi", sought: Sought, since: datetime) -> "Iterator[_Said]":
        """What we wrote to this one person since then."""
        for page in self._pages(api, lambda params: api.messages_with(sought.person, params)):
            told = [(raw, self._said(raw)) for raw in page]
            for raw, said in told:
                ours = named(raw.get("sender_id")) == self._settings.user_id
                if ours and said.sent_at >= since:
                    yield said
            if any(said.sent_at < since for _, said in told):
                return

    def _pages(
        self, api: "_WritingApi", ask: Callable[[Mapping[str, str]], Raw]
    ) -> Iterator[list[Raw]]:
        """All pages. To stop before the end would be to call a reply absent that is there.

        Raises:
            OutcomeUnknown: there are more than can be read, or they make no sense.
        """
        token = ""
        for _ in range(MOST_PAGES):
            params = {"max_results": str(PAGE)}
            if token:
                params["pagination_token"] = token
            body = ask(params)
            self._vocabulary = api.vocabulary
            if "data" not in body and "meta" not in body:
                raise OutcomeUnknown(f"{self.name}: the look was not answered")
            yield shapes.entries(body)
            token = shapes.next_token(body)
            if not token:
                return
        raise OutcomeUnknown(f"{self.name}: too much to look through")

    def _said(self, raw: Raw) -> "_Said":
        try:
            text = shapes.plain_text(raw)
            at = moment(raw.get("created_at"), self._clock())
            return _Said(shapes.entry_id(raw), text, at)
        except UNREADABLE as error:
            raise OutcomeUnknown(f"{self.name}: an entry could not be read: {error}") from error


class _Said:
    """Something the account wrote."""

    __slots__ = ("id", "sent_at", "text")

    def __init__(self, own: str, text: str, sent_at: datetime) -> None:
        self.id, self.text, self.sent_at = own, text, sent_at


class _WritingApi(XApi):
    """The same client with the reply token; refusals keep the platform's words."""

    def write(self, what: str, route: str, body: Mapping[str, object]) -> Raw:
        """Post once. Never repeated: X has no key that makes a repetition harmless."""
        self._asking = what
        with self._private.request("POST", route, json=dict(body)) as response:
            answer = response.json()
        return answer if isinstance(answer, dict) else {}

    def own_posts(self, params: Mapping[str, str]) -> Raw:
        """A page of the account's own posts."""
        return self._posts("own posts", f"/2/users/{self._settings.user_id}/tweets", params)

    def messages_with(self, person: str, params: Mapping[str, str]) -> Raw:
        """A page of the conversation with one person."""
        route = f"/2/dm_conversations/with/{person}/dm_events"
        return self._get("dms", "conversation", route, {**shapes.dm_params(), **params})

    def _refusal(self, answer: Answer) -> FirstContactError:
        if self._asking not in SCOPES or answer.status not in (400, 403, 404):
            return super()._refusal(answer)
        what, said = self._settings.name, _words(answer)
        if "duplicate content" in said:
            return SameText(f"{what}: X says: {said}")
        if answer.status == 404 or "deleted or not visible" in said:
            return Gone(f"{what}: X says: {said}")
        if _about_the_app(answer):
            scope = SCOPES[self._asking]
            return Unauthorised(f"{what}: not allowed, the token needs the scope {scope}: {said}")
        return BadRequest(f"{what}: X says: {said}")


def _about_the_app(answer: Answer) -> bool:
    """Whether a 403 is about the token or plan, and not about this one message."""
    kind = named(answer.body.get("type"))
    return answer.status == 403 and kind.endswith(
        ("/client-forbidden", "/unsupported-authentication", "/oauth1-permissions")
    )


def _words(answer: Answer) -> str:
    """What X says about a refusal, in one line."""
    errors = answer.body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    inner = first.get("message") if isinstance(first, dict) else ""
    said = named(inner) or named(answer.body.get("detail")) or named(answer.body.get("title"))
    return " ".join(said.split())[:300] or f"refused ({answer.status})"


def _id_of(body: Raw, field: str, name: str) -> str:
    data = body.get("data")
    own = named(data.get(field)) if isinstance(data, dict) else ""
    if not own:
        raise OutcomeUnknown(f"{name}: the answer does not say what became of it")
    return own


_MENTIONS = re.compile(r"^(?:@\w{1,20}\s+)+")


def _same(there: str, ours: str) -> bool:
    """Whether a text on X is ours: X puts the names of those answered before it, and its own
    short links in place of links."""
    return _bare(there) == _bare(ours)


def _bare(text: str) -> str:
    text = _MENTIONS.sub("", text.strip())
    return " ".join(LINK.sub("<link>", text).split())
