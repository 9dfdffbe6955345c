import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.blocks import card_blocks, escape, fit, has_key, notice_blocks
from notifier.card import Button, CardContext, card_of
from notifier.notices import notice_of
from tests.servers.desk import NOW, a_case
from tests.servers.slack import violations
from triage.seen import seen

CONTEXT = CardContext(desk="Westbridge Police")
KEY = "card:FC-26-1123-0041:slack:C02"
HOSTILE = [
    "<!channel> <!here> <@U01ABCD> <#C01> <!subteam^S1>",
    "<https://example.org|your bank>",
    "& < > &amp; &lt;",
    "*bold* _it_ `code` ~no~ > quote",
    "a" * 5000,
    "<" * 5000,
    "👩‍👩‍👧" * 2000,
    "\u0000\ud7ff\n" * 1000,
]


def blocks_of(text: str) -> list[dict]:
    card = card_of(a_case(text), CONTEXT, level=2, now=NOW)
    return card_blocks(card, key=KEY, version=3)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_makes_slack_refuse_its_own_alert(text):
    assert list(violations(blocks_of(text))) == []


@given(st.text(max_size=6000))
def test_any_text_stays_within_the_limits_and_mentions_nobody(text):
    blocks = blocks_of(text)

    assert list(violations(blocks)) == []
    assert "<" not in json.dumps(blocks, ensure_ascii=False)


def test_citizen_text_is_plain_text_in_which_slack_formats_nothing():
    excerpt = next(
        block for block in blocks_of("*hi* <!channel>") if "channel" in json.dumps(block)
    )

    assert excerpt["text"] == {
        "type": "plain_text",
        "text": "“*hi* &lt;!channel&gt;”",
        "emoji": False,
    }


def test_our_own_lines_stand_below_one_another_and_cannot_be_formatted_by_what_is_in_them():
    card = card_of(a_case(), CONTEXT, level=0, now=NOW)
    card = replace(card, safe_contact="Safe contact: *web* form_a only. <!here>")

    (section,) = [b for b in card_blocks(card, key=KEY, version=1) if b["type"] == "section"]

    assert section["text"] == {
        "type": "mrkdwn",
        "text": (
            "*Why:* possible weapon, offender present · 4th contact in 90 days\n"
            "*Safe contact:* ∗web∗ form＿a only. &lt;!here&gt;"
        ),
        "verbatim": True,
    }


def test_long_names_addresses_and_keys_are_cut_rather_than_refused():
    card = card_of(a_case(), replace(CONTEXT, desk="D" * 9000), level=0, now=NOW)
    long = Button(action="fc_open", label="L" * 200, url="https://example.org/" + "u" * 5000)
    card = replace(card, header="H" * 500, state="S" * 5000, buttons=(long,))

    assert list(violations(card_blocks(card, key="k" * 400, version=1))) == []


def test_a_notice_of_any_length_is_within_the_limits():
    for body in (
        "",
        "x" * 9000,
        '{"title": "' + "t" * 4000 + '", "text": "<!here>", "ref": "FC-1"}',
    ):
        notice = notice_of(body, CONTEXT)
        assert list(violations(notice_blocks(notice, key=KEY))) == []


def test_a_card_is_known_by_the_key_in_its_blocks_in_any_version():
    blocks = blocks_of("hello")

    assert has_key(blocks, KEY)
    assert not has_key(blocks, KEY + "9")
    assert not has_key("text", KEY)


@given(st.text(max_size=60), st.integers(min_value=1, max_value=80))
def test_what_is_fitted_is_never_longer_than_its_limit(text, limit):
    fitted = fit(text, limit)

    assert len(fitted.encode("utf-16-le", "surrogatepass")) // 2 <= limit or len(text) == 0
    if len(escape(text).encode("utf-16-le", "surrogatepass")) // 2 <= limit:
        assert fitted == escape(text)


def test_the_buttons_carry_the_reference_and_the_mark_of_what_the_card_shows():
    actions = next(block for block in blocks_of("hello") if block["type"] == "actions")
    buttons = actions["elements"]

    assert {each["type"] for each in buttons} == {"button"}
    assert {each["value"] for each in buttons} == {f"FC-26-1123-0041|{seen(a_case('hello'))}"}
    assert [each["action_id"] for each in buttons] == [
        "fc_open",
        "fc_claim",
        "fc_hand_over:control_room",
        "fc_more",
    ]
