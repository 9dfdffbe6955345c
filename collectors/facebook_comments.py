"""Comments on the page's recent posts, replies to them, and what visitors post on the page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collectors import facebook_shapes as shapes
from collectors.entries import UNREADABLE, Raw, Rejected
from collectors.facebook_poll import LOOK_BACK, Poll
from collectors.facebook_state import Todo, fingerprint
from triage.errors import FirstContactError, Gone, RateLimited
from triage.model import Arrival, Change, Harvest, Item
from triage.taxonomy import Kind

SLOW_ROUND = timedelta(minutes=10)
"""How often recent comments are read again for edits, deletions and late approvals."""

BUSY = 75
"""Per cent of a limit from which second looks are left out."""

LOOK_UPS = 20
"""How many comments that were not met again are looked up in a slow round."""


class CommentWalk:
    """Walks posts, and of each post with something new its comments, newest first.

    Facebook tells neither edits nor deletions, so every ten minutes the comments of the last day
    are read again: another text is an edit, and what is not met and cannot be looked up is gone.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self._walk = poll.state.comments
        self._met: set[str] = set()
        self._whole = not self._walk.under_way  # whether this process saw all of the round
        self._limit: RateLimited | None = None

    def run(self) -> Iterator[Harvest]:
        """Harvests page by page; goes on where a kill interrupted the walk.

        Raises:
            RateLimited: the page is limited; nothing more may be asked.
        """
        walk, now = self._walk, self._poll.clock().timestamp()
        if self._whole:
            due = now - self._poll.state.slow_at >= SLOW_ROUND.total_seconds()
            walk.slow = due and self._poll.api.used_up < BUSY
        seen: set[str] = set()
        while True:
            if not walk.todo:
                yield from self._next_posts(seen)
            while walk.todo:
                yield from self._comments_of(walk.todo[0])
            if not walk.outer:
                break
        yield self._ended(now)
        if self._limit:  # only now: what was found out before it is stored
            raise self._limit

    def _ended(self, now: float) -> Harvest:
        gone: list[Arrival] = []
        if self._walk.slow:
            gone = self._deleted(now) if self._whole else []
            self._poll.state.slow_at = now
            self._poll.state.forget_before(now - LOOK_BACK.total_seconds())
        self._walk.end()
        return self._poll.harvest(gone)

    # --- posts ----------------------------------------------------------------------------------

    def _next_posts(self, seen: set[str]) -> Iterator[Harvest]:
        walk, wanted = self._walk, self._poll.settings.posts_back
        body = self._poll.api.posts(limit=min(50, wanted), after=walk.outer)
        posts = shapes.entries(body)[: wanted - walk.seen]
        walk.seen += len(posts)
        token = shapes.after(body) if walk.seen < wanted else ""
        self._poll.next_outer(walk, token, seen, "posts")
        arrivals: list[Arrival] = []
        rejected = self._poll.strays("posts", body)
        for raw in posts:
            try:
                arrivals += self._post(raw)
            except UNREADABLE as error:
                rejected += self._poll.rejected("posts", error, raw)
        yield from self._poll.told(arrivals, rejected)

    def _post(self, raw: Raw) -> list[Arrival]:
        """Put a post on the list if its comments may have changed; a visitor's is an arrival."""
        now, state = self._poll.clock(), self._poll.state
        own = shapes.required_id(raw)
        self._met.add(own)
        updated = shapes.stamp(
            raw, "updated_time" if "updated_time" in raw else "created_time", now
        )
        post = Todo(id=own, updated=updated.timestamp(), count=shapes.comment_count(raw))
        known = state.posts.get(own)
        same = known is not None and post.count >= 0 and known[1:] == [post.updated, post.count]
        lately = state.post_mark(own) >= (now - LOOK_BACK).timestamp()
        if not same or (self._walk.slow and lately):
            self._walk.todo.append(post)
        if shapes.sender(raw) in ("", self._poll.settings.page_id):
            return []
        item = shapes.visitor_post_item(raw, page_id=self._poll.settings.page_id, now=now)
        stored = known is not None and own not in state.watch
        return [] if stored else self._if_changed(item, raw, post_id=own)

    def _if_changed(self, item: Item, raw: Raw, *, post_id: str) -> list[Arrival]:
        """The item as new or as an edit; nothing if this very text is stored."""
        state = self._poll.state
        watched = state.watch.get(item.id)
        if watched and watched[1] == fingerprint(item.text):
            return []
        state.remember_comment(item.id, item.text, sent=item.sent_at.timestamp(), post=post_id)
        return [self._poll.arrival(item, raw, Change.EDIT if watched else Change.NEW)]

    # --- comments -------------------------------------------------------------------------------

    def _comments_of(self, post: Todo) -> Iterator[Harvest]:
        walk, state = self._walk, self._poll.state
        floor = state.post_mark(post.id)
        if walk.slow:
            floor = min(floor, (self._poll.clock() - LOOK_BACK).timestamp())
        seen: set[str] = set()
        while True:
            try:
                body = self._poll.api.comments(post.id, after=walk.inner)
            except Gone as error:
                self._poll.problems.append(str(error))
                walk.next_head()
                return
            arrivals, rejected, oldest = self._read(body, post.id, floor)
            token = shapes.after(body) if oldest >= floor else ""
            self._poll.next_inner(walk, token, seen, "comments")
            if not token:
                limit = 2 * self._poll.settings.posts_back
                state.remember_post(post, walk.inner_newest, limit=limit)
                walk.next_head()
            yield from self._poll.told(arrivals, rejected)
            if not token:
                return

    def _read(
        self, body: Raw, post_id: str, floor: float
    ) -> tuple[list[Arrival], list[Rejected], float]:
        """Arrivals oldest first, unreadable entries, and the time of the oldest comment."""
        arrivals: list[Arrival] = []
        rejected = self._poll.strays("comments", body)
        oldest = float("inf")
        for raw in reversed(shapes.entries(body)):
            try:
                found, sent = self._comment(raw, post_id, floor)
            except UNREADABLE as error:
                rejected += self._poll.rejected("comments", error, raw)
                continue
            arrivals += found
            oldest = min(oldest, sent)
            self._walk.inner_newest = max(self._walk.inner_newest, sent)
        return sorted(arrivals, key=lambda each: each.item.sent_at), rejected, oldest

    def _comment(self, raw: Raw, post_id: str, floor: float) -> tuple[list[Arrival], float]:
        page_id = self._poll.settings.page_id
        item = shapes.comment_item(raw, post_id=post_id, page_id=page_id, now=self._poll.clock())
        sent = item.sent_at.timestamp()
        self._met.add(item.id)
        stored = sent < floor and item.id not in self._poll.state.watch
        if stored or item.author.account_id == page_id:
            return [], sent
        return self._if_changed(item, raw, post_id=post_id), sent

    # --- deletions ------------------------------------------------------------------------------

    def _deleted(self, now: float) -> list[Arrival]:
        """Watched comments that were not met in a slow round and that Facebook does not know."""
        oldest = now - LOOK_BACK.total_seconds()
        missed = [
            comment_id
            for comment_id, (sent, _, _) in self._poll.state.watch.items()
            if sent >= oldest and comment_id not in self._met
        ]
        return [self._gone(each) for each in missed[:LOOK_UPS] if self._vanished(each)]

    def _vanished(self, comment_id: str) -> bool:
        """Whether Facebook knows a comment no more; asks nothing once the page is limited."""
        if self._limit:
            return False
        try:
            return not self._poll.api.comment_exists(comment_id)
        except RateLimited as error:
            self._limit = error
        except FirstContactError as error:
            self._poll.problems.append(str(error))
        return False

    def _gone(self, comment_id: str) -> Arrival:
        sent, _, post_id = self._poll.state.watch.pop(comment_id)
        item = Item(
            id=comment_id,
            channel=shapes.COMMENT,
            account=self._poll.settings.page_id,
            sent_at=datetime.fromtimestamp(sent, UTC),
            text="",
            kind=Kind.POST if comment_id == post_id else Kind.COMMENT,
            thread_id=post_id,
        )
        return self._poll.arrival(item, {"id": comment_id, "deleted": True}, Change.DELETE)
