"""Approved replies on their way to the platform: write the intent, send, write the outcome.

May be called twice, on two machines, and be killed between any two lines: a reply is sent only by
whoever holds its row, and what may have been sent is looked for on the platform before it is sent
again. What cannot be told is for a person to find out.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.answering import event_of, moment_of, told
from triage.clearance import Cleared, clear, sought
from triage.desk import MACHINE, Desk, raise_alarm
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Permanent,
    Refused,
    Retry,
    Stale,
    Unauthorised,
)
from triage.items import platform_of
from triage.model import Alarm, Case, Event, State
from triage.replies import Reply, ReplyState, needs_two, refuse_unapproved, unapproved
from triage.reply_ports import Look, Messenger, Presence, SameText
from triage.reply_text import unquoted

log = logging.getLogger("firstcontact.dispatch")

SECOND = timedelta(seconds=1)
"""As exactly as platforms tell times."""

Messengers = Mapping[tuple[str, str], Messenger]
"""Who writes for an account of ours, by (platform, account)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the sender waits. Seconds.

    What was not answered is looked for `settled` after the attempt at the earliest: until then a
    request may still be on its way. After `give_up` without a clear answer a person is asked.
    `skew` is how far a platform's clock may be behind ours.
    """

    hold: float = 60
    settled: float = 90
    first_wait: float = 5
    longest_wait: float = 300
    give_up: float = 900
    skew: float = 6 * 3600
    tries_before_alarm: int = 3


PACE = Pace()


def dispatch(desk: Desk, messengers: Messengers, reply_id: str, *, pace: Pace = PACE) -> bool:
    """Bring one reply a step on; False if it was not owed, or another has it in hand."""
    now = desk.clock()

    def intent(held: Reply) -> Event:
        return event_of("reply_sending", held, actor=MACHINE, at=now)

    held = desk.store.hold_reply(reply_id, now=now, seconds=pace.hold, event=intent)
    if held is None:
        return False
    case = desk.store.case(held.ref)
    if case is None:
        log.error("a reply without its item", extra={"ref": held.ref})
        return False
    sending = _Sending(
        desk=desk,
        case=case,
        earlier=held.unsure,
        held=replace(held, unsure=True, tried_at=held.tried_at or now, attempts=held.attempts + 1),
        pace=pace,
        began=now,
    )
    messenger = messengers.get((platform_of(held.channel), case.item.account))
    try:
        sending.run(messenger)
    except Stale:
        log.warning("a reply was taken over meanwhile", extra={"ref": held.ref})
    return True


@dataclass(slots=True, kw_only=True)
class _Sending:
    """One attempt at one held reply. `earlier` says that another may have arrived before."""

    desk: Desk
    case: Case
    held: Reply
    earlier: bool
    pace: Pace
    began: datetime

    def run(self, messenger: Messenger | None) -> None:
        if messenger is None:
            what = f"{self.case.item.account} cannot be written from here any more"
            self._unclear(what) if self.earlier else self._failed(what)
            return
        if self.earlier and self._overdue(2):
            self._unclear("it was tried for too long")
            return
        if self.earlier and not self._is_certainly_not_there(messenger):
            return
        if self.case.state is State.RECEIVED:
            self._later("the item is being read again", seconds=2)
            return
        cleared = self._cleared()
        if cleared is not None:
            self._send(messenger, cleared)

    # --- what may be there -----------------------------------------------------------------------

    def _is_certainly_not_there(self, messenger: Messenger) -> bool:
        """Look for an attempt whose outcome is not known; True if it may be sent again."""
        since = self._tried_at
        try:
            look = self._look(messenger, since)
        except Retry as error:
            self._look_later(str(error), error.retry_at)
            return False
        except FirstContactError as error:
            self._trouble(messenger, error)
            self._unclear(str(error))
            return False
        match look.presence:
            case Presence.THERE:
                self._sent(look.external_id, look.sent_at or since)
            case Presence.UNCLEAR:
                self._unclear(look.why)
            case Presence.ABSENT if self.desk.clock() < since + self._seconds(self.pace.settled):
                self._look_later("looking whether it arrived", None)
            case Presence.ABSENT:
                self._try_anew()
                return True
        return False

    def _look(self, messenger: Messenger, since: datetime) -> Look:
        others = self.desk.store.replies_of(self.held.ref)
        known = frozenset(each.external_id for each in others if each.external_id)
        # Both are the platform's clock where possible: no reply is older than what it answers.
        from_then = max(since - self._seconds(self.pace.skew), self.case.item.sent_at - SECOND)
        return messenger.look(sought(self.held, self.case), since=from_then, known=known)

    def _look_later(self, why: str, at: datetime | None) -> None:
        """Look again later; who waited long enough for an answer asks a person."""
        if self._overdue(1):
            self._unclear(why)
            return
        soon = self.desk.clock() + self._seconds(self._wait())
        after = replace(self.held, held_until=None, next_attempt=max(at or soon, soon), said=why)
        self._write(after)

    def _try_anew(self) -> None:
        """The intent of another attempt, written before it is made."""
        now = self.desk.clock()
        after = replace(
            self.held,
            tried_at=now,
            held_until=now + self._seconds(self.pace.hold),
        )
        self.held = self._write(after, event_of("reply_sending", after, actor=MACHINE, at=now))

    # --- sending ---------------------------------------------------------------------------------

    def _cleared(self) -> Cleared | None:
        """The reply as it may go out by the rules of this moment; None if it may not."""
        moment = moment_of(self.desk, self.case)
        try:
            return clear(self.held, moment)
        except Refused as refused:
            self._refused(refused)
            return None

    def _send(self, messenger: Messenger, cleared: Cleared) -> None:
        if self.desk.clock() - self.began > self._seconds(self.pace.hold / 2):
            self._later("it took too long to get here", seconds=0)
            return
        try:
            external_id = messenger.send(cleared)
        except OutcomeUnknown as error:
            self._look_later(str(error), error.retry_at)
        except Retry as error:
            self._postponed(messenger, error)
        except Permanent as error:
            self._rejected(messenger, error)
        else:
            self._sent(external_id, self.desk.clock())
            self.desk.store.clear_alarm(f"replies:{messenger.name}", now=self.desk.clock())

    def _postponed(self, messenger: Messenger, error: Retry) -> None:
        """It is not there, and may be sent later."""
        if self.held.attempts >= self.pace.tries_before_alarm:
            self._trouble(messenger, error)
        soon = self.desk.clock() + self._seconds(self._wait())
        self._later(str(error), at=max(error.retry_at or soon, soon))

    def _rejected(self, messenger: Messenger, error: Permanent) -> None:
        if not isinstance(error, BadRequest | Gone):
            self._trouble(messenger, error)
        if self.earlier and isinstance(error, SameText):
            # The first attempt may have arrived after all.
            self._unclear(str(error))
            return
        self._failed(str(error))

    # --- what became of it -----------------------------------------------------------------------

    def _sent(self, external_id: str, at: datetime) -> None:
        after = replace(self._ended(ReplyState.SENT), external_id=external_id, sent_at=at, said="")
        self._write(after, self._event("reply_sent", after, external_id=external_id))
        self.desk.acted(self.case.ref)

    def _later(self, why: str, *, seconds: float = 0, at: datetime | None = None) -> None:
        """It is certainly not there: owed again."""
        due = at or self.desk.clock() + self._seconds(seconds)
        after = replace(
            self._ended(ReplyState.APPROVED),
            next_attempt=due,
            said=why,
        )
        event = self._event("reply_postponed", after, why=self._unquoted(why))
        self._write(after, *([event] if why != self.held.said else []))

    def _refused(self, refused: Refused) -> None:
        """The rules changed since it was approved: a person decides, or a second one approves."""
        why = str(refused)
        try:
            refuse_unapproved(self.held, self.case)
        except Refused:
            if needs_two(self.case):
                after = replace(unapproved(self._ended(ReplyState.WAITING)), said=why)
                self._tell(after, "reply_blocked", f"its reply must be approved anew: {why}")
                return
        self._failed(why, action="reply_blocked")

    def _failed(self, why: str, *, action: str = "reply_failed") -> None:
        after = replace(self._ended(ReplyState.FAILED), said=why)
        self._tell(after, action, f"the reply was not sent: {self._unquoted(why)}")

    def _unquoted(self, said: str) -> str:
        return unquoted(said, self.held.text)

    def _unclear(self, why: str) -> None:
        after = replace(self._ended(ReplyState.UNKNOWN), unsure=True, said=why)
        self._tell(
            after, "reply_unknown", "nobody can tell whether the reply arrived: look there and say"
        )

    def _ended(self, state: ReplyState) -> Reply:
        return replace(self.held, state=state, held_until=None, next_attempt=None, unsure=False)

    def _tell(self, after: Reply, action: str, text: str) -> None:
        text = text.removeprefix(f"{self.case.ref}: ")
        notices = told(
            self.desk,
            self.case,
            after,
            action,
            title="Reply",
            text=f"{self.case.ref}: {text.replace(f'{self.case.ref}: ', '')}",
        )
        event = self._event(action, after, why=self._unquoted(after.said))
        self.held = self.desk.store.change_reply(self.held, after, events=[event], notices=notices)
        self.desk.acted(self.case.ref)

    def _event(self, action: str, reply: Reply, **more: object) -> Event:
        return event_of(action, reply, actor=MACHINE, at=self.desk.clock(), **more)

    def _write(self, after: Reply, *events: Event) -> Reply:
        return self.desk.store.change_reply(self.held, after, events=events)

    def _trouble(self, messenger: Messenger, error: FirstContactError) -> None:
        """An account that cannot be written from is for people to mend."""
        dead = isinstance(error, Unauthorised)
        alarm = Alarm(
            key=f"replies:{messenger.name}",
            text=f"Replies by {messenger.name} are not sent: {self._unquoted(str(error))}",
            raised_at=self.desk.clock(),
            severity=1 if dead else 2,
        )
        raise_alarm(self.desk, alarm)

    def _overdue(self, times: int) -> bool:
        """Whether nobody could tell for so many times the usual patience."""
        return self.desk.clock() >= self._tried_at + self._seconds(times * self.pace.give_up)

    @property
    def _tried_at(self) -> datetime:
        assert self.held.tried_at is not None
        return self.held.tried_at

    def _wait(self) -> float:
        tries = min(self.held.attempts - 1, 20)
        return float(min(self.pace.longest_wait, self.pace.first_wait * 2**tries))

    @staticmethod
    def _seconds(count: float) -> timedelta:
        return timedelta(seconds=count)
