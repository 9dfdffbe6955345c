"""Tokens of a Teams bot: the one it sends, and the check of those it is sent."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt
import requests

from config.settings import TeamsSink as Settings
from notifier.http_errors import not_answered, refused
from triage.errors import FirstContactError, Refused, Retry, Unauthorised, Unavailable
from triage.ports import Clock

SCOPE = "https://api.botframework.com/.default"
EARLY = timedelta(seconds=60)
KEYS_LIVE = timedelta(hours=24)
KEYS_REST = timedelta(minutes=5)
LEEWAY_SECONDS = 300


class BotToken:
    """The bearer token of outgoing calls, fetched when needed and kept until it expires."""

    def __init__(self, settings: Settings, clock: Clock, *, scope: str = SCOPE) -> None:
        self._settings = settings
        self._clock = clock
        self._scope = scope
        self._lock = threading.Lock()
        self._token = ""
        self._ends: datetime | None = None

    def header(self) -> Mapping[str, str]:
        """The Authorization header; empty where no app password is set.

        Raises:
            Unauthorised: the app id or password is wrong.
            RateLimited, Unavailable: the login server cannot say now.
        """
        if self._settings.app_password is None:
            return {}
        with self._lock:
            if self._ends is None or self._clock() >= self._ends - EARLY:
                self._fetch(self._settings.app_password.get_secret_value())
            return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """Fetch a new token next time: the connector refused this one."""
        with self._lock:
            self._ends = None

    def _fetch(self, password: str) -> None:
        settings, now = self._settings, self._clock()
        fields = {
            "grant_type": "client_credentials",
            "client_id": settings.app_id,
            "client_secret": password,
            "scope": self._scope,
        }
        url = f"{settings.login_url.rstrip('/')}/{settings.tenant_id}/oauth2/v2.0/token"
        try:
            answer = requests.post(
                url, data=fields, timeout=settings.timeout_seconds, allow_redirects=False
            )
        except requests.RequestException as error:
            # Nothing was posted to Teams yet, whatever became of this request.
            raise Unavailable("Teams login: no answer") from error
        if answer.status_code in (400, 401, 403):
            raise Unauthorised("Teams login: app id or password refused")
        problem = refused("Teams login", answer.status_code, answer.headers, now=now)
        if problem is not None:
            asked = problem.retry_at if isinstance(problem, Retry) else None
            raise Unavailable(str(problem), retry_at=asked)
        body = _object(answer)
        self._token = str(body.get("access_token") or "")
        if not self._token:
            raise Unavailable("Teams login: an answer without a token")
        self._ends = now + timedelta(seconds=_seconds(body.get("expires_in")))


class InboundCheck:
    """Whether a request really comes from the Bot Framework and is meant for our bot.

    Keys are read from the OpenID metadata and kept for a day; an unknown key has them read
    again, at most every five minutes.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._issuer = ""
        self._keys: dict[str, jwt.PyJWK] = {}
        self._endorsed: dict[str, list[str]] = {}
        self._read_at: datetime | None = None

    def check(self, authorization: str, activity: Mapping[str, Any]) -> None:
        """Let a request pass.

        Raises:
            Refused: no token, or one not signed, issued, meant or valid as it has to be.
            Unavailable: the keys cannot be read now.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused("Teams request without a token")
        if not self._settings.app_id:
            raise Refused(f"sink {self._settings.name}: no app_id is set")
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key, issuer, channels = self._key(kid)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._settings.app_id,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as error:
            raise Refused(f"Teams request with a bad token ({type(error).__name__})") from error
        self._fresh(claims)
        _meant(claims, channels, activity)

    def _fresh(self, claims: Mapping[str, Any]) -> None:
        """Expiry by our own clock, with the leeway Microsoft asks for."""
        now = self._clock().timestamp()
        if now > _number(claims.get("exp")) + LEEWAY_SECONDS:
            raise Refused("Teams request with an expired token")
        if now < _number(claims.get("nbf")) - LEEWAY_SECONDS:
            raise Refused("Teams request with a token of the future")

    def _key(self, kid: str) -> tuple[jwt.PyJWK, str, list[str]]:
        with self._lock:
            age = self._clock() - self._read_at if self._read_at else None
            stale = age is None or age > KEYS_LIVE
            if stale or (kid not in self._keys and age is not None and age > KEYS_REST):
                self._read()
            if kid not in self._keys:
                raise Refused("Teams request signed with an unknown key")
            return self._keys[kid], self._issuer, self._endorsed.get(kid, [])

    def _read(self) -> None:
        metadata = self._get(self._settings.openid_url)
        keys = self._get(str(metadata.get("jwks_uri") or "")).get("keys")
        known, endorsed = {}, {}
        for each in keys if isinstance(keys, list) else []:
            try:
                known[str(each["kid"])] = jwt.PyJWK(each, "RS256")
            except (jwt.PyJWTError, KeyError, TypeError):
                continue  # a key of a kind we do not use
            endorsed[str(each["kid"])] = list(each.get("endorsements") or [])
        self._issuer, self._keys = str(metadata.get("issuer") or ""), known
        self._endorsed, self._read_at = endorsed, self._clock()

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = requests.get(url, timeout=self._settings.timeout_seconds)
        except requests.RequestException as error:
            raise Unavailable(str(not_answered("Teams keys", error))) from error
        problem: FirstContactError | None = refused(
            "Teams keys", answer.status_code, answer.headers, now=self._clock()
        )
        if problem is not None:
            raise Unavailable(str(problem))
        return _object(answer)


def _meant(claims: Mapping[str, Any], channels: list[str], activity: Mapping[str, Any]) -> None:
    """The token is for this very service address and this channel."""
    service = str(claims.get("serviceurl") or claims.get("serviceUrl") or "")
    if service.rstrip("/") != str(activity.get("serviceUrl") or "").rstrip("/"):
        raise Refused("Teams request with a token for another service address")
    if channels and activity.get("channelId") not in channels:
        raise Refused("Teams request signed with a key of another channel")


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise Unavailable("Teams login: an answer that is not JSON") from error
    if not isinstance(body, dict):
        raise Unavailable("Teams login: an answer that is no object")
    return body


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _seconds(value: object) -> float:
    try:
        return max(float(str(value)), 0.0)
    except ValueError:
        return 0.0
