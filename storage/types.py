"""Column types and key forms that mean the same on SQLite and PostgreSQL."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from triage.items import clean_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KEY_BYTES = 255


class Moment(TypeDecorator[datetime]):
    """An aware time, kept and returned in UTC.

    PostgreSQL keeps it as `timestamptz`; SQLite as text of one width, so that text order is
    time order.
    """

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses naive times: `ValueError`."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"time has no zone: {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always in UTC, whatever the session's zone."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        moment: datetime = value.astimezone(UTC)
        return moment


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC: whole numbers on which both databases do the same arithmetic."""
    return (moment - EPOCH) // MICROSECOND


def safe(text: str) -> str:
    """Text that both databases can hold, without a copy where nothing is wrong with it."""
    if "\x00" in text:
        return clean_text(text)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return clean_text(text)
    return text


def short(value: str) -> str:
    """A key that fits an index: itself, or a beginning with the hash of the whole."""
    if value.isascii() and len(value) <= KEY_BYTES and "\x00" not in value:
        return value  # nearly all of them, so it is worth a line
    value = safe(value)
    raw = value.encode()
    if len(raw) <= KEY_BYTES:
        return value
    return f"{value[:40]}~{hashlib.sha256(raw).hexdigest()}"
