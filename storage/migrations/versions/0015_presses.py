"""Presses that a chat tool was told are accepted, until they are carried out."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; nothing is in hand yet."""
    op.create_table(
        "presses",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("sink", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, server_default=""),
        sa.Column("held_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_presses"),
    )


def downgrade() -> None:
    """Drop the table: what is in it is not carried out."""
    op.drop_table("presses")
