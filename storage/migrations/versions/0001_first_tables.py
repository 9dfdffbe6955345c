"""The first tables."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything."""
    _items()
    _intake()
    _audit()
    _outbox()
    _registry()
    _records()
    _cluster()


def downgrade() -> None:
    """Drop everything."""
    for table in TABLES:
        op.drop_table(table)


TABLES = (
    "leases",
    "nodes",
    "rejected_links",
    "prior_links",
    "person_keys",
    "persons",
    "collectors",
    "alarms",
    "officers",
    "outbox",
    "marks",
    "audit_head",
    "audit_events",
    "rejects",
    "cursors",
    "ref_days",
    "tombstones",
    "item_versions",
    "items",
)


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=False),
        sa.Column("platform", sa.String(length=300), nullable=False),
        sa.Column("author_key", sa.String(length=300), nullable=False),
        sa.Column("thread_id", sa.String(length=300), nullable=False),
        sa.Column("reply_to", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rest", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="received", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("text_versions", sa.Integer(), server_default="1", nullable=False),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("history", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), server_default="9", nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("next_look", Moment(), nullable=True),
        sa.Column("lane", sa.String(length=32), nullable=True),
        sa.Column("claimed_by", sa.String(length=300), server_default="", nullable=False),
        sa.Column("claimed_at", Moment(), nullable=True),
        sa.Column("offered_to", sa.String(length=32), nullable=True),
        sa.Column("offered_by", sa.String(length=300), server_default="", nullable=False),
        sa.Column("offered_at", Moment(), nullable=True),
        sa.Column("escalation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("result_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("incident", sa.String(length=300), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("disclosed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("ref", name="pk_items"),
        sa.UniqueConstraint(
            "channel", "account", "external_id", name="uq_items_channel_account_external_id"
        ),
    )
    op.create_index("ix_items_author", "items", ["platform", "author_key", "sent_us", "disclosed"])
    op.create_index(
        "ix_items_incident",
        "items",
        ["incident"],
        sqlite_where=sa.text("incident <> ''"),
        postgresql_where=sa.text("incident <> ''"),
    )
    op.create_index(
        "ix_items_next_look",
        "items",
        ["next_look"],
        sqlite_where=sa.text("next_look IS NOT NULL"),
        postgresql_where=sa.text("next_look IS NOT NULL"),
    )
    op.create_index(
        "ix_items_open_thread",
        "items",
        ["channel", "account", "thread_id", "rank", "author_key", "ref"],
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "ix_items_person",
        "items",
        ["record_id", "sent_us"],
        sqlite_where=sa.text("record_id IS NOT NULL"),
        postgresql_where=sa.text("record_id IS NOT NULL"),
    )
    op.create_index(
        "ix_items_queue", "items", ["state", "rank", "due_at", "ref", "lane", "claimed_by"]
    )
    op.create_index("ix_items_received_at", "items", ["received_at"])
    op.create_index(
        "ix_items_thread",
        "items",
        ["channel", "account", "thread_id", "author_key", "sent_us"],
    )
    op.create_index(
        "ix_items_waiting",
        "items",
        ["state", "public", "sent_us", "ref"],
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )


def _intake() -> None:
    op.create_table(
        "item_versions",
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["ref"], ["items.ref"], name="fk_item_versions_ref", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ref", "seq", name="pk_item_versions"),
    )
    op.create_table(
        "tombstones",
        sa.Column("channel", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", "external_id", name="pk_tombstones"),
    )
    op.create_table(
        "ref_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_ref_days"),
    )
    op.create_table(
        "cursors",
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("stored_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_cursors"),
    )
    op.create_table(
        "rejects",
        sa.Column(
            "id",
            SERIAL,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rejects"),
    )


def _audit() -> None:
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("action", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_actor", "audit_events", ["actor", "seq"])
    op.create_index("ix_audit_events_subject", "audit_events", ["subject", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("destination", sa.String(length=300), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("case_ref", sa.String(length=24), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("wanted", sa.Integer(), server_default="1", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("dead", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("next_attempt", Moment(), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("delivered_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_outbox"),
    )
    op.create_index("ix_outbox_case_ref", "outbox", ["case_ref"])
    op.create_index(
        "ix_outbox_owed",
        "outbox",
        ["urgency", "created_at"],
        sqlite_where=sa.text("delivered < wanted"),
        postgresql_where=sa.text("delivered < wanted"),
    )


def _registry() -> None:
    op.create_table(
        "officers",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("slack_id", sa.String(length=300), server_default="", nullable=False),
        sa.Column("teams_id", sa.String(length=300), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_officers"),
    )
    op.create_index(
        "uq_officers_slack_id",
        "officers",
        ["slack_id"],
        unique=True,
        sqlite_where=sa.text("slack_id <> ''"),
        postgresql_where=sa.text("slack_id <> ''"),
    )
    op.create_index(
        "uq_officers_teams_id",
        "officers",
        ["teams_id"],
        unique=True,
        sqlite_where=sa.text("teams_id <> ''"),
        postgresql_where=sa.text("teams_id <> ''"),
    )
    op.create_table(
        "alarms",
        sa.Column(
            "id",
            SERIAL,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("cleared_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
    )
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["key"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "collectors",
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("last_success", Moment(), nullable=True),
        sa.Column("last_item", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("quotas", sa.Text(), server_default="[]", nullable=False),
        sa.Column("usual_gap_seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("source", name="pk_collectors"),
    )


def _records() -> None:
    op.create_table(
        "persons",
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_persons"),
    )
    op.create_table(
        "person_keys",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", name="pk_person_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "prior_links",
        sa.Column(
            "id",
            SERIAL,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("platform", sa.String(length=300), nullable=False),
        sa.Column("account_id", sa.String(length=300), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("confirmed_by", sa.String(length=300), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("revoked_by", sa.String(length=300), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prior_links"),
    )
    op.create_index("ix_prior_links_record_id", "prior_links", ["record_id"])
    op.create_index(
        "uq_prior_links_live",
        "prior_links",
        ["platform", "account_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "rejected_links",
        sa.Column("platform", sa.String(length=300), nullable=False),
        sa.Column("account_id", sa.String(length=300), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("rejected_by", sa.String(length=300), nullable=False),
        sa.Column("rejected_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "account_id", "record_id", name="pk_rejected_links"),
    )


def _cluster() -> None:
    op.create_table(
        "nodes",
        sa.Column("node", sa.String(length=300), nullable=False),
        sa.Column("beat_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_nodes"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("holder", sa.String(length=300), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
