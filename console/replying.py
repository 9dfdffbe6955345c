"""Replies to citizens: what they are judged by, out of the settings, and who sends them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import TypeGuard, TypeVar
from zoneinfo import ZoneInfo

from config.platforms import platform_policy
from config.reply_templates import reply_templates
from config.settings import CollectorSettings, FacebookCollector, Settings, XCollector
from triage.answers import Answering
from triage.clearance import Cleared, Sought, Window
from triage.desk import Desk
from triage.dispatch import Messengers, Pace, dispatch
from triage.errors import FirstContactError, RateLimited
from triage.model import Case
from triage.ports import Clock
from triage.replies import Reply, ReplyState, under_way
from triage.reply_ports import Look, Messenger, Replies

log = logging.getLogger("firstcontact.replying")

T = TypeVar("T")

BROKE = "replies:broke"
LONGEST = 3
"""So many of its time-outs a whole answer may take (`collectors.http`)."""


def account_of(collector: CollectorSettings) -> tuple[str, str]:
    """The platform and the account an item of a collector names."""
    own = collector.page_id if isinstance(collector, FacebookCollector) else collector.account
    return collector.kind, own


def reply_windows() -> Mapping[str, Window]:
    """How long each platform lets the force answer (config/platforms.toml)."""
    return {
        platform: Window(
            hours=float(str(policy.get("reply_hours", 0))),
            human=float(str(policy.get("human_hours", 0))),
        )
        for platform, policy in platform_policy().items()
    }


def answering_of(settings: Settings, urge: Callable[[str], None]) -> Answering:
    """What replies are judged by. Accounts without `reply_token` cannot be written from here.

    Raises:
        BadSettings: the force's own templates cannot be read.
    """
    return Answering(
        accounts=frozenset(account_of(each) for each in settings.collector if _writes(each)),
        windows=reply_windows(),
        zone=ZoneInfo(settings.desk.timezone),
        templates=reply_templates(settings.replies.templates),
        name=settings.desk.name,
        mode=settings.desk.mode,
        staffed_from=_clock(settings.replies.staffed_from),
        staffed_to=_clock(settings.replies.staffed_to),
        urge=urge,
    )


def pace_of(settings: Settings) -> Pace:
    """How long the sender waits. A hold outlasts twice the longest a platform may take."""
    answers = [each.timeout_seconds for each in settings.collector if _writes(each)]
    return Pace(
        hold=max([settings.engine.hold_seconds, *(2 * LONGEST * each for each in answers)]),
        settled=settings.replies.look_after_seconds,
        give_up=settings.replies.ask_after_seconds,
    )


class Considerate:
    """A messenger that asks nothing while the platform told us to wait: asking extends it.

    What may be asked of one channel says nothing about another.
    """

    def __init__(self, inner: Messenger, clock: Clock) -> None:
        self.name = inner.name
        self._inner = inner
        self._clock = clock
        self._not_before: dict[str, datetime] = {}

    def send(self, cleared: Cleared) -> str:
        """As `triage.reply_ports.Messenger`."""
        return self._asked(cleared.channel, lambda: self._inner.send(cleared))

    def look(self, sought: Sought, *, since: datetime, known: frozenset[str]) -> Look:
        """As `triage.reply_ports.Messenger`."""
        return self._asked(
            sought.channel, lambda: self._inner.look(sought, since=since, known=known)
        )

    def _asked(self, channel: str, ask: Callable[[], T]) -> T:
        until = self._not_before.get(channel)
        if until is not None and self._clock() < until:
            raise RateLimited(f"{self.name}: too many requests", retry_at=until)
        try:
            return ask()
        except RateLimited as error:
            if error.retry_at is not None:
                self._not_before[channel] = error.retry_at
            raise


class Replier:
    """Brings replies to the platforms (`console.service.Replier`)."""

    def __init__(
        self, desk: Desk, messengers: Messengers, pace: Pace, tell: Callable[[str, str], None]
    ) -> None:
        self._tell = tell
        self._desk = desk
        self._messengers = {
            account: Considerate(each, desk.clock) for account, each in messengers.items()
        }
        self._pace = pace

    def send(self, reply_id: str) -> None:
        """Bring one reply a step on, if it is owed. A fault of ours is told to people: the row
        stays held, is looked for on the platform, and at length a person is asked."""
        try:
            dispatch(self._desk, self._messengers, reply_id, pace=self._pace)
        except FirstContactError:
            raise
        except Exception as error:  # noqa: BLE001 - one reply must not hold up those beside it
            what = type(error).__name__
            log.error("sending a reply broke", extra={"error": what})
            self._tell(BROKE, f"Sending a reply broke ({what}): look at the replies on their way")

    def owed(self) -> Sequence[str]:
        """The ids of replies that are owed and due."""
        return self._desk.store.replies_owed(now=self._desk.clock())


def _writes(collector: CollectorSettings) -> TypeGuard[XCollector | FacebookCollector]:
    if not isinstance(collector, XCollector | FacebookCollector):
        return False
    return collector.reply_token is not None


def _clock(text: str) -> time:
    return time.fromisoformat(text)


_LINES: Mapping[ReplyState, str] = {
    ReplyState.WAITING: "Reply waits for approval",
    ReplyState.APPROVED: "Reply on its way",
    ReplyState.SENDING: "Reply on its way",
    ReplyState.FAILED: "Reply not sent",
    ReplyState.UNKNOWN: "Reply perhaps sent: look there",
}


def mark_of(replies: Sequence[Reply]) -> str:
    """What a list or card says of a case's replies, "" if there is nothing to say."""
    current = under_way(replies)
    if current is not None:
        return _LINES.get(current.state, "")
    return "Answered" if any(each.state is ReplyState.SENT for each in replies) else ""


def reply_line(replies: Replies, case: Case, zone: tzinfo) -> str:
    """What a card says of the reply to a case; when it was answered, too."""
    found = replies.replies_of(case.ref)
    line, sent = mark_of(found), [each.sent_at for each in found if each.sent_at is not None]
    return f"{line} {max(sent).astimezone(zone):%d %b %H:%M}" if line == "Answered" else line
