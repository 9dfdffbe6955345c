"""Scores and labels of items, and the versions of thresholds that were measured on them."""

import sqlalchemy as sa
from alembic import op

from storage.types import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; what comes in from now on fills them."""
    _scores()
    _labels()
    _versions()


def _scores() -> None:
    op.create_table(
        "item_scores",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("model", sa.String(length=300), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=False),
        sa.Column("read_us", sa.BigInteger(), nullable=False),
        sa.Column("danger", sa.Float(), nullable=False),
        sa.Column("abuse", sa.Float(), nullable=False),
        sa.Column("ruled", sa.String(length=16), nullable=False),
        sa.Column("under", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=300), nullable=False),
        sa.Column("lang", sa.String(length=40), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["ref"], ["items.ref"], name="fk_item_scores_ref", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_item_scores"),
        sa.UniqueConstraint("ref", name="uq_item_scores_ref"),
    )
    op.create_index("ix_item_scores_model_sent_us", "item_scores", ["model", "sent_us"])
    op.create_index("ix_item_scores_model_read_us", "item_scores", ["model", "read_us"])


def _labels() -> None:
    op.create_table(
        "item_labels",
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ref"], ["items.ref"], name="fk_item_labels_ref", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ref", name="pk_item_labels"),
    )


def _versions() -> None:
    op.create_table(
        "threshold_versions",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("line", sa.Float(), nullable=False),
        sa.Column("model", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_threshold_versions"),
    )
    op.create_table(
        "threshold_steps",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["threshold_versions.number"], name="fk_threshold_steps_version"
        ),
        sa.PrimaryKeyConstraint("version", "seq", name="pk_threshold_steps"),
    )
    op.create_table(
        "threshold_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_threshold_marks"),
    )
    op.create_index("ix_threshold_marks_version", "threshold_marks", ["version"])
    op.create_table(
        "threshold_freezes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("freeze", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_threshold_freezes"),
    )
    op.create_table(
        "threshold_nodes",
        sa.Column("node", sa.String(length=300), nullable=False),
        sa.Column("taken", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_threshold_nodes"),
    )


def downgrade() -> None:
    """Drop the tables: scores can be counted again, versions stand in the audit trail."""
    for name in (
        "threshold_nodes",
        "threshold_freezes",
        "threshold_marks",
        "threshold_steps",
        "threshold_versions",
        "item_labels",
        "item_scores",
    ):
        op.drop_table(name)
