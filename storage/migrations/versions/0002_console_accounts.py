"""The console's accounts and sessions come under the migrations; an unused column goes.

Earlier versions made the three tables beside the migrations: where they stand they are kept as
they are, with every account in them. `officers.password_hash` was never read by the console.
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what is missing, and drop the unused column."""
    _accounts()
    _sessions()
    _sign_in_failures()
    with op.batch_alter_table("officers") as officers:
        officers.drop_column("password_hash")


def downgrade() -> None:
    """Give the column back. The tables stay: the version before made and used them itself."""
    with op.batch_alter_table("officers") as officers:
        officers.add_column(
            sa.Column("password_hash", sa.Text(), server_default="", nullable=False)
        )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("officer_id", sa.String(length=300), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("officer_id", name="pk_accounts"),
        if_not_exists=True,
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("officer_id", sa.String(length=300), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        if_not_exists=True,
    )
    op.create_index("ix_sessions_officer_id", "sessions", ["officer_id"], if_not_exists=True)


def _sign_in_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_failures"),
        if_not_exists=True,
    )
