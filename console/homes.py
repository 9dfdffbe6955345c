"""What an officer is shown of the desk in chat: their home, the queue, the next item, sums.

Only officers are answered, within what they may see; every answer is an audit event. Strangers
are told to ask an admin, and that they asked is recorded.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Protocol

from console.presses import NOT_KNOWN
from console.web.health import source_row
from notifier import words
from notifier.asking import HELP, Asked, Told, Word
from notifier.card import CardContext
from notifier.home import (
    CLOSING_MOST,
    MOST,
    Health,
    Home,
    HomeFacts,
    Section,
    closing_between,
    home_of,
    line_of,
    queue_of,
)
from triage.authority import authorise, may_see_text
from triage.commands import Command
from triage.errors import FirstContactError, Refused
from triage.homes import Figures, Standing, by_priority, lanes_for
from triage.lifecycle import Verb
from triage.model import Case, Event, Officer, Priority, State
from triage.ports import Clock, QueueFilter, Store

ON_DESK = timedelta(minutes=30)
"""Who did or looked at something within this time is on the desk."""

FIRST_OF_EACH = 3
LOOKED_AT = 50
MANY = 200


class HomeStore(Store, Figures, Protocol):
    """What homes and answers are made of."""


class ChatDesk:
    """Answers what officers ask in chat, in whichever tool.

    Args:
        polls: how often each source is polled, None where items are pushed.
    """

    def __init__(
        self,
        store: HomeStore,
        context: CardContext,
        clock: Clock,
        *,
        polls: Mapping[str, timedelta | None],
    ) -> None:
        self._store = store
        self._context = context
        self._clock = clock
        self._polls = polls
        self._words: Mapping[Word, Callable[[Asked, Officer], Told]] = {
            Word.HOME: self._home,
            Word.QUEUE: self._queue,
            Word.NEXT: self._next,
            Word.ITEM: self._item,
            Word.STATS: self._stats,
            Word.HELP: self._help,
        }

    def tell(self, asked: Asked) -> Told:
        """The answer to a question, also if it is refused."""
        try:
            officer = self._officer(asked)
            return self._words[asked.word](asked, officer)
        except Refused as error:
            return Told(text=str(error), refused=True)
        except FirstContactError as error:
            return Told(
                text=f"That cannot be looked up now, please try again ({error})", refused=True
            )

    def home(self, officer: Officer, *, note: str = "") -> Home:
        """An officer's home as it is now. Nothing is recorded: a drawing again is no new view."""
        return home_of(self._facts(officer), self._context, note=note)

    def _officer(self, asked: Asked) -> Officer:
        known = self._store.officer(slack_id=asked.slack_id, teams_id=asked.teams_id)
        if known is not None:
            return known
        self._note(f"{asked.tool}:{asked.account}", asked, action="stranger_asked", subject="desk")
        raise Refused(NOT_KNOWN)

    # --- the words -------------------------------------------------------------------------------

    def _home(self, asked: Asked, officer: Officer) -> Told:
        home = self.home(officer, note=asked.note)
        refs = refs_on(home.sections)
        self._note(officer.id, asked, action="home_viewed", subject="home", refs=refs)
        return Told(text=f"{home.title}: your desk", home=home)

    def _queue(self, asked: Asked, officer: Officer) -> Told:
        section = queue_of(self._facts(officer), self._context)
        refs = refs_on([section])
        self._note(officer.id, asked, action="queue_viewed", subject="queue", refs=refs)
        return Told(text=section.title, sections=(section,))

    def _next(self, asked: Asked, officer: Officer) -> Told:
        """The most urgent item the officer can take. Looking at it claims nothing."""
        cases = self._store.queue(
            QueueFilter(states=(State.OPEN,), lanes=lanes_for(officer)), limit=LOOKED_AT
        )
        case = next((each for each in cases if _may_claim(each, officer)), None)
        if case is None:
            return self._nothing_waits(asked, officer)
        self._note(officer.id, asked, action="card_viewed", subject=case.ref, word="next")
        section = self._line(case, officer, title="Next")
        home = self.home(officer) if asked.on_home else None
        if home is not None:
            home = replace(home, sections=(section, *home.sections))
        return Told(text=f"Next: {case.ref}", case=case, sections=(section,), home=home)

    def _nothing_waits(self, asked: Asked, officer: Officer) -> Told:
        said = "Nothing waits to be claimed in your lanes"
        return Told(text=said, home=self.home(officer, note=said) if asked.on_home else None)

    def _item(self, asked: Asked, officer: Officer) -> Told:
        case = self._store.case(asked.ref)
        if case is None:
            raise Refused(f"There is no item {asked.ref}")
        if not may_see_text(case, officer):
            self._note(officer.id, asked, action="view_refused", subject=case.ref)
            raise Refused(f"{case.ref} is restricted: your role does not cover it")
        self._note(officer.id, asked, action="card_viewed", subject=case.ref)
        return Told(text=case.ref, case=case, sections=(self._line(case, officer),))

    def _stats(self, asked: Asked, officer: Officer) -> Told:
        lanes, now = lanes_for(officer), self._clock()
        standings = self._store.standings(lanes, now=now)
        late = sum(each.late for each in standings if each.state is not State.RECEIVED)
        rows = [_sums(standings, priority) for priority in Priority]
        unread = sum(each.count for each in standings if each.state is State.RECEIVED)
        told = (
            *(row for row in rows if row),
            f"{late} late",
            *([f"{unread} being read by the service"] if unread else []),
            self._claimed_today(now),
        )
        self._note(officer.id, asked, action="stats_viewed", subject="queue")
        total = sum(each.count for each in standings if each.state is not State.RECEIVED)
        section = Section(title=f"Open items: {total}", facts=told)
        return Told(text=f"{section.title}, {late} late", sections=(section,))

    def _help(self, asked: Asked, officer: Officer) -> Told:
        title = "What you can ask" if asked.known else "I do not know these words. You can ask:"
        return Told(text=title, sections=(Section(title=title, facts=HELP),))

    # --- what they are made of -------------------------------------------------------------------

    def _line(self, case: Case, officer: Officer, *, title: str = "") -> Section:
        facts = HomeFacts(
            officer=officer.id, now=self._clock(), may_claim=lambda each: _may_claim(each, officer)
        )
        return Section(title=title, lines=(line_of(case, facts, self._context, whole=True),))

    def _facts(self, officer: Officer) -> HomeFacts:
        now, lanes, store = self._clock(), lanes_for(officer), self._store

        def seen(cases: Sequence[Case]) -> list[Case]:
            return [case for case in cases if may_see_text(case, officer)]

        claimed = QueueFilter(states=(State.CLAIMED, State.RECEIVED), claimed_by=officer.id)
        return HomeFacts(
            officer=officer.id,
            now=now,
            mine=seen(store.queue(claimed, limit=MANY)),
            unclaimed=seen(self._unclaimed(officer)),
            late=seen(store.late_cases(lanes, now=now, limit=MOST * 3)),
            offered=seen(store.offered_cases(lanes, limit=MANY)),
            closing=seen(self._closing(officer, now)),
            standings=store.standings(lanes, now=now),
            alarms=store.alarms(),
            sources=self._health(now),
            present=store.present(since=now - ON_DESK),
            may_claim=lambda case: _may_claim(case, officer),
        )

    def _unclaimed(self, officer: Officer) -> list[Case]:
        lanes = lanes_for(officer)
        return [
            case
            for priority in Priority
            for case in self._store.queue(
                QueueFilter(states=(State.OPEN,), lanes=lanes, priorities=(priority,)),
                limit=FIRST_OF_EACH,
            )
        ]

    def _closing(self, officer: Officer, now: datetime) -> list[Case]:
        windows = {
            platform: (window.hours, window.human)
            for platform, window in self._context.reply_windows.items()
        }
        lanes = lanes_for(officer)
        found = [
            self._store.private_cases(
                [platform], lanes, since=since, until=until, limit=CLOSING_MOST
            )
            for platform, since, until in closing_between(windows, now)
        ]
        return list({case.ref: case for cases in found for case in cases}.values())

    def _health(self, now: datetime) -> list[Health]:
        known = {each.source: each for each in self._store.collectors()}
        rows = [
            source_row(known[source], every, now=now, zone=self._context.zone)
            for source, every in self._polls.items()
            if source in known
        ]
        return [
            Health(source=row.source, well=row.state == "ok", text=row.state_words.lower())
            for row in rows
        ]

    def _claimed_today(self, now: datetime) -> str:
        zone = self._context.zone
        midnight = datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)
        waits = [claimed - sent for sent, claimed in self._store.claim_times(since=midnight)]
        if not waits:
            return "Nothing was claimed today yet"
        middle = words.span(statistics.median_low(waits))
        count = "1 item" if len(waits) == 1 else f"{len(waits)} items"
        return f"Claimed today: {count}, half of them within {middle} of being sent"

    # --- the audit trail -------------------------------------------------------------------------

    def _note(
        self, actor: str, asked: Asked, *, action: str, subject: str, **detail: object
    ) -> None:
        told = {"tool": asked.tool, **detail}
        event = Event(at=self._clock(), actor=actor, action=action, subject=subject, detail=told)
        self._store.record([event])


def refs_on(sections: Sequence[Section]) -> list[str]:
    """The items some sections name, each once."""
    return list(dict.fromkeys(line.ref for section in sections for line in section.lines))


def _may_claim(case: Case, officer: Officer) -> bool:
    verb = Verb.ACCEPT if case.state is State.OFFERED else Verb.CLAIM
    try:
        authorise(case, Command(verb=verb, ref=case.ref, officer=officer))
    except Refused:
        return False
    return True


def _sums(standings: Sequence[Standing], priority: Priority) -> str:
    counts = {
        state.value: by_priority(standings, state)[priority]
        for state in (State.OPEN, State.CLAIMED, State.OFFERED)
    }
    if not any(counts.values()):
        return ""
    late = sum(
        each.late
        for each in standings
        if each.priority is priority and each.state is not State.RECEIVED
    )
    parts = [f"{count} {'unclaimed' if name == 'open' else name}" for name, count in counts.items()]
    told = ", ".join(part for part in parts if not part.startswith("0 "))
    return f"{priority.name} {priority.word}: {told}{f' · {late} late' if late else ''}"
