"""A first glance at a burst: which texts sound dangerous enough to be read first.

Only the order of work depends on it, never a decision: what is missed here is read a little
later by the classifier.
"""

from collections.abc import Callable

Screen = Callable[[str], bool]
"""Whether a text should go ahead of a surge. Must take well under a millisecond."""
