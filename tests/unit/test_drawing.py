"""Pictures drawn without a plotting package: the same shapes as SVG and as PNG."""

import struct
import xml.etree.ElementTree as ET
import zlib
from itertools import pairwise

import numpy as np
import pytest

from classifiers.drawing.chart import Series, Words, chart
from classifiers.drawing.letters import STROKES, placed, width_of
from classifiers.drawing.png import SCALE, png_of
from classifiers.drawing.shapes import BLUE, ORANGE, WHITE, Dot, Line, Picture, Shape, Text
from classifiers.drawing.svg import svg_of


def picture(*shapes: Shape) -> Picture:
    return Picture(width=100, height=60, title='a "title" <b> & more', shapes=shapes)


def pixels(png: bytes) -> np.ndarray:
    """A PNG of ours read back, every checksum checked."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            name + body
        )
        chunks[name], at = body, at + 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, kind) == (8, 2)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8)
    rows = rows.reshape(height, 1 + 3 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3)


def at(image: np.ndarray, x: float, y: float) -> tuple[int, ...]:
    return tuple(int(each) for each in image[int(y * SCALE), int(x * SCALE)])


def test_a_png_is_twice_the_size_and_white_where_nothing_is_drawn() -> None:
    image = pixels(png_of(picture()))
    assert image.shape == (120, 200, 3)
    assert (image == 255).all()


def test_lines_and_dots_are_painted_where_they_stand_later_ones_on_top() -> None:
    image = pixels(
        png_of(
            picture(
                Line(points=((10, 30), (90, 30)), colour=BLUE, width=4),
                Dot(at=(50, 30), radius=6, colour=ORANGE),
            )
        )
    )
    assert at(image, 20, 30) == BLUE
    assert at(image, 50, 30) == ORANGE
    assert at(image, 20, 35) == WHITE


def test_a_dashed_line_has_gaps_and_a_plain_one_has_none() -> None:
    def painted(*, dashed: bool) -> float:
        line = Line(points=((5, 30), (95, 30)), colour=BLUE, width=2, dashed=dashed)
        row = pixels(png_of(picture(line)))[60]
        return float((row[20:180] != 255).any(axis=1).mean())

    assert painted(dashed=False) == 1.0
    assert 0.4 < painted(dashed=True) < 0.9


def test_what_reaches_over_the_edge_is_cut_off() -> None:
    line = Line(points=((-50, -50), (150, 110)), colour=BLUE, width=8)
    image = pixels(png_of(picture(line, Dot(at=(300, 300), radius=5))))
    assert at(image, 50, 30) == BLUE


@pytest.mark.parametrize(
    ("anchor", "upward", "box"),
    [
        ("start", False, (50, 80, 20, 31)),
        ("end", False, (20, 50, 20, 31)),
        ("middle", False, (35, 65, 20, 31)),
        ("start", True, (38, 51, 0, 31)),
    ],
)
def test_text_stands_on_its_point(
    anchor: str, upward: bool, box: tuple[int, int, int, int]
) -> None:
    text = Text(at=(50, 30), text="Hill", anchor=anchor, upward=upward)  # type: ignore[arg-type]
    ys, xs = np.nonzero((pixels(png_of(picture(text))) < 128).any(axis=2))
    left, right, top, bottom = box
    assert len(xs)
    assert left - 1 <= xs.min() / SCALE
    assert xs.max() / SCALE <= right + 1
    assert top - 1 <= ys.min() / SCALE
    assert ys.max() / SCALE <= bottom + 1


def test_every_letter_lies_on_its_grid_and_letters_do_not_overlap() -> None:
    for letter in STROKES:
        for line in placed(letter):
            assert all(0 <= x <= 6 and -6 <= y <= 2 for x, y in line), letter
    for first, second in pairwise(STROKES):
        widest = max(x for line in placed(first) for x, _ in line)
        assert widest < min(
            x for line in placed(first + second)[len(placed(first)) :] for x, _ in line
        )
    assert width_of("") == 0
    assert width_of("mm") > width_of("ii")


def test_a_letter_nobody_drew_is_a_box() -> None:
    assert placed("Ж") == placed("€") != placed("A")


def test_the_svg_says_the_same_and_escapes_what_it_must() -> None:
    tree = ET.fromstring(  # noqa: S314  our own
        svg_of(
            picture(
                Line(points=((1, 2), (3, 4)), dashed=True),
                Dot(at=(5, 6), radius=2),
                Text(at=(7, 8), text="a < b & c", upward=True),
            )
        )
    )
    names = [element.tag.rpartition("}")[2] for element in tree]
    assert names == ["title", "rect", "polyline", "circle", "text"]
    assert tree.get("aria-label") == tree[0].text == 'a "title" <b> & more'
    assert tree[2].get("points") == "1.00,2.00 3.00,4.00"
    assert tree[2].get("stroke-dasharray")
    assert (tree[4].text, tree[4].get("transform")) == ("a < b & c", "rotate(-90 7.00 8.00)")


def test_a_chart_puts_values_between_its_corners() -> None:
    words = Words(title="t", note="n", across="x", up="y")
    series = Series(name="one", colour=ORANGE, line=((0, 0), (1, 1)), marked=(0.5, 0.5))
    drawn = chart(words, [series])
    (line,) = (
        each
        for each in drawn.shapes
        if isinstance(each, Line) and each.colour == ORANGE and each.points[0][1] > 90
    )
    (low, high) = line.points
    assert low[0] < high[0] <= drawn.width
    assert high[1] < low[1] <= drawn.height
    assert drawn.title == "t (n): one"
