"""A square chart whose axes both go from 0 to 1."""

from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.drawing.shapes import (
    GREY,
    INK,
    WHITE,
    Colour,
    Dot,
    Line,
    Picture,
    Point,
    Shape,
    Text,
)

SIDE = 480
LEFT, TOP, RIGHT, BOTTOM = 76, 92, 28, 62
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of values: a line, dots with ranges, or both; `marked` is one larger dot.

    Two series are told apart without colour by `dashed` lines and `hollow` dots.
    """

    name: str
    colour: Colour
    line: Sequence[Point] = ()
    dots: Sequence[Point] = ()
    ranges: Sequence[tuple[Point, Point]] = ()
    marked: Point | None = None
    dashed: bool = False
    hollow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands around a chart."""

    title: str
    note: str
    across: str
    up: str


def chart(words: Words, series: Sequence[Series], *, diagonal: bool = False) -> Picture:
    """A chart of some series, each named in its colour under the title."""
    shapes: list[Shape] = [*_frame(words)]
    if diagonal:
        shapes.append(Line(points=(_at((0, 0)), _at((1, 1))), colour=GREY, width=1.5, dashed=True))
    for place, each in enumerate(series):
        shapes += [*_key(each, place), *_drawn(each)]
    return Picture(
        width=LEFT + SIDE + RIGHT,
        height=TOP + SIDE + BOTTOM,
        title=f"{words.title} ({words.note}): {', '.join(each.name for each in series)}",
        shapes=tuple(shapes),
    )


def _at(point: Point) -> Point:
    x, y = point
    return (LEFT + x * SIDE, TOP + (1 - y) * SIDE)


def _frame(words: Words) -> list[Shape]:
    shapes: list[Shape] = [
        Text(at=(LEFT, 28), text=words.title, size=18),
        Text(at=(LEFT, 48), text=words.note, size=13),
        Text(at=(LEFT + SIDE / 2, TOP + SIDE + 46), text=words.across, anchor="middle"),
        Text(at=(26, TOP + SIDE / 2), text=words.up, anchor="middle", upward=True),
    ]
    for tick in TICKS:
        shapes += [
            Line(points=(_at((tick, 0)), _at((tick, 1))), colour=GREY, width=0.5),
            Line(points=(_at((0, tick)), _at((1, tick))), colour=GREY, width=0.5),
            Text(at=_moved(_at((tick, 0)), 0, 20), text=f"{tick:g}", size=13, anchor="middle"),
            Text(at=_moved(_at((0, tick)), -10, 5), text=f"{tick:g}", size=13, anchor="end"),
        ]
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    return [*shapes, Line(points=tuple(_at(corner) for corner in corners), width=1)]


def _moved(point: Point, right: float, down: float) -> Point:
    return (point[0] + right, point[1] + down)


def _key(series: Series, place: int) -> list[Shape]:
    left, middle = LEFT + place * SIDE / 2, 70.0
    sample: list[Shape] = []
    if series.line:
        ends = ((left, middle), (left + 36, middle))
        sample.append(Line(points=ends, colour=series.colour, width=2.5, dashed=series.dashed))
    if series.dots:
        sample += _dot((left + 18, middle), series)
    return [*sample, Text(at=(left + 44, middle + 5), text=series.name, size=13, colour=INK)]


def _drawn(series: Series) -> list[Shape]:
    colour = series.colour
    shapes: list[Shape] = [
        Line(points=(_at(low), _at(high)), colour=colour, width=1.5) for low, high in series.ranges
    ]
    if series.line:
        points = tuple(_at(each) for each in series.line)
        shapes.append(Line(points=points, colour=colour, width=2.5, dashed=series.dashed))
    for each in series.dots:
        shapes += _dot(_at(each), series)
    if series.marked is not None:
        shapes.append(Dot(at=_at(series.marked), radius=7, colour=colour))
    return shapes


def _dot(at: Point, series: Series) -> list[Shape]:
    inside = [Dot(at=at, radius=2.5, colour=WHITE)] if series.hollow else []
    return [Dot(at=at, radius=4.5, colour=series.colour), *inside]
