"""A case to triage with what came before it. Every look-up is bounded by an index.

What is "earlier" goes by the platform's sent time, so the answer does not depend on the order
in which items were fetched.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
)

from storage.contacts import WINDOWS, contacts_before, said, same_account
from storage.database import chunks
from storage.record_tables import prior_links
from storage.rows import case_of
from storage.tables import NO_PRIORITY, RECEIVED, item_versions, items
from triage.model import Case, History, Priority
from triage.ports import THREAD_TEXTS, Waiting

mine = items.alias("mine")
other = items.alias("other")
IN_ORDER = (items.c.public, items.c.sent_us, items.c.ref)
"""Private messages first, then the oldest."""

CLOSED = literal("closed", literal_execute=True)  # spelled out: the partial index needs to see it


def waiting(
    tx: Connection, *, limit: int, refs: Sequence[str] | None, now: datetime
) -> list[Waiting]:
    """Up to `limit` cases in RECEIVED, private messages first, then oldest."""
    rows = _received(tx, limit=limit, refs=refs)
    if not rows:
        return []
    before = _before(tx, [row.ref for row in rows])
    persons = _confirmed_persons(tx, rows, now)
    return [_waiting(tx, row, before[row.ref], persons.get(row.ref)) for row in rows]


def waiting_refs(tx: Connection, *, limit: int) -> list[str]:
    """The references of cases in RECEIVED, in the order of `waiting`."""
    wanted = select(items.c.ref).where(RECEIVED).order_by(*IN_ORDER).limit(limit)
    return list(tx.execute(wanted).scalars())


def _received(tx: Connection, *, limit: int, refs: Sequence[str] | None) -> list[Row[Any]]:
    wanted = select(items).where(RECEIVED).order_by(*IN_ORDER).limit(limit)
    if refs is None:
        return list(tx.execute(wanted))
    found = [
        row for some in chunks(refs) for row in tx.execute(wanted.where(items.c.ref.in_(some)))
    ]
    return sorted(found, key=lambda row: (row.public, row.sent_us, row.ref))[:limit]


def _waiting(tx: Connection, row: Row[Any], before: Row[Any], record_id: str | None) -> Waiting:
    received = case_of(row)
    alone = History(
        contacts_7d=before.days_7,
        contacts_30d=before.days_30,
        contacts_90d=before.days_90,
        disclosed_before=bool(before.disclosed),
        open_thread=_open_thread(before),
        held=received.priority,
    )
    thread = _said(tx, row, received, before)
    if not record_id:
        return Waiting(case=received, thread=thread, history=alone)
    contacts = _of_person(tx, row, record_id)
    history = replace(
        alone,
        contacts_7d=contacts.days_7,
        contacts_30d=contacts.days_30,
        contacts_90d=contacts.days_90,
        disclosed_before=bool(before.disclosed or contacts.disclosed),
    )
    return Waiting(case=received, thread=thread, history=history, alone=alone)


def _before(tx: Connection, refs: list[str]) -> dict[str, Row[Any]]:
    """Counts and flags for each case, one statement for all of them."""
    return {
        row.ref: row for some in chunks(refs) for row in tx.execute(_asked_before(), {"refs": some})
    }


@cache
def _asked_before() -> Select[Any]:
    """Built once: to put it together takes as long as to ask it."""
    refs: BindParameter[Any] = bindparam("refs", expanding=True)
    contacts = contacts_before(items.c.ref.in_(refs), same_account).subquery("contacts")
    counts = [contacts.c[f"days_{days}"] for days in WINDOWS]
    disclosed = exists().where(_same_sender(), _earlier(), other.c.disclosed.is_(True))
    in_thread = and_(_same_thread(), other.c.author_key == mine.c.author_key)
    return (
        select(
            mine.c.ref,
            *counts,
            disclosed.correlate(mine).label("disclosed"),
            exists().where(in_thread, _earlier()).correlate(mine).label("said_more"),
            _most_urgent(and_(in_thread, mine.c.public.is_(True))).label("own_open"),
            _most_urgent(and_(_same_thread(), mine.c.public.is_(False))).label("private_open"),
            _most_urgent(_replied_to()).label("replied_open"),
        )
        .join_from(mine, contacts, contacts.c.ref == mine.c.ref)
        .where(mine.c.ref.in_(refs))
    )


def _same_sender() -> ColumnElement[bool]:
    return and_(
        mine.c.author_key != "",
        other.c.platform == mine.c.platform,
        other.c.author_key == mine.c.author_key,
    )


def _same_thread() -> ColumnElement[bool]:
    return and_(
        mine.c.thread_id != "",
        other.c.channel == mine.c.channel,
        other.c.account == mine.c.account,
        other.c.thread_id == mine.c.thread_id,
        other.c.ref != mine.c.ref,
    )


def _replied_to() -> ColumnElement[bool]:
    return and_(
        mine.c.reply_to != "",
        other.c.channel == mine.c.channel,
        other.c.account == mine.c.account,
        other.c.external_id == mine.c.reply_to,
        other.c.ref != mine.c.ref,
    )


def _earlier() -> ColumnElement[bool]:
    return and_(
        other.c.sent_us <= mine.c.sent_us,
        or_(other.c.sent_us < mine.c.sent_us, other.c.ref < mine.c.ref),
    )


def _most_urgent(which: ColumnElement[bool]) -> ColumnElement[int]:
    urgent = select(other.c.rank).where(which, other.c.state != CLOSED).order_by(other.c.rank)
    return urgent.limit(1).correlate(mine).scalar_subquery()


def _open_thread(before: Row[Any]) -> Priority | None:
    """The most urgent open item that this one belongs to.

    In a private conversation that is any item of it. Under a public post, where hundreds of
    strangers write, it is what the same sender wrote or what this one replies to.
    """
    ranks = (before.own_open, before.private_open, before.replied_open)
    rank = min((rank for rank in ranks if rank is not None), default=NO_PRIORITY)
    return Priority(rank) if rank < NO_PRIORITY else None


def _said(tx: Connection, row: Row[Any], received: Case, before: Row[Any]) -> tuple[str, ...]:
    """Earlier texts of the sender in the thread and of this very item, oldest first."""
    texts: list[str] = []
    if before.said_more:
        wanted = select(items.c.text).where(
            items.c.channel == row.channel,
            items.c.account == row.account,
            items.c.thread_id == row.thread_id,
            items.c.author_key == row.author_key,
            items.c.sent_us <= row.sent_us,
            items.c.ref != row.ref,
        )
        wanted = wanted.order_by(items.c.sent_us.desc(), items.c.ref.desc()).limit(THREAD_TEXTS)
        texts = [each.text for each in tx.execute(wanted)][::-1]
    if received.text_versions > 1:
        texts += _earlier_texts(tx, received)
    return tuple(text for text in texts if text)[-THREAD_TEXTS:]


def _earlier_texts(tx: Connection, received: Case) -> Iterable[str]:
    wanted = select(item_versions.c.text).where(item_versions.c.ref == received.ref)
    texts = [row.text for row in tx.execute(wanted.order_by(item_versions.c.seq))]
    return dict.fromkeys(text for text in texts if text != received.item.text)


# --- the same person under another account --------------------------------------------------------


def _confirmed_persons(tx: Connection, rows: Sequence[Row[Any]], now: datetime) -> dict[str, str]:
    """The record a human confirmed for the sender of each case, where one did."""
    found = {row.ref: row.record_id for row in rows if row.record_id}
    linked = {
        (platform, link.account_id): link.record_id
        for platform in {row.platform for row in rows}
        for some in chunks({row.author_key for row in rows if row.platform == platform})
        for link in tx.execute(_links_of(platform, some, now))
    }
    for row in rows:
        record_id = linked.get((row.platform, row.author_key))
        if record_id:
            found.setdefault(row.ref, record_id)
    return found


def _links_of(platform: str, accounts: list[str], now: datetime) -> Select[Any]:
    return live_links(now).where(
        prior_links.c.platform == platform, prior_links.c.account_id.in_(accounts)
    )


def live_links(now: datetime) -> Select[Any]:
    """Prior links that are neither revoked nor expired."""
    columns = prior_links.c
    return select(prior_links).where(
        columns.revoked_at.is_(None), or_(columns.expires_at.is_(None), columns.expires_at > now)
    )


def _of_person(tx: Connection, row: Row[Any], record_id: str) -> Any:
    """Earlier contacts of a confirmed person over all accounts, and whether they disclosed."""
    accounts = select(prior_links.c.platform, prior_links.c.account_id).where(
        prior_links.c.record_id == record_id, prior_links.c.revoked_at.is_(None)
    )
    known = {(row.platform, row.author_key), *map(tuple, tx.execute(accounts))}
    theirs = [said.c.record_id == record_id]
    theirs += [
        and_(said.c.platform == platform, said.c.author_key == author)
        for platform, author in sorted(known)
        if author
    ]
    disclosed = exists().where(
        or_(*theirs),
        said.c.disclosed.is_(True),
        said.c.sent_us < row.sent_us,
        said.c.ref != row.ref,
    )
    counted = contacts_before(items.c.ref == row.ref, lambda _: theirs)
    found: Any = tx.execute(counted.add_columns(disclosed.label("disclosed"))).one()
    return found
