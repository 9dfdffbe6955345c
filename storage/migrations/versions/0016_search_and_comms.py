"""The words of every item, to be found by."""

import sqlalchemy as sa
from alembic import op

from storage.search import index_items

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AT_ONCE = 2000
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


def downgrade() -> None:
    """Drop it: it can be made again."""
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
