"""The table of replies to citizens."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from storage.tables import metadata
from storage.types import Moment


def _word(name: str, length: int = 300) -> Column[str]:
    return Column(name, String(length), nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


LIVE_REPLY = text("state IN ('draft', 'waiting', 'approved', 'sending', 'unknown')")
OWED_REPLY = text("state IN ('approved', 'sending')")

replies = Table(
    "replies",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),  # in the order in which they were begun
    Column("case_ref", String(24), ForeignKey("items.ref"), nullable=False),
    Column("state", String(16), nullable=False),
    _number("version", 1),
    Column("channel", String(300), nullable=False),
    Column("public", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("drafted_by", String(300), nullable=False),
    Column("drafted_at", Moment, nullable=False),
    Column("safe_to_send", Boolean, nullable=False, server_default=false()),
    _word("template"),
    _word("approved_by"),
    Column("approved_at", Moment),
    _word("approved_digest", 64),
    _number("approved_versions"),
    _number("attempts"),
    Column("tried_at", Moment),
    Column("unsure", Boolean, nullable=False, server_default=false()),
    Column("held_until", Moment),
    Column("next_attempt", Moment),
    _word("external_id"),
    Column("sent_at", Moment),
    Column("said", Text, nullable=False, server_default=""),
    Index("ix_replies_case_ref", "case_ref"),
    # two replies to one case can never go out side by side
    Index(
        "uq_replies_live",
        "case_ref",
        unique=True,
        sqlite_where=LIVE_REPLY,
        postgresql_where=LIVE_REPLY,
    ),
    Index("ix_replies_owed", "number", sqlite_where=OWED_REPLY, postgresql_where=OWED_REPLY),
)
