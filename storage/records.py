"""Citizen records found by blocking keys, and the links that humans confirmed or refused."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from storage.audit import append
from storage.cases import change_case
from storage.codec import person_from
from storage.database import Database, exclusive, touch
from storage.links import account_past, link_of, refuse, remember, revoke, take_back
from storage.record_index import RecordIndex
from storage.record_keys import highest_number, sharing, unpacked
from storage.record_tables import persons, prior_links, rejected_links
from storage.rows import case_of, confirmed_record
from storage.tables import items
from storage.types import short
from storage.waiting import live_links
from triage.blocking import key_numbers
from triage.model import AccountPast, Case, Event, Outgoing, Person, PriorLink, Rejected
from triage.ports import CANDIDATES, HELD_BY, Clock, Follow

SQLITE_BODIES = (
    "SELECT persons.number, persons.body FROM json_each(?) AS wanted "
    "CROSS JOIN persons ON persons.number = wanted.value"
)
POSTGRES_BODIES = "SELECT number, body FROM persons WHERE number = ANY(%s::bigint[])"

PERSONS_AT_ONCE = 1000


class RecordsPart:
    """`triage.ports.People` over SQL, and the links that officers make."""

    _db: Database
    _clock: Clock
    _index: RecordIndex | None = None

    def candidates(
        self, keys: Iterable[str], *, limit: int = HELD_BY, most: int = CANDIDATES
    ) -> list[Person]:
        """Persons that share a blocking key, those first that share the most and rarest."""
        wanted = unpacked(key_numbers(keys))
        with self._db.read() as tx:
            shared = self._index.sharing(tx, wanted, limit) if self._index else None
            if shared is None:
                shared = sharing(tx, wanted, limit)
            best = sorted(shared, key=lambda number: (-shared[number], number))[:most]
            found = _persons(tx, best)
        found.sort(key=lambda each: (-shared[each[0]], each[1].record_id))
        return [person for _, person in found]

    def person(self, record_id: str) -> Person | None:
        """One record, or None."""
        with self._db.read() as tx:
            wanted = select(persons.c.body).where(persons.c.record_id == record_id)
            body = tx.execute(wanted).scalar()
        return None if body is None else person_from(body)

    def __len__(self) -> int:
        """How many records there are or were: what a chance of one in so many needs, at once."""
        if self._index and self._index.ready:
            return self._index.highest
        with self._db.read() as tx:
            return highest_number(tx)

    def __bool__(self) -> bool:
        """A store is a store, however few records it has."""
        return True

    def keep_keys_in_memory(self) -> RecordIndex:
        """Find records by an index in memory from now on, as soon as it is built.

        Until then, and while it is built anew, the table answers: always the same.
        """
        if self._index is None:
            self._index = RecordIndex(self._db)
        return self._index

    def persons_count(self) -> int:
        """How many records there are: counts them, which takes its time with millions."""
        with self._db.read() as tx:
            return tx.execute(select(func.count()).select_from(persons)).scalar_one()

    def all_persons(self) -> Iterator[Person]:
        """Every record, by its id."""
        after = ""
        while found := self._persons_after(after):
            yield from found
            after = found[-1].record_id

    def _persons_after(self, record_id: str) -> list[Person]:
        wanted = select(persons.c.body).where(persons.c.record_id > record_id)
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(persons.c.record_id).limit(PERSONS_AT_ONCE))
            return [person_from(row.body) for row in rows]

    def confirmed_links(self) -> list[PriorLink]:
        """All unexpired, unrevoked links."""
        with self._db.read() as tx:
            return [link_of(row) for row in tx.execute(live_links(self._clock()))]

    def rejections(self) -> list[Rejected]:
        """Every record that a human said an account is not."""
        with self._db.read() as tx:
            return [_rejected_of(row) for row in tx.execute(select(rejected_links))]

    def prior_link(self, platform: str, account_id: str) -> PriorLink | None:
        """The unexpired, unrevoked link a human confirmed for this account, or None."""
        wanted = live_links(self._clock()).where(
            prior_links.c.platform == short(platform),
            prior_links.c.account_id == short(account_id),
        )
        with self._db.read() as tx:
            row = tx.execute(wanted).first()
        return link_of(row) if row else None

    def account_past(self, platform: str, account_id: str) -> AccountPast:
        """Whom people confirmed an account for without taking it back, and what they noted.

        Notes are those of its latest items: what was written down years ago is not looked for.
        """
        with self._db.read() as tx:
            return account_past(tx, short(platform), short(account_id))

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        """Records a human said this account is not."""
        wanted = select(rejected_links.c.record_id).where(
            rejected_links.c.platform == short(platform),
            rejected_links.c.account_id == short(account_id),
        )
        with self._db.read() as tx:
            return frozenset(tx.execute(wanted).scalars())

    # --- links ---

    def confirm_link(
        self,
        link: PriorLink,
        *,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
        cards: Sequence[Outgoing] = (),
    ) -> Case | None:
        """Remember who an account belongs to, in place of an earlier link of the account.

        `change` is a case as it was read and as it shall be, written in the same transaction.

        Raises:
            Stale: the case changed meanwhile; nothing was written.
        """
        with self._db.write() as tx:
            exclusive(tx, "links")
            changed = change_case(tx, *change, cards=cards, now=self._clock()) if change else None
            remember(tx, link)
            append(tx, events)
            touch(tx)
        return changed

    def revoke_link(
        self,
        platform: str,
        account_id: str,
        *,
        by: str,
        now: datetime,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
        follow: Follow | None = None,
    ) -> bool:
        """Take back the link of an account; False if it had none. The row stays, as history.

        What a `change` unlinks is taken back and no other person's; where it was confirmed on
        that very case, what it had displaced stands again. `follow` is asked about each other
        case of the account that is confirmed as the same person.
        """
        with self._db.write() as tx:
            exclusive(tx, "links")
            if change is None:
                revoked, followed = revoke(tx, platform, account_id, by, now), []
            else:
                change_case(tx, *change, now=now)
                revoked = take_back(tx, platform, account_id, change[0], by, now)
                followed = _followed(tx, platform, account_id, change[0], follow)
            append(tx, [*events, *followed])
            touch(tx)
        return revoked

    def reject_link(
        self,
        rejected: Rejected,
        *,
        events: Sequence[Event],
        change: tuple[Case, Case] | None = None,
        cards: Sequence[Outgoing] = (),
    ) -> None:
        """Remember that an account is not this person, so that it is not suggested again."""
        with self._db.write() as tx:
            exclusive(tx, "links")
            if change:
                change_case(tx, *change, cards=cards, now=self._clock())
            refuse(tx, rejected)
            append(tx, events)
            touch(tx)


def _persons(tx: Connection, numbers: Sequence[int]) -> list[tuple[int, Person]]:
    """Records by number, in no order; those that are gone are left out."""
    if not numbers:
        return []
    if tx.dialect.name == "postgresql":
        rows = tx.exec_driver_sql(POSTGRES_BODIES, (list(numbers),))
    else:
        rows = tx.exec_driver_sql(SQLITE_BODIES, (json.dumps(numbers),))
    return [(number, person_from(body)) for number, body in rows]


def _followed(
    tx: Connection, platform: str, account_id: str, unlinked: Case, follow: Follow | None
) -> list[Event]:
    """Write what becomes of the account's other cases of the same person; the events of it."""
    if follow is None:
        return []
    wanted = select(items).where(
        items.c.platform == short(platform),
        items.c.author_key == short(account_id),
        items.c.record_id == confirmed_record(unlinked.link),
        items.c.ref != unlinked.ref,
    )
    events = []
    for row in tx.execute(wanted.order_by(items.c.ref).with_for_update()).all():
        before = case_of(row)
        asked = follow(before)
        if asked is not None:
            change_case(tx, before, asked[0])
            events.append(asked[1])
    return events


def _rejected_of(row: Row[Any]) -> Rejected:
    return Rejected(
        platform=row.platform,
        account_id=row.account_id,
        record_id=row.record_id,
        by=row.rejected_by,
        at=row.rejected_at,
    )
