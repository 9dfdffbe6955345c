"""When an attempt of unknown outcome began: an earlier post is looked for around that moment."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is unsure already is searched from when it was owed."""
    op.add_column("outbox", sa.Column("tried_at", Moment()))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("tried_at")
