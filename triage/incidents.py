"""Which items tell of the same incident: place and time first, then what is told.

Conservative: what is wrongly put together hides a call for help behind another, so that a
street alone is never enough. A group takes the most urgent of its members' priorities for each:
grouping can raise urgency and never lowers it (`triage.gathering`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from triage.gazetteer import APART_KM, NEAR_KM, NOWHERE, Gazetteer, nearest_km
from triage.model import Item, Priority
from triage.scenes import RELATED, Scene, scene_of

WINDOW = timedelta(hours=2)
"""Items further apart are different incidents."""

SAME = 0.6
"""From this likeness on, two items are taken to tell of one incident."""

WEIGHTS: Mapping[str, float] = {
    "spot": 0.5,  # one numbered address or postcode
    "street": 0.4,  # one street or named place
    "common": 0.2,  # the same, but there are several of that name
    "near": 0.1,  # points beside one another, under other names
    "crossing": 0.1,  # a second street both name
    "town": 0.1,  # both name the same town
    "concept": 0.3,  # one kind of thing happens
    "other concept": -0.3,  # two different kinds do
    "word": 0.1,  # each further word both have, up to three
    "soon": 0.1,  # within twenty minutes
    "danger": 0.05,  # both read like danger
    "other danger": -0.1,  # one does, the other does not
    "told once": 0.1,  # within ten, and one of them tells a kind of thing, the other none
    "late": -0.1,  # two hours apart
    "other number": -0.3,  # other houses of one street
}
"""What speaks for and against one incident. A place with one kind of thing is just enough."""

MOST_WORDS = 3
SOON = timedelta(minutes=20)
AT_ONCE = timedelta(minutes=10)
LATE = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An open incident as the items put to it tell of it, and the most urgent of them."""

    id: str
    scenes: tuple[Scene, ...]
    priority: Priority | None = None


