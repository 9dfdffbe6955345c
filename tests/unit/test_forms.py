"""Forms and sheets: one view-model, the same questions in Slack and in Teams."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import card as actions
from notifier.adaptive_forms import form_card
from notifier.card import CardContext
from notifier.forms import FORMS, Asking, Field, FieldKind, Form, Option, form_of
from notifier.limits import slack_view, teams_card
from notifier.press import FILLED
from notifier.sheets import more_of, text_of
from notifier.slack_forms import form_view, submitted
from tests.servers.desk import NOW, a_case, a_verdict
from tests.servers.slack import violations
from triage.model import Case, Officer, Priority, Role, State
from triage.seen import Seen, seen
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

OFFICER = Officer(id="khan", name="Officer Khan")
CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")
PLACE = {"channel": "C02", "message": "1763890001.000100", "trigger_id": "1.2.3"}


def asking(case: Case, officer: Officer = OFFICER, **args: str) -> Asking:
    return Asking(officer=officer, now=NOW, context=CONTEXT, seen=seen(case), args=args)


def labels(form: Form) -> list[str]:
    return [button.label for group in form.groups for button in group.buttons]


def slack_inputs(form: Form) -> dict[str, dict]:
    blocks = form_view(form, PLACE)["blocks"]
    return {each["block_id"]: each for each in blocks if each["type"] == "input"}


def teams_inputs(form: Form) -> dict[str, dict]:
    body = form_card(form)["body"]
    return {each["id"].removeprefix("arg_"): each for each in body if "id" in each}


# --- forms ----------------------------------------------------------------------------------------


def test_every_action_that_needs_filling_in_has_a_form_with_the_field_that_tells() -> None:
    assert set(FORMS) == set(FILLED)
    for action, tells in FILLED.items():
        fields = {field.name: field for field in form_of(action, a_case(), asking(a_case())).fields}
        assert fields[tells].required


@pytest.mark.parametrize("action", list(FORMS))
def test_both_tools_ask_the_same_and_take_it(action: str) -> None:
    form = form_of(action, a_case(), asking(a_case()))

    assert list(slack_inputs(form)) == list(teams_inputs(form)) == [f.name for f in form.fields]
    assert slack_view(form_view(form, PLACE)) == []
    assert list(violations(form_view(form, PLACE)["blocks"])) == []
    assert teams_card(form_card(form)) == []


def test_a_form_begins_with_its_case_and_how_to_contact_the_writer_safely() -> None:
    case = a_case(verdict=a_verdict(SignalName.DOMESTIC_ABUSE))

    form = form_of(actions.GRADE, case, asking(case))

    assert form.lines[0].startswith("FC-26-1123-0041 · P1 Emergency")
    assert form.lines[1].startswith("Safe contact: not known.")
    assert form.lines[-1].startswith("Unclaimed")


def test_a_grade_begins_with_the_grade_there_is() -> None:
    form = form_of(actions.GRADE, a_case(), asking(a_case()))

    first = slack_inputs(form)["priority"]["element"]["initial_option"]
    assert (first["value"], first["text"]["text"]) == ("1", "P1 Emergency")
    assert teams_inputs(form)["priority"]["value"] == "1"


def test_what_a_form_carries_comes_back_with_what_was_filled_in() -> None:
    case = a_case()
    form = form_of(actions.NOTE, case, asking(case, record_id="R1|:2"))
    values = {"text": {"text": {"type": "plain_text_input", "value": " called back "}}}

    back = submitted(form_view(form, PLACE) | {"state": {"values": values}})

    assert back is not None
    assert (back.ref, back.action, back.seen) == (case.ref, actions.NOTE, seen(case))
    assert back.args == {"record_id": "R1|:2", "text": "called back"}
    assert back.reply == {"channel": "C02", "message": "1763890001.000100"}


def test_a_ticked_box_sends_its_option_and_an_empty_one_nothing() -> None:
    form = form_of(actions.CORRECT, a_case(), asking(a_case()))

    def sent(*options: dict[str, str]) -> dict[str, str]:
        values = {"learn": {"learn": {"type": "checkboxes", "selected_options": list(options)}}}
        back = submitted(form_view(form, PLACE) | {"state": {"values": values}})
        assert back is not None
        return dict(back.args)

    assert sent({"value": "no"}) == {"learn": "no"}
    assert sent() == {}
    toggle = teams_inputs(form)["learn"]
    assert (toggle["valueOn"], toggle["valueOff"], toggle["value"]) == ("no", "", "")


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Field(name="a", label="A", kind=FieldKind.CHOICE),
        lambda: Field(name="a", label="A", options=(Option(value="1", label="1"),)),
        lambda: Field(name="a", label="A", limit=0),
        lambda: Form(action="a", ref="FC-1", seen=Seen(), title="t", submit="Save"),
        lambda: Form(
            action="a", ref="FC-1", seen=Seen(), title="t", fields=(Field(name="a", label="A"),)
        ),
    ],
)
def test_a_form_that_cannot_be_filled_in_is_not_made(broken: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"field a|form a"):
        broken()


# --- sheets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "fields", "possible"),
    [
        (
            State.OPEN,
            {},
            (
                "Claim, To control room, To safeguarding, Change the grade, Say what it is, "
                "Result, Not a risk, Stop its reminders, Show the text, Write a note, Follow"
            ),
        ),
        (
            State.CLAIMED,
            {"claimed_by": "khan"},
            (
                "Give back, To control room, To safeguarding, Change the grade, Say what it is, "
                "Result, Not a risk, Stop its reminders, Show the text, Write a note, Follow"
            ),
        ),
        (
            State.CLAIMED,
            {"claimed_by": "osei"},
            "Say what it is, Show the text, Write a note, Follow",
        ),
        (
            State.OFFERED,
            {"offered_to": Lane.SAFEGUARDING},
            (
                "Accept, Return, Change the grade, Say what it is, Not a risk, "
                "Stop its reminders, Show the text, Write a note, Follow"
            ),
        ),
        (State.CLOSED, {}, "Say what it is, Open again, Show the text, Write a note, Follow"),
        (State.RECEIVED, {}, "Show the text"),
    ],
)
def test_more_offers_what_is_possible_now_and_nothing_else(state, fields, possible) -> None:
    case = a_case(state=state, **fields)

    form = more_of(case, asking(case))

    assert ", ".join(labels(form)) == possible
    assert slack_view(form_view(form, PLACE)) == []
    assert teams_card(form_card(form)) == []


def test_more_offers_a_calm_public_post_to_comms_and_a_reviewer_no_more_than_comms_may() -> None:
    case = a_case(
        "what a nice day",
        kind=Kind.POST,
        channel="fb_comment",
        priority=Priority.P4,
        verdict=a_verdict(label=Label.ROUTINE, audience=Audience.CONTACT),
        lane=Lane.COMMS,
    )
    reviewer = Officer(id="rex", name="Rex Hill", roles=frozenset({Role.REVIEWER}))

    a_calm = replace(case, lane=Lane.DESK)
    assert "To comms" in labels(more_of(a_calm, asking(a_calm)))
    assert "To digital desk" in labels(more_of(case, asking(case, reviewer)))
    assert labels(more_of(a_calm, asking(a_calm, reviewer))) == ["Show the text"]


def test_the_text_is_shown_whole_and_says_what_must_be_known_beside_it() -> None:
    case = a_case("word " * 1000, text_versions=2, deleted_at=NOW)

    form = text_of(case, asking(case))

    assert "".join(form.quotes) == "word " * 1000
    (group,) = form.groups
    assert group.lines == (
        "The sender edited it: the console shows how it was before.",
        "The sender deleted it. It is kept as evidence.",
        "Your look at it is recorded.",
    )


@given(st.text(max_size=9000))
def test_no_text_breaks_a_limit_pings_or_links_when_it_is_shown(text: str) -> None:
    case = a_case(text)
    form = text_of(case, asking(case))

    modal, card = form_view(form, PLACE), form_card(form)

    assert slack_view(modal) == []
    assert list(violations(modal["blocks"])) == []
    assert "<" not in json.dumps(modal["blocks"], ensure_ascii=False)
    marked = [each for each in modal["blocks"] if each.get("text", {}).get("type") == "mrkdwn"]
    assert len(marked) == 2  # our own lines above and below the text, which is plain
    assert teams_card(card) == []
    quoted = [each for each in card["body"] if each["type"] == "RichTextBlock"]
    assert not set(json.dumps(quoted, ensure_ascii=False)) & set("*_`<>#~|")


@pytest.mark.parametrize("text", ["👮" * 9000, "\u0001" * 3000, "<!channel>" * 900, "é" * 30_000])
def test_a_text_that_does_not_fit_is_cut_and_says_where_the_rest_is(text: str) -> None:
    case = a_case(text)
    form = text_of(case, asking(case))

    assert slack_view(form_view(form, PLACE)) == []
    assert teams_card(form_card(form)) == []
