"""Replies to citizens: one row each, from the draft to what the platform said."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('draft', 'waiting', 'approved', 'sending', 'unknown')")
OWED = sa.text("state IN ('approved', 'sending')")


def _word(name: str, length: int = 300) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _number(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "replies",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("case_ref", sa.String(24), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        _number("version", 1),
        sa.Column("channel", sa.String(300), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.String(300), nullable=False),
        sa.Column("drafted_at", Moment(), nullable=False),
        sa.Column("safe_to_send", sa.Boolean(), nullable=False, server_default=sa.false()),
        _word("template"),
        _word("approved_by"),
        sa.Column("approved_at", Moment()),
        _word("approved_digest", 64),
        _number("approved_versions"),
        _number("attempts"),
        sa.Column("tried_at", Moment()),
        sa.Column("unsure", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("held_until", Moment()),
        sa.Column("next_attempt", Moment()),
        _word("external_id"),
        sa.Column("sent_at", Moment()),
        sa.Column("said", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sa.ForeignKeyConstraint(["case_ref"], ["items.ref"], name="fk_replies_case_ref"),
    )
    op.create_index("ix_replies_case_ref", "replies", ["case_ref"])
    op.create_index(
        "uq_replies_live",
        "replies",
        ["case_ref"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index(
        "ix_replies_owed", "replies", ["number"], sqlite_where=OWED, postgresql_where=OWED
    )


def downgrade() -> None:
    """Drop the table: what was sent is on the platform, and in the audit trail by its digest."""
    op.drop_table("replies")
