"""Records compared by splink: the same pairs, the same levels, the same people found twice."""

import importlib.util
from datetime import date
from pathlib import Path

import pytest

from console.atscale import LEVELS, NO_LEVEL, charts, compared, likely
from tests.unit.test_estimation import by_level, people
from triage.errors import BadSettings
from triage.estimation import train
from triage.recordbook import RecordBook
from triage.weights import SHIPPED

TODAY = date(2026, 11, 23)
HERE = importlib.util.find_spec("splink") is not None
with_splink = pytest.mark.skipif(not HERE, reason="needs the `scale` extra")


def test_every_level_that_splink_tells_is_one_of_the_table() -> None:
    for field, (_, levels) in LEVELS.items():
        known = {*SHIPPED.levels[field], *SHIPPED.names.get(field, {}), NO_LEVEL}
        assert {level for level, _ in levels} <= known, field


@pytest.mark.skipif(HERE, reason="the `scale` extra is installed")
def test_without_the_extra_it_is_named() -> None:
    with pytest.raises(BadSettings, match=r"pip install 'firstcontact\[scale\]'"):
        compared(people(4, twice=1), SHIPPED)


@with_splink
def test_splink_finds_the_pairs_that_this_process_finds() -> None:
    made = people(600, twice=200)
    ours, theirs = (
        train(made, RecordBook(made), today=TODAY, pairs=20_000, engine=engine)
        for engine in (None, compared)
    )
    assert theirs.pairs == ours.pairs
    assert theirs.matched == pytest.approx(ours.matched, rel=0.03)
    one, other = by_level(ours), by_level(theirs)
    for name in (("phone", "different"), ("address", "elsewhere"), ("surname", "different")):
        assert other[name].bits == pytest.approx(one[name].bits, abs=0.3)


@with_splink
def test_nobody_who_is_recorded_twice_is_left_out_of_what_is_likely() -> None:
    made = people(400, twice=100)
    found = {frozenset(pair) for pair in likely(made, SHIPPED, least=11.0)}
    twice = {frozenset((f"R{number}", f"R{number}b")) for number in range(100)}
    assert len(twice - found) <= 2
    assert len(found) < 250


@with_splink
def test_charts_are_pages_that_need_no_network(tmp_path: Path) -> None:
    for page in charts(people(400, twice=150), SHIPPED, tmp_path / "charts"):
        assert "<html" in page.read_text(encoding="utf-8")
