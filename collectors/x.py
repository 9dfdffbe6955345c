"""X: mentions of the force's account and its direct messages, read through tweepy.

Only three things are ever asked: mentions of the own account, its direct messages, and single
posts that mentioned it (for edits and deletions). Nothing is written, so nothing is marked read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collectors import x_shapes as shapes
from collectors.checks import Finding, worst_first
from collectors.entries import UNREADABLE, Raw, Rejected, as_bytes, named, refused, strays
from collectors.paging import Walk, gravest, later
from collectors.x_api import Source, StaleParameter, XApi
from collectors.x_budget import MICROS, Budget
from collectors.x_state import XState
from config.settings import XCollector as Settings
from triage.errors import FirstContactError, RateLimited, Retry, Unauthorised, Unavailable
from triage.model import Arrival, Change, Harvest, Item
from triage.ports import Clock

PAGE = 100
PRIVATE_FIRST: tuple[Source, ...] = ("dms", "mentions")
"""A direct message has no other reader, so it waits for no mention."""

NO_MESSAGES = frozenset({"ParticipantsJoin", "ParticipantsLeave"})
"""Events of a conversation in which nobody says anything; a kind we do not know may be one."""

SLOW_ROUND = timedelta(minutes=10)
"""How often stragglers, edits and deletions are looked for."""


class XCollector:
    """One account on X (see `triage.ports.Collector`)."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock
        self._vocabulary = shapes.Vocabulary.BOTH
        self._owner_known = False

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """Direct messages, then mentions, then a look at recent mentions for edits and deletions.

        A source that is limited leaves the others running and is named in `problems`;
        RateLimited is raised only when none is left to ask. A day's budget that is spent is no
        failure: mentions wait until midnight UTC, and `problems` and `quotas` say so.
        """
        state = XState.read(cursor, self.name)
        with XApi(self._settings, self._clock, self._vocabulary) as api:
            poll = _Poll(settings=self._settings, clock=self._clock, state=state, api=api)
            try:
                self._refuse_other_accounts(api)
                yield from poll.run()
            finally:
                self._vocabulary = api.vocabulary

    def _refuse_other_accounts(self, api: XApi) -> None:
        """Read nothing with a token of another account; tokens that cannot say are let through."""
        if self._owner_known:
            return
        doubtful = False
        for source in api.token_holders():
            try:
                owner = api.owner(source)
            except FirstContactError as error:
                doubtful |= isinstance(error, Retry)
                continue
            if owner and owner != self._settings.user_id:
                raise Unauthorised(
                    f"{self.name}: user_id {self._settings.user_id} is not the account of the "
                    f"token for {source} ({owner}): only the own account may be read"
                )
        self._owner_known = not doubtful

    def check(self) -> list[Finding]:
        """Whether tokens live, belong to `user_id` and may read each source."""
        with XApi(self._settings, self._clock, self._vocabulary) as api:
            findings = [self._check_owner(api, source) for source in api.token_holders()]
            findings += [self._check_source(api, source) for source in self._settings.sources]
        return worst_first(findings)

    def _check_owner(self, api: XApi, source: Source) -> Finding:
        try:
            owner = api.owner(source)
        except FirstContactError as error:
            text = f"{self.name}: the owner of the token for {source} cannot be read: {error}"
            return Finding(level="warn", text=text)
        if owner == self._settings.user_id:
            return Finding(level="ok", text=f"{self.name}: token for {source} is the account's own")
        text = f"{self.name}: token for {source} belongs to {owner}: correct user_id or the token"
        return Finding(level="fail", text=text)

    def _check_source(self, api: XApi, source: Source) -> Finding:
        try:
            api.page(source, {"max_results": "5"})
        except FirstContactError as error:
            return Finding(level="fail", text=str(error))
        return Finding(level="ok", text=f"{self.name}: {source} can be read")


