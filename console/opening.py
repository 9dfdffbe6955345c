"""Opens the database, with as little else as commands need that only look something up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings
from console.web.accounts import Accounts
from storage.store import SqlStore, connect
from triage.errors import BadSettings
from triage.ports import Clock


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def open_store(settings: Settings, *, clock: Clock = utc_now) -> SqlStore:
    """The store, migrated and ready.

    Raises:
        BadSettings: the URL is none of ours.
        Unavailable: the database does not answer.
    """
    store = connect(settings.storage.url, settings.storage, clock=clock)
    store.migrate()
    return store


def existing_store(settings: Settings) -> SqlStore:
    """The store of a desk that has run before, for commands that only look.

    They must not answer "nothing is wrong" about an empty database they have just made.

    Raises:
        BadSettings: there is no database yet; says where it was looked for.
        Unavailable: the database does not answer.
    """
    store = connect(settings.storage.url, settings.storage, clock=utc_now)
    url = store.database.engine.url
    path = url.database or ""
    if url.get_backend_name() == "sqlite" and not (path.startswith("file:") or Path(path).exists()):
        raise BadSettings(f"storage.url: there is no database at {path or url} yet")
    store.migrate()
    return store


def accounts_of(store: SqlStore, settings: Settings) -> Accounts:
    """The console's accounts and sessions."""
    hours = timedelta(hours=settings.console.session_hours)
    return Accounts(store.database, utc_now, lives=hours)
