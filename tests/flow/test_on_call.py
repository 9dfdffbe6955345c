"""Whoever is on call by the rota is reached; the rota is read again, and its faults are told."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.rota import RotaFiles, RotaWatch, examined
from console.wiring import last_places
from storage.memory import memory_store
from storage.store import connect
from tests.conftest import SteppingClock
from tests.escalation_rig import SUE, Shift
from tests.service_rig import firstcontact
from triage.errors import BadSettings
from triage.flow import raise_alarm
from triage.lifecycle import Verb
from triage.model import Alarm, Priority
from triage.taxonomy import Lane

P1, P2, P3, P4, P5 = Priority
LONDON = ZoneInfo("Europe/London")
ROTA = """who,role,from,to,mail
sue,supervisor,2026-11-23 06:00,2026-11-23 14:00,s.sharp@westbridge.example
Dan Dace,duty_officer,2026-11-23 09:45,2026-11-23 18:00,
alice,comms,2026-11-23,2026-11-23,
"""


class Kept:
    """A rota file and the desk that reads it."""

    def __init__(self, path: Path, clock: SteppingClock) -> None:
        self.path, self._written = path, 0
        self.write(ROTA)
        self.files = RotaFiles([path], LONDON)
        self.shift = Shift(
            memory_store(clock=clock),
            clock,
            {"rota": self.files, "mailboxes": lambda address: [f"mail:{address}"]},
        )

    def write(self, text: str) -> None:
        """Write the file, at another second than before."""
        self.path.write_text(text)
        self._written += 1
        os.utime(self.path, (self._written, self._written))


@pytest.fixture
def kept(tmp_path: Path, clock: SteppingClock) -> Iterator[Kept]:
    made = Kept(tmp_path / "rota.csv", clock)
    yield made
    made.shift.store.close()


def called(body: str) -> list[str]:
    return [each["name"] for each in json.loads(body).get("to", [])]


def test_the_supervisor_on_call_is_called_by_name_and_mailed(kept: Kept) -> None:
    ref = kept.shift.case(P1, owner=Lane.CONTROL_ROOM)
    kept.shift.at(minutes=2)
    told = [each for each in kept.shift.notices(ref) if "supervisor" in each.body]
    assert {each.destination for each in told} == {
        "chat:control_room",
        "mail:control_room",
        "mail:s.sharp@westbridge.example",
    }
    assert called(told[0].body) == ["Sue Sharp"]


def test_the_owner_and_the_duty_officer_are_called_in_one_notice(kept: Kept) -> None:
    ref = kept.shift.case(P1)
    kept.shift.press(ref, Verb.CLAIM)
    kept.shift.at(minutes=5)
    last = kept.shift.notices(ref)[-1]
    assert called(last.body) == ["Alice Ames", "Dan Dace"]


def test_in_a_gap_the_other_is_called_and_it_says_so(kept: Kept) -> None:
    kept.write(ROTA.replace("09:45", "12:00"))
    ref = kept.shift.case(P1)
    kept.shift.at(minutes=5)
    assert called(kept.shift.notices(ref)[-1].body) == ["Sue Sharp"]
    assert kept.shift.heard(ref)[-1][1].endswith("By the rota nobody is on call as duty officer")


def test_a_rota_with_nobody_in_it_silences_nothing(kept: Kept) -> None:
    kept.write("who,role,from,to\n")
    ref = kept.shift.case(P1)
    kept.shift.at(minutes=6)
    assert kept.shift.titles(ref) == [
        "Escalation: second route",
        "Escalation: supervisor",
        "Escalation: duty officer",
    ]


def test_what_comms_has_and_nobody_claimed_calls_who_has_comms(kept: Kept) -> None:
    ref = kept.shift.case(P3, owner=Lane.COMMS)
    kept.shift.at(minutes=60)
    (told,) = kept.shift.notices(ref)
    assert (told.destination, called(told.body)) == ("chat:comms", ["Alice Ames"])


def test_grave_alarms_call_the_duty_officer(kept: Kept, clock: SteppingClock) -> None:
    clock.step(minutes=10)
    for severity in (1, 2):
        alarm = Alarm(key=f"k{severity}", text="t", raised_at=clock(), severity=severity)
        raise_alarm(kept.shift.desk, alarm)
    owed = kept.shift.store.owed(limit=99, now=clock())
    assert {tuple(called(each.body)) for each in owed if each.urgency == 1} == {("Dan Dace",)}
    assert {tuple(called(each.body)) for each in owed if each.urgency == 2} == {()}


def test_whoever_is_on_call_hears_by_mail_that_nothing_can_be_stored(
    kept: Kept, clock: SteppingClock
) -> None:
    clock.step(minutes=10)
    kept.write(ROTA.replace("18:00,", "18:00,d.dace@westbridge.example"))
    kept.shift.store.close()  # the database is gone
    assert last_places(kept.shift.desk)[-1] == "mail:d.dace@westbridge.example"


def test_a_step_says_in_the_trail_whom_it_called_and_where_it_went(kept: Kept) -> None:
    ref = kept.shift.case(P1, owner=Lane.CONTROL_ROOM)
    kept.shift.at(minutes=2)
    last = kept.shift.events(ref, "escalated")[-1]
    assert last.detail == {
        "step": 2,
        "tell": "supervisor",
        "called": ["sue"],
        "to": ["chat:control_room", "mail:control_room", "mail:s.sharp@westbridge.example"],
    }


# --- files that change ----------------------------------------------------------------------------


def test_a_changed_rota_is_read_again_and_a_broken_one_stays_as_it_was(
    kept: Kept, clock: SteppingClock
) -> None:
    day = (clock(), clock() + timedelta(days=1))
    assert len(kept.files.turns(*day)) == 3
    kept.write(f"{ROTA}bob,supervisor,2026-11-23 14:00,2026-11-23 22:00,\n")
    assert len(kept.files.turns(*day)) == 4
    kept.write(f"{ROTA}bob,supervisr,2026-11-23 14:00,2026-11-23 22:00,\n")
    assert len(kept.files.turns(*day)) == 4
    (problem,) = kept.files.problems
    assert problem.startswith(f"{kept.path}:5: role: 'supervisr' is none of")
    kept.path.unlink()
    assert len(kept.files.turns(*day)) == 4
    assert "cannot be read" in kept.files.problems[0]


def test_people_hear_of_a_broken_rota_and_of_a_gap_until_they_are_mended(
    kept: Kept, clock: SteppingClock
) -> None:
    told: dict[str, str] = {}

    def alarm(key: str, text: str, severity: int) -> None:
        told.setdefault(key, text)

    watch = RotaWatch(
        kept.files, alarm=alarm, over=lambda key: told.pop(key, None) and None, clock=clock
    )
    watch.look()
    assert told == {
        "rota:gap:supervisor": "Nobody is on call as supervisor, Mon 23 Nov 14:00 to 21:41",
        "rota:gap:duty_officer": "Nobody is on call as duty officer, Mon 23 Nov 09:41 to 09:45",
    }
    kept.write("nonsense")
    watch.look()
    assert "rota.csv:1: the header needs" in told["rota:unreadable"]
    kept.write(
        "who,role,from,to\nsue,supervisor,2026-11-23,2026-11-23\n"
        "dan,duty_officer,2026-11-23,2026-11-23\n"
    )
    watch.look()
    assert told == {}


def test_doctor_names_gaps_of_the_week_and_whoever_is_no_officer(
    kept: Kept, clock: SteppingClock
) -> None:
    store, now = kept.shift.store, clock()
    with pytest.raises(BadSettings) as found:
        examined(kept.files, store, now)
    assert "Nobody is on call as supervisor, Mon 23 Nov 14:00 to Mon 30 Nov 09:41" in str(
        found.value
    )
    rows = "sue,supervisor,2026-11-20,2026-12-04\nzed,duty officer,2026-11-20,2026-12-04\n"
    kept.write(f"who,role,from,to\n{rows}")
    with pytest.raises(BadSettings, match=r"rota\.csv:3: zed: no such officer"):
        examined(kept.files, store, now)
    kept.write(f"who,role,from,to\n{rows}".replace("zed", "Dan Dace"))
    assert examined(kept.files, store, now).startswith("the next seven days are filled")


# --- the command ----------------------------------------------------------------------------------


def test_the_command_shows_who_is_on_call_and_who_comes_next(tmp_path: Path) -> None:
    (tmp_path / "rota.csv").write_text(
        f"{ROTA}Kim Moss,supervisor,2026-11-23 14:00,2026-11-23 22:00,\n"
    )
    config = tmp_path / "firstcontact.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path / "desk.db"}"\n'
        f'[escalation]\nrota = ["{tmp_path / "rota.csv"}"]\n'
    )
    store = connect(f"sqlite:///{tmp_path / 'desk.db'}")
    store.migrate()
    store.save_officer(SUE)
    store.close()
    ran = firstcontact("rota", "--at", "2026-11-23T09:41", "--config", config, cwd=tmp_path)
    assert ran.code == 0, ran.err
    first, *others = ran.out.splitlines()
    now, _, comes = first.partition(" · ")
    assert now == "supervisor    now: Sue Sharp (sue) until Mon 23 Nov 14:00"
    assert comes == "next: Kim Moss (no officer here) from Mon 23 Nov 14:00"
    assert others == [
        "duty officer  now: nobody · next: Dan Dace (no officer here) from Mon 23 Nov 09:45",
        "comms         now: alice (no officer here) until Tue 24 Nov 00:00 · next: nobody known",
    ]
    (tmp_path / "rota.csv").write_text("who\n")
    broken = firstcontact("rota", "--config", config, cwd=tmp_path)
    assert broken.code == 1
    assert "rota.csv:1: the header needs" in broken.complaint


def test_without_a_rota_the_command_says_so(tmp_path: Path) -> None:
    ran = firstcontact("rota", cwd=tmp_path)
    assert (ran.code, ran.out) == (
        0,
        "no rota is set (escalation.rota): lanes are told, and nobody by name\n",
    )
