"""Letters as strokes, drawn for this project: enough to label a chart without a font file.

A letter is a few lines through points of a grid: two digits a point, first to the right,
then down: 0 is the top of capitals, 2 that of small letters, 6 the baseline, 8 the lowest.
"""

from collections.abc import Mapping

from classifiers.drawing.shapes import Point

CAPITAL = 6.0  # units from the baseline to the top
GAP = 1.5
SPACE = 2.4

STROKES: Mapping[str, str] = {
    "A": "06 20 46,14 34",
    "B": "06 00 30 41 42 33 03,33 44 45 36 06",
    "C": "41 30 10 01 05 16 36 45",
    "D": "00 20 41 45 26 06 00",
    "E": "40 00 06 46,03 33",
    "F": "40 00 06,03 33",
    "G": "41 30 10 01 05 16 36 45 43 23",
    "H": "00 06,40 46,03 43",
    "I": "00 06",
    "J": "30 35 26 16 05",
    "K": "00 06,40 03 46",
    "L": "00 06 36",
    "M": "06 00 23 40 46",
    "N": "06 00 46 40",
    "O": "10 30 41 45 36 16 05 01 10",
    "P": "06 00 30 41 42 33 03",
    "Q": "10 30 41 45 36 16 05 01 10,24 46",
    "R": "06 00 30 41 42 33 03,23 46",
    "S": "41 30 10 01 02 13 33 44 45 36 16 05",
    "T": "00 40,20 26",
    "U": "00 05 16 36 45 40",
    "V": "00 26 40",
    "W": "00 16 22 36 40",
    "X": "00 46,40 06",
    "Y": "00 23 40,23 26",
    "Z": "00 40 06 46",
    "a": "12 22 33 36,34 14 05 16 26 35",
    "b": "00 06,03 12 22 33 35 26 16 05",
    "c": "33 22 12 03 05 16 26 35",
    "d": "30 36,33 22 12 03 05 16 26 35",
    "e": "04 34 33 22 12 03 05 16 26 35",
    "f": "20 11 16,02 22",
    "g": "32 37 28 18 07,33 22 12 03 05 16 26 35",
    "h": "00 06,03 12 22 33 36",
    "i": "02 06,00 00",
    "j": "12 17 08,10 10",
    "k": "00 06,32 04 36",
    "l": "00 05 16",
    "m": "02 06,03 12 23 26,23 32 43 46",
    "n": "02 06,03 12 22 33 36",
    "o": "12 22 33 35 26 16 05 03 12",
    "p": "02 08,03 12 22 33 35 26 16 05",
    "q": "32 38,33 22 12 03 05 16 26 35",
    "r": "02 06,04 12 22",
    "s": "33 22 12 03 14 24 35 26 16 05",
    "t": "10 15 26,02 22",
    "u": "02 05 16 26 35,32 36",
    "v": "02 16 22",
    "w": "02 16 23 36 42",
    "x": "02 36,32 06",
    "y": "02 16,32 08",
    "z": "02 32 06 36",
    "0": "10 20 31 35 26 16 05 01 10",
    "1": "01 10 16",
    "2": "01 10 20 31 32 06 36",
    "3": "01 10 20 31 32 23 13,23 34 35 26 16 05",
    "4": "26 20 04 34",
    "5": "30 00 02 22 33 35 26 16 05",
    "6": "31 20 10 01 05 16 26 35 34 23 13 04",
    "7": "00 30 16",
    "8": "10 20 31 32 23 13 02 01 10,13 04 05 16 26 35 34 23",
    "9": "32 23 13 02 01 10 20 31 35 26 16 05",
    ".": "06 06",
    ",": "16 07",
    ":": "03 03,06 06",
    ";": "13 13,16 07",
    "-": "03 23",
    "+": "04 44,22 26",
    "=": "03 33,05 35",
    "/": "06 30",
    "(": "10 01 05 16",
    ")": "00 11 15 06",
    "%": "16 50,10 01 12 21 10,45 54 65 56 45",
    "'": "00 01",
    "_": "07 37",
    "·": "03 03",
    "?": "01 10 20 31 22 23 24,26 26",
}


def strokes_of(letter: str) -> list[list[Point]]:
    """The lines of a letter on the grid; a letter nobody drew is a box."""
    if letter == " ":
        return []
    drawn = STROKES.get(letter, "00 30 36 06 00")
    return [[(float(p[0]), float(p[1])) for p in line.split()] for line in drawn.split(",")]


def width_of(text: str) -> float:
    """How wide a text is, in units."""
    return sum(_advance(letter) for letter in text) - GAP if text else 0.0


def placed(text: str) -> list[list[Point]]:
    """All lines of a text, in units from its start on the baseline, down being positive."""
    lines: list[list[Point]] = []
    start = 0.0
    for letter in text:
        drawn = strokes_of(letter)
        lines += [[(start + x, y - CAPITAL) for x, y in line] for line in drawn]
        start += _advance(letter)
    return lines


def _advance(letter: str) -> float:
    points = [x for line in strokes_of(letter) for x, _ in line]
    return (max(points) if points else SPACE - GAP) + GAP
