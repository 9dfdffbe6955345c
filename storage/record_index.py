"""The keys of a store's records in memory, following every change of every process at once."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from storage.database import Database
from storage.key_index import KeyIndex
from storage.record_keys import (
    RECORDS,
    Lists,
    arrays,
    changed,
    counted,
    lists_after,
    mark,
    unpacked,
)
from triage.errors import Unavailable

log = logging.getLogger("firstcontact.records")

AT_ONCE = 50_000
MOST_CHANGES = 50_000
"""So many changed records are kept beside the arrays before these are built anew."""

AGAIN_SECONDS = 5.0


class RecordIndex:
    """Finds who shares keys, as the table `person_keys` does. Safe to share between threads.

    Every look-up first reads the stamp of the last change from the store. What was written since
    the arrays were built stands beside them: its own keys, in place of those it had.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._turn = threading.Lock()
        self._base: KeyIndex | None = None
        self._forget(None, 0)
        self._wanted, self._stopped = threading.Event(), threading.Event()
        self._builder: threading.Thread | None = None

    @property
    def ready(self) -> bool:
        """Whether it answers itself."""
        return self._base is not None

    @property
    def highest(self) -> int:
        """The highest number a record had when it was looked last."""
        return max(self._base.highest if self._base else 0, self._newest)

    @property
    def nbytes(self) -> int:
        """The memory of the arrays."""
        return self._base.nbytes if self._base else 0

    def sharing(self, tx: Connection, keys: Sequence[int], limit: int) -> Counter[int] | None:
        """By record number, what its keys count for; None if the table has to be asked.

        Keys held by more than `limit` records do not count. `tx` must not have read yet: what it
        sees would be older than what another thread has taken over.
        """
        with self._turn:
            base = self._base
            if base is None or not self._follow(tx):
                return None
            return counted((self._holders(base, key, limit) for key in keys), limit)

    def build(self) -> None:
        """Read all keys of the store and answer from now on.

        Raises:
            Unavailable: the database is gone; what was there before still holds.
        """
        with self._db.read() as tx:
            stamp = mark(tx, RECORDS) or 0
        base = KeyIndex(self._columns())
        with self._turn:
            if not self._stopped.is_set():
                self._forget(base, stamp)

    # --- in the background ---

    def start(self) -> None:
        """Build in a thread, now and whenever too much has changed."""
        self._wanted.set()
        self._builder = threading.Thread(target=self._keep_built, name="records", daemon=True)
        self._builder.start()

    def stop(self) -> None:
        """End the thread; a build under way is given up."""
        self._stopped.set()
        self._wanted.set()
        if self._builder is not None:
            self._builder.join(timeout=AGAIN_SECONDS)

    def _keep_built(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait()
            self._wanted.clear()
            try:
                self.build()
            except Unavailable as error:
                log.warning("records are looked up in the table for now: %s", error)
                self._wanted.set()
                self._stopped.wait(AGAIN_SECONDS)

    def _columns(self) -> Iterator[tuple[Any, Any]]:
        last = 0
        while not self._stopped.is_set() and (lists := self._lists_after(last)):
            last = lists[-1][0]
            yield arrays(lists)

    def _lists_after(self, number: int) -> Lists:
        """Some at a time: a reader that takes long keeps SQLite's log from being put away."""
        with self._db.read() as tx:
            return lists_after(tx, number, most=AT_ONCE)

    # --- what changed ---

    def _forget(self, base: KeyIndex | None, stamp: int) -> None:
        self._base, self._stamp = base, stamp
        self._newest = 0
        self._changed: dict[int, tuple[int, ...]] = {}
        self._held: dict[int, set[int]] = {}

    def _follow(self, tx: Connection) -> bool:
        """Take over what was written since; False if that is too much."""
        stamp = mark(tx, RECORDS) or 0
        if stamp == self._stamp:
            return True
        room = MOST_CHANGES - len(self._changed)
        lists = changed(tx, self._stamp, stamp, most=room + 1)
        if stamp < self._stamp or len(lists) > room:  # another database, or a large import
            self._forget(None, 0)
            self._wanted.set()
            return False
        for number, keys in lists:
            self._replace(number, unpacked(keys))
        self._stamp = stamp
        return True

    def _replace(self, number: int, keys: tuple[int, ...]) -> None:
        for key in self._changed.get(number, ()):
            self._held[key].discard(number)
        self._changed[number] = keys
        self._newest = max(self._newest, number)
        for key in keys:
            self._held.setdefault(key, set()).add(number)

    def _holders(self, base: KeyIndex, key: int, limit: int) -> Sequence[int]:
        found = base.holders(key, limit, self._changed)
        later = self._held.get(key)
        return [*found, *later] if later else found
