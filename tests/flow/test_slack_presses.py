import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import SlackSink as Settings
from notifier.card import CardContext
from notifier.forms import Asking, form_of
from notifier.press import Answer, Challenge, Press, verb_of
from notifier.sheets import more_of
from notifier.slack import SlackPresses
from notifier.slack_forms import form_view
from tests.servers.chat_vendor import Fault, eventually, refused
from tests.servers.desk import NOW, Time, a_case
from tests.servers.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    Slack,
    block_actions,
    pressed_in_view,
    signed,
    signed_body,
    view_submission,
)
from triage.errors import BadInput, BadSettings, Refused, Stale
from triage.lifecycle import RESULTS, Verb
from triage.model import Officer
from triage.seen import UNMARKED, Seen, seen
from triage.taxonomy import Lane

REF = "FC-26-1123-0041"
STAMP = int(NOW.timestamp())


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


class Desk:
    """Notes every press and answers as it is told."""

    def __init__(self, answer: Answer | Exception = Answer()) -> None:
        self.presses: list[Press] = []
        self.answer = answer

    def __call__(self, press: Press) -> Answer:
        self.presses.append(press)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def asked(action: str, *, seen: Seen = UNMARKED) -> Answer:
    """A form, as the desk answers a press that needs one."""
    asking = Asking(
        officer=Officer(id="khan", name="Officer Khan"), now=NOW, context=CardContext(), seen=seen
    )
    return Answer(form=form_of(action, a_case(), asking))


def settings_for(slack: Slack, **fields: object) -> Settings:
    values: dict[str, object] = {
        "kind": "slack",
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "signing_secret": SIGNING_SECRET,
        "base_url": slack.base_url,
        "channels": {Lane.DESK: "C02"},
        "timeout_seconds": 2,
    }
    return Settings.model_validate(values | fields)


@pytest.fixture
def receiving(slack: Slack) -> Iterator[Callable[[Desk], SlackPresses]]:
    """Makes `SlackPresses` that are stopped at the end."""
    made: list[SlackPresses] = []

    def make(desk: Desk, **fields: object) -> SlackPresses:
        made.append(SlackPresses(settings_for(slack, **fields), desk, Time()))
        return made[-1]

    yield make
    for each in made:
        each.stop()


# --- signed HTTP -----------------------------------------------------------------------------


def test_a_signed_press_is_read_whole(receiving):
    headers, body = signed(block_actions("fc_claim", REF), STAMP)

    press = receiving(Desk()).parse_http(headers, body, NOW)

    assert isinstance(press, Press)
    assert (press.ref, press.action, press.args, press.tool) == (REF, "fc_claim", {}, "slack")
    assert (press.slack_id, press.actor_name, press.pressed_at) == ("U01", "khan", NOW)
    assert press.reply["channel"] == "C02"
    assert verb_of(press) is Verb.CLAIM


def test_a_hand_over_names_its_lane_from_button_and_menu(receiving):
    presses = receiving(Desk())
    button = signed(block_actions("fc_hand_over:control_room", REF), STAMP)
    menu = signed(block_actions("fc_more", "", option=f"fc_hand_over:comms|{REF}"), STAMP)

    pressed = [presses.parse_http(*each, NOW) for each in (button, menu)]

    assert [each.args for each in pressed] == [{"lane": "control_room"}, {"lane": "comms"}]
    assert {verb_of(each) for each in pressed} == {Verb.OFFER}


def test_a_press_tells_what_its_card_showed_from_button_menu_and_old_card(receiving):
    presses, mark = receiving(Desk()), seen(a_case())
    payloads = (
        block_actions("fc_claim", f"{REF}|{mark}"),
        block_actions("fc_more", "", option=f"fc_release|{REF}|{mark}"),
        block_actions("fc_claim", REF),
    )

    pressed = [presses.parse_http(*signed(each, STAMP), NOW) for each in payloads]

    assert [each.seen for each in pressed] == [mark, mark, UNMARKED]
    assert {each.ref for each in pressed} == {REF}


