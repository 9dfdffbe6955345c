"""A button pressed in any tool, as one value; and what the presser is answered.

The tools only parse, acknowledge and show the answer. What a press does is decided in
`triage.actions`; the composition root joins the two with `verb_of`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from notifier import card
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
}
"""Every action that changes a case. The args are those of `triage.actions.Command`."""

FORMS: Mapping[str, str] = {card.RESULT: "code", card.NOT_RISK: "reason"}
"""Actions that need something typed or chosen first, and the argument that tells it was."""

_REF = re.compile(r"FC-[A-Za-z0-9-]{1,40}")
MAX_ARG = 1000


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
        """Whether the presser must still be asked for something."""
        wanted = FORMS.get(self.action)
        return wanted is not None and not self.args.get(wanted, "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a press.

    `unchanged` is a press that had been carried out before. `case` is the case as it is now, for
    tools that redraw the card in their answer.
    """

    text: str = ""
    refused: bool = False
    unchanged: bool = False
    case: Case | None = None

    @property
    def for_presser(self) -> str:
        """What the presser alone is told, since no card says it."""
        return self.text if self.refused or self.unchanged else ""


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


def carried(ref: str, seen: Seen) -> str:
    """What a button that can hold one text carries: the reference, and what its card shows."""
    return f"{ref}|{seen}" if seen.version else ref


def pressed_on(value: object) -> tuple[str, Seen] | None:
    """The reference and mark of a button; None for anything that was not made by `carried`."""
    ref, _, mark = value.partition("|") if isinstance(value, str) else ("", "", "")
    seen = read_mark(mark)
    return (ref, seen) if valid_ref(ref) and seen is not None else None


def clean_args(args: Mapping[str, object]) -> dict[str, str]:
    """Arguments as short strings; what is not a string is left out."""
    return {
        name: value.strip()[:MAX_ARG]
        for name, value in args.items()
        if isinstance(value, str) and value.strip()
    }
