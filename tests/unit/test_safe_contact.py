from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    NOW,
    a_case,
    a_disclosure,
    a_person,
    a_post,
    a_verdict,
    an_emergency,
    an_item,
    verdicts,
)
from triage.errors import Refused
from triage.model import Case, History, Person, SafeContact, Verdict
from triage.routing import discloses
from triage.safe_contact import Route, banner, guard_reply, rules_in_force
from triage.taxonomy import SignalName

LONDON = ZoneInfo("Europe/London")


def safe(**fields: Any) -> Person:
    values: dict[str, Any] = {"channels": ("x_dm",), "set_by": "sue"}
    return a_person(safe_contact=SafeContact(**(values | fields)))


def refusal(case: Case, person: Person | None = None, now: datetime = NOW, **route: Any) -> str:
    """Why a reply is refused, "" if it passes. By default in the chat the person wrote in."""
    meant = Route(**({"channel": case.item.channel} | route))
    try:
        guard_reply(case, person, meant, now=now, zone=LONDON)
    except Refused as error:
        return str(error)
    return ""


# --- without a record -----------------------------------------------------------------------------


def test_an_ordinary_message_is_answered_where_it_came_from() -> None:
    assert refusal(a_case()) == ""
    assert refusal(a_case(a_post()), public=True) == ""


def test_a_private_message_is_never_answered_in_public() -> None:
    assert "never answered in public" in refusal(a_case(), public=True)
    assert "never answered in public" in refusal(a_case(), safe(public_reply=True), public=True)


def test_another_channel_is_not_used_because_it_exists() -> None:
    assert "no other channel" in refusal(a_case(), a_person(phones=("07700900123",)), channel="sms")


@pytest.mark.parametrize("route", ["staff", "x_dm"])
def test_what_staff_passed_on_leads_back_to_nobody(route: str) -> None:
    passed_on = a_case(an_item(channel="staff"))
    assert "staff passed it on" in refusal(passed_on, channel=route, safe_to_send=True)
    assert "staff passed it on" in refusal(passed_on, safe(channels=("staff", "x_dm")))
    assert "staff passed it on" in refusal(a_case(), channel="staff")


@pytest.mark.parametrize(
    "name", [SignalName.DOMESTIC_ABUSE, SignalName.COVERT_HELP, SignalName.IMAGE_ABUSE]
)
def test_a_disclosure_is_answered_only_if_the_officer_ticks_safe_to_send(name: SignalName) -> None:
    case = a_case(verdict=a_verdict(name))
    assert "safe to send" in refusal(case)
    assert refusal(case, safe_to_send=True) == ""


def test_a_public_disclosure_is_not_answered_in_public_even_if_ticked() -> None:
    case = a_case(a_post(), a_disclosure())
    assert "no public reply" in refusal(case, public=True, safe_to_send=True)


def test_a_disclosure_in_an_earlier_message_still_protects_the_writer() -> None:
    case = a_case(history=History(disclosed_before=True))
    assert "safe to send" in refusal(case)


@pytest.mark.parametrize(
    "verdict",
    [
        a_verdict(covered=False),
        a_verdict(degraded="none"),
        an_emergency(SignalName.OFFENDER_PRESENT),
    ],
)
def test_what_nobody_read_and_who_is_not_alone_is_handled_as_a_disclosure(
    verdict: Verdict,
) -> None:
    assert "safe to send" in refusal(a_case(verdict=verdict))


def test_an_item_that_was_not_read_yet_is_handled_as_a_disclosure() -> None:
    assert "safe to send" in refusal(Case(ref="FC-1", item=an_item(), received_at=NOW))


# --- with a record --------------------------------------------------------------------------------


def test_only_channels_marked_safe_are_used_even_if_the_person_wrote_elsewhere() -> None:
    person = safe(channels=("email",))
    assert "x_dm is not a safe channel (safe: email)" in refusal(a_case(), person)
    assert refusal(a_case(), person, channel="email") == ""


def test_no_channel_marked_safe_means_none_is() -> None:
    assert "(safe: none)" in refusal(a_case(), safe(channels=()))


def test_who_must_not_be_seen_is_not_answered_in_public() -> None:
    case = a_case(a_post())
    person = safe(channels=("x_mention",))
    assert "must not be seen" in refusal(case, person, public=True)
    assert refusal(case, safe(channels=("x_mention",), public_reply=True), public=True) == ""


def test_a_safe_channel_does_not_spare_the_tick_when_abuse_is_disclosed() -> None:
    case = a_case(verdict=a_disclosure())
    assert "safe to send" in refusal(case, safe())
    assert refusal(case, safe(), safe_to_send=True) == ""


