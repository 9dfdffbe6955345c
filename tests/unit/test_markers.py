import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.markers import meant
from triage.taxonomy import Marker


@pytest.mark.parametrize("marker", Marker)
def test_our_own_words_mean_themselves(marker: Marker) -> None:
    assert marker in meant([marker.value])


@pytest.mark.parametrize(
    ("wording", "marker"),
    [
        ("Domestic Violence", Marker.DOMESTIC_ABUSE),
        ("DV-repeat", Marker.DOMESTIC_ABUSE),
        ("domestic-abuse", Marker.DOMESTIC_ABUSE),
        ("MARAC 2026", Marker.HIGH_RISK),
        ("HIGH RISK", Marker.HIGH_RISK),
        ("Stalking: victim", Marker.STALKING),
        ("Child protection plan", Marker.CHILD),
        ("Vulnerable adult", Marker.VULNERABLE),
        ("Firearms", Marker.WARNING),
    ],
)
def test_a_forces_own_words_are_understood_and_kept(wording: str, marker: Marker) -> None:
    assert {wording, marker} <= meant([wording])


@pytest.mark.parametrize(
    "wording", ["", "domestic burglary", "highrise", "data held", "risk: high"]
)
def test_other_words_mean_no_marker(wording: str) -> None:
    assert meant([wording]) == {wording}


@given(st.lists(st.text(max_size=20), max_size=4))
def test_nothing_a_record_says_is_lost(markers: list[str]) -> None:
    assert set(markers) <= meant(markers)
