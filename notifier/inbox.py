"""Accepted presses of one sink: kept before the tool is answered, forgotten once carried out.

What was left by a process that died is carried out by the next, unless it is so old that the
officer has long acted otherwise: then they are told that nothing was done.
"""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notifier.press import ACTIONS, Press, clean_args, valid_ref
from triage.accepted import Accepted, AcceptedPresses
from triage.errors import FirstContactError
from triage.ports import Clock
from triage.seen import read_mark

log = logging.getLogger("firstcontact.notifier.inbox")

IN_HAND = timedelta(seconds=10)
"""So long a press may be in hand: after that its holder is taken for dead."""

TOO_OLD = timedelta(minutes=2)
"""A press that old is not carried out any more."""


class Inbox:
    """The presses of a sink that are accepted and not carried out yet. Safe among threads."""

    def __init__(self, kept: AcceptedPresses, sink: str, clock: Clock) -> None:
        self._kept = kept
        self._sink = sink
        self._clock = clock
        self._lock = threading.Lock()
        self._mine: dict[str, datetime] = {}  # in hand here, and since when the store knows it

    def accept(self, press: Press) -> bool:
        """Keep a press; False if it is in hand already, so that it is not carried out twice.

        If it cannot be kept it is carried out all the same: better than not at all.
        """
        key, now = self._key(press), self._clock()
        if not key:
            return True
        try:
            kept = self._kept.accept_press(key, self._sink, packed(press), now=now)
        except FirstContactError as error:
            log.warning("a press could not be kept: %s", error, extra={"ref": press.ref})
            return True
        if kept:
            self._hold(key, now)
        return kept

    def begin(self, press: Press) -> bool:
        """Whether a press may be carried out: after a long wait another may have it by now."""
        key, now = self._key(press), self._clock()
        with self._lock:
            since = self._mine.get(key)
        if since is None or now - since < IN_HAND / 2:
            return True
        held = Accepted(key=key, sink=self._sink, body="", at=since)
        try:
            mine = self._kept.retake_press(held, now=now)
        except FirstContactError as error:
            log.warning("a press could not be held: %s", error, extra={"ref": press.ref})
            return True
        if mine:
            self._hold(key, now)
        else:
            self.leave(press)
        return mine

    def done(self, press: Press) -> None:
        """Forget a press; if that fails it is tried again, and found to be done."""
        try:
            self._kept.press_done(self._key(press))
        except FirstContactError as error:
            log.warning("a press could not be forgotten: %s", error, extra={"ref": press.ref})

    def leave(self, press: Press) -> None:
        """Take a press out of hand: unless it is done, it is found again."""
        with self._lock:
            self._mine.pop(self._key(press), None)

    def left(self) -> Iterator[tuple[Press, bool]]:
        """Presses whose holder died, each taken in hand; and whether it is too old by now."""
        now = self._clock()
        for each in self._kept.left_presses(self._sink, before=now - IN_HAND):
            with self._lock:
                waits_here = each.key in self._mine
            if waits_here or not self._kept.retake_press(each, now=now):
                continue
            press = unpacked(each.body)
            if press is None:
                self._kept.press_done(each.key)  # of a version that packs otherwise
                continue
            self._hold(each.key, now)
            yield press, press.pressed_at + TOO_OLD < now

    def _hold(self, key: str, now: datetime) -> None:
        with self._lock:
            self._mine[key] = now

    def _key(self, press: Press) -> str:
        """What makes a press itself; "" where the tool gave it no number."""
        who = press.slack_id or press.teams_id
        return f"{self._sink}:{press.action}:{press.ref}:{who}:{press.id}" if press.id else ""


def packed(press: Press) -> str:
    """A press as a text."""
    fields = asdict(press) | {"seen": str(press.seen), "pressed_at": press.pressed_at.isoformat()}
    return json.dumps(fields)


def unpacked(text: str) -> Press | None:
    """What `packed` made, None for anything else."""
    try:
        fields: dict[str, Any] = json.loads(text)
        seen = read_mark(fields["seen"])
        if seen is None or not valid_ref(fields["ref"]) or fields["action"] not in ACTIONS:
            return None
        given = {"seen": seen, "args": clean_args(fields["args"])}
        return Press(
            **(fields | given | {"pressed_at": datetime.fromisoformat(fields["pressed_at"])})
        )
    except (ValueError, KeyError, TypeError):
        return None
