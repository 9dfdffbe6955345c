"""Who may be writing: memory first, then evidence. Only a human's earlier word confirms."""

from collections.abc import Sequence
from datetime import datetime

from triage.model import Item, Link
from triage.ports import People

SUGGEST_AT = 0.2
"""A candidate less likely than this is not shown."""


def link(
    item: Item,
    people: People,
    *,
    thread: Sequence[str] = (),
    suggest_at: float = SUGGEST_AT,
    allowed: bool = True,
    now: datetime,
) -> Link:
    """Candidates for the writer of an item and records of persons it mentions.

    `thread` are earlier texts of the same sender. `allowed` is the platform's policy: without
    it nothing is looked up. `CONFIRMED` comes only from an earlier link that a human confirmed
    for this very account and that nothing in the text contradicts.
    """
    return Link()
