"""What was asked to be hidden on its platform, and what came of it (`triage.hiding.Hidings`)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.audit import append
from storage.comms_tables import hidings
from storage.database import Database, touch
from storage.tables import item_versions
from storage.types import safe
from triage.errors import Refused
from triage.hiding import Hiding, Wish, is_hidden
from triage.model import Event


class HidingsPart:
    """`triage.hiding.Hidings` over SQL."""

    _db: Database

    def full_hashes(self, ref: str) -> list[str]:
        """The SHA-256 of everything the platform sent about a case, in order of arrival."""
        wanted = select(item_versions.c.sha256).where(item_versions.c.ref == ref)
        with self._db.read() as tx:
            return list(tx.execute(wanted.order_by(item_versions.c.seq)).scalars())

    def hidings_of(self, ref: str) -> list[Hiding]:
        """All wishes about a case, the latest first."""
        wanted = select(hidings).where(hidings.c.ref == ref).order_by(hidings.c.id.desc())
        with self._db.read() as tx:
            return [_hiding_of(row) for row in tx.execute(wanted)]

    def hidden_among(self, refs: Sequence[str]) -> frozenset[str]:
        """Those of some cases that are hidden on their platform, as far as is known."""
        wanted = select(hidings).where(hidings.c.ref.in_(refs)).order_by(hidings.c.id.desc())
        by_ref: dict[str, list[Hiding]] = {}
        with self._db.read() as tx:
            for row in tx.execute(wanted):
                by_ref.setdefault(row.ref, []).append(_hiding_of(row))
        return frozenset(ref for ref, each in by_ref.items() if is_hidden(each))

    def begin_hiding(self, hiding: Hiding, *, lost_before: datetime, event: Event) -> Hiding:
        """Write a wish; returns it with its number.

        Raises:
            Refused: another one about the case has no outcome yet, and is younger than that.
        """
        lost = (
            hidings.c.ref == hiding.ref,
            hidings.c.state == Wish.ASKED.value,
            hidings.c.asked_at < lost_before,
        )
        outcome = {
            "state": Wish.UNKNOWN.value,
            "ended_at": hiding.asked_at,
            "error": "the service stopped in between",
        }
        row = {name: getattr(hiding, name) for name in Hiding.__slots__ if name != "id"}
        row |= {"state": hiding.state.value, "reason": safe(hiding.reason)}
        try:
            with self._db.write() as tx:
                tx.execute(update(hidings).where(*lost).values(**outcome))
                done = tx.execute(insert(hidings).values(**row).returning(hidings.c.id))
                number = done.scalar_one()
                append(tx, [event])
                touch(tx)
        except IntegrityError as error:
            raise Refused(f"{hiding.ref}: somebody asked for it a moment ago") from error
        return replace(hiding, id=number)

    def end_hiding(self, hiding: Hiding, *, event: Event) -> None:
        """Write the outcome of a wish that has none."""
        open_wish = (hidings.c.id == hiding.id, hidings.c.state == Wish.ASKED.value)
        outcome = {
            "state": hiding.state.value,
            "ended_at": hiding.ended_at,
            "error": safe(hiding.error),
        }
        with self._db.write() as tx:
            tx.execute(update(hidings).where(*open_wish).values(**outcome))
            append(tx, [event])
            touch(tx)


def _hiding_of(row: Row[Any]) -> Hiding:
    return Hiding(
        id=row.id,
        ref=row.ref,
        hidden=row.hidden,
        state=Wish(row.state),
        by=row.by,
        reason=row.reason,
        evidence=row.evidence,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        error=row.error,
    )
