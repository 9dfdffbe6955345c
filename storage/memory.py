"""The store in memory: the same code over SQLite without a file, so it obeys the same rules."""

from storage.database import MEMORY
from storage.store import SqlStore, connect, utc_now
from triage.ports import Clock


def memory_store(*, clock: Clock = utc_now) -> SqlStore:
    """An empty store, ready for use and gone with the process."""
    store = connect(MEMORY, clock=clock)
    store.migrate()
    return store
