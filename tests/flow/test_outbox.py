import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from notifier.outbox import Deliverer, DelivererSettings
from tests.servers.chat_vendor import eventually
from tests.servers.desk import NOW, OutboxInMemory, Time, a_card, a_case
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    RateLimited,
    Removed,
    Unauthorised,
    Unavailable,
)
from triage.model import Case, Outgoing, Priority, State


class Board:
    """A sink on which cards can be counted; `faults` are raised first, each once.

    `lost` faults happen after the card was put up: the answer got lost.
    """

    name = "slack"

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.edited: list[str] = []
        self.shown: dict[str, int] = {}
        self.looked: list[str] = []
        self.faults: list[Exception] = []
        self.edit_faults: list[Exception] = []
        self.find_faults: list[Exception] = []
        self.lost: list[Exception] = []
        self.can_look = True

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        if self.faults:
            raise self.faults.pop(0)
        self.posted.append(message.key)
        self.shown[f"id-{len(self.posted)}"] = case.version if case else 0
        if self.lost:
            raise self.lost.pop(0)
        return f"id-{len(self.posted)}"

    def edit(self, message: Outgoing, case: Case, *, now: datetime) -> None:
        if self.edit_faults:
            raise self.edit_faults.pop(0)
        self.edited.append(message.external_id)
        self.shown[message.external_id] = case.version

    def find(self, message: Outgoing) -> str:
        self.looked.append(message.key)
        if self.find_faults:
            raise self.find_faults.pop(0)
        if not self.can_look or message.key not in self.posted:
            return ""
        return f"id-{self.posted.index(message.key) + 1}"


class Slow(Board):
    """A sink that hangs until it is told to go on."""

    name = "teams"

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.began = 0

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        self.began += 1
        self.go_on.wait(10)
        return super().post(message, case, now=now)


class Bench:
    """A deliverer with everything around it."""

    def __init__(self, per_second: float = 1000, **sinks: Board) -> None:
        self.time = Time()
        self.board = Board()
        self.outbox = OutboxInMemory()
        self.troubles: list[tuple[str, FirstContactError]] = []
        self.recovered: list[str] = []
        self.sinks = {"slack": self.board} | sinks
        self.deliverer = self.another(per_second)

    def another(self, per_second: float = 1000, **settings: float) -> Deliverer:
        return Deliverer(
            self.outbox,
            self.outbox,
            self.sinks,
            self.time,
            dict.fromkeys(self.sinks, per_second),
            DelivererSettings(**settings),
            on_trouble=lambda place, error: self.troubles.append((place, error)),
            on_recovered=self.recovered.append,
            chance=lambda: 1.0,
        )

    def owe(self, case: Case, destination: str = "slack:C02") -> str:
        message = a_card(case, destination)
        self.outbox.add(case, message)
        return message.key

    def change(self, case: Case, **fields: object) -> Case:
        """The case moved on, and its cards are owed again, as the store does it."""
        after = replace(case, version=case.version + 1, **fields)
        self.outbox.cases[case.ref] = after
        for key, row in self.outbox.rows.items():
            if row.case_ref == case.ref:
                self.outbox.rows[key] = replace(row, wanted=after.version)
        return after


def cases(count: int, priority: Priority = Priority.P3) -> Iterator[Case]:
    for number in range(count):
        yield replace(a_case(priority=priority), ref=f"FC-26-1123-{int(priority)}{number:03}")


def test_a_card_is_posted_once_and_then_edited():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)

    assert bench.deliverer.deliver(key)
    bench.change(case, state=State.CLAIMED, claimed_by="o7")
    assert bench.deliverer.deliver(key)

    assert bench.board.posted == [key]
    assert bench.board.edited == ["id-1"]
    assert bench.outbox.rows[key].delivered == 2


def test_what_is_delivered_is_the_version_that_was_shown():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)
    bench.outbox.cases[case.ref] = replace(case, version=5)

    bench.deliverer.deliver(key)

    assert bench.outbox.rows[key].delivered == 5
    assert bench.board.shown == {"id-1": 5}


