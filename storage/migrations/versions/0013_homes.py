"""Which homes are open in chat tools."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; it fills as officers open their homes."""
    op.create_table(
        "homes",
        sa.Column("sink", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("drawn_at", Moment(), nullable=False),
        sa.Column("drawn_mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sink", "account", name="pk_homes"),
    )


def downgrade() -> None:
    """Drop the table: a home is drawn when it is opened."""
    op.drop_table("homes")
