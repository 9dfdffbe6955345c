"""How cards put things: times, ages, lanes and channels in the words of the desk."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from triage.items import STAFF, platform_of
from triage.model import History, Item
from triage.taxonomy import Kind, Lane

KINDS: Mapping[Kind, str] = {
    Kind.DM: "direct message",
    Kind.MENTION: "public mention",
    Kind.COMMENT: "public comment",
    Kind.POST: "public post",
}

LANES: Mapping[Lane, str] = {
    Lane.CONTROL_ROOM: "control room",
    Lane.DESK: "digital desk",
    Lane.SAFEGUARDING: "safeguarding",
    Lane.COMMS: "comms",
    Lane.STANDARDS: "professional standards",
}

PLATFORMS: Mapping[str, str] = {
    "x": "X",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "reddit": "Reddit",
    "whatsapp": "WhatsApp",
    "webhook": "web form",
    "email": "e-mail",
    "staff": "staff chat",
}

UNDO: Mapping[str, str] = {
    "claim": "Undo my claim",
    "release": "Undo giving it back",
    "offer": "Take the hand-over back",
    "accept": "Undo accepting it",
    "return": "Undo sending it back",
    "grade": "Undo my grade",
    "not_risk": "Undo closing it",
    "result": "Undo closing it",
    "reopen": "Undo opening it again",
    "link": "Undo confirming the person",
}
"""What a button says that takes an action back, by the action."""

_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # control characters
    r"\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff]"  # halves of characters, which no encoding takes
)
"""What hides or reorders text. Joiners and tags stay: emoji and some scripts are made with them."""

_DAY = timedelta(days=1)


def kind(item: Item) -> str:
    """What an item is: `direct message`; what a colleague passed on is no message to the force."""
    return "passed on by staff" if item.channel == STAFF else KINDS[item.kind]


def platform(channel: str) -> str:
    """The platform of a channel as people call it."""
    name = platform_of(channel)
    return PLATFORMS.get(name, name)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis if anything was left out."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def visible(text: str) -> str:
    """Text without control characters and without marks that reorder or hide what follows."""
    return _INVISIBLE.sub("", text)


def clock_time(moment: datetime, *, now: datetime, zone: tzinfo) -> str:
    """`09:41` today, `Sat 22 Nov 09:41` on another day, in the desk's zone."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def age(moment: datetime, now: datetime) -> str:
    """How long ago: `just now`, `4 min ago`, `3 h ago`, `2 days ago`."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "just now"
    return f"{span(passed)} ago"


def time_left(moment: datetime, now: datetime) -> str:
    """`4 min left` before the moment, `2 min late` from one minute after it."""
    if now <= moment:
        return f"{span(moment - now)} left"
    return f"{span(now - moment)} late"


def span(length: timedelta) -> str:
    """A length of time in its largest sensible unit, rounded down."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min"
    if length < 2 * _DAY:
        return f"{seconds // 3600} h"
    return f"{length.days} days"


def ordinal(count: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    last = 0 if count % 100 in (11, 12, 13) else count % 10
    return f"{count}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def repeat(history: History) -> str:
    """`4th contact in 90 days`, in the shortest window that holds them all; "" for a first one."""
    counts = ((history.contacts_7d, 7), (history.contacts_30d, 30), (history.contacts_90d, 90))
    most = max(count for count, _ in counts)
    if not most:
        return ""
    days = next(days for count, days in counts if count == most)
    return f"{ordinal(most + 1)} contact in {days} days"


def chance(probability: float) -> str:
    """A probability as people say it; never a certainty."""
    if probability >= 0.995:
        return "over 99 in 100"
    if probability < 0.005:
        return "under 1 in 100"
    return f"about {round(probability * 100)} in 100"