def test_what_changed_while_its_card_was_sent_is_shown_right_after():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)
    post, changes = bench.board.post, iter(range(1))

    def slow_post(message: Outgoing, case: Case | None, *, now: datetime) -> str:
        external = post(message, case, now=now)
        for _ in changes:
            bench.change(a_case(), state=State.CLAIMED, claimed_by="o7")
            assert not bench.another().deliver(key)  # whoever changed it finds it held
        return external

    bench.board.post = slow_post

    assert bench.deliverer.deliver(key)
    assert bench.outbox.rows[key].delivered == 2
    assert (bench.board.posted, bench.board.edited) == ([key], ["id-1"])


def test_a_delivered_message_is_not_sent_again():
    bench = Bench()
    key = bench.owe(a_case())

    assert bench.deliverer.deliver(key)
    assert not bench.deliverer.deliver(key)
    assert bench.deliverer.drain() == 0


def test_a_post_whose_answer_was_lost_is_found_and_not_doubled():
    bench = Bench()
    key = bench.owe(a_case())
    bench.board.lost = [OutcomeUnknown("no answer")]

    assert not bench.deliverer.deliver(key)
    bench.time.pass_(20)
    assert bench.deliverer.deliver(key)

    assert bench.board.posted == [key]
    assert bench.outbox.rows[key].external_id == "id-1"


def test_a_worker_killed_after_its_post_leaves_no_double_card():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)
    held = bench.outbox.hold(key, now=bench.time(), seconds=30)
    assert held is not None
    bench.board.post(held, case, now=NOW)  # and the worker is gone

    assert not bench.deliverer.deliver(key)
    bench.time.pass_(31)
    assert bench.another().deliver(key)

    assert bench.board.posted == [key]
    assert bench.outbox.rows[key].external_id == "id-1"


def test_a_message_never_tried_is_not_looked_up():
    bench = Bench()

    bench.deliverer.deliver(bench.owe(a_case()))

    assert bench.board.looked == []


def test_a_place_that_cannot_be_searched_gets_the_alert_again_rather_than_never():
    bench = Bench()
    key = bench.owe(a_case())
    bench.board.lost = [OutcomeUnknown("no answer")]
    bench.board.find_faults = [Unauthorised("Slack: missing_scope (needs channels:history)")]

    bench.deliverer.deliver(key)
    bench.time.pass_(20)
    assert bench.deliverer.deliver(key)

    assert bench.board.posted == [key, key]
    assert [str(error) for _, error in bench.troubles] == [
        "Slack: missing_scope (needs channels:history)"
    ]


def test_a_search_that_is_rate_limited_is_repeated_before_anything_is_posted():
    bench = Bench()
    key = bench.owe(a_case())
    bench.board.lost = [OutcomeUnknown("no answer")]
    bench.board.find_faults = [
        RateLimited("Slack: rate limited", retry_at=NOW + timedelta(seconds=60))
    ]

    bench.deliverer.deliver(key)
    bench.time.pass_(20)
    assert not bench.deliverer.deliver(key)
    bench.time.pass_(50)
    assert bench.deliverer.deliver(key)

    assert bench.board.posted == [key]


def test_a_look_up_that_outlives_the_hold_does_not_post():
    bench = Bench()
    key = bench.owe(a_case())
    bench.board.can_look = False
    bench.outbox.rows[key] = replace(bench.outbox.rows[key], unsure=True)
    slow = bench.board.find
    bench.board.find = lambda message: (bench.time.pass_(20), slow(message))[1]  # type: ignore[method-assign]

    assert not bench.deliverer.deliver(key)
    assert bench.board.posted == []
    assert bench.outbox.rows[key].unsure


def test_retry_after_holds_the_whole_destination_and_nobody_else():
    bench = Bench()
    first, second = (bench.owe(case) for case in cases(2))
    other = bench.owe(next(cases(1, Priority.P4)), "slack:C04")
    bench.board.faults = [RateLimited("limited", retry_at=NOW + timedelta(seconds=60))]

    assert bench.deliverer.drain() == 1
    assert bench.board.posted == [other]
    bench.time.pass_(59)
    assert bench.deliverer.drain() == 0
    bench.time.pass_(2)
    assert bench.deliverer.drain() == 2
    assert set(bench.board.posted) == {other, first, second}


