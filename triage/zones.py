"""Times that know their zone."""

from datetime import datetime


def require_zone(moment: datetime, name: str) -> None:
    """Refuse a naive time: the clocks of the desk run on it.

    Raises:
        ValueError: `moment` has no zone.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{name}: time has no zone: {moment.isoformat()}")
