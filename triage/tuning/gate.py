"""What must be done before a line may go live. Each objection is a sentence for the admin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triage.errors import Refused
from triage.model import Officer, Role
from triage.tuning.slices import Slice
from triage.tuning.versions import Frozen, Move, Stage, Version, same_model


class Sort(StrEnum):
    """What somebody noted about a version."""

    READ = "read"
    NOT_ACCEPTABLE = "not_acceptable"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one person noted about a version: a missed item, by its reference, or a slice."""

    version: int
    subject: str
    sort: Sort
    by: str
    at: datetime
    text: str = ""


def mark_of(
    version: Version, subject: str, sort: Sort, officer: Officer, *, at: datetime, text: str
) -> Mark:
    """A mark, if it may be made.

    Raises:
        Refused: no admin, the version is over, or the words are missing.
    """
    if Role.ADMIN not in officer.roles:
        raise Refused("only admins judge thresholds")
    if version.stage not in (Stage.DRAFT, Stage.SHADOW, Stage.PROPOSED, Stage.APPROVED):
        raise Refused(f"version {version.number} is {version.stage.words}: nothing to judge")
    if sort is not Sort.READ and not text.strip():
        raise Refused(f"{sort.value.replace('_', ' ')}: say why")
    return Mark(
        version=version.number,
        subject=subject,
        sort=sort,
        by=officer.id,
        at=at,
        text=text.strip()[:2000],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an approval rests on, at this moment.

    `missed` are the known emergencies under the line, `live` the line in force, `model` the one
    that reads now, `shadow` how long a line that catches less must have run beside it.
    """

    missed: Sequence[str]
    slices: Sequence[Slice]
    marks: Sequence[Mark]
    live: float
    model: str
    frozen: Frozen | None
    shadow: timedelta


def unread(facts: Facts, version: Version, by: str) -> list[str]:
    """The known emergencies under the line that somebody has not read yet."""
    read = {
        each.subject for each in facts.marks if each.version == version.number and each.by == by
    }
    return [ref for ref in facts.missed if ref not in read]


def refusals(marks: Iterable[Mark], version: Version) -> list[Mark]:
    """What is not acceptable to somebody, by their last word on each item."""
    last = {
        (each.subject, each.by): each
        for each in sorted(marks, key=lambda each: each.at)
        if each.version == version.number and each.sort is not Sort.ACKNOWLEDGED
    }
    return [each for each in last.values() if each.sort is Sort.NOT_ACCEPTABLE]


def unacknowledged(facts: Facts, version: Version) -> list[Slice]:
    """The differences that nobody has acknowledged."""
    done = {
        each.subject
        for each in facts.marks
        if each.version == version.number and each.sort is Sort.ACKNOWLEDGED
    }
    return [each for each in facts.slices if each.to_acknowledge and each.key not in done]


def objections(version: Version, move: Move, by: str, facts: Facts, *, now: datetime) -> list[str]:
    """Why a move that leads towards live may not be made now; empty if it may.

    What has become known since the approval counts, too: it is asked again when it goes live.
    """
    if move is Move.ROLL_BACK:
        return _thawed(facts)
    if move not in (Move.APPROVE, Move.GO_LIVE):
        return []
    reader = by if move is Move.APPROVE else _approver(version) or by
    return [
        *(_thawed(facts) if move is Move.GO_LIVE else ()),
        *_of_this_model(version, facts),
        *_all_read(version, reader, facts, mine=reader == by),
        *_acceptable(version, facts),
        *_acknowledged(version, facts),
        *_shadowed(version, facts, now),
    ]


def check(version: Version, move: Move, by: str, facts: Facts, *, now: datetime) -> None:
    """Refuse a move that something speaks against.

    Raises:
        Refused: names every objection.
    """
    found = objections(version, move, by, facts, now=now)
    if found:
        raise Refused("; ".join(found))


def _approver(version: Version) -> str:
    step = version.step(Move.APPROVE)
    return step.by if step else ""


def _thawed(facts: Facts) -> list[str]:
    if facts.frozen is None or not facts.frozen.frozen:
        return []
    return [f"changes are frozen by {facts.frozen.by}: {facts.frozen.reason}"]


def _of_this_model(version: Version, facts: Facts) -> list[str]:
    if same_model(version.model, facts.model):
        return []
    return [f"it was found on scores of {version.model}, and {facts.model} reads now"]


def _all_read(version: Version, reader: str, facts: Facts, *, mine: bool) -> list[str]:
    left = len(unread(facts, version, reader))
    if not left:
        return []
    who = "you have" if mine else f"{reader}, who approved it, has"
    known = "emergency" if left == 1 else "emergencies"
    return [f"{who} not read {left} known {known} under the line"]


def _acceptable(version: Version, facts: Facts) -> list[str]:
    return [
        f"{each.subject} is not acceptable to {each.by}" for each in refusals(facts.marks, version)
    ]


def _acknowledged(version: Version, facts: Facts) -> list[str]:
    return [
        f"the difference for {each.kind} {each.name} is not acknowledged"
        for each in unacknowledged(facts, version)
    ]


def _shadowed(version: Version, facts: Facts, now: datetime) -> list[str]:
    """A line that catches less than the one in force is first tried beside it."""
    if version.line <= facts.live or not facts.shadow:
        return []
    since = version.when(Move.SHADOW) or version.when(Move.PROPOSE)
    if since is not None and now - since >= facts.shadow:
        return []
    hours = facts.shadow.total_seconds() / 3600
    ran = f"only since {since:%d %B %H:%M} UTC" if since else "not at all yet"
    return [
        f"it catches less than the line in force, and must run {hours:g} h in the shadow: {ran}"
    ]
