"""The X API through tweepy: our base URL and time-outs, one token for each source, our errors."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, Self

import tweepy

from collectors import x_shapes as shapes
from collectors.entries import Raw
from collectors.http import Answer, fit, hush
from config.settings import XCollector as Settings
from triage.errors import BadRequest, FirstContactError, Gone, RateLimited, Unauthorised
from triage.model import Quota
from triage.ports import Clock

Source = Literal["mentions", "dms"]

WAIT_UNTOLD = timedelta(minutes=5)
"""How long to wait after a 429 that does not say when the limit ends."""

LONGEST_WAIT = timedelta(days=1)
LONGEST_NUMBER = 20
"""Digits of a header that is believed."""

SCOPE = {"mentions": "tweet.read and users.read", "dms": "dm.read", "lookup": "tweet.read"} | {
    "hide": "tweet.moderate.write, and the post must answer one of the account's own"
}


class StaleParameter(BadRequest):
    """A page token or since_id that the server no longer takes."""

    def __init__(self, message: str, names: set[str]) -> None:
        super().__init__(message)
        self.names = names


class _FieldsRefused(BadRequest):
    """A 400 that complains about field names."""

    def __init__(self, message: str, vocabulary: shapes.Vocabulary) -> None:
        super().__init__(message)
        self.vocabulary = vocabulary


class XApi:
    """tweepy's client on our adapter: one token for each source, refusals as our errors."""

    def __init__(self, settings: Settings, clock: Clock, vocabulary: shapes.Vocabulary) -> None:
        hush("tweepy.client")
        self.vocabulary = vocabulary
        self.quotas: dict[str, Quota] = {}
        self._settings = settings
        self._clock = clock
        self._asking = "mentions"
        self._public = self._client(settings.bearer_token.get_secret_value())
        dm_token = settings.dm_token or settings.bearer_token
        self._private = self._client(dm_token.get_secret_value())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._public.session.close()
        self._private.session.close()

    def _client(self, token: str) -> tweepy.Client:
        client = tweepy.Client(bearer_token=token, wait_on_rate_limit=False)
        fit(
            client.session,
            self._settings.name,
            self._settings.base_url,
            timeout=self._settings.timeout_seconds,
            judge=self._judge,
        )
        return client

    def token_holders(self) -> tuple[Source, ...]:
        """One source for each token in use."""
        sources = self._settings.sources
        return sources if self._settings.dm_token else sources[:1]

    def owner(self, source: Source) -> str:
        """The user id a source's token belongs to."""
        body = self._get(source, "owner", "/2/users/me", {})
        data = body.get("data")
        return str(data.get("id", "")) if isinstance(data, dict) else ""

    def page(self, source: Source, params: Mapping[str, str]) -> Raw:
        """A page of mentions or messages."""
        if source == "dms":
            return self._get("dms", "dms", "/2/dm_events", {**shapes.dm_params(), **params})
        return self._posts("mentions", f"/2/users/{self._settings.user_id}/mentions", params)

    def posts(self, ids: list[str]) -> Raw:
        """Up to 100 posts by id."""
        return self._posts("lookup", "/2/tweets", {"ids": ",".join(ids)})

    def _posts(self, what: str, route: str, params: Mapping[str, str]) -> Raw:
        try:
            return self._get("mentions", what, route, {**params, **self._fields()})
        except _FieldsRefused as refused:
            self._speak(refused)
        try:
            return self._get("mentions", what, route, {**params, **self._fields()})
        except _FieldsRefused as refused:
            self.vocabulary = shapes.Vocabulary.BOTH
            raise BadRequest(f"{self._settings.name}: {what}: no field names accepted") from refused

    def _fields(self) -> dict[str, str]:
        return shapes.post_params(self.vocabulary)

    def _speak(self, refused: _FieldsRefused) -> None:
        """Use the vocabulary that was not refused."""
        other = refused.vocabulary is shapes.Vocabulary.TWEET or (
            refused.vocabulary is shapes.Vocabulary.BOTH
        )
        self.vocabulary = shapes.Vocabulary.POST if other else shapes.Vocabulary.TWEET

    def _get(self, source: Source, what: str, route: str, params: Mapping[str, str]) -> Raw:
        client = self._private if source == "dms" else self._public
        self._asking = what
        with client.request("GET", route, params=dict(params)) as response:
            body = response.json()
        return body if isinstance(body, dict) else {}

    def _judge(self, answer: Answer) -> None:
        self._note_quota(answer)
        if 400 <= answer.status < 500:
            raise self._refusal(answer)

    def _note_quota(self, answer: Answer) -> None:
        remaining = _number(answer.headers.get("x-rate-limit-remaining"))
        if remaining is None and answer.status != 429:
            return
        self.quotas[self._asking] = Quota(
            name=self._asking,
            remaining=0 if answer.status == 429 else remaining,
            limit=_number(answer.headers.get("x-rate-limit-limit")),
            resets_at=self._resets_at(answer),
        )

    def _resets_at(self, answer: Answer) -> datetime | None:
        """When the window ends, if the headers say so; nonsense never stops us for over a day."""
        now = self._clock()
        reset = _number(answer.headers.get("x-rate-limit-reset"))
        wait = _number(answer.headers.get("retry-after"))
        if reset is None and wait is None:
            return None
        seconds = wait if reset is None else reset - now.timestamp()
        return now + timedelta(seconds=min(seconds or 0, LONGEST_WAIT.total_seconds()))

    def _refusal(self, answer: Answer) -> FirstContactError:
        what = f"{self._settings.name}: {self._asking}"
        match answer.status:
            case 429:
                at = self._resets_at(answer) or self._clock() + WAIT_UNTOLD
                return RateLimited(f"{what}: too many requests", retry_at=at)
            case 401:
                return Unauthorised(f"{what}: the token is dead or wrong")
            case 402:
                return Unauthorised(f"{what}: no credits are left at X")
            case 403:
                scope = SCOPE.get(self._asking, "users.read")
                return Unauthorised(f"{what}: not allowed, the token needs the scope {scope}")
            case 404:
                return Gone(f"{what}: not there")
            case _:
                return self._bad_request(what, answer)

    def _bad_request(self, what: str, answer: Answer) -> BadRequest:
        stale = shapes.refused_parameters(answer.body) & {"pagination_token", "since_id"}
        if stale:
            return StaleParameter(f"{what}: {' and '.join(sorted(stale))} refused", stale)
        vocabulary = shapes.refused_vocabulary(answer.body)
        if vocabulary:
            return _FieldsRefused(f"{what}: field names refused", vocabulary)
        return BadRequest(f"{what}: the request was refused ({answer.status})")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < LONGEST_NUMBER else None
