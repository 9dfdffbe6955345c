"""The Home tab in Slack, over a real store and a loopback Slack."""

from collections.abc import Iterator

import pytest

from tests.conftest import SteppingClock
from tests.servers.chat_vendor import Fault, refused
from tests.servers.slack import Slack, home_opened, violations
from tests.slack_office import Office, claims, said
from triage.model import State


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def office(slack: Slack, clock: SteppingClock) -> Iterator[Office]:
    office = Office(slack, clock)
    yield office
    office.close()


def test_a_home_shows_what_waits_most_urgent_first_and_no_content(office: Office) -> None:
    office.desk.officer()
    office.desk.take("is the bridge open, my name is Zelda Quill?")
    urgent = office.desk.take("he has a knife")

    home = office.home()

    assert list(violations(home["blocks"], most=100)) == []
    assert "Unclaimed: 2" in said(home)
    assert "My items: 0" in said(home)
    assert claims(home)[0].startswith(urgent.ref)
    assert not any(word in said(home) for word in ("knife", "Zelda", "zeldaq", "open, my"))
    assert office.desk.trail("khan") == [("home_viewed", "home")]
    assert urgent.ref in office.desk.last("khan").detail["refs"]


def test_a_stranger_sees_on_the_home_that_an_admin_must_add_them(office: Office) -> None:
    office.desk.take("he has a knife")

    home = office.home("U99")

    assert "ask an admin" in said(home)
    assert "FC-26" not in said(home)
    assert office.desk.trail("slack:U99") == [("stranger_asked", "desk")]


def test_the_messages_tab_draws_nothing(office: Office, slack: Slack) -> None:
    office.desk.officer()
    office.event(home_opened(tab="messages"))
    office.presses.stop()
    assert slack.named("views.publish") == []


def test_claiming_on_the_home_moves_the_item_to_mine_and_says_so(office: Office) -> None:
    office.desk.officer()
    case = office.desk.take("he has a knife")
    (value,) = claims(office.home())

    home = office.press("fc_claim", value)

    assert f"{case.ref} is yours" in said(home)
    assert "My items: 1" in said(home)
    assert claims(home) == []
    assert office.desk.case(case.ref).claimed_by == "khan"


def test_a_late_claim_on_the_home_says_who_has_it(office: Office) -> None:
    office.desk.officer()
    office.desk.officer("osei", slack="U02")
    case = office.desk.take("he has a knife")
    (value,) = claims(office.home())
    office.press("fc_claim", value, user="U02")

    home = office.press("fc_claim", value)

    assert "Officer Osei" in said(home)
    assert office.desk.case(case.ref).claimed_by == "osei"


def test_pressing_on_a_home_makes_nobody_an_officer(office: Office) -> None:
    case = office.desk.take("he has a knife")

    home = office.press("fc_claim", case.ref, user="U99")

    assert "ask an admin" in said(home)
    assert office.desk.case(case.ref).state is State.OPEN
    assert office.store.officers() == []


def test_next_on_the_home_shows_the_most_urgent_item_and_claims_nothing(office: Office) -> None:
    office.desk.officer()
    office.desk.take("is the bridge open?")
    urgent = office.desk.take("he has a knife")

    home = office.press("fc_next")

    assert claims(home)[0].startswith(urgent.ref)
    assert "Why:" in said(home)
    assert office.desk.case(urgent.ref).state is State.OPEN


def test_an_open_home_is_drawn_again_when_the_desk_changes_but_not_too_often(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    homes = office.desk.talking.homes
    drawn = len(slack.named("views.publish"))

    office.desk.take("he has a knife")
    homes.look()
    assert len(slack.named("views.publish")) == drawn  # it was drawn a moment ago
    clock.step(seconds=20)
    homes.look()
    homes.look()

    assert len(slack.named("views.publish")) == drawn + 1
    assert "Unclaimed: 1" in said(slack.homes["U01"])
    assert office.desk.trail("khan") == [("home_viewed", "home")]


def test_a_home_nobody_looked_at_lately_is_left_alone(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    drawn = len(slack.named("views.publish"))

    clock.step(minutes=40)
    office.desk.take("he has a knife")
    office.desk.talking.homes.look()

    assert len(slack.named("views.publish")) == drawn


def test_a_home_of_somebody_who_left_is_drawn_no_more(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    drawn = len(slack.named("views.publish"))
    office.store.remove_officer("khan")

    clock.step(seconds=90)
    office.desk.talking.homes.look()
    clock.step(seconds=90)
    office.desk.talking.homes.look()

    assert len(slack.named("views.publish")) == drawn


def test_while_slack_limits_drawings_no_home_is_drawn_and_none_is_forgotten(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    slack.fail("views.publish", Fault(status=429, headers={"Retry-After": "120"}))
    homes = office.desk.talking.homes

    clock.step(seconds=61)
    homes.look()
    limited = len(slack.named("views.publish"))
    clock.step(seconds=61)
    homes.look()
    assert len(slack.named("views.publish")) == limited
    clock.step(seconds=61)
    homes.look()

    assert len(slack.named("views.publish")) == limited + 1


def test_a_home_tab_that_is_switched_off_is_not_asked_for_again(
    office: Office, slack: Slack, clock: SteppingClock
) -> None:
    office.desk.officer()
    office.home()
    slack.fail("views.publish", refused("not_enabled"))

    clock.step(seconds=61)
    office.desk.talking.homes.look()
    tried = len(slack.named("views.publish"))
    clock.step(seconds=61)
    office.desk.talking.homes.look()

    assert len(slack.named("views.publish")) == tried