def test_waits_grow_with_every_failure_and_an_urgent_message_is_never_far_away():
    bench = Bench()
    urgent, routine = bench.owe(next(cases(1, Priority.P1))), bench.owe(next(cases(1)))
    waits: dict[str, list[float]] = {urgent: [], routine: []}
    for _ in range(12):
        bench.board.faults = [Unavailable("down"), Unavailable("down")]
        for key in (urgent, routine):
            bench.time.pass_(400)
            bench.deliverer.deliver(key)
            waits[key].append((bench.outbox.next_at[key] - bench.time()).total_seconds())

    assert waits[routine] == sorted(waits[routine])
    assert waits[routine][:4] == [1, 2, 4, 8]
    assert waits[routine][-1] == 300
    assert max(waits[urgent]) == 15


@pytest.mark.parametrize(
    "error", [Unauthorised("Slack: token_revoked"), Gone("Slack: is_archived")]
)
def test_a_place_that_refuses_us_keeps_what_is_owed_and_tells_people_once(error):
    bench = Bench()
    keys = [bench.owe(case) for case in cases(3)]
    bench.board.faults = [error, error]

    assert bench.deliverer.drain() == 0
    assert bench.deliverer.drain() == 0
    assert len(bench.board.faults) == 1  # the others waited
    assert bench.troubles == [("slack:C02", error)]

    bench.time.pass_(16)
    assert bench.deliverer.drain() == 0
    bench.time.pass_(29)
    assert bench.deliverer.drain() == 0
    bench.time.pass_(2)
    assert bench.deliverer.drain() == 3
    assert sorted(bench.board.posted) == keys
    assert bench.troubles == [("slack:C02", error)]
    assert bench.recovered == ["slack:C02"]


def test_a_place_that_refuses_us_is_tried_every_two_minutes_however_long_it_lasts():
    bench = Bench()
    bench.owe(next(cases(1, Priority.P1)))
    bench.board.faults = [Unauthorised("Slack: account_inactive")] * 100

    for _ in range(3600):
        bench.deliverer.drain()
        bench.time.pass_(1)

    assert 30 <= 100 - len(bench.board.faults) <= 34
    assert len(bench.troubles) == 1


def test_every_refused_message_is_told_of_since_nobody_will_see_it():
    bench = Bench()
    for case in cases(2):
        bench.owe(case)
    bench.board.faults = [BadRequest("a"), BadRequest("b")]

    bench.deliverer.drain()

    assert [str(error) for _, error in bench.troubles] == ["a", "b"]


def test_a_destination_that_stays_away_is_told_of_once_until_it_is_back():
    bench = Bench()
    key = bench.owe(a_case())
    bench.board.faults = [Unavailable("down")] * 6
    for _ in range(6):
        bench.deliverer.deliver(key)
        bench.time.pass_(16)
    assert [place for place, _ in bench.troubles] == ["slack:C02"]

    assert bench.deliverer.deliver(key)
    assert bench.recovered == ["slack:C02"]


def test_one_failure_alone_is_no_trouble():
    bench = Bench()
    bench.board.faults = [Unavailable("down")]

    bench.deliverer.deliver(bench.owe(a_case()))

    assert bench.troubles == []


def test_a_card_that_cannot_be_rendered_does_not_stop_the_line():
    bench = Bench()
    poison, healthy = (bench.owe(case) for case in cases(2))
    bench.board.faults = [KeyError("Zelda Quill")]

    assert bench.deliverer.drain() == 1

    assert bench.board.posted == [healthy]
    assert bench.outbox.errors[poison] == "internal error: KeyError"
    assert len(bench.troubles) == 1


def test_a_card_removed_by_somebody_comes_back_while_the_case_is_open():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)
    bench.deliverer.deliver(key)
    bench.change(case, state=State.CLAIMED)
    bench.board.edit_faults = [Removed("Slack: message_not_found")]

    assert bench.deliverer.deliver(key)

    assert bench.board.posted == [key, key]
    assert bench.outbox.rows[key].external_id == "id-2"


