"""The rota of a running service: files that are read again when they change."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from config.rota import RotaFile, read_rota
from config.settings import Settings
from triage.errors import BadSettings
from triage.ports import Store
from triage.rota import Duty, Rota, Turn, gaps_of, in_order, officer_of

log = logging.getLogger("firstcontact.rota")

UNREADABLE = "rota:unreadable"
GAP = "rota:gap:"
SOON = timedelta(hours=12)
"""People hear of a gap so long before it is there."""

WEEK = timedelta(days=7)

Mark = tuple[int, int, int]
"""What tells one state of a file from another: when it was written, how long it is, which it is."""


@dataclass(slots=True)
class _Kept:
    """A file as it was read last, and what was wrong with it since."""

    mark: Mark | None = None
    read: RotaFile | None = None
    problem: str = ""


class RotaFiles:
    """`triage.rota.Rota` over files. What cannot be read any more is as it was read last."""

    def __init__(self, paths: Sequence[Path], zone: tzinfo) -> None:
        self._zone = zone
        self._files = {path: _Kept() for path in paths}
        self._lock = threading.Lock()

    @property
    def kept(self) -> bool:
        """Whether a rota is set."""
        return bool(self._files)

    @property
    def zone(self) -> tzinfo:
        """Where its times are meant."""
        return self._zone

    @property
    def problems(self) -> list[str]:
        """What is wrong with the files as they are, each with its file and line."""
        return [each.problem for each in self._current() if each.problem]

    @property
    def passed_over(self) -> list[str]:
        """Entries of calendars that are no turn of duty."""
        return [name for each in self._current() if each.read for name in each.read.passed_over]

    def turns(self, start: datetime, end: datetime) -> Sequence[Turn]:
        """Every turn that covers some of the time, in order."""
        return in_order(
            turn for each in self._current() if each.read for turn in self._of(each, start, end)
        )

    def _of(self, file: _Kept, start: datetime, end: datetime) -> Sequence[Turn]:
        assert file.read is not None
        try:
            return file.read.turns(start, end)
        except Exception as error:  # noqa: BLE001 - an escalation must go out whatever a file holds
            log.error("a rota file broke", extra={"error": type(error).__name__})
            file.problem = f"a rota file cannot be worked out: {type(error).__name__}"
            return ()

    def _current(self) -> list[_Kept]:
        """All files, those that changed read again."""
        with self._lock:
            for path, file in self._files.items():
                mark = _mark(path)
                if mark != file.mark or mark is None:
                    file.mark = mark
                    self._read(path, file)
            return list(self._files.values())

    def _read(self, path: Path, file: _Kept) -> None:
        try:
            file.read, file.problem = read_rota(path, self._zone), ""
        except BadSettings as error:
            file.problem = str(error)


def _mark(path: Path) -> Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def rota_files(settings: Settings) -> RotaFiles:
    """The rota that the settings name."""
    return RotaFiles(settings.escalation.rota, ZoneInfo(settings.desk.timezone))


# --- what people must hear about it ---------------------------------------------------------------


class RotaWatch:
    """Raises alarms about a rota that cannot be read, or that soon leaves a duty to nobody."""

    def __init__(
        self,
        rota: RotaFiles,
        *,
        alarm: Callable[[str, str, int], None],
        over: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._rota = rota
        self._alarm = alarm
        self._over = over
        self._clock = clock

    def look(self) -> None:
        """Look once."""
        if not self._rota.kept:
            for key in (UNREADABLE, *(f"{GAP}{duty.value}" for duty in Duty)):
                self._over(key)  # of a rota there was
            return
        problems = self._rota.problems
        if problems:
            self._alarm(UNREADABLE, f"The rota as it was before stays in force. {problems[0]}", 2)
        else:
            self._over(UNREADABLE)
        now = self._clock()
        for duty, found in gaps_of(self._rota, now, now + SOON).items():
            if found:
                self._alarm(f"{GAP}{duty.value}", gap_words(duty, found[0], self._rota.zone), 2)
            else:
                self._over(f"{GAP}{duty.value}")


def gap_words(duty: Duty, gap: tuple[datetime, datetime], zone: tzinfo) -> str:
    """A gap as people are told of it."""
    start, end = (moment.astimezone(zone) for moment in gap)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a} {end.day} {end:%b %H:%M}"
    when = f"{start:%a} {start.day} {start:%b %H:%M} to {until}"
    return f"Nobody is on call as {duty.words}, {when}"


def unknown_officers(
    rota: Rota, store: Store, start: datetime, end: datetime
) -> Iterator[tuple[str, str]]:
    """Who has a turn and is no officer here: name, and where it stands."""
    known = store.officers()
    once = {each.who: each.place for each in rota.turns(start, end)}
    for who, place in once.items():
        if officer_of(who, known) is None:
            yield who, place


def examined(rota: RotaFiles, store: Store, now: datetime) -> str:
    """What `firstcontact doctor` says of a rota that is well.

    Raises:
        BadSettings: it cannot be read, leaves gaps in the next seven days, or names somebody who
            is no officer here.
    """
    ends = now + WEEK
    found = [*rota.problems]
    for duty, empty in gaps_of(rota, now, ends).items():
        if empty:
            more = f" (and {len(empty) - 1} more gaps)" if len(empty) > 1 else ""
            found.append(f"{gap_words(duty, empty[0], rota.zone)}{more}")
    for who, place in unknown_officers(rota, store, now, ends):
        found.append(f"{place}: {who}: no such officer; `firstcontact officers add` adds one")
    if found:
        raise BadSettings("; ".join(found))
    passed = rota.passed_over
    text = "the next seven days are filled, with officers who are known"
    return f"{text}; no turn of duty: {', '.join(passed[:3])}" if passed else text
