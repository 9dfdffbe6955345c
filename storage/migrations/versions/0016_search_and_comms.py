"""The words of every item, to be found by; what was hidden, and who may read what for a time."""

import sqlalchemy as sa
from alembic import op

from storage.search import index_items
from storage.types import Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AT_ONCE = 2000
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CLOSED_UNDER = sa.text("result_ref <> ''")


def upgrade() -> None:
    """Make the tables and index every item there is, some thousand at a time."""
    if op.get_bind().dialect.name == "postgresql":
        _vectors()
    else:
        _fts()
    op.create_index(
        "ix_items_result_ref",
        "items",
        ["result_ref"],
        sqlite_where=CLOSED_UNDER,
        postgresql_where=CLOSED_UNDER,
    )
    _index()
    _hidings()
    _grants()


def downgrade() -> None:
    """Drop all of it. What platforms hide stays hidden there."""
    op.drop_table("text_grants")
    op.drop_table("hidings")
    op.drop_index("ix_items_result_ref", table_name="items")
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TRIGGER item_search_forget")
    op.execute("DROP TABLE item_search")


def _vectors() -> None:
    op.execute(
        "CREATE TABLE item_search (number BIGINT PRIMARY KEY, "
        "ref VARCHAR(24) NOT NULL UNIQUE REFERENCES items (ref) ON DELETE CASCADE, "
        "words TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX ix_item_search_words ON item_search USING gin (words)")


def _fts() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE item_search USING fts5("
        "words, columnsize=0, tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(
        "CREATE TRIGGER item_search_forget AFTER DELETE ON items BEGIN "
        "DELETE FROM item_search WHERE rowid = "
        "CAST(substr(old.ref, 4, 2) || substr(old.ref, 7, 4) AS INTEGER) * 100000000 "
        "+ CAST(substr(old.ref, 12) AS INTEGER); END"
    )


def _index() -> None:
    tx, last = op.get_bind(), ""
    page = sa.text("SELECT ref FROM items WHERE ref > :last ORDER BY ref LIMIT :most")
    while refs := list(tx.execute(page, {"last": last, "most": AT_ONCE}).scalars()):
        index_items(tx, refs)
        last = refs[-1]


def _hidings() -> None:
    op.create_table(
        "hidings",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("by", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.ForeignKeyConstraint(["ref"], ["items.ref"], name="fk_hidings_ref", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_hidings"),
    )
    op.create_index("ix_hidings_ref_id", "hidings", ["ref", "id"])
    asked = sa.text("state = 'asked'")
    op.create_index(
        "uq_hidings_asked",
        "hidings",
        ["ref"],
        unique=True,
        sqlite_where=asked,
        postgresql_where=asked,
    )


def _grants() -> None:
    op.create_table(
        "text_grants",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("officer_id", sa.String(length=300), nullable=False),
        sa.Column("ref", sa.String(length=24), nullable=False),
        sa.Column("granted_by", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ref"], ["items.ref"], name="fk_text_grants_ref", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_text_grants"),
    )
    op.create_index("ix_text_grants_officer_id", "text_grants", ["officer_id", "expires_at"])
    op.create_index("ix_text_grants_ref", "text_grants", ["ref"])
