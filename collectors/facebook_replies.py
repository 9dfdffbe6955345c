"""Replies on Facebook: comments under a comment, and Messenger messages to one person.

Only what passed every rule is taken (`triage.clearance.Cleared`). Within 24 hours a message goes
out as a response; up to seven days with the tag that says a person wrote it, which is true of
every reply here.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

from collectors import facebook_shapes as shapes
from collectors.checks import Finding
from collectors.entries import UNREADABLE, Raw, named
from collectors.facebook_api import EDGES, GraphApi
from collectors.http import Answer
from config.settings import FacebookCollector as Settings
from triage.clearance import Cleared, Sought
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Unauthorised,
    Unavailable,
)
from triage.ports import Clock
from triage.reply_ports import Look, Presence, SameText

REPLY = "reply"
MESSAGE = "message"
SCOPES = {REPLY: "pages_manage_engagement", MESSAGE: "pages_messaging"}
MOST_PAGES = 20
WINDOW_CLOSED = 2018278
SAME_TEXT = 506
ABOUT_THE_PERSON = frozenset({551, 2018001, 2018108, 1545041})
POLICY = frozenset({368, 1404078})


class FacebookReplies:
    """Writes as one page (`triage.reply_ports.Messenger`). Needs `reply_token`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        token = settings.reply_token or settings.page_token
        self._settings = settings.model_copy(update={"page_token": token})
        self._clock = clock

    def send(self, cleared: Cleared) -> str:
        """Comment or send the message; returns its id. Raises as the port says."""
        if not isinstance(cleared, Cleared):
            raise TypeError("only a cleared reply may be sent")
        with self._api() as api:
            if cleared.channel == shapes.MESSAGE:
                return self._id_of(self._message(api, cleared), "message_id")
            body = api.write(REPLY, _under(cleared), "comments", message=cleared.text)
            return self._id_of(body, "id")

    def _message(self, api: "_WritingGraph", cleared: Cleared) -> Raw:
        kind = {"messaging_type": "RESPONSE"}
        if cleared.human:
            kind = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        return api.write(
            MESSAGE,
            self._settings.page_id,
            "messages",
            recipient=json.dumps({"id": cleared.person}),
            message=json.dumps({"text": cleared.text}),
            **kind,
        )

    def look(self, sought: Sought, *, since: datetime, known: frozenset[str]) -> Look:
        """Whether the page said this to them since then. Raises as the port says."""
        with self._api() as api:
            if sought.channel == shapes.MESSAGE:
                pages = self._pages(lambda after: api.messages(sought.thread, after=after))
            else:
                pages = self._pages(lambda after: api.comments(_under(sought), after=after))
            return self._look_through(pages, sought, since, known)

    def _look_through(
        self, pages: Iterator[list[Raw]], sought: Sought, since: datetime, known: frozenset[str]
    ) -> Look:
        for page in pages:
            told = [(raw, self._at(raw)) for raw in page]
            for raw, at in told:
                ours = shapes.sender(raw) == self._settings.page_id and at >= since
                own = named(raw.get("id"))
                if ours and own not in known and _same(raw, sought.text):
                    return Look(presence=Presence.THERE, external_id=own, sent_at=at)
            if any(at < since for _, at in told):
                break
        return Look(presence=Presence.ABSENT)

    def _pages(self, ask: Callable[[str], Raw]) -> Iterator[list[Raw]]:
        """All pages, newest first. To stop early would be to call a reply absent that is there.

        Raises:
            OutcomeUnknown: there are more than can be read, or they make no sense.
        """
        after = ""
        for _ in range(MOST_PAGES):
            body = ask(after)
            if not isinstance(body.get("data"), list):
                raise OutcomeUnknown(f"{self.name}: the look was not answered")
            yield shapes.entries(body)
            after = shapes.after(body)
            if not after:
                return
        raise OutcomeUnknown(f"{self.name}: too much to look through")

    def _at(self, raw: Raw) -> datetime:
        try:
            return shapes.stamp(raw, "created_time", self._clock())
        except UNREADABLE as error:
            raise OutcomeUnknown(f"{self.name}: an entry could not be read: {error}") from error

    def check(self) -> list[Finding]:
        """Whether the reply token lives, is the page's own, and may comment and send messages."""
        with self._api() as api:
            try:
                owner, scopes = api.owner(), api.token().get("scopes")
            except FirstContactError as error:
                return [Finding(level="fail", text=f"reply token: {error}")]
        if owner != self._settings.page_id:
            text = f"{self.name}: the reply token belongs to {owner}: correct it"
            return [Finding(level="fail", text=text)]
        missing = set(SCOPES.values()) - set(
            scopes if isinstance(scopes, list) else SCOPES.values()
        )
        if missing:
            named = " and ".join(sorted(missing))
            return [Finding(level="fail", text=f"{self.name}: the reply token lacks {named}")]
        return [Finding(level="ok", text=f"{self.name}: the reply token is the page's own")]

    def _api(self) -> "_WritingGraph":
        return _WritingGraph(self._settings, self._clock, list(EDGES))

    def _id_of(self, body: Raw, field: str) -> str:
        own = named(body.get(field))
        if not own:
            raise OutcomeUnknown(f"{self.name}: the answer does not say what became of it")
        return own


class _WritingGraph(GraphApi):
    """The same client with the reply token; refusals keep the platform's words."""

    def write(self, what: str, parent: str, edge: str, **fields: str) -> Raw:
        """Write once. Never repeated: nothing makes a repetition harmless."""
        self._what = what
        body = self._graph.put_object(parent, edge, appsecret_proof=self._proof, **fields)
        return body if isinstance(body, dict) else {}

    def _judge(self, answer: Answer) -> None:
        if self._what in SCOPES:
            self._judge_write(answer)
        super()._judge(answer)

    def _judge_write(self, answer: Answer) -> None:
        """Refusals of one message, in Facebook's words; what is left is as for any request."""
        error = answer.body.get("error")
        if not isinstance(error, dict):
            return
        code, subcode = error.get("code"), error.get("error_subcode")
        what = f"{self._settings.name}: Facebook says: {_words(error)}"
        if subcode == WINDOW_CLOSED or code in POLICY:
            raise BadRequest(what)
        if code in ABOUT_THE_PERSON or subcode in ABOUT_THE_PERSON:
            raise Gone(what)
        if code == SAME_TEXT:
            raise SameText(what)
        if code in (1, 2, -1, 1200) or error.get("is_transient"):
            raise OutcomeUnknown(what)
        meant = shapes.refusal(answer, name=self._settings.name, what=self._what, now=self._clock())
        if isinstance(meant, Unavailable):
            raise OutcomeUnknown(what) from meant
        if isinstance(meant, BadRequest | Gone):
            raise type(meant)(what) from meant
        if (isinstance(meant, Unauthorised) and code in (3, 10)) or _is_scope(code):
            raise Unauthorised(f"{what} (the token needs {SCOPES[self._what]})") from meant


def _is_scope(code: object) -> bool:
    return isinstance(code, int) and 200 <= code <= 299


def _under(sought: Sought) -> str:
    """What is commented on: Facebook has comments and answers to them, and no third level."""
    return sought.parent or sought.to


def _same(raw: Raw, ours: str) -> bool:
    return " ".join(named(raw.get("message"), 100_000).split()) == " ".join(ours.split())


def _words(error: Raw) -> str:
    """What Facebook says about a refusal, in one line with its numbers."""
    said = " ".join(named(error.get("message")).split())[:300]
    code, subcode = error.get("code"), error.get("error_subcode")
    return f"{said} (error {code}{f'/{subcode}' if subcode else ''})"
