"""A button pressed in any tool, as one value; and what the presser is answered.

The tools only parse, acknowledge and show the answer. What a press does is decided in
`triage.actions`; the composition root joins the two with `verb_of`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from notifier import card
from notifier.forms import Form
from triage.lifecycle import Verb
from triage.model import Case, require_zone
from triage.seen import UNMARKED, Seen, read_mark

VERBS: Mapping[str, Verb] = {
    card.CLAIM: Verb.CLAIM,
    card.RELEASE: Verb.RELEASE,
    card.HAND_OVER: Verb.OFFER,
    card.ACCEPT: Verb.ACCEPT,
    card.RETURN: Verb.RETURN,
    card.RESULT: Verb.RESULT,
    card.NOT_RISK: Verb.NOT_RISK,
    card.GRADE: Verb.GRADE,
    card.CORRECT: Verb.CORRECT,
    card.NOTE: Verb.NOTE,
    card.REOPEN: Verb.REOPEN,
    card.UNDO: Verb.UNDO,
    card.LINK: Verb.LINK,
    card.REJECT: Verb.REJECT,
    card.UNLINK: Verb.UNLINK,
    card.FOLLOW: Verb.FOLLOW,
    card.UNFOLLOW: Verb.UNFOLLOW,
    card.ACKNOWLEDGE: Verb.ACKNOWLEDGE,
    card.STOP_REMINDERS: Verb.STOP_REMINDERS,
}
"""Every action that changes a case. The args are those of `triage.actions.Command`."""

FILLED: Mapping[str, str] = {
    card.RESULT: "code",
    card.NOT_RISK: "reason",
    card.GRADE: "reason",
    card.CORRECT: "kind",
    card.NOTE: "text",
    card.STOP_REMINDERS: "reason",
}
"""Actions that need something typed or chosen first, and the argument that tells it was."""

SHEETS = frozenset({card.MORE, card.SHOW, card.PERSONS, card.CONSULT})
"""Actions that are answered with something to read or to choose from."""

REPLIES: Mapping[str, str] = {card.REPLY: "text", card.APPROVE_REPLY: "decision"}
"""Actions about what a citizen is told (`triage.answering`), which never change a case; with the
argument that tells a filled form."""

ACTIONS = frozenset(VERBS) | SHEETS | frozenset(REPLIES) | {card.BACK}
"""Every action a press may name."""

_REF = re.compile(r"FC-[A-Za-z0-9-]{1,40}")
MAX_ARG = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """An officer's press. Who they are and whether they may is for the domain to say.

    `id` is the tool's own number of this press (the same if the tool delivers it twice).
    `seen` is what the pressed card showed. `at_desk` is false for a place that the settings do
    not name: pressing there makes nobody an officer. `reply` says where the answer goes, in the
    tool's terms.
    """

    id: str
    ref: str
    action: str
    args: Mapping[str, str]
    tool: str
    pressed_at: datetime
    actor_name: str = ""
    slack_id: str = ""
    teams_id: str = ""
    seen: Seen = UNMARKED
    at_desk: bool = True
    reply: Mapping[str, str]

    def __post_init__(self) -> None:
        require_zone(self.pressed_at, "pressed_at")

    @property
    def needs_form(self) -> bool:
        """Whether the presser must still be asked for something, or only wants to see."""
        wanted = FILLED.get(self.action) or REPLIES.get(self.action)
        empty = wanted is not None and not self.args.get(wanted, "").strip()
        return empty or self.action in SHEETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a press.

    `unchanged` is a press that had been carried out before. `told` is one whose presser hears what
    it did, since no card beside the button shows it. `case` is the case as it is now, for tools
    that redraw the card in their answer. `form` is what the presser is asked or shown.
    """

    text: str = ""
    refused: bool = False
    unchanged: bool = False
    told: bool = False
    case: Case | None = None
    form: Form | None = None

    @property
    def for_presser(self) -> str:
        """What the presser alone is told, since no card says it."""
        return self.text if self.refused or self.unchanged or self.told else ""


Answering = Callable[[Press], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A vendor asks whether this address is ours: send `text` back."""

    text: str


def verb_of(press: Press) -> Verb:
    """The domain's verb of a press."""
    return VERBS[press.action]


def valid_ref(value: object) -> str:
    """A case reference, or "" for anything that does not look like one."""
    return value if isinstance(value, str) and _REF.fullmatch(value) else ""


def carried(ref: str, seen: Seen, args: Mapping[str, str] | None = None) -> str:
    """What a button that can hold one text carries: the reference, what its card shows, and
    arguments (`record_id=R1`)."""
    if args:
        return f"{ref}|{seen}|{urlencode(args)}"
    return f"{ref}|{seen}" if seen.version else ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a button of ours brought along."""

    ref: str
    seen: Seen
    args: Mapping[str, str]


def pressed_on(value: object) -> Carried | None:
    """What a button carries; None for anything that was not made by `carried`."""
    if not isinstance(value, str):
        return None
    ref, *rest = value.split("|")
    seen = read_mark(rest[0] if rest else "")
    if not valid_ref(ref) or seen is None or len(rest) > 2 or (len(rest) == 2 and not rest[1]):
        return None
    packed = dict(parse_qsl(rest[1])) if len(rest) == 2 else {}
    return Carried(ref=ref, seen=seen, args=clean_args(packed))


def clean_args(args: Mapping[str, object]) -> dict[str, str]:
    """Arguments as short strings; what is not a string is left out."""
    return {
        name: value.strip()[:MAX_ARG]
        for name, value in args.items()
        if isinstance(value, str) and value.strip()
    }