@pytest.mark.parametrize(
    ("rules", "moment", "passes"),
    [
        ({"from_hour": 9, "to_hour": 17}, "2026-11-23 09:00", True),
        ({"from_hour": 9, "to_hour": 17}, "2026-11-23 16:59", True),
        ({"from_hour": 9, "to_hour": 17}, "2026-11-23 17:00", False),
        ({"from_hour": 9, "to_hour": 17}, "2026-11-23 08:59", False),
        ({"from_hour": 9}, "2026-11-23 08:59", False),
        ({"from_hour": 9}, "2026-11-23 23:00", True),
        ({"to_hour": 17}, "2026-11-23 18:00", False),
        ({"to_hour": 17}, "2026-11-23 00:10", True),
        ({"from_hour": 22, "to_hour": 2}, "2026-11-23 23:00", True),
        ({"from_hour": 22, "to_hour": 2}, "2026-11-23 01:59", True),
        ({"from_hour": 22, "to_hour": 2}, "2026-11-23 02:00", False),
        ({"days": (0,)}, "2026-11-23 12:00", True),
        ({"days": (1,)}, "2026-11-23 12:00", False),
        # The night from Friday to Saturday belongs to Friday.
        ({"days": (4,), "from_hour": 22, "to_hour": 2}, "2026-11-28 01:00", True),
        ({"days": (4,), "from_hour": 22, "to_hour": 2}, "2026-11-27 01:00", False),
        # British summer time: 08:30 UTC is 09:30 on their clock.
        ({"from_hour": 9, "to_hour": 10}, "2026-07-06 08:30", True),
        ({"from_hour": 9, "to_hour": 10}, "2026-07-06 09:30", False),
    ],
)
def test_safe_days_and_hours_are_local(rules: dict[str, Any], moment: str, passes: bool) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    said = refusal(a_case(), safe(**rules), now)
    assert said == ("" if passes else "FC-26-1123-0041: outside the safe days and hours")


# --- expiry ---------------------------------------------------------------------------------------


def test_rules_end_when_they_say_so() -> None:
    person = safe(expires_at=NOW)
    assert rules_in_force(person, NOW - timedelta(seconds=1)) is not None
    assert rules_in_force(person, NOW) is None


def test_rules_that_do_not_say_end_after_28_days() -> None:
    person = safe(set_at=NOW)
    assert rules_in_force(person, NOW + timedelta(days=27)) is not None
    assert rules_in_force(person, NOW + timedelta(days=28)) is None


def test_rules_of_unknown_age_stay_in_force() -> None:
    assert rules_in_force(safe(), NOW) is not None


def test_expired_rules_make_the_desk_more_careful_not_less() -> None:
    person = safe(expires_at=NOW - timedelta(days=1), channels=("email",))
    assert "safe to send" in refusal(a_case(), person)
    assert "no other channel" in refusal(a_case(), person, channel="email", safe_to_send=True)
    assert refusal(a_case(), person, safe_to_send=True) == ""


# --- the banner -----------------------------------------------------------------------------------


def test_the_banner_names_safe_channels_and_never_the_codeword() -> None:
    person = safe(codeword="bluebell", note="ask for Zelda")
    said = banner(a_case(), person, NOW)
    assert said == "Safe contact: x_dm only. Never reply in public."


@pytest.mark.parametrize(
    ("case", "person", "said"),
    [
        (a_case(), None, ""),
        (a_case(), a_person(), ""),
        (a_case(verdict=a_disclosure()), None, "Abuse disclosed"),
        (a_case(history=History(disclosed_before=True)), None, "Abuse disclosed"),
        (a_case(verdict=a_verdict(covered=False)), None, "Abuse may be disclosed"),
        (a_case(), safe(expires_at=NOW), "Safe contact rules have expired"),
        (a_case(), safe(channels=()), "Safe contact: no channel only."),
    ],
)
def test_the_banner_says_what_has_to_be_observed(
    case: Case, person: Person | None, said: str
) -> None:
    shown = banner(case, person, NOW)
    assert shown.startswith(said)
    assert bool(shown) == bool(said)


# --- properties -----------------------------------------------------------------------------------

safe_contacts = st.builds(
    safe,
    channels=st.lists(st.sampled_from(["x_dm", "x_mention", "email"]), max_size=2).map(tuple),
    days=st.lists(st.integers(0, 6), max_size=3).map(tuple),
    from_hour=st.none() | st.integers(0, 23),
    to_hour=st.none() | st.integers(0, 24),
    public_reply=st.booleans(),
)


@given(verdicts, st.none() | safe_contacts, st.booleans())
def test_a_disclosure_never_gets_a_public_reply(
    verdict: Verdict, person: Person | None, ticked: bool
) -> None:
    case = a_case(a_post(), verdict)
    if discloses(verdict):
        assert refusal(case, person, public=True, safe_to_send=ticked)


@given(verdicts, safe_contacts, st.sampled_from(["x_dm", "x_mention", "email", "whatsapp"]))
def test_no_reply_leaves_by_a_channel_that_is_not_marked_safe(
    verdict: Verdict, person: Person, channel: str
) -> None:
    passed = refusal(a_case(verdict=verdict), person, channel=channel, safe_to_send=True) == ""
    assert person.safe_contact is not None
    assert not passed or channel in person.safe_contact.channels


@given(safe_contacts, st.integers(0, 24 * 7))
def test_a_reply_never_leaves_on_a_day_that_is_not_safe_or_begins_so(
    person: Person, hours: int
) -> None:
    now = NOW + timedelta(hours=hours)
    rules = person.safe_contact
    assert rules is not None
    if refusal(a_case(), person, now) == "" and rules.days:
        local = now.astimezone(LONDON)
        assert {local.weekday(), (local - timedelta(days=1)).weekday()} & set(rules.days)
