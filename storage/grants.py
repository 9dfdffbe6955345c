"""Leave to read one item for a time (`triage.grants.Grants`)."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from storage.audit import append
from storage.comms_tables import text_grants
from storage.database import Database
from triage.grants import Grant
from triage.model import Event


class GrantsPart:
    """`triage.grants.Grants` over SQL. What is past stays in the audit trail."""

    _db: Database

    def give_grant(self, grant: Grant, *, event: Event) -> None:
        """Keep a grant, in place of one for the same officer and item."""
        same = (
            text_grants.c.officer_id == grant.officer_id,
            text_grants.c.ref == grant.ref,
        )
        values = {name: getattr(grant, name) for name in Grant.__slots__}
        with self._db.write() as tx:
            tx.execute(delete(text_grants).where(*same))
            tx.execute(insert(text_grants).values(**values))
            append(tx, [event])

    def end_grant(self, officer_id: str, ref: str, *, now: datetime, event: Event) -> bool:
        """End it before its time; False if there is none in force, and no event is written."""
        in_force = (
            text_grants.c.officer_id == officer_id,
            text_grants.c.ref == ref,
            text_grants.c.expires_at > now,
        )
        with self._db.write() as tx:
            done = tx.execute(update(text_grants).where(*in_force).values(expires_at=now))
            if not done.rowcount:
                return False
            append(tx, [event])
        return True

    def grants_in_force(self, *, now: datetime, officer_id: str = "") -> list[Grant]:
        """All in force (of one officer), those that end first first."""
        wanted = select(text_grants).where(text_grants.c.expires_at > now)
        if officer_id:
            wanted = wanted.where(text_grants.c.officer_id == officer_id)
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(text_grants.c.expires_at, text_grants.c.id))
            return [
                Grant(
                    officer_id=row.officer_id,
                    ref=row.ref,
                    granted_by=row.granted_by,
                    reason=row.reason,
                    granted_at=row.granted_at,
                    expires_at=row.expires_at,
                )
                for row in rows
            ]


def granted_to(tx: Connection, officer_id: str, *, now: datetime) -> frozenset[str]:
    """The items an officer may read by a grant now."""
    columns = text_grants.c
    wanted = select(columns.ref).where(columns.officer_id == officer_id, columns.expires_at > now)
    return frozenset(tx.execute(wanted).scalars())
