"""The linking of triage/linking.py as this desk does it: its settings and the platform policy."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from config.platforms import may_link
from config.settings import Settings
from config.weights import read_weights
from triage.desk import MACHINE
from triage.flow import Linker
from triage.found import Identifiers
from triage.identifiers import extract
from triage.items import platform_of
from triage.linking import link
from triage.model import Event, Item, Link
from triage.ports import Clock, People, Trail
from triage.weights import Weights, digest_of

SUBJECT = "weights"


def linker(settings: Settings, clock: Clock) -> Linker:
    """Who may be writing an item, under the settings and the platform policy.

    Raises:
        BadSettings: the weights that the settings name cannot be used; says why.
    """
    return _linker(settings, clock, read_weights(settings.linking.weights))


def recorded_linker(settings: Settings, clock: Clock, trail: Trail) -> Linker:
    """The same for a service: which weights are in force stands in the audit trail."""
    weights = read_weights(settings.linking.weights)
    note_in_force(trail, weights, now=clock())
    return _linker(settings, clock, weights)


def _linker(settings: Settings, clock: Clock, weights: Weights) -> Linker:
    lasts = timedelta(days=settings.linking.link_expires_days)
    idle = timedelta(days=settings.linking.idle_days)

    read = OnceRead()

    def find(item: Item, thread: Sequence[str], people: People) -> Link:
        return link(
            item,
            people,
            thread=thread,
            suggest_at=settings.linking.suggest_at,
            allowed=may_link(platform_of(item.channel)),
            lasts=lasts,
            idle=idle,
            weights=weights,
            read=read,
            now=clock(),
        )

    return find


class OnceRead:
    """Reads identifiers, and an item that is linked twice in a row only once.

    What is confirmed is also linked as if nobody were, for undo. Each thread keeps its last item.
    """

    def __init__(self) -> None:
        self._last = threading.local()

    def __call__(self, item: Item, thread: Sequence[str]) -> Identifiers:
        """As `triage.identifiers.extract`."""
        asked = (item, tuple(thread))
        last: tuple[tuple[Item, tuple[str, ...]], Identifiers] | None
        last = getattr(self._last, "read", None)
        if last is None or last[0][0] is not item or last[0][1] != asked[1]:
            last = self._last.read = (asked, extract(item, thread))
        return last[1]


def note_in_force(trail: Trail, weights: Weights, *, now: datetime) -> None:
    """Into the audit trail, if others were in force before.

    With every level's bits, by which links that name this digest can be worked out again.
    """
    digest = digest_of(weights)
    before = [each for each in trail.events(SUBJECT) if each.action == "weights.in_force"]
    if before and before[-1].detail["digest"] == digest:
        return
    detail = {
        "digest": digest,
        "levels": weights.levels,
        "names": weights.names,
        "unlisted": weights.unlisted,
        "less": weights.less,
        "shared": weights.shared,
    }
    trail.record(
        [Event(at=now, actor=MACHINE, action="weights.in_force", subject=SUBJECT, detail=detail)]
    )
