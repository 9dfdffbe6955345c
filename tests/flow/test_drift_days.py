"""Days counted from the store, the sample chance draws, and where people see what has moved."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from config.settings import Learning
from console.drift import as_json, as_text, drift_of, keep_days
from console.observe import registry_of
from tests.browser.desk import ConsoleDesk, Said, console_desk, do, say
from tests.conftest import SteppingClock
from tests.factories import a_verdict, an_emergency
from triage.drift import REFERENCE, WINDOW
from triage.lifecycle import Verb
from triage.model import Case, Event, Priority
from triage.sampling import is_drawn
from triage.taxonomy import Audience, Kind, Label

ROUTINE = {"class": "routine"}


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


def a_message(console: ConsoleDesk, text: str = "when do you open", *, alert: bool = False) -> Case:
    label = Label.EMERGENCY if alert else Label.ROUTINE
    audience = Audience.CONTROL_ROOM if alert else Audience.CONTACT
    priority = Priority.P1 if alert else Priority.P5
    return say(
        console,
        Said(
            text=text,
            priority=priority,
            minutes=1,
            label=label,
            audience=audience,
            kind=Kind.MENTION,
            channel="x_mention",
        ),
    )


def weeks(console: ConsoleDesk, clock: SteppingClock) -> None:
    """Four quiet weeks and one in which every second message is an alert."""
    for number in range(REFERENCE + WINDOW):
        clock.step(days=1)
        for count in range(6):
            a_message(console, alert=number >= REFERENCE and count % 2 == 0)
    clock.step(days=1)


def drawn(console: ConsoleDesk, case: Case) -> None:
    event = Event(at=console.clock(), actor="firstcontact", action="check_drawn", subject=case.ref)
    console.store.record([event])


# --- days -----------------------------------------------------------------------------------------


def test_a_day_is_counted_once_when_it_is_over(console: ConsoleDesk, clock: SteppingClock) -> None:
    assert keep_days(console.store, now=clock()) == 0
    a_message(console, "he has a zoggle knife", alert=True)
    a_message(console)
    assert keep_days(console.store, now=clock()) == 0
    clock.step(days=2)
    assert keep_days(console.store, now=clock()) == 2
    assert keep_days(console.store, now=clock()) == 0
    first, second = console.store.days_since(clock().date() - timedelta(days=9))
    assert (first.messages, first.alerts, first.langs) == (2, 1, {"en": 2})
    assert (first.words, first.unknown) == (8, 1)
    assert (second.messages, second.models) == (0, {})


def test_what_people_did_counts_on_the_day_they_did_it(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    wrong, right, missed = (a_message(console, alert=alert) for alert in (True, False, False))
    for case in (right, missed):
        drawn(console, case)
    clock.step(days=1)
    do(console, Verb.CORRECT, wrong, **ROUTINE)
    do(console, Verb.CORRECT, right, **ROUTINE)
    do(console, Verb.CORRECT, missed, **{"class": "emergency"})
    clock.step(days=1)
    keep_days(console.store, now=clock())
    first, second = console.store.days_since(clock().date() - timedelta(days=9))
    assert (first.drawn, first.judged) == (2, 0)
    assert (second.judged, second.surprises) == (3, 2)
    assert (second.checked, second.found) == (2, 1)


def test_many_messages_are_read_page_by_page(console: ConsoleDesk, clock: SteppingClock) -> None:
    start = clock() - timedelta(hours=1)
    for number in range(7):
        a_message(console, f"message {number}")
    read = [text for text, _ in console.store.read_between(start, clock(), page=3)]
    assert sorted(read) == [f"message {number}" for number in range(7)]


# --- where people see it --------------------------------------------------------------------------


def test_what_has_moved_is_said_to_people_and_machines(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    weeks(console, clock)
    keep_days(console.store, now=clock())
    report = drift_of(console.store, Learning(), now=clock())
    lines = list(as_text(report))
    assert lines[-1].startswith("moved: mean emergency score, share read as an emergency")
    assert any("share read as an emergency" in line and "MOVED" in line for line in lines)
    assert as_json(report)["figures"]["alerts"]["now"] == pytest.approx(0.5)
    page = console.signed_in().get("/health").text
    assert "Does the model still fit?" in page
    assert "share read as an emergency: 0.500, usual 0.000 to" in page
    shown = generate_latest(registry_of(console.store, clock, Learning())).decode()
    assert 'firstcontact_drift{figure="alerts"} 0.5' in shown
    assert 'firstcontact_drift_moved{figure="alerts"} 1.0' in shown
    assert 'firstcontact_drift_moved{figure="degraded"} 0.0' in shown


def test_a_new_desk_is_told_that_it_is_too_early(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    page = console.signed_in().get("/health").text
    assert 'fc-state--unknown">Not enough to say' in page  # and not the green of what is well
    shown = generate_latest(registry_of(console.store, clock, Learning())).decode()
    assert "firstcontact_drift_moved{" not in shown


# --- the audit sample -----------------------------------------------------------------------------


def test_chance_draws_about_as_many_as_it_should_and_never_what_is_alarmed_about() -> None:
    refs = [f"FC-26-1123-{number:04}" for number in range(10_000)]
    assert 70 <= sum(is_drawn(ref, a_verdict(), 0.01) for ref in refs) <= 130
    assert not any(is_drawn(ref, a_verdict(), 0) for ref in refs)
    for verdict in (an_emergency(), a_verdict(unsure=True), a_verdict(degraded="none")):
        assert not is_drawn(refs[0], verdict, 1)
    assert is_drawn(refs[0], a_verdict(), 1)


def test_a_drawn_item_waits_under_checks_until_somebody_says_what_it_is(
    console: ConsoleDesk,
) -> None:
    case = a_message(console)
    drawn(console, case)
    client = console.signed_in()
    assert case.ref in client.get("/checks").text
    do(console, Verb.CORRECT, case, **ROUTINE)
    assert "Nothing of the last 14 days is left to check" in client.get("/checks").text


def test_what_an_officer_may_not_read_is_not_in_their_checks(console: ConsoleDesk) -> None:
    case = say(console, Said(text="hello", priority=Priority.P5, minutes=1))
    drawn(console, case)
    assert case.ref in console.signed_in().get("/checks").text
    assert case.ref not in console.signed_in("reed").get("/checks").text
