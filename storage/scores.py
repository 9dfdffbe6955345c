"""What each item scored and what people said of it: kept so that any line can be measured."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from storage.database import Database, chunks, insert_into
from storage.score_history import ORDER, Rows
from storage.tables import audit_events, items, marks
from storage.tuning_tables import item_labels, item_scores
from storage.types import microseconds, short
from triage.corrections import Basis
from triage.model import Case
from triage.ports import Triaged
from triage.taxonomy import Label
from triage.tuning.labels import WATCHED, Known
from triage.tuning.scores import Scored

S = item_scores.c
"""The columns, which nearly every statement names."""

LABELLED = "labelled"
"""The mark that says up to which event of the trail labels were derived."""

PAGE = 50_000


def keep_scores(
    tx: Connection, settled: Mapping[str, Case], outcomes: Mapping[str, Triaged], *, now: datetime
) -> None:
    """Keep the scores of what is being settled, in its transaction; an edit replaces the former."""
    rows = [
        _row(settled[ref], each.scored, now)
        for ref, each in sorted(outcomes.items())
        if each.scored is not None and ref in settled
    ]
    _put(tx, rows)


def _put(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert_into(tx, item_scores)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "ref"}
    tx.execute(statement.on_conflict_do_update(index_elements=["ref"], set_=changed), list(rows))


def _row(case: Case, scored: Scored, now: datetime) -> dict[str, Any]:
    return {
        "ref": case.ref,
        "model": short(scored.model),
        "sent_us": microseconds(case.item.sent_at),
        "read_us": microseconds(now),
        "danger": float(scored.danger),
        "abuse": float(scored.abuse),
        "ruled": scored.ruled.value if scored.ruled else "",
        "under": int(scored.under),
        "channel": short(case.item.channel),
        "lang": scored.lang[:40],
        "letters": scored.letters,
        "dialect": scored.dialect,
    }


class ScoresPart:
    """Scores and labels over SQL."""

    _db: Database

    def save_scores(self, found: Sequence[tuple[Case, Scored]], *, now: datetime) -> None:
        """Keep scores of items that were read again, in place of the former."""
        with self._db.write() as tx:
            _put(tx, [_row(case, scored, now) for case, scored in found])

    def models_read(self) -> list[tuple[str, int]]:
        """Which models gave the scores that are kept, and how many each, most first."""
        wanted = select(S.model, func.count().label("times")).group_by(S.model)
        with self._db.read() as tx:
            rows = tx.execute(wanted.order_by(func.count().desc(), S.model))
            return [(row.model, row.times) for row in rows]

    def without_scores(
        self, model: str, *, since: datetime, after: str = "", limit: int = 500
    ) -> list[str]:
        """Items sent from a moment on that a model has not read, by reference."""
        known = select(S.ref).where(S.ref == items.c.ref, S.model == model)
        wanted = (
            select(items.c.ref)
            .where(items.c.ref > after, items.c.sent_us >= microseconds(since))
            .where(items.c.verdict.is_not(None), ~known.exists())
            .order_by(items.c.ref)
            .limit(limit)
        )
        with self._db.read() as tx:
            return [row.ref for row in tx.execute(wanted)]

    def score_rows(self, model: str, *, since: datetime, read_after: int = -1) -> Rows:
        """The scores a model gave to items sent from a moment on.

        With `read_after` (microseconds) only those read later.
        """
        # By number first, out of an index alone: rows are then read in the order in which they
        # lie. In the order of an index a million of them would be fetched from all over the file.
        numbers = select(S.number).where(S.model == short(model))
        if read_after >= 0:
            numbers = numbers.where(S.read_us > read_after)
        numbers = numbers.where(S.sent_us >= microseconds(since))
        wanted = select(*(S[name] for name in ORDER)).where(S.number.in_(numbers))
        rows = Rows.empty()
        with self._db.read() as tx:
            # The driver's own tuples: numbers and words need no translation, and there are many.
            cursor = tx.execute(wanted).cursor
            while page := cursor.fetchmany(PAGE):
                rows.add(page)
        return rows

    def refs_of_scores(self, numbers: Sequence[int]) -> dict[int, str]:
        """The references behind rows of scores."""
        found: dict[int, str] = {}
        with self._db.read() as tx:
            for some in chunks(numbers):
                wanted = select(S.number, S.ref).where(S.number.in_(some))
                found |= {row.number: row.ref for row in tx.execute(wanted)}
        return found

    def texts_of(self, refs: Sequence[str]) -> dict[str, str]:
        """The texts of items that are there and were not deleted by their sender."""
        found: dict[str, str] = {}
        with self._db.read() as tx:
            for some in chunks(refs):
                wanted = select(items.c.ref, items.c.text).where(
                    items.c.ref.in_(some), items.c.deleted_at.is_(None)
                )
                found |= {row.ref: row.text for row in tx.execute(wanted)}
        return found

    # --- labels --------------------------------------------------------------------------------

    def to_label(self, *, limit: int = 2000) -> tuple[list[str], int]:
        """Cases about which something was said since labels were last derived, and up to where.

        The number goes back to `save_labels`.
        """
        with self._db.read() as tx:
            before = tx.execute(select(marks.c.value).where(marks.c.name == LABELLED)).scalar() or 0
            wanted = (
                select(audit_events.c.subject, audit_events.c.seq)
                .where(audit_events.c.action.in_(WATCHED), audit_events.c.seq > before)
                .order_by(audit_events.c.seq)
                .limit(limit)
            )
            rows = tx.execute(wanted).all()
        refs = list(dict.fromkeys(row.subject for row in rows))
        return refs, rows[-1].seq if rows else before

    def save_labels(self, known: Sequence[Known], gone: Sequence[str], *, until: int) -> None:
        """Keep labels in place of earlier ones, and drop those that hold no more."""
        with self._db.write() as tx:
            for some in chunks(gone):
                tx.execute(item_labels.delete().where(item_labels.c.ref.in_(some)))
            there = self._there(tx, [each.ref for each in known])
            rows = [_label_row(each) for each in known if each.ref in there]
            if rows:
                statement = insert_into(tx, item_labels)
                changed = {name: statement.excluded[name] for name in rows[0] if name != "ref"}
                tx.execute(
                    statement.on_conflict_do_update(index_elements=["ref"], set_=changed), rows
                )
            tx.execute(
                insert_into(tx, marks)
                .values(name=LABELLED, value=until)
                .on_conflict_do_update(index_elements=["name"], set_={"value": until})
            )

    def _there(self, tx: Connection, refs: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for some in chunks(refs):
            found |= set(tx.execute(select(items.c.ref).where(items.c.ref.in_(some))).scalars())
        return found

    def labelled(self, model: str, *, since: datetime) -> list[tuple[int, Known]]:
        """What people said of items a model scored, with the number of the score's row."""
        wanted = (
            select(S.number, item_labels)
            .join(item_scores, S.ref == item_labels.c.ref)
            .where(S.model == short(model), S.sent_us >= microseconds(since))
        )
        with self._db.read() as tx:
            return [(row.number, _known(row)) for row in tx.execute(wanted)]


def _label_row(known: Known) -> dict[str, Any]:
    return {
        "ref": known.ref,
        "label": known.label.value,
        "basis": known.basis.value,
        "at": known.at,
        "drawn": known.drawn,
    }


def _known(row: Row[Any]) -> Known:
    return Known(
        ref=row.ref, label=Label(row.label), basis=Basis(row.basis), at=row.at, drawn=row.drawn
    )
