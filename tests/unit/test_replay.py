"""Replaying files: lines that grow, break or vanish, and a recorded day."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import console
from collectors.replay import LONGEST, DayReplay, ReplayCollector
from config.settings import ReplayCollector as Settings
from tests.collector_rigs import NOW, Hands, Shelf
from triage.errors import BadInput, Unavailable
from triage.model import Arrival, Change


class Desk:
    """A file and the collector that reads it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "items.jsonl"
        self.clock = Hands()
        self.shelf = Shelf()

    def write(self, text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        with self.file.open("ab") as file:
            file.write(content)

    def poll(self) -> list[str]:
        before = len(self.shelf.arrivals)
        settings = Settings(kind="replay", file=self.file)
        self.shelf.fill(ReplayCollector(settings, self.clock))
        return [arrival.item.text for arrival in self.shelf.arrivals[before:]]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def line(text: str, **fields: object) -> str:
    return json.dumps({"text": text, **fields}) + "\n"


def test_a_line_is_read_once_it_is_whole(desk: Desk) -> None:
    whole = line("second")
    desk.write(line("first") + whole[:9])
    assert desk.poll() == ["first"]
    assert desk.poll() == []
    desk.write(whole[9:])
    assert desk.poll() == ["second"]


def test_a_last_line_without_newline_counts_once_it_is_an_object(desk: Desk) -> None:
    desk.write(line("first").rstrip())
    assert desk.poll() == ["first"]
    desk.write("\n" + line("second"))
    assert desk.poll() == ["second"]


def test_a_bad_line_is_rejected_with_its_number_and_reason_and_the_rest_is_read(
    desk: Desk,
) -> None:
    bad = [b"not json\n", b"[1]\n", b'{"no": "text"}\n', b'{"text": "\xff"}\n']
    bad += [line("x", channel="pigeon").encode(), line("x", sent_at="yesterday").encode()]
    desk.write(b"".join([*bad, b"\n", line("fine").encode()]))
    assert desk.poll() == ["fine"]
    reasons = [reason for reason, _ in desk.shelf.rejected]
    assert len(reasons) == 6
    assert all(f"items.jsonl:{number}" in reason for number, reason in enumerate(reasons, 1))
    assert "text: missing" in reasons[2]
    assert "unknown channel 'pigeon'" in reasons[4]
    assert desk.shelf.rejected[0][1] == b"not json"
    assert desk.poll() == []


def test_line_numbers_go_on_over_polls(desk: Desk) -> None:
    desk.write(line("one") + "\n")
    desk.poll()
    desk.write("oops\n")
    desk.poll()
    ((reason, _),) = desk.shelf.rejected
    assert "items.jsonl:3:" in reason


def test_a_file_that_became_shorter_is_read_from_its_beginning(desk: Desk) -> None:
    desk.write(line("one") + line("two"))
    desk.poll()
    desk.file.write_text(line("three"))
    assert desk.poll() == ["three"]


def test_a_file_that_was_rewritten_is_read_from_its_beginning(desk: Desk) -> None:
    desk.write(line("one"))
    desk.poll()
    desk.file.write_text(line("another") + line("and one"))
    assert desk.poll() == ["another", "and one"]


def test_a_byte_order_mark_is_skipped(desk: Desk) -> None:
    desk.write(b"\xef\xbb\xbf" + line("first").encode())
    assert desk.poll() == ["first"]


def test_a_line_beyond_all_measure_is_rejected_and_the_next_one_read(desk: Desk) -> None:
    desk.write(b'{"text": "' + b"x" * (2 * LONGEST) + b'"}\n' + line("next").encode())
    assert desk.poll() == ["next"]
    assert "too long" in desk.shelf.rejected[0][0]


def test_many_lines_come_in_several_harvests(desk: Desk) -> None:
    desk.write("".join(line(f"line {number}") for number in range(1200)))
    assert len(desk.poll()) == 1200
    assert len(desk.shelf.harvests) == 3


def test_a_file_that_is_not_there_is_unavailable(desk: Desk) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        desk.poll()
    settings = Settings(kind="replay", file=desk.file)
    assert ReplayCollector(settings, desk.clock).check()[0].level == "fail"


def test_an_item_keeps_its_own_account_and_unknown_fields(desk: Desk) -> None:
    desk.write(line("one", account="9", note="kept") + line("two"))
    desk.poll()
    first, second = (arrival.item for arrival in desk.shelf.arrivals)
    assert (first.account, first.extra) == ("9", {"note": "kept"})
    assert second.account == "replay"


# --- a recorded day -------------------------------------------------------------------------------

DAY = [
    {
        "at": 60,
        "item": {
            "id": "1",
            "channel": "x_dm",
            "account": "w",
            "text": "help",
            "author": {"account_id": "77"},
        },
    },
    {"at": 3600, "edit": {"id": "1", "channel": "x_dm", "account": "w", "text": "help please"}},
    {"at": 7200, "delete": {"id": "1", "channel": "x_dm", "account": "w"}},
]


@pytest.fixture
def day(tmp_path: Path) -> Path:
    file = tmp_path / "day.jsonl"
    file.write_text("\n".join(json.dumps(entry) for entry in DAY))
    return file


def told(replay: DayReplay, cursor: str = "") -> list[Arrival]:
    return [arrival for harvest in replay.collect(cursor) for arrival in harvest.arrivals]


def test_a_day_at_once_has_its_times_and_whole_items(day: Path) -> None:
    start = NOW - timedelta(hours=9)
    arrivals = list(DayReplay(day, start=start, clock=Hands()).arrivals())
    assert [arrival.change for arrival in arrivals] == [Change.NEW, Change.EDIT, Change.DELETE]
    assert [arrival.item.text for arrival in arrivals] == ["help", "help please", ""]
    assert {arrival.item.author.account_id for arrival in arrivals} == {"77"}
    assert arrivals[0].item.sent_at == start + timedelta(seconds=60)
    assert arrivals[1].seen_at == start + timedelta(hours=1)


def test_a_day_with_a_speed_tells_what_is_due_and_never_from_the_future(day: Path) -> None:
    clock = Hands()
    replay = DayReplay(day, start=NOW, clock=clock, speed=60)
    assert told(replay) == []
    clock.move(seconds=60)
    (first, second) = told(replay)
    assert second.item.text == "help please"
    assert max(arrival.item.sent_at for arrival in (first, second)) <= clock()
    assert told(replay, "2") == []
    clock.move(minutes=1)
    assert [arrival.change for arrival in told(replay, "2")] == [Change.DELETE]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ('{"at": "noon", "item": {"text": "x"}}', "at: must be a number"),
        ('{"at": 1}', 'must have "item"'),
        ('{"at": 1, "item": {"id": "2"}}', "item: text: missing"),
        ("[]", "not a JSON object"),
        ("{", "not valid JSON"),
    ],
)
def test_a_broken_day_names_the_line(tmp_path: Path, broken: str, said: str) -> None:
    file = tmp_path / "day.jsonl"
    file.write_text(f"{json.dumps(DAY[0])}\n{broken}\n")
    with pytest.raises(BadInput, match=said) as raised:
        DayReplay(file, start=NOW, clock=Hands())
    assert "day.jsonl:2" in raised.value.where


def test_the_demo_day_can_be_replayed() -> None:
    file = Path(console.__file__).parent / "demo" / "day.jsonl"
    replay = DayReplay(file, start=NOW - timedelta(days=1), clock=Hands())
    changes = {arrival.change for arrival in replay.arrivals()}
    assert changes == set(Change)
    assert len(replay) > 500
    assert replay.seconds <= 86_400
