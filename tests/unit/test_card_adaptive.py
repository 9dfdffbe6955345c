import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.adaptive import card_body, neutral, notice_body, size
from notifier.card import CardContext, card_of
from notifier.limits import CARD_BYTES, teams_card
from notifier.notices import notice_of
from tests.servers.desk import NOW, a_case
from tests.servers.teams import texts, titles
from triage.model import State
from triage.seen import seen
from triage.taxonomy import Lane

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")


def body_of(text: str = "hello", level: int = 2, **fields: object) -> dict:
    return card_body(card_of(a_case(text, **fields), CONTEXT, level=level, now=NOW))


def test_a_card_reads_as_the_desk_agreed():
    card = body_of(level=0)

    assert texts(card) == [
        "P1 Emergency · direct message · sent 09:41 · 1 min ago",
        "FC-26-1123-0041 · X · Westbridge Police",
        "Why: possible weapon, offender present · 4th contact in 90 days",
        "Unclaimed · 4 min left (by 09:46)",
    ]
    assert titles(card) == [
        "Open in console",
        "Claim",
        "To control room",
        "More",
    ]


@pytest.mark.parametrize("text", ["a" * 5000, "👮" * 5000, "\u0001" * 3000, '"\\' * 3000])
def test_no_text_makes_a_card_too_big_for_teams(text):
    card = body_of(text)

    assert size(card) <= CARD_BYTES
    assert len(json.dumps(card)) <= CARD_BYTES


def test_what_does_not_fit_is_cut_and_the_rest_of_the_card_stays():
    card = body_of("👮" * 5000)

    assert any(text.startswith("“👮👮") and text.endswith("…”") for text in texts(card))
    assert texts(card)[-1].startswith("Unclaimed")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("[your bank](https://example.org)", "]("),
        ("**loud** and _quiet_", "**"),
        ("<at>Officer Khan</at>", "<at>"),
        ("{{DATE(2026-11-23T09:41:00Z,SHORT)}}", "{{"),
        ("see https://example.org/x", "https:"),
        ("see HTTP://example.org", "HTTP:"),
        ("www.example.org", "www."),
        ("- one\n- two", "\n- "),
        ("1. one", "1. "),
        ("# big", "# "),
        ("javascript:alert(1)", "javascript:"),
    ],
)
def test_citizen_text_is_neither_markdown_nor_link_nor_mention(text, gone):
    shown = next(each for each in texts(body_of(text)) if each not in texts(body_of(level=0)))

    assert gone not in shown


@given(st.text(max_size=400))
def test_neutral_text_has_no_character_that_formats(text):
    assert not set(neutral(text)) & set("*_`[]<>#~|{}\\")


@pytest.mark.parametrize("state", [State.OPEN, State.CLAIMED, State.OFFERED, State.CLOSED])
@pytest.mark.parametrize("lane", list(Lane))
def test_a_card_never_has_more_actions_than_teams_shows(state, lane):
    card = body_of(state=state, lane=lane, claimed_by="o7", offered_to=Lane.DESK, offered_by="o7")

    assert len(card["actions"]) <= 4
    assert teams_card(card) == []


def test_every_action_carries_the_reference_and_the_mark_of_what_the_card_shows():
    executed = [each for each in body_of()["actions"] if each["type"] == "Action.Execute"]

    assert {each["data"]["ref"] for each in executed} == {"FC-26-1123-0041"}
    assert {each["data"]["seen"] for each in executed} == {str(seen(a_case("hello")))}
    assert [each["verb"] for each in executed] == ["fc_claim", "fc_hand_over", "fc_more"]
    (over,) = [each for each in executed if each["verb"] == "fc_hand_over"]
    assert over["data"]["arg_lane"] == "control_room"


def test_without_buttons_the_state_is_that_of_the_moment_it_was_sent():
    card = card_body(card_of(a_case(), CONTEXT, level=0, now=NOW), buttons=False)

    assert titles(card) == ["Open in console"]
    assert texts(card)[-1] == "When sent: Unclaimed · 4 min left (by 09:46)"


def test_a_refusal_stands_on_top_of_the_card():
    card = card_of(a_case(), CONTEXT, level=0, now=NOW)

    shown = card_body(card, note="Officer Khan has it since 09:43")

    assert texts(shown)[:2] == ["Officer Khan has it since 09:43", card.header]


def test_a_notice_opens_its_case_in_the_console():
    about = notice_body(notice_of("P1 unclaimed", CONTEXT, ref="FC-1"))
    alone = notice_body(notice_of("Collector silent", CONTEXT))

    assert titles(about) == ["Open in console"]
    assert texts(about) == ["Westbridge Police", "P1 unclaimed"]
    assert alone["actions"] == []


def test_a_very_long_line_is_cut():
    card = replace(card_of(a_case(), CONTEXT, level=0, now=NOW), state="s" * 40_000)

    assert size(card_body(card)) <= CARD_BYTES
