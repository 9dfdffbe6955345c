"""The life of a line: drafted, run in the shadow, proposed, approved by somebody else, live.

A version never changes: its history is a list of steps to which only more can be added.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from triage.errors import Refused
from triage.model import Event, Officer, Role, require_zone
from triage.taxonomy import Label

TUNED = (Label.EMERGENCY, Label.ABUSE)
LONGEST_REASON = 2000


class Stage(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    SHADOW = "shadow"
    PROPOSED = "proposed"
    APPROVED = "approved"
    LIVE = "live"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """As people say it."""
        return self.value.replace("_", " ")


class Move(StrEnum):
    """What is done with a version."""

    DRAFT = "draft"
    SHADOW = "shadow"
    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    GO_LIVE = "go_live"
    ROLL_BACK = "roll_back"
    SUPERSEDE = "supersede"  # another went live
    RESTORE = "restore"  # the one after it was rolled back

    @property
    def words(self) -> str:
        """As people say it."""
        return self.value.replace("_", " ")


MOVES: Mapping[Move, tuple[frozenset[Stage], Stage]] = {
    Move.SHADOW: (frozenset({Stage.DRAFT}), Stage.SHADOW),
    Move.PROPOSE: (frozenset({Stage.DRAFT, Stage.SHADOW}), Stage.PROPOSED),
    Move.APPROVE: (frozenset({Stage.PROPOSED}), Stage.APPROVED),
    Move.REJECT: (frozenset({Stage.PROPOSED}), Stage.REJECTED),
    Move.WITHDRAW: (
        frozenset({Stage.DRAFT, Stage.SHADOW, Stage.PROPOSED, Stage.APPROVED}),
        Stage.WITHDRAWN,
    ),
    Move.GO_LIVE: (frozenset({Stage.APPROVED}), Stage.LIVE),
    Move.ROLL_BACK: (frozenset({Stage.LIVE}), Stage.ROLLED_BACK),
    Move.SUPERSEDE: (frozenset({Stage.LIVE}), Stage.SUPERSEDED),
    Move.RESTORE: (frozenset({Stage.SUPERSEDED}), Stage.LIVE),
}
"""From which stages a move leads where. There are no others."""

OPEN = frozenset({Stage.DRAFT, Stage.SHADOW, Stage.PROPOSED, Stage.APPROVED})
"""Stages in which something is still to be done."""

REASONED = frozenset({Move.PROPOSE, Move.APPROVE, Move.REJECT})
"""Moves that nobody makes without saying why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move of a version. `detail` holds the figures as they were known then."""

    move: Move
    stage: Stage
    by: str
    at: datetime
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_zone(self.at, "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A line for a class, found on the scores of one model and good for that model alone.

    The first step is the draft.
    """

    number: int
    of: Label
    line: float
    model: str
    steps: tuple[Step, ...]

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        return self.steps[-1].stage

    @property
    def made_by(self) -> str:
        """Who drafted it."""
        return self.steps[0].by

    @property
    def makers(self) -> frozenset[str]:
        """Who had a hand in it before it was approved: none of them may approve it."""
        return frozenset(
            each.by for each in self.steps if each.move in (Move.DRAFT, Move.SHADOW, Move.PROPOSE)
        )

    def when(self, move: Move) -> datetime | None:
        """When a move was last made."""
        return next((each.at for each in reversed(self.steps) if each.move is move), None)

    def step(self, move: Move) -> Step | None:
        """The last step of a kind."""
        return next((each for each in reversed(self.steps) if each.move is move), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Whether lines may change at all, and who said so."""

    frozen: bool
    by: str
    at: datetime
    reason: str


def draft_step(officer: Officer, *, reason: str, at: datetime, detail: Mapping[str, Any]) -> Step:
    """The first step of a version.

    Raises:
        Refused: the officer is no admin.
    """
    _admin(officer)
    return Step(
        move=Move.DRAFT,
        stage=Stage.DRAFT,
        by=officer.id,
        at=at,
        reason=_short(reason),
        detail=detail,
    )


def step_of(
    version: Version,
    move: Move,
    officer: Officer,
    *,
    at: datetime,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Step:
    """The step a move makes, if it may be made.

    Raises:
        Refused: no admin, no such move from here, no reason, or the approver is who made it.
    """
    _admin(officer)
    sources, target = MOVES[move]
    if version.stage not in sources:
        raise Refused(f"version {version.number} is {version.stage.words}: cannot {move.words}")
    if move in REASONED and not reason.strip():
        raise Refused(f"{move.words}: say why")
    if move in (Move.APPROVE, Move.REJECT) and officer.id in version.makers:
        raise Refused(
            f"version {version.number} is yours: another admin must {move.words} it"
            + (" (you may withdraw it)" if move is Move.REJECT else "")
        )
    return Step(
        move=move,
        stage=target,
        by=officer.id,
        at=at,
        reason=_short(reason),
        detail=detail or {},
    )


def _admin(officer: Officer) -> None:
    if Role.ADMIN not in officer.roles:
        raise Refused("only admins change thresholds")


def _short(reason: str) -> str:
    return reason.strip()[:LONGEST_REASON]


def event_of(version: Version, step: Step, *, tool: str) -> Event:
    """The step as the audit trail has it."""
    return Event(
        at=step.at,
        actor=step.by,
        action=f"threshold.{step.move.value}",
        subject=f"threshold:{version.number}",
        detail={
            "class": version.of.value,
            "line": version.line,
            "model": version.model,
            "tool": tool,
            **({"reason": step.reason} if step.reason else {}),
            **step.detail,
        },
    )


def live_of(versions: Iterable[Version], of: Label) -> Version | None:
    """The version in force for a class, if any is."""
    return next((each for each in versions if each.of is of and each.stage is Stage.LIVE), None)


def before(versions: Iterable[Version], live: Version) -> Version | None:
    """What a roll-back goes back to: the one that was live last, of the same model."""
    gone = [
        each
        for each in versions
        if each.of is live.of and each.stage is Stage.SUPERSEDED and each.model == live.model
    ]
    return max(gone, key=lambda each: each.steps[-1].at, default=None)


def same_model(one: str, other: str) -> bool:
    """Whether two readers give scores a line can be carried between.

    The sessions int8 and fp32 run one network; the linear model and bare rules are something else.
    """
    name, _, kind = one.partition("/")
    other_name, _, other_kind = other.partition("/")
    lesser = {"linear", "rules"}
    return name == other_name and (kind in lesser) == (other_kind in lesser)
