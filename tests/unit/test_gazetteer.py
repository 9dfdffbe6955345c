"""Places on the map: what a text means by a name, and what lies beside what."""

import gzip
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.gazetteer import read_gazetteer
from tests.factories import SENT, a_post
from triage.errors import BadSettings
from triage.gazetteer import NOWHERE, Gazetteer, Row, What, cells, km_between, locate, plain
from triage.incidents import SAME, same_incident
from triage.scenes import Scene, scene_of

STREETS = """street,borough,lat,lon
Harlow Road,Westbridge,52.0950,-1.4930
Mill Lane,Westbridge,52.0957,-1.4921
Mill Lane,Fenby,52.2010,-1.6480
Tarn Street,Westbridge,52.1100,-1.5200
Tarn Street,Fenby,52.2004,-1.6512
Gorse Lane,Westbridge,52.0952,-1.4935
"""
PLACES = "name,lat,lon,population\nWestbridge,52.1000,-1.5000,80000\nFenby,52.2000,-1.6500,9000\n"
STATIONS = "name,lat,lon,network,lines\nHarlow,52.0951,-1.4931,rail,\n"
SECTORS = "sector,lat,lon\nWB4 7,52.0951,-1.4929\n"


@pytest.fixture
def gazetteer(tmp_path: Path) -> Gazetteer:
    files = {"streets.csv": STREETS, "places.csv": PLACES, "sectors.csv": SECTORS}
    for name, rows in files.items():
        (tmp_path / name).write_text(rows, encoding="utf-8")
    with gzip.open(tmp_path / "stations.csv.gz", "wt", encoding="utf-8") as file:
        file.write(STATIONS)
    return read_gazetteer([*(tmp_path / name for name in files), tmp_path / "stations.csv.gz"])


def told(text: str, gazetteer: Gazetteer, minutes: float = 0) -> Scene:
    return scene_of(a_post(text, sent_at=SENT + timedelta(minutes=minutes)), gazetteer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("car crash on Harlow Rd, van and car", "crash, Harlow Road by the Esso, a van is over"),
        (
            "crash, van on its side, Harlow Road",
            "a van crash, junction of Harlow Road and Mill Lane",
        ),
        ("bad crash near Harlow station, lorry over", "crash on Gorse Lane with a lorry"),
        ("crash at WB4 7QX, a lorry", "lorry has crashed on Gorse Lane"),
        (
            "fight on Tarn Street, Fenby, men with bottles",
            "men fighting in tarn st in fenby, bottles",
        ),
    ],
)
def test_places_beside_one_another_fall_together(
    one: str, other: str, gazetteer: Gazetteer
) -> None:
    assert same_incident(told(one, gazetteer), told(other, gazetteer, 4)) >= SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fire on Tarn Street, Fenby", "fire on Tarn Street, Westbridge"),
        ("fire on Tarn Street near Mill Lane, Fenby", "fire on tarn street westbridge"),
        ("crash on Harlow Road", "crash on Tarn Street in Westbridge"),
    ],
)
def test_one_name_in_two_towns_falls_apart(one: str, other: str, gazetteer: Gazetteer) -> None:
    assert same_incident(told(one, gazetteer), told(other, gazetteer, 4)) == 0.0


def test_a_street_nearby_tells_which_of_one_name_is_meant(gazetteer: Gazetteer) -> None:
    scene = told("corner of Harlow Road and Mill Lane", gazetteer)
    assert scene.common == frozenset()
    (point,) = scene.points
    assert km_between(point, (52.0953, -1.4925)) < 0.1


def test_a_name_that_lies_in_two_towns_is_no_point(gazetteer: Gazetteer) -> None:
    scene = told("fire on Tarn Street", gazetteer)
    assert (scene.points, scene.common) == ((), frozenset({"tarn street"}))


def test_without_files_places_are_compared_by_name_alone() -> None:
    assert told("crash on Harlow Road", NOWHERE).points == ()
    assert len(NOWHERE) == 0


def test_files_are_read_when_the_first_name_is_looked_up() -> None:
    asked: list[str] = []

    def rows() -> Iterable[Row]:
        asked.append("read")
        return [Row(name="Fenby", lat=52.2, lon=-1.65, what=What.TOWN)]

    gazetteer = Gazetteer(rows)
    assert asked == []
    assert len(gazetteer.town("fenby")) == 1
    assert len(gazetteer) == 1
    assert asked == ["read"]


def test_a_file_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"no.csv: there is no such file"):
        read_gazetteer([tmp_path / "no.csv"])


def test_a_file_without_names_or_points_is_said_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("street,lat,lon\nTarn Street,north,1\n", encoding="utf-8")
    with pytest.raises(BadSettings, match=r"wrong.csv:2: needs street, name or sector"):
        len(read_gazetteer([file]))


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("Queen's Rd", "queens road"), ("St. Mark’s  Ave", "st marks avenue"), ("Rd", "rd"), ("", "")],
)
def test_a_name_is_looked_up_without_marks_and_written_out(raw: str, wanted: str) -> None:
    assert plain(raw) == wanted


def test_a_postcode_alone_is_the_middle_of_its_sector(gazetteer: Gazetteer) -> None:
    ((lat, lon),) = locate([], [], ["WB47QX"], gazetteer).points
    assert (lat, lon) == pytest.approx((52.0951, -1.4929))
    assert gazetteer.sector("WB9") is None


latitudes = st.floats(49.9, 60.8)
longitudes = st.floats(-8.0, 1.7)


@given(latitudes, longitudes, st.floats(-0.0036, 0.0036), st.floats(-0.0036, 0.0036))
def test_points_within_four_hundred_metres_share_a_square(
    lat: float, lon: float, north: float, east: float
) -> None:
    assert cells([(lat, lon)]) & cells([(lat + north, lon + east)])


@given(st.text(max_size=200))
def test_any_text_has_a_scene_on_a_map(text: str) -> None:
    gazetteer = Gazetteer(lambda: [Row(name="Tarn Street", lat=52.0, lon=-1.5, area="Fenby")])
    assert told(text, gazetteer).at == SENT
