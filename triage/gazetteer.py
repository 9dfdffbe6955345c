"""Names of places as points on the map, where a force names files of them in its settings.

A name may lie in many places: every town has a High Street. What else a text names, a town, a
postcode, another street nearby, tells which is meant; where nothing does, it stays open.
"""

import math
import re
import threading
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from triage.identify.lexicon import STREET_SHORT

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

ONE_PLACE_KM = 2.5
"""Points of a name that lie within so much are one place: long streets have several."""

NEAR_KM = 0.45
APART_KM = 1.5
IN_TOWN_KM = 5.0
CROSSING_KM = 1.2
MOST_POINTS = 8
SQUARE = "@"
"""How the key of a square on the map begins."""


class What(StrEnum):
    """What a row of a gazetteer names."""

    TOWN = "town"
    SPOT = "spot"  # a street, a station, a landmark
    SECTOR = "sector"  # of postcodes: `WB4 7`


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One name at one point; `area` is the town or borough it is in, "" unknown."""

    name: str
    lat: float
    lon: float
    what: What = What.SPOT
    area: str = ""


class Gazetteer:
    """Points by name. The rows are asked for when the first name is looked up.

    Safe to share between threads. About 250 bytes a name.
    """

    def __init__(self, rows: Callable[[], Iterable[Row]] = tuple) -> None:
        self._rows = rows
        self._loaded = False
        self._lock = threading.Lock()
        self._points: dict[str, array[float]] = {}  # lat, lon, number of the area, again and again
        self._towns: dict[str, array[float]] = {}
        self._sectors: dict[str, Point] = {}
        self._areas: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        """How many names it knows."""
        self._load()
        return len(self._points) + len(self._towns) + len(self._sectors)

    def spot(self, name: str) -> list[tuple[float, float, int]]:
        """Latitude, longitude and area number of every place of a plain name."""
        self._load()
        flat = self._points.get(name, ())
        return [(flat[n], flat[n + 1], int(flat[n + 2])) for n in range(0, len(flat), 3)]

    def town(self, name: str) -> list[Point]:
        """Every town of a plain name."""
        self._load()
        flat = self._towns.get(name, ())
        return [(flat[n], flat[n + 1]) for n in range(0, len(flat), 2)]

    def area(self, name: str) -> int:
        """The number of an area's plain name, -1 if there is none."""
        self._load()
        return self._areas.get(name, -1)

    def sector(self, postcode: str) -> Point | None:
        """The middle of a postcode's sector; the postcode as `WB47QX`."""
        self._load()
        return self._sectors.get(postcode[:-2]) if len(postcode) > 4 else None

    def _load(self) -> None:
        if self._loaded:
            return
        with self._lock:
            if not self._loaded:
                for row in self._rows():
                    self._add(row)
                self._loaded = True

    def _add(self, row: Row) -> None:
        if row.what is What.SECTOR:
            self._sectors[row.name.replace(" ", "").upper()] = (row.lat, row.lon)
        elif row.what is What.TOWN:
            self._towns.setdefault(plain(row.name), array("f")).extend((row.lat, row.lon))
        else:
            area = self._areas.setdefault(plain(row.area), len(self._areas))
            points = self._points.setdefault(plain(row.name), array("f"))
            points.extend((row.lat, row.lon, float(area)))


NOWHERE = Gazetteer()
"""No map: places are compared by their names alone."""

_NOT_PLAIN = re.compile(r"[^a-z0-9 ]+")
_JOINED = re.compile(r"['’.]")


def plain(name: str) -> str:
    """A name as it is looked up: `Queen's Rd` as `queens road`."""
    words = _NOT_PLAIN.sub(" ", _JOINED.sub("", name.lower())).split()
    if len(words) > 1 and words[-1] in STREET_SHORT:
        words[-1] = STREET_SHORT[words[-1]]
    return " ".join(words)


