"""X: mentions of the force's account and its direct messages, read through tweepy.

Only three things are ever asked: mentions of the own account, its direct messages, and single
posts that mentioned it (for edits and deletions). Nothing is written, so nothing is marked read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collectors import x_shapes as shapes
from collectors.checks import Finding, worst_first
from collectors.paging import Walk, gravest, later
from collectors.x_api import Source, StaleParameter, XApi
from collectors.x_state import XState
from config.settings import XCollector as Settings
from triage.errors import FirstContactError, RateLimited, Retry, Unauthorised, Unavailable
from triage.model import Arrival, Change, Harvest, Item, Quota
from triage.ports import Clock

Rejected = tuple[str, bytes]

PAGE = 100
SLOW_ROUND = timedelta(minutes=10)
"""How often stragglers, edits and deletions are looked for."""

MICROS = {"mentions": 1_000, "dms": 10_000, "lookup": 5_000}
"""Price of one post or event in millionths of a dollar (docs.x.com, pricing)."""


class XCollector:
    """One account on X (see `triage.ports.Collector`)."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock
        self._vocabulary = shapes.Vocabulary.BOTH
        self._owner_known = False

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """Mentions, then direct messages, then a look at recent mentions for edits and deletions.

        A source that is limited leaves the others running and is named in `problems`;
        RateLimited is raised only when none is left to ask. Once the day's budget is spent
        RateLimited is raised until midnight UTC.
        """
        state = XState.read(cursor, self.name)
        with XApi(self._settings, self._clock, self._vocabulary) as api:
            poll = _Poll(settings=self._settings, clock=self._clock, state=state, api=api)
            try:
                poll.refuse_spent_budget()
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
    problems: list[str] = field(default_factory=list)

    def run(self) -> Iterator[Harvest]:
        failures: list[FirstContactError] = []
        self.state.looked_at = self.state.looked_at or self.clock().timestamp()
        for source in self.settings.sources:
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

    def _budget(self) -> int:
        return round(self.settings.budget_usd_per_day * 1_000_000)

    def refuse_spent_budget(self) -> None:
        """Raises RateLimited until midnight UTC once the day's budget is spent."""
        now, budget = self.clock(), self._budget()
        if not budget or self.state.spent_today(now) < budget:
            return
        raise RateLimited(
            f"{self.settings.name}: the budget of ${self.settings.budget_usd_per_day:.2f} for "
            "today is spent, nothing is read until midnight UTC",
            retry_at=_midnight_after(now),
        )

    def _budget_quota(self) -> tuple[Quota, ...]:
        now, budget = self.clock(), self._budget()
        if not budget:
            return ()
        left = max(0, budget - self.state.spent_today(now))
        return (
            Quota(
                name="budget_cents",
                remaining=left // 10_000,
                limit=budget // 10_000,
                resets_at=_midnight_after(now),
            ),
        )

    # --- walking --------------------------------------------------------------------------------

    def _source(self, source: Source) -> Iterator[Harvest]:
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
        while True:
            self.refuse_spent_budget()
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

    def _page(self, source: Source, walk: Walk) -> tuple[Walk, shapes.Raw]:
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

    def _stored(self, source: Source, walk: Walk, body: shapes.Raw, token: str) -> Walk:
        """Move on past a page: DMs stop at the mark, mentions where the server stops."""
        ids = [str(raw["id"]) for raw in shapes.entries(body) if _has_id(raw)]
        reached = source == "dms" and any(not later(each, walk.mark) for each in ids)
        walk = walk.after(ids, "" if reached else token)
        self.state.walks[source] = walk
        quota = self.api.quotas.get(source)
        if quota and quota.remaining == 0 and quota.resets_at:
            self.state.held[source] = quota.resets_at.timestamp()
        return walk

    # --- reading --------------------------------------------------------------------------------

    def _read(self, source: Source, body: shapes.Raw) -> tuple[list[Arrival], list[Rejected]]:
        arrivals: list[Arrival] = []
        rejected: list[Rejected] = []
        for raw in sorted(shapes.entries(body), key=_by_id):
            try:
                arrival = (
                    self._mention(raw, body) if source == "mentions" else self._message(raw, body)
                )
            except (ValueError, TypeError, AttributeError) as error:
                rejected.append((f"{self.settings.name}: {source}: {error}", _bytes(raw)))
                continue
            if arrival:
                self.state.charge(MICROS[source], self.clock())
                arrivals.append(arrival)
        return arrivals, rejected

    def _mention(self, raw: shapes.Raw, body: shapes.Raw) -> Arrival | None:
        first, newest = shapes.versions(raw)[0], shapes.entry_id(raw)
        if not self.state.fresh_mention(first, newest):
            return None
        if str(raw.get("author_id")) == self.settings.user_id or shapes.is_repost(raw):
            return None
        item = self._item_of(raw, body)
        change = Change.EDIT if first in self.state.watch else Change.NEW
        self.state.remember(first, newest, item.sent_at)
        return self._arrival(item, shapes.payload(raw, body), change)

    def _item_of(self, raw: shapes.Raw, body: shapes.Raw) -> Item:
        return shapes.post_item(raw, body, account=self.settings.account, now=self.clock())

    def _message(self, raw: shapes.Raw, body: shapes.Raw) -> Arrival | None:
        event_id = shapes.entry_id(raw)
        fresh = self.state.fresh_message(event_id)
        self.state.remember_message(event_id)
        if not fresh or raw.get("event_type", "MessageCreate") != "MessageCreate":
            return None
        if str(raw.get("sender_id")) == self.settings.user_id:
            return None
        item = shapes.dm_item(raw, body, account=self.settings.account, now=self.clock())
        return self._arrival(item, shapes.payload(raw, body), Change.NEW)

    def _arrival(self, item: Item, payload: bytes, change: Change) -> Arrival:
        return Arrival(item=item, payload=payload, change=change, seen_at=self.clock())

    def _harvest(
        self, arrivals: list[Arrival] | None = None, rejected: list[Rejected] | None = None
    ) -> Harvest:
        told, self.problems = self.problems, []
        return Harvest(
            arrivals=tuple(arrivals or ()),
            cursor=self.state.write(),
            quotas=(*self.api.quotas.values(), *self._budget_quota()),
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
        budget = self._budget()
        if not self.state.watch or (budget and self.state.spent_today(now) * 2 >= budget):
            return
        self._charge_lookup(now)
        self.state.looked_at = now.timestamp()
        ids = list(self.state.watch)
        for start in range(0, len(ids), PAGE):
            try:
                arrivals = self._looked_up(ids[start : start + PAGE])
            except FirstContactError as error:
                self.problems.append(str(error))
                yield self._harvest()
                return
            yield self._harvest(arrivals)

    def _charge_lookup(self, now: datetime) -> None:
        """X bills a post once a day; those of today were billed when they came."""
        looked = datetime.fromtimestamp(self.state.looked_at, UTC).date()
        if looked == now.date():
            return
        old = [
            known
            for known in self.state.watch.values()
            if datetime.fromtimestamp(known.sent, UTC).date() != now.date()
        ]
        self.state.charge(MICROS["lookup"] * len(old), now)

    def _looked_up(self, firsts: list[str]) -> list[Arrival]:
        newest = {self.state.watch[first].latest: first for first in firsts}
        body = self.api.posts(list(newest))
        gone = [
            self._deleted(newest[each], error)
            for each, error in shapes.vanished(body).items()
            if each in newest
        ]
        return gone + self._edited(body)

    def _deleted(self, first: str, error: shapes.Raw) -> Arrival:
        known = self.state.watch.pop(first)
        item = shapes.deleted_item(first, account=self.settings.account, sent=known.sent)
        return self._arrival(item, _bytes(error), Change.DELETE)

    def _edited(self, body: shapes.Raw) -> list[Arrival]:
        """What was edited since: the look-up names newer versions, which are then read."""
        wanted = [
            shapes.versions(raw)[-1]
            for raw in shapes.entries(body)
            if _has_id(raw) and later(shapes.versions(raw)[-1], shapes.entry_id(raw))
        ]
        pages = [body, self.api.posts(wanted)] if wanted else [body]
        return [arrival for page in pages for arrival in self._read("mentions", page)[0]]


def _params(source: Source, walk: Walk) -> dict[str, str]:
    params = {"max_results": str(PAGE)}
    if walk.since and source == "mentions":
        params["since_id"] = walk.since
    if walk.token:
        params["pagination_token"] = walk.token
    return params


def _midnight_after(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def _has_id(raw: shapes.Raw) -> bool:
    return str(raw.get("id", "")).isdecimal()


def _by_id(raw: shapes.Raw) -> tuple[int, str]:
    text = str(raw.get("id", ""))
    return (len(text), text)


def _bytes(raw: shapes.Raw) -> bytes:
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
