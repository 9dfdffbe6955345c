"""Steps of versions and the state of nodes in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from console.web.site import Site
from notifier import words
from triage.tuning.outcome import line_words
from triage.tuning.versions import Frozen, Move, Step, Version

LIVES = timedelta(seconds=30)

SAID: Mapping[Move, str] = {
    Move.DRAFT: "drafted it",
    Move.SHADOW: "let it run in the shadow",
    Move.PROPOSE: "proposed it",
    Move.APPROVE: "approved it",
    Move.REJECT: "rejected it",
    Move.WITHDRAW: "withdrew it",
    Move.GO_LIVE: "put it in force",
    Move.ROLL_BACK: "rolled it back",
    Move.SUPERSEDE: "put another in its place",
    Move.RESTORE: "brought it back into force",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step for people, with the figures as they were known then."""

    when: str
    at: datetime
    who: str
    what: str
    reason: str
    figures: str


def story_of(site: Site, version: Version) -> Sequence[Told]:
    """What happened to a version, the first step first."""
    now = site.now()
    names = {each.id: each.name for each in site.store.officers()}
    return [
        Told(
            when=words.clock_time(step.at, now=now, zone=site.zone),
            at=step.at,
            who=names.get(step.by, step.by),
            what=SAID[step.move],
            reason=step.reason,
            figures=_figures(step),
        )
        for step in version.steps
    ]


def _figures(step: Step) -> str:
    """As known then, whatever has become known since."""
    told: Mapping[str, Any] = step.detail
    if "caught" not in told:
        return ""
    return (
        f"As known then: {told['caught']} of {told['known']} known emergencies caught, "
        f"{told['alerts_a_day']:.3g} alerts a day, over {told['days']} days and "
        f"{told['model_items']:,} items, {told['judged']:,} of them judged; "
        f"the line in force was {line_words(float(told['live']))}."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ice:
    """A freeze in words."""

    by: str
    since: str
    reason: str


def ice_of(site: Site, frozen: Frozen | None) -> Ice | None:
    """Who froze changes and why; None while lines may change."""
    if frozen is None or not frozen.frozen:
        return None
    names = {each.id: each.name for each in site.store.officers()}
    return Ice(
        by=names.get(frozen.by, frozen.by),
        since=words.clock_time(frozen.at, now=site.now(), zone=site.zone),
        reason=frozen.reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """Which line a living node judges by."""

    node: str
    line: str
    abuse: str
    model: str
    versions: str
    since: str


def took_up(site: Site) -> list[TakenUp]:
    """The lines of the nodes that live."""
    now, store = site.now(), site.tuner.store
    beats = store.nodes()
    return [
        TakenUp(
            node=each.node,
            line=line_words(each.emergency),
            abuse=line_words(each.abuse),
            model=each.model,
            versions=", ".join(f"version {number}" for number in each.versions) or "the default",
            since=words.clock_time(each.at, now=now, zone=site.zone),
        )
        for each in store.lines_taken()
        if each.node in beats and now - beats[each.node] < LIVES
    ]
