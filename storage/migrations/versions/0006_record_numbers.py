"""Records get numbers, and their blocking keys become numbers of 64 bits."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.record_keys import unpacked
from triage.blocking import key_numbers

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 5000


def upgrade() -> None:
    """Make the new tables and bring every record over, some thousand at a time."""
    op.drop_table("person_keys")
    op.rename_table("persons", "persons_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE persons_before RENAME CONSTRAINT pk_persons TO pk_persons_before")
    _make()
    tx = op.get_bind()
    number, last = 0, ""
    while rows := tx.execute(
        sa.text(
            "SELECT record_id, body, keys FROM persons_before WHERE record_id > :last "
            "ORDER BY record_id LIMIT :most"
        ),
        {"last": last, "most": AT_ONCE},
    ).all():
        _bring_over(tx, rows, number)
        number, last = number + len(rows), rows[-1].record_id
    op.drop_table("persons_before")
    if number:
        marks = [{"n": "records"}, {"n": "records_keyed"}]
        tx.execute(sa.text("INSERT INTO marks (name, value) VALUES (:n, 1)"), marks)


def downgrade() -> None:
    """Back to keys as text, which are not known any more: the records are to be imported again."""
    for table in ("key_lists", "person_keys", "persons"):
        op.drop_table(table)
    op.execute("DELETE FROM marks WHERE name LIKE 'records%'")
    op.create_table(
        "persons",
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_persons"),
    )
    op.create_table(
        "person_keys",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", name="pk_person_keys"),
        sqlite_with_rowid=False,
    )


def _make() -> None:
    op.create_table(
        "persons",
        sa.Column("number", SERIAL, autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_persons"),
        sa.UniqueConstraint("record_id", name="uq_persons_record_id"),
    )
    op.create_table(
        "person_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "number", name="pk_person_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "key_lists",
        sa.Column("number", SERIAL, autoincrement=False, nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_key_lists"),
    )
    op.create_index("ix_key_lists_stamp", "key_lists", ["stamp"])


def _bring_over(tx: sa.Connection, rows: Sequence[Any], number: int) -> None:
    people, lists, pairs = [], [], []
    for at, row in enumerate(rows, number + 1):
        keys = key_numbers(json.loads(row.keys))
        people.append({"n": at, "r": row.record_id, "b": row.body})
        lists.append({"n": at, "k": keys})
        pairs += [{"k": key, "n": at} for key in unpacked(keys)]
    tx.execute(sa.text("INSERT INTO persons (number, record_id, body) VALUES (:n, :r, :b)"), people)
    tx.execute(sa.text("INSERT INTO key_lists (number, stamp, packed) VALUES (:n, 1, :k)"), lists)
    if pairs:
        tx.execute(sa.text("INSERT INTO person_keys (key, number) VALUES (:k, :n)"), pairs)
