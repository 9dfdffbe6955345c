"""What staff hear about the service itself, and when it is over."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from console.lastword import LastWord
from console.schedule import Schedule
from console.service import Patience
from console.watch import Watch
from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock, wait_for
from tests.stores import a_post, an_item, an_open_case, settle, take, triaged
from triage.errors import Unauthorised
from triage.flow import BROKE_ALARM, Desk
from triage.model import Alarm, Author, Case, Harvest, Link, Outgoing, Quota
from triage.ports import Reading
from triage.scenes import scene_of

X, HOOK = "x:westbridge", "webhook:webchat"
SOURCES = {X: timedelta(seconds=60), HOOK: None}


@pytest.fixture
def store(clock: SteppingClock) -> Iterator[SqlStore]:
    kept = memory_store(clock=clock)
    yield kept
    kept.close()


@pytest.fixture
def watch(store: SqlStore, clock: SteppingClock) -> Watch:
    def alarm(key: str, text: str, severity: int) -> None:
        store.raise_alarm(Alarm(key=key, text=text, raised_at=clock(), severity=severity))

    desk = Desk(
        store=store,
        classifier=NoClassifier(),
        linker=lambda item, thread, people: Link(),
        destinations=lambda lane, tell: [f"slack:{lane.value}"],
        clock=clock,
    )
    return Watch(desk, sources=SOURCES, patience=Patience(), alarm=alarm)


class NoClassifier:
    name = "none"

    def read(self, readings: Sequence[Reading]) -> list[object]:
        raise AssertionError("nothing is read here")


def keys(store: SqlStore) -> list[str]:
    return [alarm.key for alarm in store.alarms()]


def about_reading(store: SqlStore) -> list[str]:
    return [key for key in keys(store) if "triage" in key]


def text_of(store: SqlStore, key: str) -> str:
    return next(alarm.text for alarm in store.alarms() if alarm.key == key)


def spend(store: SqlStore, clock: SteppingClock, cents_left: int) -> None:
    """A poll of X that says what is left of a day's budget of five dollars."""
    midnight = (clock() + timedelta(days=1)).replace(hour=0, minute=0)
    quota = Quota(name="budget_cents", remaining=cents_left, limit=500, resets_at=midnight)
    read = Harvest(arrivals=(), cursor="c", quotas=(quota,))
    store.poll_succeeded(X, items=0, harvest=read, now=clock())


