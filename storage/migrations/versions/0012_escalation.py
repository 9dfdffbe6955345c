"""Who has an escalated case in hand, what went by the second route, what a shift decided."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: nobody has said anything yet, and nothing went another way."""
    op.add_column("items", sa.Column("in_hand", sa.Text()))
    op.add_column("outbox", sa.Column("rerouted_at", Moment()))
    op.create_index(
        "ix_items_closed_at",
        "items",
        ["closed_at"],
        sqlite_where=sa.text("closed_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    # What was given up long ago is no news: nobody is told of it anew.
    op.execute("UPDATE outbox SET rerouted_at = created_at WHERE delivered < wanted")


def downgrade() -> None:
    """Drop what was said: reminders and steps go on as if nobody had."""
    op.drop_index("ix_items_closed_at", table_name="items")
    for table, column in (("items", "in_hand"), ("outbox", "rerouted_at")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
