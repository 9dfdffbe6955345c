"""Several nodes over one database: who lives, and who does what alone."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from storage.database import Database, insert_into
from storage.tables import leases, nodes


class ClusterPart:
    """Heartbeats and leases. A lease ends by itself, so a dead holder stops nobody for long."""

    _db: Database

    def beat(self, node: str, *, now: datetime) -> None:
        """Say that a node lives."""
        with self._db.write() as tx:
            statement = insert_into(tx, nodes).values(node=node, beat_at=now)
            tx.execute(
                statement.on_conflict_do_update(index_elements=["node"], set_={"beat_at": now})
            )

    def nodes(self) -> dict[str, datetime]:
        """When each node was last heard of."""
        with self._db.read() as tx:
            return {row.node: row.beat_at for row in tx.execute(select(nodes))}

    def forget_node(self, node: str) -> None:
        """Strike a node that stopped or was taken over from."""
        with self._db.write() as tx:
            tx.execute(delete(nodes).where(nodes.c.node == node))

    def lease(self, name: str, holder: str, *, seconds: float, now: datetime) -> bool:
        """Take or keep a lease; False while another holds it."""
        until = now + timedelta(seconds=seconds)
        with self._db.write() as tx:
            statement = insert_into(tx, leases).values(name=name, holder=holder, until=until)
            taken = tx.execute(
                statement.on_conflict_do_update(
                    index_elements=["name"],
                    set_={"holder": holder, "until": until},
                    where=or_(leases.c.holder == holder, leases.c.until <= now),
                ).returning(leases.c.holder)
            ).first()
        return taken is not None

    def end_lease(self, name: str, holder: str) -> None:
        """Give a lease back early, if it is still held by `holder`."""
        with self._db.write() as tx:
            tx.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
