"""What a picture is made of. Lengths are SVG pixels, from the upper left corner."""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
INK: Colour = (11, 12, 12)
GREY: Colour = (177, 180, 182)
BLUE: Colour = (29, 112, 184)
ORANGE: Colour = (196, 73, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    colour: Colour = INK
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A filled circle."""

    at: Point
    radius: float
    colour: Colour = INK


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A line of text whose baseline starts, is centred or ends at a point; `upward` is turned."""

    at: Point
    text: str
    size: float = 14.0
    anchor: Literal["start", "middle", "end"] = "start"
    colour: Colour = INK
    upward: bool = False


Shape = Line | Dot | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Shapes on white, painted in order. `title` is for those who cannot see it."""

    width: int
    height: int
    title: str
    shapes: tuple[Shape, ...]
