"""Where chat tools say that their conversations are reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from storage.chat_tables import conversations
from storage.database import Database, insert_into
from storage.types import safe, short
from triage.conversations import Conversation


class ConversationsPart:
    """`triage.conversations.Conversations` over SQL."""

    _db: Database

    def conversation(self, sink: str, conversation_id: str) -> Conversation | None:
        """A conversation as last told, or None."""
        with self._db.read() as tx:
            row = _row(tx, sink, conversation_id)
        return _conversation_of(conversation_id, row) if row else None

    def save_conversation(self, sink: str, told: Conversation, *, now: datetime) -> bool:
        """Keep what was told in place of what was known; False if that is the same."""
        known = self.conversation(sink, told.id)
        given = {"service_url": told.service_url, "tenant": told.tenant, "bot_id": told.bot_id}
        given = {name: safe(text) for name, text in (given | {"name": told.name}).items() if text}
        if known is not None and all(getattr(known, name) == given[name] for name in given):
            return False
        values: dict[str, Any] = {**given, "told_at": now}
        keys = {"sink": short(sink), "conversation_id": short(told.id)}
        with self._db.write() as tx:
            new = insert_into(tx, conversations).values(**keys, **values)
            tx.execute(new.on_conflict_do_update(index_elements=list(keys), set_=values))
        return True


def _row(tx: Connection, sink: str, conversation_id: str) -> Row[Any] | None:
    columns = conversations.c
    wanted = select(conversations).where(
        columns.sink == short(sink), columns.conversation_id == short(conversation_id)
    )
    return tx.execute(wanted).first()


def _conversation_of(conversation_id: str, row: Row[Any]) -> Conversation:
    return Conversation(
        id=conversation_id,
        service_url=row.service_url,
        tenant=row.tenant,
        bot_id=row.bot_id,
        name=row.name,
    )
