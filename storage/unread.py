"""What is stored and was not read by the service for too long: for people, an alarm's answer."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from storage.rows import case_of
from storage.tables import RECEIVED, item_versions, items
from storage.waiting import IN_ORDER
from triage.model import Change
from triage.ports import Unread


def unread(
    tx: Connection, *, private_before: datetime, public_before: datetime, first: int
) -> Unread:
    """What has waited since before a moment, of its kind; one look at what waits, no more."""
    too_long = or_(
        and_(items.c.public.is_(False), _since() <= private_before),
        and_(items.c.public.is_(True), _since() <= public_before),
    )
    counted = tx.execute(select(func.count(), func.min(_since())).where(RECEIVED, too_long)).one()
    if not counted[0] or not first:
        return Unread(count=counted[0], since=counted[1])
    rows = tx.execute(select(items).where(RECEIVED, too_long).order_by(*IN_ORDER).limit(first))
    return Unread(count=counted[0], since=counted[1], first=tuple(case_of(row) for row in rows))


def _since() -> ColumnElement[datetime]:
    """Since when a case waits: a changed text only since the change."""
    changed = select(func.max(item_versions.c.seen_at)).where(
        item_versions.c.ref == items.c.ref, item_versions.c.change != Change.DELETE.value
    )
    return case(
        (items.c.priority.is_(None), items.c.received_at),
        else_=changed.correlate(items).scalar_subquery(),
    )
