"""What items tell of where and when, to put the next one to its incident."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; items from before stay as they are, in no incident."""
    op.create_table(
        "scenes",
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["items.ref"], name="fk_scenes_ref", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ref", name="pk_scenes"),
    )
    op.create_index("ix_scenes_sent_us", "scenes", ["sent_us"])
    op.create_table(
        "scene_places",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["ref"], ["items.ref"], name="fk_scene_places_ref", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "sent_us", "ref", name="pk_scene_places"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_scene_places_ref", "scene_places", ["ref"])
    op.create_index("ix_scene_places_sent_us", "scene_places", ["sent_us"])


def downgrade() -> None:
    """Drop both; which item is in which incident stands with the item."""
    op.drop_table("scene_places")
    op.drop_table("scenes")
