"""The items of one incident beside an item: who tells of it too, and how to part and join them."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.web.reading import masked_sender
from console.web.rows import Eyes
from console.web.site import Site
from notifier import words
from triage.actions import may_see_text
from triage.model import Case
from triage.regrouping import last_step

MOST_MEMBERS = 50
"""The latest of an incident that are listed; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One item of an incident as the list shows it: never what it says."""

    ref: str
    version: int
    when: str
    sent: str
    priority: str
    rank: int
    state: str
    sender: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The incident of an item; `undoable` says whether its last split or merge can be undone."""

    name: str
    members: Sequence[Member]
    more: int
    undoable: bool


def incident_of(site: Site, case: Case, eyes: Eyes) -> Together:
    """Who is in the incident of a case, the latest first."""
    cases = site.store.cases_in(case.incident) or [case]
    seen = [each for each in reversed(cases) if may_see_text(each, eyes.officer)]
    return Together(
        name=case.incident,
        members=[_member(each, case, eyes) for each in seen[:MOST_MEMBERS]],
        more=len(cases) - min(len(seen), MOST_MEMBERS),
        undoable=last_step(site.store.events(case.ref)) is not None,
    )


def _member(each: Case, case: Case, eyes: Eyes) -> Member:
    return Member(
        ref=each.ref,
        version=each.version,
        when=words.clock_time(each.item.sent_at, now=eyes.now, zone=eyes.zone),
        sent=each.item.sent_at.isoformat(),
        priority=f"{each.priority.name} {each.priority.word}" if each.priority else "not read yet",
        rank=int(each.priority) if each.priority else 5,
        state=each.state.value,
        sender=masked_sender(each.item),
        current=each.ref == case.ref,
    )
