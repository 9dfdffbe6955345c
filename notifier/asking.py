"""What an officer asks for in words, and what they are told: the same in every chat tool.

`/fc queue` in Slack and `queue` to the bot in Teams are one question. The tools parse and show;
the composition root answers (`console/homes.py`).
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifier.home import Home, Section
from notifier.press import Answer, Answering, Press, valid_ref
from triage.errors import FirstContactError
from triage.model import Attachment, Case

log = logging.getLogger("firstcontact.notifier.asking")


class Word(StrEnum):
    """The words we know. A reference alone asks for its card."""

    HOME = "home"
    QUEUE = "queue"
    NEXT = "next"
    ITEM = "item"
    STATS = "stats"
    HELP = "help"


HELP = (
    "queue: what nobody has claimed, the most urgent first",
    "next: the most urgent item you can take; you claim it with its button",
    "FC-26-1123-0041: the card of that item",
    "stats: how many items stand where, what is late, how fast they were claimed today",
    "help: this list",
)

_SPACES = re.compile(r"\s+")
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of somebody in a chat tool. Who they are is for the domain to say.

    `place` is where it was asked: what its lanes allow is what may be shown there. `known` says
    whether the words were understood. `on_home` wants the answer on the asker's home, with `note`
    (what became of a press) above it.
    """

    word: Word
    tool: str
    asked_at: datetime
    ref: str = ""
    slack_id: str = ""
    teams_id: str = ""
    place: str = ""
    known: bool = True
    on_home: bool = False
    note: str = ""

    @property
    def account(self) -> str:
        """Who asks, in the tool's terms."""
        return self.slack_id or self.teams_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer, for the asker's eyes alone. `case` is shown as its card, above `sections`."""

    text: str = ""
    refused: bool = False
    sections: tuple[Section, ...] = ()
    case: Case | None = None
    home: Home | None = None


Telling = Callable[[Asked], Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """A message that a member of staff sends to the desk out of their chat.

    `id` is the message's own in its tool, so that sending it twice makes one item. `sent_at` is
    when it was written there. `ours` is a card or notice of our own: that is on the desk already.
    """

    id: str
    tool: str
    sink: str
    text: str
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()
    slack_id: str = ""
    teams_id: str = ""
    payload: bytes = b""
    ours: bool = False


PassingOn = Callable[[PassedOn], Told]


def answered(ask: Callable[[], Told]) -> Told:
    """An answer, whatever breaks on the way: whoever asked must hear that it did not work."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - as above
        return Told(text=_broken(error), refused=True)


def decided(answering: Answering, press: Press) -> Answer:
    """What became of a press on a home or an answer, whatever breaks on the way."""
    try:
        return answering(press)
    except Exception as error:  # noqa: BLE001 - as above
        return Answer(text=_broken(error), refused=True)


def _broken(error: Exception) -> str:
    """What people are told. Only our own errors are written for them; others may hold content."""
    if isinstance(error, FirstContactError):
        return str(error)
    log.error("an answer broke: %s", type(error).__name__)
    return "That did not work. Please use the console."


def words_of(text: str) -> tuple[Word, str, bool]:
    """What some words ask for: the word, a reference, and whether they were understood."""
    said = _SPACES.sub(" ", text[:LONGEST_WORDS]).strip().lower()
    ref = valid_ref(said.upper())
    if ref:
        return Word.ITEM, ref, True
    if said in set(Word) - {Word.ITEM}:
        return Word(said), "", True
    if said.startswith("item ") and (ref := valid_ref(said[5:].upper())):
        return Word.ITEM, ref, True
    return Word.HELP, "", not said
