"""The linking of triage/linking.py as this desk does it: its settings and the platform policy."""

from collections.abc import Sequence
from datetime import timedelta

from config.platforms import may_link
from config.settings import Settings
from triage.flow import Linker
from triage.items import platform_of
from triage.linking import link
from triage.model import Item, Link
from triage.ports import Clock, People


def linker(settings: Settings, clock: Clock) -> Linker:
    """Who may be writing an item, under the settings and the platform policy."""
    lasts = timedelta(days=settings.linking.link_expires_days)

    def find(item: Item, thread: Sequence[str], people: People) -> Link:
        return link(
            item,
            people,
            thread=thread,
            suggest_at=settings.linking.suggest_at,
            allowed=may_link(platform_of(item.channel)),
            lasts=lasts,
            now=clock(),
        )

    return find