def test_a_card_removed_by_somebody_stays_away_once_the_case_is_closed():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)
    bench.deliverer.deliver(key)
    bench.change(case, state=State.CLOSED)
    bench.board.edit_faults = [Removed("Slack: message_not_found")]

    assert bench.deliverer.deliver(key)
    assert bench.board.posted == [key]


def test_a_card_posted_anew_in_place_of_a_removed_one_is_not_doubled_by_a_lost_answer():
    bench = Bench()
    case = a_case()
    key = bench.owe(case)
    bench.deliverer.deliver(key)
    bench.board.posted[0] = "removed"
    bench.change(case, state=State.CLAIMED)
    bench.board.edit_faults = [Removed("Slack: message_not_found")] * 3
    bench.board.lost = [OutcomeUnknown("no answer")]

    assert not bench.deliverer.deliver(key)
    bench.time.pass_(20)
    bench.board.find_faults = [RateLimited("Slack: rate limited")]
    assert not bench.deliverer.deliver(key)
    bench.time.pass_(20)
    assert bench.deliverer.deliver(key)

    assert bench.board.posted == ["removed", key]
    assert bench.outbox.rows[key].external_id == "id-2"


def test_a_doubt_outlives_a_refusal_so_that_the_card_is_looked_for_once_the_place_is_back():
    bench = Bench()
    key = bench.owe(a_case())
    bench.board.lost = [OutcomeUnknown("no answer")]
    bench.deliverer.deliver(key)
    bench.board.find_faults = [Unauthorised("Slack: token_revoked")]
    bench.board.faults = [Unauthorised("Slack: token_revoked")]
    bench.time.pass_(20)
    assert not bench.deliverer.deliver(key)

    bench.time.pass_(300)
    assert bench.deliverer.deliver(key)

    assert bench.board.posted == [key]


def test_a_search_that_has_to_wait_holds_back_no_new_message():
    bench = Bench()
    doubted, fresh = (bench.owe(case) for case in cases(2))
    bench.board.lost = [OutcomeUnknown("no answer")]
    bench.deliverer.deliver(doubted)
    bench.time.pass_(20)
    bench.board.find_faults = [
        RateLimited("Slack: rate limited", retry_at=bench.time() + timedelta(seconds=60))
    ]

    assert not bench.deliverer.deliver(doubted)
    assert bench.deliverer.deliver(fresh)


def test_a_place_that_answers_slowly_holds_back_no_other():
    slow = Slow()
    bench = Bench(teams=slow)
    first = bench.owe(a_case(), "teams:19")
    others = [bench.owe(case) for case in cases(3)]
    bench.deliverer = bench.another(patience_seconds=0.2)

    assert bench.deliverer.drain() == 3
    assert sorted(bench.board.posted) == others
    assert slow.posted == []

    more = bench.owe(replace(a_case(), ref="FC-26-1123-0099"))
    assert bench.deliverer.drain() == 1  # the slow place is still at its first message
    assert bench.board.posted[-1] == more
    slow.go_on.set()
    assert eventually(lambda: bench.outbox.rows[first].delivered == 1)


def test_an_alert_that_goes_to_two_places_does_not_wait_for_the_slow_one():
    slow = Slow()
    bench = Bench(teams=slow)
    bench.deliverer = bench.another(patience_seconds=0.2)
    case = a_case()
    keys = [bench.owe(case, "teams:19"), bench.owe(case)]

    assert bench.deliverer.deliver_all(keys) == 1
    assert bench.board.posted == [keys[1]]
    slow.go_on.set()
    assert eventually(lambda: slow.posted == [keys[0]])


def test_no_more_than_a_few_messages_are_on_their_way_to_one_place():
    slow = Slow()
    bench = Bench(teams=slow)
    bench.deliverer = bench.another(patience_seconds=0.2)
    keys = [bench.owe(case, "teams:19") for case in cases(9, Priority.P1)]

    assert bench.deliverer.deliver_all(keys) == 0
    assert slow.began == 4
    slow.go_on.set()
    assert eventually(lambda: len(slow.posted) == 4)
    assert bench.deliverer.deliver_all(keys) >= 4


