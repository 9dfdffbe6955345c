"""Rota files: what they say, over daylight saving and repetition, and what is wrong with them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.rota import read_rota
from triage.errors import BadSettings
from triage.lifecycle import Tell
from triage.model import Officer
from triage.rota import Duty, Turn, asked, gaps, in_order, next_turn, officer_of, turns_at

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 10, 24, tzinfo=UTC)
END = datetime(2026, 10, 28, tzinfo=UTC)

CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Westbridge//Duties//EN
BEGIN:VEVENT
UID:nights
DTSTAMP:20261001T000000Z
DTSTART;TZID=Europe/London:20261020T220000
DTEND;TZID=Europe/London:20261021T060000
RRULE:FREQ=DAILY
EXDATE;TZID=Europe/London:20261026T220000
SUMMARY:Supervisor: Pat Green
ATTENDEE;CN=Pat Green:mailto:p.green@westbridge.example
END:VEVENT
BEGIN:VEVENT
UID:nights
RECURRENCE-ID;TZID=Europe/London:20261027T220000
DTSTAMP:20261001T000000Z
DTSTART;TZID=Europe/London:20261027T230000
DTEND;TZID=Europe/London:20261028T060000
SUMMARY:Supervisor: Kim Moss
END:VEVENT
BEGIN:VEVENT
UID:weekend
DTSTAMP:20261001T000000Z
DTSTART;VALUE=DATE:20261024
DTEND;VALUE=DATE:20261026
SUMMARY:dofficer
CATEGORIES:Duty officer,Roster
END:VEVENT
BEGIN:VEVENT
UID:gone
DTSTAMP:20261001T000000Z
DTSTART;TZID=Europe/London:20261025T100000
DTEND;TZID=Europe/London:20261025T120000
STATUS:CANCELLED
SUMMARY:Comms: Lee Shaw
END:VEVENT
BEGIN:VEVENT
UID:meeting
DTSTAMP:20261001T000000Z
DTSTART:20261025T100000Z
DTEND:20261025T110000Z
SUMMARY:Team meeting
END:VEVENT
END:VCALENDAR
"""


def utc(day: int, hour: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def said(path: Path, start: datetime = START, end: datetime = END) -> list[tuple[object, ...]]:
    found = read_rota(path, LONDON).turns(start, end)
    return [(each.who, each.duty, each.starts, each.ends) for each in found]


def complaint(path: Path) -> str:
    with pytest.raises(BadSettings) as caught:
        read_rota(path, LONDON)
    return str(caught.value).replace(f"{path.parent}/", "")


# --- what they say --------------------------------------------------------------------------------


def test_a_list_in_toml_or_csv_says_the_same(tmp_path: Path) -> None:
    toml = written(
        tmp_path,
        "rota.toml",
        """
[[turn]]
who = "pgreen"
role = "supervisor"
from = 2026-10-24T22:00:00
to = 2026-10-25T06:00:00
mail = "p.green@westbridge.example"

[[turn]]
who = "kmoss"
role = "Duty officer"
from = "2026-10-26T06:00+00:00"
to = "2026-10-26 14:00"
""",
    )
    csv = written(
        tmp_path,
        "rota.csv",
        "Who,Role,From,To,Mail\n"
        "pgreen,supervisor,2026-10-24 22:00,2026-10-25 06:00,p.green@westbridge.example\n"
        "kmoss,duty_officer,2026-10-26 06:00,2026-10-26 14:00,\n",
    )
    # The clocks go back on the 25th: this night is nine hours long.
    expected = [
        ("pgreen", Duty.SUPERVISOR, utc(24, 21), utc(25, 6)),
        ("kmoss", Duty.DUTY_OFFICER, utc(26, 6), utc(26, 14)),
    ]
    assert said(toml) == said(csv) == expected
    (first, _) = read_rota(csv, LONDON).turns(START, END)
    assert (first.mail, first.place) == ("p.green@westbridge.example", f"{csv}:2")


def test_a_day_alone_is_the_whole_day_however_long_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, "r.csv", "who,role,from,to\npg,comms,2026-10-25,2026-10-25\n")
    ((_, _, starts, ends),) = said(path)
    assert ends - starts == timedelta(hours=25)


