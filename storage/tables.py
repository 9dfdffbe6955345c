"""The tables: one row per case, and what surrounds it. Alembic brings a database to them.

JSON is kept as ASCII text: it is written and read as a whole, and both databases take it alike.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from storage.types import Moment

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
NO_PRIORITY = 9  # rank of a case that has not been decided
RECEIVED = text("state = 'received'")
NOT_CLOSED = text("state <> 'closed'")
CLOSED_UNDER = text("result_ref <> ''")

metadata = MetaData(naming_convention=NAMES)
SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER keys itself


def word(name: str, length: int = 300) -> Column[str]:
    """A short text, "" where nothing is said."""
    return Column(name, String(length), nullable=False, server_default="")


def prose(name: str) -> Column[str]:
    """A text of any length, "" where nothing is said."""
    return Column(name, Text, nullable=False, server_default="")


def number(name: str, default: int = 0) -> Column[int]:
    """A number that is never missing."""
    return Column(name, Integer, nullable=False, server_default=str(default))


items = Table(
    "items",
    metadata,
    Column("ref", String(24), primary_key=True),
    # what was sent; `rest` is what no query asks for (storage/rows.py)
    Column("channel", String(300), nullable=False),
    Column("account", String(300), nullable=False),
    Column("external_id", String(300), nullable=False),
    Column("platform", String(300), nullable=False),
    Column("author_key", String(300), nullable=False),
    Column("thread_id", String(300), nullable=False),
    Column("reply_to", String(300), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("public", Boolean, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("rest", Text, nullable=False),
    # what the desk does with it
    Column("state", String(16), nullable=False, server_default="received"),
    number("version", 1),
    number("text_versions", 1),
    Column("deleted_at", Moment),
    Column("verdict", Text),
    Column("link", Text),
    Column("history", Text),
    Column("decision", Text),
    Column("priority", SmallInteger),
    Column("rank", SmallInteger, nullable=False, server_default=str(NO_PRIORITY)),
    Column("due_at", Moment, nullable=False),
    Column("next_look", Moment),
    Column("lane", String(32)),
    word("claimed_by"),
    Column("claimed_at", Moment),
    Column("offered_to", String(32)),
    word("offered_by"),
    Column("offered_at", Moment),
    number("escalation"),
    prose("result"),
    prose("result_ref"),
    Column("closed_at", Moment),
    word("incident"),
    prose("note"),
    Column("in_hand", Text),
    Column("disclosed", Boolean, nullable=False, server_default=false()),
    Column("record_id", String(300)),
    UniqueConstraint("channel", "account", "external_id"),
    Index("ix_items_queue", "state", "rank", "due_at", "ref", "lane", "claimed_by"),
    Index(
        "ix_items_waiting",
        "state",
        "public",
        "sent_us",
        "ref",
        sqlite_where=RECEIVED,
        postgresql_where=RECEIVED,
    ),
    Index("ix_items_author", "platform", "author_key", "sent_us", "disclosed"),
    Index("ix_items_thread", "channel", "account", "thread_id", "author_key", "sent_us"),
    Index(
        "ix_items_open_thread",
        "channel",
        "account",
        "thread_id",
        "rank",
        "author_key",
        "ref",
        sqlite_where=NOT_CLOSED,
        postgresql_where=NOT_CLOSED,
    ),
    Index(
        "ix_items_person",
        "record_id",
        "sent_us",
        sqlite_where=text("record_id IS NOT NULL"),
        postgresql_where=text("record_id IS NOT NULL"),
    ),
    Index(
        "ix_items_next_look",
        "next_look",
        sqlite_where=text("next_look IS NOT NULL"),
        postgresql_where=text("next_look IS NOT NULL"),
    ),
    Index(
        "ix_items_incident",
        "incident",
        sqlite_where=text("incident <> ''"),
        postgresql_where=text("incident <> ''"),
    ),
    Index("ix_items_received_at", "received_at"),
    Index(
        "ix_items_closed_at",
        "closed_at",
        sqlite_where=text("closed_at IS NOT NULL"),
        postgresql_where=text("closed_at IS NOT NULL"),
    ),
    Index(
        "ix_items_result_ref",
        "result_ref",
        sqlite_where=CLOSED_UNDER,
        postgresql_where=CLOSED_UNDER,
    ),
)

item_versions = Table(
    "item_versions",
    metadata,
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("change", String(8), nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
)

scenes = Table(
    "scenes",
    metadata,
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), primary_key=True),
    Column("sent_us", BigInteger, nullable=False),
    Column("scene", Text, nullable=False),
    Index("ix_scenes_sent_us", "sent_us"),
)

scene_places = Table(
    "scene_places",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("sent_us", BigInteger, primary_key=True),
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), primary_key=True),
    Index("ix_scene_places_ref", "ref"),
    Index("ix_scene_places_sent_us", "sent_us"),
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("channel", String(300), primary_key=True),
    Column("account", String(300), primary_key=True),
    Column("external_id", String(300), primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

ref_days = Table(
    "ref_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("last", Integer, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", String(300), primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("stored_at", Moment, nullable=False),
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("source", String(300), nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(300), nullable=False),
    Column("action", String(300), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_events_subject", "subject", "seq"),
    Index("ix_audit_events_actor", "actor", "seq"),
    Index("ix_audit_events_action", "action", "seq"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

drift_days = Table(
    "drift_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("figures", Text, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

officers = Table(
    "officers",
    metadata,
    Column("id", String(300), primary_key=True),
    Column("name", String(300), nullable=False),
    Column("roles", Text, nullable=False),
    word("slack_id"),
    word("teams_id"),
    Column("active", Boolean, nullable=False),
    Index(
        "uq_officers_slack_id",
        "slack_id",
        unique=True,
        sqlite_where=text("slack_id <> ''"),
        postgresql_where=text("slack_id <> ''"),
    ),
    Index(
        "uq_officers_teams_id",
        "teams_id",
        unique=True,
        sqlite_where=text("teams_id <> ''"),
        postgresql_where=text("teams_id <> ''"),
    ),
)

# the console's accounts and sessions (console/web/accounts.py)

accounts = Table(
    "accounts",
    metadata,
    Column("officer_id", String(300), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),  # a session, or a link that opens one
    Column("officer_id", String(300), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_sessions_officer_id", "officer_id"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("cleared_at", Moment),
    Index(
        "uq_alarms_open",
        "key",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)

collectors = Table(
    "collectors",
    metadata,
    Column("source", String(300), primary_key=True),
    Column("last_success", Moment),
    Column("last_item", Moment),
    number("failures"),
    prose("error"),
    Column("quotas", Text, nullable=False, server_default="[]"),
    Column("usual_gap_seconds", Float),
)

nodes = Table(
    "nodes",
    metadata,
    Column("node", String(300), primary_key=True),
    Column("beat_at", Moment, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("holder", String(300), nullable=False),
    Column("until", Moment, nullable=False),
)
