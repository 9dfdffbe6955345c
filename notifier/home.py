"""An officer's home as one view for every chat tool: what is theirs, what waits, what is late.

Pure: facts in, sections of lines out. Never what a citizen wrote, who they are or a handle; the
names on it are those of colleagues.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier import words
from notifier.card import CardContext, card_of, window_of
from triage.homes import Present, Standing, by_priority
from triage.items import STAFF
from triage.lifecycle import standing, up_for_reassessment
from triage.model import Alarm, Case, Priority, State
from triage.seen import Seen, seen

FIRST = 3
"""So many unclaimed items of each priority are named, and of everything else `MOST`."""

MOST = 5
MOST_MINE = 10
MOST_NAMES = 10
CLOSING = timedelta(hours=3)
"""A reply window that ends within this time is named."""

CLOSING_MOST = 30
"""So many of a platform are looked at, those first whose window ends first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item on one line. `seen` travels in its button, as on a card.

    What is `offered` is taken by the same press that claims what is free.
    """

    ref: str
    text: str
    url: str
    priority: Priority | None = None
    late: bool = False
    claimable: bool = False
    offered: bool = False
    seen: Seen
    details: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What its button says."""
        if not self.claimable:
            return "Open"
        return "Accept" if self.offered else "Claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with items and sentences under it."""

    title: str
    lines: tuple[Line, ...] = ()
    facts: tuple[str, ...] = ()
    warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An officer's home. `note` is for this moment: what became of what they pressed."""

    title: str
    at: str
    sections: tuple[Section, ...]
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one source of items is doing."""

    source: str
    well: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What a home is made of, within what the officer may see.

    Lists of cases come in the order of priority and time left, and may be cut; `standings` count
    all of them. `closing` are private messages whose reply window may end soon.
    """

    officer: str
    now: datetime
    mine: Sequence[Case] = ()
    unclaimed: Sequence[Case] = ()
    late: Sequence[Case] = ()
    offered: Sequence[Case] = ()
    closing: Sequence[Case] = ()
    standings: Sequence[Standing] = ()
    alarms: Sequence[Alarm] = ()
    sources: Sequence[Health] = ()
    present: Sequence[Present] = ()
    may_claim: Callable[[Case], bool] = lambda case: False


def home_of(facts: HomeFacts, context: CardContext, *, note: str = "") -> Home:
    """The home of an officer now."""
    at = words.clock_time(facts.now, now=facts.now, zone=context.zone)
    wanted = (
        _alarms(facts, context),
        _mine(facts, context),
        _unclaimed(facts, context),
        _late(facts, context),
        _offered(facts, context),
        _closing(facts, context),
        _health(facts),
        _present(facts, context),
    )
    return Home(
        title=context.desk or "firstcontact",
        at=f"As of {at}",
        sections=tuple(section for section in wanted if section is not None),
        url=context.link(""),
        note=note,
    )


def queue_of(facts: HomeFacts, context: CardContext) -> Section:
    """What nobody has claimed, as an answer of its own."""
    return _unclaimed(facts, context)


def line_of(case: Case, facts: HomeFacts, context: CardContext, *, whole: bool = False) -> Line:
    """A case on one line. `whole` adds the lines of its card, without any content."""
    now = facts.now
    due = case.decision.due.decide_by if case.decision and case.open else None
    title = f"{case.priority.name} {case.priority.word}" if case.priority else "Not yet graded"
    parts = (
        title,
        words.kind(case.item),
        "" if case.item.channel == STAFF else words.platform(case.item.channel),
        words.time_left(due, now) if due else "",
        "up for re-assessment" if up_for_reassessment(case) else "",
        _holder(case, facts, context),
    )
    card = card_of(case, context, level=0, now=now) if whole else None
    return Line(
        ref=case.ref,
        text=" · ".join(part for part in parts if part),
        url=context.link(case.ref),
        priority=case.priority,
        late=due is not None and due < now,
        claimable=case.state in (State.OPEN, State.OFFERED) and facts.may_claim(case),
        offered=standing(case) is State.OFFERED,
        seen=seen(case),
        details=card.lines if card else (),
    )


def reply_ends(case: Case, context: CardContext, now: datetime) -> datetime | None:
    """When the platform's present reply window for a private message ends; None if it has none."""
    window = window_of(case, context)
    closes = window.closes(case.item.sent_at, now) if window else None
    return closes[0] if closes else None


def closing_between(
    windows: Mapping[str, tuple[float, float]], now: datetime
) -> list[tuple[str, datetime, datetime]]:
    """When private messages were sent whose window ends within `CLOSING`, by platform."""
    return [
        (platform, now - timedelta(hours=hours), now - timedelta(hours=hours) + CLOSING)
        for platform, lengths in windows.items()
        for hours in sorted({each for each in lengths if each})
    ]


# --- the sections ---------------------------------------------------------------------------------