def test_a_press_from_a_place_the_settings_do_not_name_is_marked(receiving):
    payloads = [block_actions("fc_claim", REF, channel=channel) for channel in ("C02", "D77")]

    pressed = [receiving(Desk()).parse_http(*signed(each, STAMP), NOW) for each in payloads]

    assert [each.at_desk for each in pressed] == [True, False]


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("fc_claim", f"{REF}|7"),
        ("fc_claim", f"{REF}|7-00000000-0000000g"),
        ("fc_claim", f"{REF}|-7-00000000-00000000"),
        ("fc_claim", f"{REF}|7-00000000-00000000|"),
        ("fc_open", REF),
        ("fc_unheard_of", REF),
        ("fc_claim", ""),
        ("fc_claim", "FC-1; drop"),
        ("fc_claim", "x" * 3000),
    ],
)
def test_what_is_no_press_of_ours_is_nothing(receiving, action, value):
    headers, body = signed(block_actions(action, value), STAMP)

    assert receiving(Desk()).parse_http(headers, body, NOW) is None


def test_a_challenge_is_recognised(receiving):
    presses = receiving(Desk())
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw"}).encode()

    assert presses.parse_http(signed_body(body, STAMP), body, NOW) == Challenge(text="3eZbrw")


@pytest.mark.parametrize("late", [301, -301])
def test_a_request_over_five_minutes_off_is_refused(receiving, late):
    headers, body = signed(block_actions("fc_claim", REF), STAMP)

    with pytest.raises(Refused, match="too old"):
        receiving(Desk()).parse_http(headers, body, NOW + timedelta(seconds=late))


def test_a_replayed_request_is_refused(receiving):
    presses = receiving(Desk())
    headers, body = signed(block_actions("fc_claim", REF), STAMP)
    presses.parse_http(headers, body, NOW)

    with pytest.raises(Refused, match="replayed"):
        presses.parse_http(headers, body, NOW + timedelta(seconds=200))


@pytest.mark.parametrize(
    "change",
    [
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "²"},
    ],
)
def test_a_request_with_a_wrong_signature_or_time_is_refused(receiving, change):
    headers, body = signed(block_actions("fc_claim", REF), STAMP)

    with pytest.raises(Refused):
        receiving(Desk()).parse_http(headers | change, body, NOW)


def test_a_body_changed_on_the_way_is_refused(receiving):
    headers, body = signed(block_actions("fc_claim", REF), STAMP)

    with pytest.raises(Refused, match="signature"):
        receiving(Desk()).parse_http(headers, body + b"&x=1", NOW)


@pytest.mark.parametrize("body", [b"payload=%5B1%5D", b"{", b"nothing=1", b"\xff", b""])
def test_a_signed_body_that_is_no_payload_is_bad_input(receiving, body):
    presses = receiving(Desk())

    with pytest.raises(BadInput):
        presses.parse_http(signed_body(body, STAMP), body, NOW)


def test_a_press_over_http_is_acknowledged_before_it_is_decided(receiving):
    released, desk = threading.Event(), Desk()

    def slow(press: Press) -> Answer:
        released.wait(5)
        return desk(press)

    presses = receiving(slow)
    began = datetime.now(UTC)

    status, answer = presses.receive(*signed(block_actions("fc_claim", REF), STAMP))

    assert (status, answer) == (200, {})
    assert datetime.now(UTC) - began < timedelta(seconds=1)
    assert desk.presses == []
    released.set()
    assert eventually(lambda: desk.presses)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"actions": {"a": 1}},
        {"actions": ["x"]},
        {"actions": 7},
        {"user": "U01"},
        {"view": "V1"},
        {"channel": ["C02"]},
    ],
)
def test_a_signed_interaction_that_makes_no_sense_is_answered_and_is_nothing(receiving, spoiled):
    desk = Desk()
    headers, body = signed(block_actions("fc_claim", REF) | spoiled, STAMP)

    assert receiving(desk).receive(headers, body)[0] == 200
    assert desk.presses == []


def test_an_unsigned_request_gets_401_and_changes_nothing(receiving):
    desk = Desk()
    headers, body = signed(block_actions("fc_claim", REF), STAMP, secret="another")

    assert receiving(desk).receive(headers, body)[0] == 401
    assert desk.presses == []


def test_without_a_signing_secret_nothing_is_accepted_over_http(receiving):
    presses = receiving(Desk(), signing_secret=None)

    assert presses.receive(*signed(block_actions("fc_claim", REF), STAMP))[0] == 401


# --- answers and forms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(text=f"{REF}: Officer Khan has it since 09:43", refused=True),
        Stale(f"{REF}: Officer Khan has it since 09:43"),
    ],
)
def test_whoever_comes_late_is_told_privately_who_has_it(slack, receiving, answer):
    receiving(Desk(answer)).receive(*signed(block_actions("fc_claim", REF), STAMP))

    assert eventually(lambda: slack.ephemerals)
    (told,) = slack.ephemerals
    assert (told["channel"], told["user"]) == ("C02", "U01")
    assert told["text"] == f"{REF}: Officer Khan has it since 09:43"


