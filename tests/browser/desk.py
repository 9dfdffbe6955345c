"""A console over a real store, with invented officers and an invented afternoon."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from config.settings import Console, Settings, Storage
from console.web.accounts import Accounts
from console.web.app import create_app
from storage.database import open_database
from storage.store import SqlStore
from tests.stores import SOURCE, a_harvest, arriving, the_case
from triage.actions import Command
from triage.flow import Desk, carry_out
from triage.lifecycle import Verb, due
from triage.model import (
    Author,
    Case,
    Change,
    Decision,
    History,
    Item,
    Link,
    Officer,
    Priority,
    Reason,
    Role,
    Signal,
    Span,
    Verdict,
)
from triage.ports import Clock, Reading, Triaged
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

PASSWORD = "three plain words"
STAFF = (
    Officer(id="okafor", name="Sam Okafor"),
    Officer(id="lind", name="Ruth Lind"),
    Officer(id="pryce", name="Gwen Pryce", roles=frozenset({Role.SUPERVISOR})),
    Officer(id="reed", name="Toby Reed", roles=frozenset({Role.REVIEWER})),
    Officer(id="vale", name="Ines Vale", roles=frozenset({Role.AUDITOR})),
)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ORIGIN = "http://127.0.0.1:8000"


class NoClassifier:
    """The console never reads texts itself."""

    name = "none"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        raise AssertionError("the console asked the classifier")


@dataclass(kw_only=True)
class ConsoleDesk:
    """The parts of a running console."""

    store: SqlStore
    accounts: Accounts
    desk: Desk
    app: Starlette
    clock: Clock

    def client(self, origin: str = ORIGIN) -> TestClient:
        """A browser that has not signed in."""
        return TestClient(self.app, base_url=origin, follow_redirects=False)

    def signed_in(self, officer_id: str = "okafor") -> TestClient:
        """A browser in which an officer has signed in by the page."""
        client = self.client()
        answer = post(client, "/login", {"name": officer_id, "password": PASSWORD}, page="/login")
        assert answer.status_code == 303, answer.text
        return client


def console_desk(
    clock: Clock,
    url: str = "sqlite://",
    *,
    console: Mapping[str, Any] | None = None,
    accounts: Mapping[str, Any] | None = None,
    **options: Any,
) -> ConsoleDesk:
    """A console on an empty store, in memory unless `url` says otherwise, with its staff."""
    database = open_database(url, Storage())
    store = SqlStore(database, clock=clock)
    store.migrate()
    kept = Accounts(database, clock, hasher=CHEAP, **(accounts or {}))
    for officer in STAFF:
        store.save_officer(officer)
        kept.set_password(officer.id, PASSWORD)
    desk = Desk(
        store=store,
        classifier=NoClassifier(),
        linker=lambda item, thread, people: Link(),
        destinations=lambda lane, tell: [f"terminal:{lane.value}"],
        clock=clock,
    )
    settings = Settings(console=Console(**(console or {})))
    app = create_app(desk, kept, settings, **options)
    return ConsoleDesk(store=store, accounts=kept, desk=desk, app=app, clock=clock)


def token_of(page: str) -> str:
    """The form token a page carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form token"
    return found[1]


def post(
    client: TestClient, path: str, fields: Mapping[str, str], *, page: str = "/help", **options: Any
) -> Any:
    """Send a form as a browser does that has just opened `page`."""
    token = token_of(client.get(page).text)
    return client.post(path, data={"csrf_token": token, **fields}, **options)


def now_of(console: ConsoleDesk, case: Case) -> Case:
    found = console.store.case(case.ref)
    assert found is not None
    return found


def do(console: ConsoleDesk, verb: Verb, case: Case, by: int = 1, **args: str) -> Case:
    """A command from another tool."""
    command = Command(verb=verb, ref=case.ref, officer=STAFF[by], args=args, tool="slack")
    carry_out(console.desk, command)
    return now_of(console, case)


def refs_of(page: str) -> list[str]:
    """The rows of a list in their order."""
    return re.findall(r'data-ref="(FC-[\d-]+)"', page)


def row_of(page: str, case: Case) -> str:
    """The markup of one row."""
    found = re.search(rf'<li class="fc-row [^>]*data-ref="{case.ref}".*?</li>', page, re.DOTALL)
    assert found, f"{case.ref} is not in the list"
    return found[0]


