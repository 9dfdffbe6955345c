"""Figures of each day, to see the desk drift; and an index to find events by what was done."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create table and index; the days before are counted by the service."""
    op.create_table(
        "drift_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_drift_days"),
    )
    op.create_index("ix_audit_events_action", "audit_events", ["action", "seq"])


def downgrade() -> None:
    """Drop both: the days can be counted again while the items are there."""
    op.drop_index("ix_audit_events_action", "audit_events")
    op.drop_table("drift_days")
