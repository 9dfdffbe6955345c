"""What the walks over comments and messages share during one poll."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.entries import Raw, Rejected, as_bytes, refused, strays
from collectors.facebook_api import GraphApi
from collectors.facebook_state import FacebookState, Round
from config.settings import FacebookCollector as Settings
from triage.errors import Unavailable
from triage.model import Arrival, Change, Harvest, Item
from triage.ports import Clock

LOOK_BACK = timedelta(hours=24)


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

    def arrival(self, item: Item, raw: Raw, change: Change = Change.NEW) -> Arrival:
        """An item with Facebook's own words for it."""
        return Arrival(item=item, payload=as_bytes(raw), change=change, seen_at=self.clock())

    def rejected(self, what: str, why: object, raw: object) -> list[Rejected]:
        """An entry that could not be read, the first time it is met."""
        return refused(self.state.refused, f"{self.settings.name}: {what}: {why}", raw)

    def strays(self, what: str, body: Raw) -> list[Rejected]:
        """What stands among the entries of a page and is none."""
        odd = strays(body.get("data"))
        return [each for raw in odd for each in self.rejected(what, "not an object", raw)]

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
