"""Tables of what is owed to chat tools, and of what they told us."""

from sqlalchemy import BigInteger, Boolean, Column, Index, SmallInteger, String, Table, false, text

from storage.tables import metadata, number, prose, word
from storage.types import Moment

OWED = text("delivered < wanted AND digest = ''")
SENDABLE = text("delivered < wanted AND digest = '' AND NOT dead")
FOLDED = text("digest <> ''")
SHOWN = text("external_id <> '' AND NOT stub")

outbox = Table(
    "outbox",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("destination", String(300), nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    word("case_ref", 24),
    prose("body"),
    number("wanted", 1),
    number("delivered"),
    prose("external_id"),
    number("attempts"),
    Column("unsure", Boolean, nullable=False, server_default=false()),
    Column("dead", Boolean, nullable=False, server_default=false()),
    prose("error"),
    Column("created_at", Moment, nullable=False),
    Column("next_attempt", Moment),
    Column("held_until", Moment),
    Column("delivered_at", Moment),
    Column("tried_at", Moment),
    Column("owed_since", Moment),  # None while nothing is owed
    word("digest"),  # the message that stands for this card while there are too many
    Column("stub", Boolean, nullable=False, server_default=false()),
    Column("rerouted_at", Moment),  # by the second route, in place of this one
    word("under"),
    Index("ix_outbox_owed", "urgency", "created_at", sqlite_where=OWED, postgresql_where=OWED),
    Index(
        "ix_outbox_due",
        "destination",
        "urgency",
        "created_at",
        "key",
        sqlite_where=SENDABLE,
        postgresql_where=SENDABLE,
    ),
    Index("ix_outbox_digest", "digest", "created_at", sqlite_where=FOLDED, postgresql_where=FOLDED),
    Index("ix_outbox_shown", "created_at", sqlite_where=SHOWN, postgresql_where=SHOWN),
    Index("ix_outbox_case_ref", "case_ref"),
)

digests = Table(
    "digests",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("destination", String(300), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("said_at", Moment, nullable=False),
    Column("ended_at", Moment),  # the surge is over; what is in it may still wait
    Column("closed_at", Moment),  # nothing in it waits any more
    Index(
        "uq_digests_live",
        "destination",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "ix_digests_standing",
        "began_at",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

conversations = Table(
    "conversations",
    metadata,
    Column("sink", String(300), primary_key=True),
    Column("conversation_id", String(300), primary_key=True),
    prose("service_url"),
    prose("tenant"),
    prose("bot_id"),
    prose("name"),
    Column("told_at", Moment, nullable=False),
)

homes = Table(
    "homes",
    metadata,
    Column("sink", String(300), primary_key=True),
    Column("account", String(300), primary_key=True),
    Column("opened_at", Moment, nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("drawn_mark", BigInteger, nullable=False),
)

presses = Table(
    "presses",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("sink", String(300), nullable=False),
    prose("body"),
    Column("held_at", Moment, nullable=False),
)
