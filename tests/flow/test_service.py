"""The running service over a real store: polls, alarms, bursts, sweeps and presses."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from console.presses import PressDesk
from console.rightofway import Haste
from console.service import Patience, Service
from notifier.card import CLAIM, RESULT
from notifier.press import Press
from storage.store import SqlStore
from storage.tables import items
from tests.conftest import SteppingClock
from triage.errors import FirstContactError, RateLimited, Unauthorised, Unavailable
from triage.flow import Desk, triage_waiting, unread
from triage.items import parse_item
from triage.model import Arrival, Harvest, Item, Link, State, Verdict
from triage.ports import Reading
from triage.taxonomy import Audience, Label, Lane


class ByWord:
    """A classifier for tests: `knife` is an emergency, everything else routine."""

    name = "by-word"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [_verdict("knife" in each.text) for each in readings]


class Down:
    """A classifier that cannot be run."""

    name = "down"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        raise Unavailable("model file is corrupt")


def _verdict(emergency: bool) -> Verdict:
    label = Label.EMERGENCY if emergency else Label.ROUTINE
    audience = Audience.CONTROL_ROOM if emergency else Audience.CONTACT
    return Verdict(label=label, audience=audience, scores={label: 1.0}, model="by-word")


class Script:
    """A collector that yields what it is given, or raises it."""

    name = "x:westbridge"

    def __init__(self, *steps: Harvest | FirstContactError) -> None:
        self.steps = steps
        self.asked: list[str] = []

    def collect(self, cursor: str) -> Iterator[Harvest]:
        self.asked.append(cursor)
        for step in self.steps:
            if isinstance(step, FirstContactError):
                raise step
            yield step


class Recorder:
    """An engine that keeps what it is asked for."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[str], Haste]] = []
        self.delivered: list[str] = []
        self.drains = 0

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        self.batches.append((list(refs), haste))

    def deliver(self, keys: Sequence[str]) -> None:
        self.delivered += keys

    def drain(self) -> None:
        self.drains += 1


class NoSender:
    def deliver_all(self, keys: Sequence[str]) -> int:
        return 0

    def drain(self, limit: int = 50, urgent_only: bool = False) -> int:
        return 0


def desk_of(store: SqlStore, clock: SteppingClock, classifier: object = None) -> Desk:
    return Desk(
        store=store,
        classifier=classifier or ByWord(),  # type: ignore[arg-type]
        linker=lambda item, thread, people: Link(),
        destinations=lambda lane, tell: [f"chat:{lane.value}"],
        clock=clock,
    )


def service_of(desk: Desk, collector: Script | None = None) -> tuple[Service, Recorder]:
    collectors = {collector.name: collector} if collector else {}
    service = Service(
        desk,
        collectors=collectors,
        sender=NoSender(),
        screen=lambda text: "knife" in text,
        patience=Patience(),
    )
    queue = Recorder()
    service.attach(queue)
    return service, queue


def item(number: int, text: str, now: datetime) -> Item:
    raw = {"id": f"m{number}", "channel": "x_dm", "account": "westbridge", "text": text}
    return parse_item({**raw, "author": {"account_id": str(number)}}, "test", now=now)


def harvest(now: datetime, *texts: str, cursor: str = "c1") -> Harvest:
    arrivals = (Arrival(item=item(n, text, now), payload=b"{}") for n, text in enumerate(texts))
    return Harvest(arrivals=tuple(arrivals), cursor=cursor)


def press(case: str, action: str, now: datetime, who: str = "U1", **args: str) -> Press:
    return Press(
        id="p1",
        ref=case,
        action=action,
        args=args,
        tool="slack",
        pressed_at=now,
        slack_id=who,
        actor_name=f"Officer {who}",
        reply={},
    )


# --- polling --------------------------------------------------------------------------------------


def test_a_poll_keeps_the_items_and_asks_next_time_from_the_new_cursor(
    store: SqlStore, clock: SteppingClock
) -> None:
    collector = Script(harvest(clock(), "hello", cursor="c7"))
    service, _ = service_of(desk_of(store, clock), collector)
    service.poll(collector.name)
    service.poll(collector.name)
    assert collector.asked == ["", "c7"]
    assert store.counts()["state:received"] == 1