def test_a_place_with_thousands_owed_does_not_hide_what_another_is_owed():
    teams = Board()
    bench = Bench(per_second=1, teams=teams)
    for case in cases(3000, Priority.P3):
        bench.owe(case)
    routine = bench.owe(next(cases(1, Priority.P5)), "teams:19")

    bench.deliverer.drain()

    assert teams.posted == [routine]


def test_urgent_messages_go_first_and_keep_a_share_of_the_rate():
    bench = Bench(per_second=1)
    for case in cases(10):
        bench.owe(case)
    assert bench.deliverer.drain() == 2  # the third token is kept for an emergency

    urgent = bench.owe(next(cases(1, Priority.P1)))
    assert bench.deliverer.drain() == 1
    assert bench.board.posted[-1] == urgent


def test_an_emergency_finds_a_place_when_others_that_are_urgent_fill_the_lane():
    bench = Bench(per_second=1)
    for case in cases(10, Priority.P2):
        bench.owe(case)
    for _ in range(10):
        bench.deliverer.drain()
        bench.time.pass_(0.5)
    before = len(bench.board.posted)

    emergency = bench.owe(next(cases(1, Priority.P1)))
    assert bench.deliverer.deliver(emergency)
    assert before < 9  # the others were not through yet


def test_the_rate_of_a_destination_is_kept_over_time():
    bench = Bench(per_second=1)
    for case in cases(60):
        bench.owe(case)

    for _ in range(30):
        bench.deliverer.drain()
        bench.time.pass_(1)

    assert 29 <= len(bench.board.posted) <= 33


def test_a_destination_that_waits_does_not_stand_in_the_way_of_another():
    teams = Board()
    bench = Bench(per_second=1, teams=teams)
    for case in cases(100):
        bench.owe(case)
    for case in cases(2, Priority.P5):
        bench.owe(case, "teams:19")

    bench.deliverer.drain(limit=10)

    assert len(teams.posted) == 2


def test_the_urgent_lane_leaves_routine_alone():
    bench = Bench()
    bench.owe(next(cases(1)))
    urgent = bench.owe(next(cases(1, Priority.P2)))

    assert bench.deliverer.drain(urgent_only=True) == 1
    assert bench.board.posted == [urgent]


def test_delivering_by_key_keeps_to_the_rate_as_well():
    bench = Bench(per_second=1)
    keys = [bench.owe(case) for case in cases(4)]

    assert [bench.deliverer.deliver(key) for key in keys] == [True, True, False, False]
    assert bench.troubles == []
    bench.time.pass_(1)
    assert bench.deliverer.deliver(keys[2])


def test_many_workers_post_every_card_once():
    bench = Bench()
    keys = [bench.owe(case) for case in cases(80)]
    workers = [threading.Thread(target=bench.deliverer.drain, args=(80,)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(bench.board.posted) == sorted(keys)


def test_a_token_spent_on_what_another_worker_holds_comes_back():
    bench = Bench(per_second=1)
    key, other = bench.owe(next(cases(1))), bench.owe(next(cases(1, Priority.P4)))
    listed = bench.outbox.owed(limit=10, now=NOW)
    bench.outbox.owed = lambda **_: listed  # type: ignore[method-assign] # read before the hold
    bench.outbox.hold(key, now=NOW, seconds=30)

    assert [bench.deliverer.drain() for _ in range(3)] == [1, 0, 0]
    assert bench.board.posted == [other]


def test_a_notice_is_posted_once_without_a_case():
    bench = Bench()
    notice = Outgoing(key="notice:1", destination="slack:C02", urgency=1, body="Collector silent")
    bench.outbox.add(None, notice)

    assert bench.deliverer.drain() == 1
    assert bench.outbox.rows["notice:1"].delivered == 1


def test_a_card_whose_case_is_erased_is_owed_no_more():
    bench = Bench()
    key = bench.owe(a_case())
    bench.outbox.cases.clear()

    assert bench.deliverer.deliver(key)
    assert bench.board.posted == []


def test_a_destination_without_a_sink_is_told_of():
    bench = Bench()
    bench.owe(a_case(), "pager:C02")

    bench.deliverer.drain()

    assert [str(error) for _, error in bench.troubles] == [
        "pager:C02: no sink named pager is configured"
    ]
