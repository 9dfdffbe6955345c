"""Where a chat tool says that a conversation is reached, so that it is known after a restart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation of a sink as its tool last told of it."""

    id: str
    service_url: str
    tenant: str = ""
    bot_id: str = ""
    name: str = ""


class Conversations(Protocol):
    """The conversations that were told of, by sink."""

    def conversation(self, sink: str, conversation_id: str) -> Conversation | None:
        """A conversation as last told, or None."""
        ...

    def save_conversation(self, sink: str, told: Conversation, *, now: datetime) -> bool:
        """Keep what was told in place of what was known; False if that is the same.

        What is empty in `told` (a press tells no name) stays as it was known.
        """
        ...
