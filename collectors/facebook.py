"""Facebook: comments and posts on the force's own page, and its Messenger conversations.

Only the page's own edges are asked, and nothing is written, so nothing is marked as read.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collectors.checks import Finding, worst_first
from collectors.facebook_api import EDGES, GraphApi
from collectors.facebook_comments import CommentWalk
from collectors.facebook_messages import MessageWalk
from collectors.facebook_poll import Poll
from collectors.facebook_state import FacebookState
from collectors.paging import gravest
from config.settings import FacebookCollector as Settings
from triage.errors import (
    FirstContactError,
    RateLimited,
    Retry,
    Unauthorised,
)
from triage.model import Harvest
from triage.ports import Clock

PRIVATE_FIRST = ("messages", "comments")
"""A message has no other reader, so it waits for no comment."""

EXPIRES_SOON = timedelta(days=7)


class FacebookCollector:
    """One Facebook page (see `triage.ports.Collector`)."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock
        self._edges = list(EDGES)
        self._owner_known = False

    def collect(self, cursor: str) -> Iterator[Harvest]:
        """Messages, then comments; the other way round until all old messages are read.

        While the page is limited nothing is asked at all. A comment whose text changed comes as
        an edit, one that is gone as a deletion; both are noticed within ten minutes and for a day.
        """
        state = FacebookState.read(cursor, self.name)
        if state.held > self._clock().timestamp():
            until = datetime.fromtimestamp(state.held, UTC)
            raise RateLimited(f"{self.name}: the limit is used up", retry_at=until)
        with GraphApi(self._settings, self._clock, self._edges) as api:
            poll = Poll(settings=self._settings, clock=self._clock, state=state, api=api)
            yield from self._run(poll)

    def _run(self, poll: Poll) -> Iterator[Harvest]:
        failures: list[FirstContactError] = []
        try:
            self._refuse_other_pages(poll.api)
            yield from self._walk_all(poll, failures)
        except RateLimited as error:
            failures = [error]
            poll.state.held = error.retry_at.timestamp() if error.retry_at else 0
        if failures:
            poll.problems += [str(error) for error in failures]
            yield poll.harvest()
            raise gravest(failures)

    def _walk_all(self, poll: Poll, failures: list[FirstContactError]) -> Iterator[Harvest]:
        """Every source, even if another fails; a limit holds for all and ends the poll."""
        order = sorted(self._settings.sources, key=PRIVATE_FIRST.index)
        if not poll.state.messages.mark:  # years of old messages would hold up today's comments
            order.reverse()
        for source in order:
            walk = CommentWalk(poll) if source == "comments" else MessageWalk(poll)
            try:
                yield from walk.run()
            except RateLimited:
                raise
            except FirstContactError as error:
                failures.append(error)

    def _refuse_other_pages(self, api: GraphApi) -> None:
        if self._owner_known:
            return
        try:
            owner = api.owner()
        except RateLimited:
            raise
        except FirstContactError as error:
            # The walks will say what is wrong; ask again only if that may help.
            self._owner_known = not isinstance(error, Retry)
            return
        if owner and owner != self._settings.page_id:
            raise Unauthorised(
                f"{self.name}: the token belongs to {owner}, not to page_id "
                f"{self._settings.page_id}: only the own page may be read"
            )
        self._owner_known = True

    def check(self) -> list[Finding]:
        """Whether the token lives, is the page's own, may read each source, and until when."""
        with GraphApi(self._settings, self._clock, self._edges) as api:
            findings = [self._check_owner(api), *self._check_expiry(api)]
            if "comments" in self._settings.sources:
                findings.append(self._check_comments(api))
            if "messages" in self._settings.sources:
                findings.append(self._check_messages(api))
        return worst_first(findings)

    def _check_owner(self, api: GraphApi) -> Finding:
        try:
            owner = api.owner()
        except FirstContactError as error:
            return Finding(level="fail", text=str(error))
        if owner == self._settings.page_id:
            return Finding(level="ok", text=f"{self.name}: the token is the page's own")
        text = f"{self.name}: the token belongs to {owner}: correct page_id or the token"
        return Finding(level="fail", text=text)

    def _check_expiry(self, api: GraphApi) -> list[Finding]:
        try:
            token = api.token()
        except FirstContactError as error:
            text = f"{self.name}: when the token expires cannot be read: {error}"
            return [Finding(level="warn", text=text)]
        times = _times(token.get("expires_at"), token.get("data_access_expires_at"))
        if not times:
            return [Finding(level="ok", text=f"{self.name}: the token does not expire")]
        return [self._expiry(min(times))]

    def _expiry(self, at: datetime) -> Finding:
        left = at - self._clock()
        if left <= timedelta(0):
            return Finding(level="fail", text=f"{self.name}: the token expired on {at:%d %b %Y}")
        text = f"{self.name}: the token expires on {at:%d %b %Y}"
        return Finding(level="warn" if left < EXPIRES_SOON else "ok", text=text)

    def _check_comments(self, api: GraphApi) -> Finding:
        try:
            api.posts(limit=1, after="")
        except FirstContactError as error:
            return Finding(level="fail", text=str(error))
        return Finding(level="ok", text=f"{self.name}: posts can be read")

    def _check_messages(self, api: GraphApi) -> Finding:
        try:
            api.conversations(after="")
        except FirstContactError as error:
            return Finding(level="fail", text=str(error))
        return Finding(level="ok", text=f"{self.name}: conversations can be read")


def _times(*values: object) -> list[datetime]:
    """Unix times as times; 0 means never, and nonsense too."""
    seconds = [value for value in values if isinstance(value, int) and 0 < value < 1 << 36]
    return [datetime.fromtimestamp(each, UTC) for each in seconds]