def test_a_press_that_worked_is_answered_by_the_card_alone(slack, receiving):
    desk = Desk(Answer(text=f"{REF} is yours"))
    presses = receiving(desk)

    presses.receive(*signed(block_actions("fc_claim", REF), STAMP))
    presses.stop()

    assert len(desk.presses) == 1
    assert slack.calls == []


def test_a_fault_of_ours_is_told_to_the_presser_without_details(slack, receiving):
    receiving(Desk(KeyError("secret"))).receive(*signed(block_actions("fc_claim", REF), STAMP))

    assert eventually(lambda: slack.ephemerals)
    assert slack.ephemerals[0]["text"] == f"{REF}: that did not work. Please use the console."


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("fc_result", ["code", "ref"]),
        ("fc_not_risk", ["reason"]),
        ("fc_grade", ["priority", "reason"]),
        ("fc_correct", ["kind", "learn"]),
        ("fc_note", ["text"]),
    ],
)
def test_what_needs_more_opens_a_loading_form_and_then_fills_it(slack, receiving, action, fields):
    desk = Desk(asked(action))
    receiving(desk).receive(*signed(block_actions(action, REF), STAMP))

    assert eventually(lambda: len(slack.views) == 2)
    (how, loading), (then, form) = slack.views
    assert (how, then) == ("open", "update")
    assert "Loading" in json.dumps(loading)
    inputs = [block["block_id"] for block in form["blocks"] if block["type"] == "input"]
    assert inputs == fields
    assert [press.needs_form for press in desk.presses] == [True]


def test_a_filled_form_is_a_press_with_its_arguments(slack, receiving):
    presses = receiving(Desk(asked("fc_result")))
    presses.receive(*signed(block_actions("fc_result", REF), STAMP))
    assert eventually(lambda: len(slack.views) == 2)
    values = {
        "code": {"code": {"type": "static_select", "selected_option": {"value": "advice"}}},
        "ref": {"ref": {"type": "plain_text_input", "value": " 42/1 "}},
    }

    press = presses.parse_http(*signed(view_submission(slack.views[1][1], values), STAMP), NOW)

    assert (press.ref, press.action) == (REF, "fc_result")
    assert press.args == {"code": "advice", "ref": "42/1"}
    assert press.reply == {"channel": "C02", "message": "1763890001.000100"}
    assert not press.needs_form


def test_what_the_card_showed_goes_through_the_form(slack, receiving):
    mark = seen(a_case())
    presses = receiving(Desk(asked("fc_not_risk", seen=mark)))
    presses.receive(*signed(block_actions("fc_not_risk", f"{REF}|{mark}"), STAMP))
    assert eventually(lambda: len(slack.views) == 2)
    values = {"reason": {"reason": {"type": "plain_text_input", "value": "a quotation"}}}

    press = presses.parse_http(*signed(view_submission(slack.views[1][1], values), STAMP), NOW)

    assert (press.ref, press.seen) == (REF, mark)


@pytest.mark.parametrize("method", ["views.open", "views.update"])
def test_a_form_that_does_not_open_is_told_to_the_presser(slack, receiving, method):
    slack.fail(method, refused("expired_trigger_id"))

    receiving(Desk(asked("fc_result"))).receive(*signed(block_actions("fc_result", REF), STAMP))

    assert eventually(lambda: slack.ephemerals)
    assert "nothing was changed. Please press again" in slack.ephemerals[0]["text"]


def test_a_press_carried_out_before_is_told_to_the_presser(slack, receiving):
    desk = Desk(Answer(text=f"{REF} is already yours", unchanged=True))

    receiving(desk).receive(*signed(block_actions("fc_claim", REF), STAMP))

    assert eventually(lambda: slack.ephemerals)
    assert slack.ephemerals[0]["text"] == f"{REF} is already yours"


def test_the_result_form_offers_every_result_of_the_domain(slack, receiving):
    desk = Desk(asked("fc_result"))
    receiving(desk).receive(*signed(block_actions("fc_result", REF), STAMP))

    assert eventually(lambda: len(slack.views) == 2)
    choice = next(block for block in slack.views[1][1]["blocks"] if block.get("block_id") == "code")
    assert [option["value"] for option in choice["element"]["options"]] == list(RESULTS)


