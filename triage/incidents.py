"""Which items tell of the same incident: place and time first, then what is told.

Conservative: what is wrongly put together hides a call for help behind another, so that a
street alone is never enough. A group takes the most urgent of its members' priorities for each:
grouping can raise urgency and never lowers it (`triage.model.History.incident`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.found import Trait
from triage.identify.forms import scan
from triage.identify.lexicon import NO_STREET, NOT_NAMES, PLACE_WORDS, STREET_TYPES
from triage.identify.namelist import FORENAMES
from triage.identify.naming import fold
from triage.identify.places import address_value, postcode_key, split_address
from triage.model import Item, Priority, require_zone

WINDOW = timedelta(hours=2)
"""Items further apart are different incidents."""

SAME = 0.7
"""From this likeness on, two items are taken to tell of one incident."""

CONCEPTS: Mapping[str, str] = {
    word: concept
    for concept, words in {
        "fire": "fire fires smoke flames burning blaze alight arson burnt explosion exploded bang"
        " blast boom",
        "crash": "crash crashed collision accident rtc overturned",
        "fight": "fight fighting brawl punched punching kicking battered attack attacked",
        "blade": "knife knives stab stabbed stabbing machete blade sword",
        "gun": "gun guns shot shots shooting gunshots armed",
        "missing": "missing vanished disappeared lost wandered",
        "break-in": "burglary burgled burglar broke robbed robbing robbery raided",
        "water": "river canal drowning drowned bridge jump jumping jumper",
        "noise": "noise music party loud bass",
        "theft": "stolen stole nicked theft thief shoplifting",
    }.items()
    for word in words.split()
}
"""Words that tell of one thing. Deliberately few: what is not here counts as itself."""

EVERYDAY = frozenset(
    """
    happened happening heard hear looks look looking think know going come coming seems right left
    round down outside inside near next town street road someone everyone anyone anything nothing
    thanks thank please hope safe update officers officer police cops emergency services ambulance
    people person kids children morning tonight tomorrow yesterday minutes hours time back home
    house work school live lives place area well done good great still just really what when where
    which would could should there their they them with that this from have been about into over
    send sent share sharing news video photo everybody somebody whole first last more some help
    sorry need want again always never
    """.split()  # noqa: SIM905  a table of words is read as words
)
WORD = re.compile(r"[^\W\d_]{4,}")
HANDLE = re.compile(r"@\w+|#")
AT_PLACE = re.compile(
    r"\b(?:in|at|near|outside|inside|by|behind|opposite|on)[ \t](?:the[ \t])?"
    r"([^\W\d_]{4,}[ \t][^\W\d_]{4,})",
    re.IGNORECASE,
)
STREET_LIKE = re.compile(
    rf"\b([^\W\d_]{{4,}}[ \t](?:{'|'.join(sorted(STREET_TYPES))}))\b", re.IGNORECASE
)
PROPER = re.compile(r"(?<![.!?\n] )(?<!^)\b([A-Z][a-z]{2,}(?:[ \t][A-Z][a-z]{2,})+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an item tells of where, when and what.

    `spots` are exact places (a numbered address, a postcode), `streets` whole streets and named
    places; `words` what is told, in plain letters.
    """

    at: datetime
    spots: frozenset[str] = frozenset()
    streets: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @property
    def keys(self) -> frozenset[str]:
        """What two scenes of one incident have in common at least: the store looks them up."""
        return self.spots | self.streets

    def __post_init__(self) -> None:
        require_zone(self.at, "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An open incident as the items put to it tell of it, and the most urgent of them."""

    id: str
    scenes: tuple[Scene, ...]
    priority: Priority | None = None


def scene_of(item: Item) -> Scene:
    """Where, when and what an item tells."""
    text = HANDLE.sub(" ", item.text)
    page = scan(text, item.sent_at.date())
    spots: set[str] = set()
    streets: set[str] = set()
    for piece in page.pieces:
        if piece.kind is Trait.POSTCODE:
            spots.add(postcode_key(piece.value))
        elif piece.kind is Trait.ADDRESS:
            unit, street = split_address(piece.value)
            streets.add(street)
            if unit:
                spots.add(f"{unit} {street}")
    named = {fold(match[1]) for match in PROPER.finditer(text)}
    named |= {fold(match[1]) for match in AT_PLACE.finditer(text)}
    named |= {address_value(match[1]) for match in STREET_LIKE.finditer(text)}
    places = {name for name in named if _a_place(name)}
    return Scene(
        at=item.sent_at,
        spots=frozenset(spots),
        streets=frozenset(streets | places),
        words=frozenset(_words(text)),
    )


def same_incident(one: Scene, other: Scene) -> float:
    """How likely two scenes are of one incident, in [0, 1]. Symmetric; 0 outside the window."""
    apart = abs(one.at - other.at)
    if apart > WINDOW:
        return 0.0
    shared = _shared_places(one, other)
    likeness = 0.7 if one.spots & other.spots else 0.5 * bool(shared)
    told = one.words & other.words - {word for place in shared for word in place.split()}
    concepts = told & _CONCEPT_NAMES
    matter = 0.3 * bool(concepts) + 0.15 * min(len(told - concepts), 3)
    if likeness == 0.0:
        matter = min(matter, 0.6)
    return min(1.0, likeness + matter) * (1.0 - 0.1 * (apart / WINDOW))


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
        if likeness >= SAME and (best is None or likeness > best[0]):
            best = likeness, incident.id
    return best


def assign(scene: Scene, open_incidents: Iterable[Incident]) -> str | None:
    """The incident an item belongs to, None if it is a new one."""
    found = likeliest(scene, open_incidents)
    return found[1] if found else None


def group(items: Sequence[Item]) -> tuple[tuple[int, ...], ...]:
    """The items by incident: positions in `items`, each in one group, oldest group first."""
    scenes = [scene_of(item) for item in items]
    board, members = Board(), dict[str, list[int]]()
    for index in sorted(range(len(items)), key=lambda each: (scenes[each].at, each)):
        name = assign(scenes[index], board.near(scenes[index])) or str(index)
        board.put(name, scenes[index])
        members.setdefault(name, []).append(index)
    return tuple(tuple(found) for found in members.values())


def most_urgent(priorities: Iterable[Priority | None]) -> Priority | None:
    """The priority of a group: that of its most urgent member."""
    return min((each for each in priorities if each is not None), default=None)


def _shared_places(one: Scene, other: Scene) -> frozenset[str]:
    """Streets and places that both name, if only in passing."""
    found = set(one.streets & other.streets)
    found |= {place for place in one.streets if set(place.split()) <= other.words}
    found |= {place for place in other.streets if set(place.split()) <= one.words}
    return frozenset(found)


def _a_place(name: str) -> bool:
    words = name.split()
    common = (NOT_NAMES, EVERYDAY, NO_STREET, CONCEPTS)
    return (
        bool(words)
        and words[0] not in FORENAMES
        and not any(word in table for word in words if word not in STREET_TYPES for table in common)
    )


def _words(text: str) -> Iterable[str]:
    for match in WORD.finditer(text.lower()):
        word = match[0]
        if word in CONCEPTS:
            yield CONCEPTS[word]
        elif word not in EVERYDAY and word not in NOT_NAMES and word not in PLACE_WORDS:
            yield word.removesuffix("s")


_CONCEPT_NAMES = frozenset(CONCEPTS.values())