def test_a_calendar_repeats_and_heeds_exceptions_changes_zones_and_whole_days(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "duty.ics", CALENDAR)
    assert said(path, START, END) == [
        ("Pat Green", Duty.SUPERVISOR, utc(23, 21), utc(24, 5)),
        ("dofficer", Duty.DUTY_OFFICER, utc(23, 23), utc(26, 0)),
        ("Pat Green", Duty.SUPERVISOR, utc(24, 21), utc(25, 6)),
        ("Pat Green", Duty.SUPERVISOR, utc(25, 22), utc(26, 6)),
        ("Kim Moss", Duty.SUPERVISOR, utc(27, 23), utc(28, 6)),
    ]
    read = read_rota(path, LONDON)
    assert [each.partition("duty.ics")[2] for each in read.passed_over] == [":38 'Team meeting'"]
    assert {each.mail for each in read.turns(utc(24, 22), utc(25, 5))} == {
        "",
        "p.green@westbridge.example",
    }


def test_a_calendar_of_many_years_ago_still_repeats(tmp_path: Path) -> None:
    old = CALENDAR.replace("London:20261020", "London:20161020")
    path = written(tmp_path, "duty.ics", old.replace("London:20261021", "London:20161021"))
    assert ("Pat Green", Duty.SUPERVISOR, utc(24, 21), utc(25, 6)) in said(path)


