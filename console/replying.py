"""Replies to citizens: what they are judged by, out of the settings, and who sends them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from typing import TypeGuard
from zoneinfo import ZoneInfo

from config.platforms import platform_policy
from config.reply_templates import reply_templates
from config.settings import CollectorSettings, FacebookCollector, Settings, XCollector
from triage.answers import Answering
from triage.clearance import Window
from triage.desk import Desk
from triage.dispatch import Messengers, Pace, dispatch

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


class Replier:
    """Brings replies to the platforms (`console.service.Replier`)."""

    def __init__(self, desk: Desk, messengers: Messengers, pace: Pace) -> None:
        self._desk = desk
        self._messengers = messengers
        self._pace = pace

    def send(self, reply_id: str) -> None:
        """Bring one reply a step on, if it is owed."""
        dispatch(self._desk, self._messengers, reply_id, pace=self._pace)

    def owed(self) -> Sequence[str]:
        """The ids of replies that are owed and due."""
        return self._desk.store.replies_owed(now=self._desk.clock())


def _writes(collector: CollectorSettings) -> TypeGuard[XCollector | FacebookCollector]:
    if not isinstance(collector, XCollector | FacebookCollector):
        return False
    return collector.reply_token is not None


def _clock(text: str) -> time:
    return time.fromisoformat(text)
