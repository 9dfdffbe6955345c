"""Which records a source has, so that those it no longer has can be told."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the next reading of a source fills it."""
    op.create_table(
        "source_records",
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("gone_at", Moment()),
        sa.PrimaryKeyConstraint("source", "record_id", name="pk_source_records"),
    )


def downgrade() -> None:
    """Drop the table: it can be filled again."""
    op.drop_table("source_records")