@contextmanager
def served(console: ConsoleDesk, port: int) -> Iterator[str]:
    """The console on a real port; yields its address."""
    config = uvicorn.Config(
        console.app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


# --- what citizens wrote --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Said:
    """One invented item and what the machine made of it. Spans are found by their words."""

    text: str
    priority: Priority
    minutes: float
    owner: Lane = Lane.DESK
    copies: tuple[Lane, ...] = ()
    signals: tuple[tuple[SignalName, str], ...] = ()
    why: tuple[Reason, ...] = (Reason(rule="class", text="work for the desk"),)
    label: Label = Label.ROUTINE
    audience: Audience = Audience.CONTACT
    kind: Kind = Kind.DM
    channel: str = "x_dm"
    handle: str = "zeldaq"
    name: str = "Zelda Quill"
    account: str = "77"
    thread: str = ""
    history: History = field(default_factory=History)
    link: Link = field(default_factory=Link)
    fields: Mapping[str, Any] | None = None


_numbers = iter(range(1, 1_000_000))


def say(console: ConsoleDesk, said: Said) -> Case:
    """Take an item in and triage it as written down."""
    now = console.clock()
    number = next(_numbers)
    item = Item(
        id=str(number),
        channel=said.channel,
        account="westbridgepolice",
        sent_at=now - timedelta(minutes=said.minutes),
        text=said.text,
        kind=said.kind,
        author=Author(account_id=said.account, handle=said.handle, display_name=said.name),
        thread_id=said.thread or f"t{number}",
        **(said.fields or {}),
    )
    harvest = a_harvest(item, cursor=str(number))
    seen = now - timedelta(minutes=said.minutes / 2)
    (ref,) = console.store.take_in(SOURCE, harvest, now=seen).refs
    (waiting,) = console.store.waiting(limit=1, refs=[ref])
    console.store.settle([_triaged(waiting.case, said)])
    return the_case(console.store, ref)


def edit(console: ConsoleDesk, case: Case, text: str) -> Case:
    """The sender changes the wording; it is triaged as before."""
    changed = replace(case.item, text=text)
    now = console.clock()
    console.store.take_in(
        SOURCE, a_harvest(arriving(changed, Change.EDIT), cursor=f"e{case.ref}"), now=now
    )
    (waiting,) = console.store.waiting(limit=1, refs=[case.ref])
    assert case.priority is not None
    said = Said(text=text, priority=case.priority, minutes=0, owner=case.lane or Lane.DESK)
    console.store.settle([_triaged(waiting.case, said)])
    return the_case(console.store, case.ref)


def delete(console: ConsoleDesk, case: Case) -> Case:
    """The sender deletes it."""
    gone = arriving(replace(case.item, text=""), Change.DELETE)
    console.store.take_in(SOURCE, a_harvest(gone, cursor=f"d{case.ref}"), now=console.clock())
    return the_case(console.store, case.ref)


def _triaged(case: Case, said: Said) -> Triaged:
    signals = tuple(_signal(name, words, said.text) for name, words in said.signals)
    named = [Reason(rule="signal", text=name.value.replace("_", " ")) for name, _ in said.signals]
    verdict = Verdict(
        label=said.label,
        audience=said.audience,
        scores=dict.fromkeys(Label, 0.05) | {said.label: 0.9},
        signals=signals,
        model="invented",
        lang="en",
    )
    decision = Decision(
        priority=said.priority,
        due=due(said.priority, case.item.sent_at),
        owner=said.owner,
        copies=said.copies,
        reasons=(*said.why, *named, Reason(rule="route", text="first look by the digital desk")),
    )
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=verdict,
        link=said.link,
        history=said.history,
        decision=decision,
        cards=(),
    )


def _signal(name: SignalName, words: str, text: str) -> Signal:
    start = text.find(words) if words else -1
    spans = (Span(start=start, end=start + len(words)),) if start >= 0 else ()
    return Signal(name=name, score=0.91, spans=spans)


def know(store: SqlStore, people: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Keep citizen records, found by no key: the tests link by hand."""
    lines = [json.dumps(person) for person in people]
    imported = store.import_records(lines, keys_of=lambda person: (), now=now)
    assert not imported.rejected, imported.rejected
