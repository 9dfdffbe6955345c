"""Plays the demo day through the whole service."""

import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from config.settings import Settings
from console.demo import day
from console.demo.colleagues import KHAN, OYELARAN, Colleagues
from console.demo.summary import Summary, print_summary
from console.opening import accounts_of
from console.rightofway import Haste
from console.runtime import assemble
from console.service import Service
from console.stopping import stop_on_signal
from console.wiring import build_service, build_sink, card_context, open_store, utc_now
from storage.store import SqlStore
from triage.identifiers import keys_of
from triage.model import Arrival, Case, Harvest, Officer, Outgoing, Priority, Role
from triage.ports import Sink

SOURCE = "replay:demo"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def play(*, once: bool, folder: Path | None, bind: str, minutes: float) -> None:
    """Play the day: all at once with a summary, or over `minutes` with the console open."""
    folder = folder or Path(tempfile.mkdtemp(prefix="firstcontact-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    settings = demo_settings(folder, bind)
    if once:
        play_once(settings)
    else:
        play_live(settings, minutes)


def demo_settings(folder: Path, bind: str) -> Settings:
    """Embedded defaults: SQLite in a folder, cards on the terminal, the console on loopback."""
    return Settings.model_validate(
        {
            "desk": {"name": "Westbridge Police"},
            "storage": {"url": f"sqlite:///{folder / 'firstcontact.db'}"},
            "sink": [{"kind": "terminal", "per_second": 1_000_000}],
            "console": {"bind": bind, "public_url": f"http://{bind}", "secure_cookies": False},
            "engine": {"node": "demo"},
        }
    )


class UrgentOnly:
    """Prints the cards somebody must see now; the others are in the console and the counts."""

    def __init__(self, inner: Sink, least: Priority) -> None:
        self.name = inner.name
        self._inner = inner
        self._least = least

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Print, or only say that it was taken."""
        if message.urgency > self._least:
            return message.key
        return self._inner.post(message, case, now=now)

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """A terminal cannot take back what it printed."""

    def find(self, message: Outgoing) -> str:
        """A terminal cannot be searched."""
        return ""


def _terminal(settings: Settings, store: SqlStore, screen: Console, least: Priority) -> Sink:
    inner = build_sink(settings.sink[0], card_context(settings, store), utc_now, screen=screen)
    return UrgentOnly(inner, least)


# --- all at once ----------------------------------------------------------------------------------


class DayClock:
    """The time of the invented day."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """The present moment of the day."""
        return self.now


class InTurn:
    """Does at once what the engine would queue, so that a replay comes out the same each time."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        """Triage now."""
        self._service.triage(refs)

    def deliver(self, keys: Sequence[str]) -> None:
        """Send now."""
        self._service.deliver(keys)

    def drain(self) -> None:
        """Send all now."""
        self._service.drain()


def play_once(settings: Settings) -> None:
    """Process the whole day on its own clock and print what came of it."""
    screen = Console(highlight=False)
    clock = DayClock(day.MIDNIGHT)
    store = open_store(settings, clock=clock)
    _load_people(store, clock())
    sink = _terminal(settings, store, screen, Priority.P1)
    service = build_service(settings, store, clock=clock, sinks={sink.name: sink})
    service.attach(InTurn(service))
    colleagues = Colleagues(service.desk)
    began = time.perf_counter()
    summary = Summary()
    for minute, arrivals in _by_minute(list(day.events())):
        clock.now = day.MIDNIGHT + minute
        _take(service, arrivals, clock.now, summary)
        service.tick()
        colleagues.work(clock.now)
        service.drain()
    summary.seconds = time.perf_counter() - began
    summary.claimed, summary.closed = colleagues.claimed, colleagues.closed
    print_summary(screen, summary, store)
    store.close()


def _by_minute(
    events: Sequence[tuple[timedelta, Arrival]],
) -> Iterator[tuple[timedelta, list[Arrival]]]:
    """Every minute of the day with what was collected in it, to the last."""
    end = max(DAY, events[-1][0] + MINUTE)
    minute, at = MINUTE, 0
    while minute <= end:
        until = at
        while until < len(events) and events[until][0] <= minute:
            until += 1
        yield minute, [arrival for _, arrival in events[at:until]]
        minute, at = minute + MINUTE, until


def _take(service: Service, arrivals: Sequence[Arrival], now: datetime, summary: Summary) -> None:
    if not arrivals:
        return
    harvest = Harvest(arrivals=tuple(arrivals), cursor=now.isoformat())
    taken = service.take_in(SOURCE, harvest)
    summary.new += taken.new
    summary.changed += taken.changed
    summary.deleted += taken.deleted


def _load_people(store: SqlStore, now: datetime) -> None:
    with day.files().joinpath("records.jsonl").open("rb") as lines:
        store.import_records(lines, keys_of=keys_of, now=now, name="records.jsonl")
    with day.files().joinpath("prior_links.jsonl").open("rb") as lines:
        store.import_prior_links(lines, now=now, name="prior_links.jsonl")
    for officer in (KHAN, OYELARAN):
        store.save_officer(officer)


# --- live -----------------------------------------------------------------------------------------


def play_live(settings: Settings, minutes: float) -> None:
    """Replay the day over `minutes` with the console open, until Ctrl-C."""
    screen = Console(highlight=False)
    store = open_store(settings)
    _load_people(store, datetime.now(UTC))
    sink = _terminal(settings, store, screen, Priority.P2)
    service = build_service(settings, store, sinks={sink.name: sink})
    app = assemble(settings, store, service)
    stopping = stop_on_signal()
    app.start()
    _welcome(screen, settings, store)
    player = threading.Thread(
        target=_feed, args=(service, screen, minutes, stopping), name="replay", daemon=True
    )
    player.start()
    stopping.wait()
    screen.print("Stopping …")
    player.join(timeout=5)
    app.stop()


def _welcome(screen: Console, settings: Settings, store: SqlStore) -> None:
    officer = Officer(
        id="you", name="Officer You", roles=frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ADMIN})
    )
    store.save_officer(officer)
    accounts = accounts_of(store, settings)
    password = secrets.token_urlsafe(9)
    accounts.set_password(officer.id, password)
    link = f"{settings.console.public_url}/login/once?token={accounts.sign_in_link(officer.id)}"
    screen.print()
    screen.print(f"[bold]{settings.desk.name}[/]: an invented day is being replayed.")
    screen.print(
        f"Console   {settings.console.public_url}   user [bold]you[/], password {password}"
    )
    screen.print(Text(f"Sign in   {link}"), soft_wrap=True)
    screen.print("Stop      Ctrl-C\n")


def _feed(service: Service, screen: Console, minutes: float, stopping: threading.Event) -> None:
    """Hand in what the day brings, faster than it did, and show how far it is."""
    speed = DAY.total_seconds() / (minutes * 60)
    began = datetime.now(UTC)
    events = list(day.events())
    columns = (
        TextColumn("{task.fields[clock]}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TextColumn("{task.fields[open]}"),
    )
    with Progress(*columns, console=screen, refresh_per_second=2) as progress:
        bar = progress.add_task("day", total=len(events), clock="00:00", open="")
        for at, arrival in events:
            due = began + at / speed
            if stopping.wait(max(0.0, (due - datetime.now(UTC)).total_seconds())):
                return
            _hand_in(service, arrival)
            clock = str(at).split(".", maxsplit=1)[0]
            progress.update(bar, advance=1, clock=clock, open=_open(service))
    screen.print("The day is over; the desk is yours.")


def _hand_in(service: Service, arrival: Arrival) -> None:
    """As if it were sent now: the clocks of the desk are real."""
    now = datetime.now(UTC)
    fresh = replace(arrival, item=replace(arrival.item, sent_at=now), seen_at=now)
    service.take_in(SOURCE, Harvest(arrivals=(fresh,), cursor=now.isoformat()))


def _open(service: Service) -> str:
    counts = service.desk.store.counts()
    return "  ".join(f"P{number} {counts.get(f'priority:{number}', 0)}" for number in range(1, 6))