def test_people_are_told_of_a_budget_before_it_is_spent_and_when_it_is(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    spend(store, clock, 101)
    watch.look()
    assert keys(store) == []
    spend(store, clock, 100)
    watch.look()
    assert keys(store) == [f"budget:{X}"]
    spend(store, clock, -3)
    watch.look()
    assert keys(store) == [f"overspent:{X}"]
    assert "direct messages go on" in text_of(store, f"overspent:{X}")


def test_the_next_day_has_a_budget_of_its_own(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    spend(store, clock, 0)
    watch.look()
    clock.step(days=1)
    watch.look()
    assert f"overspent:{X}" not in keys(store)


def test_a_source_that_is_neither_read_nor_failing_is_late(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    store.poll_succeeded(X, items=0, harvest=None, now=clock())
    clock.step(minutes=4)
    watch.look()
    assert keys(store) == []
    clock.step(minutes=2)
    watch.look()
    assert keys(store) == [f"late:{X}"]
    assert "not read since 23 Nov 09:41 UTC" in store.alarms()[0].text
    store.poll_succeeded(X, items=0, harvest=None, now=clock())
    watch.look()
    assert keys(store) == []


def test_a_source_that_was_never_read_is_late_too(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    clock.step(minutes=6)
    watch.look()
    assert store.alarms()[0].text.startswith(f"{X} was not read at all")


def test_after_a_night_without_the_service_no_source_is_late_at_once(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    store.poll_succeeded(X, items=0, harvest=None, now=clock())
    clock.step(hours=9)
    watch.begin()
    watch.look()
    assert keys(store) == []


def test_a_failing_source_has_its_own_alarm_and_is_not_called_late(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    store.poll_failed(X, error="x: 503", now=clock())
    clock.step(hours=1)
    watch.look()
    assert keys(store) == []


def test_a_web_chat_that_goes_silent_raises_an_alarm(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    for _ in range(3):
        store.poll_succeeded(HOOK, items=1, harvest=None, now=clock())
        store.poll_succeeded(X, items=0, harvest=None, now=clock())
        clock.step(minutes=5)
    clock.step(hours=1)
    watch.begin()
    watch.look()
    assert keys(store) == [f"silent:{HOOK}"]


def test_a_part_found_bad_twice_is_an_alarm_until_it_is_well(watch: Watch, store: SqlStore) -> None:
    well: list[bool] = []
    watch.probe("presses:slack", "buttons in Slack do not work", lambda: bool(well))
    watch.look()
    assert keys(store) == []
    watch.look()
    assert keys(store) == ["presses:slack"]
    well.append(True)
    watch.look()
    assert keys(store) == []


def test_alarms_about_what_is_no_longer_there_end_with_a_restart(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    stands = [f"collector:{X}", "sink:slack:desk", "classifier:down", f"rejected:{HOOK}"]
    gone = ["collector:x:old", "sink:slack:C0WRONG", "job:beat", "presses:slack", "silent:x:old"]
    for key in (*stands, *gone):
        store.raise_alarm(Alarm(key=key, text=key, raised_at=clock()))
    watch.begin()
    assert sorted(keys(store)) == sorted(stands)


def test_entries_that_could_not_be_read_are_told_anew_to_the_next_shift(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    store.raise_alarm(Alarm(key=f"rejected:{HOOK}", text="1 unreadable", raised_at=clock()))
    clock.step(hours=11)
    watch.begin()
    watch.look()
    assert keys(store) == [f"rejected:{HOOK}"]
    clock.step(hours=2)
    watch.begin()
    watch.look()
    assert keys(store) == []


# --- what is stored and not read ------------------------------------------------------------------


def test_private_messages_not_read_for_two_minutes_are_an_alarm_until_they_are(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    take(store, an_item(1), an_item(2), now=clock())
    clock.step(minutes=1, seconds=59)
    watch.look()
    assert about_reading(store) == []
    clock.step(seconds=1)
    watch.look()
    (alarm,) = store.alarms()
    assert (alarm.key, alarm.severity) == ("stuck:triage", 1)
    assert alarm.text == (
        "2 messages are stored and not read by the service since 09:41 UTC: "
        "open the console's unread list"
    )
    settle(store)
    watch.look()
    assert about_reading(store) == []


def test_public_posts_not_read_for_ten_minutes_are_an_alarm(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    take(store, a_post(1), now=clock())
    clock.step(minutes=9)
    watch.look()
    assert about_reading(store) == []
    clock.step(minutes=1)
    watch.look()
    assert text_of(store, "stuck:triage").startswith("1 message is stored and not read by")


def test_an_alarm_of_yesterday_names_the_day(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    take(store, an_item(1), now=clock())
    clock.step(days=1)
    watch.look()
    assert "since 23 Nov 09:41 UTC" in text_of(store, "stuck:triage")


def test_an_old_item_whose_text_changed_just_now_is_no_alarm_yet(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    an_open_case(store, an_item(1))
    clock.step(days=1)
    take(store, an_item(1, "other words"), now=clock())
    watch.look()
    assert about_reading(store) == []
    clock.step(minutes=2)
    watch.look()
    assert about_reading(store) == ["stuck:triage"]


def test_what_broke_on_one_item_is_told_anew_to_the_next_shift(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    store.raise_alarm(Alarm(key=BROKE_ALARM, text="it broke", raised_at=clock()))
    watch.look()
    assert about_reading(store) == [BROKE_ALARM]
    clock.step(hours=13)
    watch.look()
    assert about_reading(store) == []


# --- jobs -----------------------------------------------------------------------------------------


def test_a_job_that_failed_and_works_again_is_said_to_be_mended() -> None:
    told: list[str] = []
    broken = threading.Event()
    broken.set()

    def job() -> None:
        if broken.is_set():
            raise ValueError("07700 900123 is in this message")

    schedule = Schedule(
        on_error=lambda name, error: told.append(f"{name} failed: {error}"),
        on_mended=lambda name: told.append(f"{name} mended"),
    )
    schedule.every(0.05, "clocks", job)
    schedule.start()
    assert wait_for(lambda: len(told) >= 2)
    broken.clear()
    assert wait_for(lambda: "clocks mended" in told)
    time.sleep(0.2)
    schedule.stop()
    assert told[0] == "clocks failed: internal error: ValueError"
    assert told.count("clocks mended") == 1


# --- when nothing can be stored -------------------------------------------------------------------


class Chat:
    """A chat tool that keeps what it is told, or refuses it."""

    name = "slack"

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.told: list[tuple[str, str]] = []

    def post(self, message: Outgoing, case: Case | None, *, now: object) -> str:
        if self.refuses:
            raise Unauthorised("token is dead")
        self.told.append((message.destination, message.body))
        return "1"

    def edit(self, message: Outgoing, case: Case, *, now: object) -> None:
        raise AssertionError("a last word is never edited")

    def find(self, message: Outgoing) -> str:
        raise AssertionError("a last word is never looked up")


def test_when_nothing_can_be_stored_for_a_minute_people_are_told_without_the_database(
    clock: SteppingClock,
) -> None:
    dead, chat = Chat(refuses=True), Chat()
    places = ["teams:desk", "slack:C01"]
    last = LastWord({"teams": dead, "slack": chat}, lambda: places, clock)
    last.cannot_store("database: connection refused")
    clock.step(seconds=59)
    last.cannot_store("database: connection refused")
    assert chat.told == []
    clock.step(seconds=2)
    last.cannot_store("database: connection refused")
    ((place, body),) = chat.told
    assert place == "slack:C01"
    assert "Nothing can be stored since 09:41 UTC" in body
    assert "watch the accounts themselves" in body


def test_a_long_outage_is_told_every_quarter_of_an_hour_and_its_end_once(
    clock: SteppingClock,
) -> None:
    chat = Chat()
    last = LastWord({"slack": chat}, lambda: ["slack:C01"], clock)
    for _ in range(20 * 60 // 2):
        last.cannot_store("database: gone")
        clock.step(seconds=2)
    assert len(chat.told) == 2
    last.can_store()
    last.can_store()
    assert len(chat.told) == 3
    assert "Storing works again" in chat.told[-1][1]


def test_a_short_trouble_is_no_news(clock: SteppingClock) -> None:
    chat = Chat()
    last = LastWord({"slack": chat}, lambda: ["slack:C01"], clock)
    last.cannot_store("database: locked")
    clock.step(seconds=50)
    last.can_store()
    clock.step(seconds=50)
    last.cannot_store("database: locked")
    last.can_store()
    assert chat.told == []


def test_many_who_tell_of_one_incident_are_told_to_the_desk_once(
    watch: Watch, store: SqlStore, clock: SteppingClock
) -> None:
    for number in range(6):
        item = a_post(
            number,
            "flames at 3 Loom Street",
            sent_at=clock(),
            author=Author(account_id=f"{number}"),
        )
        (ref,) = take(store, item, now=clock())
        (waiting,) = store.waiting(limit=1, refs=[ref])
        store.settle([replace(triaged(waiting.case), scene=scene_of(item))])
    case = store.case_by_key(*item.key)
    assert case is not None
    watch.look()
    (alarm,) = [each for each in store.alarms() if each.key.startswith("surge:")]
    assert alarm.key == f"surge:{case.incident}"
    assert alarm.text.startswith("6 people wrote about incident")
    clock.step(minutes=30)
    watch.look()
    assert alarm in store.alarms()
    clock.step(hours=2)
    watch.look()
    assert alarm not in store.alarms()
    assert store.case_by_key(*item.key) == case
