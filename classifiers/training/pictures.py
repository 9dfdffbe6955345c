"""The curves and the calibration of a report as pictures, SVG and PNG."""

from collections.abc import Mapping
from pathlib import Path

from classifiers.drawing.chart import Series, Words, chart
from classifiers.drawing.png import png_of
from classifiers.drawing.shapes import BLUE, ORANGE, Picture
from classifiers.drawing.svg import svg_of
from classifiers.training.curves import Reliability
from classifiers.training.report import Report
from triage.errors import BadInput
from triage.taxonomy import Label

COLOURS = {Label.EMERGENCY: ORANGE, Label.ABUSE: BLUE}


def write_pictures(report: Report, folder: Path) -> list[Path]:
    """Write `precision-recall` and `calibration` into a folder, made if it is not there.

    Pictures of an earlier measurement there are replaced.

    Raises:
        BadInput: names the file or folder that cannot be written.
    """
    written = []
    for name, picture in pictures(report).items():
        forms = ((".svg", svg_of(picture).encode()), (".png", png_of(picture)))
        for ending, content in forms:
            path = folder / f"{name}{ending}"
            _write(path, content)
            written.append(path)
    return written


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(str(path), f"cannot be written: {error.strerror}") from error


def pictures(report: Report) -> Mapping[str, Picture]:
    """The pictures by file name."""
    return {"precision-recall": _curves(report), "calibration": _calibration(report)}


def _about(report: Report) -> str:
    return f"{report.items} items, model {report.model.partition('+')[0]}"


def _curves(report: Report) -> Picture:
    by_label = {each.label: each for each in report.classes}
    series = [
        Series(
            name=f"{label} (area {curve.area:.3f})",
            colour=COLOURS[label],
            line=[(point.recall, point.precision) for point in curve.points],
            marked=(by_label[label].recall.value, by_label[label].precision.value),
            dashed=label is Label.ABUSE,
        )
        for label, curve in report.curves.items()
    ]
    words = Words(
        title="Precision against recall",
        note=f"{_about(report)}; large dots: the lines in force",
        across="recall: of the real ones, the share found",
        up="precision: of those found, the share that is real",
    )
    return chart(words, series)


def _calibration(report: Report) -> Picture:
    emergency, said = report.reliability["emergency"], report.reliability["class"]
    words = Words(
        title="Do scores mean what they say?",
        note=f"{_about(report)}; bars: 95 % ranges; on the dashed line: exactly",
        across="score, mean of ten equal parts of the items",
        up="how often it was so",
    )
    series = [_dotted("emergency", emergency, Label.EMERGENCY), _dotted("class", said, Label.ABUSE)]
    return chart(words, series, diagonal=True)


def _dotted(name: str, reliability: Reliability, label: Label) -> Series:
    bins = reliability.bins
    return Series(
        name=f"{name} (error {reliability.error:.3f})",
        colour=COLOURS[label],
        dots=[(each.said, each.came.value) for each in bins],
        ranges=[
            ((each.said, each.came.range[0]), (each.said, each.came.range[1])) for each in bins
        ],
        hollow=label is Label.ABUSE,
    )
