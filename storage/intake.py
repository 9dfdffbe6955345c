"""Where items come to rest first: harvests in, and what the triage makes of them on top."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from storage.arrivals import Key, Known, Plan, fresh_keys, key_of, lay_out
from storage.audit import append
from storage.database import Database, chunks, exclusive, insert_into, insert_rows, touch
from storage.links import note_doubts, still_confirmed
from storage.outbox import merge_cards, owe_again
from storage.rows import case_of, confirmed_record, desk_columns
from storage.scenes import gather, raise_others
from storage.scores import keep_scores
from storage.search import index_items, index_new
from storage.tables import cursors, item_versions, items, ref_days, rejects, tombstones
from storage.types import safe, short
from storage.unread import unread
from storage.waiting import waiting, waiting_refs
from triage.gathering import Told, joining_events
from triage.grouped import Said, nothing_said
from triage.model import Case, Change, Event, Harvest, Outgoing, State
from triage.ports import Clock, TakenIn, Triaged, Unread, Waiting


class IntakePart:
    """`triage.ports.Intake` over SQL."""

    _db: Database
    _clock: Clock

    def cursor(self, source: str) -> str:
        """The cursor stored with the last harvest of a source, "" before the first."""
        wanted = select(cursors.c.cursor).where(cursors.c.source == short(source))
        with self._db.read() as tx:
            return tx.execute(wanted).scalar_one_or_none() or ""

    def take_in(self, source: str, harvest: Harvest, *, now: datetime) -> TakenIn:
        """Store a harvest, its cursor, rejects and audit events in one transaction.

        Raises:
            Unavailable: the database is gone, locked or full. Nothing was stored.
        """
        with self._db.write() as tx:
            exclusive(tx, "intake")
            plan = _plan(tx, short(source), harvest, now)
            _write(tx, plan)
            _write_rejects(tx, plan, harvest)
            _write_cursor(tx, plan, harvest.cursor)
            append(tx, plan.events)
            if plan.new or plan.edits or plan.deletions:
                touch(tx)
        return TakenIn(
            refs=plan.waiting,
            texts=plan.texts,
            new=len(plan.new),
            changed=plan.changed,
            deleted=plan.deleted,
            repeated=plan.repeated,
        )

    def waiting(self, *, limit: int, refs: Sequence[str] | None = None) -> list[Waiting]:
        """Cases in RECEIVED, private messages first, then oldest; only `refs` when given."""
        with self._db.read() as tx:
            return waiting(tx, limit=limit, refs=refs, now=self._clock())

    def waiting_refs(self, *, limit: int) -> list[str]:
        """The references of cases in RECEIVED, in the same order, whatever is in their rows."""
        with self._db.read() as tx:
            return waiting_refs(tx, limit=limit)

    def unread(
        self, *, private_before: datetime, public_before: datetime, first: int = 0
    ) -> Unread:
        """Cases in RECEIVED that came in, or changed, before a moment; which, goes by kind."""
        with self._db.read() as tx:
            return unread(
                tx, private_before=private_before, public_before=public_before, first=first
            )

    def settle(self, outcomes: Sequence[Triaged], *, said: Said = nothing_said) -> list[str]:
        """Write outcomes with their outgoing cards and events in one transaction.

        Returns the references that were still RECEIVED at the version read, and so are written.
        """
        by_ref = {outcome.ref: outcome for outcome in sorted(outcomes, key=lambda each: each.ref)}
        with self._db.write() as tx:
            exclusive(tx, "incidents")
            locked = _locked(tx, list(by_ref))
            settling = [
                _settled(case, by_ref[case.ref])
                for case in locked
                if case.state is State.RECEIVED and case.version == by_ref[case.ref].version
            ]
            alone = {case.ref: case for case in _standing(tx, settling, locked)}
            before = [case for case in locked if case.ref in alone]
            if not before:
                return []
            note_doubts(tx, [case for case in alone.values() if _contradicts(case)])
            gathering = gather(tx, _told(alone, by_ref))
            settled = {**alone, **{each.case.ref: each.case for each in gathering.joined}}
            _write_settled(tx, list(settled.values()))
            merge_cards(
                tx,
                [
                    (message, settled[case.ref].version)
                    for case in before
                    for message in (
                        *by_ref[case.ref].cards,
                        *_said_of(case, alone[case.ref], settled[case.ref], said),
                    )
                ],
            )
            now = self._clock()
            events = [event for case in before for event in by_ref[case.ref].events]
            events += joining_events(gathering, alone, now)
            events += raise_others(tx, gathering, said, now=now)
            owe_again(tx, list(settled), now=now)
            append(tx, events)
            keep_scores(tx, settled, by_ref, now=now)
            touch(tx)
        return [outcome.ref for outcome in outcomes if outcome.ref in settled]

    def rejected(self, *, limit: int = 100) -> list[tuple[datetime, str, str, bytes]]:
        """Entries that could not be read, newest first: when, source, reason and bytes."""
        wanted = select(rejects).order_by(rejects.c.id.desc()).limit(limit)
        with self._db.read() as tx:
            rows = tx.execute(wanted)
            return [(row.seen_at, row.source, row.reason, row.payload) for row in rows]


# --- taking in ------------------------------------------------------------------------------------


def _plan(tx: Connection, source: str, harvest: Harvest, now: datetime) -> Plan:
    known, buried = _look_up(tx, harvest)
    _load_versions(tx, harvest, known)
    refs = _allocate(tx, len(fresh_keys(harvest, known)), now)
    plan = Plan(source=source, now=now, known=known, buried=buried, refs=refs)
    return lay_out(plan, harvest)


def _look_up(
    tx: Connection, harvest: Harvest
) -> tuple[dict[Key, Known], dict[Key, tuple[datetime, bytes]]]:
    """What is stored under the keys of a harvest: items, and deletions that came before them."""
    places: dict[tuple[str, str], set[str]] = {}
    for arrival in harvest.arrivals:
        channel, account, external_id = key_of(arrival.item)
        places.setdefault((channel, account), set()).add(external_id)
    known: dict[Key, Known] = {}
    buried: dict[Key, tuple[datetime, bytes]] = {}
    for (channel, account), ids in places.items():
        for some in chunks(sorted(ids)):
            known |= _known(tx, channel, account, some)
            buried |= _buried(tx, channel, account, some)
    return known, buried


def _known(tx: Connection, channel: str, account: str, ids: list[str]) -> dict[Key, Known]:
    wanted = select(
        items.c.ref,
        items.c.external_id,
        items.c.text,
        items.c.rest,
        items.c.deleted_at,
        items.c.text_versions,
    ).where(items.c.channel == channel, items.c.account == account, items.c.external_id.in_(ids))
    return {
        (channel, account, row.external_id): Known(
            ref=row.ref,
            text=row.text,
            rest=row.rest,
            deleted=row.deleted_at is not None,
            texts=row.text_versions,
        )
        for row in tx.execute(wanted)
    }


def _buried(
    tx: Connection, channel: str, account: str, ids: list[str]
) -> dict[Key, tuple[datetime, bytes]]:
    wanted = select(tombstones).where(
        tombstones.c.channel == channel,
        tombstones.c.account == account,
        tombstones.c.external_id.in_(ids),
    )
    return {
        (channel, account, row.external_id): (row.seen_at, row.payload)
        for row in tx.execute(wanted)
    }


def _load_versions(tx: Connection, harvest: Harvest, known: dict[Key, Known]) -> None:
    """Fill in earlier versions, only of those items about which the harvest brings news."""
    news: dict[str, Known] = {}
    for arrival in harvest.arrivals:
        stored = known.get(key_of(arrival.item))
        if stored and (arrival.change is Change.DELETE or not stored.says(arrival.item)):
            news[stored.ref] = stored
    columns = (item_versions.c.ref, item_versions.c.change, item_versions.c.sha256)
    for refs in chunks(news):
        wanted = select(*columns).where(item_versions.c.ref.in_(refs))
        for row in tx.execute(wanted.order_by(item_versions.c.ref, item_versions.c.seq)):
            news[row.ref].versions.append((Change(row.change), row.sha256))


def _allocate(tx: Connection, count: int, now: datetime) -> Iterator[str]:
    """The next references of the UTC day. The row of the day queues nodes until they commit."""
    if not count:
        return iter(())
    day = now.astimezone(UTC)
    statement = (
        insert_into(tx, ref_days)
        .values(day=f"{day:%Y-%m-%d}", last=count)
        .on_conflict_do_update(index_elements=["day"], set_={"last": ref_days.c.last + count})
        .returning(ref_days.c.last)
    )
    last = tx.execute(statement).scalar_one()
    return iter([f"FC-{day:%y-%m%d}-{each:04d}" for each in range(last - count + 1, last + 1)])


def _write(tx: Connection, plan: Plan) -> None:
    insert_rows(tx, items, list(plan.new.values()))
    if plan.edits:
        tx.execute(
            update(items)
            .where(items.c.ref == bindparam("b_ref"))
            .values(state=State.RECEIVED.value, version=items.c.version + 1),
            [{"b_ref": ref, **plan.edits[ref]} for ref in sorted(plan.edits)],
        )
    if plan.deletions:
        tx.execute(
            update(items)
            .where(items.c.ref == bindparam("b_ref"))
            .values(version=items.c.version + 1),
            [{"b_ref": ref, "deleted_at": plan.deletions[ref]} for ref in sorted(plan.deletions)],
        )
        owe_again(tx, sorted(plan.deletions), now=max(plan.deletions.values()))
    insert_rows(tx, item_versions, plan.versions)
    index_new(tx, plan.new)
    index_items(tx, sorted(plan.edits))
    insert_rows(tx, tombstones, [_tombstone(*each) for each in plan.tombstones.items()])


def _tombstone(key: Key, seen: tuple[datetime, bytes]) -> dict[str, object]:
    channel, account, external_id = key
    return {
        "channel": channel,
        "account": account,
        "external_id": external_id,
        "seen_at": seen[0],
        "payload": seen[1],
    }


def _write_rejects(tx: Connection, plan: Plan, harvest: Harvest) -> None:
    if not harvest.rejected:
        return
    tx.execute(
        insert(rejects),
        [
            {"source": plan.source, "seen_at": plan.now, "reason": safe(reason), "payload": raw}
            for reason, raw in harvest.rejected
        ],
    )
    plan.events.append(
        Event(
            at=plan.now,
            actor=plan.source,
            action="harvest.rejected",
            subject=plan.source,
            detail={"count": len(harvest.rejected)},
        )
    )


def _write_cursor(tx: Connection, plan: Plan, cursor: str) -> None:
    values = {"cursor": safe(cursor), "stored_at": plan.now}
    tx.execute(
        insert_into(tx, cursors)
        .values(source=plan.source, **values)
        .on_conflict_do_update(index_elements=["source"], set_=values)
    )


# --- settling -------------------------------------------------------------------------------------


def _locked(tx: Connection, refs: list[str]) -> list[Case]:
    """The cases, in one order on every node so that no two wait for each other."""
    found = []
    for some in chunks(refs):
        wanted = select(items).where(items.c.ref.in_(some)).order_by(items.c.ref)
        found += [case_of(row) for row in tx.execute(wanted.with_for_update())]
    return found


def _told(settled: Mapping[str, Case], outcomes: Mapping[str, Triaged]) -> list[Told]:
    """The cases whose text tells of a scene."""
    scenes = ((case, outcomes[ref].scene) for ref, case in settled.items())
    return [Told(case=case, scene=scene) for case, scene in scenes if scene is not None]


def _said_of(before: Case, alone: Case, after: Case, said: Said) -> Sequence[Outgoing]:
    """What is owed beside the outcome's own cards if the incident made the case more urgent."""
    return said(before, after) if after.priority != alone.priority else ()