def same_incident(one: Scene, other: Scene) -> float:
    """How likely two scenes are of one incident, in [0, 1]. Symmetric; 0 outside the window,
    for news of what happened, and where the places differ."""
    apart = abs(one.at - other.at)
    if apart > WINDOW or one.hearsay or other.hearsay:
        return 0.0
    place = _place(one, other)
    if place <= 0.0:
        return 0.0
    likeness = place + _matter(one, other) + WEIGHTS["late"] * (apart // SOON * SOON / LATE)
    if apart <= SOON:
        likeness += WEIGHTS["soon"] + WEIGHTS["told once"] * (
            apart <= AT_ONCE and _told_once(one, other)
        )
    return min(1.0, max(0.0, likeness))


def _place(one: Scene, other: Scene) -> float:
    """What their places say; 0 where they are not the same, or cannot be compared."""
    if one.spots & other.spots:
        return WEIGHTS["spot"]
    distance = nearest_km(one.points, other.points)
    if one.points and other.points and distance > APART_KM:
        return 0.0
    streets = one.streets & other.streets
    towns = bool(one.towns & other.towns)
    if one.towns and other.towns and not towns and distance > NEAR_KM:
        return 0.0
    if not streets:
        beside = distance <= NEAR_KM and one.concepts & other.concepts
        return WEIGHTS["near"] if beside else 0.0
    found = WEIGHTS["street"]
    if streets <= one.common | other.common and not towns:
        found = WEIGHTS["common"]
    if _other_numbers(one, other):
        found += WEIGHTS["other number"]
    found += WEIGHTS["crossing"] * (len(streets) > 1)
    return found + WEIGHTS["town"] * towns


def _other_numbers(one: Scene, other: Scene) -> bool:
    """Whether both name a house, and not the same one (one postcode has many)."""
    mine = {spot for spot in one.spots if " " in spot}
    theirs = {spot for spot in other.spots if " " in spot}
    return bool(mine and theirs and not mine & theirs)


def _matter(one: Scene, other: Scene) -> float:
    """What they tell has happened."""
    shared, told = one.concepts & other.concepts, 0.0
    if shared:
        told = WEIGHTS["concept"]
    elif one.concepts and other.concepts and not _related(one.concepts, other.concepts):
        told = WEIGHTS["other concept"]
    if one.danger is not None and other.danger is not None:
        told += WEIGHTS["danger"] * (one.danger and other.danger)
        told += WEIGHTS["other danger"] * (one.danger != other.danger)
    further = len(one.words & other.words) + max(0, len(shared) - 1)
    return told + WEIGHTS["word"] * min(further, MOST_WORDS)


def _told_once(one: Scene, other: Scene) -> bool:
    return bool(one.concepts) != bool(other.concepts)


def _related(some: frozenset[str], others: frozenset[str]) -> bool:
    """Whether one thing may be told as these and as those."""
    return any(some & family and others & family for family in RELATED)


SCENES_COMPARED = 12
"""An item is compared with the latest of an incident: a surge must not make each one slower."""

MOST_NEARBY = 64
"""So many incidents of one place are looked at, the latest first."""


class Board:
    """Open incidents, found by the places they tell of."""

    def __init__(self, incidents: Iterable[Incident] = ()) -> None:
        self._incidents: dict[str, Incident] = {}
        self._by_key: dict[str, dict[str, None]] = {}
        for each in incidents:
            self._incidents[each.id] = each
            for scene in each.scenes:
                self._note(each.id, scene)

    def get(self, name: str) -> Incident | None:
        """The incident of a name, or None."""
        return self._incidents.get(name)

    def near(self, scene: Scene) -> list[Incident]:
        """Incidents that tell of a place of the scene."""
        found: dict[str, None] = {}
        for key in sorted(scene.keys):
            found |= dict.fromkeys(list(self._by_key.get(key, ()))[-MOST_NEARBY:])
        return [self._incidents[name] for name in found]

    def put(self, name: str, scene: Scene, priority: Priority | None = None) -> None:
        """Add a scene to an incident, which takes the more urgent priority; or begin it."""
        before = self._incidents.get(name) or Incident(id=name, scenes=())
        self._incidents[name] = Incident(
            id=name,
            scenes=(*before.scenes, scene)[-SCENES_COMPARED:],
            priority=most_urgent((before.priority, priority)),
        )
        self._note(name, scene)

    def _note(self, name: str, scene: Scene) -> None:
        for key in scene.keys:
            names = self._by_key.setdefault(key, {})
            names.pop(name, None)
            names[name] = None
            if len(names) > 2 * MOST_NEARBY:
                self._by_key[key] = dict.fromkeys(list(names)[-MOST_NEARBY:])


def likeliest(scene: Scene, open_incidents: Iterable[Incident]) -> tuple[float, str] | None:
    """The incident an item belongs to and how like it is; None if it is a new one."""
    best = None
    for incident in open_incidents:
        likeness = max((same_incident(scene, each) for each in incident.scenes), default=0.0)
        if likeness < SAME or (best is not None and likeness <= best[0]):
            continue
        if not _contradicts(scene, incident.scenes):
            best = likeness, incident.id
    return best


def _contradicts(scene: Scene, scenes: Sequence[Scene]) -> bool:
    """Whether an incident as a whole tells of something else, though one member may be like it:
    who names no town and no matter must not join two that differ in them."""
    exact = any(scene.spots & each.spots for each in scenes)
    towns = frozenset().union(*(each.towns for each in scenes))
    concepts = frozenset().union(*(each.concepts for each in scenes))
    elsewhere = bool(scene.towns and towns) and not scene.towns & towns
    another = bool(scene.concepts and concepts) and not (
        scene.concepts & concepts or _related(scene.concepts, concepts)
    )
    return (elsewhere and not exact) or another


def assign(scene: Scene, open_incidents: Iterable[Incident]) -> str | None:
    """The incident an item belongs to, None if it is a new one."""
    found = likeliest(scene, open_incidents)
    return found[1] if found else None


def group(items: Sequence[Item], gazetteer: Gazetteer = NOWHERE) -> tuple[tuple[int, ...], ...]:
    """The items by incident: positions in `items`, each in one group, oldest group first."""
    scenes = [scene_of(item, gazetteer) for item in items]
    board, members = Board(), dict[str, list[int]]()
    for index in sorted(range(len(items)), key=lambda each: (scenes[each].at, each)):
        name = assign(scenes[index], board.near(scenes[index])) or str(index)
        board.put(name, scenes[index])
        members.setdefault(name, []).append(index)
    return tuple(tuple(found) for found in members.values())


def most_urgent(priorities: Iterable[Priority | None]) -> Priority | None:
    """The priority of a group: that of its most urgent member."""
    return min((each for each in priorities if each is not None), default=None)


__all__ = [
    "SAME",
    "WINDOW",
    "Board",
    "Incident",
    "Scene",
    "assign",
    "group",
    "likeliest",
    "most_urgent",
    "same_incident",
    "scene_of",
]
