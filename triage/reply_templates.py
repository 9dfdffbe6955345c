"""Texts that are offered to whoever writes a reply. Offered, never sent by themselves."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

_NAME = re.compile(r"\{([a-z_]{1,40})\}")


class Hours(StrEnum):
    """When a template is offered."""

    ALWAYS = "always"
    STAFFED = "staffed"
    UNSTAFFED = "unstaffed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with `{places}`. `channels` empty is any, `modes` empty any mode of the desk."""

    id: str
    title: str
    text: str
    channels: tuple[str, ...] = ()
    hours: Hours = Hours.ALWAYS
    modes: tuple[str, ...] = ()


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the places filled that are known; the others are left for the officer."""
    return _NAME.sub(lambda found: values.get(found[1]) or found[0], text)


def offered(
    templates: Iterable[Template], *, channel: str, mode: str, staffed: bool
) -> tuple[Template, ...]:
    """The templates that fit a channel, the desk's mode and the hour, in their order."""
    hours = {Hours.ALWAYS, Hours.STAFFED if staffed else Hours.UNSTAFFED}
    return tuple(
        each
        for each in templates
        if each.hours in hours
        and (not each.channels or channel in each.channels)
        and (not each.modes or mode in each.modes)
    )


def is_staffed(local: datetime, start: time, end: time) -> bool:
    """Whether a local time lies in the hours of the desk; equal times are round the clock."""
    now = local.time().replace(tzinfo=None)
    if start == end:
        return True
    return start <= now < end if start < end else now >= start or now < end
