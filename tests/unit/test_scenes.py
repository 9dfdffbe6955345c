"""What a text tells of where and when, and what is only talk about it."""

from datetime import timedelta

import pytest

from tests.factories import SENT, a_post, a_verdict, an_emergency
from triage.incidents import SAME, Incident, likeliest, same_incident
from triage.model import Priority
from triage.scenes import Scene, as_read, scene_of
from triage.taxonomy import SignalName


def told(text: str, minutes: float = 0) -> Scene:
    return scene_of(a_post(text, sent_at=SENT + timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Crash on Harlow Rd", "harlow road"),
        ("crash on harlow road by the garage", "harlow road"),
        ("someone on the iron bridge", "iron bridge"),
        ("fire at Pike Mill", "pike mill"),
        ("tree down, old fenby road", "fenby road"),
        ("lads at dunmore retail park", "dunmore retail park"),
        ("man on the quayside", "quayside"),
    ],
)
def test_a_place_is_read_however_it_is_written(text: str, place: str) -> None:
    assert place in told(text).streets


@pytest.mark.parametrize(
    "text", ["a fire in my back garden", "the main road is busy", "no way", "this street", ""]
)
def test_what_names_no_place_is_none(text: str) -> None:
    assert told(text).streets == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "Well done everyone at the fire on Loom Street",
        "heard there was a fire on Loom Street",
        "any update on the fire in Loom Street?",
        "thoughts with all at Loom Street after the fire",
        "how do I report a fire on Loom Street",
    ],
)
def test_talk_about_what_happened_is_put_to_nothing(text: str) -> None:
    talk = told(text, 3)
    assert talk.hearsay
    assert talk.keys == frozenset()
    assert same_incident(told("fire on Loom Street"), talk) == 0.0


@pytest.mark.parametrize(
    "text", ["I heard gunshots on Loom Street", "men breaking in at 3 Loom Street", "help us"]
)
def test_who_is_there_is_not_taken_for_talk(text: str) -> None:
    assert not told(text).hearsay


def test_what_the_classifier_finds_no_report_in_stands_by_itself() -> None:
    scene = told("the fire on Loom Street, terrible")
    assert as_read(scene, a_verdict(), Priority.P5).hearsay
    assert as_read(scene, an_emergency(SignalName.RESCUE), Priority.P1).danger
    assert as_read(scene, a_verdict(degraded="rules"), Priority.P5) == scene


def test_an_incident_of_another_town_is_not_joined_through_one_that_names_none() -> None:
    named, none = told("fire on Tarn Street in Fenby"), told("fire on tarn street", 1)
    other = told("fire on Tarn Street in Halden", 2)
    assert same_incident(none, other) >= SAME
    assert likeliest(other, [Incident(id="IN-1", scenes=(named, none))]) is None
    assert likeliest(other, [Incident(id="IN-2", scenes=(none,))]) is not None


def test_two_kinds_of_thing_are_not_joined_through_one_that_says_neither() -> None:
    fire, vague = told("fire at 3 Loom Street"), told("come to 3 Loom Street now", 1)
    gas = told("dog biting people at 3 Loom Street", 2)
    assert likeliest(gas, [Incident(id="IN-1", scenes=(fire, vague))]) is None


@pytest.mark.parametrize(
    "piece", ["fire on Harlow Road near ", "Road ", "1 road ", "Harlow ", "heard of ", "WB4 7QX "]
)
def test_a_text_of_any_length_has_a_scene_of_bounded_size(piece: str) -> None:
    whole = told(piece * (200_000 // len(piece)))
    assert len(whole.keys) < 100
    assert len(whole.words) < 100
