"""Messenger: conversations by their last change, back to the mark, and the messages in them."""

from collections.abc import Iterator

from collectors import facebook_shapes as shapes
from collectors.entries import UNREADABLE, Raw, Rejected
from collectors.facebook_poll import Poll
from collectors.facebook_state import Todo
from triage.errors import Gone
from triage.model import Arrival, Harvest

SETTLED = 5.0
"""Seconds after which no more messages can come with the same `updated_time`."""


class MessageWalk:
    """Walks conversations that changed, and of each its messages, newest first."""

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self._walk = poll.state.messages

    def run(self) -> Iterator[Harvest]:
        """Harvests page by page; goes on where a kill interrupted the walk."""
        walk, now = self._walk, self._poll.clock().timestamp()
        seen: set[str] = set()
        while True:
            if not walk.todo:
                yield from self._next_conversations(seen)
            while walk.todo:
                yield from self._messages_of(walk.todo[0])
            if not walk.outer:
                break
        walk.newest = min(walk.newest, now - SETTLED)
        walk.end()
        yield self._poll.harvest()

    def _next_conversations(self, seen: set[str]) -> Iterator[Harvest]:
        walk = self._walk
        body = self._poll.api.conversations(after=walk.outer)
        token = shapes.after(body)
        rejected = self._poll.strays("conversations", body)
        for raw in shapes.entries(body):
            try:
                updated = self._conversation(raw)
            except UNREADABLE as error:
                rejected += self._poll.rejected("conversations", error, raw)
                continue
            token = "" if updated < walk.mark else token
        self._poll.next_outer(walk, token, seen, "conversations")
        yield from self._poll.told([], rejected)

    def _conversation(self, raw: Raw) -> float:
        """Put a conversation on the list if it changed; returns when it did."""
        own = shapes.required_id(raw)
        updated = shapes.stamp(raw, "updated_time", self._poll.clock()).timestamp()
        if updated >= self._walk.mark and self._poll.state.conversations.get(own) != updated:
            self._walk.todo.append(Todo(id=own, updated=updated))
            self._walk.newest = max(self._walk.newest, updated)
        return updated

    def _messages_of(self, conversation: Todo) -> Iterator[Harvest]:
        walk, state = self._walk, self._poll.state
        floor = state.conversations.get(conversation.id, walk.mark)
        seen: set[str] = set()
        while True:
            try:
                body = self._poll.api.messages(conversation.id, after=walk.inner)
            except Gone as error:
                self._poll.problems.append(str(error))
                walk.next_head()
                return
            arrivals, rejected, oldest = self._read(body, conversation.id, floor)
            token = shapes.after(body) if oldest >= floor else ""
            self._poll.next_inner(walk, token, seen, "messages")
            if not token:
                state.remember_conversation(conversation.id, self._settled(conversation.updated))
                walk.next_head()
            yield from self._poll.told(arrivals, rejected)
            if not token:
                return

    def _settled(self, updated: float) -> float:
        """Up to when a conversation is stored: times are whole seconds, and this one may last."""
        now = self._poll.clock().timestamp()
        return updated if now - updated >= SETTLED else updated - 1

    def _read(
        self, body: Raw, conversation_id: str, floor: float
    ) -> tuple[list[Arrival], list[Rejected], float]:
        """Arrivals oldest first, unreadable entries, and the time of the oldest message."""
        arrivals: list[Arrival] = []
        rejected = self._poll.strays("messages", body)
        oldest = float("inf")
        for raw in reversed(shapes.entries(body)):
            try:
                found, sent = self._message(raw, conversation_id, floor)
            except UNREADABLE as error:
                rejected += self._poll.rejected("messages", error, raw)
                continue
            arrivals += found
            oldest = min(oldest, sent)
        return sorted(arrivals, key=lambda each: each.item.sent_at), rejected, oldest

    def _message(self, raw: Raw, conversation_id: str, floor: float) -> tuple[list[Arrival], float]:
        page_id, now = self._poll.settings.page_id, self._poll.clock()
        item = shapes.message_item(raw, conversation_id=conversation_id, page_id=page_id, now=now)
        sent = item.sent_at.timestamp()
        if sent < floor or item.author.account_id == page_id:
            return [], sent
        if not self._poll.state.remember_message(item.id, sent):
            return [], sent
        return [self._poll.arrival(item, raw)], sent
