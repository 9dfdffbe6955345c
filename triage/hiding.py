"""Hiding a public item on its platform: evidence first, then the wish, the call, the outcome.

Nothing is hidden by the machine. To hide closes nothing and decides nothing: who had the item
still has it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from triage.comms import not_hidden_by
from triage.errors import FirstContactError, RateLimited, Refused, Retry
from triage.items import platform_of
from triage.model import Case, Event, Item, Officer
from triage.ports import Clock

LOST = timedelta(minutes=2)
"""After this time a wish without an outcome was lost with its process; it may be made again."""

LONGEST_REASON = 500


class Wish(StrEnum):
    """How a wish to hide or show something stands."""

    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it may have been carried out: asking again does no harm


@dataclass(frozen=True, slots=True, kw_only=True)
class Hiding:
    """A wish that an item be hidden on its platform (or shown again), and what came of it.

    `evidence` is the SHA-256 over the hashes of all its versions at that time.
    """

    id: int
    ref: str
    hidden: bool
    state: Wish
    by: str
    reason: str
    evidence: str
    asked_at: datetime
    ended_at: datetime | None = None
    error: str = ""


class Hider(Protocol):
    """A platform account that can hide what others wrote to it."""

    name: str

    def cannot(self, item: Item) -> str:
        """Why this item cannot be hidden there, "" if it can be tried."""
        ...

    def hide(self, item: Item, *, hidden: bool) -> None:
        """Hide it from the public, or show it again. Twice is as good as once.

        Raises:
            RateLimited: it was not done, and may be asked for later.
            Retry: it may or may not have been done.
            Permanent: it was not done and will not be.
        """
        ...


class Hidings(Protocol):
    """Where wishes and outcomes are kept, each with its event in one transaction."""

    def full_hashes(self, ref: str) -> list[str]:
        """The SHA-256 of everything the platform sent about a case, in order of arrival."""
        ...

    def hidings_of(self, ref: str) -> list[Hiding]:
        """All wishes about a case, the latest first."""
        ...

    def begin_hiding(self, hiding: Hiding, *, lost_before: datetime, event: Event) -> Hiding:
        """Write a wish; returns it with its number.

        Raises:
            Refused: another one about the case has no outcome yet, and is younger than that.
        """
        ...

    def end_hiding(self, hiding: Hiding, *, event: Event) -> None:
        """Write the outcome of a wish that has none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Who can have something hidden where: hiders by platform account (`x:westbridgepolice`)."""

    store: Hidings
    hiders: Mapping[str, Hider]
    clock: Clock

    def cannot(self, case: Case, officer: Officer) -> str:
        """Why this officer cannot have it hidden, "" if they can."""
        hider = self._hider(case)
        if hider is None:
            return "no account that can hide is set up for it"
        return not_hidden_by(case, officer) or hider.cannot(case.item)

    def ask(self, case: Case, officer: Officer, *, hidden: bool, reason: str) -> Hiding:
        """Have it hidden or shown again; returns what came of it.

        Raises:
            Refused: it cannot be, or is so already, or somebody is at it.
        """
        why, hider = self.cannot(case, officer), self._hider(case)
        if why or hider is None:
            raise Refused(f"{case.ref} cannot be hidden: {why}")
        if not reason.strip():
            raise Refused(f"{case.ref}: say why")
        if is_hidden(self.store.hidings_of(case.ref)) is hidden:
            raise Refused(f"{case.ref} is {'hidden' if hidden else 'shown'} already")
        hiding = self._begun(case, officer, hidden=hidden, reason=reason.strip()[:LONGEST_REASON])
        return self._ended(hiding, *_tried(hider, case, hidden=hidden))

    def _hider(self, case: Case) -> Hider | None:
        return self.hiders.get(f"{platform_of(case.item.channel)}:{case.item.account}")

    def _begun(self, case: Case, officer: Officer, *, hidden: bool, reason: str) -> Hiding:
        now, hashes = self.clock(), self.store.full_hashes(case.ref)
        evidence = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        hiding = Hiding(
            id=0,
            ref=case.ref,
            hidden=hidden,
            state=Wish.ASKED,
            by=officer.id,
            reason=reason,
            evidence=evidence,
            asked_at=now,
        )
        detail = {"hidden": hidden, "reason": reason, "versions": hashes, "evidence": evidence}
        event = Event(
            at=now, actor=officer.id, action="hide_asked", subject=case.ref, detail=detail
        )
        return self.store.begin_hiding(hiding, lost_before=now - LOST, event=event)

    def _ended(self, hiding: Hiding, state: Wish, error: str) -> Hiding:
        now = self.clock()
        ended = replace(hiding, state=state, ended_at=now, error=error)
        detail = {"hidden": hiding.hidden, "outcome": state.value, "error": error}
        event = Event(
            at=now, actor=hiding.by, action="hide_ended", subject=hiding.ref, detail=detail
        )
        self.store.end_hiding(ended, event=event)
        return ended


def is_hidden(hidings: Sequence[Hiding]) -> bool:
    """Whether a case is hidden, as far as the last outcome that is known says."""
    return next((each.hidden for each in hidings if each.state is Wish.DONE), False)


def _tried(hider: Hider, case: Case, *, hidden: bool) -> tuple[Wish, str]:
    try:
        hider.hide(case.item, hidden=hidden)
    except RateLimited as error:
        return Wish.FAILED, str(error)  # refused before anything was done
    except Retry as error:
        return Wish.UNKNOWN, str(error)
    except FirstContactError as error:
        return Wish.FAILED, str(error)
    return Wish.DONE, ""
