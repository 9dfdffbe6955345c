"""Tables of the comms review: what was hidden, and who may read a private message for a time."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, text

from storage.tables import SERIAL, metadata
from storage.types import Moment

ASKED = text("state = 'asked'")

hidings = Table(
    "hidings",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("by", String(300), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", String(64), nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    Column("asked_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_hidings_ref_id", "ref", "id"),
    Index("uq_hidings_asked", "ref", unique=True, sqlite_where=ASKED, postgresql_where=ASKED),
)

text_grants = Table(
    "text_grants",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("officer_id", String(300), nullable=False),
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), nullable=False),
    Column("granted_by", String(300), nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_text_grants_officer_id", "officer_id", "expires_at"),
    Index("ix_text_grants_ref", "ref"),
)
