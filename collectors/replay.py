"""JSON lines from a file, once or while it grows; and a recorded day, played back.

A line is complete once its newline is there, or, at the end of the file, once it is an object.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from collectors.checks import Finding
from collectors.paging import read_cursor, write_cursor
from config.settings import ReplayCollector as Settings
from triage.errors import BadInput, Unavailable
from triage.items import parse_item, parse_line, require_public
from triage.model import Arrival, Change, Harvest, Item
from triage.ports import Clock

LINES = 500
"""Lines in one harvest."""

LONGEST = 4_000_000
"""Bytes of the longest line that is read; longer ones are rejected."""

TAIL = 64

Line = tuple[int, bytes]


@dataclass(slots=True, kw_only=True)
class _Place:
    """How far a file was read. `tail` tells whether what was read is still what stands there."""

    offset: int = 0
    line: int = 0
    tail: str = ""


class ReplayCollector:
    """A file of items as JSON lines (see `triage.ports.Collector`)."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """Items of the lines after the cursor; a bad line is rejected with its number and reason.

        A file that became shorter or was rewritten is read from its beginning.

        Raises:
            Unavailable: the file cannot be read.
        """
        try:
            with self._settings.file.open("rb") as file:
                place = self._place(file, cursor)
                while lines := _lines(file, place):
                    yield self._harvest(lines, place)
        except OSError as error:
            raise Unavailable(f"{self.name}: {self._settings.file}: {error.strerror}") from error

    def check(self) -> list[Finding]:
        """Whether the file can be read."""
        file = self._settings.file
        if file.is_file():
            return [Finding(level="ok", text=f"{self.name}: {file} is there")]
        return [Finding(level="fail", text=f"{self.name}: {file} is not there")]

    def _place(self, file: BinaryIO, cursor: str) -> _Place:
        try:
            place = _Place(**read_cursor(cursor, self.name))
        except TypeError:
            place = _Place()
        if place.tail != _tail(file, place.offset):
            place = _Place()
        file.seek(place.offset)
        if not place.offset and file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        return place

    def _harvest(self, lines: list[Line], place: _Place) -> Harvest:
        arrivals: list[Arrival] = []
        rejected: list[tuple[str, bytes]] = []
        for number, line in lines:
            try:
                arrivals.append(self._arrival(number, line))
            except BadInput as error:
                rejected.append((str(error), line))
        return Harvest(
            arrivals=tuple(arrivals),
            cursor=write_cursor({"offset": place.offset, "line": place.line, "tail": place.tail}),
            rejected=tuple(rejected),
        )

    def _arrival(self, number: int, line: bytes) -> Arrival:
        now, where = self._clock(), f"{self._settings.file}:{number}"
        if len(line) > LONGEST:
            raise BadInput(where, "the line is too long")
        item = require_public(parse_line(line, where, now=now), where)
        item = replace(
            item,
            account=item.account or self._settings.account,
            sent_at=min(item.sent_at, now),
        )
        return Arrival(item=item, payload=line, seen_at=now)


def _lines(file: BinaryIO, place: _Place) -> list[Line]:
    """The next complete lines that are not blank, with their numbers; moves `place` on."""
    found: list[Line] = []
    moved = False
    while len(found) < LINES:
        line = _whole_line(file)
        if not line:
            break
        place.line += 1
        moved = True
        if line.strip():
            found.append((place.line, line.rstrip(b"\r\n")))
    if moved:
        place.offset = file.tell()
        place.tail = _tail(file, place.offset)
        file.seek(place.offset)
    return found


def _whole_line(file: BinaryIO) -> bytes:
    """A complete line, or b"" (and the file stays where it was)."""
    start = file.tell()
    line = file.readline(LONGEST + 1)
    if line.endswith(b"\n"):
        return line
    if len(line) > LONGEST:
        return line + _rest(file)
    if _is_object(line):
        return line
    file.seek(start)
    return b""


def _rest(file: BinaryIO) -> bytes:
    """Skip what is left of a line that is too long."""
    while (part := file.readline(LONGEST)) and not part.endswith(b"\n"):
        pass
    return b""


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _tail(file: BinaryIO, offset: int) -> str:
    """A digest of the last bytes before an offset; a shorter file gives another one."""
    if not offset:
        return ""
    start = max(0, offset - TAIL)
    file.seek(start)
    read = file.read(offset - start)
    return blake2b(read, digest_size=8).hexdigest() if len(read) == offset - start else "shorter"


# --- a recorded day -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    at: float
    line: bytes
    item: Item
    change: Change


Seen = dict[tuple[str, str, str], Item]
"""Items by key, so that edits and deletions, which name only the key, become whole items."""


class DayReplay:
    """A day of `{"at": seconds, "item" | "edit" | "delete": …}` lines, told as arrivals.

    `sent_at` is `start` plus `at`, never in the future. With a `speed` an entry is due when
    `speed` times the seconds since `start` have reached its `at`; without, all are due at once.
    It is a `triage.ports.Collector` too: `collect` yields what is due after the cursor.

    Raises:
        BadInput: names file, line and field.
        Unavailable: the file cannot be read.
    """

    def __init__(
        self, file: Path, *, start: datetime, clock: Clock, speed: float | None = None
    ) -> None:
        self.name = f"replay:{file.stem}"
        self._clock = clock
        self._start = start
        self._speed = speed
        try:
            lines = file.read_bytes().splitlines()
        except OSError as error:
            raise Unavailable(f"{self.name}: {file}: {error.strerror}") from error
        self._entries = sorted(_entries(lines, str(file), start=start), key=lambda entry: entry.at)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def seconds(self) -> float:
        """How long the day is, in its own time."""
        return self._entries[-1].at if self._entries else 0.0

    def arrivals(self) -> Iterator[Arrival]:
        """Every entry in order, due or not."""
        for entry in self._entries:
            yield self._arrival(entry)

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """What is due and was not told yet, in harvests of up to 500."""
        done = int(cursor) if cursor.isdecimal() else 0
        due = self._due()
        while done < due:
            upto = min(due, done + LINES)
            told = tuple(self._arrival(entry) for entry in self._entries[done:upto])
            yield Harvest(arrivals=told, cursor=str(upto))
            done = upto

    def _due(self) -> int:
        if self._speed is None:
            return len(self._entries)
        elapsed = (self._clock() - self._start).total_seconds() * self._speed
        return sum(entry.at <= elapsed for entry in self._entries)

    def _arrival(self, entry: _Entry) -> Arrival:
        now = self._clock()
        item = replace(entry.item, sent_at=min(entry.item.sent_at, now))
        seen = min(self._start + timedelta(seconds=entry.at), now)
        return Arrival(item=item, payload=entry.line, change=entry.change, seen_at=seen)


def _entries(lines: Iterable[bytes], file: str, *, start: datetime) -> Iterator[_Entry]:
    seen: Seen = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _entry(line, f"{file}:{number}", start, seen)


def _entry(line: bytes, where: str, start: datetime, seen: Seen) -> _Entry:
    raw = _object(line, where)
    at = raw.get("at")
    if not isinstance(at, int | float) or isinstance(at, bool):
        raise BadInput(f"{where}: at", "must be a number of seconds")
    when = start + timedelta(seconds=at)
    for kind, change in (("item", Change.NEW), ("edit", Change.EDIT), ("delete", Change.DELETE)):
        if isinstance(raw.get(kind), dict):
            item = _item(raw[kind], change, f"{where}: {kind}", when, seen)
            seen[item.key] = item
            return _Entry(at=at, line=line, item=item, change=change)
    raise BadInput(where, 'must have "item", "edit" or "delete"')


def _item(raw: dict[str, Any], change: Change, where: str, when: datetime, seen: Seen) -> Item:
    """A new item, or the item an edit or deletion names, with its new text."""
    named = {"text": "", **raw, "sent_at": when.isoformat()}
    item = require_public(parse_item(named, where, now=when), where)
    if change is Change.NEW:
        if "text" not in raw:
            raise BadInput(f"{where}: text", "missing")
        return item
    before = seen.get(item.key)
    return item if before is None else replace(before, text=item.text)


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise BadInput(where, "not a JSON object")
    return raw
