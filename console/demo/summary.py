"""What came of the demo day, against how a human labelled it."""

from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from console.demo import day
from storage.store import SqlStore
from triage.model import Case, LinkDecision, Priority, State
from triage.ports import QueueFilter
from triage.taxonomy import Label

EVERYTHING = QueueFilter(states=tuple(State))


@dataclass(slots=True)
class Summary:
    """Counts kept while the day ran."""

    new: int = 0
    changed: int = 0
    deleted: int = 0
    claimed: int = 0
    closed: int = 0
    seconds: float = 0.0


def print_summary(screen: Console, summary: Summary, store: SqlStore) -> None:
    """The table `firstcontact demo --once` ends with."""
    cases = store.queue(EVERYTHING, limit=10_000)
    table = Table(title="The day of Westbridge Police", show_header=False, title_justify="left")
    table.add_column(min_width=24)
    table.add_column()
    for name, value in (*_volume(summary, cases), *_safety(cases), *_work(summary, store)):
        table.add_row(name, value)
    screen.print(table)


def _volume(summary: Summary, cases: list[Case]) -> list[tuple[str, str]]:
    channels = Counter(case.item.channel for case in cases)
    rate = summary.new / summary.seconds if summary.seconds else 0
    return [
        ("Items", f"{summary.new}, {summary.changed} edited, {summary.deleted} deleted"),
        ("Channels", ", ".join(f"{name} {count}" for name, count in channels.most_common())),
        ("Time", f"{summary.seconds:.1f} s, {rate:.0f} items a second"),
    ]


def _safety(cases: list[Case]) -> list[tuple[str, str]]:
    labels = day.truth()
    real = [case for case in cases if labels.get(case.item.id) is Label.EMERGENCY]
    caught = [case for case in real if case.priority is Priority.P1]
    soon = [case for case in real if case.priority in (Priority.P2, Priority.P3)]
    missed = [case for case in real if case not in caught and case not in soon]
    alarms = [case for case in cases if case.priority is Priority.P1]
    false = [case for case in alarms if labels.get(case.item.id) is not Label.EMERGENCY]
    abuse = [case for case in cases if labels.get(case.item.id) is Label.ABUSE]
    flagged = [case for case in abuse if case.priority and case.priority <= Priority.P4]
    return [
        ("Emergencies", f"{len(caught)} of {len(real)} as P1, {len(soon)} as P2 or P3"),
        ("Missed", ", ".join(case.ref for case in missed) or "none"),
        ("P1 alerts", f"{len(alarms)}, of which {len(false)} were no emergency"),
        ("Abuse", f"{len(flagged)} of {len(abuse)} at P4 or above"),
        ("Priorities", _priorities(cases)),
        ("Links", _links(cases)),
    ]


def _priorities(cases: list[Case]) -> str:
    counts = Counter(case.priority for case in cases)
    return ", ".join(f"{priority.name} {counts[priority]}" for priority in Priority)


def _links(cases: list[Case]) -> str:
    true = day.true_links()
    known = [case for case in cases if true.get(case.item.id)]
    right = [case for case in known if _first(case) == true[case.item.id]]
    confirmed = [case for case in cases if case.link.decision is LinkDecision.CONFIRMED]
    return (
        f"{len(right)} of {len(known)} writers on record named first, "
        f"{len(confirmed)} known from an earlier confirmation"
    )


def _first(case: Case) -> str:
    return case.link.candidates[0].record_id if case.link.candidates else ""


def _work(summary: Summary, store: SqlStore) -> list[tuple[str, str]]:
    steps = sum(case.escalation for case in store.queue(EVERYTHING, limit=10_000))
    return [
        ("Desk", f"{summary.claimed} claimed, {summary.closed} closed by two invented officers"),
        ("Clocks", f"{steps} steps reached, to escalate or to assess anew"),
        ("Cards waiting", str(sum(store.backlog().values()))),
        ("Audit", f"{store.verify()} events, the chain is whole"),
    ]
