"""The tables of the tuner: one row of scores and one label an item, and versions of lines.

Versions, steps, marks and freezes are only ever added: nothing here is changed afterwards.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables import SERIAL, metadata
from storage.types import Moment

item_scores = Table(
    "item_scores",
    metadata,
    Column("number", SERIAL, primary_key=True, autoincrement=True),
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), nullable=False),
    Column("model", String(300), nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("read_us", BigInteger, nullable=False),
    Column("danger", Float, nullable=False),
    Column("abuse", Float, nullable=False),
    Column("ruled", String(16), nullable=False),
    Column("under", SmallInteger, nullable=False),
    Column("channel", String(300), nullable=False),
    Column("lang", String(40), nullable=False),
    Column("letters", Integer, nullable=False),
    Column("dialect", String(40), nullable=False),
    UniqueConstraint("ref"),
    Index("ix_item_scores_model_sent_us", "model", "sent_us"),
    Index("ix_item_scores_model_read_us", "model", "read_us"),
)

item_labels = Table(
    "item_labels",
    metadata,
    Column("ref", String(24), ForeignKey("items.ref", ondelete="CASCADE"), primary_key=True),
    Column("label", String(16), nullable=False),
    Column("basis", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("drawn", Boolean, nullable=False),
)

threshold_versions = Table(
    "threshold_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("label", String(16), nullable=False),
    Column("line", Float, nullable=False),
    Column("model", String(300), nullable=False),
)

threshold_steps = Table(
    "threshold_steps",
    metadata,
    Column("version", Integer, ForeignKey("threshold_versions.number"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("step", Text, nullable=False),
)

threshold_marks = Table(
    "threshold_marks",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    Column("mark", Text, nullable=False),
    Index("ix_threshold_marks_version", "version"),
)

threshold_freezes = Table(
    "threshold_freezes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("freeze", Text, nullable=False),
)

threshold_nodes = Table(
    "threshold_nodes",
    metadata,
    Column("node", String(300), primary_key=True),
    Column("taken", Text, nullable=False),
)
