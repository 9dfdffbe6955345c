"""A picture as PNG, painted with numpy at twice its size so that it is sharp in print."""

import itertools
import math
import struct
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from classifiers.drawing.letters import CAPITAL, placed, width_of
from classifiers.drawing.shapes import Colour, Dot, Line, Picture, Point, Shape, Text

SCALE = 2.0
DASH, REST = 7.0, 5.0
CAPITAL_SHARE = 0.72  # of the size of a letter, as in the fonts that show the SVG
Canvas = npt.NDArray[np.float32]


def png_of(picture: Picture) -> bytes:
    """The picture as the bytes of a PNG file."""
    size = (round(picture.height * SCALE), round(picture.width * SCALE), 3)
    canvas: Canvas = np.full(size, 255, dtype=np.float32)
    for shape in picture.shapes:
        _paint(canvas, shape)
    return _encoded(np.clip(np.rint(canvas), 0, 255).astype(np.uint8))


def _paint(canvas: Canvas, shape: Shape) -> None:
    match shape:
        case Line():
            lines = list(_dashes(shape.points)) if shape.dashed else [shape.points]
            _stroke(canvas, lines, shape.width, shape.colour)
        case Dot():
            _stroke(canvas, [(shape.at, shape.at)], 2 * shape.radius, shape.colour)
        case Text():
            _stroke(canvas, _letters(shape), max(1.0, shape.size / 11), shape.colour)


def _letters(shape: Text) -> list[list[Point]]:
    unit = shape.size * CAPITAL_SHARE / CAPITAL
    back = {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * width_of(shape.text)
    x, y = shape.at
    return [
        [_turned(x, y, (px - back) * unit, py * unit, upward=shape.upward) for px, py in line]
        for line in placed(shape.text)
    ]


def _turned(x: float, y: float, right: float, down: float, *, upward: bool) -> Point:
    return (x + down, y - right) if upward else (x + right, y + down)


def _dashes(points: Sequence[Point]) -> Iterator[list[Point]]:
    """A line cut into dashes, counted along its whole length."""
    gone = 0.0
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = math.dist((x0, y0), (x1, y1))
        at = 0.0
        while at < length:
            phase = (gone + at) % (DASH + REST)
            step = min(length - at, (DASH if phase < DASH else DASH + REST) - phase)
            if phase < DASH:
                ends = (at / length, (at + step) / length)
                yield [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in ends]
            at += max(step, 1e-6)
        gone += length


def _stroke(canvas: Canvas, lines: Sequence[Sequence[Point]], width: float, colour: Colour) -> None:
    """Paint lines with round ends and soft edges; where they cross nothing gets darker."""
    radius = width * SCALE / 2
    points = [(x * SCALE, y * SCALE) for line in lines for x, y in line]
    if not points:
        return
    left, right = _span([x for x, _ in points], radius)
    top, bottom = _span([y for _, y in points], radius)
    part = canvas[top:bottom, left:right]
    cover = np.zeros(part.shape[:2], dtype=np.float32)
    for line in lines:
        for (x0, y0), (x1, y1) in itertools.pairwise(line):
            start = (x0 * SCALE - left, y0 * SCALE - top)
            _cover(cover, start, (x1 * SCALE - left, y1 * SCALE - top), radius)
    share = cover[:, :, None]
    part *= 1 - share
    part += share * np.array(colour, dtype=np.float32)


def _span(values: Sequence[float], radius: float) -> tuple[int, int]:
    """The pixels that something between these values can touch."""
    return max(0, int(min(values) - radius - 1)), max(0, int(max(values) + radius + 1) + 2)


def _cover(cover: Canvas, start: Point, end: Point, radius: float) -> None:
    """How much of each pixel lies within `radius` of a stretch."""
    (x0, y0), (x1, y1) = start, end
    left, right = _span((x0, x1), radius)
    top, bottom = _span((y0, y1), radius)
    part = cover[top:bottom, left:right]
    ys, xs = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]] + 0.5
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    along = np.clip(((xs - x0) * dx + (ys - y0) * dy) / length, 0, 1) if length else 0.0
    away = np.hypot(xs - (x0 + along * dx), ys - (y0 + along * dy))
    np.maximum(part, np.clip(radius + 0.5 - away, 0, 1), out=part)


def _encoded(pixels: npt.NDArray[np.uint8]) -> bytes:
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