def test_who_may_not_have_the_form_is_told_so_in_it(slack, receiving):
    desk = Desk(Answer(text=f"{REF}: Officer Osei has it", refused=True))

    receiving(desk).receive(*signed(block_actions("fc_result", REF), STAMP))

    assert eventually(lambda: len(slack.views) == 2)
    assert f"{REF}: Officer Osei has it" in json.dumps(slack.views[1][1])
    assert slack.ephemerals == []


def test_a_button_in_a_modal_is_a_press_whose_answer_stands_in_the_modal(slack, receiving):
    desk = Desk(asked("fc_result"))
    presses = receiving(desk)
    presses.receive(*signed(block_actions("fc_more", REF), STAMP))
    assert eventually(lambda: len(slack.views) == 2)
    asking = Asking(
        officer=Officer(id="khan", name="Officer Khan"),
        now=NOW,
        context=CardContext(),
        seen=UNMARKED,
    )
    more = form_view(more_of(a_case(), asking), {"channel": "C02"})
    desk.answer = Answer(text=f"{REF} is offered to comms")

    pressed = pressed_in_view(more, "fc_hand_over:safeguarding")
    presses.receive(*signed(pressed, STAMP + 1))

    assert eventually(lambda: len(slack.views) == 3)
    over = desk.presses[-1]
    assert (over.action, over.args, over.seen) == (
        "fc_hand_over",
        {"lane": "safeguarding"},
        seen(a_case()),
    )
    assert over.at_desk
    assert f"{REF} is offered to comms" in json.dumps(slack.views[-1][1])
    assert slack.ephemerals == []


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "not json",
        "[]",
        "[" * 2900,
        '{"ref": "FC-1 x", "action": "fc_result"}',
        '{"ref": "FC-1|7", "action": "fc_result"}',
        '{"ref": ["FC-1"], "action": "fc_result"}',
    ],
)
def test_a_form_with_foreign_metadata_is_nothing(receiving, metadata):
    view = {"private_metadata": metadata, "callback_id": "fc_result"}

    assert receiving(Desk()).parse_http(*signed(view_submission(view, {}), STAMP), NOW) is None


# --- Socket Mode -------------------------------------------------------------------------------


def envelope(payload: dict, number: int = 1) -> dict:
    return {
        "envelope_id": f"e-{number}",
        "type": "interactive",
        "accepts_response_payload": True,
        "payload": payload,
    }


def test_socket_mode_needs_an_app_token(receiving):
    with pytest.raises(BadSettings, match="app_token"):
        receiving(Desk(), app_token=None).start()


def test_a_press_over_socket_mode_is_acknowledged_and_arrives(slack, receiving):
    desk = Desk()
    presses = receiving(desk)
    presses.start()
    assert eventually(lambda: presses.connected and slack.sockets)

    slack.sockets[0].send(envelope(block_actions("fc_claim", REF)))

    assert eventually(lambda: desk.presses)
    assert desk.presses[0].ref == REF
    assert eventually(lambda: slack.acknowledged) == [{"envelope_id": "e-1"}]


def test_it_keeps_trying_while_slack_cannot_be_reached(slack, receiving):
    slack.fail("apps.connections.open", refused("internal_error"), Fault(disconnect=True))
    presses = receiving(Desk())

    presses.start()

    assert eventually(lambda: presses.connected, seconds=8)
    assert len(slack.named("apps.connections.open")) == 3


def test_a_connection_closed_by_slack_is_opened_again(slack, receiving):
    desk = Desk()
    presses = receiving(desk)
    presses.start()
    assert eventually(lambda: presses.connected and slack.sockets)

    slack.sockets[0].send({"type": "disconnect", "reason": "refresh_requested"})

    assert eventually(lambda: len(slack.sockets) >= 2 and presses.connected, seconds=10)
    slack.sockets[-1].send(envelope(block_actions("fc_claim", REF), 2))
    assert eventually(lambda: desk.presses)


def test_an_acknowledgement_does_not_wait_for_the_decision(slack, receiving):
    released = threading.Event()

    def slow(press: Press) -> Answer:
        released.wait(5)
        return Answer()

    presses = receiving(slow)
    presses.start()
    assert eventually(lambda: presses.connected and slack.sockets)
    for number in range(8):
        slack.sockets[0].send(envelope(block_actions("fc_claim", REF), number))

    assert eventually(lambda: len(slack.acknowledged) == 8, seconds=2)
    released.set()
