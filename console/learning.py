"""What the desk's corrections come to: gathered from the store, redacted, counted, recorded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifiers.training.corrections import Corrected, each_once, known_people, row_of
from config.settings import Learning
from storage.store import SqlStore
from triage.corrections import (
    ACTIONS,
    Consent,
    LeftOut,
    correction_of,
    earlier_texts,
    left_out,
)
from triage.desk import MACHINE
from triage.errors import BadSettings
from triage.model import Case, Event, Person

SUBJECT = "corrections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Rows for training, the cases they come from, and how many were left out for which reason."""

    rows: tuple[Mapping[str, Any], ...]
    refs: tuple[str, ...]
    left_out: Mapping[LeftOut, int]

    @property
    def surprises(self) -> int:
        """Rows whose class is not the machine's."""
        return sum(row["said"] not in (None, row["class"]) for row in self.rows)

    def in_words(self) -> list[str]:
        """What was found, a line each, for people."""
        rows = len(self.rows)
        lines = [f"{rows} row{'' if rows == 1 else 's'}, {self.surprises} of another class"]
        return lines + [
            f"{count} left out: {reason.value}"
            for reason, count in sorted(self.left_out.items(), key=lambda each: -each[1])
        ]


def gather(store: SqlStore, learning: Learning, *, now: datetime) -> Gathered:
    """Everything that may be learnt from.

    Raises:
        BadSettings: the force has not switched it on.
    """
    if not learning.use_corrections:
        raise BadSettings(
            "learning.use_corrections is off: nothing may be learnt from corrections until the "
            "force switches it on"
        )
    consent = Consent(
        private_messages=learning.private_messages, implied=learning.implied_weight > 0
    )
    staff = [officer.name for officer in store.officers()]
    rows: list[Mapping[str, Any]] = []
    refs: list[str] = []
    out: Counter[LeftOut] = Counter()
    for ref in store.subjects_of(ACTIONS):
        case = store.case(ref)
        found = _row(store, case, consent, staff, learning, now) if case else None
        if isinstance(found, LeftOut):
            out[found] += 1
        elif found is not None:
            rows.append(found)
            refs.append(ref)
    return Gathered(rows=tuple(each_once(rows)), refs=tuple(refs), left_out=out)


def _row(
    store: SqlStore,
    case: Case,
    consent: Consent,
    staff: Sequence[str],
    learning: Learning,
    now: datetime,
) -> Mapping[str, Any] | LeftOut:
    events = store.events(case.ref)
    correction = correction_of(case, events)
    if correction is None:
        return LeftOut.AS_READ
    persons = _persons(store, case)
    reason = left_out(case, correction, events, persons, consent)
    if reason is not None:
        return reason
    corrected = Corrected(
        item=case.item,
        thread=earlier_texts(case, store.thread(case)),
        correction=correction,
        lang=case.verdict.lang if case.verdict else "",
    )
    known = known_people(case.item, persons, staff)
    row = row_of(corrected, known, implied_weight=learning.implied_weight, today=now.date())
    return row if row is not None else LeftOut.NAMED


def _persons(store: SqlStore, case: Case) -> list[Person]:
    ids = [each.record_id for each in case.link.candidates]
    ids += [each.record_id for each in case.link.mentions]
    return [person for each in ids if (person := store.person(each)) is not None]


def record_use(
    store: SqlStore, gathered: Gathered, action: str, *, now: datetime, **detail: Any
) -> None:
    """Into the audit trail: the use as a whole, and a line for each case that was learnt from."""
    told = {
        "rows": len(gathered.rows),
        "left_out": {reason.name.lower(): count for reason, count in gathered.left_out.items()},
        "tool": "command",
        **detail,
    }
    whole = Event(at=now, actor=MACHINE, action=action, subject=SUBJECT, detail=told)
    store.record([whole, *(_learnt_from(ref, action, now) for ref in gathered.refs)])


def _learnt_from(ref: str, action: str, now: datetime) -> Event:
    detail = {"use": action, "tool": "command"}
    return Event(at=now, actor=MACHINE, action="learnt_from", subject=ref, detail=detail)
