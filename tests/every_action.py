"""Every action officers have in chat, as they find it: by the words on the button.

The same for every tool: a tool's test brings an `Officer` that presses and fills in.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tests.chat_desk import ChatDesk
from triage.model import Case, LinkDecision, Priority, State
from triage.taxonomy import Lane

Step = tuple[str, Mapping[str, str]]
"""The words on a button, and what is filled into its form."""


class Hand(Protocol):
    """An officer's hand in a chat tool."""

    def press(self, ref: str, label: str, filled: Mapping[str, str]) -> None:
        """Press the button with these words, on the card or under "More", and fill its form."""
        ...

    def shown(self, ref: str) -> str:
        """All words of what the officer sees last: the card, or a form in its place."""
        ...

    def card(self, ref: str) -> str:
        """All words of the card as everybody sees it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What an officer does one after the other, and what then is so.

    `sees` is on the officer's screen at the end, `card` on the card for everybody.
    """

    steps: tuple[Step, ...]
    so: Callable[[Case], bool]
    does: str
    sees: str = ""
    card: str = ""
    text: str = "he has a knife"
    channel: str = "x_dm"


def _steps(
    *steps: str | tuple[str, Mapping[str, str]],
) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return tuple((each, {}) if isinstance(each, str) else each for each in steps)


CALM = "when is the front counter open"
WHY = {"reason": "a line from a film"}

WAYS: Mapping[str, Way] = {
    "claim": Way(
        steps=_steps("Claim"),
        so=lambda case: case.state is State.CLAIMED,
        does="claim",
        card="Claimed by",
    ),
    "give back": Way(
        steps=_steps("Claim", "Give back"),
        so=lambda case: case.state is State.OPEN,
        does="release",
        card="Unclaimed",
    ),
    "to the control room, who receives it": Way(
        steps=_steps("To control room", "Accept"),
        so=lambda case: (case.state, case.lane) == (State.CLAIMED, Lane.CONTROL_ROOM),
        does="accept",
        card="(control room)",
        text=CALM,
    ),
    "to safeguarding": Way(
        steps=_steps("To safeguarding"),
        so=lambda case: case.offered_to is Lane.SAFEGUARDING,
        does="offer",
        card="Offered to safeguarding",
    ),
    "to comms": Way(
        steps=_steps("To digital desk", "Accept", "To comms"),
        so=lambda case: case.offered_to is Lane.COMMS,
        does="offer",
        card="Offered to comms",
        text=CALM,
        channel="x_mention",
    ),
    "return": Way(
        steps=_steps("To safeguarding", "Return"),
        so=lambda case: case.state is State.OPEN,
        does="return",
        card="Unclaimed",
    ),
    "result": Way(
        steps=_steps("Claim", ("Result", {"code": "advice", "ref": "42/1"})),
        so=lambda case: (case.result, case.result_ref) == ("advice", "42/1"),
        does="result",
        card="Closed: Advice given",
    ),
    "not a risk": Way(
        steps=_steps(("Not a risk", WHY)),
        so=lambda case: case.result == "not_risk",
        does="not_risk",
        card="Closed: not risk",
    ),
    "open again": Way(
        steps=_steps(("Not a risk", WHY), "Open again"),
        so=lambda case: case.state is State.OPEN,
        does="reopen",
        card="Unclaimed",
    ),
    "grade": Way(
        steps=_steps(("Change the grade", {"priority": "3", **WHY})),
        so=lambda case: case.priority is Priority.P3,
        does="grade",
        card="P3 Priority",
    ),
    "say what it is": Way(
        steps=_steps(("Say what it is", {"kind": "emergency", "learn": "no"})),
        so=lambda case: case.priority is Priority.P1,
        does="correct",
        card="P1 Emergency",
        text=CALM,
    ),
    "note": Way(
        steps=_steps(("Write a note", {"text": "the neighbour called too"})),
        so=lambda case: case.note.endswith("the neighbour called too"),
        does="note",
    ),
    "show the text": Way(
        steps=_steps("Show the text"),
        so=lambda case: True,
        does="viewed",
        sees="he has a knife",
    ),
    "who is writing": Way(
        steps=_steps("Who is writing"),
        so=lambda case: True,
        does="candidates_viewed",
        sees="Z. Q.",
    ),
    "open the record": Way(
        steps=_steps("Who is writing", "Open the record: reply to contact"),
        so=lambda case: True,
        does="consulted",
        sees="Zelda Quill",
    ),
    "confirm the person": Way(
        steps=_steps("Who is writing", "Confirm"),
        so=lambda case: case.link.decision is LinkDecision.CONFIRMED,
        does="link",
    ),
    "not this person": Way(
        steps=_steps("Who is writing", "Not this person"),
        so=lambda case: not case.link.candidates,
        does="reject",
    ),
    "undo the link": Way(
        steps=_steps("Who is writing", "Confirm", "Who is writing", "Undo this link"),
        so=lambda case: case.link.decision is LinkDecision.SUGGESTED,
        does="unlink",
    ),
    "follow": Way(steps=_steps("Follow"), so=lambda case: True, does="follow"),
    "stop following": Way(
        steps=_steps("Follow", "Stop following"), so=lambda case: True, does="unfollow"
    ),
    "stop reminders": Way(
        steps=_steps("Claim", ("Stop its reminders", WHY)),
        so=lambda case: case.in_hand.stopped is not None,
        does="stop_reminders",
    ),
    "undo": Way(
        steps=_steps("Claim", "Undo my claim"),
        so=lambda case: case.state is State.OPEN and not case.claimed_by,
        does="undo",
        card="Unclaimed",
    ),
}
"""Every action of `notifier.press`; a test checks that none is missing."""


def goes(way: Way, desk: ChatDesk, hand: Hand) -> None:
    """An officer goes a way, and what should be so is so, in the store and on the screen."""
    ref = desk.take(way.text, way.channel)
    for label, filled in way.steps:
        count = len(desk.events(ref))
        hand.press(ref, label, filled)
        _wait(lambda count=count: len(desk.events(ref)) > count, f"{label}: nothing happened")
    case = desk.case(ref)
    assert way.so(case), case
    assert way.does in [event.action for event in desk.events(ref)]
    _wait(lambda: way.card in hand.card(ref), f"not on the card: {way.card}")
    _wait(lambda: way.sees in hand.shown(ref), f"not shown: {way.sees}")


def _wait(so: Callable[[], bool], otherwise: str) -> None:
    ends = time.monotonic() + 10
    while not so():
        assert time.monotonic() < ends, otherwise
        time.sleep(0.05)
