"""What an account was like when it was confirmed, and what the confirmation displaced."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


INDEX = "ix_prior_links_platform_account_id"


def upgrade() -> None:
    """Add the columns: links confirmed before say nothing of it, and raise no doubt."""
    with op.batch_alter_table("prior_links") as batch:
        batch.add_column(_word("display_name", sa.Text()))
        batch.add_column(_word("language", sa.String(length=16)))
        batch.add_column(sa.Column("seen_at", Moment()))
        batch.add_column(sa.Column("doubted_at", Moment()))
        batch.add_column(_word("case_ref", sa.String(length=24)))
        batch.add_column(sa.Column("replaces", sa.BigInteger()))
        batch.add_column(_word("lifted_by", sa.String(length=300)))
        batch.add_column(sa.Column("lifted_at", Moment()))
    op.create_index(INDEX, "prior_links", ["platform", "account_id"])


def downgrade() -> None:
    """Take them out."""
    op.drop_index(INDEX, "prior_links")
    names = (
        "display_name",
        "language",
        "seen_at",
        "doubted_at",
        "case_ref",
        "replaces",
        "lifted_by",
        "lifted_at",
    )
    with op.batch_alter_table("prior_links") as batch:
        for name in names:
            batch.drop_column(name)


def _word(name: str, kind: sa.Text | sa.String) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=False, server_default="")
