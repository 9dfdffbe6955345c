"""Rows of confirmed and rejected links: written, taken back, and put back as they were."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, or_, select, update

from storage.database import insert_into
from storage.record_tables import prior_links, rejected_links
from storage.rows import author_key, confirmed_record
from storage.tables import items
from storage.types import safe, short
from triage.items import platform_of
from triage.model import AccountPast, Case, PriorLink, Rejected

LATEST = 50
"""So many of an account's latest items are searched for notes."""


def link_of(row: Row[Any]) -> PriorLink:
    """A row as the link it holds."""
    return PriorLink(
        platform=row.platform,
        account_id=row.account_id,
        record_id=row.record_id,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        expires_at=row.expires_at,
        display_name=row.display_name,
        language=row.language,
        seen_at=row.seen_at,
        ref=row.case_ref,
        doubted_at=row.doubted_at,
    )


def link_row(link: PriorLink) -> dict[str, Any]:
    """The columns that a link fills."""
    return {
        "platform": short(link.platform),
        "account_id": short(link.account_id),
        "record_id": link.record_id,
        "confirmed_by": link.confirmed_by,
        "confirmed_at": link.confirmed_at,
        "expires_at": link.expires_at,
        "display_name": safe(link.display_name),
        "language": link.language[:16],
        "seen_at": link.seen_at,
        "doubted_at": link.doubted_at,
        "case_ref": link.ref,
    }


def standing(platform: str, account_id: str) -> Select[Any]:
    """The link of an account that is not taken back, expired or not."""
    return select(prior_links).where(*_standing(platform, account_id))


def remember(tx: Connection, link: PriorLink) -> None:
    """Write a confirmed link. It keeps in mind which link and which rejection it displaces."""
    before = tx.execute(standing(link.platform, link.account_id)).first()
    revoke(tx, link.platform, link.account_id, link.confirmed_by, link.confirmed_at)
    refused = (
        rejected_links.c.platform == short(link.platform),
        rejected_links.c.account_id == short(link.account_id),
        rejected_links.c.record_id == link.record_id,
    )
    lifted = tx.execute(select(rejected_links).where(*refused)).first()
    tx.execute(delete(rejected_links).where(*refused))
    displaced = {
        "replaces": before.id if before else None,
        "lifted_by": lifted.rejected_by if lifted else "",
        "lifted_at": lifted.rejected_at if lifted else None,
    }
    tx.execute(insert(prior_links), [link_row(link) | displaced])


def refuse(tx: Connection, rejected: Rejected) -> None:
    """Write that an account is not a person; who said so first stays."""
    statement = insert_into(tx, rejected_links).values(
        platform=short(rejected.platform),
        account_id=short(rejected.account_id),
        record_id=rejected.record_id,
        rejected_by=rejected.by,
        rejected_at=rejected.at,
    )
    tx.execute(statement.on_conflict_do_nothing())


def revoke(tx: Connection, platform: str, account_id: str, by: str, now: datetime) -> bool:
    """Take the link of an account back; False if it had none. The row stays, as history."""
    live = update(prior_links).where(*_standing(platform, account_id))
    return tx.execute(live.values(revoked_at=now, revoked_by=by)).rowcount == 1


def take_back(
    tx: Connection, platform: str, account_id: str, case: Case, by: str, now: datetime
) -> bool:
    """Revoke the link of an account to the person a case is unlinked from; False if there is none.

    If it was confirmed on that case, this undoes it: what it had displaced stands again. A
    confirmation of that person which another displaced meanwhile is taken back as well.
    """
    _forget(tx, platform, account_id, confirmed_record(case.link) or "")
    live = tx.execute(standing(platform, account_id).with_for_update()).first()
    if live is None or live.record_id != confirmed_record(case.link):
        return False
    revoke(tx, platform, account_id, by, now)
    if live.case_ref == case.ref and case.link.through is None:
        _put_back(tx, live)
    return True