@dataclass(slots=True, kw_only=True)
class _Poll:
    """One poll: walks the sources and keeps the state that becomes the cursor."""

    settings: Settings
    clock: Clock
    state: XState
    api: XApi
    budget: Budget = field(init=False)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        micros = round(self.settings.budget_usd_per_day * 1_000_000)
        self.budget = Budget(source=self.settings.name, micros=micros)

    def run(self) -> Iterator[Harvest]:
        failures: list[FirstContactError] = []
        self.state.looked_at = self.state.looked_at or self.clock().timestamp()
        for source in sorted(self.settings.sources, key=PRIVATE_FIRST.index):
            try:
                yield from self._source(source)
            except FirstContactError as error:
                failures.append(error)
        if not failures and "mentions" in self.settings.sources:
            yield from self._look_again()
        yield from self._close(failures)

    def _close(self, failures: list[FirstContactError]) -> Iterator[Harvest]:
        """Keep what was learnt (until when to wait), then raise what must be raised."""
        if not failures:
            return
        self.problems += [str(error) for error in failures]
        yield self._harvest()
        limited = [error for error in failures if isinstance(error, RateLimited)]
        if len(limited) == len(failures):
            if len(limited) == len(self.settings.sources):
                raise min(limited, key=lambda error: error.retry_at or self.clock())
            return
        raise gravest(failures)

    # --- money ----------------------------------------------------------------------------------

    def _spent(self) -> int:
        return self.state.spent_today(self.clock())

    def _told_of_money(self) -> list[str]:
        """What must be said about the bill: each step once a day, whatever kills us between."""
        spent = self._spent()
        step = self.budget.step(spent)
        if step <= self.state.told_today(self.clock()):
            return []
        self.state.told = step
        return [self.budget.said(spent)]

    # --- walking --------------------------------------------------------------------------------

    def _source(self, source: Source) -> Iterator[Harvest]:
        if not self.budget.allows(source, self._spent()):
            yield self._harvest()  # so that the quota shows until when
            return
        resumed = bool(self.state.walk(source).token)
        yield from self._walk(source)
        if resumed:  # what came while we were away is newer, and more urgent than a minute's wait
            yield from self._walk(source)

    def _walk(self, source: Source) -> Iterator[Harvest]:
        now = self.clock()
        slow = source == "mentions" and now.timestamp() - self.state.slow_at >= _seconds(SLOW_ROUND)
        walk = self.state.walk(source)
        walk = walk.begun(self.state.reach(now) if slow else walk.mark)
        seen: set[str] = set()
        while self.budget.allows(source, self._spent()):
            walk, body = self._page(source, walk)
            token = shapes.next_token(body)
            if token and (token in seen or token == walk.token):
                self.state.walks[source] = walk.restarted()
                raise Unavailable(f"{self.settings.name}: {source}: the pages repeat themselves")
            seen.add(token)
            arrivals, rejected = self._read(source, body)
            self.problems += shapes.problems(body)
            walk = self._stored(source, walk, body, token)
            if slow and not walk.token:
                self.state.slow_at = now.timestamp()
            yield self._harvest(arrivals, rejected)
            if not walk.token:
                return

    def _page(self, source: Source, walk: Walk) -> tuple[Walk, Raw]:
        """The walk's next page; if its token expired, the first page of a walk begun anew."""
        self._wait_if_held(source)
        try:
            return walk, self.api.page(source, _params(source, walk))
        except RateLimited as error:
            if error.retry_at:
                self.state.held[source] = error.retry_at.timestamp()
            raise
        except StaleParameter as error:
            since = "" if "since_id" in error.names else walk.since
            walk = walk.restarted().begun(since)
            return walk, self.api.page(source, _params(source, walk))

    def _wait_if_held(self, source: str) -> None:
        until = self.state.held.get(source, 0)
        if until <= self.clock().timestamp():
            self.state.held.pop(source, None)
            return
        raise RateLimited(
            f"{self.settings.name}: {source}: the limit is used up",
            retry_at=datetime.fromtimestamp(until, UTC),
        )

    def _stored(self, source: Source, walk: Walk, body: Raw, token: str) -> Walk:
        """Move on past a page: DMs stop at the mark, mentions where the server stops."""
        ids = [shapes.entry_id(raw) for raw in shapes.entries(body) if shapes.has_id(raw)]
        reached = source == "dms" and any(not later(each, walk.mark) for each in ids)
        walk = walk.after(ids, "" if reached else token)
        self.state.walks[source] = walk
        quota = self.api.quotas.get(source)
        if quota and quota.remaining == 0 and quota.resets_at:
            self.state.held[source] = quota.resets_at.timestamp()
        return walk

    # --- reading --------------------------------------------------------------------------------

    def _read(self, source: Source, body: Raw) -> tuple[list[Arrival], list[Rejected]]:
        arrivals: list[Arrival] = []
        rejected: list[Rejected] = []
        for odd in strays(body.get("data")):
            rejected += self._rejected(source, "not an object", odd)
        for raw in sorted(shapes.entries(body), key=_by_id):
            try:
                arrival = (
                    self._mention(raw, body) if source == "mentions" else self._message(raw, body)
                )
            except UNREADABLE as error:
                rejected += self._rejected(source, error, raw)
                continue
            if arrival:
                self.state.charge(MICROS[source], self.clock())
                arrivals.append(arrival)
        return arrivals, rejected

    def _rejected(self, source: Source, why: object, raw: object) -> list[Rejected]:
        return refused(self.state.refused, f"{self.settings.name}: {source}: {why}", raw)

    def _mention(self, raw: Raw, body: Raw) -> Arrival | None:
        first, newest = shapes.versions(raw)[0], shapes.entry_id(raw)
        if not self.state.fresh_mention(first, newest):
            return None
        if named(raw.get("author_id")) == self.settings.user_id or shapes.is_repost(raw):
            return None
        item = self._item_of(raw, body)
        change = Change.EDIT if first in self.state.watch else Change.NEW
        self.state.remember(first, newest, item.sent_at)
        return self._arrival(item, shapes.payload(raw, body), change)

    def _item_of(self, raw: Raw, body: Raw) -> Item:
        return shapes.post_item(raw, body, account=self.settings.account, now=self.clock())

    def _message(self, raw: Raw, body: Raw) -> Arrival | None:
        event_id = shapes.entry_id(raw)
        fresh = self.state.fresh_message(event_id)
        self.state.remember_message(event_id)
        if not fresh or named(raw.get("event_type")) in NO_MESSAGES:
            return None
        if named(raw.get("sender_id")) == self.settings.user_id:
            return None
        item = shapes.dm_item(raw, body, account=self.settings.account, now=self.clock())
        return self._arrival(item, shapes.payload(raw, body), Change.NEW)

    def _arrival(self, item: Item, payload: bytes, change: Change) -> Arrival:
        return Arrival(item=item, payload=payload, change=change, seen_at=self.clock())

    def _harvest(
        self, arrivals: list[Arrival] | None = None, rejected: list[Rejected] | None = None
    ) -> Harvest:
        told, self.problems = [*self.problems, *self._told_of_money()], []
        return Harvest(
            arrivals=tuple(arrivals or ()),
            cursor=self.state.write(),
            quotas=(*self.api.quotas.values(), *self.budget.quotas(self._spent(), self.clock())),
            problems=tuple(told),
            rejected=tuple(rejected or ()),
        )

    # --- edits and deletions --------------------------------------------------------------------

    def _look_again(self) -> Iterator[Harvest]:
        """Look recent mentions up now and then. A failure here never fails the poll."""
        now = self.clock()
        self.state.forget_before(now)
        if now.timestamp() - self.state.looked_at < _seconds(SLOW_ROUND):
            return
        cost = self._look_up_cost(now)
        if not self.state.watch or not self.budget.allows_look_ups(self._spent(), cost):
            return
        self.state.charge(cost, now)
        self.state.looked_at = now.timestamp()
        ids = list(self.state.watch)
        for start in range(0, len(ids), PAGE):
            try:
                arrivals, rejected = self._looked_up(ids[start : start + PAGE])
            except FirstContactError as error:
                self.problems.append(str(error))
                yield self._harvest()
                return
            yield self._harvest(arrivals, rejected)

    def _look_up_cost(self, now: datetime) -> int:
        """X bills a post once a day; those of today were billed when they came."""
        looked = datetime.fromtimestamp(self.state.looked_at, UTC).date()
        if looked == now.date():
            return 0
        old = [
            known
            for known in self.state.watch.values()
            if datetime.fromtimestamp(known.sent, UTC).date() != now.date()
        ]
        return MICROS["lookup"] * len(old)

    def _looked_up(self, firsts: list[str]) -> tuple[list[Arrival], list[Rejected]]:
        """What became of mentions. Everything is asked before the state changes: a deletion that
        was noted but not handed on would be lost.
        """
        newest = {self.state.watch[first].latest: first for first in firsts}
        body = self.api.posts(list(newest))
        newer = _newer_versions(body)
        edits = self.api.posts(newer) if newer else {}
        vanished = shapes.vanished(body)
        arrivals = [self._deleted(newest[own], vanished[own]) for own in vanished if own in newest]
        rejected: list[Rejected] = []
        for page in (body, edits):
            read, unreadable = self._read("mentions", page)
            arrivals, rejected = arrivals + read, rejected + unreadable
        return arrivals, rejected

    def _deleted(self, first: str, error: Raw) -> Arrival:
        known = self.state.watch.pop(first)
        item = shapes.deleted_item(first, account=self.settings.account, sent=known.sent)
        return self._arrival(item, as_bytes(error), Change.DELETE)


def _newer_versions(body: Raw) -> list[str]:
    """The newest versions that looked-up posts name and are not themselves."""
    return [
        shapes.versions(raw)[-1]
        for raw in shapes.entries(body)
        if shapes.has_id(raw) and later(shapes.versions(raw)[-1], shapes.entry_id(raw))
    ]


def _params(source: Source, walk: Walk) -> dict[str, str]:
    params = {"max_results": str(PAGE)}
    if walk.since and source == "mentions":
        params["since_id"] = walk.since
    if walk.token:
        params["pagination_token"] = walk.token
    return params


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def _by_id(raw: Raw) -> tuple[int, str]:
    text = named(raw.get("id"))
    return (len(text), text)
