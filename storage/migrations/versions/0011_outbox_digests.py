"""Since when a message is owed, which cards a digest stands for, and which are scrubbed."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OWED = sa.text("delivered < wanted AND digest = ''")
SENDABLE = sa.text("delivered < wanted AND digest = '' AND NOT dead")
FOLDED = sa.text("digest <> ''")
SHOWN = sa.text("external_id <> '' AND NOT stub")
BEFORE = sa.text("delivered < wanted")


def upgrade() -> None:
    """Add the columns, the table and the indexes; what is owed already is so since it was made."""
    op.drop_index("ix_outbox_owed", table_name="outbox")
    op.add_column("outbox", sa.Column("owed_since", Moment()))
    op.add_column(
        "outbox", sa.Column("digest", sa.String(length=300), nullable=False, server_default="")
    )
    op.add_column(
        "outbox", sa.Column("stub", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE outbox SET owed_since = created_at WHERE delivered < wanted")
    _index("ix_outbox_owed", ["urgency", "created_at"], OWED)
    _index("ix_outbox_due", ["destination", "urgency", "created_at", "key"], SENDABLE)
    _index("ix_outbox_digest", ["digest", "created_at"], FOLDED)
    _index("ix_outbox_shown", ["created_at"], SHOWN)
    op.create_table(
        "digests",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("destination", sa.String(length=300), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("said_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.Column("closed_at", Moment()),
        sa.PrimaryKeyConstraint("key", name="pk_digests"),
    )
    live, standing = sa.text("ended_at IS NULL"), sa.text("closed_at IS NULL")
    _index("uq_digests_live", ["destination"], live, table="digests", unique=True)
    _index("ix_digests_standing", ["began_at"], standing, table="digests")


def _index(
    name: str,
    columns: list[str],
    where: sa.TextClause,
    *,
    table: str = "outbox",
    unique: bool = False,
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop them: cards that a digest stood for are owed again one by one."""
    op.drop_table("digests")
    for name in ("ix_outbox_shown", "ix_outbox_digest", "ix_outbox_due", "ix_outbox_owed"):
        op.drop_index(name, table_name="outbox")
    with op.batch_alter_table("outbox") as batch:
        for column in ("stub", "digest", "owed_since"):
            batch.drop_column(column)
    _index("ix_outbox_owed", ["urgency", "created_at"], BEFORE)
