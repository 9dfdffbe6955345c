"""Gazetteer files: CSV with a header, plain or .gz, as open data comes.

`street` (with `borough` or `area`), `sector` (of postcodes) or `name` says what a row names;
`lat` and `lon` are degrees. A `name` without an area that ends in no word for a street or a
landmark, or has a `population`, is a town.
"""

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from triage.errors import BadSettings
from triage.gazetteer import Gazetteer, Row, What
from triage.scenes import PLACE_TYPES


def read_gazetteer(paths: Sequence[Path]) -> Gazetteer:
    """The names of all files; they are read when the first one is looked up.

    Raises:
        BadSettings: at once, if a file is not there; later, if one has no names or points.
    """
    for path in paths:
        if not path.is_file():
            raise BadSettings(f"incidents.gazetteer: {path}: there is no such file")
    return Gazetteer(lambda: (row for path in paths for row in _rows(path)))


def _rows(path: Path) -> Iterator[Row]:
    for number, row in enumerate(opened_rows(path), start=2):
        try:
            yield _row(row)
        except (KeyError, ValueError, TypeError) as error:
            where = f"incidents.gazetteer: {path}:{number}"
            raise BadSettings(f"{where}: needs street, name or sector, and lat and lon") from error


def opened_rows(path: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV file by their header."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _row(row: Mapping[str, str]) -> Row:
    lat, lon = float(row["lat"]), float(row["lon"])
    if "sector" in row:
        return Row(name=row["sector"], lat=lat, lon=lon, what=What.SECTOR)
    if "street" in row:
        area = row.get("borough") or row.get("area") or ""
        return Row(name=row["street"], lat=lat, lon=lon, area=area)
    name, area = row["name"], row.get("area") or ""
    if "network" in row:
        station = name if name.lower().endswith("station") else f"{name} Station"
        return Row(name=station, lat=lat, lon=lon, area=area)
    ends = name.lower().rpartition(" ")[2]
    town = "population" in row or not (area or ends in PLACE_TYPES)
    return Row(name=name, lat=lat, lon=lon, area=area, what=What.TOWN if town else What.SPOT)
