"""Which items a list shows: read from the address, written into links, asked of the store."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from console.web.pulse import OPEN_STATES, Beat
from triage.items import clean_text
from triage.model import Officer, Priority, Role, State
from triage.ports import QueueFilter
from triage.searching import Search, public_only
from triage.taxonomy import Lane

STATES: dict[str, tuple[State, ...]] = {
    "open": OPEN_STATES,
    "unclaimed": (State.OPEN,),
    "claimed": (State.CLAIMED,),
    "offered": (State.OFFERED,),
    "closed": (State.CLOSED,),
    "unread": (State.RECEIVED,),
    "any": tuple(State),
}
PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an officer asked to see. Whatever in an address makes no sense is left out."""

    lane: Lane | None = None
    state: str = "open"
    priorities: tuple[Priority, ...] = ()
    mine: str = ""  # the officer's own id
    text: str = ""
    page: int = 1

    def query(self) -> QueueFilter:
        """The same as the store is asked."""
        return QueueFilter(
            states=STATES[self.state],
            lanes=(self.lane,) if self.lane else None,
            claimed_by=self.mine or None,
            priorities=self.priorities or None,
        )

    def search(self, officer: Officer) -> Search:
        """The same, of what holds the words; nothing an officer's roles never show."""
        return Search(
            text=self.text,
            states=None if self.state == "any" else STATES[self.state],
            # Copies of comms stand in another lane: what may be seen says which they are.
            lanes=(self.lane,) if self.lane and not only_comms(officer) else None,
            claimed_by=self.mine or None,
            priorities=self.priorities or None,
            public_only=public_only(officer),
        )

    def shows(self, beat: Beat) -> bool:
        """Whether a case belongs to the list, as far as can be said without its text."""
        return (
            (self.lane is None or self.lane in beat.lanes)
            and beat.state in STATES[self.state]
            and (not self.priorities or beat.priority in self.priorities)
            and (not self.mine or beat.claimed_by == self.mine)
        )

    def link(self, path: str = "/queue", *, page: int = 1) -> str:
        """The address of this list."""
        pairs = list(self._pairs())
        if page > 1:
            pairs.append(("page", str(page)))
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def params(self) -> str:
        """The list's own part of an address, without its page."""
        return urlencode(list(self._pairs()))

    def _pairs(self) -> Iterable[tuple[str, str]]:
        if self.lane:
            yield "lane", self.lane.value
        if self.state != "open":
            yield "state", self.state
        for priority in self.priorities:
            yield "priority", str(int(priority))
        if self.mine:
            yield "mine", "1"
        if self.text:
            yield "q", self.text

    @property
    def first_look(self) -> bool:
        """Whether this is the first page of what the desk looks at first: all lanes, or its own."""
        own = self.lane in (None, Lane.DESK) and not self.mine
        return own and not self.narrowed and self.page == 1

    @property
    def narrowed(self) -> bool:
        """Whether anything beside lane and owner is asked for."""
        return bool(self.priorities or self.text or self.state != "open")


def read(params: QueryParams, officer: Officer) -> Wanted:
    """What an address asks for, within what the officer may list."""
    lane = params.get("lane", "")
    state = params.get("state", "open")
    page = params.get("page", "1")
    wanted = Wanted(
        lane=Lane(lane) if lane in set(Lane) else None,
        state=state if state in STATES else "open",
        priorities=_priorities(params.getlist("priority")),
        mine=officer.id if params.get("mine") == "1" else "",
        text=clean_text(params.get("q", "")).strip()[:100],
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 5 else 1,
    )
    return replace(wanted, lane=Lane.COMMS) if only_comms(officer) else wanted


def only_comms(officer: Officer) -> bool:
    """Whether an officer reviews public posts and nothing else."""
    return officer.roles == {Role.REVIEWER}


def _priorities(values: Iterable[str]) -> tuple[Priority, ...]:
    known = {str(int(priority)): priority for priority in Priority}
    return tuple(sorted({known[value] for value in values if value in known}))
