"""Who is on call: turns of duty, and what is asked of them. Reading the files is not done here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from triage.lifecycle import Tell
from triage.model import Officer, require_zone

LOOK_AHEAD = timedelta(days=35)
"""So far ahead the next turn is looked for."""


class Duty(StrEnum):
    """What somebody is on call as."""

    SUPERVISOR = "supervisor"
    DUTY_OFFICER = "duty_officer"
    COMMS = "comms"

    @property
    def words(self) -> str:
        """As people say it."""
        return self.value.replace("_", " ")


ASKED: Mapping[Tell, tuple[Duty, ...]] = {
    Tell.SUPERVISOR: (Duty.SUPERVISOR, Duty.DUTY_OFFICER),
    Tell.DUTY: (Duty.DUTY_OFFICER, Duty.SUPERVISOR),
}
"""Whom a step reaches, the first duty that somebody has: a gap of one is the other's."""

NEEDED = (Duty.SUPERVISOR, Duty.DUTY_OFFICER)
"""Duties that a rota without gaps fills; comms is filled if it is named at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Somebody is on call from `starts` to before `ends`.

    `who` is an officer's id or, out of a calendar, a name. `place` is where it stands: file:line.
    """

    who: str
    duty: Duty
    starts: datetime
    ends: datetime
    mail: str = ""
    place: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        require_zone(self.starts, "starts")
        require_zone(self.ends, "ends")

    def covers(self, moment: datetime) -> bool:
        """Whether it is their turn then."""
        return self.starts <= moment < self.ends


class Rota(Protocol):
    """The turns of a force, from wherever they are kept."""

    @property
    def kept(self) -> bool:
        """Whether there is a rota at all."""
        ...

    def turns(self, start: datetime, end: datetime) -> Sequence[Turn]:
        """Every turn that covers some of the time from `start` to before `end`, in order.

        Never raises: what cannot be read any more is as it was read last.
        """
        ...


class NoRota:
    """A force that keeps none: lanes are told, and nobody by name."""

    kept = False

    def turns(self, start: datetime, end: datetime) -> Sequence[Turn]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who is called, and how: `missing` is a duty that nobody has just now."""

    officers: tuple[Officer, ...] = ()
    mails: tuple[str, ...] = ()
    missing: Duty | None = None


def in_order(turns: Iterable[Turn]) -> list[Turn]:
    """Turns by when they begin, each once however many files name it."""
    once = {(each.who, each.duty, each.starts, each.ends): each for each in turns}
    return sorted(once.values(), key=lambda each: (each.starts, each.ends, each.who))


def turns_at(rota: Rota, duty: Duty, moment: datetime) -> list[Turn]:
    """Whose turn it is."""
    found = rota.turns(moment, moment + timedelta(microseconds=1))
    return [each for each in found if each.duty is duty and each.covers(moment)]


def next_turn(rota: Rota, duty: Duty, moment: datetime) -> Turn | None:
    """Who comes next, within `LOOK_AHEAD`."""
    found = rota.turns(moment, moment + LOOK_AHEAD)
    later = (each for each in found if each.duty is duty and each.starts > moment)
    return next(later, None)


def asked(rota: Rota, tell: Tell, moment: datetime) -> tuple[list[Turn], Duty | None]:
    """The turns a step reaches, and the duty that nobody has although it was meant."""
    duties = ASKED.get(tell, ())
    if not (rota.kept and duties):
        return [], None
    for duty in duties:
        found = turns_at(rota, duty, moment)
        if found:
            return found, None if duty is duties[0] else duties[0]
    return [], duties[0]


def gaps(turns: Sequence[Turn], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The times from `start` to `end` in which it is nobody's turn."""
    found: list[tuple[datetime, datetime]] = []
    reached = start
    for turn in sorted(turns, key=lambda each: each.starts):
        if turn.starts >= end:
            break
        if turn.starts > reached:
            found.append((reached, turn.starts))
        reached = max(reached, turn.ends)
    if reached < end:
        found.append((reached, end))
    return found


def gaps_of(
    rota: Rota, start: datetime, end: datetime
) -> dict[Duty, list[tuple[datetime, datetime]]]:
    """The gaps of each duty that a rota has to fill."""
    turns = rota.turns(start, end)
    named = {each.duty for each in rota.turns(start, start + LOOK_AHEAD)}
    duties = [duty for duty in Duty if duty in NEEDED or duty in named]
    return {
        duty: gaps([each for each in turns if each.duty is duty], start, end) for duty in duties
    }


def officer_of(who: str, officers: Sequence[Officer]) -> Officer | None:
    """The officer a turn means, by id or, if only one has it, by name."""
    by_id = next((each for each in officers if each.id == who), None)
    if by_id is not None:
        return by_id
    said = " ".join(who.split()).casefold()
    named = [each for each in officers if " ".join(each.name.split()).casefold() == said]
    return named[0] if len(named) == 1 else None
