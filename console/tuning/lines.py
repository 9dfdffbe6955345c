"""The lines in force on this node: those approved for the model that reads, else its defaults."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from storage.thresholds import Taken
from triage.ports import Clock
from triage.taxonomy import Label
from triage.thresholds import Thresholds
from triage.tuning.versions import Version, live_of, same_model

log = logging.getLogger("firstcontact.tuning")

NOTED_EVERY = timedelta(minutes=1)

OTHER_MODEL = "thresholds:model"
"""The alarm that says that a live line belongs to another model."""


class Reader(Protocol):
    """A classifier whose lines can be drawn anew while it runs (`classifiers.ensemble`)."""

    name: str

    @property
    def base(self) -> Thresholds:
        """The lines it was loaded with: the model's, or those of the settings."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """The lines it judges by now."""
        ...

    def draw(self, lines: Thresholds) -> None:
        """Judge by these from the next batch on."""
        ...


class LineStore(Protocol):
    """What is kept about lines (`storage.thresholds`)."""

    def threshold_mark(self) -> int:
        """A number that grows with every step of a version."""
        ...

    def threshold_versions(self) -> list[Version]:
        """Every version, the newest first."""
        ...

    def take_lines(self, taken: Taken) -> None:
        """Note which lines a node judges by."""
        ...


class LinesInForce:
    """Keeps a reader's lines equal to what is live in the store.

    Args:
        node: the name under which it is noted that the lines were taken up; "" notes nothing.
        tell, well_again: raise and close an alarm where a live line is of another model.
    """

    def __init__(
        self,
        store: LineStore,
        reader: Reader,
        clock: Clock,
        *,
        node: str = "",
        tell: Callable[[str, str], None] = lambda key, text: None,
        well_again: Callable[[str], None] = lambda key: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._node = node
        self._tell = tell
        self._well_again = well_again
        self._seen = -1
        self._noted: Taken | None = None
        self._noted_at = clock()
        self.reader = reader

    def take_up(self) -> bool:
        """Draw the lines that are live; whether anything had changed since the last time.

        Asked every two seconds: while nothing changes it costs one look at one number.

        Raises:
            Unavailable: the store does not answer; the lines stay as they are.
        """
        mark = self._store.threshold_mark()
        if mark == self._seen:
            self._note_again()
            return False
        versions = self._store.threshold_versions()
        found = {of: live_of(versions, of) for of in (Label.EMERGENCY, Label.ABUSE)}
        live = [each for each in found.values() if each is not None]
        fitting = {each.of: each for each in live if same_model(each.model, self.reader.name)}
        self._draw(fitting)
        self._say(live, fitting)
        self._note(fitting)
        self._seen = mark
        return True

    def _draw(self, fitting: dict[Label, Version]) -> None:
        lines = self.reader.base
        if Label.EMERGENCY in fitting:
            lines = replace(lines, emergency=fitting[Label.EMERGENCY].line)
        if Label.ABUSE in fitting:
            lines = replace(lines, abuse=fitting[Label.ABUSE].line)
        if lines != self.reader.thresholds:
            self.reader.draw(lines)
            log.info("lines drawn", extra={"emergency": lines.emergency, "abuse": lines.abuse})

    def _say(self, live: list[Version], fitting: dict[Label, Version]) -> None:
        """A line found on one model's scores means something else on another's."""
        strange = [each for each in live if each.of not in fitting]
        if not strange:
            self._well_again(OTHER_MODEL)
            return
        each = strange[0]
        self._tell(
            OTHER_MODEL,
            f"The {each.of.value} line of version {each.number} was approved for {each.model}; "
            f"{self.reader.name} reads now, by its own line: tune it again",
        )

    def _note(self, fitting: dict[Label, Version]) -> None:
        if not self._node:
            return
        lines = self.reader.thresholds
        self._noted = Taken(
            node=self._node,
            model=self.reader.name,
            emergency=lines.emergency,
            abuse=lines.abuse,
            versions=tuple(sorted(each.number for each in fitting.values())),
            at=self._clock(),
        )
        self._store.take_lines(self._noted)
        self._noted_at = self._clock()

    def _note_again(self) -> None:
        """A node that was taken for dead is struck off; when it lives again it is to be seen."""
        if self._noted is not None and self._clock() - self._noted_at > NOTED_EVERY:
            self._store.take_lines(self._noted)
            self._noted_at = self._clock()
