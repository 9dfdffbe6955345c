"""What a person says an item is: class, audience, and the signals they looked at.

It stands in the audit trail as the detail of a `correct` event. What the machine said stays in
the case, so that both can be compared afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from triage.commands import Command
from triage.errors import Refused
from triage.model import Case
from triage.taxonomy import Audience, Label, SignalName

CORRECT = "correct"
"""The action of the event that holds a judgement."""

KEEP_OUT = "no"
"""The value of `learn` by which an officer keeps an item out of training."""

FIXED = {Label.EMERGENCY: Audience.CONTROL_ROOM, Label.ROUTINE: Audience.CONTACT}
OF_ABUSE = (Audience.SAFEGUARDING, Audience.COMMS, Audience.BOTH)

_WORDS: Mapping[type[StrEnum], str] = {
    Label: "class",
    Audience: "audience",
    SignalName: "signal",
}

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A person's reading of an item.

    `signals` is None where they did not look at the signals; else those they say are there, and
    `judged` those they thought about: what the machine had on, and what they ticked.
    """

    label: Label
    audience: Audience
    signals: frozenset[SignalName] | None = None
    judged: frozenset[SignalName] = frozenset()
    learn: bool = True

    def as_detail(self) -> dict[str, str | int]:
        """The judgement as the audit trail keeps it."""
        detail: dict[str, str | int] = {"class": self.label.value, "audience": self.audience.value}
        if self.signals is not None:
            detail |= {"signals": _joined(self.signals), "judged": _joined(self.judged)}
        return detail if self.learn else detail | {"learn": KEEP_OUT}


def judged(case: Case, command: Command) -> Judgement:
    """The judgement in a command's arguments.

    `signals` are names between blanks, or "none"; without it the signals were not looked at.

    Raises:
        Refused: a word is none of the desk's, or an abuse lacks its audience.
    """
    label = _member(Label, command.required("class"))
    said = command.args.get("signals", "").split()
    signals = None
    on = {each.name for each in case.verdict.signals} if case.verdict else set()
    if said:
        signals = frozenset(_member(SignalName, name) for name in said if name != "none")
    return Judgement(
        label=label,
        audience=_audience(label, command.args.get("audience", "")),
        signals=signals,
        judged=frozenset(on) | signals if signals is not None else frozenset(),
        learn=command.args.get("learn", "") != KEEP_OUT,
    )


def judgement_of(detail: Mapping[str, Any]) -> Judgement | None:
    """The judgement in the detail of an event; None if this version cannot read it."""
    try:
        signals = detail.get("signals")
        return Judgement(
            label=Label(detail["class"]),
            audience=Audience(detail["audience"]),
            signals=None if signals is None else _named(str(signals)),
            judged=_named(str(detail.get("judged", ""))),
            learn=detail.get("learn") != KEEP_OUT,
        )
    except (KeyError, ValueError):
        return None


def _audience(label: Label, said: str) -> Audience:
    if label in FIXED:
        return FIXED[label]
    audience = _member(Audience, said) if said else None
    if audience not in OF_ABUSE:
        raise Refused("abuse concerns safeguarding, comms or both: say which")
    return audience


def _member(kind: type[E], value: str) -> E:
    try:
        return kind(value)
    except ValueError as error:
        raise Refused(f"unknown {_WORDS[kind]} {value[:40]!r}") from error


def _joined(names: frozenset[SignalName]) -> str:
    return " ".join(sorted(names)) or "none"


def _named(text: str) -> frozenset[SignalName]:
    return frozenset(SignalName(name) for name in text.split() if name != "none")
