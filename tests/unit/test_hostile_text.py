"""Whatever a citizen writes, it pings nobody, links nowhere and never blocks its own alert."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import words
from notifier.adaptive import card_body
from notifier.adaptive_forms import form_card
from notifier.blocks import card_blocks
from notifier.card import CardContext, card_of
from notifier.forms import FORMS, Asking, Form, form_of
from notifier.limits import slack_message, slack_view, teams_card
from notifier.sheets import more_of, text_of
from notifier.slack_forms import form_view
from tests.servers.desk import NOW, a_case
from tests.servers.slack import violations
from triage.model import Case, Officer
from triage.seen import seen

CONTEXT = CardContext(desk="Westbridge Police")
KEY = "card:FC-26-1123-0041:slack:C02"
PIECES = [
    "<!channel>",
    "<!here|here>",
    "<@U01ABCD>",
    "<#C01|desk>",
    "<!subteam^S1>",
    "<at>Officer Khan</at>",
    "<https://evil.example|your bank>",
    "[your bank](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "www.evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "mailto:khan@evil.example",
    "tel:07700900123",
    "javascript:alert(1)",
    "@everyone @channel",
    "*bold* _it_ ~no~ `code` ```block```",
    "# head",
    "\n- one\n1. two\n> three",
    "{{DATE(2026-11-23T09:41:00Z,SHORT)}}",
    "${Activity.text}",
    "&lt;!channel&gt;",
    "&amp;",
    "\u202egnp.exe\u202c",
    "\u200b\u200b\u200f\u061c\u2066x\u2069",
    "he\u0301llo",
    "👩‍👩‍👧‍👦",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "\x00\x08\x1b[31m",
    "\ud800",
    "you are scum " * 400,
    "\n" * 60,
    '"}]}',
]
hostile = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=12).map(
    " ".join
)


def asking(case: Case) -> Asking:
    officer = Officer(id="khan", name="Officer Khan <!here> *x*")
    return Asking(officer=officer, now=NOW, context=CONTEXT, seen=seen(case))


def shown(text: str) -> Iterator[Form]:
    case = a_case(text)
    yield text_of(case, asking(case))
    yield more_of(case, asking(case))
    yield from (form_of(action, case, asking(case)) for action in FORMS)


def strings(value: Any) -> Iterator[str]:
    """Every text that Teams shows of a card."""
    if isinstance(value, dict):
        yield from (value[name] for name in ("text", "title", "label") if name in value)
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize("level", [0, 1, 2])
@given(text=hostile)
def test_a_card_in_slack_takes_any_text(level: int, text: str) -> None:
    card = card_of(a_case(text), CONTEXT, level=level, now=NOW)

    blocks = card_blocks(card, key=KEY, version=3)

    assert slack_message(blocks) == list(violations(blocks)) == []
    raw = json.dumps(blocks, ensure_ascii=False)
    raw.encode()
    assert "<" not in raw
    citizens = [each for each in blocks if each["type"] == "section"][1:]
    assert all(each["text"]["type"] == "plain_text" for each in citizens)


@pytest.mark.parametrize("level", [0, 1, 2])
@given(text=hostile)
def test_a_card_in_teams_takes_any_text(level: int, text: str) -> None:
    card = card_of(a_case(text), CONTEXT, level=level, now=NOW)

    body = card_body(card)

    assert teams_card(body) == []
    json.dumps(body, ensure_ascii=False).encode()
    for each in strings(body["body"]):
        assert not set(each) & set("*_`[]<>#~|{}\\")
        assert not re.search(r"(?i)\b(https?|mailto|tel|javascript):|\bwww\.", each)


@given(text=hostile)
def test_forms_and_sheets_take_any_text_in_both_tools(text: str) -> None:
    for form in shown(text):
        view, card = form_view(form, {"channel": "C02"}), form_card(form)
        assert slack_view(view) == list(violations(view["blocks"])) == []
        assert teams_card(card) == []
        assert "<" not in json.dumps(view["blocks"])
        assert not any(set(each) & set("*_`[]<>#~|{}\\") for each in strings(card["body"]))


def test_five_thousand_characters_of_abuse_are_an_alert_like_any_other() -> None:
    case = a_case("you are scum " * 400)
    card = card_of(case, CONTEXT, level=2, now=NOW)

    blocks, body = card_blocks(card, key=KEY, version=1), card_body(card)

    assert (slack_message(blocks), teams_card(body)) == ([], [])
    assert "you are scum" in json.dumps(blocks)
    assert "you are scum" in json.dumps(body)
    assert [each["action_id"] for each in blocks[-2]["elements"]][1] == "fc_claim"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\u200fb\u061cc\u200bd\ufeff", "abcd"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("x\ud800y\x1b[31m", "xy[31m"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_what_hides_or_turns_text_is_left_out_and_what_scripts_need_stays(
    text: str, left: str
) -> None:
    assert words.visible(text) == left


# --- the check itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([{"type": "header", "text": {"text": "x" * 151}}], "header: 151"),
        ([{"type": "section", "text": {"text": "x" * 3001}}], "section: 3001"),
        ([{"type": "section", "text": {"text": ""}}], "section: empty"),
        ([{"type": "section", "text": {"text": "👮" * 1501}}], "section: 3002"),
        ([{"type": "section", "text": {"text": "x"}, "block_id": "b"}] * 2, "ids repeat"),
        ([{"type": "section", "text": {"text": "x"}}] * 51, "blocks: 51"),
        ([{"type": "context", "elements": []}], "context elements: empty"),
        ([{"type": "actions", "elements": []}], "actions elements: empty"),
    ],
)
def test_what_slack_would_refuse_is_found(blocks: list[dict[str, Any]], problem: str) -> None:
    assert any(problem in each for each in slack_message(blocks))


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ({"text": {"text": "x" * 76}}, "button: 76"),
        ({"value": "x" * 2001}, "button value: 2001"),
        ({"action_id": "x" * 256}, "action_id: 256"),
        ({"url": "x" * 3001}, "button url: 3001"),
    ],
)
def test_what_slack_would_refuse_of_a_button_is_found(
    element: dict[str, Any], problem: str
) -> None:
    button = {"type": "button", "action_id": "a", "text": {"text": "Go"}} | element

    found = slack_message([{"type": "actions", "elements": [button]}])

    assert any(problem in each for each in found)


def test_what_slack_would_refuse_of_a_modal_is_found() -> None:
    option = {"text": {"text": "x" * 76}, "value": "x" * 151}
    select = {"type": "static_select", "action_id": "a", "options": [option] * 101}
    view = {
        "title": {"text": "t" * 25},
        "private_metadata": "m" * 3001,
        "blocks": [{"type": "input", "label": {"text": "L"}, "element": select}],
    }

    found = " ".join(slack_view(view))

    for problem in ("title: 25", "private_metadata: 3001", "options: 101", "without submit"):
        assert problem in found
    for problem in ("option: 76", "option value: 151"):
        assert problem in found


def test_what_teams_would_refuse_or_hide_is_found() -> None:
    action = {"type": "Action.Execute", "title": "x"}
    row = {"type": "ActionSet", "actions": [action] * 7}

    assert teams_card({"body": [{"type": "TextBlock", "text": "x" * 28_000}]}) != []
    assert "actions: 7" in teams_card({"body": [row], "actions": [action]})[0]
