"""Versions of lines: only ever added to, so that their history cannot be rewritten here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from storage.audit import append
from storage.codec import dumps, loads
from storage.database import Database, exclusive, insert_into
from storage.tables import marks
from storage.tuning_tables import (
    threshold_freezes,
    threshold_marks,
    threshold_nodes,
    threshold_steps,
    threshold_versions,
)
from storage.types import short
from triage.errors import Stale
from triage.model import Event
from triage.taxonomy import Label
from triage.tuning.gate import Mark
from triage.tuning.versions import Frozen, Step, Version

CHANGES = "thresholds"
"""The mark that grows with every step, so that nodes see a change by reading one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Which lines a node judges by, and since when. `versions` are the numbers that are live."""

    node: str
    model: str
    emergency: float
    abuse: float
    versions: tuple[int, ...]
    at: datetime


class ThresholdsPart:
    """Versions, what people noted about them, freezes, and which lines nodes use."""

    _db: Database

    def threshold_mark(self) -> int:
        """A number that grows with every step of a version."""
        with self._db.read() as tx:
            return _mark(tx)

    def threshold_versions(self) -> list[Version]:
        """Every version with all of its steps, the newest first."""
        with self._db.read() as tx:
            return _versions(tx)

    def add_version(
        self, of: Label, line: float, model: str, first: Step, *, events: Sequence[Event]
    ) -> Version:
        """Keep a draft under the next number, with `events` about it."""
        with self._db.write() as tx:
            exclusive(tx, "audit")
            last = tx.execute(select(func.max(threshold_versions.c.number))).scalar() or 0
            number = int(last) + 1
            version = Version(number=number, of=of, line=line, model=short(model), steps=(first,))
            tx.execute(
                insert(threshold_versions).values(
                    number=number, label=of.value, line=line, model=short(model)
                )
            )
            _step(tx, number, 1, first)
            append(tx, [_about(each, number) for each in events])
        return version

    def add_steps(
        self,
        steps: Sequence[tuple[Version, Step]],
        *,
        events: Sequence[Event],
        seen: int | None = None,
    ) -> None:
        """Add a step to each version, all or none, with the events that tell of them.

        With `seen`, the mark that was read before, no version at all may have moved since: of two
        versions that go live at once only one does.

        Raises:
            Stale: another step came first.
        """
        with self._db.write() as tx:
            exclusive(tx, "audit")
            if seen is not None and _mark(tx) != seen:
                raise Stale("a version has changed meanwhile: look again")
            for version, step in steps:
                had = tx.execute(
                    select(func.max(threshold_steps.c.seq)).where(
                        threshold_steps.c.version == version.number
                    )
                ).scalar()
                if had != len(version.steps):
                    raise Stale(f"version {version.number} has changed meanwhile: look again")
                _step(tx, version.number, len(version.steps) + 1, step)
            append(tx, events)

    def threshold_marks(self, version: int) -> list[Mark]:
        """What people noted about a version, oldest first."""
        wanted = select(threshold_marks.c.mark).where(threshold_marks.c.version == version)
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(threshold_marks.c.id))
            return [loads(Mark, row.mark) for row in rows]

    def add_marks(self, noted: Sequence[Mark], *, events: Sequence[Event]) -> None:
        """Keep what somebody noted."""
        if not noted:
            return
        with self._db.write() as tx:
            rows = [{"version": each.version, "mark": dumps(each)} for each in noted]
            tx.execute(insert(threshold_marks), rows)
            append(tx, events)

    def frozen(self) -> Frozen | None:
        """Whether lines may change, by the last word on it; None if nobody ever said."""
        wanted = select(threshold_freezes.c.freeze).order_by(threshold_freezes.c.id.desc()).limit(1)
        with self._db.read() as tx:
            found = tx.execute(wanted).scalar()
        return loads(Frozen, found) if found else None

    def freeze(self, frozen: Frozen, *, events: Sequence[Event]) -> None:
        """Keep the last word on whether lines may change."""
        with self._db.write() as tx:
            tx.execute(insert(threshold_freezes).values(freeze=dumps(frozen)))
            append(tx, events)

    def lines_taken(self) -> list[Taken]:
        """Which lines each node judges by."""
        wanted = select(threshold_nodes.c.taken).order_by(threshold_nodes.c.node)
        with self._db.read() as tx:
            return [loads(Taken, row.taken) for row in tx.execute(wanted)]

    def forget_lines(self, node: str) -> None:
        """Strike what a node noted, when the node is gone."""
        with self._db.write() as tx:
            tx.execute(delete(threshold_nodes).where(threshold_nodes.c.node == short(node)))

    def take_lines(self, taken: Taken) -> None:
        """Note which lines a node judges by from now on."""
        text = dumps(taken)
        with self._db.write() as tx:
            tx.execute(
                insert_into(tx, threshold_nodes)
                .values(node=short(taken.node), taken=text)
                .on_conflict_do_update(index_elements=["node"], set_={"taken": text})
            )


def _mark(tx: Connection) -> int:
    return int(tx.execute(select(marks.c.value).where(marks.c.name == CHANGES)).scalar() or 0)


def _versions(tx: Connection) -> list[Version]:
    steps: dict[int, list[Step]] = {}
    ordered = select(threshold_steps).order_by(threshold_steps.c.version, threshold_steps.c.seq)
    for row in tx.execute(ordered):
        steps.setdefault(row.version, []).append(loads(Step, row.step))
    newest = select(threshold_versions).order_by(threshold_versions.c.number.desc())
    return [
        Version(
            number=row.number,
            of=Label(row.label),
            line=row.line,
            model=row.model,
            steps=tuple(steps[row.number]),
        )
        for row in tx.execute(newest)
    ]


def _step(tx: Connection, version: int, seq: int, step: Step) -> None:
    tx.execute(insert(threshold_steps).values(version=version, seq=seq, step=dumps(step)))
    tx.execute(
        insert_into(tx, marks)
        .values(name=CHANGES, value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": marks.c.value + 1})
    )


def _about(event: Event, number: int) -> Event:
    return Event(
        at=event.at,
        actor=event.actor,
        action=event.action,
        subject=f"threshold:{number}",
        detail=event.detail,
    )
