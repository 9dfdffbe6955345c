"""Tables of citizen records, and of what people said about whose an account is."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables import SERIAL, metadata, prose, word
from storage.types import Moment

persons = Table(
    "persons",
    metadata,
    Column("number", SERIAL, primary_key=True, autoincrement=False),
    Column("record_id", String(300), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("record_id"),
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# What each record is to be found under, and the change it was written with: indexes in memory are
# built from it and follow it. A record that was removed leaves its number without keys.
key_lists = Table(
    "key_lists",
    metadata,
    Column("number", SERIAL, primary_key=True, autoincrement=False),
    Column("stamp", BigInteger, nullable=False),
    Column("packed", LargeBinary, nullable=False),  # storage/record_keys.py
    Index("ix_key_lists_stamp", "stamp"),
)

prior_links = Table(
    "prior_links",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("platform", String(300), nullable=False),
    Column("account_id", String(300), nullable=False),
    Column("record_id", String(300), nullable=False),
    Column("confirmed_by", String(300), nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    word("revoked_by"),
    # what the account was like then, and where it was confirmed: to see it change hands
    prose("display_name"),
    word("language", 16),
    Column("seen_at", Moment),
    Column("doubted_at", Moment),
    word("case_ref", 24),
    # what the confirmation displaced, so that undoing it puts it back
    Column("replaces", BigInteger),
    word("lifted_by"),
    Column("lifted_at", Moment),
    Index(
        "uq_prior_links_live",
        "platform",
        "account_id",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
    Index("ix_prior_links_record_id", "record_id"),
    Index("ix_prior_links_platform_account_id", "platform", "account_id"),
)

rejected_links = Table(
    "rejected_links",
    metadata,
    Column("platform", String(300), primary_key=True),
    Column("account_id", String(300), primary_key=True),
    Column("record_id", String(300), primary_key=True),
    Column("rejected_by", String(300), nullable=False),
    Column("rejected_at", Moment, nullable=False),
)

source_records = Table(
    "source_records",
    metadata,
    Column("source", String(300), primary_key=True),
    Column("record_id", String(300), primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Column("gone_at", Moment),
)
