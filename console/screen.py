"""A first glance at a burst: which items sound dangerous enough to be read first.

Only the order of work depends on it, never a decision: what is missed here is read a little
later by the classifier.
"""

from typing import Protocol

from triage.model import Item


class Screen(Protocol):
    """Whether an item should go ahead of a surge. Must take well under a millisecond."""

    def __call__(self, item: Item) -> bool:
        """True to read it first."""
        ...