def km_between(one: Point, other: Point) -> float:
    """Distance over the ground, good to a part in a thousand within a county."""
    north = (one[0] - other[0]) * 111.2
    east = (one[1] - other[1]) * 111.2 * math.cos(math.radians(one[0]))
    return math.hypot(north, east)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a text tells of: points, and names that lie in several places with nothing to tell
    which is meant. `known` where the map has any of its names."""

    points: tuple[Point, ...] = ()
    common: frozenset[str] = frozenset()
    known: bool = False


def locate(
    names: Iterable[str], towns: Iterable[str], postcodes: Iterable[str], gazetteer: Gazetteer
) -> Located:
    """The points that the plain names of one text may mean, taken together."""
    towns = list(towns)
    centres = [point for town in towns for point in gazetteer.town(town)]
    sectors = [point for each in postcodes if (point := gazetteer.sector(each)) is not None]
    areas = {gazetteer.area(town) for town in towns}
    meant = {name: _within(gazetteer.spot(name), areas, centres, sectors) for name in names}
    meant = _beside_one_another({name: points for name, points in meant.items() if points})
    sure = [points for points in meant.values() if _one_place(points)]
    common = frozenset(name for name, points in meant.items() if not _one_place(points))
    if len(sure) > 1:
        return Located(points=_crossing(sure), common=common, known=True)
    found = sure[0] if sure else sectors
    return Located(points=tuple(found[:MOST_POINTS]), common=common, known=bool(meant))


def nearest_km(some: Iterable[Point], others: Iterable[Point]) -> float:
    """The least distance between two sets of points; infinite if one is empty."""
    others = list(others)
    return min((km_between(one, other) for one in some for other in others), default=math.inf)


def _within(
    spots: list[tuple[float, float, int]],
    areas: set[int],
    centres: list[Point],
    sectors: list[Point],
) -> list[Point]:
    """Those in the towns that are named, and near the postcodes; all if that leaves none."""
    named = [spot for spot in spots if spot[2] in areas - {0, -1}]
    points = [(lat, lon) for lat, lon, _ in named or spots]
    for anchors, reach in ((centres if not named else [], IN_TOWN_KM), (sectors, 2 * APART_KM)):
        near = [each for each in points if anchors and nearest_km([each], anchors) <= reach]
        points = near or points
    return points


def _beside_one_another(meant: dict[str, list[Point]]) -> dict[str, list[Point]]:
    """Of each name the points that have one of another name beside them, where there are any."""
    if len(meant) < 2 or all(_one_place(points) for points in meant.values()):
        return meant
    kept = {}
    for name, points in meant.items():
        others = [point for other, each in meant.items() if other != name for point in each]
        near = [point for point in points if nearest_km([point], others) <= CROSSING_KM]
        kept[name] = near or points
    return kept


def _one_place(points: list[Point]) -> bool:
    north = [point[0] for point in points]
    east = [point[1] for point in points]
    return km_between((min(north), min(east)), (max(north), max(east))) <= ONE_PLACE_KM


def _crossing(sure: list[list[Point]]) -> tuple[Point, ...]:
    """Where several places that are sure come closest; all of them if they lie apart."""
    first, second = sure[0], sure[1]
    if nearest_km(first, second) > APART_KM:
        return tuple([*first, *second][:MOST_POINTS])
    one, other = min(((a, b) for a in first for b in second), key=lambda pair: km_between(*pair))
    return (((one[0] + other[0]) / 2, (one[1] + other[1]) / 2),)


def cells(points: Iterable[Point]) -> frozenset[str]:
    """Squares of about a kilometre, twice with half a side's shift in both directions: points
    within half a side of one another share at least one."""
    found = set()
    for lat, lon in points:
        for north in (0.0, 0.5):
            for east in (0.0, 0.5):
                found.add(
                    f"{SQUARE}{math.floor(lat / 0.01 + north)}:{math.floor(lon / 0.016 + east)}"
                    f":{north}{east}"
                )
    return frozenset(found)
