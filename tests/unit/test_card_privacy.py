import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.privacy import level_of, masked
from tests.servers.desk import a_case, a_verdict
from triage.model import Author, History
from triage.taxonomy import DISCLOSURE_SIGNALS, Audience, Kind, Lane, SignalName

OPENED = dict.fromkeys(Lane, 2)
GENERAL = (Lane.DESK, Lane.COMMS, Lane.STANDARDS)


@pytest.mark.parametrize("signal", sorted({*DISCLOSURE_SIGNALS, SignalName.COVERT_HELP}))
@pytest.mark.parametrize("lane", GENERAL)
def test_a_disclosure_shows_nothing_in_a_general_lane_whatever_is_set(signal, lane):
    case = a_case(kind=Kind.MENTION, verdict=a_verdict(SignalName.WEAPON, signal))

    assert level_of(case, [lane], OPENED) == 0


@pytest.mark.parametrize("lane", [Lane.SAFEGUARDING, Lane.CONTROL_ROOM])
def test_a_disclosure_shows_what_is_set_in_the_restricted_lanes(lane):
    case = a_case(verdict=a_verdict(SignalName.DOMESTIC_ABUSE))

    assert level_of(case, [lane], {lane: 2}) == 2
    assert level_of(case, [lane], {}) == 0


def test_a_place_shared_by_lanes_is_as_strict_as_the_strictest():
    disclosure = a_case(verdict=a_verdict(audience=Audience.SAFEGUARDING))

    assert level_of(disclosure, [Lane.SAFEGUARDING, Lane.DESK], OPENED) == 0
    assert level_of(a_case(), [Lane.CONTROL_ROOM, Lane.DESK], {Lane.CONTROL_ROOM: 2}) == 0


@pytest.mark.parametrize(
    "case",
    [
        a_case(verdict=None),
        a_case(verdict=a_verdict(degraded="linear")),
        a_case(verdict=a_verdict(covered=False)),
        a_case(history=History(disclosed_before=True)),
    ],
    ids=["unread", "degraded", "language not covered", "disclosed before"],
)
def test_what_may_be_a_disclosure_is_treated_as_one(case):
    assert level_of(case, [Lane.DESK], OPENED) == 0


def test_comms_sees_no_private_message():
    assert level_of(a_case(), [Lane.COMMS], OPENED) == 0
    assert level_of(a_case(kind=Kind.COMMENT), [Lane.COMMS], OPENED) == 2


def test_a_place_no_lane_is_served_from_shows_nothing():
    assert level_of(a_case(), [], OPENED) == 0


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("call me on 07700 900123 now", "07700"),
        ("I live at 12 Mill Lane WB1 2CD", "WB1"),
        ("mail zelda.quill@example.org please", "example.org"),
        ("see https://example.org/abc", "example"),
        ("his car is AB12 XYZ", "XYZ"),
        ("ask @barnaby_t about it", "barnaby"),
        ("it was Barnaby again", "Barnaby"),
        ("tell ZELDAQ and zelda quill", "zelda"),
    ],
)
def test_an_excerpt_hides_what_identifies_people(text, hidden):
    author = Author(handle="@zeldaq", display_name="Zelda Quill")

    assert hidden.casefold() not in masked(text, author).casefold()


@given(st.text(max_size=300))
def test_an_excerpt_never_shows_a_digit(text):
    assert not any(character in "0123456789" for character in masked(text, Author()))