# --- what is wrong with them ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (
            "pg,supervisr,2026-10-25,2026-10-25",
            "role: 'supervisr' is none of supervisor, duty_officer, comms",
        ),
        (
            "pg,supervisor,tomorrow,2026-10-25",
            "from: 'tomorrow' is no time: write 2026-11-23 06:00",
        ),
        ("pg,supervisor,2026-10-25 06:00,2026-10-25 06:00", "it ends before it begins"),
        (",supervisor,2026-10-25,2026-10-25", "who is missing"),
        ("pg,supervisor,2026-10-25,2026-10-25,nobody", "mail: 'nobody' is no address"),
        ("pg,supervisor,2026-10-25,2026-10-25,,more", "more values than the header has names"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, row: str, what: str) -> None:
    good = "kmoss,supervisor,2026-10-25,2026-10-25,\n"
    path = written(tmp_path, "rota.csv", f"who,role,from,to,mail\n{good}{good}{row}\n")
    assert complaint(path) == f"rota.csv:4: {what}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("who,role\n", "rota.csv:1: the header needs who, role, from, to; from is missing"),
        ("", "rota.csv:1: the header needs who, role, from, to; who is missing"),
    ],
)
def test_a_wrong_header_is_told(tmp_path: Path, text: str, what: str) -> None:
    assert complaint(written(tmp_path, "rota.csv", text)) == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('\n[[turn]]\nwho = "pg"\n', "rota.toml:2: role is missing"),
        (
            '[[turn]]\nwho = "pg"\nroll = "x"\n',
            "rota.toml:1: roll: unknown; a turn has who, role, from, to, mail",
        ),
        ("turns = 3", "rota.toml: turns: a rota has only [[turn]] tables"),
        ("turn = 3", "rota.toml: write [[turn]], one for each"),
    ],
)
def test_a_wrong_table_is_named_by_file_and_line(tmp_path: Path, text: str, what: str) -> None:
    assert complaint(written(tmp_path, "rota.toml", text)) == what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("DTEND;TZID=Europe/London:20261021T060000", "DTEND:never", "duty.ics:4: DTEND: "),
        ("FREQ=DAILY", "FREQ=SOMETIMES", "duty.ics:4: RRULE: "),
        ("FREQ=DAILY", "FREQ=MINUTELY", "duty.ics:4: RRULE: nobody's turn comes minutely"),
        (
            "DTSTART;TZID=Europe/London:20261020",
            "DTSTART;TZID=Mars/Olympus:20261020",
            "duty.ics:4: DTSTART: the time zone 'Mars/Olympus' is not known",
        ),
        ("DTSTART:20261025T100000Z\n", "", "duty.ics:38: DTSTART is missing"),
        ("SUMMARY:Team meeting", "SUMMARY Team", "duty.ics:38: Content line"),
        ("BEGIN:VCALENDAR\n", "", "duty.ics:1: not an iCalendar file: "),
    ],
)
def test_a_wrong_event_is_named_by_file_and_line(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    assert old in CALENDAR
    assert complaint(written(tmp_path, "duty.ics", CALENDAR.replace(old, new))).startswith(what)


def test_another_kind_of_file_or_none_is_told(tmp_path: Path) -> None:
    assert complaint(tmp_path / "rota.xlsx") == "rota.xlsx: a rota is a .toml, .csv or .ics file"
    assert complaint(tmp_path / "rota.csv").startswith("rota.csv: cannot be read: ")
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe\x00")
    assert complaint(tmp_path / "odd.csv") == "odd.csv: not a text in UTF-8"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rota")


@given(st.text(max_size=300))
def test_no_text_breaks_the_readers_in_any_other_way(folder: Path, text: str) -> None:
    path = folder / "any"
    for ends in (".csv", ".toml", ".ics"):
        named = path.with_suffix(ends)
        named.write_text(text, encoding="utf-8", errors="ignore")
        with suppress(BadSettings):
            read_rota(named, LONDON)


# --- who is asked ---------------------------------------------------------------------------------


class Fixed:
    """A rota of given turns."""

    kept = True

    def __init__(self, *turns: Turn) -> None:
        self._turns = in_order(turns)

    def turns(self, start: datetime, end: datetime) -> list[Turn]:
        return [each for each in self._turns if each.starts < end and each.ends > start]


def a_turn(who: str, duty: Duty, hour: int, hours: int = 8) -> Turn:
    starts = utc(24, hour)
    return Turn(who=who, duty=duty, starts=starts, ends=starts + timedelta(hours=hours))


def test_in_a_gap_of_one_duty_the_other_is_asked_and_the_gap_is_told() -> None:
    rota = Fixed(a_turn("pat", Duty.SUPERVISOR, 6), a_turn("kim", Duty.DUTY_OFFICER, 10))
    assert [each.who for each in asked(rota, Tell.SUPERVISOR, utc(24, 7))[0]] == ["pat"]
    found, missing = asked(rota, Tell.DUTY, utc(24, 7))
    assert ([each.who for each in found], missing) == (["pat"], Duty.DUTY_OFFICER)
    assert asked(rota, Tell.DUTY, utc(25, 7)) == ([], Duty.DUTY_OFFICER)
    assert asked(rota, Tell.OWNER, utc(24, 7)) == ([], None)


def test_a_turn_ends_when_the_next_begins() -> None:
    rota = Fixed(a_turn("pat", Duty.COMMS, 6), a_turn("kim", Duty.COMMS, 14))
    assert [each.who for each in turns_at(rota, Duty.COMMS, utc(24, 14))] == ["kim"]
    later = next_turn(rota, Duty.COMMS, utc(24, 13))
    assert later is not None
    assert later.who == "kim"


turns = st.builds(
    a_turn, st.just("pat"), st.just(Duty.SUPERVISOR), st.integers(0, 20), st.integers(1, 30)
)


@given(st.lists(turns, max_size=6), st.integers(0, 47))
def test_every_hour_is_somebodys_or_in_a_gap_and_never_both(turns: list[Turn], hour: int) -> None:
    start, moment = utc(24, 0), utc(24, 0) + timedelta(hours=hour)
    empty = gaps(turns, start, start + timedelta(days=2))
    has = any(each.covers(moment) for each in turns)
    in_gap = any(begins <= moment < ends for begins, ends in empty)
    assert has != in_gap


def test_a_name_means_an_officer_only_if_one_alone_has_it() -> None:
    pat = Officer(id="pgreen", name="Pat Green")
    two = [pat, Officer(id="k1", name="Kim Moss"), Officer(id="k2", name="Kim  moss")]
    assert officer_of("pat  GREEN", two) == officer_of("pgreen", two) == pat
    assert officer_of("Kim Moss", two) is None
