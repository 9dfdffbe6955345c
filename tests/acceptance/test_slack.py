import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import SlackSink as Settings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.press import Answer, Press
from notifier.slack import SlackPresses, SlackSink
from tests.acceptance.counterparts import (
    APP_TOKEN,
    BOT_TOKEN,
    NARROW_TOKEN,
    LocalSlack,
    emulated_slack,
    local_slack,
)
from tests.servers.chat_vendor import eventually
from tests.servers.desk import OutboxInMemory, a_card, a_case
from triage.errors import Gone, Unauthorised
from triage.model import State
from triage.taxonomy import Lane

pytestmark = pytest.mark.acceptance

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")


def now() -> datetime:
    return datetime.now(UTC)


def settings_for(base_url: str, channel: str = "C02", **fields: object) -> Settings:
    values: dict[str, object] = {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "base_url": base_url,
        "channels": {Lane.DESK: channel},
        "timeout_seconds": 5,
    }
    return Settings.model_validate(values | fields)


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    with local_slack(tmp_path_factory.mktemp("local-slack")) as running:
        yield running


class Desk:
    """One case whose claim comes from Slack and goes back to Slack through the outbox."""

    def __init__(self, slack: LocalSlack, stack: ExitStack) -> None:
        self.settings = settings_for(slack.base_url)
        self.outbox = OutboxInMemory()
        self.case = a_case()
        self.card = a_card(self.case)
        self.outbox.add(self.case, self.card)
        sinks = {"slack": SlackSink(self.settings, CONTEXT, now)}
        self.deliverer = Deliverer(self.outbox, self.outbox, sinks, now, {"slack": 50})
        self.presses: list[Press] = []
        self.lock = threading.Lock()
        self.receiver = SlackPresses(self.settings, self.decide, now)
        self.receiver.start()
        stack.callback(self.receiver.stop)
        assert eventually(lambda: self.receiver.connected, seconds=15)

    def decide(self, press: Press) -> Answer:
        with self.lock:
            self.presses.append(press)
            case = self.outbox.cases[press.ref]
            if case.state is State.CLAIMED:
                return Answer(text="Officer Khan has it since 09:43", refused=True)
            after = replace(case, state=State.CLAIMED, claimed_by="o7", claimed_at=now(), version=2)
            self.outbox.cases[press.ref] = after
            row = self.outbox.rows[self.card.key]
            self.outbox.rows[self.card.key] = replace(row, wanted=2)
        self.deliverer.deliver(self.card.key)
        return Answer(case=after)


@pytest.fixture
def desk(slack: LocalSlack) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(slack, stack)


def test_a_card_appears_is_claimed_by_a_button_and_changes_for_everybody(slack, desk):
    assert desk.deliverer.deliver(desk.card.key)
    posted = slack.messages("C02")[-1]
    assert posted["text"].startswith("P1 Emergency · direct message · FC-26-1123-0041")

    slack.press("C02", posted["ts"], "fc_claim", user="U01")

    assert eventually(lambda: desk.presses)
    assert (desk.presses[0].slack_id, desk.presses[0].action) == ("U01", "fc_claim")
    edited = eventually(
        lambda: [m for m in slack.messages("C02") if "Claimed by Officer Khan" in m["text"]]
    )
    assert [message["ts"] for message in edited] == [posted["ts"]]


def test_two_officers_press_at_once_and_the_second_is_told_privately(slack, desk):
    desk.deliverer.deliver(desk.card.key)
    posted = slack.messages("C02")[-1]

    threads = [
        threading.Thread(
            target=slack.press, args=("C02", posted["ts"], "fc_claim"), kwargs={"user": user}
        )
        for user in ("U01", "U02")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = eventually(lambda: [m for m in slack.messages("C02") if m.get("subtype") == "ephemeral"])
    assert [message["text"] for message in told] == ["Officer Khan has it since 09:43"]
    assert told[0]["ephemeral_to"] in ("U01", "U02")


def test_a_result_is_asked_for_in_a_form_that_slack_takes(slack, desk):
    desk.deliverer.deliver(desk.card.key)
    posted = slack.messages("C02")[-1]

    slack.press("C02", posted["ts"], "fc_more", option="fc_result|FC-26-1123-0041")

    def called() -> list[str]:
        return [str(entry) for entry in slack.log() if "views." in str(entry)]

    assert eventually(lambda: any("views.update" in entry for entry in called()))
    assert any("views.open" in entry for entry in called())
    assert not any("invalid" in entry for entry in called())


def test_an_earlier_post_is_found_although_this_slack_drops_metadata(slack, desk):
    sink = SlackSink(desk.settings, CONTEXT, now)
    case = replace(desk.case, ref="FC-26-1123-0099")
    card = replace(a_card(case), created_at=now())

    external = sink.post(card, case, now=now())

    assert sink.find(card) == external
    assert sink.find(replace(card, key="card:unknown")) == ""


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    with emulated_slack(tmp_path_factory.mktemp("emulate")) as running:
        yield running


def test_metadata_finds_the_card_and_an_edit_keeps_its_place(emulated, tmp_path: Path):
    base_url, channels = emulated
    desk = channels["desk"]
    sink = SlackSink(settings_for(base_url, desk), CONTEXT, now)
    case = a_case()
    card = replace(a_card(case, f"slack:{desk}"), created_at=now())

    external = sink.post(card, case, now=now())
    claimed = replace(case, state=State.CLAIMED, claimed_by="o7", claimed_at=now())
    sink.edit(replace(card, external_id=external), claimed, now=now())

    assert sink.find(card) == external


def test_a_channel_that_is_not_there_is_gone(emulated):
    base_url, _ = emulated
    sink = SlackSink(settings_for(base_url, "C0UNKNOWN"), CONTEXT, now)
    case = a_case()

    with pytest.raises(Gone, match="channel_not_found"):
        sink.post(a_card(case, "slack:C0UNKNOWN"), case, now=now())


def test_a_token_that_lacks_a_scope_is_told_with_the_scope(emulated):
    base_url, channels = emulated
    settings = settings_for(base_url, channels["desk"], bot_token=NARROW_TOKEN)
    case = a_case()

    with pytest.raises(Unauthorised, match=r"missing_scope \(needs chat:write\)"):
        SlackSink(settings, CONTEXT, now).post(
            a_card(case, f"slack:{channels['desk']}"), case, now=now()
        )