def test_what_came_before_a_failure_is_kept(store: SqlStore, clock: SteppingClock) -> None:
    collector = Script(harvest(clock(), "hello"), Unavailable("x: 503"))
    service, _ = service_of(desk_of(store, clock), collector)
    service.poll(collector.name)
    assert store.counts()["state:received"] == 1
    assert store.collectors()[0].error == "x: 503"


def test_a_collector_that_keeps_failing_raises_one_alarm_and_a_good_poll_ends_it(
    store: SqlStore, clock: SteppingClock
) -> None:
    collector = Script(Unavailable("x: 503"))
    service, queue = service_of(desk_of(store, clock), collector)
    service.poll(collector.name)
    service.poll(collector.name)
    assert store.alarms() == []
    for _ in range(3):
        service.poll(collector.name)
    assert [alarm.key for alarm in store.alarms()] == ["collector:x:westbridge"]
    assert queue.drains == 1
    collector.steps = ()
    service.poll(collector.name)
    assert store.alarms() == []


def test_a_dead_token_is_an_alarm_at_once(store: SqlStore, clock: SteppingClock) -> None:
    collector = Script(Unauthorised("x: token is dead"))
    service, _ = service_of(desk_of(store, clock), collector)
    service.poll(collector.name)
    assert "token is dead" in store.alarms()[0].text
    assert {owed.destination for owed in store.owed(limit=9, now=clock())} == {
        "chat:control_room",
        "chat:desk",
    }


def test_a_rate_limited_source_is_left_alone_until_the_platform_allows(
    store: SqlStore, clock: SteppingClock
) -> None:
    collector = Script(RateLimited("x: 429", retry_at=clock() + timedelta(minutes=15)))
    service, _ = service_of(desk_of(store, clock), collector)
    service.poll(collector.name)
    clock.step(minutes=14)
    service.poll(collector.name)
    assert len(collector.asked) == 1
    clock.step(minutes=2)
    service.poll(collector.name)
    assert len(collector.asked) == 2
    assert store.alarms() == []


def test_a_source_silent_beyond_its_pattern_raises_an_alarm(
    store: SqlStore, clock: SteppingClock
) -> None:
    collector = Script(harvest(clock(), "hello"))
    service, _ = service_of(desk_of(store, clock), collector)
    for number in range(6):
        collector.steps = (
            Harvest(
                arrivals=(Arrival(item=item(100 + number, "hello", clock()), payload=b"{}"),),
                cursor=str(number),
            ),
        )
        service.poll(collector.name)
        clock.step(minutes=5)
    triage_waiting(service.desk, limit=50)
    service.watch()
    assert store.alarms() == []
    clock.step(hours=9)
    service.watch()
    assert [alarm.key for alarm in store.alarms()] == ["silent:x:westbridge"]


# --- bursts and sweeps ----------------------------------------------------------------------------


def test_in_a_burst_what_sounds_dangerous_goes_first(store: SqlStore, clock: SteppingClock) -> None:
    service, queue = service_of(desk_of(store, clock))
    texts = ["hello"] * 60 + ["he has a knife"] + ["hello"] * 20
    service.take_in("x", harvest(clock(), *texts))
    first, haste = queue.batches[0]
    assert haste is Haste.NOW
    case = store.case(first[0])
    assert case is not None
    assert case.item.text == "he has a knife"
    assert len(first) == 1
    assert {haste for _, haste in queue.batches[1:]} == {Haste.LATER}
    assert sum(len(refs) for refs, _ in queue.batches) == len(texts)


def test_a_burst_full_of_danger_is_read_in_turn_and_before_the_rest(
    store: SqlStore, clock: SteppingClock
) -> None:
    """A hundred threads at once would each be slower than their queue."""
    service, queue = service_of(desk_of(store, clock))
    service.take_in("x", harvest(clock(), *["he has a knife", "hello"] * 50))
    sizes: dict[Haste, int] = {}
    for refs, haste in queue.batches:
        sizes[haste] = sizes.get(haste, 0) + len(refs)
    assert sizes == {Haste.SOON: 50, Haste.LATER: 50}


