"""Local accounts and sessions of the console. Officers and their roles stay in the store.

Passwords are kept as argon2id hashes, session tokens as SHA-256 hashes: whoever reads the
database can sign in as nobody.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, case, delete, select, update

from console.web.throttle import FORGET, Failures, keys_of, locked_until
from storage.database import Database, insert_into
from storage.tables import accounts, sessions, sign_in_failures
from storage.types import short
from triage.errors import Refused
from triage.ports import Clock

SESSION, LINK = "session", "link"
LINK_LIVES = timedelta(minutes=10)
NOTE_SEEN_EVERY = timedelta(minutes=1)
MIN_PASSWORD, MAX_PASSWORD = 12, 200
HASHES_AT_ONCE = 2  # each takes 64 MiB: guessing must not eat the machine
WRONG = "The user name or the password is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An officer's open session. `expires_at` is when it ends whatever they do."""

    officer_id: str
    made_at: datetime
    expires_at: datetime


class Accounts:
    """Passwords, sessions and one-time links. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        lives: timedelta = timedelta(hours=10),
        idle: timedelta = timedelta(hours=1),
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._db = database
        self._clock = clock
        self._lives = lives
        self._idle = idle
        self._hasher = hasher or PasswordHasher()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        # An unknown name is checked against this, so that it takes as long as a known one.
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))

    # --- passwords ------------------------------------------------------------------------------

    def set_password(self, officer_id: str, password: str) -> None:
        """Give an officer a password and end all their sessions.

        Raises:
            Refused: the password is too short or too long.
        """
        self._store_password(officer_id, password, but="")

    def change_password(self, officer_id: str, old: str, new: str, *, token: str) -> None:
        """Change one's own password; every other session of the officer ends.

        Raises:
            Refused: the old password is wrong, or the new one too short or too long.
        """
        self._prove(officer_id, old, address="change")
        self._store_password(officer_id, new, but=_hashed(token))

    def sign_in(self, officer_id: str, password: str, *, address: str) -> str:
        """Check a password and open a session; returns its token.

        Every try is counted before the password is looked at, so that guessing in parallel
        gains nothing. Unknown names take as long and fail with the same words.

        Raises:
            Refused: name or password wrong, or too many tries.
        """
        self._prove(officer_id, password, address=address)
        return self.open_session(officer_id)

    def _prove(self, officer_id: str, password: str, *, address: str) -> None:
        keys = {kind: short(key) for kind, key in keys_of(officer_id, address).items()}
        self._count_try(keys)
        known = self._password_hash(officer_id)
        right = self._matches(known or self._nobodys, password)
        if known is None or not right:
            raise Refused(WRONG)
        self._forget_failures(keys)
        if self._hasher.check_needs_rehash(known):
            self._store_hash(officer_id, password)

    def _matches(self, known: str, password: str) -> bool:
        if not self._hashing.acquire(timeout=10):
            raise Refused("Too many people sign in at once: try again in a few seconds")
        try:
            return self._hasher.verify(known, password[: MAX_PASSWORD + 1])
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._hashing.release()

    def _password_hash(self, officer_id: str) -> str | None:
        wanted = select(accounts.c.password_hash).where(accounts.c.officer_id == short(officer_id))
        with self._db.read() as tx:
            found: str | None = tx.execute(wanted).scalar_one_or_none()
            return found

    def _store_password(self, officer_id: str, password: str, *, but: str) -> None:
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise Refused(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        self._store_hash(officer_id, password)
        with self._db.write() as tx:
            tx.execute(
                delete(sessions).where(
                    sessions.c.officer_id == short(officer_id), sessions.c.token_hash != but
                )
            )

    def _store_hash(self, officer_id: str, password: str) -> None:
        values = {"password_hash": self._hasher.hash(password), "changed_at": self._clock()}
        with self._db.write() as tx:
            tx.execute(
                insert_into(tx, accounts)
                .values(officer_id=short(officer_id), **values)
                .on_conflict_do_update(index_elements=["officer_id"], set_=values)
            )

    # --- throttling -------------------------------------------------------------------------------

    def _count_try(self, keys: Mapping[str, str]) -> None:
        now = self._clock()
        with self._db.write() as tx:
            _take_rows(tx, keys.values(), now)
            found = {kind: _failures(tx, key) for kind, key in keys.items()}
            ends = [locked_until(kind, failures) for kind, failures in found.items()]
            until = max((end for end in ends if end is not None), default=now)
            if until > now:
                wait = int((until - now).total_seconds()) + 1
                raise Refused(f"Too many tries: wait {wait} seconds")
            for key in keys.values():
                _count_failure(tx, key, now)

    def _forget_failures(self, keys: Mapping[str, str]) -> None:
        """A right password clears the account; of its address it only takes back its own try."""
        with self._db.write() as tx:
            cleared = (keys["pair"], keys["account"])
            tx.execute(delete(sign_in_failures).where(sign_in_failures.c.key.in_(cleared)))
            tx.execute(
                update(sign_in_failures)
                .where(sign_in_failures.c.key == keys["address"])
                .values(failed=sign_in_failures.c.failed - 1)
            )

    # --- sessions ---------------------------------------------------------------------------------

    def open_session(self, officer_id: str) -> str:
        """A new session; returns its token, which is kept nowhere else."""
        return self._issue(officer_id, SESSION, self._lives)

    def sign_in_link(self, officer_id: str) -> str:
        """A token for `/login/once?token=…`: good once, for ten minutes, on loopback only."""
        return self._issue(officer_id, LINK, LINK_LIVES)

    def redeem(self, link_token: str) -> str | None:
        """Use up a one-time link; returns a session token, or None if the link is not good."""
        now = self._clock()
        where = (
            sessions.c.token_hash == _hashed(link_token),
            sessions.c.kind == LINK,
            sessions.c.expires_at > now,
        )
        with self._db.write() as tx:
            officer_id = tx.execute(select(sessions.c.officer_id).where(*where)).scalar()
            if officer_id is None or tx.execute(delete(sessions).where(*where)).rowcount != 1:
                return None
        return self.open_session(officer_id)

    def session(self, token: str, *, active: bool = True) -> Session | None:
        """The session of a token; None if there is none or it has ended.

        `active` means that the officer did something: the idle clock starts again.
        """
        now = self._clock()
        found = sessions.c.token_hash == _hashed(token)
        with self._db.read() as tx:
            row = tx.execute(select(sessions).where(found, sessions.c.kind == SESSION)).first()
        if row is None or row.expires_at <= now or row.seen_at + self._idle <= now:
            return None
        if active and now - row.seen_at >= NOTE_SEEN_EVERY:
            with self._db.write() as tx:
                tx.execute(update(sessions).where(found).values(seen_at=now))
        return Session(officer_id=row.officer_id, made_at=row.made_at, expires_at=row.expires_at)

    def sign_out(self, token: str) -> None:
        """End a session; nothing happens if it has ended."""
        with self._db.write() as tx:
            tx.execute(delete(sessions).where(sessions.c.token_hash == _hashed(token)))

    def _issue(self, officer_id: str, kind: str, lives: timedelta) -> str:
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._db.write() as tx:
            tx.execute(delete(sessions).where(sessions.c.expires_at <= now))
            tx.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at <= now - FORGET))
            tx.execute(
                sessions.insert().values(
                    token_hash=_hashed(token),
                    kind=kind,
                    officer_id=short(officer_id),
                    made_at=now,
                    seen_at=now,
                    expires_at=now + lives,
                )
            )
        return token


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _take_rows(tx: Connection, keys: Iterable[str], now: datetime) -> None:
    """Keep every other try under these keys waiting until this one is counted.

    Always in the same order, or two tries would wait for one another.
    """
    rows = sign_in_failures
    for key in sorted(keys):
        fresh = insert_into(tx, rows).values(key=key, failed=0, last_at=now)
        tx.execute(fresh.on_conflict_do_nothing())
        tx.execute(select(rows.c.key).where(rows.c.key == key).with_for_update())


def _failures(tx: Connection, key: str) -> Failures:
    row = tx.execute(select(sign_in_failures).where(sign_in_failures.c.key == key)).one()
    return Failures(count=row.failed, last_at=row.last_at)


def _count_failure(tx: Connection, key: str, now: datetime) -> None:
    columns = sign_in_failures.c
    failed = case((columns.last_at <= now - FORGET, 1), else_=columns.failed + 1)
    tx.execute(
        update(sign_in_failures)
        .where(sign_in_failures.c.key == key)
        .values(failed=failed, last_at=now)
    )
