"""Officers answer citizens from Slack and Teams: the same forms, the same rules."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from console.presses import PressDesk
from console.service import Patience, Service
from notifier.adaptive_forms import form_card
from notifier.card import APPROVE_REPLY, MORE, REPLY
from notifier.forms import Form
from notifier.limits import slack_view
from notifier.press import MAX_ARG, Answer, Press
from notifier.slack_forms import form_view
from notifier.slack_presses import press_of as slack_press
from notifier.teams_presses import press_of as teams_press
from tests.factories import a_disclosure
from tests.flow.test_chat_presses import NoSender
from tests.reply_rig import ALICE, BOB, OTTO, REX, ReplyRig, reply_rig
from triage.model import Case, Officer
from triage.replies import ReplyState, ReplyVerb
from triage.seen import seen


class Tool:
    """Officers who press in one chat tool; what they send is parsed as the tool sends it."""

    def __init__(self, rig: ReplyRig, name: str) -> None:
        self.rig, self.name = rig, name
        service = Service(
            rig.desk,
            collectors={},
            sender=NoSender(),
            screen=lambda text: False,
            patience=Patience(),
        )
        self.presses = PressDesk(service, enrol=False)
        self._count = 0

    def press(self, action: str, case: Case, who: Officer = ALICE, **args: str) -> Answer:
        """A button of a card or sheet."""
        return self._answered(action, case.ref, str(seen(self.rig.case(case.ref))), args, who)

    def send(self, form: Form, who: Officer = ALICE, **filled: str) -> Answer:
        """A form that was filled in, with what is carried in it."""
        sent = (
            self._of_slack(form, filled) if self.name == "slack" else self._of_teams(form, filled)
        )
        assert sent is not None
        assert not sent.needs_form
        return self._as(sent, who)

    def _of_slack(self, form: Form, filled: dict[str, str]) -> Press | None:
        view = form_view(form, {"channel": "C02", "message": "1.2"})
        assert slack_view(view) == []
        values: dict[str, Any] = {}
        for block in (each for each in view["blocks"] if each["type"] == "input"):
            given, kind = filled.get(block["element"]["action_id"]), block["element"]["type"]
            element = {"type": kind, "value": given}
            if kind == "static_select":
                element = {"type": kind, "selected_option": {"value": given}}
            if kind == "checkboxes":
                element = {"type": kind, "selected_options": [{"value": given}] if given else []}
            values[block["block_id"]] = {block["element"]["action_id"]: element}
        payload = {
            "type": "view_submission",
            "user": {"id": "U1"},
            "view": {**view, "id": f"V{self._count}", "state": {"values": values}},
        }
        return slack_press(payload, now=self.rig.clock())

    def _of_teams(self, form: Form, filled: dict[str, str]) -> Press | None:
        card = form_card(form)
        save = card["actions"][0]
        typed = {f"arg_{name}": value for name, value in filled.items()}
        known = {each["id"] for each in card["body"] if "id" in each}
        assert typed.keys() <= known
        action = {"verb": save["verb"], "data": {**save["data"], **typed}}
        activity = {"value": {"action": action}, "from": {"id": "T1"}, "id": f"i{self._count}"}
        return teams_press(activity, now=self.rig.clock())

    def _answered(
        self, action: str, ref: str, mark: str, args: dict[str, str], who: Officer
    ) -> Answer:
        data = {"ref": ref, "seen": mark, **{f"arg_{name}": each for name, each in args.items()}}
        activity = {
            "value": {"action": {"verb": action, "data": data}},
            "from": {"id": "T1"},
            "id": f"i{self._count}",
        }
        press = teams_press(activity, now=self.rig.clock())
        assert press is not None
        return self._as(press, who)

    def _as(self, press: Press, who: Officer) -> Answer:
        self._count += 1
        known = {
            name: getattr(press, name)
            for name in ("id", "ref", "action", "args", "pressed_at", "seen", "reply")
        }
        return self.presses.answer(Press(**known, tool=self.name, slack_id=f"U-{who.id}"))


@pytest.fixture
def rig() -> Iterator[ReplyRig]:
    with reply_rig() as made:
        for officer in (ALICE, BOB, REX, OTTO):
            made.store.save_officer(
                Officer(
                    id=officer.id,
                    name=officer.name,
                    roles=officer.roles,
                    slack_id=f"U-{officer.id}",
                )
            )
        yield made


@pytest.fixture(params=["slack", "teams"])
def tool(request: pytest.FixtureRequest, rig: ReplyRig) -> Tool:
    return Tool(rig, request.param)


def form_of(answer: Answer) -> Form:
    assert answer.form is not None, answer.text
    return answer.form


def labels(form: Form) -> list[str]:
    return [button.label for group in form.groups for button in group.buttons]


def test_an_officer_answers_from_chat(tool: Tool, rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    assert "Reply" in labels(form_of(tool.press(MORE, case)))
    form = form_of(tool.press(REPLY, case))
    answer = tool.send(form, text="Yes, since ten.")
    assert answer.for_presser == f"{case.ref}: On its way"
    rig.sweep()
    assert rig.said == ["Yes, since ten."]


def test_a_form_delivered_twice_answers_once(tool: Tool, rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    form = form_of(tool.press(REPLY, case))
    for _ in range(2):
        tool.send(form, text="Yes.")
        rig.sweep()
    assert rig.said == ["Yes."]


def test_a_second_person_approves_what_they_have_read(tool: Tool, rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm("He is at my sister's"))
    form = form_of(tool.press(REPLY, case))
    answer = tool.send(form, text="We are here.", safe_to_send="yes")
    assert "second person must approve" in answer.for_presser
    assert "Approve reply" not in labels(form_of(tool.press(MORE, case)))
    assert "Approve reply" in labels(form_of(tool.press(MORE, case, BOB)))
    asked = form_of(tool.press(APPROVE_REPLY, case, BOB))
    assert "We are here." in "".join(asked.quotes)
    assert "He is at my sister's" in "".join(asked.quotes)
    viewed = [each for each in rig.store.events(case.ref) if each.action == "viewed"]
    assert [(each.actor, each.detail["tool"]) for each in viewed] == [("bob", tool.name)]
    tool.send(asked, BOB, decision="approve")
    rig.sweep()
    assert rig.said == ["We are here."]


def test_it_can_be_sent_back_from_chat_with_a_reason(tool: Tool, rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    tool.send(form_of(tool.press(REPLY, case)), text="We are here.", safe_to_send="yes")
    asked = form_of(tool.press(APPROVE_REPLY, case, BOB))
    assert "Say why" in tool.send(asked, BOB, decision="return").for_presser
    tool.send(asked, BOB, decision="return", reason="say when")
    form = form_of(tool.press(REPLY, case))
    assert next(each.value for each in form.fields if each.name == "text") == "We are here."


def test_an_approval_of_another_text_than_was_shown_is_refused(tool: Tool, rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    tool.send(form_of(tool.press(REPLY, case)), text="We are here.", safe_to_send="yes")
    asked = form_of(tool.press(APPROVE_REPLY, case, BOB))
    (reply,) = rig.store.replies_of(case.ref)
    rig.press(ReplyVerb.WRITE, case, reply.id, text="We are not.", safe_to_send="yes")
    rig.press(ReplyVerb.SUBMIT, case, reply.id)
    answer = tool.send(asked, BOB, decision="approve")
    assert answer.refused
    assert "changed since" in answer.text
    assert rig.sweep() == []


def test_without_the_tick_the_draft_is_kept_and_not_sent(tool: Tool, rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    answer = tool.send(form_of(tool.press(REPLY, case)), text="We are here.")
    assert "the draft is kept and was not sent" in answer.for_presser
    assert "safe to send" in answer.text
    (reply,) = rig.store.replies_of(case.ref)
    assert reply.state is ReplyState.DRAFT


@pytest.mark.parametrize("who", [BOB, REX, OTTO], ids=lambda officer: officer.id)
def test_who_may_not_answer_is_offered_and_given_no_form(
    tool: Tool, rig: ReplyRig, who: Officer
) -> None:
    case = rig.claim(rig.dm())
    more = tool.press(MORE, case, who).form
    assert more is None or "Reply" not in labels(more)
    answer = tool.press(REPLY, case, who)
    assert answer.form is None
    assert answer.refused


def test_a_text_to_start_from_fills_the_form_and_sends_nothing(tool: Tool, rig: ReplyRig) -> None:
    case = rig.claim(rig.dm())
    form = form_of(tool.press(REPLY, case))
    (danger, *_) = form.groups[0].buttons
    filled = form_of(tool.press(REPLY, case, **danger.args))
    assert "999" in next(each.value for each in filled.fields if each.name == "text")
    assert rig.store.replies_of(case.ref) == []


def test_what_may_have_been_cut_on_its_way_is_not_sent(tool: Tool, rig: ReplyRig) -> None:
    case = rig.claim(rig.dm())
    answer = tool.send(form_of(tool.press(REPLY, case)), text="a" * MAX_ARG)
    assert "nothing was sent" in answer.for_presser
    assert rig.store.replies_of(case.ref) == []


def test_no_card_or_button_carries_a_word_of_the_reply(tool: Tool, rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    tool.send(form_of(tool.press(REPLY, case)), text="Quince marmalade", safe_to_send="yes")
    shown = [json.dumps(form_card(form_of(tool.press(MORE, case, who)))) for who in (ALICE, BOB)]
    told = [each.body for each in rig.store.messages_of(case.ref)]
    assert "marmalade" not in "".join([*shown, *told])


def test_typed_text_goes_with_the_forms_own_button_alone(rig: ReplyRig) -> None:
    tool = Tool(rig, "teams")
    case = rig.claim(rig.dm())
    card = form_card(form_of(tool.press(REPLY, case)))
    sets = [each for each in card["body"] if each["type"] == "ActionSet"]
    assert sets
    assert all(each["associatedInputs"] == "none" for part in sets for each in part["actions"])


def test_slack_shows_a_chosen_text_although_it_keeps_what_stood_in_a_block(rig: ReplyRig) -> None:
    tool = Tool(rig, "slack")
    case = rig.claim(rig.dm())
    first = form_view(form_of(tool.press(REPLY, case)), {})
    second = form_view(form_of(tool.press(REPLY, case, template="danger")), {})
    ids = [
        next(each["block_id"] for each in view["blocks"] if each["type"] == "input")
        for view in (first, second)
    ]
    assert ids[0] != ids[1]
