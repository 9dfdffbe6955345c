"""Money on X: who is told when, and what goes on whatever it costs (docs/adr/0009)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.collector_rigs import XDesk
from tests.servers.x import TOKEN, USER_ID, XServer


@pytest.fixture
def network() -> Iterator[XServer]:
    with XServer(tokens={TOKEN: USER_ID}, page_size=3) as server:
        yield server


def budget(desk: XDesk) -> tuple[int | None, int | None]:
    (quota,) = [each for each in desk.shelf.harvests[-1].quotas if each.name == "budget_cents"]
    assert quota.resets_at == datetime(2026, 11, 24, tzinfo=UTC)
    return quota.remaining, quota.limit


def test_direct_messages_are_read_although_the_budget_is_spent(
    network: XServer,
) -> None:
    desk = XDesk(network, budget_usd_per_day=0.02)
    desk.message("one")
    desk.message("two")
    desk.poll()
    assert budget(desk) == (0, 2)
    desk.mention("this waits until midnight")
    desk.message("he is at the door")
    assert desk.poll_texts() == ["he is at the door"]
    assert budget(desk) == (-1, 2)  # the overrun is shown
    desk.clock.now = datetime(2026, 11, 24, 0, 1, tzinfo=UTC)
    assert desk.poll_texts() == ["this waits until midnight"]


def test_a_budget_spent_on_mentions_stops_them_and_not_the_messages(network: XServer) -> None:
    desk = XDesk(network, budget_usd_per_day=0.003)
    for number in range(7):
        desk.mention(f"mention {number}")
    assert desk.poll_texts() == ["mention 4", "mention 5", "mention 6"]
    asked = len(network.asked("mentions"))
    desk.message("message")
    assert desk.poll_texts() == ["message"]
    assert len(network.asked("mentions")) == asked
    desk.clock.now = datetime(2026, 11, 24, 0, 1, tzinfo=UTC)
    assert desk.poll_texts() == ["mention 1", "mention 2", "mention 3"]
    desk.clock.now = datetime(2026, 11, 25, 0, 1, tzinfo=UTC)
    assert desk.poll_texts() == ["mention 0"]  # nothing was skipped


def test_a_mentions_only_account_is_quiet_but_not_failing_when_the_budget_is_spent(
    network: XServer,
) -> None:
    desk = XDesk(network, budget_usd_per_day=0.001, sources=("mentions",))
    desk.mention("one")
    desk.poll()
    desk.mention("two")
    assert desk.poll() == []
    assert budget(desk) == (0, 0)  # told with every poll, so that nobody takes it for silence


def test_people_are_told_once_at_80_per_cent_and_once_when_all_is_spent(network: XServer) -> None:
    desk = XDesk(network, budget_usd_per_day=0.05)
    said = []
    for number in range(12):
        desk.message(f"message {number}")
        before = len(desk.shelf.problems)
        desk.poll()
        said.append([each.partition(": ")[2] for each in desk.shelf.problems[before:]])
    assert [number + 1 for number, lines in enumerate(said) if lines] == [4, 5, 10]
    assert said[3][0].startswith("$0.04 of today's budget of $0.05 are spent: edits and deletions")
    assert "mentions are not read until midnight UTC" in said[4][0]
    assert said[9][0].startswith("$0.10 of today's budget of $0.05")
    desk.clock.move(days=1)
    for number in range(4):
        desk.message(f"tomorrow's message {number}")
    desk.poll()
    assert desk.shelf.problems[-1].startswith("x:westbridgepolice: $0.04 of today's budget")


def test_a_warning_that_was_stored_is_not_repeated_after_a_kill(network: XServer) -> None:
    desk = XDesk(network, budget_usd_per_day=0.04, sources=("dms",))
    for number in range(7):
        desk.message(f"message {number}")
    harvests = desk.collector.collect("")
    desk.shelf.keep(next(harvests))
    desk.shelf.keep(next(harvests))
    harvests.close()  # type: ignore[attr-defined]
    assert len(desk.shelf.problems) == 1
    desk.poll()
    assert len(desk.shelf.problems) == 1


def test_look_ups_stop_first_when_money_runs_out(network: XServer) -> None:
    desk = XDesk(network, budget_usd_per_day=0.02)
    gone = desk.mention("please ignore")
    desk.message("message")
    desk.poll()  # 11 of 20 thousandths
    network.delete(gone)
    for number in range(5):
        desk.mention(f"mention {number}")
    desk.poll()  # 16 of 20: four fifths
    desk.clock.move(minutes=11)
    desk.mention("mentions go on")
    assert desk.poll_texts() == ["mentions go on"]
    assert network.asked("lookup") == []


def test_look_ups_that_would_use_up_the_budget_are_not_made(network: XServer) -> None:
    desk = XDesk(network, budget_usd_per_day=0.02)
    for number in range(4):
        desk.mention(f"mention {number}")
    desk.poll()
    desk.clock.now = datetime(2026, 11, 24, 0, 1, tzinfo=UTC)
    desk.poll()  # four posts of yesterday at half a cent each
    assert network.asked("lookup") == []
    assert desk.shelf.problems == []


def test_without_a_budget_nothing_is_left_out_or_said(network: XServer) -> None:
    desk = XDesk(network)
    desk.mention("mention")
    desk.message("message")
    desk.poll()
    desk.clock.move(days=1)
    desk.poll()
    assert {quota.name for quota in desk.shelf.harvests[-1].quotas} >= {"mentions", "dms"}
    assert "budget_cents" not in {quota.name for quota in desk.shelf.harvests[-1].quotas}
    assert desk.shelf.problems == []