def _settled(case: Case, outcome: Triaged) -> Case:
    """The case with its outcome. One that was closed is open again: its text is news."""
    priority, raised = outcome.decision.priority, _raised(case, outcome)
    reopened = case.closed_at is not None
    return replace(
        case,
        state=_state_after(case),
        version=case.version + 1,
        verdict=outcome.verdict,
        link=outcome.link,
        history=outcome.history,
        decision=outcome.decision,
        priority=priority,
        lane=outcome.decision.owner if raised or case.lane is None else case.lane,
        escalation=0 if raised else case.escalation,
        claimed_by="" if reopened else case.claimed_by,
        claimed_at=None if reopened else case.claimed_at,
        closed_at=None,
    )


def _standing(tx: Connection, settled: list[Case], before: Sequence[Case]) -> list[Case]:
    """Without those whose account was taken back from their person while they were read.

    They stay waiting, and are read again. What was confirmed before its text changed is kept.
    """
    kept = {case.ref: confirmed_record(case.link) for case in before}
    fresh = [
        case
        for case in settled
        if case.link.through is not None and kept[case.ref] != confirmed_record(case.link)
    ]
    if not fresh:
        return settled
    gone = {case.ref for case in fresh} - still_confirmed(tx, fresh)
    return [case for case in settled if case.ref not in gone]


def _contradicts(case: Case) -> bool:
    """Whether an account is confirmed, and something in the case speaks against it."""
    return case.link.through is not None and confirmed_record(case.link) is None


def _raised(case: Case, outcome: Triaged) -> bool:
    """Whether the case is more urgent than it was."""
    return case.priority is None or outcome.decision.priority < case.priority


def _state_after(case: Case) -> State:
    if case.closed_at is not None:
        return State.OPEN
    if case.offered_to is not None:
        return State.OFFERED
    return State.CLAIMED if case.claimed_by else State.OPEN


def _write_settled(tx: Connection, settled: Sequence[Case]) -> None:
    tx.execute(
        update(items).where(items.c.ref == bindparam("b_ref")),
        [{"b_ref": case.ref, "version": case.version, **desk_columns(case)} for case in settled],
    )
