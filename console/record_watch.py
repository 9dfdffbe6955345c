"""Record sources read by the clock: by one node at a time, and heard of when they fail."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from config.record_sources import RecordSource
from console.record_sync import Synced, missing_words, named, sync
from console.service import Service
from storage.making import KeysOf
from storage.store import SqlStore
from triage.errors import BadSettings, FirstContactError
from triage.model import CollectorHealth

log = logging.getLogger("firstcontact.records")

LEASE_SECONDS = 600.0
LOOK_SECONDS = 600.0
"""So often it is looked whether a source is due; after a failure it is tried as often."""

LATE = 1.5
GRACE = timedelta(hours=1)
"""A source is late when it was not read for `LATE` intervals and this."""


class RecordWatch:
    """Reads each source that has `every_hours` when that time is over.

    Args:
        node: what this node is called; only one reads a source at a time.
        failures: so many failed readings in a row are an alarm; wrong settings are one at once.
    """

    def __init__(
        self,
        store: SqlStore,
        service: Service,
        sources: Sequence[RecordSource],
        *,
        keys_of: KeysOf,
        node: str,
        failures: int,
    ) -> None:
        self._store = store
        self._service = service
        self._keys_of = keys_of
        self._node = node
        self._failures = failures
        self._began = service.desk.clock()
        self.sources = [each for each in sources if each.every_hours]

    def plan(self, every: Callable[[float, str, Callable[[], None]], None]) -> None:
        """Have each source looked at by the clock, and its lateness watched."""
        for source in self.sources:
            seconds = min(LOOK_SECONDS, source.every_hours * 3600)
            every(seconds, f"records:{source.name}", self._look_at(source))
            text = f"{source.name}: citizen records are late: they were not read as often as set"
            self._service.watching.probe(f"records-late:{source.name}", text, self._in_time(source))

    def _look_at(self, source: RecordSource) -> Callable[[], None]:
        def job() -> None:
            self.look(source)

        return job

    def _in_time(self, source: RecordSource) -> Callable[[], bool]:
        patience = timedelta(hours=source.every_hours) * LATE + GRACE

        def in_time() -> bool:
            last = self._health(source).last_success or self._began
            return self._service.desk.clock() - max(last, self._began) <= patience

        return in_time

    def look(self, source: RecordSource) -> bool:
        """Read a source if it is due and nobody else reads it; whether it was read."""
        now = self._service.desk.clock()
        last = self._health(source).last_success
        if last is not None and now - last < timedelta(hours=source.every_hours):
            return False
        if not self._hold(source):
            return False
        try:
            synced = sync(
                self._store, source, keys_of=self._keys_of, now=now, still=self._at_work(source)
            )
        except FirstContactError as error:
            self._failed(source, error)
            return False
        finally:
            self._store.end_lease(named(source), self._node)
        self._read(source, synced)
        return True

    def _health(self, source: RecordSource) -> CollectorHealth:
        known = {each.source: each for each in self._store.collectors()}
        return known.get(named(source), CollectorHealth(source=named(source)))

    def _hold(self, source: RecordSource) -> bool:
        now = self._service.desk.clock()
        return self._store.lease(named(source), self._node, seconds=LEASE_SECONDS, now=now)

    def _at_work(self, source: RecordSource) -> Callable[[], None]:
        """Keep the others away, and give way to what is urgent."""

        def still() -> None:
            self._hold(source)
            self._service.way.give_way()

        return still

    def _failed(self, source: RecordSource, error: FirstContactError) -> None:
        now = self._service.desk.clock()
        failed = self._store.poll_failed(named(source), error=str(error), now=now)
        log.warning("records not read", extra={"source": source.name, "error": str(error)})
        if failed >= self._failures or isinstance(error, BadSettings):
            said = f"{source.name}: citizen records are not being read: {error}"
            self._service.tell(named(source), said)

    def _read(self, source: RecordSource, synced: Synced) -> None:
        now = self._service.desk.clock()
        stored = synced.imported.stored
        self._store.poll_succeeded(named(source), items=stored, harvest=None, now=now)
        self._service.well_again(named(source))
        if synced.missing.new:
            said = missing_words(source.name, synced.missing)
            self._service.tell(f"records-missing:{source.name}", said, 2)
        if rejected := synced.imported.rejected:
            reasons = "; ".join(str(each) for each in rejected[:3])
            said = f"{source.name}: {len(rejected)} citizen records cannot be read: {reasons}"
            self._service.tell(f"records-rejected:{source.name}", said, 3)
