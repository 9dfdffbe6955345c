"""Which homes are open in chat tools, and which messages stand under another."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, which fills as officers open their homes, and the column."""
    op.create_table(
        "homes",
        sa.Column("sink", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("drawn_at", Moment(), nullable=False),
        sa.Column("drawn_mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sink", "account", name="pk_homes"),
    )
    under = sa.Column("under", sa.String(length=300), server_default="", nullable=False)
    op.add_column("outbox", under)


def downgrade() -> None:
    """Drop both: a home is drawn when it is opened, and lines stand where they were posted."""
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("under")
    op.drop_table("homes")
