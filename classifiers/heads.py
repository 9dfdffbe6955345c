"""The layout of the model's one output row: seven heads side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from triage.taxonomy import Audience, Direction, Label, Literalness, SignalName, Voice, When


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One question put to the model. `exclusive` answers compete; others are independent."""

    name: str
    answers: tuple[StrEnum, ...]
    start: int
    exclusive: bool = True

    @property
    def columns(self) -> slice:
        """Where this head's logits stand in a row."""
        return slice(self.start, self.start + len(self.answers))


def _side_by_side() -> Mapping[str, Head]:
    heads: dict[str, Head] = {}
    start = 0
    for name, answers, exclusive in (
        ("label", Label, True),
        ("signals", SignalName, False),
        ("audience", Audience, True),
        ("time", When, True),
        ("voice", Voice, True),
        ("literal", Literalness, True),
        ("direction", Direction, True),
    ):
        members: tuple[StrEnum, ...] = tuple(answers)
        heads[name] = Head(name=name, answers=members, start=start, exclusive=exclusive)
        start += len(members)
    return heads


HEADS = _side_by_side()
WIDTH = sum(len(head.answers) for head in HEADS.values())
"""Columns of a full row of logits."""
LINEAR_WIDTH = HEADS["audience"].start
"""Columns of the linear model's row: label and signals only."""
