"""What all commands share: the configuration option, lines in, JSON out, one clear error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TextIO

import typer

from triage.errors import BadInput
from triage.items import parse_line
from triage.model import Item

if TYPE_CHECKING:
    from config.settings import Settings
    from triage.recordbook import RecordBook

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; else FIRSTCONTACT_CONFIG, else defaults."),
]
ItemsFile = Annotated[Path, typer.Argument(help="JSON lines, one item each; - for standard input.")]

CHUNK = 64


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def settings_of(config: Path | None) -> "Settings":
    """The settings of a command."""
    from config.settings import load

    return load(config)


def fail(message: str) -> None:
    """One clear line on standard error."""
    sys.stderr.write(f"firstcontact: {message}\n")


def say(message: str) -> None:
    """One line of progress on standard error."""
    sys.stderr.write(f"{message}\n")


def emit(value: dict[str, Any]) -> None:
    """One JSON line on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def one_standard_input(*files: Path | None) -> None:
    """Refuse `-` for two files of one command: the second would find nothing there.

    Raises:
        typer.BadParameter: wrong usage, exit code 2.
    """
    if sum(str(file) == "-" for file in files) > 1:
        raise typer.BadParameter("only one file can be - (standard input)")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file for reading, `-` being standard input.

    Raises:
        BadInput: names the file.
    """
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise BadInput(str(path), f"cannot be read: {error.strerror}") from error


@contextmanager
def created(path: Path) -> Iterator[TextIO]:
    """A new file for text. What a colleague wrote earlier is never overwritten.

    Raises:
        BadInput: names the file.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise BadInput(str(path), f"cannot be written: {error.strerror}") from error


def people_of(records: Path | None, prior_links: Path | None) -> "RecordBook":
    """Citizen records and earlier links of files; rows that cannot be read are reported."""
    from triage.recordbook import RecordBook

    book = RecordBook.load(records, prior_links)
    for problem in book.rejected:
        fail(str(problem))
    return book


class Items:
    """Items of a file in order. A bad line is reported at once and counted; the rest goes on.

    `check` may raise BadInput about more than the shape of an item.
    """

    def __init__(self, path: Path, check: Callable[[Item], object] = lambda item: None) -> None:
        self._path = path
        self._check = check
        self.bad = 0

    def __iter__(self) -> Iterator[Item]:
        """Each readable item."""
        with opened(self._path) as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                item = self._read(line.strip(), f"{self._path}:{number}")
                if item is not None:
                    yield item

    def _read(self, line: bytes, where: str) -> Item | None:
        try:
            item = parse_line(line, where, now=now())
            self._check(item)
        except BadInput as error:
            self.bad += 1
            fail(str(error) if error.where.startswith(where) else f"{where}: {error}")
            return None
        return item

    def chunks(self, size: int = CHUNK) -> Iterator[list[Item]]:
        """The same, a few at a time."""
        chunk: list[Item] = []
        for item in self:
            chunk.append(item)
            if len(chunk) >= size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def finish(self, *, also: int = 0) -> None:
        """Exit with 1 if a line was bad, or any of `also` many bad rows elsewhere.

        Raises:
            typer.Exit: with code 1.
        """
        if self.bad or also:
            raise typer.Exit(1)


def earlier_texts(item: Item) -> tuple[str, ...]:
    """The `thread` an item line may carry: earlier texts of the same sender, oldest first."""
    thread = item.extra.get("thread")
    entries = thread if isinstance(thread, list) else [thread]
    return tuple(text for each in entries if (text := _text_of(each)))


def _text_of(entry: object) -> str:
    text = entry.get("text") if isinstance(entry, dict) else entry
    return text if isinstance(text, str) else ""
