"""What items tell of where and when, so that the next one finds its incident.

Everything happens in the transaction that settles the items, while other nodes are kept out:
two nodes never begin one incident twice, and a kill leaves nothing half done.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, not_, select

from storage.cases import change_case
from storage.codec import dumps, loads
from storage.database import Database, chunks, insert_rows
from storage.rows import case_of
from storage.tables import NO_PRIORITY, items, scene_places, scenes
from storage.types import MICROSECOND, microseconds, short
from triage.gathering import (
    NOT_URGENT,
    Gathering,
    Told,
    put_together,
    raised_event,
    raised_with,
)
from triage.gazetteer import SQUARE
from triage.grouped import Said
from triage.incidents import SCENES_COMPARED, WINDOW, Incident, Scene
from triage.model import Case, Event, Priority, State
from triage.surges import Surge

MOST_NEARBY = 200
"""So many scenes of one place are looked at, the latest first."""


def gather(tx: Connection, told: Sequence[Told]) -> Gathering:
    """Put cases that are being settled to their incidents, and keep their scenes."""
    if not told:
        return Gathering()
    gathering = put_together(told, _known(tx, told))
    _keep(tx, told)
    return gathering


def raise_others(tx: Connection, gathering: Gathering, said: Said, *, now: datetime) -> list[Event]:
    """Raise the other members of incidents that became more urgent."""
    done = {each.case.ref for each in gathering.joined}
    events: list[Event] = []
    for incident, priority in sorted(gathering.risen.items()):
        for before in _less_urgent(tx, incident, priority, done):
            raised = raised_with(before, incident, priority)
            after = replace(raised, version=before.version + 1)
            change_case(tx, before, after, cards=said(before, after), now=now)
            events.append(raised_event(before, after, now=now))
    return events


# --- the incidents nearby -------------------------------------------------------------------------


def _known(tx: Connection, told: Sequence[Told]) -> list[Incident]:
    """Incidents with a scene near one of these in place and time, and those they are in."""
    own = {each.case.incident for each in told if each.case.incident}
    by_incident: dict[str, list[Scene]] = defaultdict(list)
    for row in _nearby(tx, [each.scene for each in told]):
        if row.incident:
            by_incident[row.incident].append(loads(Scene, row.scene))
    priorities = _priorities(tx, own | by_incident.keys())
    return [
        Incident(
            id=name,
            scenes=tuple(by_incident[name][:SCENES_COMPARED][::-1]),
            priority=priorities.get(name),
        )
        for name in sorted(own | by_incident.keys())
    ]


def _nearby(tx: Connection, wanted: Sequence[Scene]) -> Iterable[Any]:
    keys = sorted({short(key) for scene in wanted for key in scene.keys})
    if not keys:
        return []
    first = microseconds(min(scene.at for scene in wanted) - WINDOW)
    last = microseconds(max(scene.at for scene in wanted) + WINDOW)
    refs: dict[str, None] = {}
    for some in chunks(keys):
        refs |= dict.fromkeys(tx.execute(_latest_of_each(some, first, last)).scalars())
    rows: list[Any] = []
    for some in chunks(refs):
        found = select(scenes.c.sent_us, scenes.c.ref, scenes.c.scene, items.c.incident)
        joined = found.join_from(scenes, items, items.c.ref == scenes.c.ref)
        rows += tx.execute(joined.where(scenes.c.ref.in_(some)))
    return sorted(rows, key=lambda row: (row.sent_us, row.ref), reverse=True)


def _latest_of_each(keys: Sequence[str], first: int, last: int) -> Select[Any]:
    """The latest items of each place: a crowd in one place must not hide what is in another."""
    order = scene_places.c.sent_us.desc(), scene_places.c.ref.desc()
    place = func.row_number().over(partition_by=scene_places.c.key, order_by=order)
    ranked = (
        select(scene_places.c.ref, place.label("place"))
        .where(scene_places.c.key.in_(keys), scene_places.c.sent_us.between(first, last))
        .subquery("ranked")
    )
    return select(ranked.c.ref).where(ranked.c.place <= MOST_NEARBY)


def _priorities(tx: Connection, incidents: Iterable[str]) -> dict[str, Priority]:
    """The most urgent member of each, those a person found nothing in left out."""
    found: dict[str, Priority] = {}
    for some in chunks(sorted(incidents)):
        ranks = select(items.c.incident, func.min(items.c.rank)).where(
            items.c.incident.in_(some), items.c.incident != "", not_(_nothing_in_it())
        )
        for incident, rank in tx.execute(ranks.group_by(items.c.incident)):
            if rank < NO_PRIORITY:
                found[incident] = Priority(rank)
    return found


def _nothing_in_it() -> ColumnElement[bool]:
    closed = items.c.state == State.CLOSED.value
    return and_(closed, items.c.result.in_(sorted(NOT_URGENT)))


def _less_urgent(tx: Connection, incident: str, priority: Priority, done: set[str]) -> list[Case]:
    """Open members below a priority. What is being read again is raised when it is settled."""
    wanted = select(items).where(
        items.c.incident == incident,
        items.c.incident != "",
        items.c.state.in_([State.OPEN.value, State.CLAIMED.value, State.OFFERED.value]),
        items.c.rank > int(priority),
        items.c.rank < NO_PRIORITY,
    )
    rows = tx.execute(wanted.order_by(items.c.ref).with_for_update())
    return [case_of(row) for row in rows if row.ref not in done]


# --- what is kept ---------------------------------------------------------------------------------


def _keep(tx: Connection, told: Sequence[Told]) -> None:
    """The scenes of these cases in place of those their earlier texts told of."""
    placed = [each for each in told if each.scene.keys]
    rows = [
        {
            "ref": each.case.ref,
            "sent_us": microseconds(each.scene.at),
            "scene": dumps(each.scene),
        }
        for each in placed
    ]
    places = [
        {"key": key, "sent_us": row["sent_us"], "ref": row["ref"]}
        for each, row in zip(placed, rows, strict=True)
        for key in sorted({short(key) for key in each.scene.keys})
    ]
    again = [each.case.ref for each in told if each.case.text_versions > 1 or each.case.incident]
    for some in chunks(again):
        tx.execute(delete(scene_places).where(scene_places.c.ref.in_(some)))
        tx.execute(delete(scenes).where(scenes.c.ref.in_(some)))
    insert_rows(tx, scenes, rows)
    insert_rows(tx, scene_places, places)


class ScenesPart:
    """What the console asks and tidies of incidents."""

    _db: Database

    def surges(self, *, now: datetime, within: timedelta, least: int) -> list[Surge]:
        """Incidents, then places, of which at least so many senders told in the last `within`.

        What is counted for an incident is not counted for its place again.
        """
        since = microseconds(now - within)
        with self._db.read() as tx:
            lately = _lately(tx, since)
            incidents = _surging(((each.incident, each) for each in lately.values()), least)
            told = {name for name, _, _ in incidents}
            places = _surging(
                (
                    (row.key, lately[row.ref])
                    for row in _places_lately(tx, since)
                    if row.ref in lately and lately[row.ref].incident not in told
                ),
                least,
            )
            return [
                *(Surge(incident=name, senders=n, first=ref) for name, n, ref in incidents),
                *(
                    Surge(place=key, senders=n, first=ref, usual=_usual(tx, key, since, within))
                    for key, n, ref in places
                ),
            ]

    def forget_scenes(self, *, before: datetime) -> int:
        """Drop the scenes of items sent before a moment; returns how many were dropped."""
        sent_us = microseconds(before)
        with self._db.write() as tx:
            tx.execute(delete(scene_places).where(scene_places.c.sent_us < sent_us))
            dropped: int = tx.execute(delete(scenes).where(scenes.c.sent_us < sent_us)).rowcount
        return dropped


# --- surges ---------------------------------------------------------------------------------------


def _lately(tx: Connection, since: int) -> dict[str, Any]:
    """Incident and sender of the items with a scene that were sent since a moment."""
    refs = tx.execute(select(scenes.c.ref).where(scenes.c.sent_us >= since)).scalars()
    wanted = select(items.c.ref, items.c.incident, items.c.author_key)
    found = (tx.execute(wanted.where(items.c.ref.in_(some))) for some in chunks(refs))
    return {row.ref: row for rows in found for row in rows}


def _places_lately(tx: Connection, since: int) -> list[Any]:
    wanted = select(scene_places.c.key, scene_places.c.ref)
    rows = tx.execute(wanted.where(scene_places.c.sent_us >= since))
    return [row for row in rows if not row.key.startswith(SQUARE)]


def _surging(said: Iterable[tuple[str, Any]], least: int) -> list[tuple[str, int, str]]:
    """What so many senders told of: its name, how many they are, and the first item."""
    senders: dict[str, set[str]] = defaultdict(set)
    refs: dict[str, list[str]] = defaultdict(list)
    for name, row in said:
        if name:
            senders[name].add(row.author_key or row.ref)
            refs[name].append(row.ref)
    return [
        (name, len(who), min(refs[name]))
        for name, who in sorted(senders.items())
        if len(who) >= least
    ]


def _usual(tx: Connection, key: str, since: int, within: timedelta) -> float:
    """How many items a place had in such a time before, on average over what is kept."""
    before = select(func.count(), func.min(scene_places.c.sent_us)).where(
        scene_places.c.key == key, scene_places.c.sent_us < since
    )
    count, first = tx.execute(before).one()
    if not count:
        return 0.0
    spans = max(1.0, (since - first) / (within / MICROSECOND))
    usual: float = count / spans
    return usual
