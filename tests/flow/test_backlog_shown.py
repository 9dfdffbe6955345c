"""What people and Prometheus see of what is owed to the chat tools."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from config.settings import Learning
from console.observe import registry_of
from tests.browser.desk import ConsoleDesk, console_desk
from tests.conftest import SteppingClock
from tests.stores import a_notice, an_event, an_item, an_open_case
from triage.model import Outgoing, Priority


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


@pytest.fixture
def pressed(console: ConsoleDesk, clock: SteppingClock) -> ConsoleDesk:
    """Two routine cards in a digest, an urgent one and a notice owed, and one message given up."""
    store = console.store
    for number in (1, 2):
        an_open_case(store, an_item(number), priority=Priority.P5)
    message = Outgoing(key="digest:1", destination="slack:C02", urgency=3, body="collected")
    assert store.begin_digest(message, notices=[], event=an_event(), now=clock()) == 2
    an_open_case(store, an_item(3), priority=Priority.P1)
    store.notify([a_notice(1, destination="teams:19")], now=clock() - timedelta(hours=1))
    store.notify([a_notice(2)], now=clock())
    store.deferred("notice:2", retry_at=None, error="invalid_blocks", unsure=False, now=clock())
    clock.step(seconds=90)
    return console


def test_health_shows_what_is_owed_where_and_since_when(pressed: ConsoleDesk) -> None:
    page = re.sub(r"\s+", " ", pressed.signed_in().get("/health").text)
    for said in (
        'fc-state--failing">1 waiting',
        "1 waiting</td><td>1 min ago",
        "1 could not be delivered",
        '<th scope="row">teams:19</th>',
        "slack:C02: 2 routine items wait in the queue: 2 P5, surge mode since 09:41",
    ):
        assert said in page


def test_health_says_so_when_nothing_is_owed(console: ConsoleDesk) -> None:
    assert "Nothing waits to be sent." in console.signed_in().get("/health").text


def test_metrics_tell_the_age_of_what_is_owed_and_what_a_digest_stands_for(
    pressed: ConsoleDesk, clock: SteppingClock
) -> None:
    text = generate_latest(registry_of(pressed.store, clock, Learning())).decode()
    for line in (
        'firstcontact_outbox_oldest_seconds{destination="slack:C02",lane="urgent"} 90.0',
        'firstcontact_outbox_oldest_seconds{destination="slack:C02",lane="any"} 90.0',
        'firstcontact_outbox_oldest_seconds{destination="teams:19",lane="any"} 3690.0',
        'firstcontact_outbox_dead{destination="slack:C02"} 1.0',
        'firstcontact_outbox_waiting{destination="slack:C02"} 2.0',
        'firstcontact_digest_items{destination="slack:C02"} 2.0',
        'firstcontact_surge_mode{destination="slack:C02"} 1.0',
    ):
        assert line in text