def test_the_sweeper_finds_cases_that_no_workflow_holds(
    store: SqlStore, clock: SteppingClock
) -> None:
    service, queue = service_of(desk_of(store, clock))
    store.take_in("x", harvest(clock(), "a", "b", "c"), now=clock())
    service.sweep(idle=lambda: False)
    assert queue.batches == []
    service.sweep(idle=lambda: True)
    assert [len(refs) for refs, _ in queue.batches] == [3]


def test_the_sweeper_goes_on_past_a_row_that_cannot_be_read(
    store: SqlStore, clock: SteppingClock
) -> None:
    service, queue = service_of(desk_of(store, clock))
    broken, *_ = store.take_in("x", harvest(clock(), "a", "b"), now=clock()).refs
    with store.database.write() as tx:
        tx.execute(update(items).where(items.c.ref == broken).values(rest="{"))
    service.sweep(idle=lambda: True)
    assert [len(refs) for refs, _ in queue.batches] == [2]


def test_without_a_classifier_private_messages_are_p2_and_people_are_told(
    store: SqlStore, clock: SteppingClock
) -> None:
    service, _ = service_of(desk_of(store, clock, Down()))
    taken = service.take_in("x", harvest(clock(), "hello"))
    service.triage(taken.refs)
    case = store.case(taken.refs[0])
    assert case is not None
    assert case.priority == 2
    assert store.alarms()[0].key == "classifier:down"
    assert unread("x").degraded == "none"


# --- presses --------------------------------------------------------------------------------------


def opened(service: Service, store: SqlStore, clock: SteppingClock) -> str:
    taken = service.take_in("x", harvest(clock(), "he has a knife"))
    service.triage(taken.refs)
    return taken.refs[0]


def test_a_press_claims_and_a_late_one_is_told_who_has_it(
    store: SqlStore, clock: SteppingClock
) -> None:
    service, _ = service_of(desk_of(store, clock))
    ref = opened(service, store, clock)
    presses = PressDesk(service, enrol=True)
    assert not presses.answer(press(ref, CLAIM, clock())).refused
    late = presses.answer(press(ref, CLAIM, clock(), who="U2"))
    assert late.refused
    assert "U1" in late.text
    case = store.case(ref)
    assert case is not None
    assert case.claimed_by == "slack:U1"


def test_a_stranger_cannot_press_where_officers_must_be_known(
    store: SqlStore, clock: SteppingClock
) -> None:
    service, _ = service_of(desk_of(store, clock))
    ref = opened(service, store, clock)
    answer = PressDesk(service, enrol=False).answer(press(ref, CLAIM, clock()))
    assert answer.refused
    assert store.officers() == []
    case = store.case(ref)
    assert case is not None
    assert case.state is State.OPEN


def test_a_result_closes_the_case_and_is_in_the_trail(
    store: SqlStore, clock: SteppingClock
) -> None:
    service, _ = service_of(desk_of(store, clock))
    ref = opened(service, store, clock)
    presses = PressDesk(service, enrol=True)
    presses.answer(press(ref, CLAIM, clock()))
    presses.answer(press(ref, RESULT, clock(), code="deployed", ref="WB/1/26"))
    case = store.case(ref)
    assert case is not None
    assert case.state is State.CLOSED
    assert case.result_ref == "WB/1/26"
    assert "result" in [event.action for event in store.events(ref)]
    assert case.lane is Lane.CONTROL_ROOM


def test_an_unclaimed_p1_escalates_after_a_minute(store: SqlStore, clock: SteppingClock) -> None:
    service, _ = service_of(desk_of(store, clock))
    ref = opened(service, store, clock)
    clock.step(seconds=59)
    service.tick()
    assert not [event for event in store.events(ref) if event.action == "escalated"]
    clock.step(seconds=2)
    service.tick()
    assert [event.detail["tell"] for event in store.events(ref) if event.action == "escalated"] == [
        "second_route"
    ]
