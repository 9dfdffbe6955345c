"""A desk that answers for real: loopback platforms, real collectors, a real store and sender."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from collectors.facebook import FacebookCollector as FacebookReader
from collectors.facebook_replies import FacebookReplies
from collectors.x import XCollector as XReader
from collectors.x_replies import XReplies
from config.reply_templates import reply_templates
from config.settings import FacebookCollector, Settings, XCollector
from console.web.accounts import Accounts
from console.web.app import create_app
from storage.memory import memory_store
from storage.store import SqlStore
from tests.browser.desk import CHEAP, PASSWORD, ConsoleDesk
from tests.factories import a_verdict
from tests.servers import facebook, x
from tests.servers.facebook import FacebookServer
from tests.servers.x import XServer
from triage import answering
from triage.actions import Command
from triage.answering import Answered
from triage.answers import Answering
from triage.clearance import Window
from triage.desk import Desk
from triage.dispatch import PACE, Pace, dispatch
from triage.flow import carry_out, triage_waiting
from triage.lifecycle import Verb
from triage.model import Case, Link, Officer, Role, Verdict
from triage.ports import Collector, Reading
from triage.replies import Reply, ReplyCommand, ReplyVerb
from triage.reply_ports import Messenger

ALICE = Officer(id="alice", name="Alice Ames")
BOB = Officer(id="bob", name="Bob Birch")
SUE = Officer(id="sue", name="Sue Sharp", roles=frozenset({Role.SUPERVISOR}))
REX = Officer(id="rex", name="Rex Rowe", roles=frozenset({Role.REVIEWER}))
OTTO = Officer(id="otto", name="Otto Orr", roles=frozenset({Role.AUDITOR}))
STAFF = (ALICE, BOB, SUE, REX, OTTO)
WRITER = {"account_id": "5005", "handle": "k8_loom", "display_name": "K8 Loom"}
QUICK = replace(PACE, settled=30, give_up=600)


class Shifted:
    """The real clock, moved on at will; the platforms go by it too."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by

    def move(self, **amount: float) -> None:
        self.by += timedelta(**amount)


@dataclass
class Says:
    """A classifier that says what it is told to."""

    verdict: Verdict = field(default_factory=a_verdict)
    name: str = "told"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [self.verdict for _ in readings]


@dataclass(kw_only=True)
class ReplyRig:
    """Citizens write with `mention`, `dm`, `comment`, `message`; officers press."""

    x: XServer
    facebook: FacebookServer
    store: SqlStore
    clock: Shifted
    says: Says
    desk: Desk
    messengers: dict[tuple[str, str], Messenger]
    collectors: tuple[Collector, ...]
    urged: list[str]
    pace: Pace = QUICK

    # --- citizens ---

    def mention(self, text: str = "@westbridgepolice is the bridge open?", **item: Any) -> Case:
        return self._arrived(self.x.feed([{"text": text, "author": WRITER, **item}])[0])

    def dm(self, text: str = "Is the office open today?", **item: Any) -> Case:
        given = {"channel": "x_dm", "text": text, "author": WRITER, **item}
        return self._arrived(self.x.feed([given])[0])

    def comment(self, text: str = "Is the road shut?", **item: Any) -> Case:
        given = {"channel": "fb_comment", "text": text, **item}
        return self._arrived(self.facebook.feed([given])[0])

    def message(self, text: str = "Is the office open?", **item: Any) -> Case:
        given = {"channel": "fb_message", "text": text, **item}
        return self._arrived(self.facebook.feed([given])[0])

    def poll(self) -> list[str]:
        """Collect from everywhere; the references of what is new or changed."""
        refs: list[str] = []
        for collector in self.collectors:
            for harvest in collector.collect(self.store.cursor(collector.name)):
                taken = self.store.take_in(collector.name, harvest, now=self.clock())
                refs += taken.refs
        triage_waiting(self.desk, limit=100)
        return refs

    def _arrived(self, external_id: str) -> Case:
        for ref in self.poll():
            case = self.case(ref)
            if case.item.id == external_id:
                return case
        raise AssertionError(f"{external_id} did not arrive")

    # --- officers ---

    def case(self, ref: str) -> Case:
        found = self.store.case(ref)
        assert found is not None
        return found

    def reply(self, reply_id: str) -> Reply:
        found = self.store.reply(reply_id)
        assert found is not None
        return found

    def claim(self, case: Case, by: Officer = ALICE) -> Case:
        carry_out(self.desk, Command(verb=Verb.CLAIM, ref=case.ref, officer=by))
        return self.case(case.ref)

    def press(
        self, verb: ReplyVerb, case: Case, reply_id: str, by: Officer = ALICE, **args: str
    ) -> Answered:
        command = ReplyCommand(
            verb=verb, ref=case.ref, officer=by, reply_id=reply_id, args=args, tool="test"
        )
        return answering.answer(self.desk, command)

    def written(self, case: Case, text: str, by: Officer = ALICE, **args: str) -> str:
        """A draft; returns its id."""
        reply_id = uuid4().hex
        self.press(ReplyVerb.WRITE, case, reply_id, by, text=text, **args)
        return reply_id

    def approved(self, case: Case, text: str = "Yes, it is.", **args: str) -> str:
        """A reply on its way, approved by a second person where one is needed."""
        if not self.case(case.ref).claimed_by:
            self.claim(case)
        reply_id = self.written(case, text, **args)
        if self.press(ReplyVerb.SUBMIT, case, reply_id).reply.state.value == "waiting":
            self.press(ReplyVerb.APPROVE, case, reply_id, BOB)
        return reply_id

    # --- the sender ---

    def send(self, reply_id: str) -> Reply:
        """One step of the sender."""
        dispatch(self.desk, self.messengers, reply_id, pace=self.pace)
        return self.reply(reply_id)

    def sweep(self) -> list[str]:
        """What the sender finds to do, done."""
        owed = self.store.replies_owed(now=self.clock())
        for reply_id in owed:
            self.send(reply_id)
        return owed

    @property
    def said(self) -> list[str]:
        """All that citizens were told."""
        return [*self.x.said(), *self.facebook.said()]

    def events(self, case: Case) -> list[str]:
        """What the trail holds about a case's replies."""
        found = self.store.events(case.ref)
        return [each.action for each in found if each.action.startswith("reply_")]


