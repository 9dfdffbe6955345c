"""Who has an escalated case in hand, and who stopped its reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: nobody has said anything yet."""
    op.add_column("items", sa.Column("in_hand", sa.Text()))


def downgrade() -> None:
    """Drop what was said: reminders and steps go on as if nobody had."""
    op.drop_column("items", "in_hand")