def _forget(tx: Connection, platform: str, account_id: str, record_id: str) -> None:
    """A displaced confirmation of the person no longer makes the account a shared one."""
    columns, gone = prior_links.c, prior_links.alias("gone")
    wrong = select(gone.c.id).where(
        gone.c.platform == short(platform),
        gone.c.account_id == short(account_id),
        gone.c.record_id == record_id,
    )
    displacing = update(prior_links).where(
        columns.platform == short(platform),
        columns.account_id == short(account_id),
        columns.replaces.in_(wrong),
        columns.record_id != record_id,
    )
    tx.execute(displacing.values(replaces=None))


def _put_back(tx: Connection, undone: Row[Any]) -> None:
    columns = prior_links.c
    if undone.replaces is not None:
        again = update(prior_links).where(columns.id == undone.replaces)
        tx.execute(again.values(revoked_at=None, revoked_by=""))
        here = update(prior_links).where(columns.id == undone.id)
        tx.execute(here.values(replaces=None))
    if undone.lifted_at is not None:
        refuse(
            tx,
            Rejected(
                platform=undone.platform,
                account_id=undone.account_id,
                record_id=undone.record_id,
                by=undone.lifted_by,
                at=undone.lifted_at,
            ),
        )


def still_confirmed(tx: Connection, linked: Sequence[Case]) -> frozenset[str]:
    """References of those cases whose account is still confirmed for their person.

    The links are held until the transaction ends, so that nobody takes one back meanwhile; when
    the account last wrote is noted in them. In one order, so that no two nodes wait for each other.
    """
    accounts: dict[tuple[str, str], list[Case]] = {}
    for case in linked:
        accounts.setdefault(_account(case), []).append(case)
    found: list[str] = []
    for platform, account_id in sorted(accounts):
        live = tx.execute(standing(platform, account_id).with_for_update()).first()
        cases = [
            case
            for case in accounts[platform, account_id]
            if live is not None and confirmed_record(case.link) == live.record_id
        ]
        if live is None or not cases:
            continue
        seen = max(case.item.sent_at for case in cases)
        if live.seen_at is None or live.seen_at < seen:
            noted = update(prior_links).where(prior_links.c.id == live.id)
            tx.execute(noted.values(seen_at=seen))
        found += [case.ref for case in cases]
    return frozenset(found)


def note_doubts(tx: Connection, contradicted: Sequence[Case]) -> None:
    """Remember that these cases speak against the link of their account, until it is confirmed."""
    first: dict[tuple[str, str], datetime] = {}
    for case in contradicted:
        account = _account(case)
        first[account] = min(case.item.sent_at, first.get(account, case.item.sent_at))
    for platform, account_id in sorted(first):
        doubted = update(prior_links).where(
            *_standing(platform, account_id), prior_links.c.doubted_at.is_(None)
        )
        tx.execute(doubted.values(doubted_at=first[platform, account_id]))


def _account(case: Case) -> tuple[str, str]:
    return short(platform_of(case.item.channel)), author_key(case.item.author)


def account_past(tx: Connection, platform: str, account_id: str) -> AccountPast:
    """The confirmations of an account that nobody took back, and the notes on its latest items."""
    mine, later = prior_links.c, prior_links.alias("later")
    displaced = select(later.c.id).where(
        later.c.replaces == mine.id,
        later.c.platform == platform,
        later.c.account_id == account_id,
    )
    links = select(prior_links).where(
        mine.platform == platform,
        mine.account_id == account_id,
        or_(mine.revoked_at.is_(None), displaced.exists()),
    )
    latest = (
        select(items.c.note, items.c.sent_us)
        .where(items.c.platform == platform, items.c.author_key == account_id)
        .order_by(items.c.sent_us.desc())
        .limit(LATEST)
        .subquery("latest")
    )
    notes = select(latest.c.note).where(latest.c.note != "").order_by(latest.c.sent_us.desc())
    return AccountPast(
        links=tuple(link_of(row) for row in tx.execute(links)),
        notes=tuple(tx.execute(notes).scalars()),
    )


def _standing(platform: str, account_id: str) -> tuple[ColumnElement[bool], ...]:
    columns = prior_links.c
    return (
        columns.platform == short(platform),
        columns.account_id == short(account_id),
        columns.revoked_at.is_(None),
    )