def console_over(rig: ReplyRig) -> ConsoleDesk:
    """The console of a desk that answers, with passwords for its staff."""
    accounts = Accounts(rig.store.database, rig.clock, hasher=CHEAP)
    for officer in STAFF:
        accounts.set_password(officer.id, PASSWORD)
    app = create_app(rig.desk, accounts, Settings())
    return ConsoleDesk(store=rig.store, accounts=accounts, desk=rig.desk, app=app, clock=rig.clock)


def x_settings(url: str, **more: Any) -> XCollector:
    values: dict[str, Any] = {
        "kind": "x",
        "account": "westbridgepolice",
        "user_id": x.USER_ID,
        "bearer_token": x.TOKEN,
        "reply_token": "x-reply-token-invented",
        "base_url": url,
        "timeout_seconds": 2,
    }
    return XCollector(**(values | more))


def facebook_settings(url: str, **more: Any) -> FacebookCollector:
    values: dict[str, Any] = {
        "kind": "facebook",
        "page_id": facebook.PAGE_ID,
        "page_token": facebook.TOKEN,
        "app_secret": facebook.SECRET,
        "reply_token": facebook.TOKEN,
        "base_url": url,
        "timeout_seconds": 2,
    }
    return FacebookCollector(**(values | more))


@contextmanager
def reply_rig(store: SqlStore | None = None) -> Iterator[ReplyRig]:
    """A desk with an X account and a Facebook page, both on the loopback."""
    clock, says = Shifted(), Says()
    with XServer() as on_x, FacebookServer() as on_facebook:
        on_x.now = on_facebook.now = clock
        kept = store or memory_store(clock=clock)
        for officer in STAFF:
            kept.save_officer(officer)
        for_x, for_facebook = x_settings(on_x.url), facebook_settings(on_facebook.url)
        urged: list[str] = []
        desk = Desk(
            store=kept,
            classifier=says,
            linker=lambda item, thread, people: Link(),
            destinations=lambda lane, tell: [f"terminal:{lane.value}"],
            clock=clock,
            answering=Answering(
                accounts=frozenset({("x", for_x.account), ("facebook", for_facebook.page_id)}),
                windows={"facebook": Window(hours=24, human=168)},
                templates=reply_templates(),
                name="Westbridge Police",
                urge=urged.append,
            ),
        )
        yield ReplyRig(
            x=on_x,
            facebook=on_facebook,
            store=kept,
            clock=clock,
            says=says,
            desk=desk,
            messengers={
                ("x", for_x.account): XReplies(for_x, clock),
                ("facebook", for_facebook.page_id): FacebookReplies(for_facebook, clock),
            },
            collectors=(XReader(for_x, clock), FacebookReader(for_facebook, clock)),
            urged=urged,
        )
