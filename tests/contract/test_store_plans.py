"""What the desk asks all day is answered from indexes, so it costs the same at a million items."""

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from storage.store import SqlStore, connect
from tests.stores import NOW, SOURCE, a_harvest, a_notice, a_post, an_item, settle
from triage.model import Author, PriorLink, State
from triage.ports import QueueFilter
from triage.searching import Search
from triage.taxonomy import Lane
from triage.threads import Telling

QUESTIONS: dict[str, Callable[[SqlStore], object]] = {
    "waiting": lambda store: store.waiting(limit=20),
    "waiting for some": lambda store: store.waiting(limit=20, refs=["FC-26-1123-0003"]),
    "what is not read": lambda store: store.unread(private_before=NOW, public_before=NOW, first=10),
    "the queue": lambda store: store.queue(QueueFilter()),
    "the closed": lambda store: store.queue(QueueFilter(states=(State.CLOSED,))),
    "overdue": lambda store: store.overdue(NOW),
    "one case": lambda store: store.case("FC-26-1123-0003"),
    "a thread": lambda store: store.thread(store.queue(QueueFilter())[0]),
    "versions": lambda store: store.versions("FC-26-1123-0003"),
    "owed": lambda store: store.owed(limit=10, now=NOW),
    "urgent": lambda store: store.owed(limit=10, now=NOW, urgent_only=True),
    "hold": lambda store: store.hold("notice:1", now=NOW, seconds=1),
    "messages of a case": lambda store: store.messages_of("FC-26-1123-0003"),
    "repeats": lambda store: store.take_in(SOURCE, a_harvest(an_item(1), a_post(2)), now=NOW),
    "events": lambda store: store.events("FC-26-1123-0003"),
    "newest events": lambda store: store.audit_events(limit=10),
    "an actor's events": lambda store: store.audit_events(limit=10, actor="officer-1"),
    "candidates": lambda store: store.candidates(["n:quill", "p:1"]),
    "a person": lambda store: store.person("P-1"),
    "a prior link": lambda store: store.prior_link("x", "77"),
    "an account's past": lambda store: store.account_past("x", "77"),
    "rejected": lambda store: store.rejected_records("x", "77"),
    "cases of a person": lambda store: store.cases_of("P-1"),
    "cases of an account": lambda store: store.cases_from("x", "77"),
    "cases of late": lambda store: store.cases_since(NOW),
    "surges": lambda store: store.surges(now=NOW, within=timedelta(minutes=10), least=1),
    "cases of an incident": lambda store: store.cases_in("I-1"),
    "sums of a home": lambda store: store.standings(Lane, now=NOW),
    "what is late": lambda store: store.late_cases(Lane, now=NOW, limit=9),
    "what is offered": lambda store: store.offered_cases(Lane, limit=9),
    "reply windows": lambda store: store.private_cases(["x"], Lane, since=NOW, until=NOW, limit=9),
    "who is present": lambda store: store.present(since=NOW),
    "claims of today": lambda store: store.claim_times(since=NOW),
    "homes behind": lambda store: store.homes_behind(
        "slack", mark=1, opened=NOW, drawn=NOW, aged=NOW, limit=2
    ),
    "who joined": lambda store: store.tell_threads(TELLING, now=NOW),
    "a search": lambda store: store.search(Search(text="bridge"), sees=lambda _: True),
    "a search of what is open": lambda store: store.search(
        Search(text="bridge", states=(State.OPEN,)), sees=lambda _: True
    ),
    "what was hidden": lambda store: store.hidings_of("FC-26-1123-0003"),
    "which are hidden": lambda store: store.hidden_among(["FC-26-1123-0003"]),
    "an officer with grants": lambda store: store.officer("officer-1"),
}
TELLING = Telling(zone=UTC, most=3, has_threads=lambda place: True)


WORDS_ASKED_FOR = "SCAN item_search VIRTUAL TABLE INDEX 192:M"  # M: by words, from the newest on

WHOLE_BUT_SHORT = (
    "SCAN CONSTANT ROW",
    "SCAN audit_head",  # one row
    "SCAN wanted VIRTUAL TABLE INDEX 1:",  # the keys that are asked for
    "SCAN found",  # a subquery that a limit ends
    "SCAN latest",  # as well
    "SCAN walk",  # two rows an hour, of 90 days
    "SCAN json_each VIRTUAL TABLE INDEX 1:",  # the numbers that are asked for
    "SCAN contacts",  # a row for each case asked for
    "SCAN outbox USING INDEX ix_outbox_owed",  # holds only what is owed
    "SCAN items USING INDEX ix_items_waiting",  # holds only what waits
    "SCAN audit_events USING INDEX sqlite_autoindex_audit_events_1",  # from its end, by a limit
    "SCAN before USING INDEX sqlite_autoindex_audit_events_1",  # as well
    "SCAN officers",  # the staff
    "SCAN first",  # a row for each claim of today
)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with a few of everything."""
    store = connect(f"sqlite:///{tmp_path / 'store.db'}")
    store.migrate()
    items = [
        an_item(n, author=Author(account_id=str(n % 7)), sent_at=NOW - timedelta(hours=n))
        for n in range(1, 40)
    ]
    store.take_in(SOURCE, a_harvest(*items[:20]), now=NOW)
    settle(store)
    store.take_in(SOURCE, a_harvest(*items[20:]), now=NOW)
    store.notify([a_notice(1)], now=NOW)
    link = PriorLink(
        platform="x", account_id="1", record_id="P-1", confirmed_by="o", confirmed_at=NOW
    )
    store.confirm_link(link, events=[])
    yield store
    store.close()


def plans(store: SqlStore, ask: Callable[[SqlStore], object]) -> list[str]:
    """How SQLite goes about every statement of a question."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(store._db.engine, "before_cursor_execute", note)
    try:
        ask(store)
    finally:
        event.remove(store._db.engine, "before_cursor_execute", note)
    with store._db.engine.connect() as tx:
        return [
            str(step[3])
            for statement, parameters in asked
            if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
            and isinstance(parameters, tuple)
            for step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_a_whole_table(filled: SqlStore, question: str) -> None:
    steps = plans(filled, QUESTIONS[question])
    assert steps
    scans = [
        step
        for step in steps
        if step.startswith("SCAN")
        and step not in WHOLE_BUT_SHORT
        and not step.startswith(("SCAN (subquery", WORDS_ASKED_FOR))
    ]
    assert scans == []


def test_a_question_without_an_index_would_be_noticed(filled: SqlStore) -> None:
    def ask(store: SqlStore) -> None:
        with store._db.read() as tx:
            tx.execute(text("SELECT * FROM items WHERE note = 'x'"))

    assert [step for step in plans(filled, ask) if step.startswith("SCAN")] == ["SCAN items"]
