"""Who has an escalated case in hand, and which messages went by the second route."""

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
    # What was given up long ago is no news: nobody is told of it anew.
    op.execute("UPDATE outbox SET rerouted_at = created_at WHERE delivered < wanted")


def downgrade() -> None:
    """Drop what was said: reminders and steps go on as if nobody had."""
    for table, column in (("items", "in_hand"), ("outbox", "rerouted_at")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