def _alarms(facts: HomeFacts, context: CardContext) -> Section | None:
    if not facts.alarms:
        return None
    told = [
        f"{words.visible(alarm.text)} (since "
        f"{words.clock_time(alarm.raised_at, now=facts.now, zone=context.zone)})"
        for alarm in facts.alarms[:MOST]
    ]
    facts_told = (*told, *_and_more(len(facts.alarms), MOST))
    return Section(title=_counted("Open alarms", len(facts.alarms)), facts=facts_told, warning=True)


def _mine(facts: HomeFacts, context: CardContext) -> Section:
    lines = _lines(facts.mine[:MOST_MINE], facts, context)
    told = _and_more(len(facts.mine), MOST_MINE) if facts.mine else ("You have nothing claimed",)
    return Section(title=_counted("My items", len(facts.mine)), lines=lines, facts=told)


def _unclaimed(facts: HomeFacts, context: CardContext) -> Section:
    counts = by_priority(facts.standings, State.OPEN)
    total = sum(counts.values())
    shown = [case for priority in Priority for case in _first(facts.unclaimed, priority)]
    sums = " · ".join(f"{priority.name} {count}" for priority, count in counts.items() if count)
    unread = sum(each.count for each in facts.standings if each.state is State.RECEIVED)
    told = [sums or "Nothing waits"]
    if unread:
        told.append(f"{unread} being read by the service")
    return Section(
        title=_counted("Unclaimed", total), facts=tuple(told), lines=_lines(shown, facts, context)
    )


def _first(cases: Sequence[Case], priority: Priority) -> list[Case]:
    return [case for case in cases if case.priority is priority][:FIRST]


def _late(facts: HomeFacts, context: CardContext) -> Section | None:
    count = sum(each.late for each in facts.standings if each.state is not State.RECEIVED)
    if not count:
        return None
    others = [case for case in facts.late if case.claimed_by != facts.officer]
    lines = _lines(others[:MOST], facts, context)
    return Section(title=_counted("Late", count), lines=lines, warning=True)


def _offered(facts: HomeFacts, context: CardContext) -> Section | None:
    if not facts.offered:
        return None
    lines = _lines(facts.offered[:MOST], facts, context)
    more = _and_more(len(facts.offered), MOST)
    return Section(title=_counted("Offered to you", len(facts.offered)), lines=lines, facts=more)


def _closing(facts: HomeFacts, context: CardContext) -> Section | None:
    """Replies that the platform takes only for a short time yet."""
    soon = []
    for case in facts.closing:
        ends = reply_ends(case, context, facts.now)
        if ends is not None and ends - facts.now <= CLOSING:
            soon.append((ends, case))
    if not soon:
        return None
    soon.sort(key=lambda each: (each[0], each[1].ref))
    lines = tuple(_closing_line(case, ends, facts, context) for ends, case in soon[:MOST])
    title = _counted("Reply windows that close", len(soon))
    if len(facts.closing) >= CLOSING_MOST:
        return Section(title=f"{title} or more", lines=lines)
    return Section(title=title, lines=lines, facts=_and_more(len(soon), MOST))


def _closing_line(case: Case, ends: datetime, facts: HomeFacts, context: CardContext) -> Line:
    line = line_of(case, facts, context)
    until = words.clock_time(ends, now=facts.now, zone=context.zone)
    left = words.time_left(ends, facts.now)
    return replace(line, text=f"Reply by {until} · {left} · {line.text}")


def _health(facts: HomeFacts) -> Section:
    bad = [each for each in facts.sources if not each.well]
    well = len(facts.sources) - len(bad)
    told = [f"{each.source}: {each.text}" for each in bad[:MOST]]
    told += _and_more(len(bad), MOST)
    if well:
        told.append(f"{well} well" if bad else f"All {well} are well")
    if not facts.sources:
        told = ["No source was read yet"]
    return Section(title="Sources", facts=tuple(told), warning=bool(bad))


def _present(facts: HomeFacts, context: CardContext) -> Section:
    told = [
        f"{words.visible(context.officer_name(each.officer))}: "
        f"{each.items} item{'' if each.items == 1 else 's'}, "
        f"active {words.age(each.seen_at, facts.now)}"
        for each in facts.present[:MOST_NAMES]
    ]
    told += _and_more(len(facts.present), MOST_NAMES)
    return Section(title=_counted("On the desk", len(facts.present)), facts=tuple(told))


# --- words ----------------------------------------------------------------------------------------


def _lines(cases: Sequence[Case], facts: HomeFacts, context: CardContext) -> tuple[Line, ...]:
    return tuple(line_of(case, facts, context) for case in cases)


def _holder(case: Case, facts: HomeFacts, context: CardContext) -> str:
    match standing(case):
        case State.CLAIMED if case.claimed_by != facts.officer:
            return f"claimed by {words.visible(context.officer_name(case.claimed_by))}"
        case State.OFFERED if case.offered_to:
            return f"offered to {words.LANES[case.offered_to]}"
        case _:
            return ""


def _counted(title: str, count: int) -> str:
    return f"{title}: {count}"


def _and_more(count: int, shown: int) -> tuple[str, ...]:
    return (f"and {count - shown} more, in the console",) if count > shown else ()
