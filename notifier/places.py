"""Which place of a sink serves which lane. A destination is `sink name:place`."""

from collections.abc import Mapping

from config.settings import SinkSettings, SlackSink, TeamsSink
from triage.taxonomy import Lane

SCREEN = "screen"


def places_of(settings: SinkSettings) -> Mapping[Lane, str]:
    """The place of each lane a sink serves.

    A lane served through a Teams workflow or a webhook is its own place.
    """
    match settings.kind:
        case "slack" | "email":
            return dict(settings.channels)
        case "teams":
            return {lane: lane.value for lane in settings.workflows} | dict(settings.channels)
        case "webhook":
            return {lane: lane.value for lane in settings.lanes}
        case "terminal":
            # One screen for all: a card that several lanes get is printed once.
            return dict.fromkeys(settings.lanes, SCREEN)


def destination_of(settings: SinkSettings, lane: Lane) -> str:
    """The destination of a lane, "" if the sink does not serve it."""
    place = places_of(settings).get(lane, "")
    return f"{settings.name}:{place}" if place else ""


def place_of(destination: str) -> str:
    """The part of a destination that its sink reads."""
    return destination.partition(":")[2]


def lanes_at(settings: SlackSink | TeamsSink, place: str) -> frozenset[Lane]:
    """The lanes that share a place."""
    return frozenset(lane for lane, each in places_of(settings).items() if each == place)
