"""What goes wrong with chat tools, a test each: nothing is lost, people are told by the second
route, and recovery is paced, with the newest state only and what is urgent first."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from notifier.card import CardContext
from notifier.slack_presses import SlackPresses
from notifier.teams_presses import TeamsPresses
from tests.chat_rig import CONTROL_ROOM, ChatDesk, chat_desk
from tests.servers.chat_vendor import Fault, coded, eventually, refused
from tests.servers.slack import block_actions, signed
from tests.servers.teams import DESK
from tests.stores import claimed, the_case
from triage.model import Case, Priority, State

P1, P3, P5 = Priority.P1, Priority.P3, Priority.P5
BURST = 4


@pytest.fixture
def desk() -> Iterator[ChatDesk]:
    with chat_desk() as made:
        yield made


def recovers(desk: ChatDesk, texts: Any, cases: list[Case], seconds: int = 30) -> None:
    """The next seconds bring no flood; what is urgent comes first; in the end all is there."""
    before = len(texts())
    desk.pass_(seconds)
    assert len(texts()) - before <= BURST + seconds
    desk.pass_(300, step=4)
    shown = Counter(desk.cards(texts()))
    assert shown == Counter(case.ref for case in cases)


# --- chat is down for an hour ------------------------------------------------------------------


def test_slack_is_down_for_an_hour(desk):
    desk.pass_(2)
    desk.slack.always = Fault(status=503)
    urgent, priority = desk.come(3, P1), desk.come(12, P3)
    routine = desk.come(80)
    claimed_one, closed = routine[:2]
    desk.pass_(120)
    desk.change(claimed_one, **claimed("khan"))
    desk.change(closed, state=State.CLOSED, closed_at=desk.time())
    later = desk.come(2, P1)
    desk.pass_(3480, step=10)

    # Told by the second route, while the other tool goes on.
    assert [text for text in desk.gateway.texts if "Cannot deliver to slack:C01" in text]
    assert [text for text in desk.gateway.texts if urgent[0].ref in text and "unclaimed" in text]
    assert set(desk.cards(desk.in_teams(CONTROL_ROOM))) == {c.ref for c in (*urgent, *later)}
    assert desk.in_slack("C01") == desk.in_slack("C02") == []
    assert {"sink:slack:C01", "sink:slack:C02", "urgent-waits:slack:C01"} <= desk.alarms()

    desk.slack.always = None
    recovers(desk, lambda: desk.in_slack("C01"), [*urgent, *later])
    assert len(desk.slack.named("chat.update")) <= 30

    shown = desk.in_slack("C02")
    assert [text for text in shown if claimed_one.ref in text and "Claimed by khan" in text]
    assert not [text for text in shown if closed.ref in text]
    assert set(desk.cards(shown)) == {case.ref for case in (*priority, claimed_one)}
    (digest,) = desk.digests("C02")
    assert digest.startswith("Surge over · 78 routine items wait in the queue: 78 P5")
    assert not {"sink:slack:C01", "sink:slack:C02", "urgent-waits:slack:C01"} & desk.alarms()
    assert desk.store.owed(limit=9, now=desk.time()) == []


# --- the token, the channel, the bot ------------------------------------------------------------

SLACK_REFUSALS = [
    "invalid_auth",
    "token_revoked",
    "account_inactive",
    "is_archived",
    "not_in_channel",
    "channel_not_found",
]


@pytest.mark.parametrize("code", SLACK_REFUSALS)
def test_slack_refuses_us_for_half_an_hour(desk, code):
    desk.pass_(2)
    desk.slack.always = refused(code)
    cases = desk.come(3, P1)
    desk.pass_(2)
    assert [text for text in desk.gateway.texts if f"Slack: {code}" in text]
    desk.pass_(1800, step=10)
    tries = len(desk.slack.named("chat.postMessage"))
    assert tries <= 60  # two channels, every two minutes, and what fell together

    desk.slack.always = None
    desk.pass_(130, step=10)
    recovers(desk, lambda: desk.in_slack("C01"), cases)
    assert "sink:slack:C01" not in desk.alarms()


TEAMS_REFUSALS = [
    coded(401, "Unauthorized"),
    coded(403, "ForbiddenOperationException"),
    coded(403, "BotNotInConversationRoster"),
    coded(404, "ConversationNotFound"),
]


@pytest.mark.parametrize("fault", TEAMS_REFUSALS, ids=lambda each: each.body.decode()[20:40])
def test_teams_refuses_us_for_half_an_hour(desk, fault):
    before = desk.come(1, P1)
    desk.pass_(2)
    desk.teams.always = fault
    cases = desk.come(3, P1)
    desk.pass_(2)
    assert [text for text in desk.gateway.texts if "Cannot deliver to teams:19:cr" in text]
    assert set(desk.cards(desk.in_slack("C01"))) == {case.ref for case in (*before, *cases)}
    desk.pass_(1800, step=10)

    desk.teams.always = None
    desk.pass_(130, step=10)
    recovers(desk, lambda: desk.in_teams(CONTROL_ROOM), [*before, *cases])
    assert f"sink:teams:{CONTROL_ROOM}" not in desk.alarms()


def test_one_archived_channel_leaves_the_others_alone(desk):
    desk.slack.channels.discard("C02")
    cases = [*desk.come(2, P3), *desk.come(2, P1)]
    desk.pass_(10)

    assert set(desk.cards(desk.in_slack("C01"))) == {case.ref for case in cases[2:]}
    assert [text for text in desk.in_teams(CONTROL_ROOM) if "Cannot deliver to slack:C02" in text]
    assert {"sink:slack:C02"} <= desk.alarms()

    desk.slack.channels.add("C02")
    recovers(desk, lambda: desk.in_slack("C02"), cases[:2])


# --- 429 storms ----------------------------------------------------------------------------------

PAUSES = ["5", "0", "-1", "soon", "1e9", ""]


@pytest.mark.parametrize("seed", range(2))
def test_a_storm_of_429_delays_and_doubles_nothing(desk, seed):
    chance = random.Random(seed)
    for tool, method in ((desk.slack, "chat.postMessage"), (desk.teams, "post")):
        for _ in range(25):
            said = chance.choice(PAUSES)
            tool.fail(method, Fault(status=429, headers={"Retry-After": said} if said else {}))
    cases = [*desk.come(4, P1), *desk.come(20, P3)]

    desk.pass_(600, step=2)
    tries = len(desk.slack.named("chat.postMessage"))
    desk.pass_(12 * 3600, step=120)  # a pause of an hour is the longest, whatever is asked for

    assert tries <= 60
    for texts in (desk.in_slack("C01"), desk.in_teams(CONTROL_ROOM)):
        assert Counter(desk.cards(texts)) == Counter(case.ref for case in cases[:4])
    for texts in (desk.in_slack("C02"), desk.in_teams(DESK)):
        assert Counter(desk.cards(texts)) == Counter(case.ref for case in cases[4:])


# --- events twice, late and out of order ---------------------------------------------------------


def slack_presses(desk: ChatDesk) -> SlackPresses:
    return SlackPresses(desk.settings.sink[0], desk.presses.answer, desk.time)


def delivered(presses: SlackPresses, desk: ChatDesk, press: dict[str, Any], retry: int = 0) -> int:
    headers, body = signed(press, int(desk.time().timestamp()))
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
    return presses.receive(headers, body)[0]


def actions(desk: ChatDesk, case: Case) -> list[str]:
    return [each.action for each in desk.store.events(case.ref) if each.actor == "khan"]


def test_slack_delivers_a_press_three_times_and_out_of_order(desk):
    desk.an_officer()
    (case,) = desk.come(1, P3)
    presses = slack_presses(desk)
    claim = block_actions("fc_claim", case.ref)
    claim["actions"][0]["action_ts"] = "1763890001.1"
    release = block_actions("fc_release", case.ref)
    release["actions"][0]["action_ts"] = "1763890002.2"

    assert delivered(presses, desk, claim) == 200
    assert eventually(lambda: actions(desk, case) == ["claim"])
    desk.time.pass_(1)
    assert delivered(presses, desk, release) == 200
    assert eventually(lambda: actions(desk, case) == ["claim", "release"])
    for retry in (1, 2):
        desk.time.pass_(30)
        assert delivered(presses, desk, claim, retry) == 200
        assert delivered(presses, desk, release, retry) == 200
    presses.stop()

    assert actions(desk, case) == ["claim", "release"]
    assert the_case(desk.store, case.ref).state is State.OPEN


def test_teams_delivers_a_press_twice_after_it_was_undone(desk):
    desk.an_officer()
    (case,) = desk.come(1, P3)
    presses = TeamsPresses(desk.settings.sink[1], CardContext(), desk.presses.answer, desk.time)

    def deliver(verb: str, number: str) -> int:
        press = desk.teams.press(verb, case.ref) | {"id": number}
        headers = {"authorization": desk.teams.bearer(now=desk.time().timestamp())}
        desk.time.pass_(1)
        return presses.receive(headers, json.dumps(press).encode())[0]

    assert [deliver("fc_claim", "f:1"), deliver("fc_release", "f:2")] == [200, 200]
    assert [deliver("fc_claim", "f:1"), deliver("fc_release", "f:2")] == [200, 200]
    presses.stop()

    assert actions(desk, case) == ["claim", "release"]


def test_an_edit_that_arrives_late_is_followed_by_the_newest_state(desk):
    """The tool took an edit, said nothing, and took it again: what is shown last is the newest."""
    (case,) = desk.come(1, P3)
    desk.pass_(3)
    desk.slack.fail("chat.update", Fault(accept=True, disconnect=True))
    desk.change(case, **claimed("khan"))
    desk.pass_(1)
    desk.change(case, state=State.CLOSED, closed_at=desk.time(), result="advice")
    desk.pass_(30)

    (text,) = desk.in_slack("C02")
    assert "Closed: Advice given" in text


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-90, -4, 4, 90])
def test_clocks_that_differ_double_nothing_and_are_told(desk, minutes):
    their_time = type(desk.time)
    ahead = timedelta(minutes=minutes)

    class Theirs(their_time):  # type: ignore[valid-type, misc]
        def __call__(self) -> Any:
            return desk.time() + ahead

    desk.slack.clock = desk.teams.clock = Theirs()
    lost = Fault(accept=True, disconnect=True)
    desk.slack.fail("chat.postMessage", lost, lost)
    desk.teams.fail("post", lost, lost)
    cases = desk.come(4, P1)
    desk.pass_(60)

    for texts in (desk.in_slack("C01"), desk.in_teams(CONTROL_ROOM)):
        assert Counter(desk.cards(texts)) == Counter(case.ref for case in cases)
    assert desk.sinks["slack"].ahead == ahead  # type: ignore[attr-defined]
    assert abs(desk.sinks["teams"].ahead - ahead) <= timedelta(seconds=1)  # type: ignore[attr-defined]


def test_a_press_from_a_machine_whose_clock_is_off_is_refused_and_changes_nothing(desk):
    desk.an_officer()
    (case,) = desk.come(1, P3)
    presses = slack_presses(desk)
    headers, body = signed(block_actions("fc_claim", case.ref), int(desk.time().timestamp()) - 301)

    assert presses.receive(headers, body)[0] == 401
    presses.stop()
    assert actions(desk, case) == []
