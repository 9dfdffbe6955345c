"""When a shift or a day is over: digests in counts, reminders of old P4, each told once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.settings import EmailSink as MailSettings
from notifier.adaptive import notice_body
from notifier.blocks import notice_blocks
from notifier.card import CardContext
from notifier.email import EmailSink
from notifier.notices import notice_of
from storage.memory import memory_store
from storage.store import SqlStore, connect
from tests.conftest import PATIENCE, SteppingClock
from tests.escalation_rig import ALICE, Shift
from tests.servers.slack import violations
from tests.servers.smtp import Mail
from tests.servers.teams import texts
from triage.flow import run_clocks
from triage.handing_over import Hours, tell_what_is_over
from triage.lifecycle import Tell, Verb
from triage.model import Alarm, Outgoing, Priority
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority
LONDON = ZoneInfo("Europe/London")
HOURS = Hours(
    zone=LONDON,
    shift_ends=("06:00", "14:00", "22:00"),
    daily_at="08:00",
    reply_hours={"facebook": 24, "x": 0},
)
SHIFTS = Hours(zone=LONDON, shift_ends=HOURS.shift_ends, reply_hours=HOURS.reply_hours)
CONTEXT = CardContext(desk="Westbridge Police")


@pytest.fixture
def shift(store: SqlStore, clock: SteppingClock) -> Shift:
    return Shift(store, clock)


@pytest.fixture
def small(clock: SteppingClock) -> Iterator[Shift]:
    store = memory_store(clock=clock)
    yield Shift(store, clock)
    store.close()


def owed(shift: Shift, kind: str = "digest") -> dict[str, list[str]]:
    """What is told where: title, then the lines."""
    found = shift.store.owed(limit=999, now=shift.clock())
    bodies = {
        each.destination: json.loads(each.body) for each in found if each.key.startswith(kind)
    }
    return {
        place: [body["title"], body["text"], *body.get("lines", [])]
        for place, body in bodies.items()
    }


def go_to(shift: Shift, hour: int, minute: int = 0, day: int = 23) -> None:
    shift.clock.now = datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def a_shift_of_work(shift: Shift) -> list[str]:
    """Six items from 09:41 on: one decided, one claimed, one offered, three that nobody has."""
    refs = [
        shift.case(P1, 1, Lane.CONTROL_ROOM),
        shift.case(P4, 2),
        shift.case(P4, 3),
        shift.case(P4, 4),
        shift.case(P3, 5, Lane.SAFEGUARDING),
        shift.case(P5, 6, Lane.STANDARDS),
    ]
    shift.press(refs[0], Verb.CLAIM)
    shift.clock.step(minutes=10)
    shift.press(refs[0], Verb.RESULT, code="deployed")
    shift.press(refs[1], Verb.CLAIM)
    shift.press(refs[2], Verb.OFFER, lane="safeguarding")
    return refs


# --- the digest of a shift ------------------------------------------------------------------------


def test_at_the_end_of_a_shift_each_lane_hears_what_it_came_to(shift: Shift) -> None:
    refs = a_shift_of_work(shift)
    alarm = Alarm(key="sink:slack:C1", text="Slack is down", raised_at=shift.clock())
    shift.store.raise_alarm(alarm)
    go_to(shift, 14)
    tell_what_is_over(shift.desk, SHIFTS)
    told = owed(shift)
    assert told["chat:desk"] == [
        "End of the shift 06:00 to 14:00, Mon 23 Nov",
        "Received: 5 (P1 1 · P3 1 · P4 3)",
        "Decided: 1 (P1 1), 1 of them late",
        "The next shift inherits: 4 (P3 1 · P4 3)",
        "Of these 2 nobody has, 1 claimed, 1 handed over and not accepted, 1 late",
        "Due by 22:00: 3 to decide",
        f"Waiting longest, and nobody has them: {refs[3]} (P4, 4 h), {refs[4]} (P3, 4 h)",
        "Service alarms open: 1",
    ]
    assert told["chat:control_room"] == told["chat:desk"]
    assert told["chat:safeguarding"][1] == "Received: 1 (P3 1)"
    assert told["chat:comms"][1:3] == ["Received: none", "Decided: none"]
    assert told["chat:standards"][1] == "Received: 1 (P5 1)"


def test_what_is_restricted_is_in_no_digest_but_its_own(shift: Shift) -> None:
    refs = a_shift_of_work(shift)
    go_to(shift, 14)
    tell_what_is_over(shift.desk, SHIFTS)
    told = owed(shift)
    everything = {place: " ".join(lines) for place, lines in told.items()}
    assert [place for place, text in everything.items() if refs[5] in text] == ["chat:standards"]
    assert [place for place, text in everything.items() if "P5" in text] == ["chat:standards"]


def test_a_digest_holds_no_text_and_nobody(shift: Shift) -> None:
    a_shift_of_work(shift)
    go_to(shift, 14)
    tell_what_is_over(shift.desk, HOURS)
    everything = str(owed(shift))
    content = ("back door", "Zelda", "zeldaq", "Alice", "thread")
    assert not [word for word in content if word in everything]


def test_it_is_told_once_however_often_it_is_looked_at(shift: Shift) -> None:
    a_shift_of_work(shift)
    go_to(shift, 14)
    assert tell_what_is_over(shift.desk, SHIFTS) > 0
    shift.clock.step(minutes=30)
    assert tell_what_is_over(shift.desk, SHIFTS) == 0
    assert len(shift.store.events("digest:shift")) == 1
    go_to(shift, 22)
    assert tell_what_is_over(shift.desk, SHIFTS) > 0
    assert [each.detail["until"] for each in shift.store.events("digest:shift")] == [
        "2026-11-23T14:00:00+00:00",
        "2026-11-23T22:00:00+00:00",
    ]


def test_two_nodes_and_a_kill_tell_it_once(store_url: str, clock: SteppingClock) -> None:
    first, second = (connect(store_url, PATIENCE, clock=clock) for _ in range(2))
    first.migrate()
    one, other = Shift(first, clock), Shift(second, clock)
    a_shift_of_work(one)
    go_to(one, 14)
    told = tell_what_is_over(one.desk, SHIFTS)
    first.close()  # killed before anything was sent
    assert tell_what_is_over(other.desk, SHIFTS) == 0
    keys = [each.key for each in second.owed(limit=999, now=clock()) if "digest" in each.key]
    assert len(keys) == len(set(keys)) == 5 <= told
    assert len(second.events("digest:shift")) == 1
    second.close()


def test_after_a_night_without_the_service_only_the_last_shift_is_told(small: Shift) -> None:
    a_shift_of_work(small)
    go_to(small, 13, day=25)
    tell_what_is_over(small.desk, SHIFTS)
    told = owed(small)["chat:desk"]
    assert told[0] == "End of the shift 22:00 to 06:00, Wed 25 Nov"
    assert told[-1] == "Told late: it stands so at 13:00"
    assert len(small.store.events("digest:shift")) == 1


def test_nobody_is_told_of_shifts_before_the_first_item(small: Shift) -> None:
    assert tell_what_is_over(small.desk, HOURS) == 0
    small.case(P4)
    assert tell_what_is_over(small.desk, HOURS) == 0


def test_lanes_that_share_a_place_get_one_notice(clock: SteppingClock) -> None:
    store = memory_store(clock=clock)

    def one_place(lane: Lane, tell: Tell) -> list[str]:
        return ["chat:all"]

    shift = Shift(store, clock, {"destinations": one_place})
    a_shift_of_work(shift)
    go_to(shift, 14)
    tell_what_is_over(shift.desk, SHIFTS)
    assert owed(shift)["chat:all"][1] == "Received: 6 (P1 1 · P3 1 · P4 3 · P5 1)"
    store.close()


def test_replies_that_the_platform_soon_takes_no_more_are_counted(small: Shift) -> None:
    sent = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    small.case(P4, 1, channel="fb_message", sent_at=sent)
    small.case(P4, 2, channel="fb_message", sent_at=sent + timedelta(hours=10))
    small.case(P4, 3, channel="x_dm", sent_at=sent)
    go_to(small, 14)
    tell_what_is_over(small.desk, SHIFTS)
    assert any(
        "1 to answer before the platform closes" in line for line in owed(small)["chat:desk"]
    )


def test_over_the_end_of_summer_time_a_night_is_counted_once_and_whole(
    clock: SteppingClock,
) -> None:
    clock.now = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)  # 22:30 in London
    small = Shift(memory_store(clock=clock), clock)
    for hour in range(9):
        small.case(P4, hour)
        clock.step(hours=1)
        run_clocks(small.desk)
        tell_what_is_over(small.desk, SHIFTS)
    (event,) = small.store.events("digest:shift")
    assert event.detail["until"] == "2026-10-25T06:00:00+00:00"
    title, received, *_ = owed(small)["chat:desk"]
    assert title == "End of the shift 22:00 to 06:00, Sun 25 Oct"
    assert received == "Received: 9 (P4 9)"
    small.store.close()


# --- once a day -----------------------------------------------------------------------------------


def test_once_a_day_lanes_hear_of_p5_and_comms_of_its_day(shift: Shift) -> None:
    shift.case(P5, 1, Lane.COMMS)
    ref = shift.case(P5, 2, Lane.COMMS)
    shift.case(P5, 3)
    shift.press(ref, Verb.CLAIM)
    shift.press(ref, Verb.RESULT, code="no_action")
    go_to(shift, 8, day=24)
    tell_what_is_over(shift.desk, HOURS)
    daily = owed(shift, "digest:daily")
    assert daily["chat:desk"][:3] == [
        "Day to Tue 24 Nov 08:00: for information (P5)",
        "Received: 3, decided: 1",
        "Open: 2, late: 0",
    ]
    comms = owed(shift, "digest:comms")
    assert list(comms) == ["chat:comms"]
    assert comms["chat:comms"][:5] == [
        "Day to Tue 24 Nov 08:00: comms",
        "Received: 2 (P5 2)",
        "Decided: 1 (P5 1)",
        "Results: No police action needed 1",
        "Open: 1 (P5 1), late: 0",
    ]


# --- what is left of P4 ---------------------------------------------------------------------------


def test_at_the_end_of_a_shift_whoever_has_an_old_p4_is_called_and_the_lane_hears_of_the_rest(
    small: Shift,
) -> None:
    mine, free = small.case(P4, 1), small.case(P4, 2)
    small.press(mine, Verb.CLAIM)
    go_to(small, 13, 30)
    fresh = small.case(P4, 3)
    go_to(small, 14)
    tell_what_is_over(small.desk, SHIFTS)
    sent = [
        each for each in small.store.owed(limit=99, now=small.clock()) if "reminder" in each.key
    ]
    said = {json.loads(each.body)["text"]: json.loads(each.body).get("to") for each in sent}
    assert said == {
        f"1 P4 Scheduled claimed and not decided: {mine}": [
            {"id": ALICE.id, "name": ALICE.name, "slack": ALICE.slack_id, "teams": ALICE.teams_id}
        ],
        f"1 P4 Scheduled nobody has: {free}": None,
    }
    assert fresh not in str(said)
    assert [each.detail["tell"] for each in small.events(mine, "reminded")] == ["alice"]
    assert tell_what_is_over(small.desk, SHIFTS) == 0
    assert len(small.events(mine, "reminded")) == 1


def test_stopped_reminders_are_stopped_at_the_end_of_a_shift_too(small: Shift) -> None:
    ref = small.case(P4)
    small.press(ref, Verb.STOP_REMINDERS, reason="waiting for the council")
    go_to(small, 14)
    tell_what_is_over(small.desk, SHIFTS)
    assert owed(small, "reminder") == {}


# --- in the tools ---------------------------------------------------------------------------------


def a_digest(small: Shift) -> Outgoing:
    a_shift_of_work(small)
    go_to(small, 14)
    tell_what_is_over(small.desk, SHIFTS)
    owing = small.store.owed(limit=99, now=small.clock())
    return next(each for each in owing if each.destination == "chat:desk" and "digest" in each.key)


def test_every_tool_shows_all_lines(small: Shift) -> None:
    message = a_digest(small)
    made = notice_of(message.body, CONTEXT)
    blocks = notice_blocks(made, key=message.key)
    assert list(violations(blocks)) == []
    in_slack = blocks[0]["text"]["text"].splitlines()
    in_teams = texts(notice_body(made))
    assert len(in_slack) == len(in_teams) == 8
    assert in_slack[-1] == in_teams[-1] == "Service alarms open: none"
    with Mail() as mail:
        settings = MailSettings.model_validate(
            {
                "kind": "email",
                "host": "127.0.0.1",
                "port": mail.port,
                "sender": "desk@westbridge.example",
                "starttls": False,
                "channels": {},
            }
        )
        EmailSink(settings, CONTEXT).post(message, None, now=small.clock())
        assert "Service alarms open: none" in mail.mails[0].get_content()


def test_a_digest_longer_than_slack_takes_is_cut_at_a_line() -> None:
    body = json.dumps({"title": "t", "text": "x" * 500, "lines": ["y" * 590] * 20})
    blocks = notice_blocks(notice_of(body, CONTEXT), key="digest:1")
    assert list(violations(blocks)) == []
