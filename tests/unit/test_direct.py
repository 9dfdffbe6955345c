"""Which destinations reach one officer alone."""

import pytest

from config.settings import Settings
from console.wiring import direct
from notifier.places import is_slack_user, is_teams_user
from triage.model import Officer

SETTINGS = Settings.model_validate(
    {
        "sink": [
            {"kind": "slack", "bot_token": "xoxb-invented", "channels": {"desk": "C02"}},
            {"kind": "teams", "name": "staff", "app_id": "a", "channels": {"desk": "19:d@x"}},
            {"kind": "teams", "name": "flows", "workflows": {"desk": "https://flow.example/1"}},
            {"kind": "terminal"},
        ]
    }
)


@pytest.mark.parametrize(
    ("ids", "places"),
    [
        ({}, []),
        ({"slack_id": "U01"}, ["slack:U01"]),
        ({"teams_id": "29:1abc"}, ["staff:29:1abc"]),
        ({"slack_id": "U01", "teams_id": "29:1abc"}, ["slack:U01", "staff:29:1abc"]),
    ],
)
def test_an_officer_is_reached_in_each_tool_with_a_bot_that_knows_them(
    ids: dict[str, str], places: list[str]
) -> None:
    assert direct(SETTINGS)(Officer(id="khan", name="Officer Khan", **ids)) == places


def test_a_person_is_told_from_a_channel() -> None:
    assert [is_slack_user(each) for each in ("U01ABC", "W01ABC", "C02", "D07", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    people = ("29:1abc", "00000000-0000-0000-0000-0000000000b7")
    others = ("19:desk@thread.tacv2", "desk", "a:1abc", "")
    assert [is_teams_user(each) for each in (*people, *others)] == [True] * 2 + [False] * 4
