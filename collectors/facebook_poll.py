"""What the walks over comments and messages share during one poll."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from collectors import facebook_shapes as shapes
from collectors.facebook_api import GraphApi
from collectors.facebook_state import FacebookState, Round
from config.settings import FacebookCollector as Settings
from triage.errors import Unavailable
from triage.model import Arrival, Change, Harvest, Item
from triage.ports import Clock

LOOK_BACK = timedelta(hours=24)

Rejected = tuple[str, bytes]


@dataclass(slots=True, kw_only=True)
class Poll:
    """Settings, state and API of one poll, and the harvests it yields."""

    settings: Settings
    clock: Clock
    state: FacebookState
    api: GraphApi
    problems: list[str] = field(default_factory=list)

    def harvest(
        self, arrivals: list[Arrival] | None = None, rejected: list[Rejected] | None = None
    ) -> Harvest:
        """What was read since the last harvest, with the state as cursor."""
        told, self.problems = self.problems, []
        return Harvest(
            arrivals=tuple(arrivals or ()),
            cursor=self.state.write(),
            quotas=self.api.quotas,
            problems=tuple(told),
            rejected=tuple(rejected or ()),
        )

    def told(self, arrivals: list[Arrival], rejected: list[Rejected]) -> Iterator[Harvest]:
        """A harvest, unless there is nothing to store: repeating an empty page costs less."""
        if arrivals or rejected or self.problems:
            yield self.harvest(arrivals, rejected)

    def arrival(self, item: Item, raw: shapes.Raw, change: Change = Change.NEW) -> Arrival:
        """An item with Facebook's own words for it."""
        payload = shapes.payload(raw)
        return Arrival(item=item, payload=payload, change=change, seen_at=self.clock())

    def rejected(self, what: str, error: Exception, raw: shapes.Raw) -> Rejected:
        """An entry that could not be read."""
        return (f"{self.settings.name}: {what}: {error}", shapes.payload(raw))

    def next_inner(self, walk: Round, token: str, seen: set[str], what: str) -> None:
        """Move to the next inner page.

        Raises:
            Unavailable: the pages repeat; the inner walk begins anew next time.
        """
        if token and token in seen:
            walk.inner = ""
            raise self._repeats(what)
        seen.add(token)
        walk.inner = token

    def next_outer(self, walk: Round, token: str, seen: set[str], what: str) -> None:
        """Move to the next outer page.

        Raises:
            Unavailable: the pages repeat; the walk begins anew next time.
        """
        if token and token in seen:
            walk.abandon()
            raise self._repeats(what)
        seen.add(token)
        walk.outer = token

    def _repeats(self, what: str) -> Unavailable:
        return Unavailable(f"{self.settings.name}: {what}: the pages repeat themselves")
