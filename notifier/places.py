"""Which place of a sink serves which lane. A destination is `sink name:place`."""

from collections.abc import Mapping
from uuid import UUID

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


def has_bot(settings: SinkSettings) -> bool:
    """Whether a tool can write to one person alone: Teams only where it has a bot."""
    return settings.kind == "slack" or (settings.kind == "teams" and bool(settings.channels))


def is_slack_user(place: str) -> bool:
    """Whether a place in Slack is a member, whom the app writes to in a conversation of two."""
    return place[:1] in ("U", "W")


def is_teams_user(place: str) -> bool:
    """Whether a place in Teams is a person: a Teams id (`29:…`), or a number in the directory."""
    try:
        return place.startswith("29:") or bool(UUID(place))
    except ValueError:
        return False
