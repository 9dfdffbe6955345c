"""Which cards a digest stands for: decided in the transaction that makes or changes them.

A card in a digest is owed no longer, and only one that was never tried goes in: so none is posted
and counted too, whoever is killed when.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, and_, literal, select, update

from storage.chat_tables import SENDABLE, digests, outbox
from storage.database import chunks
from storage.rows import case_of
from storage.tables import items
from storage.types import Moment
from triage.digests import LEAST_URGENT_CARD, foldable, may_stay
from triage.model import Outgoing

CARD = "card:%"


def fold_new(tx: Connection, cards: Iterable[Outgoing]) -> None:
    """Put cards just made into the live digests of their places."""
    routine = [each for each in cards if each.urgency > LEAST_URGENT_CARD]
    if not routine:
        return
    places = select(digests.c.destination, digests.c.key).where(digests.c.ended_at.is_(None))
    live: dict[str, str] = {row.destination: row.key for row in tx.execute(places)}
    for place in live.keys() & {each.destination for each in routine}:
        keys = [each.key for each in routine if each.destination == place]
        for some in chunks(keys):
            rows = tx.execute(_with_cases().where(outbox.c.key.in_(some))).all()
            put_in(tx, live[place], rows)


def untried(destination: str, after: Sequence[Any] | None, limit: int) -> Any:
    """Routine cards owed to a place that nobody has tried to post, oldest first."""
    place = (outbox.c.created_at, outbox.c.key)
    wanted = _with_cases().where(outbox.c.destination == destination)
    if after is not None:
        made, key = literal(after[0], Moment()), after[1]
        later = and_(place[0] == made, place[1] > key)
        wanted = wanted.where((place[0] > made) | later)
    return wanted.order_by(*place).limit(limit)


def put_in(tx: Connection, digest: str, rows: Sequence[Row[Any]]) -> int:
    """Put those of the cards into a digest that it may stand for; returns how many."""
    keys = [row.card for row in rows if _may_go(row)]
    put = 0
    for some in chunks(keys):
        folding = update(outbox).where(outbox.c.key.in_(some), *_never_tried())
        put += tx.execute(folding.values(digest=digest, next_attempt=None)).rowcount
    return put


def take_out(tx: Connection, refs: Sequence[str], *, now: datetime | None) -> None:
    """Owe the cards of cases again that may not stay in a digest; the cases are as they are now."""
    for some in chunks(refs):
        folded = select(outbox.c.key.label("card"), items).join_from(
            outbox, items, items.c.ref == outbox.c.case_ref
        )
        rows = tx.execute(folded.where(outbox.c.case_ref.in_(some), outbox.c.digest != "")).all()
        keys = [row.card for row in rows if not may_stay(case_of(row))]
        if keys:
            out = update(outbox).where(outbox.c.key.in_(keys))
            tx.execute(out.values(digest="", owed_since=literal(now, Moment())))


def _with_cases() -> Any:
    joined = select(
        outbox.c.key.label("card"), outbox.c.created_at.label("made_at"), items
    ).join_from(outbox, items, items.c.ref == outbox.c.case_ref)
    return joined.where(*_never_tried())


def _never_tried() -> tuple[ColumnElement[bool] | TextClause, ...]:
    columns = outbox.c
    return (
        SENDABLE,
        columns.urgency > int(LEAST_URGENT_CARD),
        columns.key.like(CARD),
        columns.delivered == 0,
        columns.external_id == "",
        columns.unsure.is_(False),
    )


def _may_go(row: Row[Any]) -> bool:
    case = case_of(row)
    return foldable(case) or not case.open
