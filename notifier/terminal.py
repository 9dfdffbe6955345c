"""Cards on a terminal: colour by priority, but the word and the number always."""

import threading
from collections.abc import Mapping
from datetime import datetime

from rich.console import Console, Group
from rich.text import Text

from config.settings import TerminalSink as Settings
from notifier.card import Card, CardContext, card_of
from notifier.notices import Notice, notice_of
from triage.model import Case, Outgoing, Priority

COLOURS: Mapping[Priority | None, str] = {
    Priority.P1: "bold white on red",
    Priority.P2: "bold red",
    Priority.P3: "bold yellow",
    Priority.P4: "cyan",
    Priority.P5: "dim",
    None: "bold",
}
WIDTH = 80
BAR = "▌ "


class TerminalSink:
    """Prints cards, and one line for each change. Implements `triage.ports.Sink`.

    A terminal is never a restricted place: cards carry no content. Give it the `Console` of a
    progress bar and cards appear above the bar.
    """

    def __init__(
        self, settings: Settings, context: CardContext, console: Console | None = None
    ) -> None:
        self.name = settings.name
        self._context = context
        self._console = console or terminal_console()
        self._lock = threading.Lock()

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Print the card, or the notice in `message.body`; its key is the external id."""
        width = min(self._console.width, WIDTH)
        if message.body or case is None:
            notice = notice_of(message.body, self._context, ref=message.case_ref)
            self._print(notice_text(notice, width=width))
        else:
            card = card_of(case, self._context, level=0, now=now)
            self._print(card_text(card, width=width))
        return message.key

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """Print what changed in one line: a terminal cannot be written to twice."""
        if message.body or case is None:
            self.post(message, None, now=now)
            return
        card = card_of(case, self._context, level=0, now=now)
        line = Text(f"{card.ref} · {_short(card)} · {card.state}", style="dim")
        self._print(_barred([line], "dim", min(self._console.width, WIDTH), end=False))

    def find(self, message: Outgoing) -> str:
        """A terminal cannot be searched."""
        return ""

    def _print(self, what: Group) -> None:
        with self._lock:
            self._console.print(what, highlight=False)


def terminal_console() -> Console:
    """Standard output; 80 columns wide where it is not a terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def card_text(card: Card, *, width: int) -> Group:
    """The card as lines no wider than `width`, each behind a bar in the priority's colour."""
    head = _head(card.header, card.ref, width - len(BAR))
    colour = COLOURS[card.priority]
    lines = [Text(line, style=colour) for line in head]
    lines += [Text(line) for line in (*card.lines, card.url)]
    lines.append(Text(card.state, style="bold"))
    return _barred(lines, colour, width)


def notice_text(notice: Notice, *, width: int) -> Group:
    """A notice as lines: title, text, whom it calls, and where to look."""
    lines = [Text(notice.title, style="bold"), *map(Text, (notice.text, *notice.lines))]
    if notice.to:
        lines.append(Text(f"For {notice.names}"))
    if notice.label:
        lines.append(Text(notice.url))
    return _barred(lines, "bold magenta", width)


def _head(header: str, ref: str, width: int) -> list[str]:
    gap = width - len(header) - len(ref)
    return [header + " " * gap + ref] if gap > 1 else [header, ref]


def _barred(lines: list[Text], colour: str, width: int, *, end: bool = True) -> Group:
    wrapped = [
        part
        for line in lines
        for part in line.wrap(Console(width=width), width - len(BAR), overflow="fold")
    ]
    bar_colour = "red" if "on red" in colour else colour
    barred = [Text.assemble((BAR, bar_colour), part) for part in wrapped]
    return Group(*barred, Text()) if end else Group(*barred)


def _short(card: Card) -> str:
    return f"{card.priority.name} {card.priority.word}" if card.priority else "not yet graded"
