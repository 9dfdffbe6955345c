"""Tokens that prove a form came from our own page, and the checks on where a request came from."""

import base64
import binascii
import hashlib
import hmac
import secrets

SIZE = 32


def secret_of(cookie: str) -> bytes:
    """What forms of a session must know; made from its cookie, so nothing more is kept."""
    return hmac.digest(cookie.encode(), b"firstcontact form", hashlib.sha256)


def masked(secret: bytes) -> str:
    """The token for one page. It looks different each time: a compressed page leaks nothing."""
    pad = secrets.token_bytes(SIZE)
    return base64.urlsafe_b64encode(pad + _xor(pad, secret)).decode("ascii")


def proves(token: str, secret: bytes) -> bool:
    """Whether a form's token belongs to the secret."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
    if len(raw) != 2 * SIZE:
        return False
    return hmac.compare_digest(_xor(raw[:SIZE], raw[SIZE:]), secret)


def from_elsewhere(*, site: str, origin: str, ours: frozenset[str]) -> bool:
    """Whether the browser says that another site sent this.

    `site` is Sec-Fetch-Site, `origin` is Origin, either "" where the browser sent none. Our
    pages send no referrer, and browsers then say Origin "null": that alone proves nothing.
    """
    if site:
        return site not in ("same-origin", "none")  # none: the officer pressed reload
    return bool(origin) and origin != "null" and origin not in ours


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
