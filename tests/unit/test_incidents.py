from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import SENT, a_post
from triage.incidents import (
    SAME,
    WINDOW,
    Incident,
    Scene,
    assign,
    group,
    most_urgent,
    same_incident,
    scene_of,
)
from triage.model import Item, Priority


def told(text: str, minutes: float = 0) -> Item:
    return a_post(text, sent_at=SENT + timedelta(minutes=minutes))


def alike(one: str, other: str, minutes: float = 5) -> bool:
    return same_incident(scene_of(told(one)), scene_of(told(other, minutes))) >= SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "explosion at halden pike on tanyard lane",
            "warehouse on tanyard lane is on fire, flames",
        ),
        ("Massive bang at Halden Pike", "im in halden pike, there's been an explosion"),
        ("man with a knife outside 14 High Street", "someone stabbed at 14 high st!!"),
        ("fire at WB4 7QX", "flames from the roof WB47QX"),
        ("crash on Senn Way, car on its roof", "accident senn way, car overturned"),
        ("smoke pouring out of Merlin Court", "fire in merlin court top floor"),
    ],
)
def test_one_place_and_one_matter_are_one_incident(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("crash on Senn Way", "loud party on Senn Way"),
        ("my bike was stolen on Beck Street", "fire on Beck Street"),
        ("house on fire on Tarn Street", "house on fire on Loom Street"),
        ("there's a fight", "there's a fight"),
        ("@westbridgepolice thanks", "@westbridgepolice thanks"),
        ("any reason for the road block on Carr Lane", "do you have pictures of Carr Lane please"),
        ("he is hurting me please come", "he is hurting me please hurry"),
        ("", ""),
    ],
)
def test_a_street_or_words_alone_are_not_enough(one: str, other: str) -> None:
    assert not alike(one, other)


def test_the_same_words_hours_later_are_another_incident() -> None:
    text = "man with a knife outside 14 High Street"
    assert alike(text, text, minutes=119)
    assert not alike(text, text, minutes=121)


def test_an_item_goes_to_the_incident_it_is_most_like() -> None:
    fire = Incident(id="fire", scenes=(scene_of(told("flames at 3 Loom Street")),))
    crash = Incident(id="crash", scenes=(scene_of(told("crash on Senn Way")),))
    new = scene_of(told("the fire at 3 loom street is spreading", 10))
    assert assign(new, [crash, fire]) == "fire"
    assert assign(new, [crash]) is None
    assert assign(new, []) is None


def test_a_group_takes_its_most_urgent_priority() -> None:
    assert most_urgent([Priority.P4, None, Priority.P1]) is Priority.P1
    assert most_urgent([None]) is None


def test_items_are_grouped_in_the_order_of_time() -> None:
    items = [
        told("the fire at 3 loom street is spreading", 10),
        told("lost dog on Moor Road", 5),
        told("flames at 3 Loom Street", 0),
    ]
    assert group(items) == ((2, 0), (1,))


def test_a_scene_needs_a_time_with_its_zone() -> None:
    with pytest.raises(ValueError, match="no zone"):
        Scene(at=datetime(2026, 11, 23))  # noqa: DTZ001  that is the point


words = st.sampled_from(
    ["fire", "explosion", "at", "14 High Street", "Beck Street", "WB4 7QX", "Halden Pike", "knife",
     "warehouse", "please", "flames", "loud", "music", "roof", "Senn Way", "@westbridgepolice"]
)  # fmt: skip
items = st.builds(
    told,
    st.one_of(st.lists(words, max_size=8).map(" ".join), st.text(max_size=60)),
    st.integers(0, 400),
)


@given(items, items)
def test_likeness_is_symmetric_and_between_nothing_and_one(one: Item, other: Item) -> None:
    first, second = scene_of(one), scene_of(other)
    likeness = same_incident(first, second)
    assert 0.0 <= likeness <= 1.0
    assert likeness == same_incident(second, first)
    assert likeness == 0.0 or abs(one.sent_at - other.sent_at) <= WINDOW


@given(st.lists(st.tuples(items, st.sampled_from(Priority)), max_size=8))
def test_grouping_never_lowers_urgency(told_of: list[tuple[Item, Priority]]) -> None:
    groups = group([item for item, _ in told_of])
    assert sorted(index for members in groups for index in members) == list(range(len(told_of)))
    for members in groups:
        raised = most_urgent(told_of[index][1] for index in members)
        assert raised is not None
        assert all(raised <= told_of[index][1] for index in members)
